"""The schedule: which jobs there are, when each ran last and runs next, and asking that one runs now.

Does not run any (`jobs.running.serve`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session

from db import asked_jobs, audit
from db.acts import Act
from db.asked_jobs import READING, AskedJob
from db.audit import Signed
from db.runs import Run, newest_run
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.base.ticks import next_tick
from tracker.errors import NotFound, Noun

EDITIONS = (*(cadence.value for cadence in Cadence), "urgent", "welcome")


class JobStanding(NamedTuple):
    """A job: its crontab line, its next time (None: never), its newest run, and who asked for it and waits."""

    name: str
    line: str
    next_at: datetime | None
    last: Run | None
    asked: AskedJob | None


def job_lines(app: App) -> Mapping[str, str]:
    """The crontab line of every job that runs on the schedule, but for sources with a line of their own."""
    schedule = app.settings.schedule
    names = ("collect", *EDITIONS, "deliver", "completeness", "housekeeping", "strategies", "reports")
    lines = {name: str(getattr(schedule, name)) for name in names}
    return lines | ({"bounces": schedule.bounces} if app.settings.bounces.source else {})


def jobs_standing(session: Session, app: App) -> Sequence[JobStanding]:
    """Every job with its times."""
    return [
        JobStanding(name, line, next_tick(line, app.region.zone, app.clock()), _last(session, name), asked)
        for name, line in job_lines(app).items()
        for asked in [next(iter(asked_jobs.asked_and_not_ended(session, name)), None)]
    ]


def _last(session: Session, name: str) -> Run | None:
    return newest_run(session, "edition", name) if name in EDITIONS else newest_run(session, name)


def may_be_asked(name: str) -> bool:
    """Whether a job is asked for by its name; readings are by source (`jobs.collecting.wishes`)."""
    return name != READING


def ask_job(app: App, name: str, signed: Signed) -> None:
    """Ask that a job runs now; who asks again while it waits asks for the same. NotFound if there is no such job."""
    known = [name for name in job_lines(app) if may_be_asked(name)]
    if name not in known:
        raise NotFound(Noun.JOB, name, known)
    with app.db.write() as session:
        if not asked_jobs.asked_and_not_ended(session, name):
            session.add(AskedJob(job=name, author=signed.author, asked_at=signed.at))
            audit.append_audit(session, signed, Act.JOB_ASKED, f"job {name}")


def take_asked(app: App) -> list[str]:
    """The jobs that somebody asked for; each is told once."""
    with app.db.write() as session:
        taken = [
            one
            for name in job_lines(app)
            if may_be_asked(name)
            for one in asked_jobs.take_all(session, name, [None], app.clock())
        ]
        asked_jobs.note_ended(session, [one.id or 0 for one in taken], app.clock())
        return [one.job for one in taken]
