"""Collect: pages → parse → check → compare → tag → store, one transaction per run.

A reading is judged before any of it is stored: while its pages come in (`jobs.collecting.reading`), changed calls wait
in a spool and unchanged ones are recognised by their fingerprints. Checking is in `jobs.collecting.judging`; comparing,
tagging and storing in `jobs.collecting.storing`.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog

from db import calls, runs
from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.judging import judge
from jobs.collecting.notices import conclude
from jobs.collecting.reading import Reading
from jobs.collecting.spool import spooled
from jobs.collecting.storing import flood_of_changes, store_accepted
from tracker import sources
from tracker.errors import RunQuarantined, SourceError
from tracker.fetching.fetch import Answer, Fetcher
from tracker.fetching.hosts import Hosts
from tracker.fetching.http_cache import HttpCache
from tracker.readings import source_status
from tracker.readings.health import Tally
from tracker.readings.page_archive import PageStore
from tracker.sources import SourceSettings, Wanted

LOGGED = ("calls", "changed", "new", "versions", "events", "absent", "withdrawn")  # of the counts
MOST_LOOKED_UP = 200  # in one run; the others wait for the next run


def enabled_sources(app: App) -> list[str]:
    """The keys of the sources that are switched on in the configuration."""
    return [key for key in sources.modules(app.settings.sources) if app.settings.source(key).enabled]


def due_sources(app: App, keys: Sequence[str] | None = None) -> list[str]:
    """Those of these sources (by default the enabled ones) to read now; one in trouble is left alone for a while."""
    now = app.clock()
    with app.db.read() as session:
        coverages = runs.coverages(session, enabled_sources(app) if keys is None else keys)
    for coverage in coverages:
        if until := source_status.left_alone_until(coverage.troubled_runs, coverage.tried_at, now):
            structlog.get_logger().info(
                "source skipped", source=coverage.source, troubled_runs=coverage.troubled_runs, until=until.isoformat()
            )
    return [each.source for each in coverages if source_status.is_due(each.troubled_runs, each.tried_at, now)]


async def collect_all(app: App, keys: Sequence[str], hosts: Hosts | None = None) -> list[Run]:
    """Read these sources concurrently, with one request at a time per host; a failing source does not stop the others.

    `hosts` are shared with others who read at the same time in this process.
    An exception that is not a verdict on a source but an error of ours is raised when all have ended.
    """
    hosts = hosts or Hosts()
    ended = await asyncio.gather(*(collect(app, key, hosts) for key in keys), return_exceptions=True)
    finished = [run for run in ended if isinstance(run, Run)]
    conclude(app.db, finished, app.clock())
    for error in ended:
        if isinstance(error, BaseException):
            raise error
    return finished


async def collect(app: App, key: str, hosts: Hosts) -> Run:
    """Read one source and store what it says if it is believed; the run has the verdict."""
    module = sources.modules(app.settings.sources)[key]
    with recorded(app.db, "collect", key, app.clock) as run, spooled() as spool:
        now = app.clock()
        run.parser_version = module.SOURCE.version
        with app.db.read() as session:
            run.baseline = not runs.accepted_readings(session, key, most=1)
            known = calls.known_calls(session, key)
        reading = Reading(module, known, now, spool, Tally(), timedelta(days=app.settings.source(key).gone_after_days))
        answers = HttpCache(app.files, key)
        await _read_and_judge(app, reading, run, hosts, answers)
        if not run.reasons:
            with app.db.write() as session:
                counts_before = run.counts
                store_accepted(session, app, reading, run)
                if reason := flood_of_changes(session, reading, run):
                    run.counts = counts_before
                    raise RunQuarantined(key, reason.name, reason.detail)  # rolls back everything just stored
            answers.keep()
    _log_judged(run)
    return run


def _log_judged(run: Run) -> None:
    counts = {name: run.counts[name] for name in LOGGED if name in run.counts}
    log = structlog.get_logger()
    log_verdict = log.info if run.verdict is Verdict.ACCEPTED else log.warning
    reasons = [reason.name for reason in run.reasons]
    log_verdict("run judged", run=run.id, source=run.subject, verdict=run.verdict.value, reasons=reasons, **counts)


async def _read_and_judge(app: App, reading: Reading, run: Run, hosts: Hosts, answers: HttpCache) -> None:
    key = reading.module.SOURCE.key
    source_settings = app.settings.source(key)
    with PageStore(app.files, key, str(run.id), app.clock) as archive:
        async with open_fetcher(app, key, archive.received, hosts, answers) as fetch:
            is_whole = False
            try:
                async for page in reading.module.pages(fetch, source_settings, Wanted()):
                    archive.add(page)
                    reading.take(page)
                is_whole = True
                run.reasons = judge(app, reading, source_settings)
                if not run.reasons:
                    await _look_up(fetch, source_settings, reading)
            finally:
                run.counts = reading.counts(is_whole).kept()
                run.receipt = fetch.receipt.as_dict()
    if run.reasons:
        run.verdict = Verdict.QUARANTINED


def open_fetcher(
    app: App,
    key: str,
    keep: Callable[[Answer], None] | None = None,
    hosts: Hosts | None = None,
    memory: HttpCache | None = None,
) -> Fetcher:
    """The fetcher for one source. Use it as an async context manager."""
    settings = app.settings
    allowed = own_hosts(settings.source(key))
    return Fetcher(settings.fetch, key, now=app.clock, keep=keep, allow_hosts=allowed, hosts=hosts, memory=memory)


def own_hosts(settings: SourceSettings) -> set[str]:
    """The hosts named in a source's configuration. They may be private, for instance a local replay."""
    values = [value for value in settings.model_dump().values() if isinstance(value, str)]
    return {host for value in values if (host := urlsplit(value).hostname)}


async def _look_up(fetch: Fetcher, settings: Any, reading: Reading) -> None:
    """Look up missing calls by key, if the source can; those found were never gone."""
    vanished = sorted(reading.gone())
    if not vanished or not hasattr(reading.module, "lookup"):
        return
    try:
        rows = await reading.module.lookup(fetch, settings, vanished[:MOST_LOOKED_UP])
        reading.postponed = frozenset(vanished[MOST_LOOKED_UP:])
    except SourceError as error:  # the reading itself is sound; what could not be looked up is not gone yet
        reading.tally.add_unread("look-up", error.detail)
        reading.postponed = frozenset(vanished)
        return
    for row in rows:
        reading.tally.seen.add(row.key)
        reading.put_aside(row)
