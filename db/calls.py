"""Calls: the facts of a call as a source states them, the call we remember, its versions and its events.

Does not decide what a change means (`tracker.changes`) nor what a call is about (`tracker.tagging`).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlmodel import Field, SQLModel
from sqlmodel._compat import SQLModelConfig

from db.types import json_field, values, words


class CallKind(StrEnum):
    """What sort of call it is; decides how its dates and its identity are read."""

    TOPIC = "topic"  # a topic of an EU programme's call (Portal type 1)
    CASCADE = "cascade"  # a project's own call to third parties (Portal type 8)
    EXTERNAL = "external"  # external action, EuropeAid and twinning (Portal type 2)
    TENDER = "tender"  # procurement (Portal type 0, TED)
    NATIONAL = "national"  # a national or regional authority's call, ERDF and ESF+ among them
    INTERREG = "interreg"  # an Interreg programme's call


class CallStatus(StrEnum):
    """Where a call is in its life, by the clock and the source's veto together."""

    FORTHCOMING = "forthcoming"
    OPEN = "open"
    CLOSED = "closed"


class EventKind(StrEnum):
    """A change worth telling."""

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


class Deadline(BaseModel):
    """One cut-off date. `on` is the Brussels (or the source's own) calendar date; `at` only where the time is real."""

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
    """The facts of one call as its source states them. Money is in whole euro, dates are the source's calendar dates.

    `None` means that the source did not say; it never overwrites what was said before.
    """

    model_config = SQLModelConfig(frozen=True)

    source: str = Field(max_length=40)
    key: str = Field(max_length=200)  # the source's own key, never made from a title
    kind: CallKind = words(CallKind)
    identifier: str | None = None  # the official code, e.g. a topic identifier; not unique
    title: str
    call_identifier: str | None = None
    call_title: str | None = None
    project: str | None = None  # acronym of the project behind a cascade call
    programme: str | None = Field(default=None, max_length=40)  # our code, e.g. HORIZON
    type_of_action: str | None = None
    claimed_status: CallStatus | None = words(CallStatus, default=None)
    opens_on: date | None = None
    deadlines: tuple[Deadline, ...] = values(tuple[Deadline, ...])
    deadline_model: str | None = None  # single-stage, two-stage, multiple cut-off, continuous
    budget_total: int | None = Field(default=None, sa_type=sa.BigInteger)
    project_min: int | None = Field(default=None, sa_type=sa.BigInteger)
    project_max: int | None = Field(default=None, sa_type=sa.BigInteger)
    expected_grants: int | None = None
    keywords: tuple[str, ...] = values(tuple[str, ...])
    destination: str | None = None
    mission: str | None = None
    divisions: tuple[str, ...] = values(tuple[str, ...])
    audience: tuple[str, ...] = values(tuple[str, ...])
    consortium: str | None = None  # the minimum consortium, where the conditions state it
    url: str
    language: str = Field(default="en", max_length=8)  # of the text
    text: str | None = None  # plain text; section headings stand on lines of their own
    note: Note | None = values(Note, default=None)


class Call(CallFacts, table=True):
    """A call as we remember it: the newest facts, and what only we know."""

    __tablename__ = "calls"
    model_config = SQLModelConfig(frozen=False)
    __table_args__ = (sa.UniqueConstraint("source", "key"), sa.Index("ix_calls_identifier", "identifier"))

    id: int | None = Field(default=None, primary_key=True)
    fingerprint: str = Field(max_length=64)  # of the source's row, over the fields its parser reads
    parser_version: int
    status: CallStatus = words(CallStatus)
    first_seen_at: datetime
    changed_at: datetime
    absent_runs: int = 0  # accepted runs in a row without it
    withdrawn_at: datetime | None = None
    tagged_with: str | None = Field(default=None, max_length=64)  # fingerprint of the rules that tagged this version


class CallVersion(SQLModel, table=True):
    """The facts of a call as seen in one run; written only when they differ from the version before."""

    __tablename__ = "call_versions"

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="calls.id", index=True)
    run_id: int = Field(foreign_key="runs.id")
    seen_at: datetime
    parser_version: int
    facts: dict[str, Any] = json_field()


class CallEvent(SQLModel, table=True):
    """A change worth telling, numbered in the order in which it became visible to readers of this database."""

    __tablename__ = "call_events"

    seq: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="calls.id", index=True)
    run_id: int = Field(foreign_key="runs.id")
    kind: EventKind = words(EventKind)
    at: datetime
    old: dict[str, Any] | None = json_field(default=None)
    new: dict[str, Any] | None = json_field(default=None)
