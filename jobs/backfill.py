"""Backfill: read a source's past into the archive, silently and in parts that are stored as they become whole.

Does not make news: what it finds was there before anybody watched.
"""

from datetime import date, datetime

from db import calls, runs
from db.runs import Run, RunReason, Verdict
from db.sources import remember
from jobs.collect import Reading, open_fetcher, store
from jobs.desk import Desk
from jobs.runs import recorded
from jobs.spool import spooled
from tracker import sources
from tracker.health import Tally
from tracker.pages import PageStore
from tracker.sources import Page, Wanted


async def backfill(
    desk: Desk, key: str, from_on: date | None, to_on: date | None, *, closed: bool, resume: bool
) -> Run:
    """Read what opened in these days (both included); a part that is not whole is left out and named.

    With `resume` the parts that an earlier backfill of the same span stored are not read again.
    """
    span = f"{from_on or ''}..{to_on or ''}{' closed' if closed else ''}"
    with recorded(desk.db, "backfill", key, desk.clock) as run:
        run.parser_version = sources.modules(desk.settings.sources)[key].SOURCE.version
        run.counts = {"calls": 0, "new": 0, "versions": 0, "events": 0, "parts": 0}
        with desk.db.read() as session:
            done = runs.stored_scans(session, key, span) if resume else frozenset()
        await _read_parts(desk, key, run, span, Wanted(closed, from_on, to_on, done))
        run.verdict = Verdict.QUARANTINED if run.reasons else Verdict.ACCEPTED
    return run


async def _read_parts(desk: Desk, key: str, run: Run, span: str, wanted: Wanted) -> None:
    module, settings = sources.modules(desk.settings.sources)[key], desk.settings
    with PageStore(settings.data.dir, key, str(run.id), desk.clock) as kept:
        async with open_fetcher(desk, key, kept) as fetch:
            part: list[Page] = []
            async for page in module.pages(fetch, settings.source(key), wanted):
                kept.add(page)
                if part and part[0].scan != page.scan:
                    _store_part(desk, key, run, span, part)
                    part = []
                part.append(page)
            if part:
                _store_part(desk, key, run, span, part)
            run.receipt = fetch.receipt.as_dict()


def _store_part(desk: Desk, key: str, run: Run, span: str, part: list[Page]) -> None:
    """One part, whole or not at all, and the checkpoint that it is stored, in one transaction."""
    now: datetime = desk.clock()
    with spooled() as spool, desk.db.write() as session:
        module = sources.modules(desk.settings.sources)[key]
        reading = Reading(module, calls.known_calls(session, key), now, spool, Tally())
        for page in part:
            reading.take(page)
        scan = reading.tally.scans[part[0].scan]
        if not scan.is_complete():
            detail = f"{part[0].scan}: {scan.distinct} different calls of {scan.announced} announced"
            run.reasons = (*run.reasons, RunReason(name="incomplete", detail=detail))
            return
        remember(session, key, module.SOURCE.publisher, module.SOURCE.home)
        stored = store(session, desk, reading, run, now, quiet=True)
        runs.note_scan(session, key, span, part[0].scan, now)
        added = stored | {"calls": len(reading.tally.seen), "parts": 1}
        run.counts = {name: count + added.get(name, 0) for name, count in run.counts.items()}
