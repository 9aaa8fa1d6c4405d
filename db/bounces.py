"""Bounces: what mail servers and mailbox owners said of our mails after they had left.

Does not read mail (`tracker.emails.bounces`) and does not end subscriptions.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.types import words


class BounceKind(StrEnum):
    """What a returned mail says."""

    HARD = "hard"  # the mailbox does not exist
    SOFT = "soft"  # full, or its server in trouble: it may pass
    COMPLAINT = "complaint"  # its owner called our mail spam (ARF)
    AUTO_REPLY = "auto_reply"  # somebody is on holiday
    UNREADABLE = "unreadable"  # nobody knows what it says; kept for a person


class Bounce(SQLModel, table=True):
    """One returned mail."""

    __tablename__ = "bounces"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    kind: BounceKind = words(BounceKind)
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")
    detail: str  # without addresses
    hash: str = Field(max_length=64, unique=True)  # of the returned mail: reading it again counts once


def bounces_of(session: Session, subscriber_id: int) -> Sequence[Bounce]:
    """The returned mails of one person, oldest first."""
    return session.exec(select(Bounce).where(Bounce.subscriber_id == subscriber_id).order_by(col(Bounce.id))).all()


def forget(session: Session, subscriber_id: int) -> None:
    """Take out what returned mails of a person said; that they came, when, and of what kind stays."""
    _drop_detail(session, col(Bounce.subscriber_id) == subscriber_id)


def drop_old(session: Session, before: datetime) -> int:
    """Take out what returned mails said that came before this instant; how many."""
    return _drop_detail(session, sa.and_(col(Bounce.at) < before, col(Bounce.detail) != ""))


def _drop_detail(session: Session, which: sa.ColumnElement[bool]) -> int:
    return session.connection().execute(sa.update(Bounce).where(which).values(detail="")).rowcount
