"""Subscribers: a mailbox with its actor, language and cadence, what of all calls it wants, and what became of it.

Does not decide which calls an interest meets (`tracker.digests.interests`).
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel._compat import SQLModelConfig

from db.regions import find_ours, get_ours, is_ours, region_field
from db.types import json_field, values_field, word_field

BATCH = 1000  # addresses a query


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


class SubscriptionEvent(StrEnum):
    """What can happen to a subscription; the words of its history."""

    ASKED = "asked"  # somebody typed the address in; `detail` holds what was wished
    CONFIRMED = "confirmed"  # the mailbox answered; `detail` names the asking
    ADDED = "added"  # by the operator, with the person's word
    PREFERENCES = "preferences"
    CADENCE = "cadence"
    PAUSED = "paused"
    RESUMED = "resumed"
    FOLLOWED = "followed"
    MUTED = "muted"
    UNMUTED = "unmuted"  # neither followed nor muted any more
    NOT_FOR_US = "not_for_us"  # a call that was told them was none of theirs
    LEFT = "left"
    CAME_BACK = "came_back"  # leaving was undone
    BACKED_OFF = "backed_off"  # the mailbox bounced: no mail for a while
    BANNED = "banned"
    UNBANNED = "unbanned"
    FEED_LINK_REPLACED = "feed_link_replaced"  # of an interest
    ERASED = "erased"
    OTHER = "other"  # an earlier version's; `detail["what"]` is its word


class CallMark(StrEnum):
    """A reader's word on one call, above the interests."""

    FOLLOW = "follow"  # tell all of it
    MUTE = "mute"  # tell nothing more of it


class Actor(SQLModel, table=True):
    """An organisation of the region."""

    __tablename__ = "actors"
    __table_args__ = (sa.UniqueConstraint("region", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    name: str
    type: ActorType = word_field(ActorType)
    municipality: str | None = None


class Subscriber(SQLModel, table=True):
    """A mailbox that gets digests. Addresses are kept in lower case."""

    __tablename__ = "subscribers"
    __table_args__ = (
        sa.UniqueConstraint("address", "region"),
        sa.Index("ix_subscribers_cadence", "cadence", "region"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    address: str
    actor_id: int | None = Field(default=None, foreign_key="actors.id")
    language: Language = word_field(Language)
    cadence: Cadence = word_field(Cadence)
    state: SubscriberState = word_field(SubscriberState, default=SubscriberState.ACTIVE)
    lead_days: tuple[int, ...] = values_field(tuple[int, ...], default=(28, 7))  # closing reminders, days before
    urgent: bool = False  # what cannot wait for the next edition comes at once
    created_at: datetime
    confirmed_at: datetime | None = None
    welcomed_at: datetime | None = None  # the welcome edition was built; None: it is still to come
    paused_until: date | None = None  # the first day with mail again; what happens meanwhile is told then
    left_at: datetime | None = None
    soft_bounces: int = 0  # in a row
    backed_off_until: datetime | None = None  # no mail before: the mailbox was full, or its server in trouble


class Wants(SQLModel):
    """What one interest wants of all calls; money is whole euro per project. What is empty does not restrict.

    One that names no spearhead, programme, source, kind, audience or query is refused
    (`tracker.subscriptions.requests`).
    """

    model_config = SQLModelConfig(frozen=True)

    spearheads: tuple[str, ...] = values_field(tuple[str, ...])
    programmes: tuple[str, ...] = values_field(tuple[str, ...])
    sources: tuple[str, ...] = values_field(tuple[str, ...])
    kinds: tuple[str, ...] = values_field(tuple[str, ...])  # `db.calls.CallKind`
    audience: tuple[str, ...] = values_field(tuple[str, ...])  # who can apply, as calls say it
    query: str | None = None  # a line in the rules' language
    money_min: int | None = Field(default=None, sa_type=sa.BigInteger)
    money_max: int | None = Field(default=None, sa_type=sa.BigInteger)
    forthcoming: bool = True  # also calls that are not open yet


class Interest(Wants, table=True):
    """An interest of a subscriber.

    `cursor` is the number of the last event that an edition of this subscriber has taken in. `feed_number` goes up
    when the reader asks for a new link to the interest's feed: the old one dies.
    """

    __tablename__ = "interests"
    model_config = SQLModelConfig(frozen=False)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int | None = Field(  # given when the mailbox has its id
        default=None, nullable=False, foreign_key="subscribers.id", index=True, ondelete="CASCADE"
    )
    cursor: int = 0
    feed_number: int = 0

    @property
    def wants(self) -> Wants:
        """What it wants, as a value."""
        return Wants.model_validate(self.model_dump(include=set(Wants.model_fields)))


class DueReader(NamedTuple):
    """As much of a subscriber as building an edition needs; `lead_days` is a list as JSON text."""

    id: int
    address: str
    state: SubscriberState
    language: str
    cadence: Cadence
    lead_days: str
    paused_until: date | None


class CallChoice(SQLModel, table=True):
    """One call that a reader follows or mutes."""

    __tablename__ = "call_choices"
    __table_args__ = (sa.UniqueConstraint("subscriber_id", "call_id"),)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", ondelete="CASCADE")
    call_id: int = Field(foreign_key="calls.id")
    choice: CallMark = word_field(CallMark)
    at: datetime


class SubscriberChange(SQLModel, table=True):
    """What happened to a subscription, appended and never changed: joined, confirmed, paused, left, banned, …"""

    __tablename__ = "subscriber_changes"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    at: datetime
    what: SubscriptionEvent = word_field(SubscriptionEvent)
    by: str  # reader, operator, mail server, or a person's name
    reason: str | None = None
    detail: dict[str, Any] = json_field(default_factory=dict)  # no address


def interest_of(session: Session, interest_id: int) -> tuple[Interest, Subscriber] | None:
    """An interest with its mailbox; None where there is none of this id."""
    query = select(Interest, Subscriber).join(Subscriber).where(is_ours(session, Subscriber))
    return session.exec(query.where(Interest.id == interest_id)).first()


def interests_of(session: Session, subscriber_ids: Sequence[int]) -> dict[int, list[Interest]]:
    """The interests of these subscribers, by subscriber."""
    found: dict[int, list[Interest]] = {}
    for interest in session.exec(select(Interest).where(col(Interest.subscriber_id).in_(subscriber_ids))):
        found.setdefault(interest.subscriber_id or 0, []).append(interest)
    return found


LISTS = tuple(name for name, field in Wants.model_fields.items() if field.default == ())  # of words


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
    columns = [sa.cast(table.c[n], sa.Text) if n in LISTS else table.c[n] for n in InterestRow._fields]
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
    query = select(Interest.query).join(Subscriber).where(is_ours(session, Subscriber))
    found = session.exec(query.where(col(Interest.query).is_not(None)).distinct())
    return sorted(line for line in found if line)


def move_cursors_back(session: Session, subscriber_ids: Sequence[int], to_seq: int) -> None:
    """Let these subscribers' next editions look again at every event after `to_seq`; what was told stays told."""
    ahead = (col(Interest.subscriber_id).in_(subscriber_ids), col(Interest.cursor) > to_seq)
    session.connection().execute(sa.update(Interest).where(*ahead).values(cursor=to_seq))


def move_cursors(session: Session, subscriber_ids: Sequence[int], to_seq: int) -> None:
    """Note that an edition has taken in every event up to `to_seq` for these subscribers; none moves back here."""
    behind = (col(Interest.subscriber_id).in_(subscriber_ids), col(Interest.cursor) < to_seq)
    session.connection().execute(sa.update(Interest).where(*behind).values(cursor=to_seq))


def note_welcomed(session: Session, subscriber_ids: Sequence[int], now: datetime) -> None:
    """Note that these subscribers were told what is open."""
    change = sa.update(Subscriber).where(is_ours(session, Subscriber), col(Subscriber.id).in_(subscriber_ids))
    session.connection().execute(change.values(welcomed_at=now))


def least_cursor(session: Session, cadence: Cadence | None = None) -> int:
    """The cursor that lies furthest back of all readers' interests (at this cadence); 0 where there are none.

    Who has left counts, too: leaving may be undone while an edition is being built.
    """
    may_read = col(Subscriber.state).in_([SubscriberState.ACTIVE, SubscriberState.LEFT])
    query = select(sa.func.min(Interest.cursor)).join(Subscriber).where(is_ours(session, Subscriber), may_read)
    return session.exec(query.where(Subscriber.cadence == cadence) if cadence else query).one() or 0


def lead_days(session: Session, cadence: Cadence | None = None) -> tuple[int, ...]:
    """Every lead time that somebody (at this cadence) wants closing reminders at, shortest first."""
    query = select(Subscriber.lead_days).where(is_ours(session, Subscriber)).distinct()
    found = session.exec(query.where(Subscriber.cadence == cadence) if cadence else query)
    return tuple(sorted({days for many in found for days in many}))


def all_subscribers(session: Session) -> Sequence[Subscriber]:
    """Every mailbox, by id."""
    return session.exec(select(Subscriber).where(is_ours(session, Subscriber)).order_by(col(Subscriber.id))).all()


def actor_named(session: Session, name: str, type_: ActorType, municipality: str | None) -> Actor:
    """The organisation of this name; written down now if it is new."""
    known = session.exec(select(Actor).where(is_ours(session, Actor), Actor.name == name)).first()
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


def held(session: Session, subscriber_id: int) -> Subscriber | None:
    """A mailbox, which nobody else changes until this transaction ends."""
    return find_ours(session, Subscriber, subscriber_id, held=True)


def subscriber_at(session: Session, address: str) -> Subscriber | None:
    """The mailbox of an address, which nobody else changes until this transaction ends."""
    query = select(Subscriber).where(is_ours(session, Subscriber), Subscriber.address == address)
    return session.exec(query.with_for_update()).first()


def mailboxes_at(session: Session, addresses: Sequence[str]) -> dict[str, Subscriber]:
    """The mailboxes of these addresses that have a row, whatever its state."""
    known: dict[str, Subscriber] = {}
    for start in range(0, len(addresses), BATCH):
        some = col(Subscriber.address).in_(addresses[start : start + BATCH])
        query = select(Subscriber).where(is_ours(session, Subscriber), some)
        known |= {one.address: one for one in session.exec(query)}
    return known


def replace_interests(session: Session, subscriber_id: int, wanted: Sequence[Wants], cursor: int) -> None:
    """Give a mailbox these interests from this event on, in place of those it had."""
    session.connection().execute(sa.delete(Interest).where(col(Interest.subscriber_id) == subscriber_id))
    add_interests(session, subscriber_id, wanted, cursor)


def change_interests(session: Session, subscriber_id: int, wanted: Sequence[Wants], last_seq: int) -> None:
    """Leave an interest that is still wanted as it is, with its cursor and its feed; drop the others and add the new.

    What is new begins where the one furthest behind stands, so that an interest that was reworded loses no news.
    """
    known = interests_of(session, [subscriber_id]).get(subscriber_id, [])
    start = min((one.cursor for one in known), default=last_seq)
    for one in known:
        if one.wants not in wanted:
            session.delete(one)
    kept = {one.wants for one in known}
    add_interests(session, subscriber_id, [one for one in wanted if one not in kept], start)


def add_interests(session: Session, subscriber_id: int, wanted: Sequence[Wants], cursor: int) -> None:
    """Give a mailbox these interests from this event on."""
    session.add_all(Interest(**one.model_dump(), subscriber_id=subscriber_id, cursor=cursor) for one in wanted)
    session.flush()


def choose(session: Session, subscriber_id: int, call_id: int, choice: CallMark | None, now: datetime) -> bool:
    """Follow or mute a call, or neither (None); whether that changes anything."""
    mine = (CallChoice.subscriber_id == subscriber_id, CallChoice.call_id == call_id)
    known = session.exec(select(CallChoice).where(*mine)).first()
    if (known.choice if known else None) is choice:
        return False
    if known:
        session.delete(known)
        session.flush()
    if choice:
        session.add(CallChoice(subscriber_id=subscriber_id, call_id=call_id, choice=choice, at=now))
    return True


def history_of(session: Session, subscriber_id: int) -> Sequence[SubscriberChange]:
    """What happened to a subscription, oldest first."""
    mine = SubscriberChange.subscriber_id == subscriber_id
    return session.exec(select(SubscriberChange).where(mine).order_by(col(SubscriberChange.id))).all()


def drop_wishes(session: Session, before: datetime) -> None:
    """Take out of the history what sign-ups before this instant wished: they were confirmed since, or never will be."""
    of_ours = col(SubscriberChange.subscriber_id).in_(sa.select(col(Subscriber.id)).where(is_ours(session, Subscriber)))
    asked = (of_ours, col(SubscriberChange.what) == SubscriptionEvent.ASKED, col(SubscriberChange.at) < before)
    session.connection().execute(sa.update(SubscriberChange).where(*asked).values(detail={}))


def made_before(session: Session, before: datetime) -> list[int]:
    """The mailboxes that have been waiting for their confirmation since before this instant, by id."""
    waits = (is_ours(session, Subscriber), Subscriber.state == SubscriberState.PENDING, Subscriber.created_at < before)
    return [found for found in session.exec(select(Subscriber.id).where(*waits)) if found]


def left_before(session: Session, before: datetime) -> list[int]:
    """The mailboxes that left before this instant (came before it, where it is not known when they left), by id."""
    left_at = sa.func.coalesce(col(Subscriber.left_at), col(Subscriber.created_at))
    gone = (is_ours(session, Subscriber), Subscriber.state == SubscriberState.LEFT, left_at < before)
    return [found for found in session.exec(select(Subscriber.id).where(*gone)) if found]


def redact_subscriber(session: Session, subscriber: Subscriber) -> None:
    """Take the person out of a mailbox's row, its history, interests and choices; the row holds the counts together."""
    for table in (Interest, CallChoice):
        session.connection().execute(sa.delete(table).where(col(table.subscriber_id) == subscriber.id))
    wipe = sa.update(SubscriberChange).where(col(SubscriberChange.subscriber_id) == subscriber.id)
    session.connection().execute(wipe.values(reason=None, detail={}))
    actor_id, subscriber.actor_id = subscriber.actor_id, None
    subscriber.address = f"erased:{subscriber.id}"
    subscriber.state = SubscriberState.ERASED
    subscriber.paused_until = subscriber.backed_off_until = None
    session.add(subscriber)
    session.flush()
    left = select(Subscriber.id).where(is_ours(session, Subscriber), Subscriber.actor_id == actor_id)
    if actor_id and not session.exec(left).first():
        session.delete(get_ours(session, Actor, actor_id))  # a sole trader's name is a person's
