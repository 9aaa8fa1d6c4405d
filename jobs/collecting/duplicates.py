"""Aliases: join calls that two sources tell of, propose those that may be the same, and keep what a person decided.

No join ever makes news; one that is found when a call is first seen keeps that call from being told as new, and what
changes in joined calls alike is told once, of the one whose source says it first.
Does not decide what is the same (`tracker.calls.duplicates`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from db import audit, calls, duplicates, event_log
from db.audit import Signed
from db.calls import Call
from db.duplicates import Duplicate, DuplicateState
from db.event_log import CallEvent, NewEvent
from jobs.base.app import App
from tracker.calls.changes import NATURES, Family
from tracker.calls.duplicates import find_matches, is_told
from tracker.errors import NotFound, Noun, WrongState

FROM = {  # what a pair must be for a person to decide so
    "accept": (DuplicateState.PROPOSED, DuplicateState.JOINED),
    "reject": (DuplicateState.PROPOSED, DuplicateState.APART),
    "split": (DuplicateState.JOINED, DuplicateState.APART),
}


def join_new(session: Session, call_ids: Collection[int], now: datetime) -> frozenset[int]:
    """Look for other sources' word on these calls that we see for the first time; gives back those that were known."""
    if not call_ids or not duplicates.has_several_sources(session):
        return frozenset()
    known = duplicates.known_pairs(session, call_ids)
    found = [
        m for m in find_matches(call_ids, duplicates.named_calls(session)) if (m.first_id, m.second_id) not in known
    ]
    for match in found:
        state = DuplicateState.JOINED if match.is_certain else DuplicateState.PROPOSED
        ids, ground = (match.first_id, match.second_id), match.ground
        session.add(Duplicate(first_id=ids[0], second_id=ids[1], ground=ground, state=state, found_at=now))
    return frozenset(match.second_id for match in found if match.is_certain)


def untold(session: Session, events: Sequence[NewEvent]) -> list[NewEvent]:
    """Those of these events that no joined call has told before.

    A call is withdrawn when the last of its sources has let it go, and reopened when the first has it again.
    """
    joined = duplicates.partners(session, {event.call_id for event in events})
    if not joined:
        return list(events)
    others = frozenset().union(*joined.values())
    told, listed = event_log.events_of_calls(session, others), calls.listed_among(session, others)
    return [event for event in events if not _is_known(event, joined.get(event.call_id, ()), told, listed)]


def _is_known(
    event: NewEvent,
    partners: Collection[int],
    told: Mapping[int, Sequence[CallEvent]],
    listed: Collection[int],
) -> bool:
    if NATURES[event.kind].family is Family.PRESENCE:
        return any(other in listed for other in partners)
    return any(is_told(event.kind, event.new, told.get(other, ())) for other in partners)


def find_all(app: App) -> int:
    """Look through every call that is not over, as if all had just come; gives back how many pairs are known then."""
    with app.db.write() as session:
        join_new(session, [call.id for call in duplicates.named_calls(session)], app.clock())
        session.flush()
        return duplicates.count_pairs(session)


def decide(app: App, duplicate_id: int, decision: str, signed: Signed) -> Duplicate:
    """Accept or reject a proposal, or split a join (`decision` is the verb). WrongState where the pair is another."""
    wanted, becomes = FROM[decision]
    with app.db.write() as session:
        duplicate = session.get(Duplicate, duplicate_id)
        if duplicate is None:
            raise NotFound(Noun.DUPLICATE, duplicate_id)
        if duplicate.state is not wanted:
            raise WrongState(Noun.DUPLICATE, duplicate_id, duplicate.state, (wanted,))
        duplicate.state = becomes
        duplicate.decided_by, duplicate.reason, duplicate.decided_at = signed
        session.add(duplicate)
        pair = [session.get_one(Call, call_id) for call_id in (duplicate.first_id, duplicate.second_id)]
        detail = {"calls": [f"{call.source} {call.key}" for call in pair]}
        audit.append_audit(session, signed, f"alias {becomes}", f"alias {duplicate.id}", detail)
    return duplicate
