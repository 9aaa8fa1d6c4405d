"""Serve: run every job on its schedule in this one process, until SIGTERM.

The times are in `config.toml`; how jobs are scheduled is in `jobs.running.scheduler`.
"""

import asyncio
import threading

from db.subscribers import Cadence
from jobs.base.app import App
from jobs.base.runs import give_up_interrupted
from jobs.collecting.collect import collect_all, due_sources
from jobs.collecting.portal_audit import check_portal
from jobs.delivery.bounces import read_bounces
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition, make_urgent, make_welcome
from jobs.running.retention import housekeep
from jobs.running.scheduler import Job, run_until_stopped
from tracker.emails.mailboxes import unread


async def serve(app: App, stop: asyncio.Event) -> bool:
    """Run all jobs until stopped; mails being sent are finished, the others stay for the next start.

    False if another process already serves this database.
    """
    with app.db.only_one("serve") as is_ours:
        if is_ours:
            give_up_interrupted(app.db, app.clock())
            hurry = threading.Event()
            hurrying = asyncio.create_task(_hurry_when(stop, hurry))
            await run_until_stopped(jobs(app, hurry), app.region.zone, stop)
            await hurrying
        return is_ours


async def _hurry_when(stop: asyncio.Event, hurry: threading.Event) -> None:
    await stop.wait()
    hurry.set()


def jobs(app: App, hurry: threading.Event) -> dict[str, tuple[str, Job]]:
    """Every job by name with its crontab line; `hurry` makes a delivery stop after the mails being sent."""
    schedule = app.settings.schedule

    async def collect() -> object:
        return await collect_all(app, due_sources(app))

    async def send() -> object:
        return await asyncio.to_thread(deliver, app, hurry)

    def edition(cadence: Cadence) -> Job:
        async def make() -> object:
            return await asyncio.to_thread(make_edition, app, cadence)

        return make

    async def urgent() -> object:
        return await asyncio.to_thread(make_urgent, app)

    async def welcome() -> object:
        return await asyncio.to_thread(make_welcome, app)

    async def check() -> object:
        return await check_portal(app) if app.settings.source("portal").enabled else None

    async def clean() -> object:
        return await asyncio.to_thread(housekeep, app)

    async def read_returned() -> object:
        return await asyncio.to_thread(read_bounces, app, unread(app.settings.bounces))

    always = {
        "collect": (schedule.collect, collect),
        **{cadence.value: (getattr(schedule, cadence.value), edition(cadence)) for cadence in Cadence},
        "urgent": (schedule.urgent, urgent),
        "welcome": (schedule.welcome, welcome),
        "deliver": (schedule.deliver, send),
        "completeness": (schedule.completeness, check),
        "housekeeping": (schedule.housekeeping, clean),
    }
    return always | ({"bounces": (schedule.bounces, read_returned)} if app.settings.bounces.source else {})
