"""Build: every reader of an edition gets a delivery, rendered or skipped with the reason; a batch is a transaction.

Goes on where an interrupted build stopped. Does not plan (`jobs.editions.planning`) or decide what is told
(`jobs.editions.composer`).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import structlog
from sqlmodel import Session

from db import deliveries, subscribers
from db.deliveries import DeliveryReason, DeliveryState, NewDelivery, Told
from db.editions import REGULAR, Edition, EditionKind, EditionState, ReleaseAbout, about_as
from db.subscribers import DueReader, SubscriberState
from jobs.base.app import App
from jobs.editions.composer import MOVES_CURSORS, Composer, Segment, segment_of
from tracker.digests.content import Item
from tracker.digests.selection import NOTHING_TOLD

BATCH = 2000  # subscribers a transaction
TELLS_ALL = REGULAR | {EditionKind.SWITCH}
SPEAKS_ONLY_IF = frozenset({EditionKind.URGENT, EditionKind.RELEASE})  # no row for those to whom it says nothing


class Due(NamedTuple):
    """A reader with what an edition has for them. `found` is None where they take no mail, for the reason."""

    reader: DueReader
    segment: Segment
    told: Told
    found: tuple[Item, ...] | None
    reason: DeliveryReason | None = None


def build(app: App, composer: Composer) -> None:
    """Give every due reader of an edition a delivery."""
    last_id: int | None = 0
    while last_id is not None:
        with app.db.write() as session:
            last_id = build_batch(session, composer, last_id)
    with app.db.write() as session:
        finish(session, composer.edition)
        made = deliveries.count_states(session, composer.edition.id)
    _log_built(composer, made)


def _log_built(composer: Composer, made: Mapping[DeliveryState, int]) -> None:
    edition, log = composer.edition, structlog.get_logger()
    told = {
        "edition": edition.id,
        "kind": edition.kind.value,
        "period": edition.period,
        "events": composer.count_events(),
    }
    counts = {state.value: count for state, count in made.items()}
    if edition.state is EditionState.HELD:
        log.warning("edition held", **told, **counts, why=edition.held_for)
    else:
        log.info("edition built", **told, **counts)


def finish(session: Session, edition: Edition) -> None:
    """Nobody is missing: the edition is built, or held where something speaks against its leaving."""
    edition.state = EditionState.HELD if edition.held_for else EditionState.BUILT
    session.merge(edition)


def build_batch(session: Session, composer: Composer, after_id: int) -> int | None:
    """The deliveries of the next readers after this id; the last one's id, or None where there were none."""
    readers = deliveries.due_readers(session, composer.edition, after_id, BATCH)
    if not readers:
        return None
    due = _look_up(session, composer, readers)
    speaking = [one for one in due if one.found or composer.edition.kind not in SPEAKS_ONLY_IF]
    quiet = _quiet_for_long(session, composer, due)
    deliveries.add_deliveries(session, [_delivery(session, composer, one, one.reader.id in quiet) for one in speaking])
    deliveries.note_told(session, composer.edition.id or 0, readers[0].id, readers[-1].id)
    _move_on(session, composer, due)
    return readers[-1].id


def _look_up(session: Session, composer: Composer, readers: Sequence[DueReader]) -> list[Due]:
    ids = [reader.id for reader in readers]
    interests, choices = subscribers.interest_rows(session, ids), subscribers.choices_of(session, ids)
    told = composer.told(session, readers)
    since = _held_by_pauses(session, composer, readers)
    return [
        _due(
            composer,
            reader,
            segment_of(reader, interests.get(reader.id, ()), choices.get(reader.id, ()), since.get(reader.id)),
            told.get(reader.id, NOTHING_TOLD),
        )
        for reader in readers
    ]


def _held_by_pauses(session: Session, composer: Composer, readers: Sequence[DueReader]) -> dict[int, date]:
    """The first day that a pause held back, of the readers to whom this edition tells what happened in it."""
    back = [reader.id for reader in readers if reader.paused_until and not _no_mail(reader, composer.edition.on)]
    if not back or composer.edition.kind not in TELLS_ALL:
        return {}
    streaks = deliveries.silent_streaks(session, back, DeliveryReason.PAUSED, TELLS_ALL)
    return {reader_id: first for reader_id, (_, first) in streaks.items()}


def _due(composer: Composer, reader: DueReader, segment: Segment, told: Told) -> Due:
    if why := _no_mail(reader, composer.edition.on):
        return Due(reader, segment, told, None, why)
    return Due(reader, segment, told, composer.select(segment, told).items)


def _no_mail(reader: DueReader, on: date) -> DeliveryReason | None:
    """Why a reader takes no mail on this day, if so; what happens meanwhile waits for them."""
    if reader.state is not SubscriberState.ACTIVE:
        is_banned = reader.state is SubscriberState.BANNED
        return DeliveryReason.BOUNCED if is_banned else DeliveryReason.TAKES_NO_MAIL
    return DeliveryReason.PAUSED if reader.paused_until and reader.paused_until > on else None


def _quiet_for_long(session: Session, composer: Composer, due: Sequence[Due]) -> set[int]:
    """Those with nothing to read who have had nothing for so many editions that they may wonder who is silent."""
    idle = [one.reader.id for one in due if one.found == ()]
    if not idle or composer.edition.kind.cadence is None:
        return set()
    after = composer.app.settings.editions.quiet_after
    streaks = deliveries.silent_streaks(session, idle, DeliveryReason.NOTHING_TO_SAY)
    return {reader_id for reader_id, (count, _) in streaks.items() if count >= after}


def _delivery(session: Session, composer: Composer, one: Due, is_sign_of_life: bool) -> NewDelivery:
    """The delivery of one reader."""
    is_read = one.found is not None
    is_greeting = is_read and composer.edition.kind is EditionKind.WELCOME  # also where nothing is open
    has_mail = bool(one.found) or is_sign_of_life or is_greeting
    return NewDelivery(
        edition_id=composer.edition.id or 0,
        subscriber_id=one.reader.id,
        content_id=composer.content(session, one.segment, one.found or ()) if has_mail else None,
        segment_id=composer.segment_id(session, one.segment, one.told) if is_read else None,
        from_seq=one.segment.cursor if is_read else None,
        recipient=one.reader.address if has_mail else None,
        message_id=composer.message_id(one.reader) if has_mail else None,
        in_reply_to=composer.answers.get(one.reader.id),
        state=DeliveryState.RENDERED if has_mail else DeliveryState.SKIPPED,
        reason=None if has_mail else one.reason or DeliveryReason.NOTHING_TO_SAY,
        made_at=composer.made_at,
    )


def _move_on(session: Session, composer: Composer, due: Sequence[Due]) -> None:
    """What this edition has taken in is behind its readers; what is released waits for those who take no mail now."""
    took = [one.reader.id for one in due if one.found is not None]
    if composer.edition.kind in MOVES_CURSORS:
        subscribers.move_cursors(session, took, composer.edition.to_seq)
    if composer.edition.kind is EditionKind.WELCOME:
        subscribers.note_welcomed(session, took, composer.made_at)
    if composer.edition.kind is EditionKind.RELEASE:
        waiting = [one.reader.id for one in due if one.found is None]
        subscribers.move_cursors_back(session, waiting, min(about_as(composer.edition, ReleaseAbout).events) - 1)
