"""Catalogue: what anybody may look up of the calls we remember: lists, searches, and one call whole.

Does not change a call, and does not write any format.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from db import aliases, calls, edits, search, strategies
from db.calls import Call, CallEvent, CallStatus
from db.edits import FieldEdit
from db.strategies import Tagging
from jobs.desk import Desk
from tracker.changes import remembered, status_of, today
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
    edits: tuple[FieldEdit, ...]
    same_as: tuple[int, ...]  # our ids of it at other sources


def list_calls(
    session: Session, desk: Desk, statuses: Collection[CallStatus], source: str, spearhead: str, most: int | None
) -> list[ListedCall]:
    """Calls by their closing date, those that close first at the top; what is empty does not restrict."""
    on = today(desk.clock())
    tagged = strategies.tagged_with(session, spearhead) if spearhead else None
    return _listed(session, calls.list_calls(session, list(statuses), source, tagged, most, on), on)


def search_calls(session: Session, desk: Desk, words: Iterable[str], most: int) -> list[ListedCall]:
    """The calls that hold all these words in any inflected form, best first."""
    ids = search.find(session, query_lemmas(" ".join(words), desk.tagger.lemmas), most)
    found = calls.calls_by_id(session, ids)
    return _listed(session, [found[call_id] for call_id in ids], today(desk.clock()))


def calls_in_full(session: Session, desk: Desk, name: str) -> list[CallInFull]:
    """Every call of this name (our id, the source's key, or the identifier), whole. NotFound where there is none."""
    found = named(session, name)
    ids = [call.id for call in found if call.id]
    tags, held = strategies.taggings_of(session, ids), edits.edits_of(session, ids)
    joined = aliases.partners(session, ids)
    return [
        CallInFull(
            listed,
            tuple(tags.get(call_id, ())),
            tuple(calls.events_of(session, call_id)),
            tuple(held.get(call_id, ())),
            tuple(sorted(joined.get(call_id, ()))),
        )
        for call_id, listed in zip(ids, _listed(session, found, today(desk.clock())), strict=True)
    ]


def named(session: Session, name: str) -> Sequence[Call]:
    """The calls that have this id, key or identifier. NotFound where there is none."""
    found = calls.calls_named(session, name)
    if not found:
        raise NotFound(Noun.CALL, name)
    return found


def one_call(session: Session, name: str) -> Call:
    """The one call of this id, key or identifier. NotFound where there is none, Refusal where several are."""
    found = named(session, name)
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
