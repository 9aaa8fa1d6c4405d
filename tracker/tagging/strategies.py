"""What a region tags by: strategies, spearheads, rules and masks, as frozen values.

Does not read region files (`tracker.regions`), keep revisions (`db`) or match anything (`tracker.tagging.index`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum, StrEnum


class Weight(IntEnum):
    """The points of one hit in the text; a hit in the title counts double."""

    WEAK = 1  # never tags alone
    MEDIUM = 2
    STRONG = 4


class Level(StrEnum):
    """Whose word a tag is: the region's own spearhead, or an EU-side partnership shown apart from them."""

    SPEARHEAD = "spearhead"
    EU = "eu"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an admin. Without a language it reads texts of every language."""

    key: str
    spearhead: str
    text: str
    weight: Weight
    language: str | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Mask:
    """Words that are blanked before rules read a text; for all spearheads, or for one."""

    key: str
    text: str
    spearhead: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Spearhead:
    """A priority of a strategy; a call is tagged with it from `threshold` points on."""

    key: str
    threshold: int = 4
    level: Level = Level.SPEARHEAD
    names: tuple[tuple[str, str], ...] = ()  # (language, name)
    descriptions: tuple[tuple[str, str], ...] = ()  # (language, description)
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Strategy:
    """A period's strategy, both days included; `switched_on` keeps its spearheads tagged after the period's end."""

    key: str
    starts_on: date
    ends_on: date | None
    spearheads: tuple[str, ...]
    names: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    provisional: bool = False
    switched_on: bool = True
    level: Level = Level.SPEARHEAD


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that a region tags by."""

    strategies: tuple[Strategy, ...]
    spearheads: tuple[Spearhead, ...]
    rules: tuple[Rule, ...]
    masks: tuple[Mask, ...] = ()


def in_force(strategies: Iterable[Strategy], on: date) -> tuple[Strategy, ...]:
    """The strategies whose period holds that day, newest first."""
    held = [s for s in strategies if s.starts_on <= on and (s.ends_on is None or on <= s.ends_on)]
    return tuple(sorted(held, key=lambda s: s.starts_on, reverse=True))


def home_of(strategies: Iterable[Strategy], spearhead: str) -> Strategy | None:
    """The newest strategy that names the spearhead and is not switched off; None where there is none."""
    named = [s for s in strategies if spearhead in s.spearheads and s.switched_on]
    return max(named, key=lambda s: s.starts_on, default=None)
