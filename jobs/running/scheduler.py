"""The scheduler: run jobs on their crontab lines, in one process, until it is told to stop.

The schedule is kept in memory only. Ticks missed by a sleeping machine become one, and no job runs twice at a time.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from jobs.base.app import Clock
from jobs.base.log import traced
from jobs.base.ticks import trigger

Job = Callable[[], Awaitable[object]]
Asked = Callable[[], Collection[str]]  # the names of jobs that somebody wants to run now, each told once
EVERY_MINUTE = "* * * * *"


async def run_until_stopped(
    jobs: Mapping[str, tuple[str, Job]], zone: ZoneInfo, stop: asyncio.Event, asked: Asked, clock: Clock
) -> None:
    """Run each job (name → crontab line, function) on its schedule until `stop`, and within a minute what is `asked`.

    Waits for the jobs that are still running then.
    """
    running: set[asyncio.Task[object]] = set()
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what it would log, `_log_failure` does
    scheduler = AsyncIOScheduler(timezone=zone)
    scheduler.add_listener(_log_failure, EVENT_JOB_ERROR)
    for name, (line, job) in jobs.items():
        scheduler.add_job(
            tracked(name, job, running),
            trigger(line, zone),
            id=name,
            coalesce=True,
            misfire_grace_time=None,
            max_instances=1,
        )
    scheduler.add_job(run_now, trigger(EVERY_MINUTE, zone), args=(scheduler, asked, clock), id="asked by name")
    scheduler.start()
    await stop.wait()
    scheduler.pause()
    structlog.get_logger().info("stopping", waits_for=len(running))
    await asyncio.gather(*running, return_exceptions=True)
    scheduler.shutdown(wait=False)


async def run_now(scheduler: AsyncIOScheduler, asked: Asked, clock: Clock) -> None:
    """Let run now what is asked for; its line holds afterwards. A job that is running already is not run twice."""
    for name in await asyncio.to_thread(asked):
        if scheduler.get_job(name):
            scheduler.modify_job(name, next_run_time=clock())


def stop_by_signals(stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT set `stop`."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, object]) -> object:
    """Do work that can be given up at any time, but give it up when told to stop; None then."""
    doing, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait((doing, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not doing.done():
        doing.cancel()
        await asyncio.wait([doing])
    return None if doing.cancelled() else await doing


def tracked(name: str, job: Job, running: set[asyncio.Task[object]]) -> Callable[[], Awaitable[None]]:
    """Wrap a job so that it is in `running` while it runs, and logs its start and end."""

    async def run() -> None:
        log = structlog.get_logger().bind(job=name)
        log.debug("job started")  # only debug: some run every minute, and they log what they decide themselves
        task = asyncio.ensure_future(job())
        running.add(task)
        try:
            await asyncio.shield(task)
            log.debug("job ended")
        finally:
            running.discard(task)

    return run


def _log_failure(event: JobExecutionEvent) -> None:
    structlog.get_logger().error("job failed", job=event.job_id, **traced(event.exception))
