"""Catalogue: what anybody may look up of the calls we remember: lists, searches, and one call whole.

Does not change a call, and does not write any format.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from db import calls, duplicates, event_log, overrides, search, strategies, subscribers
from db.calls import Call, CallStatus
from db.event_log import CallEvent
from db.overrides import FieldOverride
from db.strategies import Tagging
from db.subscribers import Interest, Subscriber
from jobs.base.app import App
from jobs.editions import candidates
from tracker.calls.changes import brussels_day, remembered, status_of
from tracker.digests.interests import InterestQuery, Tagged, query_of, wanted
from tracker.errors import Code, NotFound, Noun, Refusal
from tracker.tagging.search import query_lemmas


@dataclass(frozen=True, slots=True)
class ListedCall:
    """A call as it stands in a list: its status today, and its spearheads by their keys."""

    call: Call
    status: CallStatus
    spearheads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallInFull:
    """One call whole: beside the facts its tags with evidence, its events, fields set by hand, and the same call."""

    listed: ListedCall
    taggings: tuple[Tagging, ...]
    events: tuple[CallEvent, ...]
    edits: tuple[FieldOverride, ...]
    same_as: tuple[int, ...]  # our ids of it at other sources


def listed_calls(
    session: Session, app: App, statuses: Collection[CallStatus], source: str, spearhead: str, most: int | None
) -> list[ListedCall]:
    """Calls by their closing date, those that close first at the top; what is empty does not restrict."""
    on = brussels_day(app.clock())
    tagged = strategies.tagged_with(session, spearhead) if spearhead else None
    return _listed(session, calls.list_calls(session, list(statuses), source, tagged, most, on), on)


def calls_with_words(session: Session, app: App, words: Iterable[str], most: int) -> list[ListedCall]:
    """The calls that hold all these words in any inflected form, best first."""
    ids = search.find(session, query_lemmas(" ".join(words), app.compiled.lemmas), most)
    found = calls.calls_by_id(session, ids)
    return _listed(session, [found[call_id] for call_id in ids], brussels_day(app.clock()))


def calls_in_full(session: Session, app: App, name: str) -> list[CallInFull]:
    """Every call of this name (our id, the source's key, or the identifier), whole. NotFound where there is none."""
    found = calls_by_name(session, name)
    ids = [call.id for call in found if call.id]
    tags, held = strategies.taggings_of(session, ids), overrides.overrides_of(session, ids)
    joined = duplicates.partners(session, ids)
    return [
        CallInFull(
            listed,
            tuple(tags.get(call_id, ())),
            tuple(event_log.events_of(session, call_id)),
            tuple(held.get(call_id, ())),
            tuple(sorted(joined.get(call_id, ()))),
        )
        for call_id, listed in zip(ids, _listed(session, found, brussels_day(app.clock())), strict=True)
    ]


def calls_by_name(session: Session, name: str) -> Sequence[Call]:
    """The calls that have this id, key or identifier. NotFound where there is none."""
    found = calls.calls_named(session, name)
    if not found:
        raise NotFound(Noun.CALL, name)
    return found


def one_call(session: Session, name: str) -> Call:
    """The one call of this id, key or identifier. NotFound where there is none, Refusal where several are."""
    found = calls_by_name(session, name)
    if len(found) > 1:
        ids = [call.id for call in found]
        raise Refusal(Code.SEVERAL_CALLS, name=name, known=tuple(ids))
    return found[0]


def _listed(session: Session, found: Sequence[Call], on: date) -> list[ListedCall]:
    tags = strategies.taggings_of(session, [call.id for call in found if call.id])
    return [
        ListedCall(
            call, status_of(remembered(call), on), tuple(sorted({one.spearhead for one in tags.get(call.id or 0, ())}))
        )
        for call in found
    ]


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls are asked for; what is empty does not restrict."""

    spearhead: str = ""
    interest: int | None = None
    source: str = ""
    statuses: tuple[CallStatus, ...] = ()


def chosen(session: Session, app: App, choice: CallQuery, *among: sa.Select[Any]) -> list[Tagged]:
    """The calls of a choice (among those that these queries name) by closing date, with why, and without events."""
    interest_query = _interest_query(session, choice)
    within = [
        *among,
        *(
            [strategies.tagged_with(session, *interest_query.spearheads)]
            if interest_query and interest_query.spearheads
            else []
        ),
    ]
    ids = calls.in_every(within) if within else None
    found = calls.list_calls(session, choice.statuses, choice.source, ids, None, brussels_day(app.clock()))
    tagged = _tagged(session, found)
    if interest_query is None:
        return tagged
    asked = candidates.with_queries(tagged, [interest_query.query] if interest_query.query else [], app.compiled)
    return [one for one in wanted(asked, [interest_query]) if not one.withheld]


def _interest_query(session: Session, choice: CallQuery) -> InterestQuery | None:
    """What the choice wants beyond source and status; None for every call."""
    if choice.interest is not None:
        return replace(query_of(_interest(session, choice.interest)[0]), cursor=0)
    if not choice.spearhead:
        return None
    known = [one.key for one in strategies.all_spearheads(session)]
    if choice.spearhead not in known:
        raise NotFound(Noun.SPEARHEAD, choice.spearhead, known)
    return InterestQuery((choice.spearhead,))


def _tagged(session: Session, found: Sequence[Call]) -> list[Tagged]:
    """These calls in their order, each once though several sources have it."""
    names = {one.key: dict(one.names) for one in strategies.all_spearheads(session)}
    place = {call.id or 0: number for number, call in enumerate(found)}
    tagged = candidates.of_calls(session, place, names)
    return sorted(tagged, key=lambda one: min(place[call_id] for call_id in one.ids if call_id in place))


def _with_events(session: Session, found: Sequence[Tagged], since: datetime | None = None) -> list[Tagged]:
    happened = event_log.events_of_calls(session, {call_id for one in found for call_id in one.ids}, since)
    return [replace(one, events=_in_order(happened.get(call_id, []) for call_id in one.ids)) for one in found]


def _in_order(lists: Iterable[list[CallEvent]]) -> tuple[CallEvent, ...]:
    return tuple(sorted(chain.from_iterable(lists), key=lambda event: event.seq or 0))


def _interest(session: Session, interest_id: int) -> tuple[Interest, Subscriber]:
    found = subscribers.interest_of(session, interest_id)
    if found is None:
        raise NotFound(Noun.INTEREST, interest_id)
    return found
