"""Readers' "not for us" feedback: calls that a digest told them and that were not relevant to them.

Does not change what they are told; it is shown to admins with the rules (`jobs.rulebook.reports`).
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.deliveries import Delivery, DeliveryItem, DeliveryState
from db.regions import is_ours
from db.strategies import own_tags
from db.subscribers import Subscriber, interests_of


class NotForUs(SQLModel, table=True):
    """A reader's feedback on a call; `spearhead` is the one it was told for, if known."""

    __tablename__ = "not_for_us"
    __table_args__ = (sa.UniqueConstraint("subscriber_id", "call_id"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", ondelete="CASCADE")
    call_id: int = Field(foreign_key="calls.id")
    spearhead: str | None = Field(default=None, max_length=60)
    reason: str | None = None
    at: datetime
    closed_at: datetime | None = None  # when somebody at the desk had seen it
    closed_by: str | None = None
    note: str | None = None  # what came of it


def add_feedback(session: Session, feedback: NotForUs) -> None:
    """Store a reader's feedback on a call, replacing what they said of it before."""
    is_same = (col(NotForUs.subscriber_id) == feedback.subscriber_id, col(NotForUs.call_id) == feedback.call_id)
    session.connection().execute(sa.delete(NotForUs).where(*is_same))
    session.add(feedback)
    session.flush()


def all_feedback(session: Session) -> Sequence[tuple[int, str | None]]:
    """The call and the spearhead of every feedback, oldest first."""
    pairs = sa.select(col(NotForUs.call_id), col(NotForUs.spearhead)).join(Subscriber)
    pairs = pairs.where(is_ours(session, Subscriber)).order_by(col(NotForUs.id))
    return [(row[0], row[1]) for row in session.connection().execute(pairs)]


def open_feedback(session: Session, most: int) -> Sequence[NotForUs]:
    """The feedback that nobody has closed yet, newest first."""
    query = select(NotForUs).join(Subscriber).where(is_ours(session, Subscriber), col(NotForUs.closed_at).is_(None))
    return session.exec(query.order_by(col(NotForUs.id).desc()).limit(most)).all()


def open_feedback_of(session: Session, call_id: int) -> Sequence[NotForUs]:
    """The feedback on a call that nobody has closed yet, newest first."""
    is_meant = (is_ours(session, Subscriber), NotForUs.call_id == call_id, col(NotForUs.closed_at).is_(None))
    return session.exec(select(NotForUs).join(Subscriber).where(*is_meant).order_by(col(NotForUs.id).desc())).all()


def told_pairs(session: Session) -> Sequence[tuple[int, int]]:
    """Every (call id, subscriber id) such that a sent mail told the subscriber of the call."""
    query = select(DeliveryItem.call_id, DeliveryItem.subscriber_id).distinct()
    is_meant = (is_ours(session, Delivery), Delivery.state == DeliveryState.SENT)
    return session.exec(query.join(Delivery).where(*is_meant)).all()


def spearheads_followed(session: Session, subscriber_ids: Sequence[int]) -> dict[int, set[str]]:
    """The spearheads that each of these subscribers is told of, the region's own tags among them, by subscriber id."""
    own, followed = own_tags(session), {id_: set[str]() for id_ in subscriber_ids}
    for subscriber_id, interests in interests_of(session, subscriber_ids).items():
        followed[subscriber_id].update(key for interest in interests for key in interest.spearheads)
    wants_own = (col(Subscriber.id).in_(subscriber_ids), col(Subscriber.own_region).is_(True))
    for reader in session.exec(select(Subscriber.id).where(is_ours(session, Subscriber), *wants_own)):
        followed[reader or 0].update(own)
    return followed
