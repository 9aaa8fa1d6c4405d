"""Reparse: run today's parser over the kept pages of a source, to show the events it would make or to store its facts.

Asks the publisher nothing. The events leave out withdrawals (look-ups are not kept as pages) and openings by the clock.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from types import ModuleType
from typing import Any

from sqlmodel import Session

from db import audit, calls, runs
from db.acts import Act
from db.audit import Signed
from db.calls import Call, CallFacts
from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.foreseeing import Foreseen, foreseen
from jobs.collecting.reading import Reading
from jobs.collecting.spool import Seen, Spool, spooled
from jobs.collecting.storing import store
from tracker import sources
from tracker.calls import changes
from tracker.calls.changes import News
from tracker.errors import Code, ParseError, Refusal, SourceError
from tracker.readings.health import Tally
from tracker.readings.page_archive import kept_runs, read_pages
from tracker.sources import Row
from tracker.sources.walls import facts_of, rows_of

JOB = "reparse"


@dataclass(frozen=True, slots=True)
class ReplayedEvent:
    """One event that today's parser would have made of a kept reading."""

    run_id: int
    at: datetime
    key: str
    title: str
    news: News


@dataclass(slots=True)
class Replayed:
    """The result of a reparse. `unread` has the errors of rows that today's parser cannot read, by key."""

    runs: list[int] = field(default_factory=list)
    events: list[ReplayedEvent] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)


def rehearse(app: App, key: str, from_on: date | None) -> Replayed:
    """Replay the believed readings since a day: the events that today's parser would have made; nothing is stored.

    The first kept reading is only the baseline for the others. Refusal if no pages are kept.
    """
    module = sources.module_of(key, app.settings.sources)
    replayed = Replayed()
    known: dict[str, Call] = {}
    seen_rows: dict[str, str] = {}  # fingerprint by key: an unchanged row is parsed once
    for run in _kept_runs(app, key, from_on):
        is_first = not replayed.runs
        replayed.runs.append(run.id or 0)
        for row in _rows(app, module, run):
            if seen_rows.get(row.key) == row.fingerprint:
                continue
            facts = _facts(module, row, replayed)
            if facts is None:
                continue
            compared = changes.compare(known.get(row.key), facts, run.started_at, quiet=is_first)
            replayed.events += [
                ReplayedEvent(run.id or 0, run.started_at, row.key, facts.title, news) for news in compared.news
            ]
            known[row.key] = _as_remembered(compared)
            seen_rows[row.key] = row.fingerprint
    return replayed


def apply(app: App, key: str, from_on: date | None, signed: Signed) -> Run:
    """Store what today's parser reads in the kept pages, each call from its newest page; makes no news.

    Withdrawn calls stay withdrawn. Refusal if no pages are kept.
    """
    past_runs = _kept_runs(app, key, from_on)
    with recorded(app.db, JOB, key, app.clock) as run, spooled() as spool:
        reading, replayed = _read_again(app, key, past_runs, spool)
        run.parser_version = reading.module.SOURCE.version
        with app.db.write() as session:
            stored = store(session, app, reading, run, quiet=True)
            told = {"run": run.id, "calls": len(reading.tally.seen), "versions": stored.versions}
            since = {"from": from_on and from_on.isoformat()}
            audit.append_audit(session, signed, Act.REPARSED, f"source {key}", told | since)
        counts = {"runs": len(past_runs), "calls": len(reading.tally.seen), "unread": len(replayed.unread)}
        run.counts = counts | asdict(stored)
    return run


def foresee(app: App, key: str, from_on: date | None) -> Foreseen:
    """What `apply` would do; nothing is stored. Refusal if no pages are kept."""
    past_runs = _kept_runs(app, key, from_on)
    run = Run(job=JOB, subject=key, started_at=app.clock(), verdict=Verdict.RUNNING)
    with spooled() as spool:
        reading, _ = _read_again(app, key, past_runs, spool)
        run.parser_version = reading.module.SOURCE.version

        def put(session: Session) -> None:
            session.add(run)
            session.flush()
            store(session, app, reading, run, quiet=True)

        return foreseen(app, reading, run, put)


def last_kept_day(app: App, key: str) -> date:
    """The day of the newest believed reading whose pages are kept. Refusal if there is none."""
    return changes.brussels_day(_kept_runs(app, key, None)[-1].started_at)


def _read_again(app: App, key: str, past_runs: Sequence[Run], spool: Spool) -> tuple[Reading, Replayed]:
    """Put aside what today's parser reads in these runs, each call from its newest page."""
    module, replayed = sources.module_of(key, app.settings.sources), Replayed()
    with app.db.read() as session:
        known = calls.known_calls(session, key)
    reading = Reading(module, known, app.clock(), spool, Tally(), is_past=True)
    taken = reading.tally.seen
    for past_run in reversed(past_runs):
        for row in _rows(app, module, past_run):
            facts = None if row.key in taken else _facts(module, row, replayed)
            taken.add(row.key)
            if facts:
                spool.add(Seen(row.fingerprint, facts))
    return reading, replayed


def _kept_runs(app: App, key: str, from_on: date | None) -> list[Run]:
    """The believed readings of a source since a day whose pages are kept, oldest first. Refusal if there are none."""
    with app.db.read() as session:
        believed = runs.readings(session, key, None)
    since = [run for run in reversed(believed) if from_on is None or changes.brussels_day(run.started_at) >= from_on]
    archived = kept_runs(app.files, key)
    replayable = [run for run in since if run.verdict is Verdict.ACCEPTED and str(run.id) in archived]
    if not replayable:
        raise Refusal(Code.NO_PAGES_SINCE, source=key, since=from_on) if from_on else Refusal(Code.NO_PAGES, source=key)
    return replayable


def _rows(app: App, module: ModuleType, run: Run) -> Iterator[Row]:
    """The rows of a kept reading. Refusal, naming the run, if today's parser refuses a page."""
    try:
        for page in read_pages(app.files, module.SOURCE.key, str(run.id)):
            yield from rows_of(module, page)
    except SourceError as error:
        raise Refusal(Code.PAGES_UNREADABLE, run=run.id, why=error) from error


def _facts(module: ModuleType, row: Row, replayed: Replayed) -> CallFacts | None:
    try:
        facts = facts_of(module, row)
    except ParseError as error:
        replayed.unread[row.key] = error.detail
        return None
    return facts


def _as_remembered(compared: changes.Comparison) -> Call:
    tracking: dict[str, Any] = {"status": compared.status, "closes_on": compared.closes_on, "withdrawn_at": None}
    return Call.model_construct(**vars(compared.facts), **tracking)
