"""Collect: pages → parse → check → compare → tag → store, one transaction a run.

A reading is judged before anything of it is stored: while its pages come in, changed calls wait in a spool and
unchanged ones are recognised by their fingerprints. Does not decide what is believed (`tracker.health`), what is news
(`tracker.changes`) or what a call is about (`tracker.tagging`).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from sqlmodel import Session

from db import calls, runs
from db.calls import Call, CallFacts, CallStatus, EventKind, KnownCall
from db.runs import Run, RunReason, Verdict
from db.sources import remember
from jobs.aliases import join_new, untold
from jobs.desk import Desk
from jobs.edits import keep_edits
from jobs.notices import conclude
from jobs.retag import tag_calls
from jobs.runs import recorded
from jobs.spool import Seen, Spool, spooled
from tracker import canaries, changes, health, sources, trouble
from tracker.answers import AnswerStore
from tracker.canaries import Opening
from tracker.changes import Comparison
from tracker.errors import ParseError, RunQuarantined, SourceError
from tracker.fetch import Answer, Fetcher, Hosts
from tracker.health import Counts, Glance, Tally
from tracker.pages import PageStore
from tracker.sources import Page, Row, SourceSettings, Wanted

GONE_AFTER = 2  # accepted readings in a row without a call
CHANGES = (
    *(EventKind.DEADLINE_EARLIER, EventKind.DEADLINE_LATER, EventKind.CUTOFFS),
    *(EventKind.BUDGET, EventKind.RETITLED, EventKind.TEXT),
)
MOST_LOOKED_UP = 200  # in one run; the rest waits for the next one


@dataclass(slots=True)
class Reading:
    """One reading of a source while it goes on."""

    module: ModuleType
    known: dict[str, KnownCall]
    now: datetime
    spool: Spool
    tally: Tally
    gone_after: timedelta = timedelta(0)  # how long a call must be missing before it is withdrawn
    is_past: bool = False  # kept pages: which calls are there now is known better
    on: date = field(init=False)  # the calendar day in Brussels
    identifiers: set[str] = field(default_factory=set)  # of the calls that were read, not of the unchanged ones
    openings: list[Opening] = field(default_factory=list)  # of these, too, as far as they are lately or ahead
    postponed: frozenset[str] = frozenset()  # vanished calls that this run had no room to look up

    def __post_init__(self) -> None:
        self.on = changes.today(self.now)

    def take(self, page: Page) -> None:
        """Count a page's rows and put aside those that changed."""
        self.tally.add_page(page)
        for row in self.module.rows(page):
            if self.tally.add_row(page, row.key):
                self._take_row(row)

    def _take_row(self, row: Row) -> None:
        known = self.known.get(row.key)
        if known and is_unchanged(known, row, self.module.SOURCE.version):
            self.tally.add_glance(_known_glance(known), self.on, _known_glance(known), row.key)
            return
        facts = self.put_aside(row)
        if facts:
            glance = Glance(changes.closes_on(facts), facts.claimed_status, bool(facts.text))
            self.tally.add_glance(glance, self.on, _known_glance(known) if known else None, row.key)

    def put_aside(self, row: Row) -> CallFacts | None:
        """Read a record and keep what it says for after the judgement; None where it cannot be read."""
        try:
            facts: CallFacts = self.module.facts(row)
        except ParseError as error:
            self.tally.add_unread(row.key, error.detail)
            return None
        self.spool.add(Seen(row.fingerprint, facts))
        if facts.identifier:
            self.identifiers.add(facts.identifier)
        if facts.opens_on and facts.opens_on >= self.on - canaries.LATE:
            self.openings.append(Opening(facts.key, facts.identifier, facts.programme, facts.opens_on))
        return facts


def _known_glance(known: KnownCall) -> Glance:
    return Glance(known.closes_on, known.claimed_status, known.has_text)


def is_unchanged(known: KnownCall, row: Row, version: int) -> bool:
    """Whether a row need not be read again: same words, same parser, and it was there all along."""
    is_same = known.fingerprint == row.fingerprint and known.parser_version == version
    return is_same and known.absent_runs == 0 and known.withdrawn_at is None


def enabled_sources(desk: Desk) -> list[str]:
    """The keys of the sources that the configuration does not switch off."""
    return [key for key in sources.modules(desk.settings.sources) if desk.settings.source(key).enabled]


def due_sources(desk: Desk) -> list[str]:
    """Those of them that the schedule reads now: one in trouble is left alone for a while, a day at most."""
    now = desk.clock()
    with desk.db.read() as session:
        found = [runs.coverage(session, key) for key in enabled_sources(desk)]
    return [one.source for one in found if trouble.is_due(one.troubled_runs, one.tried_at, now)]


async def collect_all(desk: Desk, keys: Sequence[str]) -> list[Run]:
    """Read these sources side by side, each host one request at a time; one that fails does not stop the others.

    What is no verdict on a source but a fault of ours is raised when all have ended.
    """
    hosts = Hosts()
    ended = await asyncio.gather(*(collect(desk, key, hosts) for key in keys), return_exceptions=True)
    found = [run for run in ended if isinstance(run, Run)]
    conclude(desk.db, found, desk.clock())
    for error in ended:
        if isinstance(error, BaseException):
            raise error
    return found


async def collect(desk: Desk, key: str, hosts: Hosts) -> Run:
    """Read one source and store what it says, if it is believed. The run's verdict tells what came of it."""
    module = sources.modules(desk.settings.sources)[key]
    with recorded(desk.db, "collect", key, desk.clock) as run, spooled() as spool:
        now = desk.clock()
        run.parser_version = module.SOURCE.version
        with desk.db.read() as session:
            run.baseline = not runs.accepted_readings(session, key, most=1)
            known = calls.known_calls(session, key)
        reading = Reading(module, known, now, spool, Tally(), timedelta(days=desk.settings.source(key).gone_after_days))
        answers = AnswerStore(desk.settings.data.dir, key)
        await _read_and_judge(desk, reading, run, hosts, answers)
        if not run.reasons:
            with desk.db.write() as session:
                judged = run.counts
                store_accepted(session, desk, reading, run)
                if reason := _flood(session, reading, run):
                    run.counts = judged
                    raise RunQuarantined(key, reason.name, reason.detail)  # which takes back all that was stored
            answers.keep()
    return run


async def _read_and_judge(desk: Desk, reading: Reading, run: Run, hosts: Hosts, answers: AnswerStore) -> None:
    key = reading.module.SOURCE.key
    source_settings = desk.settings.source(key)
    with PageStore(desk.settings.data.dir, key, str(run.id), desk.clock) as kept:
        async with open_fetcher(desk, key, kept.received, hosts, answers) as fetch:
            is_whole = False
            try:
                async for page in reading.module.pages(fetch, source_settings, Wanted()):
                    kept.add(page)
                    reading.take(page)
                is_whole = True
                run.reasons = _judge(desk, reading, source_settings)
                if not run.reasons:
                    await _look_up(fetch, source_settings, reading)
            finally:
                run.counts = reading.tally.counts() | {"changed": reading.spool.count, "whole": is_whole}
                run.receipt = fetch.receipt.as_dict()
    if run.reasons:
        run.verdict = Verdict.QUARANTINED


def open_fetcher(
    desk: Desk,
    key: str,
    keep: Callable[[Answer], None] | None = None,
    hosts: Hosts | None = None,
    memory: AnswerStore | None = None,
) -> Fetcher:
    """The door to one source's publisher. Use it as an async context."""
    settings = desk.settings
    allowed = own_hosts(settings.source(key))
    return Fetcher(settings.fetch, key, now=desk.clock, keep=keep, allow_hosts=allowed, hosts=hosts, memory=memory)


def own_hosts(settings: SourceSettings) -> set[str]:
    """The hosts that a source's configuration names: they may be private, e.g. a local replay."""
    values = [value for value in settings.model_dump().values() if isinstance(value, str)]
    return {host for value in values if (host := urlsplit(value).hostname)}


def _judge(desk: Desk, reading: Reading, settings: SourceSettings) -> tuple[RunReason, ...]:
    source = reading.module.SOURCE
    with desk.db.read() as session:
        reading.tally.canaries_missing = _canaries_missing(session, reading, settings.canaries)
        _count_lost(reading)
        accepted = [run.counts for run in _comparable(runs.accepted_readings(session, source.key))]
        if settings.season:
            _look_for_the_season(session, reading, accepted)
    return health.check(settings.bounds(source.bounds), reading.tally.counts(), accepted)


def _canaries_missing(session: Session, reading: Reading, wanted: Sequence[str]) -> tuple[str, ...]:
    """The canaries (keys or identifiers) that this reading lacks; those of calls that are over are not asked for."""
    if not wanted:
        return ()
    keys = calls.keys_identified(session, reading.module.SOURCE.key, wanted)
    found = reading.tally.seen | reading.identifiers
    missing = []
    for canary in wanted:
        meant = keys.get(canary, set()) | {canary}
        known = [reading.known[key] for key in meant if key in reading.known]
        is_over = bool(known) and not any(is_missed(one, reading.on) for one in known)
        if not is_over and not meant & found:
            missing.append(canary)
    return tuple(missing)


def _look_for_the_season(session: Session, reading: Reading, accepted: Sequence[Counts]) -> None:
    """Which families of calls should have come by now, and which did not; what a person accepted stays accepted."""
    known = calls.openings(session, reading.module.SOURCE.key, canaries.windows(reading.on))
    openings = [*(Opening(*one) for one in known), *reading.openings]
    tally = reading.tally
    tally.due, tally.overdue = canaries.missing(openings, tally.seen, reading.on)
    forgiven = accepted[0].get("season", {}).get("forgiven", ()) if accepted else ()
    tally.forgiven = tally.overdue & frozenset(forgiven)


def _comparable(accepted: Sequence[Run]) -> Iterator[Run]:
    """The readings, newest first, back to one that a person accepted against our doubts: it set a new measure."""
    for run in accepted:
        yield run
        if run.reasons:
            return


def is_missed(known: KnownCall, on: date) -> bool:
    """Whether a call's absence says anything: it should still be listed, and is not known to be gone."""
    is_over = known.status is CallStatus.CLOSED or (known.closes_on is not None and known.closes_on < on)
    return not is_over and known.withdrawn_at is None


def _count_lost(reading: Reading) -> None:
    """The calls of the reading before that should still be listed, and those of them that are not."""
    live = [key for key, known in reading.known.items() if not known.absent_runs and is_missed(known, reading.on)]
    reading.tally.live = len(live)
    reading.tally.lost = tuple(key for key in live if key not in reading.tally.seen)


def _missing(reading: Reading) -> dict[str, KnownCall]:
    return {
        key: known
        for key, known in reading.known.items()
        if key not in reading.tally.seen and is_missed(known, reading.on)
    }


def gone(reading: Reading) -> dict[str, KnownCall]:
    """Calls that would now be withdrawn."""
    return {
        key: known
        for key, known in _missing(reading).items()
        if has_gone(known, reading.now, reading.gone_after) and key not in reading.postponed
    }


def has_gone(known: KnownCall, now: datetime, gone_after: timedelta) -> bool:
    """Whether one more absence makes a call withdrawn: the second in a row at least, and so long after the first.

    The portal's index loses calls for up to three days: of 53 that were missing twice in a row in two recorded
    months, all 53 came back.
    """
    is_again = known.absent_runs + 1 >= GONE_AFTER and known.absent_since is not None
    return is_again and now - (known.absent_since or now) >= gone_after


async def _look_up(fetch: Fetcher, settings: Any, reading: Reading) -> None:
    """Ask for vanished calls by name, where the source can: what is found was never gone."""
    vanished = sorted(gone(reading))
    if not vanished or not hasattr(reading.module, "lookup"):
        return
    try:
        found = await reading.module.lookup(fetch, settings, vanished[:MOST_LOOKED_UP])
        reading.postponed = frozenset(vanished[MOST_LOOKED_UP:])
    except SourceError as error:  # the reading itself is sound; who was not looked up is not gone yet
        reading.tally.add_unread("look-up", error.detail)
        reading.postponed = frozenset(vanished)
        return
    for row in found:
        reading.tally.seen.add(row.key)
        reading.put_aside(row)


def store_accepted(session: Session, desk: Desk, reading: Reading, run: Run) -> None:
    """Everything a believed reading changes, and its verdict."""
    source = reading.module.SOURCE
    calls.become_only_writer(session)
    remember(session, source.key, source.publisher, source.home)
    counts = store(session, desk, reading, run, reading.now, quiet=run.baseline)
    counts.update(_note_absent(session, reading, run, reading.now))
    counts["events"] += _turn_by_clock(session, reading, run, reading.now)
    run.counts = run.counts | counts
    run.verdict = Verdict.ACCEPTED
    session.merge(run)


def _flood(session: Session, reading: Reading, run: Run) -> RunReason | None:
    """Why what was just stored is not to stay: too much of what we know changed at once."""
    return health.flood(calls.changed_calls(session, run.id or 0, CHANGES), reading.tally.live)


def store(session: Session, desk: Desk, reading: Reading, run: Run, now: datetime, *, quiet: bool) -> Counter[str]:
    """Compare, store and tag every changed call; how many were new, and how many versions and events were made."""
    counts = Counter(new=0, versions=0, events=0)
    for batch in reading.spool.batches():
        changed = store_batch(session, reading, batch, run, now, counts, quiet=quiet)
        tag_calls(session, desk.tagger, changed, now)
    return counts


def store_batch(
    session: Session, reading: Reading, batch: list[Seen], run: Run, now: datetime, counts: Counter[str], *, quiet: bool
) -> dict[int, CallFacts]:
    """Compare and store some changed calls, adding to `counts`; the facts of those that differ, by our id."""
    known = calls.calls_by_key(session, reading.module.SOURCE.key, [seen.facts.key for seen in batch])
    kept = keep_edits(session, batch, known)
    compared = [(seen, known.get(seen.facts.key), _compare(known, seen, reading, now, quiet)) for seen in kept]
    rows = [_call_row(seen, call, comparison, reading, now) for seen, call, comparison in compared]
    ids = calls.upsert_calls(session, rows)
    changed = {ids[found.facts.key]: found.facts for _, _, found in compared if found.differs}
    calls.add_versions(session, [_version_row(i, facts, run, now) for i, facts in changed.items()])
    new = [ids[found.facts.key] for _, call, found in compared if call is None]
    elsewhere = join_new(session, new, now)  # another source has told of them before
    told = [(ids[found.facts.key], news) for _, _, found in compared for news in found.news]
    events = [_event_row(call_id, news, run, now) for call_id, news in told if call_id not in elsewhere]
    counts.update(new=len(new), versions=len(changed), events=_tell(session, events))
    return changed


def _compare(known: dict[str, Call], seen: Seen, reading: Reading, now: datetime, quiet: bool) -> Comparison:
    call = known.get(seen.facts.key)
    is_new_parser = call is not None and call.parser_version != reading.module.SOURCE.version
    return changes.compare(call, seen.facts, now, quiet=quiet or is_new_parser)


def _call_row(seen: Seen, call: Call | None, found: Comparison, reading: Reading, now: datetime) -> dict[str, Any]:
    stays = call if reading.is_past else None
    ours = {
        "fingerprint": seen.fingerprint,
        "parser_version": reading.module.SOURCE.version,
        "status": found.status,
        "closes_on": found.closes_on,
        "first_seen_at": call.first_seen_at if call else now,
        "changed_at": now if call is None or found.differs else call.changed_at,
        "absent_runs": stays.absent_runs if stays else 0,
        "absent_since": stays.absent_since if stays else None,
        "withdrawn_at": stays.withdrawn_at if stays else None,
    }
    return vars(found.facts) | ours


def _version_row(call_id: int, facts: CallFacts, run: Run, now: datetime) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "run_id": run.id,
        "seen_at": now,
        "parser_version": run.parser_version,
        "facts": facts.model_dump(mode="json"),
    }


def _event_row(call_id: int, news: changes.News, run: Run, now: datetime) -> dict[str, Any]:
    return {"call_id": call_id, "run_id": run.id, "kind": news.kind, "at": now, "old": news.old, "new": news.new}


def _note_absent(session: Session, reading: Reading, run: Run, now: datetime) -> dict[str, int]:
    """How many calls were absent, how many of them are withdrawn, and the events made of it."""
    missing = _missing(reading)
    calls.count_absence(session, [known.id for known in missing.values()], now)
    withdrawn = calls.withdraw(session, [known.id for known in gone(reading).values()], now)
    news = changes.News(EventKind.WITHDRAWN)
    told = _tell(session, [_event_row(call_id, news, run, now) for call_id in withdrawn])
    return {"absent": len(missing), "withdrawn": len(withdrawn), "events": told}


def _turn_by_clock(session: Session, reading: Reading, run: Run, now: datetime) -> int:
    """Days open and close calls whose rows did not change; how many events that made."""
    key = reading.module.SOURCE.key
    calls.close_by_clock(session, key, reading.on)
    opened: Sequence[int] = calls.open_by_clock(session, key, reading.on)
    if run.baseline:
        return 0
    news = changes.News(EventKind.OPENED)
    return _tell(session, [_event_row(call_id, news, run, now) for call_id in opened])


def _tell(session: Session, events: Sequence[dict[str, Any]]) -> int:
    """Number the events that no other source's word on the same calls has told; how many they are."""
    news = untold(session, events)
    calls.add_events(session, news)
    return len(news)
