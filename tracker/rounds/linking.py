"""Linking: which calls are earlier or later rounds of a call. Says nothing where it is not sure: most topics open once.

How often each rule was right was judged by eye on real pairs; `tests/tracker/rounds/test_linking.py` holds the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tracker.rounds.codes import CallCode, Naming
from tracker.rounds.titles import likenesses

SAME, ALIKE, HARDLY = 0.85, 0.7, 0.35  # of titles


class Likeness(StrEnum):
    """What another call is to a call, surest first."""

    ROUND = "round"  # another round of the same call
    POSSIBLE = "possible"  # may be one: its identifier counts topics
    SUBJECT = "subject"  # another call on the same subject


@dataclass(frozen=True, slots=True)
class CodedCall:
    """A call with its identifier, read."""

    id: int
    code: CallCode
    title: str


@dataclass(frozen=True, slots=True)
class RoundLink:
    """A call that is another's earlier or later round."""

    call: CodedCall
    likeness: Likeness


def linked_rounds(call: CodedCall, others: Sequence[CodedCall]) -> list[RoundLink]:
    """The rounds of a call among calls of its part: those of other years, newest first, the surest of each year."""
    theirs = [one for one in others if one.code.year != call.code.year]
    alike = likenesses(call.title, [one.title for one in theirs])
    found = [
        RoundLink(one, how)
        for one, likeness in zip(theirs, alike, strict=True)
        if (how := _likeness(call.code, one.code, likeness))
    ]
    surest: dict[int, Likeness] = {}
    for link in sorted(found, key=lambda link: list(Likeness).index(link.likeness)):
        surest.setdefault(link.call.code.year, link.likeness)
    kept = [link for link in found if link.likeness is surest[link.call.code.year]]
    return sorted(kept, key=lambda link: (-link.call.code.year, link.call.code.own))


def _likeness(mine: CallCode, theirs: CallCode, titles: float) -> Likeness | None:
    is_same_code = mine.stem == theirs.stem and Naming.NUMBERED not in (mine.naming, theirs.naming)
    is_named = mine.naming is theirs.naming is Naming.NAMED
    if (is_same_code and is_named and mine.own == theirs.own) or titles >= SAME:
        return Likeness.ROUND
    if is_same_code and (is_named or titles >= HARDLY):
        return Likeness.POSSIBLE
    return Likeness.SUBJECT if titles >= ALIKE else None
