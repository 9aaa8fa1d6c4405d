"""Runs: one row for each execution of a job, with counts and verdict, and what they say about each source.

Does not judge a run (`tracker.readings.health`) or record one while it goes on (`jobs.base.runs`).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, Session, SQLModel, col, select

from db.types import json_field, values_field, word_field

OUR_OUTAGE = "our_outage"  # the reason of runs that failed because we were offline; they say nothing about sources

COMPLETENESS = "completeness"  # the job that compares what we know with a publisher's own list


class Verdict(StrEnum):
    """The outcome of a run. A reading of a source is accepted, quarantined or failed; other jobs are done or failed."""

    RUNNING = "running"
    ACCEPTED = "accepted"
    QUARANTINED = "quarantined"  # read and kept, but not believed: it changed nothing
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # its process died


class RunReason(BaseModel):
    """Why a run got its verdict: a stable name for programs, and a sentence for people."""

    model_config = ConfigDict(frozen=True)

    name: str
    detail: str


class Run(SQLModel, table=True):
    """One execution of a job; together, the history of everything the service did."""

    __tablename__ = "runs"
    __table_args__ = (sa.Index("ix_runs_job_subject", "job", "subject", "started_at"),)

    id: int | None = Field(default=None, primary_key=True)
    job: str = Field(max_length=40)  # collect, backfill, completeness, retag, editions, deliver, …
    subject: str | None = Field(default=None, max_length=80)  # the source, or cadence and period
    started_at: datetime
    finished_at: datetime | None = None
    verdict: Verdict = word_field(Verdict)
    reasons: tuple[RunReason, ...] = values_field(tuple[RunReason, ...])
    baseline: bool = False
    parser_version: int | None = None
    counts: dict[str, Any] = json_field(default_factory=dict)
    receipt: dict[str, Any] = json_field(
        default_factory=dict
    )  # requests, bytes, retries: the load we put on the source


class StoredPart(SQLModel, table=True):
    """A checkpoint: one part of a source's past that is stored whole, so that no backfill reads it again."""

    __tablename__ = "stored_parts"
    __table_args__ = (sa.Index("ix_stored_parts_source_scan", "source", "scan"),)

    id: int | None = Field(default=None, primary_key=True)
    source: str = Field(max_length=40)
    scan: str = Field(max_length=40)
    from_on: date | None  # opening days, both included; None: calls whose opening day is not stated
    to_on: date | None
    stored_at: datetime


def accepted_readings(session: Session, source: str, most: int = 10) -> Sequence[Run]:
    """The newest accepted readings of a source, newest first; a new reading is compared with them."""
    query = select(Run).where(Run.job == "collect", Run.subject == source, Run.verdict == Verdict.ACCEPTED)
    return session.exec(query.order_by(col(Run.id).desc()).limit(most)).all()


def believed_before(session: Session, source: str, run_id: int) -> Run | None:
    """The last accepted reading of a source before a run; None if there is none."""
    query = select(Run).where(Run.job == "collect", Run.subject == source, Run.verdict == Verdict.ACCEPTED)
    return session.exec(query.where(col(Run.id) < run_id).order_by(col(Run.id).desc()).limit(1)).first()


def first_believed_at(session: Session, sources: Collection[str]) -> datetime | None:
    """When a reading of one of these sources (none: of any) was first believed; None if none ever was."""
    believed = select(Run.started_at).where(Run.job == "collect", Run.verdict == Verdict.ACCEPTED)
    believed = believed.where(col(Run.subject).in_(sources)) if sources else believed
    return session.exec(believed.order_by(col(Run.id)).limit(1)).first()


def recent_runs(session: Session, most: int | None = 50, subject: str | None = None) -> Sequence[Run]:
    """The newest `most` runs (None: all), of every job or of one subject, newest first."""
    query = select(Run).order_by(col(Run.id).desc()).limit(most)
    return session.exec(query.where(Run.subject == subject) if subject else query).all()


def newest_run(session: Session, job: str, subject: str | None = None) -> Run | None:
    """The last started run of a job, of any subject or of one; None if there is none."""
    query = select(Run).where(Run.job == job).order_by(col(Run.id).desc())
    return session.exec((query.where(Run.subject == subject) if subject else query).limit(1)).first()


class Coverage(NamedTuple):
    """How well a source has been read: when a reading was last believed, and since when none has been."""

    source: str
    accepted_at: datetime | None
    blind_since: datetime | None
    troubled_runs: int
    tried_at: datetime | None  # the last of the troubled runs
    unread: int = 0  # calls of the last believed reading that could not be read


def coverages(session: Session, sources: Collection[str]) -> list[Coverage]:
    """The coverage of these sources, derived from their runs, so that it cannot disagree with them."""
    return [_coverage(source, readings) for source, readings in _since_believed(session, sources).items()]


def coverage(session: Session, source: str) -> Coverage:
    """The coverage of one source."""
    return coverages(session, [source])[0]


def troubled_runs(session: Session, source: str) -> list[Run]:
    """The readings since the last believed one, oldest first, without those that failed by our own outage."""
    return _troubled(_since_believed(session, [source])[source])


def _since_believed(session: Session, sources: Collection[str]) -> dict[str, list[Run]]:
    """The last believed reading of each source and all after it, oldest first."""
    is_reading = (col(Run.job) == "collect", col(Run.subject).in_(sources))
    newest = sa.select(col(Run.subject), sa.func.max(Run.id).label("id")).where(*is_reading)
    believed = newest.where(col(Run.verdict) == Verdict.ACCEPTED).group_by(col(Run.subject)).subquery()
    query = select(Run).outerjoin(believed, believed.c.subject == Run.subject).where(*is_reading)
    since: dict[str, list[Run]] = {source: [] for source in sources}
    for run in session.exec(query.where(col(Run.id) >= sa.func.coalesce(believed.c.id, 0)).order_by(col(Run.id))):
        since[str(run.subject)].append(run)
    return since


def _coverage(source: str, readings: Sequence[Run]) -> Coverage:
    believed = next((run for run in readings if run.verdict is Verdict.ACCEPTED), None)
    accepted_at, unread = (believed.started_at, believed.counts.get("unread", 0)) if believed else (None, 0)
    troubled = _troubled(readings)
    blind_since, tried_at = (troubled[0].started_at, troubled[-1].started_at) if troubled else (None, None)
    return Coverage(source, accepted_at, blind_since, len(troubled), tried_at, unread)


def _troubled(readings: Sequence[Run]) -> list[Run]:
    ended = [run for run in readings if run.verdict not in (Verdict.ACCEPTED, Verdict.RUNNING)]
    return [run for run in ended if all(reason.name != OUR_OUTAGE for reason in run.reasons)]


def readings(session: Session, source: str, most: int | None) -> Sequence[Run]:
    """The newest `most` readings of a source (None: all), whatever their verdict, newest first."""
    query = select(Run).where(Run.job == "collect", Run.subject == source)
    return session.exec(query.order_by(col(Run.id).desc()).limit(most)).all()


def readings_before(session: Session, source: str, before: int | None, most: int) -> Sequence[Run]:
    """The newest `most` readings of a source whose number is below `before` (None: of all), newest first."""
    query = select(Run).where(Run.job == "collect", Run.subject == source)
    query = query if before is None else query.where(col(Run.id) < before)
    return session.exec(query.order_by(col(Run.id).desc()).limit(most)).all()


class ReadingEnd(NamedTuple):
    """How one reading ended: of which source, when it began, and whether it brought anything that was not known."""

    source: str
    started_at: datetime
    verdict: Verdict
    is_news: bool


def reading_ends(session: Session, since: datetime, source: str = "") -> list[ReadingEnd]:
    """How each reading since an instant ended, of one source or of all, oldest first."""
    versions = sa.func.coalesce(col(Run.counts)["versions"].as_integer(), 0)
    query = sa.select(col(Run.subject), col(Run.started_at), col(Run.verdict), versions > 0)
    query = query.where(col(Run.job) == "collect", col(Run.started_at) >= since).order_by(col(Run.id))
    rows = session.connection().execute(query.where(col(Run.subject) == source) if source else query)
    return [ReadingEnd(str(subject), at, verdict, bool(is_news)) for subject, at, verdict, is_news in rows]


def last_readings(session: Session, sources: Collection[str]) -> dict[str, Run]:
    """The newest reading of each of these sources that was ever read."""
    newest = sa.select(sa.func.max(Run.id)).where(col(Run.job) == "collect", col(Run.subject).in_(sources))
    query = select(Run).where(col(Run.id).in_(newest.group_by(col(Run.subject))))
    return {str(run.subject): run for run in session.exec(query)}


def checks(session: Session, source: str, most: int) -> Sequence[Run]:
    """The newest completed checks of a source against its publisher's own list, newest first."""
    query = select(Run).where(Run.job == COMPLETENESS, Run.subject == source, Run.verdict == Verdict.DONE)
    return session.exec(query.order_by(col(Run.id).desc()).limit(most)).all()


def stored_parts(session: Session, source: str) -> Sequence[StoredPart]:
    """The parts of a source's past that are stored whole."""
    return session.exec(select(StoredPart).where(StoredPart.source == source).order_by(col(StoredPart.id))).all()


def forget_parts(session: Session, source: str, parts: Sequence[StoredPart]) -> None:
    """Forget that these parts are stored, so that the next backfill reads them again."""
    ids = [part.id for part in parts]
    session.connection().execute(
        sa.delete(StoredPart).where(col(StoredPart.source) == source, col(StoredPart.id).in_(ids))
    )


def close_forgotten(session: Session, job: str, subject: str | None, before: datetime) -> None:
    """Mark the runs of this job that started before an instant and never ended as interrupted."""
    is_forgotten = (col(Run.job) == job, col(Run.verdict) == Verdict.RUNNING, col(Run.started_at) < before)
    of_subject = col(Run.subject).is_not_distinct_from(subject)
    session.connection().execute(sa.update(Run).where(*is_forgotten, of_subject).values(verdict=Verdict.INTERRUPTED))


def running_subjects(session: Session, job: str) -> frozenset[str]:
    """The subjects of the runs of a job that never ended."""
    running = select(Run.subject).where(Run.job == job, Run.verdict == Verdict.RUNNING)
    return frozenset(subject for subject in session.exec(running) if subject is not None)


def close_running(session: Session, now: datetime, job: str = "", subject: str = "", *, but: str = "") -> int:
    """Mark runs (of a job, of a subject; of every job `but` one) that never ended as interrupted; return how many."""
    change = sa.update(Run).where(col(Run.verdict) == Verdict.RUNNING, col(Run.job) != but)
    change = change.where(col(Run.job) == job) if job else change
    change = change.where(col(Run.subject) == subject) if subject else change
    done = session.connection().execute(change.values(verdict=Verdict.INTERRUPTED, finished_at=now))
    return done.rowcount
