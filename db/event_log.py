"""The event log: changes of calls that are news, numbered in the order in which they became visible."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel._compat import SQLModelConfig

from db.calls import Call
from db.readable import read_rows, unread_rows
from db.regions import is_ours
from db.strategies import Tagging
from db.types import json_field, word_field


class EventKind(StrEnum):
    """What changed about a call."""

    NEW = "new"
    OPENED = "opened"
    DEADLINE_EARLIER = "deadline_earlier"
    DEADLINE_LATER = "deadline_later"
    CUTOFFS = "cutoffs"
    BUDGET = "budget"
    RETITLED = "retitled"
    TEXT = "text"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    LATE = "late"  # a call known for a while that only now got a spearhead; `new["spearheads"]` lists which


class NewEvent(SQLModel):
    """A change that is news, before it has a number."""

    model_config = SQLModelConfig(frozen=True)

    call_id: int = Field(foreign_key="calls.id", index=True)
    run_id: int = Field(foreign_key="runs.id")
    kind: EventKind = word_field(EventKind)
    at: datetime
    old: dict[str, Any] | None = json_field(default=None)
    new: dict[str, Any] | None = json_field(default=None)


class CallEvent(NewEvent, table=True):
    """A change that is news, numbered in the order in which it became visible to readers of this database."""

    __tablename__ = "call_events"
    model_config = SQLModelConfig(frozen=False)
    __table_args__ = (
        sa.Index("ix_call_events_kind_at", "kind", "at", "call_id"),
        {"sqlite_autoincrement": True},  # a number is never used twice
    )

    seq: int | None = Field(default=None, primary_key=True)


EVENTS_LOCK = 0x4B41524B  # one writer of events at a time, so that numbers become visible in order


def add_events(session: Session, events: Sequence[NewEvent]) -> None:
    """Append events. The numbers of two writers never interleave."""
    if events:
        lock_event_log(session)
        session.connection().execute(sa.insert(CallEvent), [vars(event) for event in events])


def lock_event_log(session: Session) -> None:
    """Wait until no other transaction writes events, and keep others waiting until this one ends.

    Take it before comparing, not only before writing, or two transactions could find the same news. On SQLite there is
    only one writing transaction anyway.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(EVENTS_LOCK)))


def last_seq(session: Session) -> int:
    """The number of the newest event; 0 if there is none."""
    return session.exec(select(sa.func.max(CallEvent.seq))).one() or 0


def events_after(
    session: Session, seq: int, upto: int | None = None, also: Collection[int] = ()
) -> Sequence[tuple[CallEvent, Call]]:
    """Events numbered above `seq` (and not above `upto`), and those in `also`, with their calls, in order.

    An event that cannot be read, or whose call cannot, is left out (`unread_events` names it).
    """
    is_meant = _between(seq, upto, also)
    events = read_rows(session, select(CallEvent).where(is_meant).order_by(col(CallEvent.seq)), CallEvent)
    ids = select(CallEvent.call_id).where(is_meant)
    calls = {call.id: call for call in read_rows(session, select(Call).where(col(Call.id).in_(ids)), Call)}
    return [(event, calls[event.call_id]) for event in events if event.call_id in calls]


def next_events(session: Session, seq: int, most: int) -> int:
    """The number of the last of the next `most` events after `seq`; `seq` itself if nothing is new."""
    following = sa.select(col(CallEvent.seq)).where(col(CallEvent.seq) > seq).order_by(col(CallEvent.seq)).limit(most)
    return session.connection().scalar(sa.select(sa.func.max(following.subquery().c.seq))) or seq


def _between(seq: int, upto: int | None, also: Collection[int]) -> sa.ColumnElement[bool]:
    number = col(CallEvent.seq)
    is_new = number > seq if upto is None else sa.and_(number > seq, number <= upto)
    return sa.or_(is_new, number.in_(also)) if also else is_new


def unread_events(session: Session, seq: int, upto: int) -> frozenset[int]:
    """The events between these numbers that this session came upon and could not read, or whose call it could not."""
    rows = unread_rows(session)
    seqs = {row.id for row in rows if row.table == CallEvent.__tablename__}
    call_ids = [row.id for row in rows if row.table == Call.__tablename__]
    if call_ids:
        is_meant = sa.and_(col(CallEvent.call_id).in_(call_ids), _between(seq, upto, ()))
        seqs |= {number for number in session.exec(select(CallEvent.seq).where(is_meant)) if number is not None}
    return frozenset(seqs)


def events_of(session: Session, call_id: int) -> Sequence[CallEvent]:
    """All events of a call, in order."""
    query = select(CallEvent).where(CallEvent.call_id == call_id).order_by(col(CallEvent.seq))
    return read_rows(session, query, CallEvent)


def events_of_calls(
    session: Session, call_ids: Collection[int], since: datetime | None = None
) -> dict[int, list[CallEvent]]:
    """The events (since an instant) of each of these calls, in order; calls without any are left out."""
    by_call: dict[int, list[CallEvent]] = {}
    query = select(CallEvent).where(col(CallEvent.call_id).in_(call_ids)).order_by(col(CallEvent.seq))
    for event in read_rows(session, query.where(col(CallEvent.at) >= since) if since else query, CallEvent):
        by_call.setdefault(event.call_id, []).append(event)
    return by_call


def changed_calls(session: Session, run_id: int, kinds: Collection[EventKind]) -> int:
    """The number of calls with events of these kinds from one run."""
    distinct = sa.func.count(sa.distinct(col(CallEvent.call_id)))
    query = select(distinct).where(CallEvent.run_id == run_id, col(CallEvent.kind).in_(kinds))
    return session.exec(query).one()


def told_since(at: datetime) -> sa.Select[Any]:
    """A query for the ids of the calls that have had events since an instant."""
    return sa.select(col(CallEvent.call_id)).where(col(CallEvent.at) >= at)


def new_of_spearheads(session: Session, since: datetime) -> Sequence[tuple[str, datetime]]:
    """Since an instant, the spearheads of every call that was news as a new one, each with when it was."""
    pairs = (
        sa.select(col(Tagging.spearhead), col(Tagging.call_id)).where(is_ours(session, Tagging)).distinct().subquery()
    )
    query = sa.select(pairs.c.spearhead, col(CallEvent.at)).join(pairs, pairs.c.call_id == col(CallEvent.call_id))
    is_new = (col(CallEvent.kind) == EventKind.NEW, col(CallEvent.at) >= since)
    return [(key, at) for key, at in session.connection().execute(query.where(*is_new))]


def new_since(at: datetime) -> sa.Select[Any]:
    """A query for the ids of the calls that have been news as new calls since an instant.

    The stock of a source's first reading and what a backfill found never were.
    """
    return sa.select(col(CallEvent.call_id)).where(col(CallEvent.kind) == EventKind.NEW, col(CallEvent.at) >= at)
