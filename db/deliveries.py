"""The delivery ledger: how each edition came to each subscriber, and what it told.

Does not decide what a reader is told (`tracker.digests`) and sends nothing. Every fact has a row of its own: an
edition was planned, a delivery was rendered, was being sent, was sent. A delivery in `sending` whose process
died becomes `unknown`: the server may have the mail, so it is shown to a person and never sent again blindly.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.calls import Call, CallEvent
from db.editions import Edition, EditionState
from db.subscribers import Subscriber, SubscriberState
from db.types import words

BOUNCED = "bounced"  # the reason of a mail that was not sent to a mailbox that refuses us
STALE = "stale"  # why an edition is held whose mails were not sent in time


class DeliveryState(StrEnum):
    """How far one edition has come to one subscriber."""

    RENDERED = "rendered"  # its bytes are frozen
    SENDING = "sending"  # committed before the first byte goes out
    SENT = "sent"
    REFUSED = "refused"  # for good
    DEFERRED = "deferred"  # not accepted; may be tried again
    UNKNOWN = "unknown"  # may have been accepted
    SKIPPED = "skipped"  # no mail, for the reason given


class Delivery(SQLModel, table=True):
    """One edition to one subscriber."""

    __tablename__ = "deliveries"
    __table_args__ = (
        sa.UniqueConstraint("edition_id", "subscriber_id"),
        sa.Index("ix_deliveries_state", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="editions.id")
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    content_id: int | None = Field(default=None, foreign_key="mail_contents.id")
    shape_id: int | None = Field(default=None, foreign_key="edition_shapes.id")
    from_seq: int | None = None  # events up to here were behind the reader; with the edition's `to_seq` its reach
    recipient: str | None = None
    message_id: str | None = None
    in_reply_to: str | None = None  # the Message-ID of the mail that this one corrects
    state: DeliveryState = words(DeliveryState)
    reason: str | None = None  # why skipped; the server's reply otherwise
    made_at: datetime
    sending_at: datetime | None = None
    settled_at: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None


class DeliveryItem(SQLModel, table=True):
    """One thing that a delivery told: an event, or a reminder of a closing date. Told once, for ever."""

    __tablename__ = "delivery_items"
    __table_args__ = (
        sa.UniqueConstraint("subscriber_id", "event_seq"),
        sa.UniqueConstraint("subscriber_id", "reminder"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id", index=True)
    subscriber_id: int = Field(foreign_key="subscribers.id")
    call_id: int = Field(foreign_key="calls.id")
    event_seq: int | None = Field(default=None, foreign_key="call_events.seq")
    reminder: str | None = Field(default=None, max_length=80)  # call, date and lead time
    section: str = Field(max_length=24)


class Told(NamedTuple):
    """What one subscriber was told: events by number, reminders by name."""

    events: frozenset[int]
    reminders: frozenset[str]


class Claimed(NamedTuple):
    """A delivery that its process has promised to send, with what filling its frozen mail needs."""

    id: int
    edition_id: int
    subscriber_id: int
    content_id: int
    recipient: str
    message_id: str
    made_at: datetime
    attempts: int  # this one included


class Outcome(NamedTuple):
    """What became of one claimed delivery."""

    id: int
    state: DeliveryState
    reason: str | None = None
    retry_at: datetime | None = None
    untried: bool = False  # there was no session to try it in: the attempt does not count


def without_delivery(session: Session, edition: Edition, after_id: int, most: int) -> Sequence[Subscriber]:
    """Active subscribers of the edition's cadence that it has not reached yet, by id, from after `after_id`."""
    has_one = sa.exists().where(
        col(Delivery.edition_id) == edition.id, col(Delivery.subscriber_id) == col(Subscriber.id)
    )
    query = select(Subscriber).where(
        col(Subscriber.cadence) == edition.kind.value,
        Subscriber.state == SubscriberState.ACTIVE,
        col(Subscriber.id) > after_id,
        ~has_one,
    )
    return session.exec(query.order_by(col(Subscriber.id)).limit(most)).all()


def told(
    session: Session, subscriber_ids: Sequence[int], after_seq: int, reminders: Collection[str]
) -> dict[int, Told]:
    """What these subscribers were told of events above `after_seq` and of these reminders, by subscriber."""
    table = DeliveryItem.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c.subscriber_id, table.c.event_seq, table.c.reminder).where(
        table.c.subscriber_id.in_(subscriber_ids),
        sa.or_(table.c.event_seq > after_seq, table.c.reminder.in_(reminders)),
    )
    found: dict[int, list[tuple[int | None, str | None]]] = {}
    for subscriber_id, seq, name in session.connection().execute(query):
        found.setdefault(subscriber_id, []).append((seq, name))
    return {
        subscriber_id: Told(frozenset(seq for seq, _ in many if seq), frozenset(name for _, name in many if name))
        for subscriber_id, many in found.items()
    }


def add_deliveries(session: Session, edition_id: int, rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Append deliveries of one edition (column → value, without id); their ids by subscriber."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    connection = session.connection()
    connection.execute(sa.insert(table), rows)
    mine = sa.and_(table.c.edition_id == edition_id, table.c.subscriber_id.in_([r["subscriber_id"] for r in rows]))
    return {
        row.subscriber_id: row.id
        for row in connection.execute(sa.select(table.c.subscriber_id, table.c.id).where(mine))
    }


def add_items(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append what deliveries tell (column → value, without id); telling a thing twice is an IntegrityError."""
    if rows:
        session.connection().execute(sa.insert(DeliveryItem.__table__), rows)  # type: ignore[attr-defined]


def settle(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what became of deliveries that were being sent; one that is no longer `sending` stays as it is.

    An outcome of `rendered` says that the mail was promised and never begun: it waits again.
    """
    table = Delivery.__table__  # type: ignore[attr-defined]
    alike: dict[Outcome, list[int]] = {}
    for one in outcomes:
        alike.setdefault(one._replace(id=0), []).append(one.id)
    for told, ids in alike.items():
        change = sa.update(table).where(table.c.id.in_(ids), table.c.state == DeliveryState.SENDING)
        attempts = table.c.attempts - int(told.untried)
        told_now = {"state": told.state, "reason": told.reason, "retry_at": told.retry_at, "attempts": attempts}
        settled_at = None if told.state is DeliveryState.RENDERED else now
        session.connection().execute(change.values(**told_now, settled_at=settled_at))


def skip_who_left(session: Session, now: datetime) -> None:
    """Mails that wait for somebody who takes none any more are not sent."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    for is_state, reason in (
        (col(Subscriber.state) == SubscriberState.BANNED, BOUNCED),
        (col(Subscriber.state) != SubscriberState.ACTIVE, "the reader takes no mail any more"),
    ):
        takes_none = sa.select(col(Subscriber.id)).where(is_state)
        change = sa.update(table).where(_waits(table), table.c.subscriber_id.in_(takes_none))
        told = {"state": DeliveryState.SKIPPED, "reason": reason, "settled_at": now}
        session.connection().execute(change.values(**told))


def put_off(session: Session, now: datetime) -> None:
    """Mails that wait for a mailbox in trouble wait until it is tried again (`Subscriber.backed_off_until`)."""
    table, readers = Delivery.__table__, Subscriber.__table__  # type: ignore[attr-defined]
    is_backed_off = readers.c.backed_off_until > now
    until = sa.select(readers.c.backed_off_until).where(readers.c.id == table.c.subscriber_id).scalar_subquery()
    whose = table.c.subscriber_id.in_(sa.select(readers.c.id).where(is_backed_off))
    change = sa.update(table).where(_waits(table), whose)
    told = {"state": DeliveryState.DEFERRED, "reason": "the mailbox bounced; it is tried again later"}
    session.connection().execute(change.values(**told, retry_at=until))


def hold_stale(session: Session, before: date) -> None:
    """Editions of a day before this one with mails that wait still are held, if nobody released them.

    An old queue, as from a backup that was restored, never leaves without a person's word.
    """
    table, edition = Delivery.__table__, Edition.__table__  # type: ignore[attr-defined]
    has_waiting = edition.c.id.in_(sa.select(table.c.edition_id).where(_waits(table)))
    is_stale = (edition.c.on < before, edition.c.released_at.is_(None), edition.c.state != EditionState.HELD)
    change = sa.update(edition).where(has_waiting, *is_stale).values(state=EditionState.HELD, held_for=STALE)
    session.connection().execute(change)


def count_sent(session: Session, since: datetime, of_days_from: date) -> int:
    """How many mails have left since then, or may have: of editions from a day on, and of those that were released."""
    left = col(Delivery.state).in_([DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN])
    could = sa.or_(col(Edition.on) >= of_days_from, col(Edition.released_at).is_not(None))
    recent = col(Delivery.edition_id).in_(select(Edition.id).where(could))
    return session.exec(select(sa.func.count()).where(recent, left, col(Delivery.sending_at) >= since)).one()


def _waits(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.state.in_([DeliveryState.RENDERED, DeliveryState.DEFERRED])


def rendered_in(session: Session, edition_id: int) -> list[Claimed]:
    """The rendered deliveries of an edition, as they would be claimed."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    is_meant = (table.c.edition_id == edition_id, table.c.state == DeliveryState.RENDERED)
    rows = session.connection().execute(sa.select(*_claimed_columns()).where(*is_meant).order_by(table.c.id))
    return [Claimed(*row) for row in rows]


def claim(session: Session, most: int, now: datetime) -> list[Claimed]:
    """Promise to send the next deliveries: they are `sending` once this transaction is committed.

    In the order in which they were made; deferred ones when their time comes. Those of one content come together.
    """
    if most < 1:
        return []
    table = Delivery.__table__  # type: ignore[attr-defined]
    claimed = _promise(session, _rendered(table), most, now)
    if len(claimed) < most:
        claimed += _promise(session, _due_again(table, now), most - len(claimed), now)
    return claimed


def count_waiting(session: Session, now: datetime) -> int:
    """How many deliveries could be claimed now."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    query = sa.select(sa.func.count()).select_from(table).where(_claimable(table, now))
    return int(session.connection().execute(query).scalar_one())


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether any delivery could be claimed now."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c.id).where(_claimable(table, now)).limit(1)
    return session.connection().execute(query).first() is not None


def _claimable(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(sa.or_(_rendered(table), _due_again(table, now)), _may_leave(table))


def _rendered(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.state == DeliveryState.RENDERED


def _due_again(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.state == DeliveryState.DEFERRED, table.c.retry_at <= now)


def _may_leave(table: sa.Table) -> sa.ColumnElement[bool]:
    held = sa.select(col(Edition.id)).where(col(Edition.state) == EditionState.HELD)
    return table.c.edition_id.not_in(held)


def _promise(session: Session, waits: sa.ColumnElement[bool], most: int, now: datetime) -> list[Claimed]:
    table = Delivery.__table__  # type: ignore[attr-defined]
    ids = sa.select(table.c.id).where(waits, _may_leave(table)).order_by(table.c.id).limit(most)
    # Said twice: where two claim at once on PostgreSQL, the later one looks again at this condition alone.
    change = sa.update(table).where(table.c.id.in_(ids.scalar_subquery()), waits)
    change = change.values(state=DeliveryState.SENDING, sending_at=now, attempts=table.c.attempts + 1)
    found = [Claimed(*row) for row in session.connection().execute(change.returning(*_claimed_columns()))]
    return sorted(found, key=lambda one: (one.content_id, one.id))


def _claimed_columns() -> list[sa.ColumnElement[Any]]:
    table = Delivery.__table__  # type: ignore[attr-defined]
    return [table.c[name] for name in Claimed._fields]


def in_flight(session: Session) -> list[int]:
    """The deliveries that are being sent, by id; where nobody is delivering, a dead process left them."""
    return list(session.exec(select(Delivery.id).where(Delivery.state == DeliveryState.SENDING)))  # type: ignore[arg-type]


def count_states(session: Session, edition_id: int | None = None) -> dict[DeliveryState, int]:
    """How many deliveries (of one edition, or all) stand in which state."""
    query = select(Delivery.state, sa.func.count()).group_by(col(Delivery.state))
    found = session.exec(query.where(Delivery.edition_id == edition_id) if edition_id else query)
    return {DeliveryState(state): count for state, count in found}


class ToldItem(NamedTuple):
    """One thing that a delivery told, in the words of the ledger."""

    section: str
    call: str
    title: str
    event: str | None
    at: datetime | None
    reminder: str | None


def items_of(session: Session, delivery_id: int) -> list[ToldItem]:
    """What a delivery told, in the order in which it was written down."""
    query = (
        select(DeliveryItem, Call, CallEvent)
        .join(Call, col(DeliveryItem.call_id) == col(Call.id))
        .outerjoin(CallEvent, col(DeliveryItem.event_seq) == col(CallEvent.seq))
        .where(DeliveryItem.delivery_id == delivery_id)
        .order_by(col(DeliveryItem.id))
    )
    return [_told_item(item, call, event) for item, call, event in session.exec(query)]


def _told_item(item: DeliveryItem, call: Call, event: CallEvent | None) -> ToldItem:
    kind, at = (event.kind.value, event.at) if event else (None, None)
    return ToldItem(item.section, call.key, call.title, kind, at, item.reminder)


def list_deliveries(
    session: Session, states: Sequence[DeliveryState], edition_id: int | None, most: int | None
) -> Sequence[Delivery]:
    """Deliveries in these states (any, if none is named), newest first."""
    query = select(Delivery).order_by(col(Delivery.id).desc()).limit(most)
    query = query.where(col(Delivery.state).in_(states)) if states else query
    return session.exec(query.where(Delivery.edition_id == edition_id) if edition_id else query).all()
