"""The jobs at the desk: when each ran and runs next; what is asked for runs within a minute, once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from db.admins import Role
from jobs.base.app import App
from jobs.base.ticks import trigger
from jobs.running.retention import housekeep
from jobs.running.schedule import job_lines, jobs_standing, take_asked
from jobs.running.scheduler import Job, run_now, tracked
from jobs.running.serve import jobs
from jobs.web.admin.schedule import JOBS
from tests.jobs.cli.terminal import Terminal
from tests.jobs.web.admin.desks import desk
from tests.jobs.world import with_settings

UTC_ZONE = ZoneInfo("UTC")


def test_the_schedule_names_exactly_the_jobs_that_the_service_runs(app: App) -> None:
    app = with_settings(
        app, bounces={"source": "maildir", "path": "/nowhere"}, sources={"portal": {"schedule": "5 5 * * *"}}
    )
    of_sources = {name for name in jobs(app, asyncio.Event()) if name.split()[0] in ("collect", "asked")}
    assert set(jobs(app, asyncio.Event())) - of_sources == set(job_lines(app)) - {"collect"}
    assert "bounces" in job_lines(app)


def test_every_job_has_its_words(app: App) -> None:
    app = with_settings(app, bounces={"source": "maildir", "path": "/nowhere"})
    assert job_lines(app).keys() <= JOBS.keys()


def test_a_job_shows_its_newest_run_and_its_next_time(app: App) -> None:
    housekeep(app)
    page = desk(app).get("/admin/jobs").text
    with app.db.read() as session:
        standing = {one.name: one for one in jobs_standing(session, app)}
    assert standing["housekeeping"].last is not None
    assert standing["weekly"].last is None
    for said in ("Tidying up", "Weekly mails", "What ran of late", "No job runs now"):
        assert said in page


def test_what_is_asked_for_is_taken_once_however_often_it_was_asked(app: App) -> None:
    browser = desk(app)
    for _ in range(2):
        assert browser.post("/admin/jobs/housekeeping/ask").status_code == 303
    browser.post("/admin/jobs/weekly/ask")
    assert "Maija asked for it" in browser.get("/admin/jobs").text
    assert [take_asked(app), take_asked(app)] == [["weekly", "housekeeping"], []]
    assert "Maija asked for it" not in browser.get("/admin/jobs").text


@pytest.mark.parametrize("name", ["collect", "asked", "nothing"])
def test_what_is_no_job_cannot_be_asked_for(app: App, name: str) -> None:
    assert desk(app).post(f"/admin/jobs/{name}/ask").status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER, Role.AUDITOR])
def test_a_job_is_asked_for_by_admins_alone(app: App, role: Role) -> None:
    browser = desk(app, role=role)
    assert browser.post("/admin/jobs/weekly/ask").status_code == 403
    assert "Run now" not in browser.get("/admin/jobs").text


def test_a_command_lists_the_jobs_and_asks_for_one(app: App, tmp_path: Path) -> None:
    terminal = Terminal(app, tmp_path)
    assert "housekeeping" in terminal.run("jobs", "ask", "housekeeping")
    [row] = [row for row in terminal.rows("jobs", "list") if row["job"] == "housekeeping"]
    assert row["asked_by"]
    assert take_asked(app) == ["housekeeping"]


def test_the_scheduler_runs_what_is_asked_for_and_then_goes_by_its_line_again() -> None:
    async def ask() -> datetime:
        ran = asyncio.Event()
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(tracked("work", _sets(ran), set()), trigger("0 0 29 2 *", UTC_ZONE), id="work")
        scheduler.start()
        await run_now(scheduler, lambda: ["work", "unknown"], lambda: datetime.now(UTC))
        await asyncio.wait_for(ran.wait(), 10)
        await asyncio.sleep(0)
        due: datetime = scheduler.get_job("work").next_run_time
        scheduler.shutdown(wait=False)
        return due

    assert (asyncio.run(ask()).month, asyncio.run(ask()).day) == (2, 29)


def _sets(event: asyncio.Event) -> Job:
    async def work() -> None:
        event.set()

    return work
