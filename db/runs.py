"""Runs: one execution of a job with its counts and verdict, and what we know of each source from its runs.

Does not judge a run (`tracker.health`) and does not execute anything.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, Session, SQLModel, col, select

from db.types import json_field, values, words


class Verdict(StrEnum):
    """What came of a run. A source's reading is accepted, quarantined or failed; other jobs are done or failed."""

    RUNNING = "running"
    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"  # read and kept, not believed: changed nothing
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its process died


class RunReason(BaseModel):
    """Why a run has its verdict: a stable name for lists and tests, and a sentence for people."""

    model_config = ConfigDict(frozen=True)

    name: str
    detail: str


class Run(SQLModel, table=True):
    """One execution of a job; the history of everything the service did."""

    __tablename__ = "runs"
    __table_args__ = (sa.Index("ix_runs_job_subject", "job", "subject", "started_at"),)

    id: int | None = Field(default=None, primary_key=True)
    job: str = Field(max_length=40)  # collect, backfill, retag, editions, deliver, housekeeping
    subject: str | None = Field(default=None, max_length=80)  # the source, or cadence and period
    started_at: datetime
    finished_at: datetime | None = None
    verdict: Verdict = words(Verdict)
    reasons: tuple[RunReason, ...] = values(tuple[RunReason, ...])
    baseline: bool = False
    parser_version: int | None = None
    counts: dict[str, Any] = json_field(default_factory=dict)
    receipt: dict[str, Any] = json_field(default_factory=dict)  # requests, bytes, retries: what the source was asked to bear


class SourceState(SQLModel, table=True):
    """What we know of a source between runs."""

    __tablename__ = "sources"

    key: str = Field(primary_key=True, max_length=40)
    publisher: str
    home: str
    baseline_run_id: int | None = Field(default=None, foreign_key="runs.id")
    accepted_at: datetime | None = None  # the last reading that was believed
    blind_since: datetime | None = None  # the first reading after it that was not
    troubled_runs: int = 0  # readings in a row that were not believed


class BackfillScan(SQLModel, table=True):
    """A checkpoint: one part of a backfill that is stored whole, so that `--resume` skips it."""

    __tablename__ = "backfill_scans"
    __table_args__ = (sa.UniqueConstraint("source", "span", "scan"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=40)
    span: str = Field(max_length=80)  # what the backfill was asked for
    scan: str = Field(max_length=120)
    stored_at: datetime


def accepted_readings(session: Session, source: str, most: int = 10) -> Sequence[Run]:
    """The newest accepted readings of a source, newest first; what a new reading is held against."""
    query = select(Run).where(Run.job == "collect", Run.subject == source, Run.verdict == Verdict.ACCEPTED)
    return session.exec(query.order_by(col(Run.id).desc()).limit(most)).all()


def recent_runs(session: Session, most: int = 50, subject: str | None = None) -> Sequence[Run]:
    """Runs of every job (or one subject), newest first."""
    query = select(Run).order_by(col(Run.id).desc()).limit(most)
    return session.exec(query.where(Run.subject == subject) if subject else query).all()
