"""Build an edition: give every reader a delivery, either rendered or skipped with the reason.

Each batch of readers is one transaction, and an interrupted build resumes after its last batch. Does not plan editions
(`jobs.editions.planning`) or decide what a reader is told (`jobs.editions.composer`).
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
NO_EMPTY_ROWS = frozenset({EditionKind.URGENT, EditionKind.RELEASE})  # no delivery for readers with nothing to read


class Due(NamedTuple):
    """A reader and what an edition has for them. `items` is None if they take no mail; `reason` then says why."""

    reader: DueReader
    segment: Segment
    already_told: Told
    items: tuple[Item, ...] | None
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
    fields = {
        "edition": edition.id,
        "kind": edition.kind.value,
        "period": edition.period,
        "events": composer.count_events(),
    }
    counts = {state.value: count for state, count in made.items()}
    if edition.state is EditionState.HELD:
        log.warning("edition held", **fields, **counts, why=edition.held_for)
    else:
        log.info("edition built", **fields, **counts)


def finish(session: Session, edition: Edition) -> None:
    """Mark an edition as built, or as held if something speaks against sending it."""
    edition.state = EditionState.HELD if edition.held_for else EditionState.BUILT
    session.merge(edition)


def build_batch(session: Session, composer: Composer, after_id: int) -> int | None:
    """Make the deliveries of the next readers after this id; return the last reader's id, or None if none was left."""
    readers = deliveries.due_readers(session, composer.edition, after_id, BATCH)
    if not readers:
        return None
    batch = _look_up(session, composer, readers)
    with_row = [due for due in batch if due.items or composer.edition.kind not in NO_EMPTY_ROWS]
    quiet = _quiet_for_long(session, composer, batch)
    deliveries.add_deliveries(session, [_delivery(session, composer, due, due.reader.id in quiet) for due in with_row])
    deliveries.note_told(session, composer.edition.id or 0, readers[0].id, readers[-1].id)
    _move_on(session, composer, batch)
    return readers[-1].id


def _look_up(session: Session, composer: Composer, readers: Sequence[DueReader]) -> list[Due]:
    ids = [reader.id for reader in readers]
    interests, choices = subscribers.interest_rows(session, ids), subscribers.choices_of(session, ids)
    already_told = composer.already_told(session, readers)
    since = _held_by_pauses(session, composer, readers)
    return [
        _due(
            composer,
            reader,
            segment_of(reader, interests.get(reader.id, ()), choices.get(reader.id, ()), since.get(reader.id)),
            already_told.get(reader.id, NOTHING_TOLD),
        )
        for reader in readers
    ]


def _held_by_pauses(session: Session, composer: Composer, readers: Sequence[DueReader]) -> dict[int, date]:
    """For readers whose pause has ended: the first day it held back, if this edition tells what happened since."""
    back = [reader.id for reader in readers if reader.paused_until and not _no_mail(reader, composer.edition.on)]
    if not back or composer.edition.kind not in TELLS_ALL:
        return {}
    streaks = deliveries.silent_streaks(session, back, DeliveryReason.PAUSED, TELLS_ALL)
    return {reader_id: first for reader_id, (_, first) in streaks.items()}


def _due(composer: Composer, reader: DueReader, segment: Segment, already_told: Told) -> Due:
    if why := _no_mail(reader, composer.edition.on):
        return Due(reader, segment, already_told, None, why)
    if composer.edition.kind in MOVES_CURSORS and segment.interest_queries and segment.cursor < composer.since:
        # Let back since the edition was begun: it does not reach back to what this reader missed. The next one does.
        return Due(reader, segment, already_told, None, DeliveryReason.BOUNCED)
    return Due(reader, segment, already_told, composer.select(segment, already_told).items)


def _no_mail(reader: DueReader, on: date) -> DeliveryReason | None:
    """Why a reader takes no mail on this day, or None; events of that time wait for them."""
    if reader.state is not SubscriberState.ACTIVE:
        is_banned = reader.state is SubscriberState.BANNED
        return DeliveryReason.BOUNCED if is_banned else DeliveryReason.TAKES_NO_MAIL
    return DeliveryReason.PAUSED if reader.paused_until and reader.paused_until > on else None


def _quiet_for_long(session: Session, composer: Composer, batch: Sequence[Due]) -> set[int]:
    """Readers with nothing to read for so many editions in a row that they may wonder whether we still run."""
    idle = [due.reader.id for due in batch if due.items == ()]
    if not idle or composer.edition.kind.cadence is None:
        return set()
    after = composer.app.settings.editions.quiet_after
    streaks = deliveries.silent_streaks(session, idle, DeliveryReason.NOTHING_TO_SAY)
    return {reader_id for reader_id, (count, _) in streaks.items() if count >= after}


def _delivery(session: Session, composer: Composer, due: Due, is_sign_of_life: bool) -> NewDelivery:
    is_read = due.items is not None
    is_greeting = is_read and composer.edition.kind is EditionKind.WELCOME  # even if nothing is open
    has_mail = bool(due.items) or is_sign_of_life or is_greeting
    return NewDelivery(
        edition_id=composer.edition.id or 0,
        subscriber_id=due.reader.id,
        content_id=composer.content(session, due.segment, due.items or ()) if has_mail else None,
        segment_id=composer.segment_id(session, due.segment, due.already_told) if is_read else None,
        from_seq=due.segment.cursor if is_read else None,
        recipient=due.reader.address if has_mail else None,
        message_id=composer.message_id(due.reader) if has_mail else None,
        in_reply_to=composer.answers.get(due.reader.id),
        state=DeliveryState.RENDERED if has_mail else DeliveryState.SKIPPED,
        reason=None if has_mail else due.reason or DeliveryReason.NOTHING_TO_SAY,
        made_at=composer.made_at,
    )


def _move_on(session: Session, composer: Composer, batch: Sequence[Due]) -> None:
    """Move the cursors of readers past this edition; those who take no mail get released events later."""
    taking_mail = [due.reader.id for due in batch if due.items is not None]
    if composer.edition.kind in MOVES_CURSORS:
        subscribers.move_cursors(session, taking_mail, composer.edition.to_seq)
    if composer.edition.kind is EditionKind.WELCOME:
        subscribers.note_welcomed(session, taking_mail, composer.made_at)
    if composer.edition.kind is EditionKind.RELEASE:
        waiting = [due.reader.id for due in batch if due.items is None]
        subscribers.move_cursors_back(session, waiting, min(about_as(composer.edition, ReleaseAbout).events) - 1)
