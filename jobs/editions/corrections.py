"""Corrections: tell exactly those readers who were told a wrong fact of a call, as a reply to the mail that told it.

Does not change the call itself (`jobs.collecting.overrides`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from db import audit, call_rows, deliveries, editions, reader_counts
from db.acts import Act
from db.audit import Signed
from db.editions import CorrectionAbout, EditionKind
from jobs.base.app import App
from jobs.editions.planning import WORK, Made, make_planned, plan_beside
from jobs.editions.previewing import ReadMail, preview_of_edition
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


@dataclass(frozen=True, slots=True)
class PreviewedCorrection:
    """Whom a correction would reach: how many readers by language, and the mail in each of these languages."""

    readers: Mapping[str, int]
    mails: tuple[ReadMail, ...]


def correct(app: App, wrong: Wrong, signed: Signed) -> Made:
    """Make the edition of a correction. InputFaults for a fact that mails do not tell; Refusal if nobody was told.

    Who got the same correction before does not get it again.
    """
    with app.db.in_turn(WORK):
        with app.db.write() as session:
            answers = who_was_told(session, app, wrong)
            edition = plan_beside(session, app, EditionKind.CORRECTION, _about(wrong, answers))
            audited = {"fact": wrong.fact, "wrong": wrong.wrong, "right": wrong.right, "readers": len(answers)}
            audit.append_audit(session, signed, Act.CORRECTION, f"call {wrong.call_id}", audited)
        return make_planned(app, edition)


def preview_correction(app: App, wrong: Wrong) -> PreviewedCorrection:
    """Whom a correction would reach, and its mail as one reader of each language would get it; changes nothing."""
    with app.db.rehearse() as session:
        answers = who_was_told(session, app, wrong)
        by_language = reader_counts.active_by_language(session, list(answers))
        edition = plan_beside(session, app, EditionKind.CORRECTION, _about(wrong, answers))
        mails = preview_of_edition(session, app, edition, [min(ids) for ids in by_language.values()])
        return PreviewedCorrection({language: len(ids) for language, ids in by_language.items()}, tuple(mails))


def who_was_told(session: Session, app: App, wrong: Wrong) -> dict[int, str]:
    """The Message-ID of the mail that told each reader of the call in these days, without those corrected already.

    InputFaults, NotFound, or Refusal if nobody is left.
    """
    _must_be_sound(wrong)
    if not call_rows.has_call(session, wrong.call_id):
        raise NotFound(Noun.CALL, wrong.call_id)
    answers = deliveries.told_of_call(session, wrong.call_id, *_instants(wrong, app.region.zone))
    if not answers:
        raise Refusal(Code.NOBODY_WAS_TOLD, call=wrong.call_id, first=wrong.from_on, last=wrong.to_on)
    corrected = _corrected_already(session, wrong)
    if answers.keys() <= corrected:
        raise Refusal(Code.CORRECTED_ALREADY, call=wrong.call_id)
    return {reader: mail for reader, mail in answers.items() if reader not in corrected}


def _must_be_sound(wrong: Wrong) -> None:
    missing = [Fault(Code.MISSING, name) for name in ("wrong", "right") if not getattr(wrong, name).strip()]
    if wrong.fact not in FACTS:
        missing.append(Fault(Code.UNKNOWN_FACT, "fact", {"given": wrong.fact, "known": tuple(sorted(FACTS))}))
    if wrong.to_on < wrong.from_on:
        missing.append(Fault(Code.DAYS_REVERSED, "", {"first": wrong.from_on, "last": wrong.to_on}))
    if missing:
        raise InputFaults(*missing)


def _corrected_already(session: Session, wrong: Wrong) -> set[int]:
    """The readers who got this very correction."""
    abouts = (edition.about for edition in editions.editions_of_kind(session, EditionKind.CORRECTION))
    return {
        reader
        for about in abouts
        if isinstance(about, CorrectionAbout)
        and (wrong.call_id in about.calls, about.fact, about.right) == (True, wrong.fact, wrong.right)
        for reader in about.readers
    }


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
