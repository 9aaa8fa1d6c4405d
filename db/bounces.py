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
from db.subscribers import Subscriber, SubscriberChange, SubscriberState, SubscriptionEvent
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


class BounceEffect(StrEnum):
    """What followed from a returned mail for its mailbox."""

    PAUSED = "paused"  # no mail for some hours
    BANNED = "banned"
    UNCONFIRMED = "unconfirmed"  # banned before anybody had confirmed it
    HELD = "held"  # not banned, as too many would be at once: a person decides
    APPLIED = "applied"  # held, and banned by a person
    UNDONE = "undone"  # by a person


BANS = (BounceEffect.BANNED, BounceEffect.UNCONFIRMED, BounceEffect.APPLIED)


class Bounce(SQLModel, table=True):
    """One returned mail, or one refusal while a mail was sent."""

    __tablename__ = "bounces"
    __table_args__ = (sa.UniqueConstraint("hash", "region"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    at: datetime
    kind: BounceKind = word_field(BounceKind)
    subscriber_id: int | None = Field(default=None, foreign_key="subscribers.id", index=True)
    delivery_id: int | None = Field(default=None, foreign_key="deliveries.id")
    run_id: int | None = Field(default=None, foreign_key="runs.id", index=True)  # the reading, or the delivering
    effect: BounceEffect | None = word_field(BounceEffect, default=None, index=True)
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
    run_id: int | None = None  # the run that sent it last


def is_noted(session: Session, name: str) -> bool:
    """Whether a returned mail with this hash has been read already."""
    return session.exec(select(Bounce.id).where(is_ours(session, Bounce), Bounce.hash == name)).first() is not None


def delivery_returned(session: Session, delivery_id: int, signed: bool) -> Returned | None:
    """The delivery that came back; None if there is no such id."""
    delivery = find_ours(session, Delivery, delivery_id)
    return Returned(delivery.id, delivery.subscriber_id, signed, delivery.run_id) if delivery else None


def letter_returned(session: Session, letter_id: int) -> Returned | None:
    """The letter that came back; None if there is no such id."""
    letter = find_ours(session, Letter, letter_id)
    return Returned(None, letter.subscriber_id, True, letter.run_id) if letter else None


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
    session: Session, kinds: Sequence[BounceKind], most: int | None, effects: Sequence[BounceEffect] = ()
) -> Sequence[tuple[Bounce, Subscriber | None]]:
    """Returned mails of these kinds and effects (none given: any) with their subscribers, newest first."""
    query = select(Bounce, Subscriber).outerjoin(Subscriber, col(Bounce.subscriber_id) == col(Subscriber.id))
    query = query.where(is_ours(session, Bounce)).order_by(col(Bounce.id).desc()).limit(most)
    query = query.where(col(Bounce.kind).in_(kinds)) if kinds else query
    return session.exec(query.where(col(Bounce.effect).in_(effects)) if effects else query).all()


def with_effect(
    session: Session,
    effects: Sequence[BounceEffect],
    *,
    since: datetime | None = None,
    run_id: int | None = None,
    subscriber_id: int | None = None,
) -> Sequence[Bounce]:
    """The returned mails with one of these effects, of a time, a reading or a subscriber; by subscriber."""
    query = select(Bounce).where(is_ours(session, Bounce), col(Bounce.effect).in_(effects))
    query = query.where(col(Bounce.at) >= since) if since else query
    query = query.where(Bounce.run_id == run_id) if run_id else query
    query = query.where(Bounce.subscriber_id == subscriber_id) if subscriber_id else query
    return session.exec(query.order_by(col(Bounce.subscriber_id), col(Bounce.id))).all()


def is_any_held(session: Session) -> bool:
    """Whether any mailbox waits for a person to decide whether it is banned."""
    query = select(Bounce.id).where(is_ours(session, Bounce), Bounce.effect == BounceEffect.HELD)
    return session.exec(query.limit(1)).first() is not None


def count_braked(session: Session, since: datetime) -> tuple[int, int]:
    """The mailboxes that are held, or were banned by themselves since an instant; and these and the active ones."""
    is_banned = sa.and_(col(Bounce.effect) == BounceEffect.BANNED, col(Bounce.at) >= since)
    ended = sa.and_(is_ours(session, Bounce), sa.or_(col(Bounce.effect) == BounceEffect.HELD, is_banned))
    ids = select(Bounce.subscriber_id).where(ended)
    counted = sa.or_(col(Subscriber.state) == SubscriberState.ACTIVE, col(Subscriber.id).in_(ids))
    count = select(sa.func.count()).select_from(Subscriber).where(is_ours(session, Subscriber))
    return session.exec(count.where(col(Subscriber.id).in_(ids))).one(), session.exec(count.where(counted)).one()


def is_reading(session: Session, run_id: int) -> bool:
    """Whether a run noted any of our returned mails."""
    return session.exec(select(Bounce.id).where(is_ours(session, Bounce), Bounce.run_id == run_id)).first() is not None


def first_mail_at(session: Session, returned: Sequence[Bounce]) -> datetime:
    """When the first of the mails that came back was made; what was no digest counts by its return."""
    numbers = [bounce.delivery_id for bounce in returned if bounce.delivery_id]
    query = select(Delivery.made_at).where(is_ours(session, Delivery), col(Delivery.id).in_(numbers))
    instants: list[datetime] = [*(bounce.at for bounce in returned), *session.exec(query)]
    return min(instants)


def change_of(session: Session, subscriber_id: int, what: SubscriptionEvent) -> SubscriberChange | None:
    """The newest change of this sort in a subscription's history; None if there is none."""
    query = select(SubscriberChange).where(
        SubscriberChange.subscriber_id == subscriber_id, SubscriberChange.what == what
    )
    return session.exec(query.order_by(col(SubscriberChange.id).desc())).first()
