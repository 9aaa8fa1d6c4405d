"""Catalogue: look up calls as anybody may: lists, searches, and one call in full."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from db import call_lists, calls, duplicates, event_log, overrides, search, strategies, subscribers
from db.call_lists import CallFilter
from db.calls import Call, CallStatus
from db.eligibility import Eligibility, eligibility_of_calls
from db.event_log import CallEvent
from db.overrides import FieldOverride
from db.regions import get_ours
from db.strategies import Tagging
from db.subscribers import Actor, Interest, Subscriber
from jobs.base.app import App
from jobs.editions import candidates
from jobs.editions.segments import applicant_of
from jobs.publishing.listing import list_queries
from jobs.publishing.rounds import CallRounds, rounds_of
from tracker import sources
from tracker.calls.changes import brussels_day, remembered, status_of
from tracker.digests.interests import InterestQuery, Tagged, query_of, wanted
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.tagging.search import query_lemmas

OUR_PAGE = re.compile(r"https?://\S+/calls/(\d{1,9})/?$")


@dataclass(frozen=True, slots=True)
class ListedCall:
    """A call in a list, with its status today and the keys of its spearheads."""

    call: Call
    status: CallStatus
    spearheads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CallInFull:
    """One call in full: facts, tags with evidence, events, fields set by hand, who may apply, duplicates and rounds."""

    listed: ListedCall
    taggings: tuple[Tagging, ...]
    events: tuple[CallEvent, ...]
    edits: tuple[FieldOverride, ...]
    eligibility: Eligibility | None
    same_as: tuple[int, ...]  # our ids of the same call at other sources
    rounds: CallRounds | None  # None if its identifier does not tell of any


def listed_calls(
    session: Session, app: App, statuses: Collection[CallStatus], source: str, spearhead: str, most: int | None
) -> list[ListedCall]:
    """List calls, those that close first at the top; an empty argument does not restrict.

    InputFaults where there is no such source or spearhead.
    """
    check_filters(session, app, source, spearhead)
    on = brussels_day(app.clock())
    tagged = strategies.tagged_with(session, spearhead) if spearhead else None
    return _listed(session, call_lists.list_calls(session, list(statuses), source, tagged, most, on), on)


def check_filters(session: Session, app: App, source: str, spearhead: str) -> None:
    """Raise InputFaults for a source or a spearhead that does not exist, with those that do."""
    keys = [one.key for one in strategies.all_spearheads(session)]
    source_keys = tuple(sources.modules(app.settings.sources)) if source else ()  # all of them take long to import
    known = [
        (Code.UNKNOWN_SOURCE, source, source_keys),
        (Code.UNKNOWN_SPEARHEAD, spearhead, tuple(keys)),
    ]
    if faults := [
        Fault(code, "", {"given": key, "known": there}) for code, key, there in known if key not in ("", *there)
    ]:
        raise InputFaults(*faults)


def without_each(session: Session, app: App, filters: Mapping[str, Any]) -> dict[str, int]:
    """How many calls there would be without each of these filters of `listed_calls`: its name → number of calls."""
    nothing = {"statuses": (), "source": "", "spearhead": ""}
    given = nothing | dict(filters)
    return {
        name: len(listed_calls(session, app, **given | {name: nothing[name]}, most=None))
        for name in nothing
        if given[name]
    }


def calls_with_words(session: Session, app: App, words: Iterable[str], most: int) -> list[ListedCall]:
    """Search the calls that contain all these words in any inflected form, best first."""
    ids = search.find(session, query_lemmas(" ".join(words), app.compiled.lemmas), most)
    by_id = calls.calls_by_id(session, ids)
    return _listed(session, [by_id[call_id] for call_id in ids], brussels_day(app.clock()))


def calls_in_full(session: Session, app: App, name: str) -> list[CallInFull]:
    """Show every call of this name (our id, the source's key or the identifier) in full; NotFound if there is none."""
    matches = calls_by_name(session, name)
    ids = [call.id for call in matches if call.id]
    tags, edits = strategies.taggings_of(session, ids), overrides.overrides_of(session, ids)
    same, eligible = duplicates.partners(session, ids), eligibility_of_calls(session, ids)
    return [
        CallInFull(
            listed,
            tuple(tags.get(call_id, ())),
            tuple(event_log.events_of(session, call_id)),
            tuple(edits.get(call_id, ())),
            eligible.get(call_id),
            tuple(sorted(same.get(call_id, ()))),
            rounds_of(session, app, listed.call),
        )
        for call_id, listed in zip(ids, _listed(session, matches, brussels_day(app.clock())), strict=True)
    ]


def call_in_full(session: Session, app: App, call_id: int) -> CallInFull:
    """Show the call of this id; NotFound, also where another call has this as its key or identifier."""
    named = calls_in_full(session, app, str(call_id))
    full = next((one for one in named if one.listed.call.id == call_id), None)
    if full is None:
        raise NotFound(Noun.CALL, call_id)
    return full


def calls_meant_by(session: Session, name: str) -> Sequence[Call]:
    """Find the calls with this id, key or identifier, or whose page this is, ours or the publisher's."""
    our_page = OUR_PAGE.match(name)
    return calls.calls_named(session, name) or (calls.calls_named(session, our_page[1]) if our_page else ())


def calls_by_name(session: Session, name: str) -> Sequence[Call]:
    """Find the calls of this name (`calls_meant_by`); NotFound if there is none."""
    matches = calls_meant_by(session, name)
    if not matches:
        raise NotFound(Noun.CALL, name)
    return matches


def one_call(session: Session, name: str) -> Call:
    """Find the one call of this name (`calls_meant_by`); NotFound if there is none, Refusal if there are several."""
    matches = calls_by_name(session, name)
    if len(matches) > 1:
        ids = [call.id for call in matches]
        raise Refusal(Code.SEVERAL_CALLS, name=name, known=tuple(ids))
    return matches[0]


def _listed(session: Session, rows: Sequence[Call], on: date) -> list[ListedCall]:
    taggings = strategies.taggings_of(session, [call.id for call in rows if call.id])
    keys = {call_id: tuple(sorted({tagging.spearhead for tagging in of_call})) for call_id, of_call in taggings.items()}
    return [ListedCall(call, status_of(remembered(call), on), keys.get(call.id or 0, ())) for call in rows]


@dataclass(frozen=True, slots=True)
class CallQuery:
    """Which calls to select; an empty field does not restrict.

    `listed` is the filter of a list, and `address` what stands for it after the question mark.
    """

    spearhead: str = ""
    interest: int | None = None
    source: str = ""
    statuses: tuple[CallStatus, ...] = ()
    listed: CallFilter | None = None
    address: str = ""


def chosen(session: Session, app: App, choice: CallQuery, *among: sa.Select[Any]) -> list[Tagged]:
    """Select calls by closing date, each with its reasons but without events; only calls in every query of `among`."""
    check_filters(session, app, choice.source, "")
    interest_query = _interest_query(session, choice)
    within = [
        *among,
        *([list_queries(session, app, choice.listed).ids()] if choice.listed else []),
        *(
            [strategies.tagged_with(session, *interest_query.spearheads)]
            if interest_query and interest_query.spearheads
            else []
        ),
    ]
    ids = call_lists.in_every(within) if within else None
    rows = call_lists.list_calls(session, choice.statuses, choice.source, ids, None, brussels_day(app.clock()))
    tagged = _tagged(session, rows)
    if interest_query is None:
        return tagged
    queried = candidates.with_queries(tagged, [interest_query.query] if interest_query.query else [], app.compiled)
    theirs = _applicant(session, choice.interest) if choice.interest is not None else ""
    return [call for call in wanted(queried, [interest_query], applicant=theirs) if not call.withheld]


def _applicant(session: Session, interest_id: int) -> str:
    """The type of actor of an interest's reader, if they are not told what is shut to it."""
    reader = _interest(session, interest_id)[1]
    actor = get_ours(session, Actor, reader.actor_id) if reader.actor_id else None
    return applicant_of(actor.type if actor else None, reader.own_kind)


def _interest_query(session: Session, choice: CallQuery) -> InterestQuery | None:
    """Turn a selection into an interest query, beyond source and status; None for every call."""
    if choice.interest is not None:
        return replace(query_of(_interest(session, choice.interest)[0]), cursor=0)
    if not choice.spearhead:
        return None
    known = [spearhead.key for spearhead in strategies.all_spearheads(session)]
    if choice.spearhead not in known:
        raise NotFound(Noun.SPEARHEAD, choice.spearhead, known)
    return InterestQuery((choice.spearhead,))


def _tagged(session: Session, rows: Sequence[Call]) -> list[Tagged]:
    """Tag these calls in their order, a call of several sources only once."""
    names = {spearhead.key: dict(spearhead.names) for spearhead in strategies.all_spearheads(session)}
    place = {call.id or 0: number for number, call in enumerate(rows)}
    tagged = candidates.of_calls(session, place, names)
    return sorted(tagged, key=lambda call: min(place[call_id] for call_id in call.ids if call_id in place))


def _with_events(session: Session, tagged: Sequence[Tagged], since: datetime | None = None) -> list[Tagged]:
    events = event_log.events_of_calls(session, {call_id for call in tagged for call_id in call.ids}, since)
    return [replace(call, events=_in_order(events.get(call_id, []) for call_id in call.ids)) for call in tagged]


def _in_order(lists: Iterable[list[CallEvent]]) -> tuple[CallEvent, ...]:
    return tuple(sorted(chain.from_iterable(lists), key=lambda event: event.seq or 0))


def _interest(session: Session, interest_id: int) -> tuple[Interest, Subscriber]:
    interest_and_reader = subscribers.interest_of(session, interest_id)
    if interest_and_reader is None:
        raise NotFound(Noun.INTEREST, interest_id)
    return interest_and_reader
