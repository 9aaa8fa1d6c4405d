"""Foreseeing: what storing a reading would do, found by storing it in a transaction that is rolled back.

So what is shown beforehand is what happens: the calls that would appear, change and vanish, and how many readers would
be told. Does not say which readings may be stored (`jobs.collecting.quarantine`, `jobs.collecting.reparse`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from db import calls, event_log, strategies, subscribers, versions
from db.calls import Call
from db.event_log import EventKind
from db.runs import Run
from jobs.base.app import App
from jobs.collecting.reading import Reading
from jobs.editions import candidates
from jobs.rulebook.preview import asked_by_readers
from tracker.digests.interests import wanted

MOST_NAMED = 50  # of the calls that appear, change or vanish


@dataclass(frozen=True, slots=True)
class ChangedCall:
    """A call that would be another: the names of its facts that differ, and the news that this makes."""

    call: Call
    fields: tuple[str, ...]
    news: tuple[EventKind, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What storing a reading would do. The first of its calls are named; the numbers count all."""

    new: tuple[Call, ...]
    changed: tuple[ChangedCall, ...]
    withdrawn: tuple[Call, ...]
    numbers: dict[str, int]  # new, changed, withdrawn, missing, events
    readers: int  # that would be told of any of it


def foreseen(app: App, reading: Reading, run: Run, store: Callable[[Session], object]) -> Foreseen:
    """Store a reading, see what is different then, and roll it back."""
    missing = {} if reading.is_past else reading.missing()  # old pages do not say which calls are listed now
    gone = set() if reading.is_past else {known.id for known in reading.gone().values()}
    with app.db.rehearse() as session:
        last_event, last_version = event_log.last_seq(session), versions.newest_version(session)
        store(session)
        session.flush()
        events = event_log.events_after(session, last_event)
        written = versions.versions_after(session, last_version)
        new = [call_id for call_id, _, earlier in written if earlier is None]
        changed = [(number, earlier) for _, number, earlier in written if earlier is not None]
        numbers = {"new": len(new), "changed": len(changed), "withdrawn": len(gone), "missing": len(missing)}
        seen = Foreseen(
            new=_named(session, new),
            changed=tuple(_changed(session, changed[:MOST_NAMED])),
            withdrawn=_named(session, gone),
            numbers=numbers | {"events": len(events)},
            readers=_readers(session, app, last_event) if events else 0,
        )
        session.expunge_all()  # rolling back would empty what was found
        return seen


def _named(session: Session, ids: Collection[int]) -> tuple[Call, ...]:
    found = calls.calls_by_id(session, sorted(ids)[:MOST_NAMED])
    return tuple(found[number] for number in sorted(found))


def _changed(session: Session, pairs: Sequence[tuple[int, int]]) -> Iterator[ChangedCall]:
    numbered = versions.versions_numbered(session, [number for pair in pairs for number in pair])
    ids = [numbered[number].call_id for number, _ in pairs]
    found, events = calls.calls_by_id(session, ids), event_log.events_of_calls(session, ids)
    for number, earlier in pairs:
        one, before = numbered[number], numbered[earlier]
        if call := found.get(one.call_id):
            told = tuple(event.kind for event in events.get(one.call_id, ()) if event.run_id == one.run_id)
            yield ChangedCall(call, differing_fields(before.facts, one.facts), told)


def differing_fields(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """The names of the facts that two stored versions state differently; one that is left out is empty."""
    names = dict.fromkeys([*before, *after])
    return tuple(name for name in names if (before.get(name) or None) != (after.get(name) or None))


def _readers(session: Session, app: App, since: int) -> int:
    """How many active readers want any of the calls with an event after this one."""
    tagged = candidates.of_events(session, since, event_log.last_seq(session), {})
    told = candidates.with_queries(tagged, subscribers.queries(session), app.compiled)
    everyone = asked_by_readers(session, strategies.own_tags(session))
    return sum(
        len(alike) for alike, queries in everyone if any(call.withheld is None for call in wanted(told, queries))
    )
