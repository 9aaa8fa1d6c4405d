"""Holds: an admin holds or releases an edition, and decides on parts of one that were held back.

Does not find floods (`jobs.editions.planning`).
"""

from datetime import datetime

import structlog
from sqlmodel import Session

from db import audit, editions
from db.acts import Act
from db.audit import Signed
from db.editions import REGULAR, Edition, EditionHold, EditionKind, EditionState, HoldReason, HoldState, ReleaseAbout
from db.regions import find_ours
from jobs.base.app import App
from jobs.base.two_persons import Approval, let_happen
from jobs.editions.planning import LONGEST_BUILD, WORK, Made, make_planned, plan_beside
from tracker.errors import Code, NotFound, Noun, Refusal, WrongState


def hold_edition(app: App, edition_id: int, signed: Signed) -> Edition:
    """Stop sending an edition until it is released. WrongState if it is not built."""
    with app.db.write() as session:
        edition = _edition(session, edition_id)
        if edition.state is not EditionState.BUILT:
            raise WrongState(Noun.EDITION, edition_id, edition.state, (EditionState.BUILT,))
        edition.state = EditionState.HELD
        edition.held_for, edition.held_detail = HoldReason.ADMIN, signed.reason
        edition.released_at = edition.released_by = edition.release_reason = None
        session.add(edition)
        changed = {"before": {"state": EditionState.BUILT}, "after": {"state": EditionState.HELD}}
        audit.append_audit(session, signed, Act.EDITION_HELD, f"edition {edition_id}", **changed)
    structlog.get_logger().info("edition held by hand", edition=edition_id, by=signed.author)
    return edition


def release_edition(app: App, edition_id: int, signed: Signed, approval: Approval | None = None) -> Edition:
    """Let a held edition be sent, however old it is. WrongState if it is not held."""
    with app.db.write() as session:
        let_happen(session, approval)
        edition = held_edition(session, edition_id)
        edition.state = EditionState.BUILT
        edition.released_by, edition.release_reason, edition.released_at = signed
        session.add(edition)
        changed = {"before": {"state": EditionState.HELD}, "after": {"state": EditionState.BUILT}}
        audit.append_audit(session, signed, Act.EDITION_RELEASED, f"edition {edition_id}", **changed)
    structlog.get_logger().info("edition released", edition=edition_id, by=signed.author)
    return edition


def release_part(app: App, hold_id: int, signed: Signed, approval: Approval | None = None) -> Made:
    """Tell the held events, in an edition of their own, to the readers who would have been told them."""
    with app.db.in_turn(WORK):
        with app.db.write() as session:
            let_happen(session, approval)
            _must_be_whole(session, app.clock())
            hold = _decide(session, hold_id, HoldState.RELEASED, signed, app.clock())
            about = ReleaseAbout(edition=hold.edition_id, hold=hold_id, events=tuple(hold.events))
            edition = plan_beside(session, app, EditionKind.RELEASE, about)
        _log_decided(hold)
        return make_planned(app, edition)


def _must_be_whole(session: Session, now: datetime) -> None:
    """Refuse while a regular edition is being built: a release goes to readers whose editions skipped the events."""
    for edition in editions.unfinished(session, *sorted(REGULAR)):
        if edition.planned_at > now - LONGEST_BUILD:
            raise Refusal(Code.BEING_BUILT, edition=edition.id)


def drop_part(app: App, hold_id: int, signed: Signed, approval: Approval | None = None) -> EditionHold:
    """Drop held events: they are no news and are told to nobody."""
    with app.db.in_turn(WORK), app.db.write() as session:
        let_happen(session, approval)
        hold = _decide(session, hold_id, HoldState.DROPPED, signed, app.clock())
    _log_decided(hold)
    return hold


def _log_decided(hold: EditionHold) -> None:
    details = {"subject": hold.subject, "events": len(hold.events), "by": hold.decided_by}
    structlog.get_logger().info(f"hold {hold.state}", hold=hold.id, edition=hold.edition_id, **details)


def _decide(session: Session, hold_id: int, state: HoldState, signed: Signed, now: datetime) -> EditionHold:
    hold = undecided_part(session, hold_id)
    hold.state, hold.decided_by, hold.reason = state, signed.author, signed.reason
    hold.decided_at = now  # not when it was signed: `is_released_since` compares it with what was planned meanwhile
    session.add(hold)
    act = Act.HOLD_RELEASED if state is HoldState.RELEASED else Act.HOLD_DROPPED
    changed = {"before": {"state": HoldState.HELD}, "after": {"state": state}}
    audit.append_audit(
        session, signed, act, f"hold {hold_id} ({hold.subject})", {"events": len(hold.events)}, **changed
    )
    return hold


def undecided_part(session: Session, hold_id: int) -> EditionHold:
    """A part of an edition that is held back. NotFound if there is none; Refusal if somebody decided on it."""
    hold = editions.hold_of(session, hold_id)
    if hold is None:
        raise NotFound(Noun.HOLD, hold_id)
    if hold.state is not HoldState.HELD:
        raise Refusal(Code.DECIDED_ALREADY, hold=hold_id, state=hold.state, by=hold.decided_by)
    return hold


def held_edition(session: Session, edition_id: int) -> Edition:
    """An edition that is held. NotFound if there is none; WrongState if it is not held."""
    edition = _edition(session, edition_id)
    if edition.state is not EditionState.HELD:
        raise WrongState(Noun.EDITION, edition_id, edition.state, (EditionState.HELD,))
    return edition


def _edition(session: Session, edition_id: int) -> Edition:
    edition = find_ours(session, Edition, edition_id)
    if edition is None:
        raise NotFound(Noun.EDITION, edition_id)
    return edition
