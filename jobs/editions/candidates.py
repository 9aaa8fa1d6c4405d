"""Candidates: the calls that an edition may have to tell somebody about, read once for all its readers.

Each call comes with its reasons, its events and its duplicates in other sources. Does not decide who is told what
(`tracker.digests.interests`, `tracker.digests.selection`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from db import call_lists, calls, duplicates, event_log, strategies
from db.calls import Among, Call, CallStatus
from db.eligibility import Eligibility, eligibility_of_calls
from db.event_log import CallEvent
from db.strategies import Rule, Spearhead, Strategy, Tagging, Weight
from jobs.base.apart import each_apart
from jobs.base.compiled_rules import CompiledRules
from tracker.digests.interests import QUERY, Reason, Tagged
from tracker.instants import days_later
from tracker.tagging.documents import from_facts
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import Index, compile_rules, tag
from tracker.tagging.rulebook import Rulebook

Names = Mapping[str, Mapping[str, str]]  # spearhead → language → name
EVER = date(1, 1, 1)


def of_events(
    session: Session, since: int, upto: int, names: Names, only: Collection[int] = (), also: Collection[int] = ()
) -> list[Tagged]:
    """Every call with an event after `since` and up to `upto`, or in `also`; only those in `only` if it names any."""
    calls_by_id, events = _events_between(session, since, upto, only, also)
    return _tagged(session, calls_by_id, events, names)


def _events_between(
    session: Session, since: int, upto: int, only: Collection[int], also: Collection[int] = ()
) -> tuple[dict[int, Call], dict[int, list[CallEvent]]]:
    events: dict[int, list[CallEvent]] = {}
    calls_by_id: dict[int, Call] = {}
    for event, call in event_log.events_after(session, since, upto, also):
        if not only or event.seq in only:
            calls_by_id[event.call_id] = call
            events.setdefault(event.call_id, []).append(event)
    return calls_by_id, events


def each_alone(
    session: Session, since: int, upto: int, names: Names, only: Collection[int], tagged_before: datetime
) -> list[Tagged]:
    """Every call with an event in this span, duplicates not merged, with the spearheads it had at an instant."""
    calls_by_id, events = _events_between(session, since, upto, only)
    tags = strategies.taggings_of(session, list(calls_by_id))
    had = {i: [tagging for tagging in taggings if tagging.tagged_at <= tagged_before] for i, taggings in tags.items()}
    return [Tagged(call, reasons(had.get(i, ()), names), tuple(events[i])) for i, call in sorted(calls_by_id.items())]


def of_calls(session: Session, call_ids: Collection[int], names: Names) -> list[Tagged]:
    """These calls, without events."""
    return _tagged(session, calls.calls_by_id(session, call_ids), {}, names)


def with_their_events(session: Session, call_ids: Collection[int], names: Names) -> list[Tagged]:
    """These calls with all events of theirs and of their duplicates."""
    known = calls.calls_by_id(session, call_ids)
    partners = duplicates.partners(session, known)
    every = {*known, *(i for ids in partners.values() for i in ids)}
    return _tagged(session, known, event_log.events_of_calls(session, every), names)


def closing(
    session: Session, known: Sequence[Tagged], on: date, lead: int, names: Names, among: Among | None = None
) -> list[Tagged]:
    """These calls, and any others (in a query of ids, if one is given) that close within `lead` days of `on`."""
    known_ids = {call_id for tagged in known for call_id in tagged.ids}
    others = calls.closing_between(session, on, days_later(on, lead), among)
    return [*known, *_tagged(session, {i: call for i, call in others.items() if i not in known_ids}, {}, names)]


def open_now(session: Session, known: Sequence[Tagged], on: date, names: Names) -> list[Tagged]:
    """These calls, and every other call that is open or forthcoming on this day."""
    known_ids = {call_id for tagged in known for call_id in tagged.ids}
    others = call_lists.list_calls(session, (CallStatus.OPEN, CallStatus.FORTHCOMING), "", None, None, on)
    rest = {c.id: c for c in others if c.id is not None and c.id not in known_ids and c.withdrawn_at is None}
    return [*known, *_tagged(session, rest, {}, names)]


def _tagged(
    session: Session, calls_by_id: Mapping[int, Call], events: Mapping[int, Sequence[CallEvent]], names: Names
) -> list[Tagged]:
    """Calls with their spearheads and events, duplicates merged into one."""
    partners = duplicates.partners(session, calls_by_id)
    beside = {i for ids in partners.values() for i in ids} - calls_by_id.keys()
    everyone = {**calls_by_id, **calls.calls_by_id(session, beside)}
    tags, eligible = strategies.taggings_of(session, list(everyone)), eligibility_of_calls(session, list(everyone))
    groups = sorted({frozenset({i}) | partners.get(i, frozenset()) for i in calls_by_id}, key=min)
    return [
        _as_one([everyone[i] for i in sorted(group & everyone.keys())], events, tags, names, eligible)
        for group in groups
    ]


def _as_one(
    same: Sequence[Call],
    events: Mapping[int, Sequence[CallEvent]],
    tags: Mapping[int, Sequence[Tagging]],
    names: Names,
    eligible: Mapping[int, Eligibility],
) -> Tagged:
    """Merge duplicates: the facts are those of the first source that still has the call, the others go into `also`.

    Who may apply is told as the first of them says it that says anything.
    """
    first, *also = sorted(same, key=lambda c: (c.withdrawn_at is not None, c.status is CallStatus.CLOSED, c.id))
    why = {r.spearhead: r for call in (*also, first) for r in reasons(tags.get(call.id or 0, ()), names)}
    happened = sorted((e for call in same for e in events.get(call.id or 0, ())), key=lambda e: e.seq or 0)
    known = [eligible[call.id or 0] for call in (first, *also) if call.id in eligible]
    said = next((one for one in known if one.yes or one.no), None)
    return Tagged(first, tuple(why.values()), tuple(happened), tuple(also), eligibility=said)


def reasons(taggings: Iterable[Tagging], names: Names) -> tuple[Reason, ...]:
    """The spearheads of a call with the words that matched; each once, even if several strategies have it."""
    strongest: dict[str, Tagging] = {}
    for tagging in taggings:
        strongest.setdefault(tagging.spearhead, tagging)
    return tuple(
        Reason(key, tuple(names.get(key, {}).items()), quoted_words(tagging.evidence))
        for key, tagging in strongest.items()
    )


def with_queries(tagged: Sequence[Tagged], lines: Sequence[str], compiled: CompiledRules) -> list[Tagged]:
    """Add to each call a reason for every search query of readers (`lines`) that it matches; bad ones match nothing."""
    bad = bad_queries(lines, compiled)
    good = [line for line in lines if line not in bad]
    if not good:
        return list(tagged)
    index = compile_rules(_book_of(good), compiled.lemmas)
    return [replace(call, reasons=(*call.reasons, *_met(call, good, index))) for call in tagged]


def bad_queries(lines: Sequence[str], compiled: CompiledRules) -> dict[str, Exception]:
    """The search queries of readers that today's rule language does not have, each with its fault."""
    faults: dict[str, Exception] = {}
    each_apart(lines, lambda some: compile_rules(_book_of(some), compiled.lemmas), faults.setdefault)
    return faults


def _met(tagged: Tagged, lines: Sequence[str], index: Index) -> list[Reason]:
    tags = {match.spearhead: match for call in (*tagged.also, tagged.call) for match in tag(index, from_facts(call))}
    return [Reason(QUERY + lines[int(key)], (), quoted_words(match.evidence)) for key, match in sorted(tags.items())]


def _book_of(lines: Sequence[str]) -> Rulebook:
    """Readers' queries as a rulebook: each is a spearhead of its own, named by its position."""
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
