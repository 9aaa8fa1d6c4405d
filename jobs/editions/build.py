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
from db.deliveries import DeliveryReason, DeliveryState, DueReader, NewDelivery, Told
from db.editions import Edition, EditionKind, EditionState, ReleaseAbout, about_as
from db.subscribers import SubscriberState
from jobs.base.app import App
from jobs.editions.composer import MOVES_CURSORS, REGULAR, Composer, Segment, segment_of
from tracker.digests.content import Item
from tracker.digests.selection import NOTHING_TOLD

BATCH = 2000  # subscribers a transaction
TELLS_ALL = REGULAR | {EditionKind.SWITCH}
SPEAKS_ONLY_IF = frozenset({EditionKind.URGENT, EditionKind.RELEASE})  # no row for those to whom it says nothing


class Due(NamedTuple):
    """A reader with what an edition has for them. `found` is None where they take no mail, for the reason."""

    reader: DueReader
    shape: Segment
    told: Told
    found: tuple[Item, ...] | None
    reason: DeliveryReason | None = None


def build(desk: App, issue: Composer) -> None:
    """Give every due reader of an edition a delivery."""
    last_id: int | None = 0
    while last_id is not None:
        with desk.db.write() as session:
            last_id = build_batch(session, issue, last_id)
    with desk.db.write() as session:
        finish(session, issue.edition)
        made = deliveries.count_states(session, issue.edition.id)
    _log_built(issue, made)


def _log_built(issue: Composer, made: Mapping[DeliveryState, int]) -> None:
    edition, log = issue.edition, structlog.get_logger()
    told = {"edition": edition.id, "kind": edition.kind.value, "period": edition.period, "events": issue.count_events()}
    counts = {state.value: count for state, count in made.items()}
    if edition.state is EditionState.HELD:
        log.warning("edition held", **told, **counts, why=edition.held_for)
    else:
        log.info("edition built", **told, **counts)


def finish(session: Session, edition: Edition) -> None:
    """Nobody is missing: the edition is built, or held where something speaks against its leaving."""
    edition.state = EditionState.HELD if edition.held_for else EditionState.BUILT
    session.merge(edition)


def build_batch(session: Session, issue: Composer, after_id: int) -> int | None:
    """The deliveries of the next readers after this id; the last one's id, or None where there were none."""
    readers = deliveries.due_readers(session, issue.edition, after_id, BATCH)
    if not readers:
        return None
    due = _look_up(session, issue, readers)
    speaking = [one for one in due if one.found or issue.edition.kind not in SPEAKS_ONLY_IF]
    quiet = _quiet_for_long(session, issue, due)
    deliveries.add_deliveries(session, [_delivery(session, issue, one, one.reader.id in quiet) for one in speaking])
    deliveries.note_told(session, issue.edition.id or 0, readers[0].id, readers[-1].id)
    _move_on(session, issue, due)
    return readers[-1].id


def _look_up(session: Session, issue: Composer, readers: Sequence[DueReader]) -> list[Due]:
    ids = [reader.id for reader in readers]
    interests, choices = subscribers.interest_rows(session, ids), subscribers.choices_of(session, ids)
    told = issue.told(session, readers)
    since = _held_by_pauses(session, issue, readers)
    return [
        _due(
            issue,
            reader,
            segment_of(reader, interests.get(reader.id, ()), choices.get(reader.id, ()), since.get(reader.id)),
            told.get(reader.id, NOTHING_TOLD),
        )
        for reader in readers
    ]


def _held_by_pauses(session: Session, issue: Composer, readers: Sequence[DueReader]) -> dict[int, date]:
    """The first day that a pause held back, of the readers to whom this edition tells what happened in it."""
    back = [reader.id for reader in readers if reader.paused_until and not _no_mail(reader, issue.edition.on)]
    if not back or issue.edition.kind not in TELLS_ALL:
        return {}
    streaks = deliveries.silent_streaks(session, back, DeliveryReason.PAUSED, TELLS_ALL)
    return {reader_id: first for reader_id, (_, first) in streaks.items()}


def _due(issue: Composer, reader: DueReader, shape: Segment, told: Told) -> Due:
    if why := _no_mail(reader, issue.edition.on):
        return Due(reader, shape, told, None, why)
    return Due(reader, shape, told, issue.telling(shape, told).items)


def _no_mail(reader: DueReader, on: date) -> DeliveryReason | None:
    """Why a reader takes no mail on this day, if so; what happens meanwhile waits for them."""
    if reader.state is not SubscriberState.ACTIVE:
        is_banned = reader.state is SubscriberState.BANNED
        return DeliveryReason.BOUNCED if is_banned else DeliveryReason.TAKES_NO_MAIL
    return DeliveryReason.PAUSED if reader.paused_until and reader.paused_until > on else None


def _quiet_for_long(session: Session, issue: Composer, due: Sequence[Due]) -> set[int]:
    """Those with nothing to read who have had nothing for so many editions that they may wonder who is silent."""
    idle = [one.reader.id for one in due if one.found == ()]
    if not idle or issue.edition.kind not in REGULAR:
        return set()
    after = issue.desk.settings.editions.quiet_after
    streaks = deliveries.silent_streaks(session, idle, DeliveryReason.NOTHING_TO_SAY)
    return {reader_id for reader_id, (count, _) in streaks.items() if count >= after}


def _delivery(session: Session, issue: Composer, one: Due, is_sign_of_life: bool) -> NewDelivery:
    """The delivery of one reader."""
    is_read = one.found is not None
    is_greeting = is_read and issue.edition.kind is EditionKind.WELCOME  # also where nothing is open
    has_mail = bool(one.found) or is_sign_of_life or is_greeting
    return NewDelivery(
        edition_id=issue.edition.id or 0,
        subscriber_id=one.reader.id,
        content_id=issue.content(session, one.shape, one.found or ()) if has_mail else None,
        shape_id=issue.shape_id(session, one.shape, one.told) if is_read else None,
        from_seq=one.shape.cursor if is_read else None,
        recipient=one.reader.address if has_mail else None,
        message_id=issue.message_id(one.reader) if has_mail else None,
        in_reply_to=issue.answers.get(one.reader.id),
        state=DeliveryState.RENDERED if has_mail else DeliveryState.SKIPPED,
        reason=None if has_mail else one.reason or DeliveryReason.NOTHING_TO_SAY,
        made_at=issue.made_at,
    )


def _move_on(session: Session, issue: Composer, due: Sequence[Due]) -> None:
    """What this edition has taken in is behind its readers; what is released waits for those who take no mail now."""
    took = [one.reader.id for one in due if one.found is not None]
    if issue.edition.kind in MOVES_CURSORS:
        subscribers.move_cursors(session, took, issue.edition.to_seq)
    if issue.edition.kind is EditionKind.WELCOME:
        subscribers.note_welcomed(session, took, issue.made_at)
    if issue.edition.kind is EditionKind.RELEASE:
        waiting = [one.reader.id for one in due if one.found is None]
        subscribers.move_cursors_back(session, waiting, min(about_as(issue.edition, ReleaseAbout).events) - 1)
