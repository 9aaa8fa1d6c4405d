"""Funding calls: the facts as a source states them, the call as we remember it, and its versions.

The events of a call are in `db.event_log`. What looks calls up leaves out a row that cannot be read
(`db.readable.unread_rows` names it). Does not decide what a change means (`tracker.calls.changes`) or what a call
is about (`tracker.tagging`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import load_only
from sqlalchemy.sql.dml import Insert
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel._compat import SQLModelConfig

from db.bulk import insert_rows
from db.readable import read_rows
from db.types import Json, Values, json_field, values_field, word_field

Among = sa.Select[Any] | sa.CompoundSelect[Any]  # a query of ids


class CallKind(StrEnum):
    """What sort of call it is; this decides how its dates and its identity are read."""

    TOPIC = "topic"  # a topic of an EU programme's call (Portal type 1)
    CASCADE = "cascade"  # a project's own call to third parties (Portal type 8)
    EXTERNAL = "external"  # external action, EuropeAid and twinning (Portal type 2)
    TENDER = "tender"  # procurement (Portal type 0, TED)
    NATIONAL = "national"  # a national or regional authority's call, ERDF and ESF+ among them
    INTERREG = "interreg"  # an Interreg programme's call


class CallStatus(StrEnum):
    """Where a call is in its life: by its dates, with the source's own word as a veto."""

    FORTHCOMING = "forthcoming"
    OPEN = "open"
    CLOSED = "closed"


class Deadline(BaseModel):
    """One cut-off date. `on` is the Brussels (or the source's own) calendar date; `at` is set only for a real time."""

    model_config = ConfigDict(frozen=True)

    on: date
    at: AwareDatetime | None = None
    stage: int | None = None


class Note(BaseModel):
    """The publisher's newest remark on a call; it often says why a deadline moved."""

    model_config = ConfigDict(frozen=True)

    at: date | None = None
    text: str


class CallFacts(SQLModel):
    """The facts of one call as its source states them. Money is in whole euros, dates are the source's calendar dates.

    `None` means that the source said nothing; it never overwrites what was said before.
    """

    model_config = SQLModelConfig(frozen=True)

    source: str = Field(max_length=40)
    key: str = Field(max_length=200)  # the source's own key, never made from a title
    kind: CallKind = word_field(CallKind)
    identifier: str | None = None  # the official code, e.g. a topic identifier; not unique
    title: str
    call_identifier: str | None = None
    call_title: str | None = None
    project: str | None = None  # acronym of the project behind a cascade call
    programme: str | None = Field(default=None, max_length=40)  # our code, e.g. HORIZON
    type_of_action: str | None = None
    claimed_status: CallStatus | None = word_field(CallStatus, default=None)
    opens_on: date | None = None
    deadlines: tuple[Deadline, ...] = values_field(tuple[Deadline, ...])
    deadline_model: str | None = None  # single-stage, two-stage, multiple cut-off, continuous
    budget_total: int | None = Field(default=None, sa_type=sa.BigInteger)
    project_min: int | None = Field(default=None, sa_type=sa.BigInteger)
    project_max: int | None = Field(default=None, sa_type=sa.BigInteger)
    expected_grants: int | None = None
    keywords: tuple[str, ...] = values_field(tuple[str, ...])
    destination: str | None = None
    mission: str | None = None
    divisions: tuple[str, ...] = values_field(tuple[str, ...])
    audience: tuple[str, ...] = values_field(tuple[str, ...])
    consortium: str | None = None  # the minimum consortium, where the conditions state it
    conditions: str | None = None  # of applying, beside the text, as far as they say who may and on what terms
    url: str
    language: str = Field(default="en", max_length=8)  # of the text
    text: str | None = None  # plain text; section headings stand on lines of their own
    note: Note | None = values_field(Note, default=None)


class FactUse(NamedTuple):
    """What a fact is for, beside being kept and exported."""

    editable: bool = False  # a person may set it above its source
    told: bool = False  # digests show it
    searched: bool = False  # rules read it


FIELDS: Mapping[str, FactUse] = {  # every field of CallFacts; tests/test_recipes.py holds both, and what is said here
    "source": FactUse(told=True, searched=True),
    "key": FactUse(),
    "kind": FactUse(searched=True),
    "identifier": FactUse(editable=True, told=True, searched=True),
    "title": FactUse(editable=True, told=True, searched=True),
    "call_identifier": FactUse(),
    "call_title": FactUse(searched=True),
    "project": FactUse(),
    "programme": FactUse(editable=True, told=True, searched=True),
    "type_of_action": FactUse(editable=True, told=True, searched=True),
    "claimed_status": FactUse(editable=True),
    "opens_on": FactUse(editable=True, told=True),
    "deadlines": FactUse(editable=True, told=True),
    "deadline_model": FactUse(editable=True, told=True),
    "budget_total": FactUse(editable=True, told=True),
    "project_min": FactUse(editable=True, told=True),
    "project_max": FactUse(editable=True, told=True),
    "expected_grants": FactUse(editable=True, told=True),
    "keywords": FactUse(editable=True),
    "destination": FactUse(editable=True, searched=True),
    "mission": FactUse(editable=True),
    "divisions": FactUse(),
    "audience": FactUse(editable=True, told=True, searched=True),
    "consortium": FactUse(editable=True, told=True),
    "conditions": FactUse(editable=True),
    "url": FactUse(editable=True, told=True),
    "language": FactUse(searched=True),
    "text": FactUse(editable=True, searched=True),
    "note": FactUse(told=True),
}


class CallTracking(SQLModel):
    """What we add to the facts: how and when the call was read, its status, and since when it has been missing."""

    model_config = SQLModelConfig(frozen=True)

    fingerprint: str = Field(max_length=64)  # of the source's row, over the fields its parser reads
    parser_version: int
    status: CallStatus = word_field(CallStatus)
    closes_on: date | None = None  # the last day on which a first application can be made
    first_seen_at: datetime
    changed_at: datetime
    absent_runs: int = 0  # accepted runs in a row without it
    absent_since: datetime | None = None  # the first of them
    withdrawn_at: datetime | None = None
    backfilled: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})  # no reading has seen it


LISTED_BY = (  # what lists are filtered by; beside long texts, a row is slow to look at
    *("programme", "withdrawn_at", "closes_on", "status", "claimed_status", "opens_on", "source", "kind"),
    *("first_seen_at", "backfilled", "project_min", "project_max"),
)


class Call(CallTracking, CallFacts, table=True):
    """A call as we remember it: its newest facts and our tracking."""

    __tablename__ = "calls"
    model_config = SQLModelConfig(frozen=False)
    __table_args__ = (
        sa.UniqueConstraint("source", "key"),
        sa.Index("ix_calls_identifier", "identifier"),
        sa.Index("ix_calls_listed", *LISTED_BY),
    )

    id: int | None = Field(default=None, primary_key=True)
    may_apply: tuple[str, ...] = Field(  # the kinds of applicant of `db.eligibility`, where rules read them
        default=(), sa_column=sa.Column(Values(tuple[str, ...]), nullable=False, server_default="[]")
    )
    context: str | None = None  # of a project's own call with little text: what its topic says (`db.contexts`)


class NewVersion(NamedTuple):
    """The facts of a call as seen in one run; written only when they differ from the previous version."""

    call_id: int
    run_id: int
    seen_at: datetime
    parser_version: int
    facts: Json


class CallVersion(SQLModel, table=True):
    """A stored version."""

    __tablename__ = "call_versions"

    call_id: int = Field(foreign_key="calls.id", index=True)
    run_id: int = Field(foreign_key="runs.id")
    seen_at: datetime
    parser_version: int
    facts: dict[str, Any] = json_field()
    id: int | None = Field(default=None, primary_key=True)


_INSERT_VERSION = sa.insert(CallVersion.__table__)  # type: ignore[attr-defined]


class KnownCall(NamedTuple):
    """The part of a remembered call that a reading needs to recognise it as unchanged."""

    id: int
    fingerprint: str
    parser_version: int
    status: CallStatus
    claimed_status: CallStatus | None
    closes_on: date | None
    has_text: bool
    absent_runs: int
    absent_since: datetime | None
    withdrawn_at: datetime | None


def known_calls(session: Session, source: str) -> dict[str, KnownCall]:
    """Every call of a source that a reading has seen, by key; what only a backfill has seen is news when it comes."""
    return _known(session, Call.source == source)


def newest_live(session: Session, source: str, on: date, most: int) -> dict[str, KnownCall]:
    """The calls of a source that were listed last and end after this day: those that opened last, by key."""
    is_live = (Call.source == source, Call.status != CallStatus.CLOSED, col(Call.closes_on) > on)
    is_listed = (col(Call.withdrawn_at).is_(None), Call.absent_runs == 0)
    return _known(session, *is_live, *is_listed, newest=most)


def _known(session: Session, *which: Any, newest: int | None = None) -> dict[str, KnownCall]:
    table = Call.__table__  # type: ignore[attr-defined]
    columns = [table.c[name] if name != "has_text" else table.c.text.is_not(None) for name in KnownCall._fields]
    query = sa.select(table.c.key, *columns).where(*which, ~table.c.backfilled)
    query = query.order_by(table.c.opens_on.desc(), table.c.id.desc()).limit(newest) if newest else query
    return {row[0]: KnownCall(*row[1:]) for row in session.connection().execute(query)}


def current_identifiers(session: Session, source: str, kind: CallKind, on: date) -> dict[str, str | None]:
    """Identifiers, by key, of a source's calls of one kind that are neither closed on this day nor withdrawn."""
    is_live = (col(Call.withdrawn_at).is_(None), status_on(on) != CallStatus.CLOSED.value)
    query = select(Call.key, Call.identifier).where(Call.source == source, Call.kind == kind, *is_live)
    return dict(session.exec(query).all())


def openings(
    session: Session, source: str, spans: Collection[tuple[date, date]]
) -> Sequence[tuple[str, str | None, str | None, date]]:
    """Key, identifier, programme and opening day of a source's calls that opened in these spans, ends included."""
    opened = col(Call.opens_on)
    query = select(Call.key, Call.identifier, Call.programme, opened).where(Call.source == source)
    rows = session.exec(query.where(sa.or_(*(opened.between(first, last) for first, last in spans))))
    return [(key, identifier, programme, on) for key, identifier, programme, on in rows if on is not None]


def keys_identified(session: Session, source: str, identifiers: Collection[str]) -> dict[str, set[str]]:
    """Keys of a source's remembered calls with these identifiers, by identifier."""
    query = select(Call.identifier, Call.key).where(Call.source == source, col(Call.identifier).in_(identifiers))
    keys_by_identifier: dict[str, set[str]] = {}
    for identifier, key in session.exec(query):
        keys_by_identifier.setdefault(str(identifier), set()).add(key)
    return keys_by_identifier


def calls_by_key(session: Session, source: str, keys: Collection[str]) -> dict[str, Call]:
    """The remembered calls of a source with these keys, by key."""
    query = select(Call).where(Call.source == source, col(Call.key).in_(keys))
    return {call.key: call for call in session.exec(query)}


def upsert_calls(session: Session, calls: Sequence[tuple[CallFacts, CallTracking]]) -> dict[str, int]:
    """Insert or update calls of one source, each with its tracking, and return their ids by key.

    A call that would not change is left alone. `first_seen_at` of a call that a reading has seen stays.
    """
    connection, table = session.connection(), Call.__table__  # type: ignore[attr-defined]
    rows = [vars(facts) | vars(tracking) for facts, tracking in calls]
    insert_rows(connection, _upsert(connection.dialect.name, tuple(rows[0])), rows)
    keys = [row["key"] for row in rows]
    ids = sa.select(table.c.key, table.c.id).where(table.c.source == rows[0]["source"], table.c.key.in_(keys))
    return {row.key: row.id for row in connection.execute(ids)}


@cache
def _upsert(dialect: str, names: tuple[str, ...]) -> Insert:
    """The statement that inserts a call with these columns, or updates it where it differs."""
    table = Call.__table__  # type: ignore[attr-defined]
    insert: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    incoming, fixed = insert.excluded, {"id", "source", "key", "first_seen_at"}
    read, kept = ("fingerprint", "parser_version", "status", "closes_on"), ("changed_at", "absent_runs", "withdrawn_at")
    differs = [table.c[name].is_distinct_from(incoming[name]) for name in (*read, *kept, "backfilled")]
    first_seen = sa.case((table.c.backfilled, incoming.first_seen_at), else_=table.c.first_seen_at)
    changed = {name: incoming[name] for name in names if name not in fixed} | {"first_seen_at": first_seen}
    key = ["source", "key"]
    upsert: Insert = insert.on_conflict_do_update(index_elements=key, set_=changed, where=sa.or_(*differs))
    return upsert


def add_versions(session: Session, versions: Sequence[NewVersion]) -> None:
    """Append versions of calls."""
    insert_rows(session.connection(), _INSERT_VERSION, [version._asdict() for version in versions])


def count_absence(session: Session, call_ids: Collection[int], now: datetime) -> None:
    """Count one more accepted run in a row without these calls."""
    since = sa.func.coalesce(col(Call.absent_since), now)
    change = sa.update(Call).where(col(Call.id).in_(call_ids))
    session.connection().execute(change.values(absent_runs=Call.absent_runs + 1, absent_since=since))


def withdraw(session: Session, call_ids: Collection[int], now: datetime) -> list[int]:
    """Mark these calls as withdrawn; return the ids of those that were not marked before."""
    is_here = (col(Call.id).in_(call_ids), col(Call.withdrawn_at).is_(None))
    change = sa.update(Call).where(*is_here).values(withdrawn_at=now).returning(col(Call.id))
    return sorted(call_id for (call_id,) in session.connection().execute(change) if call_id is not None)


def close_by_clock(session: Session, source: str, on: date) -> None:
    """Close the calls whose last day is past, whether or not their source says so."""
    is_over = (col(Call.source) == source, col(Call.status) != CallStatus.CLOSED, col(Call.closes_on) < on)
    session.connection().execute(sa.update(Call).where(*is_over).values(status=CallStatus.CLOSED))


def open_by_clock(session: Session, source: str, on: date) -> Sequence[int]:
    """Open the calls whose opening day has come, unless their source calls them forthcoming; return their ids."""
    is_due = (
        Call.source == source,
        Call.status == CallStatus.FORTHCOMING,
        col(Call.claimed_status).is_distinct_from(CallStatus.FORTHCOMING),
        col(Call.opens_on) <= on,
        col(Call.withdrawn_at).is_(None),
        col(Call.absent_runs) == 0,
    )
    ids = [call_id for call_id in session.exec(select(col(Call.id)).where(*is_due)) if call_id is not None]
    session.connection().execute(sa.update(Call).where(col(Call.id).in_(ids)).values(status=CallStatus.OPEN))
    return ids


def closing_between(session: Session, first: date, last: date, among: Among | None = None) -> dict[int, Call]:
    """Open calls with a cut-off in these days (both included), by id; only those in a query of ids, if one is given."""
    is_open = select(Call).where(Call.status == CallStatus.OPEN, col(Call.closes_on) >= first)
    is_open = is_open if among is None else is_open.where(col(Call.id).in_(among))
    return {
        call.id: call
        for call in read_rows(session, is_open.where(col(Call.withdrawn_at).is_(None)), Call)
        if call.id is not None and any(first <= deadline.on <= last for deadline in call.deadlines)
    }


def calls_by_id(session: Session, ids: Iterable[int]) -> dict[int, Call]:
    """These calls by id."""
    calls = read_rows(session, select(Call).where(col(Call.id).in_(list(ids))), Call)
    return {call.id: call for call in calls if call.id is not None}


def calls_named(session: Session, name: str) -> Sequence[Call]:
    """The calls with this name (`is_named`)."""
    return read_rows(session, select(Call).where(is_named(name)).order_by(col(Call.id)), Call)


def is_named(name: str) -> sa.ColumnElement[bool]:
    """The condition that a call has this name: our id, its source's key, its identifier, or its publisher's page."""
    if name.startswith(("http://", "https://")):
        return col(Call.url) == name
    by_name = sa.or_(col(Call.key) == name, col(Call.identifier) == name)
    return sa.or_(col(Call.id) == int(name), by_name) if name.isdecimal() else by_name


def listed_among(session: Session, call_ids: Collection[int]) -> frozenset[int]:
    """The calls among these that are not closed and that their source still listed when it was last read."""
    is_listed = (Call.status != CallStatus.CLOSED, col(Call.withdrawn_at).is_(None), col(Call.absent_runs) == 0)
    query = select(col(Call.id)).where(col(Call.id).in_(call_ids), *is_listed)
    return frozenset(call_id for call_id in session.exec(query) if call_id is not None)


READ_BY_RULES = (
    *(Call.id, Call.source, Call.key, Call.kind, Call.identifier, Call.title, Call.call_title, Call.programme),
    *(Call.type_of_action, Call.destination, Call.audience, Call.may_apply, Call.language, Call.text, Call.context),
    *(Call.project_min, Call.project_max),
    *(Call.status, Call.opens_on, Call.closes_on, Call.first_seen_at, Call.withdrawn_at),
)


def ids_since(session: Session, since: datetime) -> list[int]:
    """The ids of the calls first seen from then on."""
    return list(session.connection().scalars(sa.select(col(Call.id)).where(col(Call.first_seen_at) >= since)))


def calls_to_try(
    session: Session, ids: Collection[int] | None = None, since: datetime | None = None, batch: int = 500
) -> Iterator[Call]:
    """Yield these calls (None: all) by id, in batches; with `since`, only those first seen from then on.

    Only the columns that rules read and reports show are loaded (READ_BY_RULES); using another one raises.
    """
    query = select(Call).options(load_only(*READ_BY_RULES, raiseload=True)).order_by(col(Call.id))  # type: ignore[arg-type]
    query = query.where(col(Call.first_seen_at) >= since) if since else query
    if ids is None:
        yield from session.exec(query.execution_options(yield_per=batch))
        return
    ordered = sorted(ids)
    for first in range(0, len(ordered), batch):
        yield from session.exec(query.where(col(Call.id).in_(ordered[first : first + batch])))


def count_calls(session: Session) -> int:
    """The number of calls we remember."""
    return session.exec(select(sa.func.count()).select_from(Call)).one()


def status_on(on: date) -> sa.ColumnElement[Any]:
    """The status of a call on a day, even if no reading has updated it (as in `tracker.calls.changes.status_of`)."""
    is_over = col(Call.closes_on) < on
    is_held = col(Call.claimed_status).is_not_distinct_from(CallStatus.FORTHCOMING)
    begins = sa.and_(col(Call.status) == CallStatus.FORTHCOMING, ~is_held, col(Call.opens_on) <= on)
    turned = (is_over, sa.literal(CallStatus.CLOSED.value)), (begins, sa.literal(CallStatus.OPEN.value))
    return sa.case(*turned, else_=sa.cast(col(Call.status), sa.String))
