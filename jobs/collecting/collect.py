"""Collect: pages → parse → check → compare → tag → store, one transaction per run.

A reading is judged before any of it is stored: while its pages come in (`jobs.collecting.reading`), changed calls wait
in a spool and unchanged ones are recognised by their fingerprints. Checking is in `jobs.collecting.judging`; comparing,
tagging and storing in `jobs.collecting.storing`.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlsplit

import structlog

from db import calls, runs
from db.calls import KnownCall
from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.base.log import traced
from jobs.base.runs import recorded
from jobs.collecting.desk import Desk, in_thread
from jobs.collecting.judging import judge
from jobs.collecting.notices import conclude
from jobs.collecting.reading import Reading
from jobs.collecting.reading_apart import read_apart
from jobs.collecting.reading_here import Assignment, Keep, read_here
from jobs.collecting.spool import Spool, spooled
from jobs.collecting.storing import flood_of_changes, store_accepted
from tracker import sources
from tracker.errors import RunQuarantined, SourceError
from tracker.fetching.asking import Answer, Fetch
from tracker.fetching.fetch import Fetcher
from tracker.fetching.hosts import Hosts
from tracker.fetching.http_cache import HttpCache
from tracker.readings import source_status
from tracker.readings.health import LOOK_UP
from tracker.readings.page_archive import PageStore
from tracker.sources import Page, SourceSettings

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


@dataclass(frozen=True, slots=True)
class Tick:
    """What readings that go on at once share: turns at hosts, at the database, and so many processes."""

    hosts: Hosts
    turns: asyncio.Semaphore
    desk: Desk = field(default_factory=Desk)


async def collect_all(app: App, keys: Sequence[str], hosts: Hosts | None = None) -> list[Run]:
    """Read these sources concurrently, with one request at a time per host; a failing source does not stop the others.

    `hosts` are shared with others who read at the same time in this process.
    """
    tick = Tick(hosts or Hosts(), asyncio.Semaphore(app.settings.reading.at_once))
    ended = await asyncio.gather(*(collect(app, key, tick) for key in keys), return_exceptions=True)
    finished = [run for run in ended if isinstance(run, Run)]
    await tick.desk.do(conclude, app.db, finished, app.clock())
    for error in ended:
        if isinstance(error, BaseException):
            raise error  # its run could not even be recorded
    return finished


async def collect(app: App, key: str, tick: Tick) -> Run:
    """Read one source and store what it says if it is believed; the run has the verdict.

    The wall around a source: what nobody foresaw makes its run a failed one, and is logged.
    """
    run = None
    try:
        async with tick.turns, tick.desk.within(recorded(app.db, "collect", key, app.clock)) as run:
            with spooled(tick.desk.halted) as spool:
                await _read_judge_and_store(app, key, run, tick, spool)
    except Exception as error:
        if run is None:
            raise
        structlog.get_logger().error("reading failed", run=run.id, source=key, **traced(error))
    _log_judged(run)
    return run


async def _read_judge_and_store(app: App, key: str, run: Run, tick: Tick, spool: Spool) -> None:
    settings, answers = app.settings.source(key), HttpCache(app.files, key)
    known, run.baseline = await in_thread(_known, app, key)
    assignment = Assignment(key, app.settings.sources, settings, app.clock(), known)
    reading = assignment.begin(spool)
    reading.gone_after = timedelta(days=settings.gone_after_days)
    run.parser_version = reading.module.SOURCE.version
    await _read_and_judge(app, assignment, reading, run, tick, answers)
    if not run.reasons:
        await tick.desk.do(_store, app, reading, run, answers)


def _known(app: App, key: str) -> tuple[dict[str, KnownCall], bool]:
    """The calls that we know of a source, and whether none of its readings was believed yet."""
    with app.db.read() as session:
        return calls.known_calls(session, key), not runs.accepted_readings(session, key, most=1)


def _store(app: App, reading: Reading, run: Run, answers: HttpCache) -> None:
    with app.db.write() as session:
        counts_before = run.counts
        store_accepted(session, app, reading, run)
        if reason := flood_of_changes(session, reading, run):
            run.counts = counts_before
            raise RunQuarantined(str(run.subject), reason.name, reason.detail)  # rolls back everything just stored
    answers.keep()


def _log_judged(run: Run) -> None:
    counts = {name: run.counts[name] for name in LOGGED if name in run.counts}
    log = structlog.get_logger()
    log_verdict = log.info if run.verdict is Verdict.ACCEPTED else log.warning
    reasons = [reason.name for reason in run.reasons]
    log_verdict("run judged", run=run.id, source=run.subject, verdict=run.verdict.value, reasons=reasons, **counts)


async def _read_and_judge(
    app: App, assignment: Assignment, reading: Reading, run: Run, tick: Tick, answers: HttpCache
) -> None:
    key = assignment.key
    with PageStore(app.files, key, str(run.id), app.clock) as archive:
        async with open_fetcher(app, key, archive.received, tick.hosts, answers, tick.desk) as fetch:

            async def keep(page: Page) -> None:
                await tick.desk.do(archive.add, page)

            is_whole = False
            try:
                await _read(app, assignment, reading, fetch, keep)
                is_whole = True
                run.reasons = await in_thread(judge, app, reading, assignment.settings)
                if not run.reasons:
                    await _look_up(app, assignment, reading, fetch, keep)
            finally:
                run.counts = reading.counts(is_whole).kept()
                run.receipt = fetch.receipt.as_dict()
    if run.reasons:
        run.verdict = Verdict.QUARANTINED


async def _read(app: App, assignment: Assignment, reading: Reading, fetch: Fetch, keep: Keep) -> None:
    """Read what is assigned, in a process of its own if that is not switched off. Raises SourceError."""
    if not app.settings.reading.apart:
        await read_here(assignment, reading, fetch, keep)
        return
    found, fault = await read_apart(assignment, app.settings.reading, fetch, keep, reading.spool)
    if found:
        reading.take_over(found.tally, found.identifiers, found.openings, has_nameless=found.has_nameless)
    if fault:
        raise fault


def open_fetcher(
    app: App,
    key: str,
    keep: Callable[[Answer], None] | None = None,
    hosts: Hosts | None = None,
    memory: HttpCache | None = None,
    desk: Desk | None = None,
) -> Fetcher:
    """The fetcher for one source, whose answers are kept at a desk. Use it as an async context manager."""
    settings = app.settings
    allowed = own_hosts(settings.source(key))
    own_desk = desk or Desk()

    async def kept(answer: Answer) -> None:
        if keep:
            await own_desk.do(keep, answer)

    return Fetcher(settings.fetch, key, now=app.clock, keep=kept, allow_hosts=allowed, hosts=hosts, memory=memory)


def own_hosts(settings: SourceSettings) -> set[str]:
    """The hosts named in a source's configuration. They may be private, for instance a local replay."""
    values = [value for value in settings.model_dump().values() if isinstance(value, str)]
    return {host for value in values if (host := urlsplit(value).hostname)}


async def _look_up(app: App, assignment: Assignment, reading: Reading, fetch: Fetch, keep: Keep) -> None:
    """Look up missing calls by key, if the source can; those found were never gone."""
    vanished = sorted(reading.gone())
    if not vanished or not hasattr(reading.module, "lookup"):
        return
    wanted = replace(assignment, known={}, keys=tuple(vanished[:MOST_LOOKED_UP]), tally=reading.tally)
    try:
        await _read(app, wanted, reading, fetch, keep)
        reading.postponed = frozenset(vanished[MOST_LOOKED_UP:])
    except SourceError as error:  # the reading itself is sound; what could not be looked up is not gone yet
        reading.tally.add_unread(LOOK_UP, error.detail)
        reading.postponed = frozenset(vanished)
