"""Scoring: whether the points that rules give a call are enough for a tag.

What a rule gives is counted in `tracker.tagging.index`, from the call's words.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from db.strategies import Rule, Spearhead, Weight


class GivesPoints(Protocol):
    """A rule with the points that it gives a call; `is_of_context`: only by the text of the call's topic."""

    @property
    def rule(self) -> Rule: ...
    @property
    def points(self) -> float: ...
    @property
    def is_of_context(self) -> bool: ...


class GivenPoints(NamedTuple):
    """The points of one rule, without the places where it matches."""

    rule: Rule
    points: float
    is_of_context: bool


def total(given: Sequence[GivesPoints]) -> int:
    """Add the points up. Half a point that is left over counts nothing."""
    return int(sum([one.points for one in given]))


def is_enough(spearhead: Spearhead, given: Sequence[GivesPoints]) -> bool:
    """Whether points of a spearhead's rules reach its threshold, not by weak rules alone or one in the topic's text."""
    if total(given) < spearhead.threshold or (len(given) == 1 and given[0].is_of_context):
        return False
    return any(one.rule.weight > Weight.WEAK for one in given)
