"""Serve: run every job on its schedule in this one process, until SIGTERM.

The times are in `config.toml`; how jobs are scheduled is in `jobs.running.scheduler`.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version

import structlog

from db.subscribers import Cadence
from jobs.base.app import App
from jobs.base.runs import give_up_interrupted
from jobs.collecting.collect import enabled_sources
from jobs.collecting.portal_audit import check_portal
from jobs.delivery.bounces import read_bounces
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition, make_urgent, make_welcome
from jobs.readers.reports import tell_admins_of_reports
from jobs.rulebook.next_strategy import switch_due
from jobs.running.reading_jobs import give_back_asked, reading_jobs
from jobs.running.retention import housekeep
from jobs.running.schedule import job_lines, take_asked
from jobs.running.scheduler import Job, run_until_stopped, stop_by_signals, unless_stopped
from tracker.emails.mailboxes import unread
from tracker.regions import doubts

Beside = Callable[[asyncio.Event], Awaitable[None]]  # runs until the event is set


async def serve(app: App, stop: asyncio.Event, beside: Beside | None = None) -> bool:
    """Run all jobs until stopped or told to by a signal; mails being sent are finished, the others stay.

    `beside` runs in the same process: the site. False if another process already serves this database.
    """
    stop_by_signals(stop)
    with app.db.only_one("serve") as is_ours:
        if is_ours:
            give_up_interrupted(app.db, app.clock())
            give_back_asked(app)
            hurrying = asyncio.create_task(_hurry_when(stop, app.stop))
            scheduled = jobs(app, stop)
            _log_started(app, {name: line for name, (line, _) in scheduled.items()})
            site = asyncio.create_task(_beside(beside, stop))
            await run_until_stopped(scheduled, app.region.zone, stop, partial(take_asked, app), app.clock)
            await asyncio.gather(site, hurrying)
            structlog.get_logger().info("stopped")
        return is_ours


def _log_started(app: App, schedule: dict[str, str]) -> None:
    """Log what is served; the database's address without its password."""
    database = app.db.url.render_as_string()
    where = {"database": database, "region": app.region.key, "zone": app.region.zone.key}
    mail = {"mail": app.settings.mail.transport, "sources": len(enabled_sources(app))}
    structlog.get_logger().info("started", version=version("karkivahti"), **where, **mail, schedule=schedule)
    for doubt in doubts(app.region, app.settings.sources):
        structlog.get_logger().warning("hardly meant", region=app.region.key, doubt=doubt)


async def _beside(beside: Beside | None, stop: asyncio.Event) -> None:
    if beside:
        await beside(stop)


async def _hurry_when(stop: asyncio.Event, hurry: threading.Event) -> None:
    await stop.wait()
    hurry.set()


def jobs(app: App, stop: asyncio.Event) -> dict[str, tuple[str, Job]]:
    """Every job by name with its crontab line; `stop` ends readings.

    `app.stop` ends a delivery after the mails being sent, and an edition between two batches of readers.
    """

    def edition(make: Callable[..., object], *which: Cadence) -> Job:
        async def made() -> None:
            with suppress(InterruptedError):  # its run says so; it is finished after the next start
                await asyncio.to_thread(make, app, *which)

        return made

    async def check() -> object:
        return await unless_stopped(stop, check_portal(app)) if app.settings.source("portal").enabled else None

    def in_a_thread(work: Callable[..., object], *more: object) -> Job:
        async def done() -> object:
            return await asyncio.to_thread(work, app, *more)

        return done

    async def read_returned() -> None:
        with suppress(InterruptedError):
            await asyncio.to_thread(read_bounces, app, unread(app.settings.bounces, app.stop))

    work = {
        **{cadence.value: edition(make_edition, cadence) for cadence in Cadence},
        "urgent": edition(make_urgent),
        "welcome": edition(make_welcome),
        "deliver": in_a_thread(deliver, app.stop),
        "completeness": check,
        "housekeeping": in_a_thread(housekeep),
        "strategies": in_a_thread(switch_due),
        "reports": in_a_thread(tell_admins_of_reports),
        "bounces": read_returned,
    }
    lines = job_lines(app)
    return reading_jobs(app, stop) | {name: (lines[name], job) for name, job in work.items() if name in lines}
