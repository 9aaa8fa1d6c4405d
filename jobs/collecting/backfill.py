"""Backfill: read a source's past calls, part by part; each part is stored once it is complete.

Makes no news: what it finds was published before we watched the source.
"""

from dataclasses import asdict
from datetime import date
from types import ModuleType

import structlog

from db import calls, runs
from db.runs import Run, RunReason, Verdict
from db.sources import remember
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.collect import open_fetcher
from jobs.collecting.reading import Reading
from jobs.collecting.spool import Spool, spooled
from jobs.collecting.storing import store
from tracker import sources
from tracker.readings.health import Tally
from tracker.readings.page_archive import PageStore
from tracker.sources import Wanted


async def backfill(app: App, key: str, from_on: date | None, to_on: date | None, *, closed: bool, resume: bool) -> Run:
    """Read the calls that opened in these days (both included; None: no limit); incomplete parts are not stored.

    The run names them and is then quarantined. With `resume`, parts stored by an earlier backfill of the same span are
    skipped.
    """
    span = f"{from_on or ''}..{to_on or ''}{' closed' if closed else ''}"
    with recorded(app.db, "backfill", key, app.clock) as run:
        run.parser_version = sources.modules(app.settings.sources)[key].SOURCE.version
        run.counts = {"calls": 0, "new": 0, "versions": 0, "events": 0, "parts": 0}
        with app.db.read() as session:
            done = runs.stored_scans(session, key, span) if resume else frozenset()
        await _read_parts(app, key, run, span, Wanted(closed, from_on, to_on, done))
        run.verdict = Verdict.QUARANTINED if run.reasons else Verdict.ACCEPTED
    return run


async def _read_parts(app: App, key: str, run: Run, span: str, scope: Wanted) -> None:
    """Read the pages one at a time, keeping none in memory; a part's changed calls wait in the spool until it ends."""
    module, settings = sources.modules(app.settings.sources)[key], app.settings
    with PageStore(app.files, key, str(run.id), app.clock) as archive, spooled() as spool:
        async with open_fetcher(app, key, archive.received) as fetch:
            part, reading = "", None
            async for page in module.pages(fetch, settings.source(key), scope):
                archive.add(page)
                if reading is None or page.scan != part:
                    _store_part(app, key, run, span, reading)
                    part, reading = page.scan, _begin_part(app, module, spool)
                reading.take(page)
            _store_part(app, key, run, span, reading)
            run.receipt = fetch.receipt.as_dict()


def _begin_part(app: App, module: ModuleType, spool: Spool) -> Reading:
    spool.empty()
    with app.db.read() as session:
        known = calls.known_calls(session, module.SOURCE.key)
    return Reading(module, known, app.clock(), spool, Tally())


def _store_part(app: App, key: str, run: Run, span: str, reading: Reading | None) -> None:
    """Store one part and its checkpoint in one transaction; skip a part that is incomplete."""
    if reading is None:
        return
    [(part, scan)] = reading.tally.scans.items()
    if not scan.is_complete():
        detail = f"{part}: {scan.distinct} different calls of {scan.announced} announced"
        run.reasons = (*run.reasons, RunReason(name="incomplete", detail=detail))
        structlog.get_logger().warning("part left out", run=run.id, source=key, part=part, why="incomplete")
        return
    source = reading.module.SOURCE
    with app.db.write() as session:
        remember(session, key, source.publisher, source.home)
        stored = store(session, app, reading, run, quiet=True)
        runs.note_scan(session, key, span, part, reading.now)
    figures = asdict(stored) | {"calls": len(reading.tally.seen), "parts": 1}
    structlog.get_logger().info("part stored", run=run.id, source=key, part=part, **figures)
    run.counts = {name: count + figures.get(name, 0) for name, count in run.counts.items()}
