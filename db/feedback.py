"""Readers' "not for us": calls that a digest told them and that were none of theirs.

Does not change what they are told; rules are shown by it (`jobs.rulebook.reports`).
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.deliveries import Delivery, DeliveryItem, DeliveryState
from db.regions import is_ours
from db.subscribers import Subscriber


class NotForUs(SQLModel, table=True):
    """A reader's word on a call; `spearhead` is the one for which it was told, where that is known."""

    __tablename__ = "not_for_us"
    __table_args__ = (sa.UniqueConstraint("subscriber_id", "call_id"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", ondelete="CASCADE")
    call_id: int = Field(foreign_key="calls.id")
    spearhead: str | None = Field(default=None, max_length=60)
    reason: str | None = None
    at: datetime


def add_feedback(session: Session, given: NotForUs) -> None:
    """Keep a reader's word on a call; a later one on the same call takes its place."""
    whose = (col(NotForUs.subscriber_id) == given.subscriber_id, col(NotForUs.call_id) == given.call_id)
    session.connection().execute(sa.delete(NotForUs).where(*whose))
    session.add(given)
    session.flush()


def all_feedback(session: Session) -> Sequence[tuple[int, str | None]]:
    """Every such word: the call, and the spearhead for which it was told."""
    pairs = sa.select(col(NotForUs.call_id), col(NotForUs.spearhead)).join(Subscriber)
    pairs = pairs.where(is_ours(session, Subscriber)).order_by(col(NotForUs.id))
    return [(row[0], row[1]) for row in session.connection().execute(pairs)]


def told_pairs(session: Session) -> Sequence[tuple[int, int]]:
    """Every pair of a call and a subscriber whom a sent mail told of it."""
    query = select(DeliveryItem.call_id, DeliveryItem.subscriber_id).distinct()
    is_meant = (is_ours(session, Delivery), Delivery.state == DeliveryState.SENT)
    return session.exec(query.join(Delivery).where(*is_meant)).all()
