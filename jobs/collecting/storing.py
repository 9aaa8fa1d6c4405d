"""Storing: compare, tag and store what a believed reading changes, in the caller's transaction.

Does not decide what is believed (`jobs.collecting.judging`), what is news (`tracker.calls.changes`) or what a call is
about (`tracker.tagging`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add

from sqlmodel import Session

from db import calls, event_log
from db.calls import Call, CallFacts, CallTracking, NewVersion
from db.event_log import EventKind, NewEvent
from db.runs import Run, RunReason, Verdict
from db.sources import remember
from jobs.base.app import App
from jobs.collecting.duplicates import join_new, untold
from jobs.collecting.overrides import keep_overrides
from jobs.collecting.reading import Reading
from jobs.collecting.spool import Seen
from jobs.rulebook.eligibility import derive_calls
from jobs.rulebook.tagging import tag_calls
from tracker.calls import changes
from tracker.calls.changes import Comparison, News
from tracker.readings import health


@dataclass(frozen=True, slots=True)
class Stored:
    """The number of new calls, and of the versions and events made."""

    new: int = 0
    versions: int = 0
    events: int = 0

    def __add__(self, other: "Stored") -> "Stored":
        return Stored(self.new + other.new, self.versions + other.versions, self.events + other.events)


def store_accepted(session: Session, app: App, reading: Reading, run: Run) -> None:
    """Store everything that a believed reading changes, and the run's verdict."""
    source = reading.module.SOURCE
    event_log.lock_event_log(session)
    remember(session, source.key, source.publisher, source.home)
    stored = store(session, app, reading, run, quiet=run.baseline)
    absent, withdrawn, withdrawal_events = _note_absent(session, reading, run)
    opened = _turn_by_clock(session, reading, run)
    counted = asdict(stored + Stored(events=withdrawal_events + opened)) | {"absent": absent, "withdrawn": withdrawn}
    run.counts = run.counts | counted
    run.verdict = Verdict.ACCEPTED
    session.merge(run)


def flood_of_changes(session: Session, reading: Reading, run: Run) -> RunReason | None:
    """The reason to roll back what was just stored: too many known calls changed at once; None if there is none."""
    return health.flood(event_log.changed_calls(session, run.id or 0, changes.CHANGES), reading.tally.live)


def store(session: Session, app: App, reading: Reading, run: Run, *, quiet: bool) -> Stored:
    """Compare, store and tag every changed call; `quiet` makes no events."""
    stored = [store_and_tag(session, app, reading, batch, run, quiet=quiet) for batch in reading.spool.batches()]
    return reduce(add, stored, Stored())


def store_and_tag(session: Session, app: App, reading: Reading, batch: list[Seen], run: Run, *, quiet: bool) -> Stored:
    """Compare and store one batch, derive who may apply, and tag it."""
    if not batch:
        return Stored()
    changed, stored = store_batch(session, reading, batch, run, quiet=quiet)
    derive_calls(session, app, changed)
    tag_calls(session, app.compiled, changed, reading.now)
    return stored


def store_batch(
    session: Session, reading: Reading, batch: list[Seen], run: Run, *, quiet: bool
) -> tuple[dict[int, CallFacts], Stored]:
    """Compare and store one batch; return the facts of the calls that differ, by our id, and the counts."""
    known = calls.calls_by_key(session, reading.module.SOURCE.key, [seen.facts.key for seen in batch])
    read = keep_overrides(session, batch, known)
    known = {key: call for key, call in known.items() if call.backfilled == reading.is_backfill}
    compared = [(seen, known.get(seen.facts.key), _compare(known, seen, reading, quiet)) for seen in read]
    rows = [(comparison.facts, _tracking(seen, call, comparison, reading)) for seen, call, comparison in compared]
    ids = calls.upsert_calls(session, rows)
    changed = {ids[comparison.facts.key]: comparison.facts for _, _, comparison in compared if comparison.differs}
    new_facts = [seen.with_facts(comparison.facts) for seen, _, comparison in compared if comparison.differs]
    calls.add_versions(session, [_version(ids[seen.facts.key], seen, run, reading) for seen in new_facts])
    new = [ids[comparison.facts.key] for _, call, comparison in compared if call is None]
    elsewhere = join_new(session, new, reading.now)  # known from another source before
    news_of_calls = [(ids[comparison.facts.key], news) for _, _, comparison in compared for news in comparison.news]
    events = [_event(call_id, news, run, reading) for call_id, news in news_of_calls if call_id not in elsewhere]
    return changed, Stored(len(new), len(changed), _tell(session, events))


def _compare(known: dict[str, Call], seen: Seen, reading: Reading, quiet: bool) -> Comparison:
    call = known.get(seen.facts.key)
    is_new_parser = call is not None and call.parser_version != reading.module.SOURCE.version
    return changes.compare(call, seen.facts, reading.now, quiet=quiet or is_new_parser)


def _tracking(seen: Seen, call: Call | None, comparison: Comparison, reading: Reading) -> CallTracking:
    stays = call if reading.is_past else None
    return CallTracking(
        fingerprint=seen.fingerprint,
        parser_version=reading.module.SOURCE.version,
        status=comparison.status,
        closes_on=comparison.closes_on,
        first_seen_at=call.first_seen_at if call else reading.now,
        changed_at=reading.now if call is None or comparison.differs else call.changed_at,
        absent_runs=stays.absent_runs if stays else 0,
        absent_since=stays.absent_since if stays else None,
        withdrawn_at=stays.withdrawn_at if stays else None,
        backfilled=reading.is_backfill,
    )


def _version(call_id: int, seen: Seen, run: Run, reading: Reading) -> NewVersion:
    return NewVersion(
        call_id=call_id,
        run_id=run.id or 0,
        seen_at=reading.now,
        parser_version=run.parser_version or 0,
        facts=seen.as_json(),
    )


def _event(call_id: int, news: News, run: Run, reading: Reading) -> NewEvent:
    return NewEvent(call_id=call_id, run_id=run.id or 0, kind=news.kind, at=reading.now, old=news.old, new=news.new)


def _note_absent(session: Session, reading: Reading, run: Run) -> tuple[int, int, int]:
    """Record absences; return the numbers of absent calls, of withdrawn calls, and of the events made of it."""
    missing = reading.missing()
    calls.count_absence(session, [known.id for known in missing.values()], reading.now)
    withdrawn = calls.withdraw(session, [known.id for known in reading.gone().values()], reading.now)
    news = News(EventKind.WITHDRAWN)
    events = _tell(session, [_event(call_id, news, run, reading) for call_id in withdrawn])
    return len(missing), len(withdrawn), events


def _turn_by_clock(session: Session, reading: Reading, run: Run) -> int:
    """Open and close calls by date, even if their rows did not change; return the number of events made."""
    key = reading.module.SOURCE.key
    calls.close_by_clock(session, key, reading.on)
    opened: Sequence[int] = calls.open_by_clock(session, key, reading.on)
    if run.baseline:
        return 0
    news = News(EventKind.OPENED)
    return _tell(session, [_event(call_id, news, run, reading) for call_id in opened])


def _tell(session: Session, events: Sequence[NewEvent]) -> int:
    """Append the events that no joined call of another source has had; return how many."""
    news = untold(session, events)
    event_log.add_events(session, news)
    return len(news)
