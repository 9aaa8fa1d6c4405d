"""Bounces: mails that came back after they had been sent, what they say, and whose they were.

Does not parse them (`tracker.emails.bounces`) or decide when a mailbox is banned (`jobs.delivery.bounces`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.deliveries import Delivery, DeliveryState
from db.letters import Letter
from db.regions import find_ours, is_ours, region_field
from db.subscribers import Subscriber, SubscriberChange, SubscriptionEvent
from db.types import word_field


class BounceKind(StrEnum):
    """What a returned mail says."""

    HARD = "hard"  # the mailbox does not exist
    SOFT = "soft"  # the mailbox is full, or its server is in trouble: it may pass
    COMPLAINT = "complaint"  # its owner called our mail spam (ARF)
    AUTO_REPLY = "auto_reply"  # somebody is on holiday
    DELAYED = "delayed"  # a server is still trying
    POLICY = "policy"  # refused because of the mail or its sender; the mailbox may be fine
    UNREADABLE = "unreadable"  # we cannot tell what it says; kept for a person


HARMLESS = (BounceKind.AUTO_REPLY, BounceKind.DELAYED)  # the mail may well have arrived


class Bounce(SQLModel, table=True):
    """One returned mail."""

    __tablename__ = "bounces"
    __table_args__ = (sa.UniqueConstraint("hash", "region"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    at: datetime
    kind: BounceKind = word_field(BounceKind)
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")
    detail: str  # without addresses
    hash: str = Field(max_length=64)  # of the returned mail, so that reading it twice counts once


def bounces_of(session: Session, subscriber_id: int) -> Sequence[Bounce]:
    """The returned mails of one subscriber, oldest first."""
    query = select(Bounce).where(is_ours(session, Bounce), Bounce.subscriber_id == subscriber_id)
    return session.exec(query.order_by(col(Bounce.id))).all()


def redact_bounces(session: Session, subscriber_id: int) -> None:
    """Delete what the returned mails of a subscriber said; that they came, when, and their kind stay."""
    _drop_detail(session, col(Bounce.subscriber_id) == subscriber_id)


def drop_bounce_texts(session: Session, before: datetime) -> int:
    """Delete what returned mails from before this instant said; return how many there were."""
    return _drop_detail(session, sa.and_(col(Bounce.at) < before, col(Bounce.detail) != ""))


def _drop_detail(session: Session, which: sa.ColumnElement[bool]) -> int:
    change = sa.update(Bounce).where(is_ours(session, Bounce), which)
    return session.connection().execute(change.values(detail="")).rowcount


class Returned(NamedTuple):
    """Which of our mails came back. `signed`: it carries our own signature, so we believe it."""

    delivery_id: int | None
    subscriber_id: int | None
    signed: bool


def is_noted(session: Session, name: str) -> bool:
    """Whether a returned mail with this hash has been read already."""
    return session.exec(select(Bounce.id).where(is_ours(session, Bounce), Bounce.hash == name)).first() is not None


def delivery_returned(session: Session, delivery_id: int, signed: bool) -> Returned | None:
    """The delivery that came back; None if there is no such id."""
    delivery = find_ours(session, Delivery, delivery_id)
    return Returned(delivery.id, delivery.subscriber_id, signed) if delivery else None


def letter_returned(session: Session, letter_id: int) -> Returned | None:
    """The letter that came back; None if there is no such id."""
    letter = find_ours(session, Letter, letter_id)
    return Returned(None, letter.subscriber_id, True) if letter else None


def edition_returned(session: Session, edition_id: int, subscriber_id: int) -> Returned | None:
    """The delivery that came back, found by edition and subscriber; None if there is none."""
    is_meant = (is_ours(session, Delivery), Delivery.edition_id == edition_id, Delivery.subscriber_id == subscriber_id)
    delivery_id = session.exec(select(Delivery.id).where(*is_meant)).first()
    return Returned(delivery_id, subscriber_id, True) if delivery_id else None


def reset_recovered_mailboxes(session: Session, stood_since: datetime) -> None:
    """Reset the bounce count of mailboxes that accept mail again.

    That is: a mail was sent to the mailbox after its pause and no later than `stood_since`, and it has not come back.
    """
    mail, reader = Delivery.__table__, Subscriber.__table__  # type: ignore[attr-defined]
    came_back = sa.exists().where(col(Bounce.delivery_id) == mail.c.id, col(Bounce.kind).not_in(HARMLESS))
    arrived = sa.exists().where(
        mail.c.subscriber_id == reader.c.id,
        mail.c.state == DeliveryState.SENT,
        mail.c.settled_at >= reader.c.backed_off_until,
        mail.c.settled_at <= stood_since,
        ~came_back,
    )
    change = sa.update(reader).where(is_ours(session, Subscriber), reader.c.soft_bounces > 0, arrived)
    session.connection().execute(change.values(soft_bounces=0, backed_off_until=None))


def list_bounces(
    session: Session, kinds: Sequence[BounceKind], most: int | None
) -> Sequence[tuple[Bounce, Subscriber | None]]:
    """Returned mails of these kinds (none given: any) with their subscribers, newest first."""
    query = select(Bounce, Subscriber).outerjoin(Subscriber, col(Bounce.subscriber_id) == col(Subscriber.id))
    query = query.where(is_ours(session, Bounce))
    query = query.order_by(col(Bounce.id).desc()).limit(most)
    return session.exec(query.where(col(Bounce.kind).in_(kinds)) if kinds else query).all()


def change_of(session: Session, subscriber_id: int, what: SubscriptionEvent) -> SubscriberChange | None:
    """The newest change of this sort in a subscription's history; None if there is none."""
    query = select(SubscriberChange).where(
        SubscriberChange.subscriber_id == subscriber_id, SubscriberChange.what == what
    )
    return session.exec(query.order_by(col(SubscriberChange.id).desc())).first()
