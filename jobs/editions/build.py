"""Build an edition: give every reader a delivery, either rendered or skipped with the reason.

Each batch of readers is one transaction, and an interrupted build resumes after its last batch. Does not plan editions
(`jobs.editions.planning`) or decide what a reader is told (`jobs.editions.composer`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import structlog
from sqlmodel import Session

from db import audiences, deliveries, owed, subscribers
from db.deliveries import DeliveryReason, DeliveryState, NewDelivery, Told
from db.editions import REGULAR, Edition, EditionKind, EditionState, ReleaseAbout, WithheldReason, about_as
from db.readable import in_words
from db.subscribers import DueReader, SubscriberState
from jobs.base.apart import each_apart
from jobs.base.app import App
from jobs.editions.composer import MOVES_CURSORS, TELLS_ALL, Composer
from jobs.editions.left_out import reader_left_out, tell_of_left_out
from jobs.editions.segments import Group, Segment, segment_of
from tracker.digests.content import Item
from tracker.digests.selection import NOTHING_TOLD

BATCH = 5000  # subscribers a transaction
TELLS_OF_PAUSES = REGULAR | {EditionKind.SWITCH}
NO_EMPTY_ROWS = frozenset({EditionKind.URGENT, EditionKind.RELEASE})  # no delivery for readers with nothing to read


class Due(NamedTuple):
    """A reader and what an edition has for them. `group` is None if they get no mail; `reason` then says why."""

    reader: DueReader
    segment: Segment
    group: Group | None
    reason: DeliveryReason | None = None
    detail: str | None = None

    @property
    def items(self) -> tuple[Item, ...] | None:
        """What they are told; None if they get no mail."""
        return self.group.selected.items if self.group else None

    @property
    def not_shown(self) -> set[int]:
        """The events that could not be shown to them."""
        withheld = self.group.selected.withheld if self.group else {}
        return {seq for seq, why in withheld.items() if why is WithheldReason.NOT_SHOWN}


def build(app: App, composer: Composer, run_id: int) -> None:
    """Give every due reader of an edition a delivery; what is left out is named to the admins as found by this run.

    InterruptedError between two batches if the process is told to stop; `finish_interrupted` goes on from there.
    """
    last_id: int | None = 0
    while last_id is not None:
        if app.stop.is_set():
            raise InterruptedError(f"told to stop after the reader {last_id}")
        with app.db.write() as session:
            last_id = build_batch(session, composer, last_id)
            tell_of_left_out(session, composer.left_out.values(), run_id, composer.made_at)
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
        "events": len(composer.events),
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
    readers = audiences.due_readers(session, composer.edition, after_id, BATCH)
    if not readers:
        return None
    build_for(session, composer, readers)
    return readers[-1].id


def build_for(session: Session, composer: Composer, readers: Sequence[DueReader]) -> list[Due]:
    """Make the deliveries of these readers, in the order of their ids; return what the edition has for each."""
    batch = _compose_each(session, composer, readers)
    with_row = [due for due in batch if due.items or composer.edition.kind not in NO_EMPTY_ROWS]
    quiet = _quiet_for_long(session, composer, batch)
    with_mail = [due for due in with_row if _has_mail(composer, due, quiet)]
    composer.store(session, (due.group for due in with_row if due.group), (due.group for due in with_mail if due.group))
    mailed = {due.reader.id for due in with_mail}
    deliveries.add_deliveries(session, [_delivery(composer, due, due.reader.id in mailed) for due in with_row])
    deliveries.note_told(session, composer.edition.id or 0, readers[0].id, readers[-1].id)
    _move_on(session, composer, batch)
    _settle_owed(session, composer, batch)
    return batch


def _compose_each(session: Session, composer: Composer, readers: Sequence[DueReader]) -> list[Due]:
    """What the edition has for each of these readers; one for whom that cannot be said waits for the next edition."""
    faults: dict[int, str] = {}

    def blame(reader: DueReader, error: Exception) -> None:
        faults[reader.id] = in_words(error)
        if len(faults) == len(readers) > 1:
            raise error  # what fails for all of them is no single one's fault

    batch = each_apart(readers, lambda some: _look_up(session, composer, some), blame)
    for reader_id, why in faults.items():
        composer.leave_out(reader_left_out(reader_id, why))
    nothing = Segment("", readers[0].cadence)
    skipped = DeliveryReason.FAULT
    return batch + [Due(r, nothing, None, skipped, faults[r.id]) for r in readers if r.id in faults]


def _look_up(session: Session, composer: Composer, readers: Sequence[DueReader]) -> list[Due]:
    ids = [reader.id for reader in readers]
    interests, choices = subscribers.interest_rows(session, ids), subscribers.choices_of(session, ids)
    already_told = composer.already_told(session, readers)
    since = _held_by_pauses(session, composer, readers)
    owed_to = owed.owed_to(session, ids) if composer.owed else {}
    can_be_tried = composer.events
    return [
        _due(
            composer,
            reader,
            segment_of(
                reader,
                interests.get(reader.id, ()),
                choices.get(reader.id, ()),
                since.get(reader.id),
                [seq for seq in owed_to.get(reader.id, ()) if seq in can_be_tried],
                composer.own,
            ),
            already_told.get(reader.id, NOTHING_TOLD),
        )
        for reader in readers
    ]


def _held_by_pauses(session: Session, composer: Composer, readers: Sequence[DueReader]) -> dict[int, date]:
    """For readers whose pause has ended: the first day it held back, if this edition tells what happened since."""
    back = [reader.id for reader in readers if reader.paused_until and not _no_mail(reader, composer.edition.on)]
    if not back or composer.edition.kind not in TELLS_OF_PAUSES:
        return {}
    streaks = deliveries.silent_streaks(session, back, DeliveryReason.PAUSED, TELLS_OF_PAUSES)
    return {reader_id: first for reader_id, (_, first) in streaks.items()}


def _due(composer: Composer, reader: DueReader, segment: Segment, already_told: Told) -> Due:
    for query in segment.interest_queries:
        if query.query in composer.bad_queries:
            raise composer.bad_queries[query.query]
    if why := _no_mail(reader, composer.edition.on):
        return Due(reader, segment, None, why)
    if composer.edition.kind in MOVES_CURSORS and segment.interest_queries and segment.cursor < composer.since:
        # Let back since the edition was begun: it does not reach back to what this reader missed. The next one does.
        return Due(reader, segment, None, DeliveryReason.BOUNCED)
    return Due(reader, segment, composer.group(segment, already_told))


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


def _has_mail(composer: Composer, due: Due, quiet: Collection[int]) -> bool:
    """Whether a reader gets a mail: of news, as a sign of life, or in greeting even if nothing is open."""
    is_greeting = due.items is not None and composer.edition.kind is EditionKind.WELCOME
    return bool(due.items) or due.reader.id in quiet or is_greeting


def _delivery(composer: Composer, due: Due, has_mail: bool) -> NewDelivery:
    group = due.group
    return NewDelivery.model_construct(  # unchecked, for speed: all of it is ours
        edition_id=composer.edition.id or 0,
        subscriber_id=due.reader.id,
        content_id=group.content_id if group and has_mail else None,
        segment_id=group.segment_id if group else None,
        from_seq=due.segment.cursor if group else None,
        recipient=due.reader.address if has_mail else None,
        message_id=composer.message_id(due.reader) if has_mail else None,
        in_reply_to=composer.answers.get(due.reader.id),
        state=DeliveryState.RENDERED if has_mail else DeliveryState.SKIPPED,
        reason=None if has_mail else due.reason or _why_empty(composer),
        detail=due.detail,
        made_at=composer.made_at,
    )


def _why_empty(composer: Composer) -> DeliveryReason:
    """Why a reader who takes mail gets none: there is no news; a correction has no words if its call has none."""
    is_correction = composer.edition.kind is EditionKind.CORRECTION
    return DeliveryReason.FAULT if is_correction else DeliveryReason.NOTHING_TO_SAY


def _settle_owed(session: Session, composer: Composer, batch: Sequence[Due]) -> None:
    """Record which events readers are owed from now on, and which no longer: they were told or settled otherwise."""
    if composer.edition.kind not in TELLS_ALL:
        return
    owed.owe(session, ((due.reader.id, seq) for due in batch for seq in due.not_shown))
    readers_by_settled: dict[frozenset[int], list[int]] = {}
    for due in batch:
        if due.segment.owed and due.group:
            settled = frozenset(due.segment.owed) - due.not_shown
            readers_by_settled.setdefault(settled, []).append(due.reader.id)
    for seqs, reader_ids in readers_by_settled.items():
        owed.settle_owed(session, reader_ids, seqs)


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
