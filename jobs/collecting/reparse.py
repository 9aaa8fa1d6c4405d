"""Reparse: today's parser over the kept pages of a source: the events it would have made, or its facts without news.

Asks the publisher nothing. Does not tell which calls were withdrawn (the answers to look-ups are no pages) or
opened by the clock alone.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from types import ModuleType
from typing import Any

from db import calls, runs
from db.calls import Call, CallFacts
from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.reading import Reading
from jobs.collecting.spool import Seen, spooled
from jobs.collecting.storing import store
from tracker import sources
from tracker.calls import changes
from tracker.calls.changes import News
from tracker.errors import Code, ParseError, Refusal, SourceError
from tracker.readings.health import Tally
from tracker.readings.page_archive import kept_runs, read_pages
from tracker.sources import Row


@dataclass(frozen=True, slots=True)
class ReplayedEvent:
    """One event that today's parser would have made of a kept run."""

    run_id: int
    at: datetime
    key: str
    title: str
    news: News


@dataclass(slots=True)
class Replayed:
    """What a reparse found. `unread` holds the faults of rows that today's parser cannot read, by key."""

    runs: list[int] = field(default_factory=list)
    events: list[ReplayedEvent] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def rehearse(app: App, key: str, from_on: date | None) -> Replayed:
    """The events that today's parser would have made of the believed readings since a day; nothing is stored.

    The first kept reading is only what the others are held against. Refusal where no pages are kept.
    """
    module = sources.modules(app.settings.sources)[key]
    found = Replayed()
    known: dict[str, Call] = {}
    seen_rows: dict[str, str] = {}  # fingerprint by key: a row that stayed the same is read once
    for run in _kept_runs(app, key, from_on):
        is_first = not found.runs
        found.runs.append(run.id or 0)
        for row in _rows(app, module, run):
            if seen_rows.get(row.key) == row.fingerprint:
                continue
            facts = _facts(module, row, found)
            if facts is None:
                continue
            compared = changes.compare(known.get(row.key), facts, run.started_at, quiet=is_first)
            found.events += [
                ReplayedEvent(run.id or 0, run.started_at, row.key, facts.title, news) for news in compared.news
            ]
            known[row.key] = _as_remembered(compared)
            seen_rows[row.key] = row.fingerprint
    return found


def apply(app: App, key: str, from_on: date | None) -> Run:
    """Store what today's parser reads in the kept pages, each call as its newest page has it; makes no news.

    Calls that are gone stay gone. Refusal where no pages are kept.
    """
    module = sources.modules(app.settings.sources)[key]
    kept = _kept_runs(app, key, from_on)
    with recorded(app.db, "reparse", key, app.clock) as run, spooled() as spool:
        run.parser_version, found = module.SOURCE.version, Replayed()
        taken: set[str] = set()
        for one in reversed(kept):
            for row in _rows(app, module, one):
                facts = None if row.key in taken else _facts(module, row, found)
                taken.add(row.key)
                if facts:
                    spool.add(Seen(row.fingerprint, facts))
        with app.db.write() as session:
            reading = Reading(module, calls.known_calls(session, key), app.clock(), spool, Tally(), is_past=True)
            stored = store(session, app, reading, run, quiet=True)
        run.counts = {"runs": len(kept), "calls": len(taken), "unread": len(found.unread)} | asdict(stored)
    return run


def _kept_runs(app: App, key: str, from_on: date | None) -> list[Run]:
    """The believed readings of a source since a day whose pages are kept, oldest first."""
    with app.db.read() as session:
        believed = runs.readings(session, key, None)
    since = [run for run in reversed(believed) if from_on is None or changes.brussels_day(run.started_at) >= from_on]
    there = kept_runs(app.files, key)
    kept = [run for run in since if run.verdict is Verdict.ACCEPTED and str(run.id) in there]
    if not kept:
        raise Refusal(Code.NO_PAGES_SINCE, source=key, since=from_on) if from_on else Refusal(Code.NO_PAGES, source=key)
    return kept


def _rows(app: App, module: ModuleType, run: Run) -> Iterator[Row]:
    """The rows of a kept reading; a page that today's parser takes for none ends the reparse with its run's name."""
    try:
        for page in read_pages(app.files, module.SOURCE.key, str(run.id)):
            yield from module.rows(page)
    except SourceError as error:
        raise Refusal(Code.PAGES_UNREADABLE, run=run.id, why=error) from error


def _facts(module: ModuleType, row: Row, found: Replayed) -> CallFacts | None:
    try:
        facts: CallFacts = module.facts(row)
    except ParseError as error:
        found.unread[row.key] = error.detail
        return None
    return facts


def _as_remembered(compared: changes.Comparison) -> Call:
    ours: dict[str, Any] = {"status": compared.status, "closes_on": compared.closes_on, "withdrawn_at": None}
    return Call.model_construct(**vars(compared.facts), **ours)
