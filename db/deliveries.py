"""The delivery ledger: one row for each edition and subscriber, how far it got, and what it told.

Does not decide what a reader is told (`tracker.digests.selection`) or what is sent next (`db.send_queue`). A delivery
in `sending` whose process died becomes `unknown`: the server may have the mail, so a person decides, and it is never
sent again blindly.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel._compat import SQLModelConfig

from db.bulk import insert_rows
from db.calls import Call
from db.editions import Edition, EditionKind, MailContent
from db.event_log import CallEvent, EventKind
from db.regions import is_ours, region_field, region_of
from db.types import word_field


class DeliveryState(StrEnum):
    """How far the delivery of an edition to a subscriber has got."""

    RENDERED = "rendered"  # its bytes are frozen; it waits to be sent
    SENDING = "sending"  # committed before the first byte goes out
    SENT = "sent"
    REFUSED = "refused"  # permanently
    DEFERRED = "deferred"  # not accepted yet; it is tried again
    UNKNOWN = "unknown"  # the server may have accepted it
    SKIPPED = "skipped"  # no mail, for the reason given


class DeliveryReason(StrEnum):
    """Why a mail was not sent, or is not known to have arrived."""

    NOTHING_TO_SAY = "nothing_to_say"
    PAUSED = "paused"
    BOUNCED = "bounced"  # the mailbox is banned
    TAKES_NO_MAIL = "takes_no_mail"  # the subscriber is no longer active
    LEFT = "left"  # the reader left while it waited
    NOT_ALLOWED = "not_allowed"  # not on `mail.allow`
    ERASED = "erased"  # everything about the reader was erased
    TOO_OLD = "too_old"
    BACKED_OFF = "backed_off"  # the mailbox bounced; it is tried again later
    MAIL_SERVER = "mail_server"  # `detail` is its answer, or says that it gave none
    OUTBOX = "outbox"  # the outbox folder cannot be written
    GIVEN_UP = "given_up"  # after too many attempts; `detail` is the last answer
    DIED = "died"  # the process died while sending
    FAULT = "fault"  # an error in this program
    RESOLVED = "resolved"  # by a person; `detail` is their reason
    OTHER = "other"  # written by an earlier version; `detail` is its text


class NewDelivery(SQLModel):
    """One edition to one subscriber, as built."""

    model_config = SQLModelConfig(frozen=True)

    edition_id: int = Field(foreign_key="editions.id")
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    content_id: int | None = Field(default=None, foreign_key="mail_contents.id")
    segment_id: int | None = Field(default=None, foreign_key="edition_segments.id")
    from_seq: int | None = None  # the reader's cursor before it; its candidates are the events from here to `to_seq`
    recipient: str | None = None
    message_id: str | None = None
    in_reply_to: str | None = None  # the Message-ID of the mail that this one corrects
    state: DeliveryState = word_field(DeliveryState)
    reason: DeliveryReason | None = word_field(DeliveryReason, default=None)
    detail: str | None = None  # to the reason: what the mail server or a person said
    made_at: datetime
    attempts: int = 0


class Delivery(NewDelivery, table=True):
    """One edition to one subscriber, with its outcome."""

    __tablename__ = "deliveries"
    model_config = SQLModelConfig(frozen=False)
    __table_args__ = (
        sa.UniqueConstraint("edition_id", "subscriber_id"),
        sa.Index("ix_deliveries_state", "state", "region", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    sending_at: datetime | None = None
    run_id: int | None = Field(default=None, foreign_key="runs.id")  # the run that last claimed it
    settled_at: datetime | None = None
    retry_at: datetime | None = None


class ToldThing(SQLModel):
    """One thing to tell about a call: an event, or a reminder of a closing date."""

    model_config = SQLModelConfig(frozen=True)

    call_id: int = Field(foreign_key="calls.id")
    section: str = Field(max_length=24)
    event_seq: int | None = Field(default=None, foreign_key="call_events.seq")
    reminder: str | None = Field(default=None, max_length=80)  # call, date and lead time


class DeliveryItem(ToldThing, table=True):
    """One thing that a delivery told. Each is told to a subscriber at most once, ever."""

    __tablename__ = "delivery_items"
    model_config = SQLModelConfig(frozen=False)
    __table_args__ = (
        sa.UniqueConstraint("subscriber_id", "event_seq"),
        sa.UniqueConstraint("subscriber_id", "reminder"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="deliveries.id", index=True)
    subscriber_id: int = Field(foreign_key="subscribers.id")


class ContentItem(ToldThing, table=True):
    """One thing that a frozen mail tells; every delivery of that content tells it to its reader."""

    __tablename__ = "content_items"
    model_config = SQLModelConfig(frozen=False)

    id: int | None = Field(default=None, primary_key=True)
    content_id: int = Field(foreign_key="mail_contents.id", index=True)


class Told(NamedTuple):
    """What one subscriber was told before, among the candidates: events by number, reminders by name, calls by id."""

    events: frozenset[int] = frozenset()
    reminders: frozenset[str] = frozenset()
    calls: frozenset[int] = frozenset()


def already_told(
    session: Session,
    subscriber_ids: Sequence[int],
    after_seq: int,
    reminders: Collection[str] = (),
    call_ids: Collection[int] = (),
) -> dict[int, Told]:
    """What each of these subscribers was told of events above `after_seq`, these reminders, and these calls at all."""
    table = DeliveryItem.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c.subscriber_id, table.c.event_seq, table.c.reminder, table.c.call_id).where(
        table.c.subscriber_id.in_(subscriber_ids),
        sa.or_(table.c.event_seq > after_seq, table.c.reminder.in_(reminders), table.c.call_id.in_(call_ids)),
    )
    rows_by_subscriber: dict[int, list[tuple[int | None, str | None, int]]] = {}
    for subscriber_id, *row in session.connection().execute(query):
        rows_by_subscriber.setdefault(subscriber_id, []).append((row[0], row[1], row[2]))
    these_calls, these_reminders = frozenset(call_ids), frozenset(reminders)
    return {
        subscriber_id: Told(
            frozenset(seq for seq, _, _ in rows if seq is not None and seq > after_seq),
            frozenset(name for _, name, _ in rows if name is not None and name in these_reminders),
            frozenset(call_id for _, _, call_id in rows) & these_calls,
        )
        for subscriber_id, rows in rows_by_subscriber.items()
    }


MAY_HAVE_ARRIVED = (DeliveryState.SENT, DeliveryState.UNKNOWN)


def told_of_call(session: Session, call_id: int, first: datetime, after: datetime) -> dict[int, str]:
    """Who was told of a call by a mail sent between two instants: the Message-ID of the newest, by subscriber."""
    query = select(Delivery.subscriber_id, Delivery.message_id).join(DeliveryItem)
    is_meant = (is_ours(session, Delivery), DeliveryItem.call_id == call_id, col(Delivery.state).in_(MAY_HAVE_ARRIVED))
    in_span = (col(Delivery.settled_at) >= first, col(Delivery.settled_at) < after)
    rows = session.exec(query.where(*is_meant, *in_span).order_by(col(Delivery.id)))
    return {subscriber_id: message_id for subscriber_id, message_id in rows if message_id}


def silent_streaks(
    session: Session,
    subscriber_ids: Sequence[int],
    reason: DeliveryReason,
    kinds: Collection[EditionKind] = tuple(EditionKind),
) -> dict[int, tuple[int, date]]:
    """How many of the newest deliveries in a row were skipped for this reason, and the first day they covered.

    By subscriber; those whose newest delivery (of these kinds) was not skipped for it are left out.
    """
    table, other = Delivery.__table__, Delivery.__table__.alias()  # type: ignore[attr-defined]
    edition_ids = sa.select(col(Edition.id)).where(col(Edition.kind).in_(kinds))
    last_other = sa.select(sa.func.max(other.c.id)).where(
        other.c.subscriber_id == table.c.subscriber_id,
        other.c.reason.is_distinct_from(reason),
        other.c.edition_id.in_(edition_ids),
    )
    in_a_row = table.c.id > sa.func.coalesce(last_other.scalar_subquery(), 0)
    query = sa.select(table.c.subscriber_id, sa.func.count(), sa.func.min(col(Edition.from_on)))
    query = query.join(Edition, col(Edition.id) == table.c.edition_id).group_by(table.c.subscriber_id)
    is_meant = (is_ours(session, Delivery), table.c.subscriber_id.in_(subscriber_ids))
    rows = session.connection().execute(query.where(*is_meant, in_a_row))
    return {subscriber_id: (count, first) for subscriber_id, count, first in rows}


def add_deliveries(session: Session, deliveries: Sequence[NewDelivery]) -> None:
    """Append deliveries. IntegrityError if a reader already has one of the edition."""
    if deliveries:
        table, own = Delivery.__table__, {"region": region_of(session)}  # type: ignore[attr-defined]
        insert_rows(session.connection(), sa.insert(table), [vars(delivery) | own for delivery in deliveries])


def add_content_items(session: Session, items: Sequence[tuple[int, ToldThing]]) -> None:
    """Record what frozen mails tell, each thing with its content's id."""
    if items:
        table = ContentItem.__table__  # type: ignore[attr-defined]
        rows = [vars(item) | {"content_id": content_id} for content_id, item in items]
        session.connection().execute(sa.insert(table), rows)


def note_told(session: Session, edition_id: int, first_id: int, last_id: int) -> None:
    """Record what an edition's deliveries to these subscribers (both ids included) tell, copied from their contents.

    IntegrityError if a subscriber would be told a thing twice. One statement, whatever their number.
    """
    items, content = DeliveryItem.__table__, ContentItem.__table__  # type: ignore[attr-defined]
    table = Delivery.__table__  # type: ignore[attr-defined]
    names = ("call_id", "event_seq", "reminder", "section")
    new_items = sa.select(table.c.id, table.c.subscriber_id, *(content.c[name] for name in names))
    new_items = new_items.join(content, content.c.content_id == table.c.content_id)
    is_meant = (is_ours(session, Delivery), table.c.edition_id == edition_id)
    new_items = new_items.where(*is_meant, table.c.subscriber_id.between(first_id, last_id))
    session.connection().execute(sa.insert(items).from_select(["delivery_id", "subscriber_id", *names], new_items))


def count_states(session: Session, edition_id: int | None = None) -> dict[DeliveryState, int]:
    """The number of deliveries (of one edition, or of all) by state."""
    query = select(Delivery.state, sa.func.count()).where(is_ours(session, Delivery)).group_by(col(Delivery.state))
    rows = session.exec(query.where(Delivery.edition_id == edition_id) if edition_id else query)
    return {DeliveryState(state): count for state, count in rows}


class ToldItem(NamedTuple):
    """One thing that a delivery told, ready to be shown."""

    section: str
    call: str
    title: str
    event: EventKind | None
    at: datetime | None
    reminder: str | None
    call_id: int


def items_of(session: Session, delivery_id: int) -> list[ToldItem]:
    """What a delivery told, in the order in which it was recorded."""
    query = (
        select(DeliveryItem, Call, CallEvent)
        .join(Call, col(DeliveryItem.call_id) == col(Call.id))
        .outerjoin(CallEvent, col(DeliveryItem.event_seq) == col(CallEvent.seq))
        .where(DeliveryItem.delivery_id == delivery_id)
        .order_by(col(DeliveryItem.id))
    )
    return [_told_item(item, call, event) for item, call, event in session.exec(query)]


def _told_item(item: DeliveryItem, call: Call, event: CallEvent | None) -> ToldItem:
    kind, at = (event.kind, event.at) if event else (None, None)
    return ToldItem(item.section, call.key, call.title, kind, at, item.reminder, item.call_id)


def list_deliveries(
    session: Session,
    states: Sequence[DeliveryState],
    edition_id: int | None,
    most: int | None,
    below: int | None = None,
) -> Sequence[Delivery]:
    """Deliveries in these states (none given: any), newest first; only those numbered below one, if it is given."""
    query = select(Delivery).where(is_ours(session, Delivery)).order_by(col(Delivery.id).desc()).limit(most)
    query = query.where(col(Delivery.id) < below) if below is not None else query
    query = query.where(col(Delivery.state).in_(states)) if states else query
    return session.exec(query.where(Delivery.edition_id == edition_id) if edition_id else query).all()


def readers_mailed(session: Session, edition_id: int) -> Sequence[int]:
    """The readers for whom an edition has a mail, by id."""
    is_meant = (is_ours(session, Delivery), Delivery.edition_id == edition_id, col(Delivery.content_id).is_not(None))
    return session.exec(select(Delivery.subscriber_id).where(*is_meant).order_by(col(Delivery.subscriber_id))).all()


def deliveries_of(session: Session, subscriber_id: int) -> Sequence[tuple[Delivery, Edition]]:
    """Every delivery to one reader with its edition, oldest first."""
    is_meant = (is_ours(session, Delivery), Delivery.subscriber_id == subscriber_id)
    query = select(Delivery, Edition).join(Edition).where(*is_meant)
    return session.exec(query.order_by(col(Delivery.id))).all()


def told_to(session: Session, subscriber_id: int) -> Sequence[DeliveryItem]:
    """Everything one reader was ever told, oldest first."""
    is_meant = DeliveryItem.subscriber_id == subscriber_id
    return session.exec(select(DeliveryItem).where(is_meant).order_by(col(DeliveryItem.id))).all()


def redact_deliveries(session: Session, subscriber_id: int) -> None:
    """Delete the address from a reader's deliveries, and what mail servers said; the rest of the ledger stays."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    is_meant = sa.and_(is_ours(session, Delivery), table.c.subscriber_id == subscriber_id)
    session.connection().execute(sa.update(table).where(is_meant).values(recipient=None, detail=None))


def drop_old_contents(session: Session, before: datetime) -> int:
    """Delete the frozen mails of editions planned before this instant, unless they wait to be sent; return how many."""
    table, content = Delivery.__table__, MailContent.__table__  # type: ignore[attr-defined]
    open_states = [DeliveryState.RENDERED, DeliveryState.SENDING, DeliveryState.DEFERRED]
    of_old = sa.select(col(Edition.id)).where(is_ours(session, Edition), col(Edition.planned_at) < before)
    is_old = content.c.edition_id.in_(of_old)
    waits = sa.exists().where(table.c.content_id == content.c.id, table.c.state.in_(open_states))
    old = sa.select(content.c.id).where(is_old, ~waits)
    session.connection().execute(sa.update(table).where(table.c.content_id.in_(old)).values(content_id=None))
    is_unused = sa.and_(is_old, ~sa.exists().where(table.c.content_id == content.c.id))
    items = ContentItem.__table__  # type: ignore[attr-defined]
    unused = sa.select(content.c.id).where(is_unused)
    session.connection().execute(sa.delete(items).where(items.c.content_id.in_(unused)))
    return session.connection().execute(sa.delete(content).where(is_unused)).rowcount
