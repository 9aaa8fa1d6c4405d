"""The scheduler: run jobs on their crontab lines, in one process, until it is told to stop.

The schedule is kept in memory only. Ticks missed by a sleeping machine become one, and no job runs twice at a time.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from jobs.base.log import traced
from jobs.base.ticks import trigger

Job = Callable[[], Awaitable[object]]


async def run_until_stopped(jobs: Mapping[str, tuple[str, Job]], zone: ZoneInfo, stop: asyncio.Event) -> None:
    """Run each job (name → crontab line, function) on its schedule until `stop`.

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
    scheduler.start()
    await stop.wait()
    scheduler.pause()
    structlog.get_logger().info("stopping", waits_for=len(running))
    await asyncio.gather(*running, return_exceptions=True)
    scheduler.shutdown(wait=False)


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
