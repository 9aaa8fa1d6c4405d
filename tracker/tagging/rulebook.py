"""What a region tags by: strategies, spearheads, rules and masks, as frozen values.

Does not read region files (`tracker.regions`), keep revisions (`db`) or match anything (`tracker.tagging.index`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from db.strategies import Mask, Rule, Spearhead, Strategy


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
