"""The digest ledger: editions, contents (frozen mails), deliveries and what each delivery told.

Does not decide what a reader is told (`tracker.digests`) and sends nothing. Every fact has a row of its own: an
edition was planned, a delivery was rendered, was being sent, was sent. A delivery in `sending` whose process
died becomes `unknown`: the server may have the mail, so it is shown to a person and never sent again blindly.
"""

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db.subscribers import Cadence
from db.types import words


class EditionState(StrEnum):
    """How far an edition has come."""

    PLANNED = "planned"  # its events are frozen up to `to_seq`
    BUILT = "built"  # every due subscriber has a delivery, rendered or skipped with a reason


class DeliveryState(StrEnum):
    """How far one edition has come to one subscriber."""

    RENDERED = "rendered"  # its bytes are frozen
    SENDING = "sending"  # committed before the first byte goes out
    SENT = "sent"
    REFUSED = "refused"  # for good
    DEFERRED = "deferred"  # not accepted; may be tried again
    UNKNOWN = "unknown"  # may have been accepted
    SKIPPED = "skipped"  # no mail, for the reason given


OPEN_STATES = (DeliveryState.RENDERED, DeliveryState.DEFERRED)


class Edition(SQLModel, table=True):
    """One issue of the digest: a cadence and a period of the calendar, both days included."""

    __tablename__ = "editions"
    __table_args__ = (sa.UniqueConstraint("cadence", "period"),)

    id: int | None = Field(default=None, primary_key=True)
    cadence: Cadence = words(Cadence)
    period: str = Field(max_length=12)  # 2026-11-23, 2026-W48, 2026-11
    on: date  # the day it is dated; days left are counted from here
    from_on: date
    to_on: date
    catch_up: bool = False
    to_seq: int  # the last event that it may tell
    planned_at: datetime
    state: EditionState = words(EditionState, default=EditionState.PLANNED)


class MailContent(SQLModel, table=True):
    """A frozen mail with marks for the reader's own values; shared by all readers whom an edition tells the same."""

    __tablename__ = "mail_contents"
    __table_args__ = (sa.UniqueConstraint("edition_id", "hash"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="editions.id")
    hash: str = Field(max_length=64)
    subject: str
    template: bytes  # a MIME message, see tracker.emails.mime
    html: str
    text: str


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
    recipient: str | None = None
    message_id: str | None = None
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
