"""What readers are still owed: events whose call could not be put into words when a reader's edition passed them.

They are tried again with every edition of the reader until they are told or settled for another reason. Does not decide
what can be shown (`jobs.editions.composer`).
"""

from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours
from db.subscribers import Subscriber

BATCH = 400  # subscribers whose events are settled by one statement


class OwedEvent(SQLModel, table=True):
    """An event that one reader is owed."""

    __tablename__ = "owed_events"

    subscriber_id: int = Field(primary_key=True, foreign_key="subscribers.id", ondelete="CASCADE")
    event_seq: int = Field(primary_key=True, foreign_key="call_events.seq")


def owed_events(session: Session) -> frozenset[int]:
    """Every event that some reader is owed."""
    query = select(OwedEvent.event_seq).join(Subscriber).where(is_ours(session, Subscriber)).distinct()
    return frozenset(session.exec(query))


def owed_to(session: Session, subscriber_ids: Sequence[int]) -> dict[int, list[int]]:
    """The events that these subscribers are owed, in order; those who are owed nothing are left out."""
    owed: dict[int, list[int]] = {}
    query = select(OwedEvent.subscriber_id, OwedEvent.event_seq).where(col(OwedEvent.subscriber_id).in_(subscriber_ids))
    for subscriber_id, seq in session.exec(query.order_by(col(OwedEvent.event_seq))):
        owed.setdefault(subscriber_id, []).append(seq)
    return owed


def owe(session: Session, owed: Iterable[tuple[int, int]]) -> None:
    """Record that these subscribers are owed these events (subscriber, event); safe to repeat."""
    rows = [{"subscriber_id": subscriber_id, "event_seq": seq} for subscriber_id, seq in owed]
    if rows:
        connection = session.connection()
        insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(OwedEvent)
        connection.execute(insert.on_conflict_do_nothing(), rows)


def settle_owed(session: Session, subscriber_ids: Sequence[int], seqs: Collection[int]) -> None:
    """Record that these subscribers are no longer owed these events."""
    for start in range(0, len(subscriber_ids), BATCH):
        is_theirs = col(OwedEvent.subscriber_id).in_(subscriber_ids[start : start + BATCH])
        session.connection().execute(sa.delete(OwedEvent).where(is_theirs, col(OwedEvent.event_seq).in_(seqs)))


def forget(session: Session, subscriber_id: int) -> None:
    """Delete what a subscriber is owed."""
    session.connection().execute(sa.delete(OwedEvent).where(col(OwedEvent.subscriber_id) == subscriber_id))
