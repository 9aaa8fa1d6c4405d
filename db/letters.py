"""Letters: mails to one person that are no digests: confirmations, receipts, links that were asked for.

Frozen before they leave and sent with the same care as deliveries. Does not write or send them.
"""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db.deliveries import DeliveryState
from db.types import words


class LetterKind(StrEnum):
    """What a letter is for."""

    CONFIRM = "confirm"  # asks the mailbox whether it wants the digest
    KNOWN = "known"  # the address was typed in and subscribes already: the link to its preferences
    RECEIPT = "receipt"  # what was agreed to
    PREFERENCES = "preferences"  # a fresh link
    GOODBYE = "goodbye"  # the subscription ended; how to undo it


class Letter(SQLModel, table=True):
    """One letter; its bytes are dropped when they are no longer needed."""

    __tablename__ = "letters"
    __table_args__ = (sa.Index("ix_letters_state", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    kind: LetterKind = words(LetterKind)
    recipient: str | None
    message_id: str
    message: bytes | None
    state: DeliveryState = words(DeliveryState, default=DeliveryState.RENDERED)
    reason: str | None = None
    made_at: datetime
    sending_at: datetime | None = None
    settled_at: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None
