"""Corrections: a fact of a call that was told wrong, to exactly those who were told it, under the mail that told it.

Does not change what we know of the call (`jobs.collecting.overrides` does) and does not send anything.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from db import audit, deliveries
from db.audit import Signed
from db.calls import Call
from db.editions import CorrectionAbout, EditionKind
from jobs.base.app import App
from jobs.editions.planning import Made, make_planned, plan_beside
from tracker.emails.call_view import FACTS
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was told wrong: a field of a call, between two days (both included), and what holds instead, in words."""

    call_id: int
    fact: str
    wrong: str
    right: str
    from_on: date
    to_on: date
    note: str = ""


def correct(app: App, told: Wrong, signed: Signed) -> Made:
    """Make the correction's edition. InputFaults for a fact that mails do not tell; Refusal where nobody was told."""
    if told.fact not in FACTS:
        raise InputFaults(Fault(Code.UNKNOWN_FACT, "fact", {"given": told.fact, "known": tuple(sorted(FACTS))}))
    if told.to_on < told.from_on:
        raise InputFaults(Fault(Code.DAYS_REVERSED, "", {"first": told.from_on, "last": told.to_on}))
    with app.db.write() as session:
        if session.get(Call, told.call_id) is None:
            raise NotFound(Noun.CALL, told.call_id)
        first, last = _instants(told, app.region.zone)
        answers = deliveries.told_of_call(session, told.call_id, first, last)
        if not answers:
            raise Refusal(Code.NOBODY_WAS_TOLD, call=told.call_id, first=told.from_on, last=told.to_on)
        edition = plan_beside(session, app, EditionKind.CORRECTION, _about(told, answers))
        audited = {"fact": told.fact, "readers": len(answers)}
        audit.append_audit(session, signed, "correction", f"call {told.call_id}", audited)
    return make_planned(app, edition)


def _about(told: Wrong, answers: dict[int, str]) -> CorrectionAbout:
    return CorrectionAbout(
        calls=(told.call_id,),
        fact=told.fact,
        wrong=told.wrong,
        right=told.right,
        note=told.note,
        readers=tuple(answers),
        answers=answers,
    )


def _instants(told: Wrong, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The span of the days, half open."""
    first, after = (datetime.combine(d, time(), zone) for d in (told.from_on, told.to_on + timedelta(days=1)))
    return first, after
