"""Selections: send a letter of the month to chosen readers, as an edition like all others.

A reader gets at most one in a period of their own cadence, and none while they pause; a call that they were told of
comes again only with news, unless the selection repeats. Does not write letters (`jobs.publishing.monthly_letters`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session

from db import audit, deliveries, reader_counts, strategies
from db.acts import Act
from db.audit import Signed
from db.deliveries import DeliveryState
from db.editions import EditionKind, SelectionAbout
from db.monthly_letters import MonthlyLetter
from db.regions import find_ours
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.editions.build import build_batch
from jobs.editions.composer import Composer
from jobs.editions.planning import WORK, Made, make_planned, next_regular, plan_beside
from jobs.editions.previewing import ReadMail, read_one_of_each_language
from tracker.digests import periods
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets a selection: the followers of these spearheads (none named: all readers).

    `repeats` tells them also what they have been told before.
    """

    spearheads: tuple[str, ...] = ()
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class PreviewedSelection:
    """Whom a selection would reach: what becomes of its mails, readers by language, and the mail in each language."""

    states: Mapping[DeliveryState, int]
    readers: Mapping[str, int]
    mails: tuple[ReadMail, ...]


def send_selection(app: App, letter_id: int, audience: Audience, signed: Signed) -> Made:
    """Make the edition of a letter as it is now; it leaves with the next delivery. NotFound, InputFaults or Refusal."""
    with app.db.in_turn(WORK):
        with app.db.write() as session:
            letter = _letter(session, letter_id)
            edition = plan_beside(session, app, EditionKind.SELECTION, _about(session, app, letter, audience))
            letter.edition_id = edition.id
            session.add(letter)
            told = {"spearheads": list(audience.spearheads), "calls": len(letter.chosen), "edition": edition.id}
            audit.append_audit(session, signed, Act.LETTER_SENT, f"letter {letter_id}", told)
        return make_planned(app, edition)


def preview_selection(app: App, letter_id: int, audience: Audience) -> PreviewedSelection:
    """Whom a letter would reach and how it would look; changes nothing. NotFound, InputFaults or Refusal."""
    with app.db.rehearse() as session:
        about = _about(session, app, _letter(session, letter_id), audience)
        edition = plan_beside(session, app, EditionKind.SELECTION, about)
        composer, last_id = Composer(session, app, edition, next_regular(app)), 0
        while (done := build_batch(session, composer, last_id)) is not None:
            last_id = done
        number = edition.id or 0
        mailed = reader_counts.active_by_language(session, deliveries.readers_mailed(session, number))
        mails = read_one_of_each_language(session, app, number, mailed)
        counts = {language: len(ids) for language, ids in mailed.items()}
        return PreviewedSelection(deliveries.count_states(session, number), counts, mails)


def _letter(session: Session, letter_id: int) -> MonthlyLetter:
    letter = find_ours(session, MonthlyLetter, letter_id)
    if letter is None:
        raise NotFound(Noun.LETTER, letter_id)
    return letter


def _about(session: Session, app: App, letter: MonthlyLetter, audience: Audience) -> SelectionAbout:
    """The letter as it is now, with its readers. Refusal for one without calls, InputFaults for unknown spearheads."""
    if not letter.chosen:
        raise Refusal(Code.NOTHING_CHOSEN, letter=letter.id)
    known = tuple(head.key for head in strategies.all_spearheads(session))
    values = [{"given": key, "known": known} for key in audience.spearheads if key not in known]
    if values:
        raise InputFaults(*(Fault(Code.UNKNOWN_SPEARHEAD, "spearhead", value) for value in values))
    return SelectionAbout(
        letter=letter.id or 0,
        title=letter.title,
        forewords=letter.forewords,
        calls=tuple(chosen.call_id for chosen in letter.chosen),
        notes={chosen.call_id: chosen.notes for chosen in letter.chosen if chosen.notes},
        spearheads=audience.spearheads,
        own_region=bool({*audience.spearheads} & {*strategies.own_tags(session)}),
        repeats=audience.repeats,
        first_days={cadence: periods.period_of(cadence, app.today()).first for cadence in Cadence},
    )
