"""The rulebook: a region's strategies, spearheads, rules and masks, as frozen values.

It comes from a region file (`tracker.regions`) or from the database (`jobs.base.compiled_rules`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from db.strategies import Mask, Rule, Spearhead, Strategy


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that a region tags calls by."""

    strategies: tuple[Strategy, ...]
    spearheads: tuple[Spearhead, ...]
    rules: tuple[Rule, ...]
    masks: tuple[Mask, ...] = ()


def in_force(strategies: Iterable[Strategy], on: date) -> tuple[Strategy, ...]:
    """List the strategies in force on a day, newest first."""
    current = [s for s in strategies if s.starts_on <= on and (s.ends_on is None or on <= s.ends_on)]
    return tuple(sorted(current, key=lambda s: s.starts_on, reverse=True))


def home_of(strategies: Iterable[Strategy], spearhead: str) -> Strategy | None:
    """Find the newest switched-on strategy that names the spearhead; None if there is none."""
    named = [s for s in strategies if spearhead in s.spearheads and s.switched_on]
    return max(named, key=lambda s: s.starts_on, default=None)
