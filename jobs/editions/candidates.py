"""Reach: the calls that an edition may have to tell somebody of, with their reasons, events and other sources.

Reads them once for all readers. Does not decide who is told what (`tracker.digests.interests`,
`tracker.digests.selection`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from db import calls, duplicates, event_log, strategies
from db.calls import Call, CallStatus
from db.event_log import CallEvent
from db.strategies import Rule, Spearhead, Strategy, Tagging, Weight
from jobs.base.compiled_rules import CompiledRules
from tracker.calls.changes import remembered
from tracker.digests.interests import QUERY, Reason, Tagged
from tracker.tagging.documents import from_facts
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import Index, compile_rules, tag
from tracker.tagging.rulebook import Rulebook

Names = Mapping[str, Mapping[str, str]]  # spearhead → language → name
EVER = date(1, 1, 1)


def of_events(session: Session, since: int, upto: int, names: Names, only: Collection[int] = ()) -> list[Tagged]:
    """Every call with an event after `since` up to `upto` (of these alone, where any are named)."""
    found, events = _happened(session, since, upto, only)
    return _tagged(session, found, events, names)


def _happened(
    session: Session, since: int, upto: int, only: Collection[int]
) -> tuple[dict[int, Call], dict[int, list[CallEvent]]]:
    events: dict[int, list[CallEvent]] = {}
    found: dict[int, Call] = {}
    for event, call in event_log.events_after(session, since, upto):
        if not only or event.seq in only:
            found[event.call_id] = call
            events.setdefault(event.call_id, []).append(event)
    return found, events


def each_alone(
    session: Session, since: int, upto: int, names: Names, only: Collection[int], tagged_before: datetime
) -> list[Tagged]:
    """Every call with such an event by itself, whatever other sources say, with the spearheads it had at an instant."""
    found, events = _happened(session, since, upto, only)
    tags = strategies.taggings_of(session, list(found))
    had = {i: [one for one in some if one.tagged_at <= tagged_before] for i, some in tags.items()}
    return [Tagged(call, reasons(had.get(i, ()), names), tuple(events[i])) for i, call in sorted(found.items())]


def of_calls(session: Session, call_ids: Collection[int], names: Names) -> list[Tagged]:
    """These calls, without events."""
    return _tagged(session, calls.calls_by_id(session, call_ids), {}, names)


def closing(session: Session, known: Sequence[Tagged], on: date, lead: int, names: Names) -> list[Tagged]:
    """These calls, and those beside them that close within so many days."""
    have = {call_id for one in known for call_id in one.ids}
    more = calls.closing_between(session, on, on + timedelta(days=lead))
    return [*known, *_tagged(session, {i: call for i, call in more.items() if i not in have}, {}, names)]


def open_now(session: Session, known: Sequence[Tagged], on: date, names: Names) -> list[Tagged]:
    """These calls, and every other one that is open or to come on this day."""
    have = {call_id for one in known for call_id in one.ids}
    more = calls.list_calls(session, (CallStatus.OPEN, CallStatus.FORTHCOMING), "", None, None, on)
    rest = {c.id: c for c in more if c.id is not None and c.id not in have and c.withdrawn_at is None}
    return [*known, *_tagged(session, rest, {}, names)]


def _tagged(
    session: Session, found: Mapping[int, Call], events: Mapping[int, Sequence[CallEvent]], names: Names
) -> list[Tagged]:
    """Calls with their spearheads and events; those that are the same call come as one."""
    partners = duplicates.partners(session, found)
    beside = {i for some in partners.values() for i in some} - found.keys()
    everyone = {**found, **calls.calls_by_id(session, beside)}
    tags = strategies.taggings_of(session, list(everyone))
    groups = sorted({frozenset({i}) | partners.get(i, frozenset()) for i in found}, key=min)
    return [_as_one([everyone[i] for i in sorted(group)], events, tags, names) for group in groups]


def _as_one(
    same: Sequence[Call],
    events: Mapping[int, Sequence[CallEvent]],
    tags: Mapping[int, Sequence[Tagging]],
    names: Names,
) -> Tagged:
    """One call as its first source that still has it tells it; the others are named beside it."""
    first, *also = sorted(same, key=lambda c: (c.withdrawn_at is not None, c.status is CallStatus.CLOSED, c.id))
    why = {r.spearhead: r for call in (*also, first) for r in reasons(tags.get(call.id or 0, ()), names)}
    happened = sorted((e for call in same for e in events.get(call.id or 0, ())), key=lambda e: e.seq or 0)
    return Tagged(first, tuple(why.values()), tuple(happened), tuple(also))


def reasons(taggings: Iterable[Tagging], names: Names) -> tuple[Reason, ...]:
    """The spearheads of a call, each once though several strategies may have it, with the words that matched."""
    strongest: dict[str, Tagging] = {}
    for tagging in taggings:
        strongest.setdefault(tagging.spearhead, tagging)
    return tuple(
        Reason(key, tuple(names.get(key, {}).items()), quoted_words(tagging.evidence))
        for key, tagging in strongest.items()
    )


def with_queries(found: Sequence[Tagged], lines: Sequence[str], compiled: CompiledRules) -> list[Tagged]:
    """These calls with a reason more for every line of readers' own that they meet."""
    if not lines:
        return list(found)
    index = compile_rules(_book_of(lines), compiled.lemmas)
    return [replace(one, reasons=(*one.reasons, *_met(one, lines, index))) for one in found]


def _met(one: Tagged, lines: Sequence[str], index: Index) -> list[Reason]:
    tags = {
        found.spearhead: found for call in (*one.also, one.call) for found in tag(index, from_facts(remembered(call)))
    }
    return [Reason(QUERY + lines[int(key)], (), quoted_words(found.evidence)) for key, found in sorted(tags.items())]


def _book_of(lines: Sequence[str]) -> Rulebook:
    """Readers' lines as a rulebook: each is a spearhead of its own, by its place."""
    keys = tuple(map(str, range(len(lines))))
    return Rulebook(
        strategies=(Strategy(key="readers", starts_on=EVER, spearheads=keys),),
        spearheads=tuple(Spearhead(key=key, threshold=1) for key in keys),
        rules=tuple(
            Rule(key=f"reader-{key}", spearhead=key, text=line, weight=Weight.STRONG)
            for key, line in zip(keys, lines, strict=True)
        ),
        masks=(),
    )
