"""Backfill: read a source's past, part by part; each part is stored, with its checkpoint, once it is believed.

Makes no news and takes none away: it stores closed calls that no reading has seen, and nothing else. What is open or
coming, and whatever a reading has seen, is left to `collect`; to a reading, what only a backfill has seen is new.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from types import ModuleType
from typing import Any

from sqlmodel import Session

from db import calls, event_log, runs
from db.runs import Run, RunReason, StoredPart, Verdict
from db.sources import remember
from jobs.base.app import App
from jobs.base.runs import BACKFILL, backfill_lock, recorded
from jobs.collecting.collect import open_fetcher
from jobs.collecting.past_reading import PastReader, PastReading
from jobs.collecting.spool import Seen, spooled
from jobs.collecting.storing import Stored, store_and_tag
from tracker import sources
from tracker.calls.changes import brussels_day
from tracker.errors import Code, Refusal
from tracker.readings.health import EXAMPLES
from tracker.readings.page_archive import PageStore
from tracker.readings.past import Days, not_stored, parts_left
from tracker.sources import Part, Past


@dataclass(frozen=True, slots=True)
class PartRead:
    """A part that was read: its number of all parts, what was stored of it, and why nothing was.

    A part that was `cut` is read once more, as so many smaller ones.
    """

    part: Part
    number: int
    of: int
    calls: int = 0
    new: int = 0
    unread: int = 0
    reasons: tuple[RunReason, ...] = ()
    cut: int = 0


Report = Callable[[PartRead], None]


async def backfill(
    app: App, key: str, from_on: date | None, to_on: date | None, report: Report, *, again: bool = False
) -> Run:
    """Read the closed calls that opened in these days (both included; None: as far as there are any).

    Days that are stored are not read again, unless `again`. A part that is not believed is left out and named, and the
    run is then quarantined. Refusal if the source has no past, or if another backfill of it is going on.
    """
    module = sources.module_of(key, app.settings.sources)
    if module.SOURCE.past is None:
        raise Refusal(Code.NO_PAST, source=key, known=with_a_past(app))
    with app.db.only_one(backfill_lock(key)) as is_ours:
        if not is_ours:
            raise Refusal(Code.BACKFILL_GOES_ON, source=key)
        with app.db.write() as session:
            runs.close_running(session, app.clock(), BACKFILL, key)  # their processes are dead, as the lock was free
        with recorded(app.db, BACKFILL, key, app.clock) as run:
            run.parser_version = module.SOURCE.version
            parts = _parts(app, module, from_on, to_on, again)
            run.counts = {"calls": 0, "new": 0, "versions": 0, "events": 0, "unread": 0, "parts": 0}
            run.counts |= {"of": len(parts), "unread_examples": {}}
            await _read_parts(app, module, run, parts, report)
            run.verdict = Verdict.QUARANTINED if run.reasons else Verdict.ACCEPTED
    return run


def with_a_past(app: App) -> tuple[str, ...]:
    """The keys of the sources that have a past."""
    return tuple(key for key, module in sources.modules(app.settings.sources).items() if module.SOURCE.past)


# --- what is left to read ---------------------------------------------------------------------------------------------


def _parts(app: App, module: ModuleType, from_on: date | None, to_on: date | None, again: bool) -> list[Part]:
    """The parts of these days that are not stored; without limits, also the calls without an opening day."""
    past: Past = module.SOURCE.past
    key, today = module.SOURCE.key, brussels_day(app.clock())
    asked = Days(max(from_on or past.since, past.since), min(to_on or today, today))
    is_all = from_on is None and to_on is None
    scans: Sequence[str] = module.past_scans(app.settings.source(key))
    with app.db.write() as session:
        if again:
            _forget(session, key, asked, is_all)
        rows = runs.stored_parts(session, key)
    stored = {
        scan: [Days(r.from_on, r.to_on) for r in rows if r.scan == scan and r.from_on and r.to_on] for scan in scans
    }
    undated = {row.scan for row in rows if row.from_on is None}
    parts = parts_left(past, scans, asked, stored) if asked.from_on <= asked.to_on else []
    return parts + [Part(scan) for scan in scans if is_all and scan not in undated]


def _forget(session: Session, key: str, asked: Days, is_all: bool) -> None:
    """Take these days out of what is stored."""
    rows = runs.stored_parts(session, key)
    runs.forget_parts(session, key, [row for row in rows if row.from_on or is_all])
    for row in rows:
        if row.from_on and row.to_on:
            for rest in not_stored([Days(row.from_on, row.to_on)], [asked]):
                session.add(StoredPart(**row.model_dump(exclude={"id"}) | asdict(rest)))


# --- part by part -----------------------------------------------------------------------------------------------------


async def _read_parts(app: App, module: ModuleType, run: Run, parts: Sequence[Part], report: Report) -> None:
    key = module.SOURCE.key
    with PageStore(app.files, key, str(run.id), app.clock) as archive, spooled() as spool:
        reader = PastReader(app, module, archive, spool)
        async with open_fetcher(app, key, reader.keep) as reader.fetch:
            try:
                if parts:
                    await reader.look_at_present()
                await _read_each(app, reader, run, parts, report)
            finally:
                run.receipt = reader.fetch.receipt.as_dict()


async def _read_each(app: App, reader: PastReader, run: Run, parts: Sequence[Part], report: Report) -> None:
    """Read and store the parts in turn; a large one that is not believed is cut, and its pieces come next."""
    waiting, number = deque(parts), 1
    while waiting:
        part, of = waiting.popleft(), run.counts["of"]
        reading, reasons = await reader.read(part)
        pieces = reader.cut(reading) if reasons else [part]
        if len(pieces) > 1:
            report(PartRead(part, number, of, reasons=reasons, cut=len(pieces)))
            waiting.extendleft(reversed(pieces))
            run.counts |= {"of": of - 1 + len(pieces)}
            continue
        run.reasons = (*run.reasons, *reasons)
        kept, stored = (0, Stored()) if reasons else _store(app, reading, run)
        report(PartRead(part, number, of, kept, stored.new, len(reading.tally.unread), reasons))
        number += 1


def _store(app: App, reading: PastReading, run: Run) -> tuple[int, Stored]:
    """Store what a part has for the archive, and its checkpoint, in one transaction; return how many calls it is."""
    source, part, kept, stored = reading.module.SOURCE, reading.part, 0, Stored()
    with app.db.write() as session:
        event_log.lock_event_log(session)  # a reading that is being stored ends first: what it has seen is its own
        remember(session, source.key, source.publisher, source.home)
        for batch in reading.spool.batches():
            for_archive = _for_archive(session, part, batch)
            kept += len(for_archive)
            stored += store_and_tag(session, app, reading, for_archive, run, quiet=True)
        now = reading.now
        session.add(
            StoredPart(source=source.key, scan=part.scan, from_on=part.from_on, to_on=part.to_on, stored_at=now)
        )
        run.counts = _added(run.counts, asdict(stored) | {"calls": kept, "parts": 1}, reading.tally.unread)
        session.merge(run)
    return kept, stored


def _added(counts: Mapping[str, Any], figures: Mapping[str, int], unread: Mapping[str, str]) -> dict[str, Any]:
    """The counts of a run with those of one more part, and the rows of it that could not be read, by name."""
    examples = dict(list((counts["unread_examples"] | unread).items())[:EXAMPLES])
    added = {name: counts[name] + figure for name, figure in (*figures.items(), ("unread", len(unread)))}
    return {**counts, **added, "unread_examples": examples}


def _for_archive(session: Session, part: Part, batch: Sequence[Seen]) -> list[Seen]:
    """The calls of a batch that opened in the part's own days and that no reading has seen."""
    known = calls.calls_by_key(session, batch[0].facts.source, [seen.facts.key for seen in batch])
    seen_by_readings = {key for key, call in known.items() if not call.backfilled}
    return [seen for seen in batch if part.holds(seen.facts.opens_on) and seen.facts.key not in seen_by_readings]
