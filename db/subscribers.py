"""Subscribers: a mailbox with its actor, language and cadence, what of all calls it wants, and what became of it.

Does not decide which calls an interest meets (`tracker.digests`).
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.types import json_field, values, words


class ActorType(StrEnum):
    """What sort of organisation an actor is."""

    COMPANY = "company"
    UNIVERSITY = "university"  # universities, universities of applied sciences, research organisations
    EDUCATION = "education"
    MUNICIPALITY = "municipality"
    DEVELOPMENT_COMPANY = "development_company"
    ASSOCIATION = "association"
    OTHER = "other"


class Language(StrEnum):
    """A language that digests are written in."""

    FI = "fi"
    SV = "sv"
    EN = "en"


class Cadence(StrEnum):
    """How often a subscriber's digest leaves."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SubscriberState(StrEnum):
    """Whether a mailbox gets mail; only `active` does."""

    PENDING = "pending"  # asked for, not yet confirmed from the mailbox
    ACTIVE = "active"
    LEFT = "left"
    BANNED = "banned"  # the mailbox refused us, or its owner complained
    ERASED = "erased"  # nothing is kept of the person; the row holds the ledger's counts together


class Choice(StrEnum):
    """A reader's word on one call, above the interests."""

    FOLLOW = "follow"  # tell all of it
    MUTE = "mute"  # tell nothing more of it


class Actor(SQLModel, table=True):
    """An organisation of the region."""

    __tablename__ = "actors"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    type: ActorType = words(ActorType)
    municipality: str | None = None


class Subscriber(SQLModel, table=True):
    """A mailbox that gets digests. Addresses are kept in lower case."""

    __tablename__ = "subscribers"

    id: int | None = Field(default=None, primary_key=True)
    address: str = Field(unique=True)
    actor_id: int | None = Field(default=None, foreign_key="actors.id")
    language: Language = words(Language)
    cadence: Cadence = words(Cadence, index=True)
    state: SubscriberState = words(SubscriberState, default=SubscriberState.ACTIVE)
    lead_days: tuple[int, ...] = values(tuple[int, ...], default=(28, 7))  # closing reminders, days before
    urgent: bool = False  # what cannot wait for the next edition comes at once
    created_at: datetime
    confirmed_at: datetime | None = None
    welcomed_at: datetime | None = None  # the welcome edition was built; None: it is still to come
    paused_until: date | None = None  # the first day with mail again; what happens meanwhile is told then
    left_at: datetime | None = None
    soft_bounces: int = 0  # in a row
    backed_off_until: datetime | None = None  # no mail before: the mailbox was full, or its server in trouble


class Interest(SQLModel, table=True):
    """What a subscriber wants of all calls. What is empty does not restrict; something is never empty.

    Money is whole euro per project. `cursor` is the number of the last event that an edition of this subscriber has
    taken in. `feed_number` goes up when the reader asks for a new link to the interest's feed: the old one dies.
    """

    __tablename__ = "interests"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int | None = Field(  # given when the mailbox has its id
        default=None, nullable=False, foreign_key="subscribers.id", index=True, ondelete="CASCADE"
    )
    spearheads: tuple[str, ...] = values(tuple[str, ...])
    programmes: tuple[str, ...] = values(tuple[str, ...])
    sources: tuple[str, ...] = values(tuple[str, ...])
    kinds: tuple[str, ...] = values(tuple[str, ...])  # `db.calls.CallKind`
    audience: tuple[str, ...] = values(tuple[str, ...])  # who can apply, as calls say it
    query: str | None = None  # a line in the rules' language
    money_min: int | None = Field(default=None, sa_type=sa.BigInteger)
    money_max: int | None = Field(default=None, sa_type=sa.BigInteger)
    forthcoming: bool = True  # also calls that are not open yet
    cursor: int = 0
    feed_number: int = 0


class CallChoice(SQLModel, table=True):
    """One call that a reader follows or mutes."""

    __tablename__ = "call_choices"
    __table_args__ = (sa.UniqueConstraint("subscriber_id", "call_id"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", ondelete="CASCADE")
    call_id: int = Field(foreign_key="calls.id")
    choice: Choice = words(Choice)
    at: datetime


class SubscriberChange(SQLModel, table=True):
    """What happened to a subscription, appended and never changed: joined, confirmed, paused, left, banned, …"""

    __tablename__ = "subscriber_changes"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    at: datetime
    what: str = Field(max_length=40)
    by: str  # reader, operator, mail server, or a person's name
    reason: str | None = None
    detail: dict[str, Any] = json_field(default_factory=dict)  # no address


def interest_of(session: Session, interest_id: int) -> tuple[Interest, Subscriber] | None:
    """An interest with its mailbox; None where there is none of this id."""
    query = select(Interest, Subscriber).join(Subscriber).where(Interest.id == interest_id)
    return session.exec(query).first()


def interests_of(session: Session, subscriber_ids: Sequence[int]) -> dict[int, list[Interest]]:
    """The interests of these subscribers, by subscriber."""
    found: dict[int, list[Interest]] = {}
    for interest in session.exec(select(Interest).where(col(Interest.subscriber_id).in_(subscriber_ids))):
        found.setdefault(interest.subscriber_id or 0, []).append(interest)
    return found


class InterestRow(NamedTuple):
    """An interest as light as can be: lists are JSON text, so that equal interests are equal rows."""

    spearheads: str
    programmes: str
    sources: str
    kinds: str
    audience: str
    query: str | None
    money_min: int | None
    money_max: int | None
    forthcoming: bool
    cursor: int


def interest_rows(session: Session, subscriber_ids: Sequence[int]) -> dict[int, tuple[InterestRow, ...]]:
    """The interests of these subscribers, by subscriber."""
    table = Interest.__table__  # type: ignore[attr-defined]
    lists = ("spearheads", "programmes", "sources", "kinds", "audience")
    columns = [sa.cast(table.c[n], sa.Text) if n in lists else table.c[n] for n in InterestRow._fields]
    query = sa.select(table.c.subscriber_id, *columns).where(table.c.subscriber_id.in_(subscriber_ids))
    found: dict[int, list[InterestRow]] = {}
    for subscriber_id, *values_ in session.connection().execute(query.order_by(table.c.id)):
        found.setdefault(subscriber_id, []).append(InterestRow(*values_))
    return {subscriber_id: tuple(many) for subscriber_id, many in found.items()}


def choices_of(session: Session, subscriber_ids: Sequence[int]) -> dict[int, list[CallChoice]]:
    """The single calls that these subscribers follow or mute, by subscriber."""
    found: dict[int, list[CallChoice]] = {}
    query = select(CallChoice).where(col(CallChoice.subscriber_id).in_(subscriber_ids))
    for choice in session.exec(query.order_by(col(CallChoice.call_id))):
        found.setdefault(choice.subscriber_id, []).append(choice)
    return found


def queries(session: Session) -> list[str]:
    """Every line in the rules' language that some interest holds."""
    found = session.exec(select(Interest.query).where(col(Interest.query).is_not(None)).distinct())
    return sorted(line for line in found if line)


def move_cursors(session: Session, subscriber_ids: Sequence[int], to_seq: int) -> None:
    """Note that an edition has taken in every event up to `to_seq` for these subscribers; no cursor moves back."""
    behind = (col(Interest.subscriber_id).in_(subscriber_ids), col(Interest.cursor) < to_seq)
    session.connection().execute(sa.update(Interest).where(*behind).values(cursor=to_seq))


def note_welcomed(session: Session, subscriber_ids: Sequence[int], now: datetime) -> None:
    """Note that these subscribers were told what is open."""
    change = sa.update(Subscriber).where(col(Subscriber.id).in_(subscriber_ids))
    session.connection().execute(change.values(welcomed_at=now))


def least_cursor(session: Session, cadence: Cadence | None = None) -> int:
    """The cursor that lies furthest back of all active readers' interests (at this cadence); 0 where there are none."""
    query = select(sa.func.min(Interest.cursor)).join(Subscriber).where(Subscriber.state == SubscriberState.ACTIVE)
    return session.exec(query.where(Subscriber.cadence == cadence) if cadence else query).one() or 0


def lead_days(session: Session, cadence: Cadence | None = None) -> tuple[int, ...]:
    """Every lead time that somebody (at this cadence) wants closing reminders at, shortest first."""
    query = select(Subscriber.lead_days).distinct()
    found = session.exec(query.where(Subscriber.cadence == cadence) if cadence else query)
    return tuple(sorted({days for many in found for days in many}))


def all_subscribers(session: Session) -> Sequence[Subscriber]:
    """Every mailbox, by id."""
    return session.exec(select(Subscriber).order_by(col(Subscriber.id))).all()


def actor_named(session: Session, name: str, type_: ActorType, municipality: str | None) -> Actor:
    """The organisation of this name; written down now if it is new."""
    known = session.exec(select(Actor).where(Actor.name == name)).first()
    if known:
        return known
    actor = Actor(name=name, type=type_, municipality=municipality)
    session.add(actor)
    session.flush()
    return actor


def enrol(session: Session, subscriber: Subscriber, interests: Sequence[Interest]) -> int:
    """Add a mailbox with what it wants; IntegrityError where the address is there already. Gives back its id."""
    session.add(subscriber)
    session.flush()
    for interest in interests:
        interest.subscriber_id = subscriber.id
        session.add(interest)
    return subscriber.id or 0


def leave(session: Session, address: str) -> bool:
    """End the subscription of an address; False where there is none."""
    subscriber = session.exec(select(Subscriber).where(Subscriber.address == address)).first()
    if subscriber is None or subscriber.state is SubscriberState.LEFT:
        return False
    subscriber.state = SubscriberState.LEFT
    session.add(subscriber)
    return True
