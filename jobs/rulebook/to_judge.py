"""Calls that somebody should judge for a spearhead: where a judgement teaches most comes first.

Judging itself is in `jobs.rulebook.gold`; what a learned model disputes is in `jobs.rulebook.disagreements`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from db import calls, feedback, rule_points, strategies
from db.calls import Call
from jobs.rulebook.gold import judged_grades
from jobs.rulebook.standing import spearhead_named

NEAR = 2  # points from the threshold


class AskedFor(StrEnum):
    """Why somebody is asked about a call; the first of these comes first."""

    READERS = "readers"  # the rules tag it, and a reader called it "not for us"
    NEAR = "near"  # its points are near the threshold
    TAGGED = "tagged"  # the rules tag it
    POINTS = "points"  # it has points, but too few
    NAMED = "named"  # somebody asked about just this call


@dataclass(frozen=True, slots=True)
class CallToJudge:
    """A call that nobody judged or pinned for the spearhead; its points by the rules, and why it is asked about."""

    call_id: int
    points: float
    is_tagged: bool
    why: AskedFor


def calls_to_judge(session: Session, spearhead: str, named: Sequence[int] = ()) -> list[CallToJudge]:
    """The calls to judge for a spearhead: those that are not over and have points of it, or just the named ones.

    NotFound if there is no such spearhead.
    """
    head = spearhead_named(session, spearhead)
    rules = [rule.key for rule in strategies.all_rules(session) if rule.spearhead == spearhead and rule.enabled]
    points = rule_points.points_of_open_calls(session, rules)
    tagged = strategies.tagged_calls(session, spearhead)
    unwanted = {call_id for call_id, said in feedback.all_feedback(session) if said in (None, spearhead)}
    done = judged_grades(session).get(spearhead, {}).keys() | {
        pin.call_id for pin in strategies.all_pins(session) if pin.spearhead == spearhead
    }
    if named:
        asked = [CallToJudge(one, points.get(one, 0.0), one in tagged, AskedFor.NAMED) for one in named]
        return [one for one in asked if one.call_id not in done]
    found = [
        CallToJudge(
            call_id, given, call_id in tagged, _why(given - head.threshold, call_id in tagged, call_id in unwanted)
        )
        for call_id, given in points.items()
        if call_id not in done
    ]
    order = list(AskedFor)
    return sorted(found, key=lambda one: (order.index(one.why), abs(one.points - head.threshold), one.call_id))


def _why(distance: float, is_tagged: bool, is_unwanted: bool) -> AskedFor:
    if is_tagged and is_unwanted:
        return AskedFor.READERS
    if abs(distance) <= NEAR:
        return AskedFor.NEAR
    return AskedFor.TAGGED if is_tagged else AskedFor.POINTS


def call_to_read(session: Session, call_id: int) -> Call | None:
    """A call with what rules read of it; None if there is none."""
    return next(iter(calls.calls_to_try(session, [call_id])), None)
