"""How a job's execution becomes a row in `runs`, whatever comes of it.

Does not know what any job does.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlmodel import Session

from db.engine import Database
from db.runs import Run, RunReason, Verdict, close_forgotten, close_running
from jobs.base.app import Clock
from tracker.errors import NotFound, Noun, RunQuarantined, SourceError

FORGOTTEN_AFTER = timedelta(hours=3)  # no job takes so long: its process is dead


def run_of(session: Session, run_id: int) -> Run:
    """The run of this number. NotFound where there is none."""
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(Noun.RUN, run_id)
    return run


@contextmanager
def recorded(db: Database, job: str, subject: str | None, clock: Clock) -> Iterator[Run]:
    """Keep the row of one execution, from its start to its verdict.

    A SourceError is a verdict, recorded and not raised; anything else is recorded as failed and raised again.
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
    except BaseException as error:
        run.verdict = Verdict.FAILED
        run.reasons = (*run.reasons, RunReason(name="error", detail=type(error).__name__))
        _finish(db, run, clock)
        raise
    if run.verdict is Verdict.RUNNING:
        run.verdict = Verdict.DONE
    _finish(db, run, clock)


def _finish(db: Database, run: Run, clock: Clock) -> None:
    run.finished_at = clock()
    with db.write() as session:
        session.merge(run)


def give_up_interrupted(db: Database, now: datetime) -> int:
    """Runs that a dead process left behind are marked interrupted; call only where no other process runs jobs."""
    with db.write() as session:
        return close_running(session, now)
