"""Bounces: what mail servers and mailbox owners said of our mails after they had left.

Does not read mail (`tracker.emails.bounces`) and does not end subscriptions.
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

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
