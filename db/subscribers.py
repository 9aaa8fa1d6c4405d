"""Subscribers: a mailbox with its actor, language and cadence, its interests and marked calls, and its history.

Does not decide which calls match an interest (`tracker.digests.interests`).
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel._compat import SQLModelConfig

from db.regions import find_ours, is_ours, region_field
from db.types import json_field, values_field, word_field

BATCH = 1000  # addresses per query


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
    """How often a subscriber gets the digest."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SubscriberState(StrEnum):
    """Whether a mailbox gets mail; only `active` does."""

    PENDING = "pending"  # signed up, not yet confirmed from the mailbox
    ACTIVE = "active"
    LEFT = "left"
    BANNED = "banned"  # the mailbox refused us, or its owner complained
    ERASED = "erased"  # nothing is kept of the person; the row holds the ledger's counts together


class SubscriptionEvent(StrEnum):
    """What can happen to a subscription, as recorded in its history."""

    ASKED = "asked"  # somebody typed the address in; `detail` holds the settings they chose
    CONFIRMED = "confirmed"  # the mailbox answered; `detail` names the sign-up
    ADDED = "added"  # by the operator, with the person's consent
    PREFERENCES = "preferences"
    CADENCE = "cadence"
    PAUSED = "paused"
    RESUMED = "resumed"
    FOLLOWED = "followed"
    MUTED = "muted"
    UNMUTED = "unmuted"  # neither followed nor muted any more
    NOT_FOR_US = "not_for_us"  # feedback: a call they were told was not relevant to them
    LEFT = "left"
    CAME_BACK = "came_back"  # leaving was undone
    BACKED_OFF = "backed_off"  # the mailbox bounced: no mail for a while
    BANNED = "banned"
    UNBANNED = "unbanned"
    FEED_LINK_REPLACED = "feed_link_replaced"  # of an interest
    ERASED = "erased"
    OTHER = "other"  # written by an earlier version; `detail["what"]` is its word


class CallMark(StrEnum):
    """What a reader wants of one call; overrules their interests."""

    FOLLOW = "follow"  # tell everything about it
    MUTE = "mute"  # tell nothing more about it


class Actor(SQLModel, table=True):
    """An organisation of the region, as one reader or more have named it; another word about it makes another row."""

    __tablename__ = "actors"
    __table_args__ = (sa.UniqueConstraint("region", "name", "type", "municipality"),)

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
    urgent: bool = False  # what cannot wait for the next edition is sent at once
    own_region: bool = Field(  # the region's own calls are told beside the interests
        default=True, sa_column_kwargs={"server_default": sa.true()}
    )
    own_kind: bool = Field(default=True, sa_column_kwargs={"server_default": sa.true()})  # not what is shut to theirs
    created_at: datetime
    confirmed_at: datetime | None = None
    welcomed_at: datetime | None = None  # when the welcome edition was built; None: not yet
    paused_until: date | None = None  # the first day with mail again; what happens until then is told then
    left_at: datetime | None = None
    soft_bounces: int = 0  # in a row
    backed_off_until: datetime | None = None  # no mail before: the mailbox was full, or its server was in trouble


class Wants(SQLModel):
    """What one interest wants of all calls; money is whole euros per project. An empty field does not restrict.

    An interest without a spearhead, programme, source, kind, audience or query is refused
    (`tracker.subscriptions.requests`).
    """

    model_config = SQLModelConfig(frozen=True)

    spearheads: tuple[str, ...] = values_field(tuple[str, ...])
    programmes: tuple[str, ...] = values_field(tuple[str, ...])
    sources: tuple[str, ...] = values_field(tuple[str, ...])
    kinds: tuple[str, ...] = values_field(tuple[str, ...])  # `db.calls.CallKind`
    audience: tuple[str, ...] = values_field(tuple[str, ...])  # who can apply, in the words of calls
    query: str | None = None  # a line in the rules' language
    money_min: int | None = Field(default=None, sa_type=sa.BigInteger)
    money_max: int | None = Field(default=None, sa_type=sa.BigInteger)
    forthcoming: bool = True  # also calls that are not open yet


class Interest(Wants, table=True):
    """An interest of a subscriber.

    `cursor` is the number of the last event that this subscriber's editions have covered. `feed_number` is increased
    when the reader asks for a new link to the interest's feed; the old link stops working.
    """

    __tablename__ = "interests"
    model_config = SQLModelConfig(frozen=False)

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int | None = Field(  # set once the mailbox has an id
        default=None, nullable=False, foreign_key="subscribers.id", index=True, ondelete="CASCADE"
    )
    cursor: int = 0
    feed_number: int = 0

    @property
    def wants(self) -> Wants:
        """What the interest wants, as a frozen value."""
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
    own_region: bool
    own_kind: bool
    actor_type: ActorType | None = None


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
    """One thing that happened to a subscription. Append-only."""

    __tablename__ = "subscriber_changes"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    at: datetime
    what: SubscriptionEvent = word_field(SubscriptionEvent)
    by: str  # reader, operator, mail server, or a person's name
    reason: str | None = None
    detail: dict[str, Any] = json_field(default_factory=dict)  # no address


def interest_of(session: Session, interest_id: int) -> tuple[Interest, Subscriber] | None:
    """An interest with its subscriber; None if there is no such id."""
    query = select(Interest, Subscriber).join(Subscriber).where(is_ours(session, Subscriber))
    return session.exec(query.where(Interest.id == interest_id)).first()


def interests_of(session: Session, subscriber_ids: Sequence[int]) -> dict[int, list[Interest]]:
    """The interests of these subscribers, by subscriber id."""
    by_subscriber: dict[int, list[Interest]] = {}
    for interest in session.exec(select(Interest).where(col(Interest.subscriber_id).in_(subscriber_ids))):
        by_subscriber.setdefault(interest.subscriber_id or 0, []).append(interest)
    return by_subscriber


LISTS = tuple(name for name, field in Wants.model_fields.items() if field.default == ())  # of words


class InterestRow(NamedTuple):
    """An interest without its model, for speed. Lists are JSON text, so that equal interests are equal rows."""

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
    """The interests of these subscribers as plain rows, by subscriber id."""
    query = sa.select(col(Interest.subscriber_id), *_interest_columns())
    query = query.where(col(Interest.subscriber_id).in_(subscriber_ids)).order_by(col(Interest.id))
    rows: dict[int, list[InterestRow]] = {}
    for subscriber_id, *row in session.connection().execute(query):
        rows.setdefault(subscriber_id, []).append(InterestRow(*row))
    return {subscriber_id: tuple(interests) for subscriber_id, interests in rows.items()}


def _interest_columns() -> Sequence[sa.ColumnElement[Any]]:
    columns = Interest.__table__.c  # type: ignore[attr-defined]
    return [sa.cast(columns[name], sa.Text) if name in LISTS else columns[name] for name in InterestRow._fields]


def active_interests(session: Session) -> Iterator[tuple[int, bool, InterestRow]]:
    """Every interest of an active reader: the reader's id, whether they want the region's own calls, and the row."""
    columns = (col(Subscriber.id), col(Subscriber.own_region), *_interest_columns())
    query = sa.select(*columns).join(Interest, col(Interest.subscriber_id) == col(Subscriber.id))
    query = query.where(is_ours(session, Subscriber), col(Subscriber.state) == SubscriberState.ACTIVE)
    for reader, own_region, *row in session.connection().execute(query.order_by(col(Interest.id))):
        yield reader, own_region, InterestRow(*row)


def choices_of(session: Session, subscriber_ids: Sequence[int]) -> dict[int, list[CallChoice]]:
    """The single calls that these subscribers follow or mute, by subscriber id."""
    by_subscriber: dict[int, list[CallChoice]] = {}
    query = select(CallChoice).where(col(CallChoice.subscriber_id).in_(subscriber_ids))
    for choice in session.exec(query.order_by(col(CallChoice.call_id))):
        by_subscriber.setdefault(choice.subscriber_id, []).append(choice)
    return by_subscriber


def calls_chosen_by(subscriber_id: int) -> sa.Select[Any]:
    """A query for the ids of the calls that a subscriber follows or mutes."""
    return sa.select(col(CallChoice.call_id)).where(col(CallChoice.subscriber_id) == subscriber_id)


def queries(session: Session) -> list[str]:
    """Every distinct query (a line in the rules' language) of all interests, sorted."""
    query = select(Interest.query).join(Subscriber).where(is_ours(session, Subscriber))
    lines = session.exec(query.where(col(Interest.query).is_not(None)).distinct())
    return sorted(line for line in lines if line)


def move_cursors_back(session: Session, subscriber_ids: Sequence[int], to_seq: int) -> None:
    """Make these subscribers' next editions look again at all events after `to_seq`; what was told stays told."""
    ahead = (col(Interest.subscriber_id).in_(subscriber_ids), col(Interest.cursor) > to_seq)
    session.connection().execute(sa.update(Interest).where(*ahead).values(cursor=to_seq))


def move_cursors(session: Session, subscriber_ids: Sequence[int], to_seq: int) -> None:
    """Record that these subscribers' editions covered all events up to `to_seq`; no cursor moves back."""
    behind = (col(Interest.subscriber_id).in_(subscriber_ids), col(Interest.cursor) < to_seq)
    session.connection().execute(sa.update(Interest).where(*behind).values(cursor=to_seq))


def note_welcomed(session: Session, subscriber_ids: Sequence[int], now: datetime) -> None:
    """Record that these subscribers got their welcome edition."""
    change = sa.update(Subscriber).where(is_ours(session, Subscriber), col(Subscriber.id).in_(subscriber_ids))
    session.connection().execute(change.values(welcomed_at=now))


def least_cursor(session: Session, cadence: Cadence | None = None) -> int:
    """The cursor furthest back among all readers' interests (at this cadence); 0 if there are none.

    Readers who left count, too: leaving may be undone while an edition is being built.
    """
    may_read = col(Subscriber.state).in_([SubscriberState.ACTIVE, SubscriberState.LEFT])
    query = select(sa.func.min(Interest.cursor)).join(Subscriber).where(is_ours(session, Subscriber), may_read)
    return session.exec(query.where(Subscriber.cadence == cadence) if cadence else query).one() or 0


def lead_days(session: Session, cadence: Cadence | None = None) -> tuple[int, ...]:
    """Every lead time in days that some subscriber (at this cadence) wants closing reminders at, shortest first."""
    query = sa.select(sa.cast(col(Subscriber.lead_days), sa.Text)).where(is_ours(session, Subscriber)).distinct()
    rows = session.connection().execute(query.where(col(Subscriber.cadence) == cadence) if cadence else query)
    lists = (_lead_days_or_none(text) for (text,) in rows)  # whose cannot be read is found where their digest is made
    return tuple(sorted({days for lead_days in lists for days in lead_days}))


def _lead_days_or_none(text: str) -> tuple[int, ...]:
    try:
        return tuple(TypeAdapter(list[int]).validate_json(text))
    except ValueError:
        return ()


def all_subscribers(session: Session) -> Sequence[Subscriber]:
    """Every mailbox, by id."""
    return session.exec(select(Subscriber).where(is_ours(session, Subscriber)).order_by(col(Subscriber.id))).all()


def subscribers_like(session: Session, parts: Collection[str], most: int) -> tuple[Sequence[Subscriber], int]:
    """The first mailboxes whose address, or whose actor's name, holds one of these in any case, and how many there are.

    None that was erased.
    """
    query = select(Subscriber).join(Actor, isouter=True).where(is_ours(session, Subscriber))
    named = [
        sa.func.lower(column).contains(part, autoescape=True)
        for column in (col(Subscriber.address), col(Actor.name))
        for part in parts
    ]
    query = query.where(sa.or_(*named), col(Subscriber.state) != SubscriberState.ERASED)
    count = session.exec(select(sa.func.count()).select_from(query.subquery())).one()
    return session.exec(query.order_by(col(Subscriber.id)).limit(most)).all(), count


def actor_named(session: Session, name: str, type_: ActorType, municipality: str | None) -> Actor:
    """The organisation of which all this is said, inserted if it is new."""
    said = (Actor.name == name, Actor.type == type_, Actor.municipality == municipality)
    known = session.exec(select(Actor).where(is_ours(session, Actor), *said)).first()
    if known:
        return known
    actor = Actor(name=name, type=type_, municipality=municipality)
    session.add(actor)
    session.flush()
    return actor


def enrol(session: Session, subscriber: Subscriber, interests: Sequence[Interest]) -> int:
    """Add a subscriber with interests and return its id. IntegrityError if the address exists."""
    session.add(subscriber)
    session.flush()
    for interest in interests:
        interest.subscriber_id = subscriber.id
        session.add(interest)
    return subscriber.id or 0


def held(session: Session, subscriber_id: int) -> Subscriber | None:
    """The subscriber with this id, locked until this transaction ends; None if there is none."""
    return find_ours(session, Subscriber, subscriber_id, held=True)


def subscriber_at(session: Session, address: str) -> Subscriber | None:
    """The subscriber with this address, locked until this transaction ends; None if there is none."""
    query = select(Subscriber).where(is_ours(session, Subscriber), Subscriber.address == address)
    return session.exec(query.with_for_update()).first()


def mailboxes_at(session: Session, addresses: Sequence[str]) -> dict[str, Subscriber]:
    """The subscribers with these addresses, whatever their state, by address."""
    known: dict[str, Subscriber] = {}
    for start in range(0, len(addresses), BATCH):
        in_batch = col(Subscriber.address).in_(addresses[start : start + BATCH])
        query = select(Subscriber).where(is_ours(session, Subscriber), in_batch)
        known |= {subscriber.address: subscriber for subscriber in session.exec(query)}
    return known


def replace_interests(session: Session, subscriber_id: int, wants: Sequence[Wants], cursor: int) -> None:
    """Replace all interests of a subscriber; the new ones start at `cursor`."""
    session.connection().execute(sa.delete(Interest).where(col(Interest.subscriber_id) == subscriber_id))
    add_interests(session, subscriber_id, wants, cursor)


def change_interests(session: Session, subscriber_id: int, wants: Sequence[Wants], last_seq: int) -> None:
    """Change the interests of a subscriber: those still wanted keep cursor and feed, others go, new ones are added.

    In which order an interest names its words means nothing. New ones start at the old cursor furthest back (or at
    `last_seq`), so that rewording an interest loses no news.
    """
    known = interests_of(session, [subscriber_id]).get(subscriber_id, [])
    start = min((interest.cursor for interest in known), default=last_seq)
    wanted = {_in_order(want): want for want in wants}
    for interest in known:
        if wanted.pop(_in_order(interest.wants), None) is None:
            session.delete(interest)
    add_interests(session, subscriber_id, list(wanted.values()), start)


def _in_order(wants: Wants) -> Wants:
    return wants.model_copy(update={name: tuple(sorted(getattr(wants, name))) for name in LISTS})


def add_interests(session: Session, subscriber_id: int, wants: Sequence[Wants], cursor: int) -> None:
    """Add interests to a subscriber; they start at `cursor`."""
    session.add_all(Interest(**want.model_dump(), subscriber_id=subscriber_id, cursor=cursor) for want in wants)
    session.flush()


def choose(session: Session, subscriber_id: int, call_id: int, choice: CallMark | None, now: datetime) -> bool:
    """Follow or mute a call, or neither (None); return whether that changed anything."""
    is_meant = (CallChoice.subscriber_id == subscriber_id, CallChoice.call_id == call_id)
    known = session.exec(select(CallChoice).where(*is_meant)).first()
    if (known.choice if known else None) is choice:
        return False
    if known:
        session.delete(known)
        session.flush()
    if choice:
        session.add(CallChoice(subscriber_id=subscriber_id, call_id=call_id, choice=choice, at=now))
    return True


def history_of(session: Session, subscriber_id: int) -> Sequence[SubscriberChange]:
    """The history of a subscription, oldest first."""
    is_meant = SubscriberChange.subscriber_id == subscriber_id
    return session.exec(select(SubscriberChange).where(is_meant).order_by(col(SubscriberChange.id))).all()
