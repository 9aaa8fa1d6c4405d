"""Asked jobs: what somebody wants to run now; the process that serves takes them, within a minute.

Does not run anything (`jobs.running.serve`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

READING = "collect"  # the job that reads one source


class AskedJob(SQLModel, table=True):
    """One wish: which job, of which source, who asked for it and when; when it began, and what came of it."""

    __tablename__ = "asked_jobs"
    __table_args__ = (sa.Index("ix_asked_jobs_ended_at", "ended_at"),)

    id: int | None = Field(default=None, primary_key=True)
    job: str = Field(max_length=40)
    subject: str | None = Field(default=None, max_length=80)
    author: str
    asked_at: datetime
    taken_at: datetime | None = None
    ended_at: datetime | None = None
    run_id: int | None = Field(default=None, foreign_key="runs.id")


def asked_and_not_ended(session: Session, job: str, subject: str = "") -> Sequence[AskedJob]:
    """What was asked for of a job (for one subject, or any) and has not ended yet, the oldest first."""
    query = select(AskedJob).where(col(AskedJob.ended_at).is_(None), AskedJob.job == job)
    query = query.where(AskedJob.subject == subject) if subject else query
    return session.exec(query.order_by(col(AskedJob.id))).all()


def last_asked(session: Session, job: str, subject: str | None) -> AskedJob | None:
    """The newest wish for a job; None if nobody ever asked."""
    query = select(AskedJob).where(AskedJob.job == job, AskedJob.subject == subject)
    return session.exec(query.order_by(col(AskedJob.id).desc()).limit(1)).first()


def take_all(session: Session, job: str, subjects: Collection[str | None], now: datetime) -> Sequence[AskedJob]:
    """Take what waits of a job, for these subjects."""
    waiting = [one for one in asked_and_not_ended(session, job) if one.taken_at is None and one.subject in subjects]
    for one in waiting:
        one.taken_at = now
        session.add(one)
    return waiting


def give_back(session: Session) -> None:
    """Let wait again what a process had taken that died."""
    change = sa.update(AskedJob).where(col(AskedJob.ended_at).is_(None))
    session.connection().execute(change.values(taken_at=None))


def note_ended(session: Session, ids: Collection[int], now: datetime, run_id: int | None = None) -> None:
    """Note that these have ended, and the run that came of them."""
    change = sa.update(AskedJob).where(col(AskedJob.id).in_(ids))
    session.connection().execute(change.values(ended_at=now, run_id=run_id))
