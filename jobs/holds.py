"""Holds: an admin's word on what was held back from an edition, or on a whole edition.

Does not find floods (`jobs.editions`) or send anything (`jobs.deliver`).
"""

from datetime import datetime

from sqlmodel import Session

from db import admins, editions
from db.editions import Edition, EditionHold, EditionKind, EditionState, HoldState
from db.regions import find_ours
from jobs.desk import Desk
from jobs.editions import LONGEST_BUILD, Made, make_planned, plan_beside
from jobs.issue import REGULAR
from tracker.errors import EditionError


def hold_edition(desk: Desk, edition_id: int, author: str, reason: str) -> Edition:
    """Let nothing more of an edition leave before it is released; EditionError where it is none that is built."""
    with desk.db.write() as session:
        edition = _edition(session, edition_id)
        if edition.state is not EditionState.BUILT:
            raise EditionError(f"edition {edition_id} is {edition.state}; only a built one can be held")
        edition.state, edition.held_for = EditionState.HELD, reason
        edition.released_at = edition.released_by = edition.release_reason = None
        session.add(edition)
        admins.note(session, desk.clock(), author, "edition held", f"edition {edition_id}", {"reason": reason})
    return edition


def release_edition(desk: Desk, edition_id: int, author: str, reason: str) -> Edition:
    """Let a held edition leave, whatever its age; EditionError where it is not held."""
    with desk.db.write() as session:
        edition = _edition(session, edition_id)
        if edition.state is not EditionState.HELD:
            raise EditionError(f"edition {edition_id} is {edition.state}, not held; tracker editions list shows them")
        edition.state, edition.released_at = EditionState.BUILT, desk.clock()
        edition.released_by, edition.release_reason = author, reason
        session.add(edition)
        admins.note(session, desk.clock(), author, "edition released", f"edition {edition_id}", {"reason": reason})
    return edition


def release_part(desk: Desk, hold_id: int, author: str, reason: str) -> Made:
    """Tell what was held back to those who would have been told it, by an edition of its own."""
    with desk.db.write() as session:
        _must_be_whole(session, desk.clock())
        hold = _decide(session, hold_id, HoldState.RELEASED, author, reason, desk.clock())
        about = {"edition": hold.edition_id, "hold": hold.id, "events": hold.events}
        edition = plan_beside(session, desk, EditionKind.RELEASE, about)
    return make_planned(desk, edition)


def _must_be_whole(session: Session, now: datetime) -> None:
    """A release reaches those whose editions have passed the held events over: no edition may be at it just now."""
    for edition in editions.unfinished(session, *sorted(REGULAR)):
        if edition.planned_at > now - LONGEST_BUILD:
            raise EditionError(f"edition {edition.id} is being built; release what was held when it is done")


def drop_part(desk: Desk, hold_id: int, author: str, reason: str) -> EditionHold:
    """Decide that what was held back is no news and is told to nobody."""
    with desk.db.write() as session:
        return _decide(session, hold_id, HoldState.DROPPED, author, reason, desk.clock())


def _decide(session: Session, hold_id: int, state: HoldState, author: str, reason: str, now: datetime) -> EditionHold:
    hold = editions.hold_of(session, hold_id)
    if hold is None:
        raise EditionError(f"hold {hold_id}: there is none; tracker editions holds shows them")
    if hold.state is not HoldState.HELD:
        raise EditionError(f"hold {hold_id} was {hold.state} by {hold.decided_by} already")
    hold.state, hold.decided_at, hold.decided_by, hold.reason = state, now, author, reason
    session.add(hold)
    admins.note(session, now, author, f"hold {state}", f"hold {hold_id} ({hold.subject})", {"reason": reason})
    return hold


def _edition(session: Session, edition_id: int) -> Edition:
    edition = find_ours(session, Edition, edition_id)
    if edition is None:
        raise EditionError(f"edition {edition_id}: there is none; tracker editions list shows them")
    return edition
