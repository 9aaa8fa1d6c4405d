"""Record each execution of a job as a row of `db.runs`, whatever its outcome."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlmodel import Session

from db.engine import Database
from db.runs import Run, RunReason, Verdict, close_forgotten, close_running, running_subjects
from jobs.base.app import Clock
from tracker.errors import NotFound, Noun, RunQuarantined, SourceError

BACKFILL = "backfill"
STOPS = (KeyboardInterrupt, asyncio.CancelledError, InterruptedError)  # somebody stopped the process
FORGOTTEN_AFTER = timedelta(hours=3)  # no job takes that long: its process is dead


def run_of(session: Session, run_id: int) -> Run:
    """The run with this id. NotFound if there is none."""
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(Noun.RUN, run_id)
    return run


@contextmanager
def recorded(db: Database, job: str, subject: str | None, clock: Clock) -> Iterator[Run]:
    """Record one execution, from its start to its verdict.

    A SourceError is a verdict: recorded, not raised. Any other exception is recorded as failed and raised again.
    """
    with db.write() as session:
        close_forgotten(session, job, subject, clock() - FORGOTTEN_AFTER)
        run = Run(job=job, subject=subject, started_at=clock(), verdict=Verdict.RUNNING)
        session.add(run)
    try:
        yield run
    except SourceError as error:
        run.verdict = Verdict.QUARANTINED if isinstance(error, RunQuarantined) else Verdict.FAILED
        run.reasons = (*run.reasons, RunReason(name=error.reason, detail=error.detail))
    except STOPS:
        run.verdict = Verdict.INTERRUPTED
        _finish(db, run, clock)
        raise
    except BaseException as error:
        run.verdict = Verdict.FAILED
        run.reasons = (*run.reasons, RunReason(name="error", detail=_in_short(error)))
        _finish(db, run, clock)
        raise
    if run.verdict is Verdict.RUNNING:
        run.verdict = Verdict.DONE
    _finish(db, run, clock)


def _in_short(error: BaseException) -> str:
    """An error's name, and what the machine says of it; another error's words may name an address."""
    said = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _finish(db: Database, run: Run, clock: Clock) -> None:
    run.finished_at = clock()
    with db.write() as session:
        session.merge(run)


def give_up_interrupted(db: Database, now: datetime) -> int:
    """Mark runs that a dead process left behind as interrupted; only where no other process runs jobs.

    A backfill may go on beside: it holds a lock while it lives.
    """
    give_up_killed_backfills(db, now)
    with db.write() as session:
        return close_running(session, now, but=BACKFILL)


def give_up_killed_backfills(db: Database, now: datetime) -> None:
    """Mark backfills whose process died as interrupted."""
    with db.read() as session:
        sources = running_subjects(session, BACKFILL)
    for source in sources:
        with db.only_one(backfill_lock(source)) as is_free:
            if is_free:
                with db.write() as session:
                    close_running(session, now, BACKFILL, source)


def backfill_lock(source: str) -> str:
    """The lock that a backfill of a source holds while it lives."""
    return f"{BACKFILL}.{source}"
