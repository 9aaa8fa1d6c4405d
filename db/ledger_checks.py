"""Queries that check the delivery ledger against itself, over editions, deliveries and their items.

Read-only. What the answers mean is decided in `jobs.editions.verify`.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.deliveries import ContentItem, Delivery, DeliveryItem, DeliveryState
from db.editions import Edition, EditionKind, EditionSegment
from db.regions import is_ours
from db.subscribers import Interest, Subscriber, SubscriberChange, SubscriberState

EVER = datetime.max.replace(tzinfo=UTC)


class ToldAlike(NamedTuple):
    """The deliveries of an edition to one segment with one content; `first_id` is the first delivery."""

    segment_id: int
    content_id: int | None
    readers: int
    first_id: int
    made_at: datetime


class Step(NamedTuple):
    """Two consecutive deliveries that moved a reader's cursor: where the earlier ended and where the later began.

    Or the newest delivery and today's cursor; then `edition_id` is None.
    """

    subscriber_id: int
    edition_id: int | None
    from_seq: int
    before_seq: int
    before_at: datetime
    made_at: datetime


def editions_since(session: Session, since: date | None) -> Sequence[Edition]:
    """The editions dated on or after a day (None: all), in order of id."""
    query = select(Edition).where(is_ours(session, Edition)).order_by(col(Edition.id))
    return session.exec(query.where(col(Edition.on) >= since) if since else query).all()


def told_alike(session: Session, edition_id: int) -> list[ToldAlike]:
    """An edition's deliveries grouped by segment and content; those without a segment are left out."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    counted = (sa.func.count(), sa.func.min(table.c.id), sa.func.min(table.c.made_at))
    query = sa.select(table.c.segment_id, table.c.content_id, *counted).where(
        is_ours(session, Delivery), table.c.edition_id == edition_id, table.c.segment_id.is_not(None)
    )
    return [
        ToldAlike(*row) for row in session.connection().execute(query.group_by(table.c.segment_id, table.c.content_id))
    ]


def segment(session: Session, segment_id: int) -> EditionSegment:
    """A segment with what was withheld from it. NoResultFound if there is no such id."""
    return session.get_one(EditionSegment, segment_id)


def events_told(session: Session, delivery_id: int) -> frozenset[int]:
    """The numbers of the events that a delivery told."""
    query = select(DeliveryItem.event_seq).where(DeliveryItem.delivery_id == delivery_id)
    return frozenset(seq for seq in session.exec(query) if seq is not None)


def unlike_their_content(session: Session, edition_id: int) -> list[tuple[int, int, int, int]]:
    """Deliveries whose items differ from their content's: subscriber, delivery, its item count, the content's count.

    What is compared is the number of items and the sum of their event numbers.
    """
    items, content = DeliveryItem.__table__, ContentItem.__table__  # type: ignore[attr-defined]
    table = Delivery.__table__  # type: ignore[attr-defined]
    has, has_sum = (
        sa.select(of).where(items.c.delivery_id == table.c.id).scalar_subquery()
        for of in (sa.func.count(), sa.func.coalesce(sa.func.sum(items.c.event_seq), 0))
    )
    wants, wants_sum = (
        sa.select(of).where(content.c.content_id == table.c.content_id).scalar_subquery()
        for of in (sa.func.count(), sa.func.coalesce(sa.func.sum(content.c.event_seq), 0))
    )
    is_other = sa.or_(has != wants, has_sum != wants_sum)
    is_kept = sa.or_(table.c.content_id.is_not(None), table.c.message_id.is_(None))  # content not dropped by retention
    query = sa.select(table.c.subscriber_id, table.c.id, has, wants).where(
        is_ours(session, Delivery), table.c.edition_id == edition_id, table.c.segment_id.is_not(None), is_kept, is_other
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.connection().execute(query)]


def told_twice(session: Session) -> list[tuple[int, int]]:
    """(subscriber, event) of every event that a reader was told more than once."""
    table = DeliveryItem.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c.subscriber_id, table.c.event_seq).where(table.c.event_seq.is_not(None))
    query = query.join(Subscriber, col(Subscriber.id) == table.c.subscriber_id).where(is_ours(session, Subscriber))
    repeated = query.group_by(table.c.subscriber_id, table.c.event_seq).having(sa.func.count() > 1)
    return [(row[0], row[1]) for row in session.connection().execute(repeated)]


def without_reason(session: Session, edition_id: int) -> list[tuple[int, int]]:
    """(subscriber, delivery) of every delivery that ended without a mail and without a reason."""
    ended = (DeliveryState.SKIPPED, DeliveryState.REFUSED, DeliveryState.UNKNOWN, DeliveryState.DEFERRED)
    is_meant = (is_ours(session, Delivery), Delivery.edition_id == edition_id)
    query = select(Delivery.subscriber_id, Delivery.id).where(
        *is_meant, col(Delivery.state).in_(ended), col(Delivery.reason).is_(None)
    )
    return [(subscriber_id, delivery_id or 0) for subscriber_id, delivery_id in session.exec(query)]


def _reached() -> sa.ColumnElement[int]:
    """Where a delivery left its reader's cursor; one who joined after the edition was planned was already ahead."""
    from_seq, to_seq = col(Delivery.from_seq), col(Edition.to_seq)
    return sa.case((from_seq > to_seq, from_seq), else_=to_seq)


def leaps(session: Session, kinds: Sequence[EditionKind]) -> list[Step]:
    """Deliveries that began beyond where all earlier ones of the reader had ended; events in between were missed."""
    table, edition = Delivery.__table__, Edition.__table__  # type: ignore[attr-defined]
    window = {"partition_by": table.c.subscriber_id, "order_by": table.c.id}
    steps = (
        sa.select(
            table.c.subscriber_id,
            table.c.edition_id,
            table.c.from_seq,
            sa.func.max(_reached()).over(**window, rows=(None, -1)).label("before_seq"),
            sa.func.lag(table.c.made_at, type_=table.c.made_at.type).over(**window).label("before_at"),
            table.c.made_at,
        )
        .join(edition, edition.c.id == table.c.edition_id)
        .where(is_ours(session, Delivery), table.c.segment_id.is_not(None), edition.c.kind.in_(kinds))
        .subquery()
    )
    query = sa.select(steps).where(steps.c.from_seq > steps.c.before_seq)
    return [Step(*row) for row in session.connection().execute(query)]


def runaways(session: Session, kinds: Sequence[EditionKind]) -> list[Step]:
    """Active readers whose cursor is beyond the last event of their newest edition."""
    table, edition = Delivery.__table__, Edition.__table__  # type: ignore[attr-defined]
    last = (
        sa.select(
            table.c.subscriber_id,
            sa.func.max(_reached()).label("to_seq"),
            sa.func.max(table.c.made_at).label("at"),
        )
        .join(edition, edition.c.id == table.c.edition_id)
        .where(is_ours(session, Delivery), table.c.segment_id.is_not(None), edition.c.kind.in_(kinds))
        .group_by(table.c.subscriber_id)
        .subquery()
    )
    least = sa.select(col(Interest.subscriber_id), sa.func.min(col(Interest.cursor)).label("cursor"))
    cursors = least.group_by(col(Interest.subscriber_id)).subquery()
    query = (
        sa.select(last.c.subscriber_id, last.c.to_seq, cursors.c.cursor, last.c.at)
        .join(cursors, cursors.c.subscriber_id == last.c.subscriber_id)
        .join(Subscriber, col(Subscriber.id) == last.c.subscriber_id)
        .where(cursors.c.cursor > last.c.to_seq, col(Subscriber.state) == SubscriberState.ACTIVE)
    )
    rows = session.connection().execute(query)
    return [Step(subscriber_id, None, cursor, to_seq, at, EVER) for subscriber_id, to_seq, cursor, at in rows]


def changes_between(
    session: Session, subscriber_id: int, first: datetime, last: datetime
) -> Sequence[SubscriberChange]:
    """What happened to a subscription between two instants, both included."""
    is_meant = (SubscriberChange.subscriber_id == subscriber_id, col(SubscriberChange.at).between(first, last))
    return session.exec(select(SubscriberChange).where(*is_meant)).all()
