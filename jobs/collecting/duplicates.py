"""Duplicates: join the same call from two sources, propose likely pairs, and record what a person decides.

A join never makes news: a call that is joined when first seen is not told as new, and a change that joined calls share
is told once, for the one whose source says it first. Does not find matches (`tracker.calls.duplicates`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from db import audit, calls, duplicates, event_log
from db.acts import Act
from db.audit import Signed
from db.calls import Call
from db.duplicates import Duplicate, DuplicateState
from db.event_log import CallEvent, NewEvent
from jobs.base.app import App
from tracker.calls.changes import NATURES, Family
from tracker.calls.duplicates import find_matches, is_told
from tracker.errors import NotFound, Noun, WrongState

DECISIONS = {  # verb → the state that a pair must have, and the state that it gets
    "accept": (DuplicateState.PROPOSED, DuplicateState.JOINED),
    "reject": (DuplicateState.PROPOSED, DuplicateState.APART),
    "split": (DuplicateState.JOINED, DuplicateState.APART),
}


def join_new(session: Session, call_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Match calls seen for the first time with calls of other sources; return those that we already knew."""
    if not call_ids or not duplicates.has_several_sources(session):
        return frozenset()
    known = duplicates.known_pairs(session, call_ids)
    every_match = find_matches(call_ids, duplicates.named_calls(session))
    matches = [match for match in every_match if (match.first_id, match.second_id) not in known]
    for match in matches:
        state = DuplicateState.JOINED if match.is_certain else DuplicateState.PROPOSED
        ids, ground = (match.first_id, match.second_id), match.ground
        session.add(Duplicate(first_id=ids[0], second_id=ids[1], ground=ground, state=state, found_at=now))
    return frozenset(match.second_id for match in matches if match.is_certain)


def untold(session: Session, events: Sequence[NewEvent]) -> list[NewEvent]:
    """The events among these that no joined call has had before.

    A call counts as withdrawn when the last of its sources drops it, and as reopened when the first lists it again.
    """
    joined = duplicates.partners(session, {event.call_id for event in events})
    if not joined:
        return list(events)
    others = frozenset().union(*joined.values())
    events_by_call, listed = event_log.events_of_calls(session, others), calls.listed_among(session, others)
    return [event for event in events if not _is_known(event, joined.get(event.call_id, ()), events_by_call, listed)]


def _is_known(
    event: NewEvent,
    partners: Collection[int],
    events_by_call: Mapping[int, Sequence[CallEvent]],
    listed: Collection[int],
) -> bool:
    if NATURES[event.kind].family is Family.PRESENCE:
        return any(other in listed for other in partners)
    return any(is_told(event.kind, event.new, events_by_call.get(other, ())) for other in partners)


def find_all(app: App) -> int:
    """Match all current calls, as if they were all new; return the number of pairs known afterwards."""
    with app.db.write() as session:
        join_new(session, [call.id for call in duplicates.named_calls(session)], app.clock())
        session.flush()
        return duplicates.count_pairs(session)


def decide(app: App, duplicate_id: int, decision: str, signed: Signed) -> Duplicate:
    """Accept or reject a proposal, or split a join (`decision` is the verb). NotFound; WrongState for other pairs."""
    required, new_state = DECISIONS[decision]
    with app.db.write() as session:
        duplicate = session.get(Duplicate, duplicate_id)
        if duplicate is None:
            raise NotFound(Noun.DUPLICATE, duplicate_id)
        if duplicate.state is not required:
            raise WrongState(Noun.DUPLICATE, duplicate_id, duplicate.state, (required,))
        duplicate.state = new_state
        duplicate.decided_by, duplicate.reason, duplicate.decided_at = signed
        session.add(duplicate)
        pair = [session.get_one(Call, call_id) for call_id in (duplicate.first_id, duplicate.second_id)]
        detail = {"calls": [f"{call.source} {call.key}" for call in pair]}
        act = Act.DUPLICATE_JOINED if new_state is DuplicateState.JOINED else Act.DUPLICATE_APART
        changed = {"before": {"state": required}, "after": {"state": new_state}}
        audit.append_audit(session, signed, act, f"duplicate {duplicate.id}", detail, **changed)
    return duplicate
