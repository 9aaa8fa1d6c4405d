"""Corrections: tell exactly those readers who were told a wrong fact of a call, as a reply to the mail that told it.

Does not change the call itself (`jobs.collecting.overrides`).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from db import audit, call_rows, deliveries
from db.acts import Act
from db.audit import Signed
from db.editions import CorrectionAbout, EditionKind
from jobs.base.app import App
from jobs.editions.planning import WORK, Made, make_planned, plan_beside
from tracker.emails.call_view import FACTS
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal


@dataclass(frozen=True, slots=True)
class Wrong:
    """A field of a call that mails told wrong between two days (both included), and the right value in words."""

    call_id: int
    fact: str
    wrong: str
    right: str
    from_on: date
    to_on: date
    note: str = ""


def correct(app: App, wrong: Wrong, signed: Signed) -> Made:
    """Make the edition of a correction. InputFaults for a fact that mails do not tell; Refusal if nobody was told."""
    if wrong.fact not in FACTS:
        raise InputFaults(Fault(Code.UNKNOWN_FACT, "fact", {"given": wrong.fact, "known": tuple(sorted(FACTS))}))
    if wrong.to_on < wrong.from_on:
        raise InputFaults(Fault(Code.DAYS_REVERSED, "", {"first": wrong.from_on, "last": wrong.to_on}))
    with app.db.in_turn(WORK):
        with app.db.write() as session:
            if not call_rows.has_call(session, wrong.call_id):
                raise NotFound(Noun.CALL, wrong.call_id)
            first, last = _instants(wrong, app.region.zone)
            answers = deliveries.told_of_call(session, wrong.call_id, first, last)
            if not answers:
                raise Refusal(Code.NOBODY_WAS_TOLD, call=wrong.call_id, first=wrong.from_on, last=wrong.to_on)
            edition = plan_beside(session, app, EditionKind.CORRECTION, _about(wrong, answers))
            audited = {"fact": wrong.fact, "readers": len(answers)}
            audit.append_audit(session, signed, Act.CORRECTION, f"call {wrong.call_id}", audited)
        return make_planned(app, edition)


def _about(wrong: Wrong, answers: dict[int, str]) -> CorrectionAbout:
    return CorrectionAbout(
        calls=(wrong.call_id,),
        fact=wrong.fact,
        wrong=wrong.wrong,
        right=wrong.right,
        note=wrong.note,
        readers=tuple(answers),
        answers=answers,
    )


def _instants(wrong: Wrong, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The days as instants, from the first up to but not including the last."""
    first, after = (datetime.combine(d, time(), zone) for d in (wrong.from_on, wrong.to_on + timedelta(days=1)))
    return first, after
