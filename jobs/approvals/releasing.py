"""Release editions and parts of them that are held, or propose it where the region wants two persons."""

from db.editions import Edition, EditionHold, HoldState
from db.proposals import Proposal, ProposalKind
from jobs.approvals.proposing import Person, propose, two_are_needed
from jobs.base.app import App
from jobs.editions import holds
from jobs.editions.planning import Made


def release_edition_or_propose(app: App, edition_id: int, person: Person) -> Edition | Proposal:
    """Let a held edition be sent; errors as of `jobs.editions.holds.release_edition`."""
    if not two_are_needed(app):
        return holds.release_edition(app, edition_id, person.signed)
    with app.db.read() as session:
        edition = holds.held_edition(session, edition_id)
    return propose(app, ProposalKind.EDITION, f"{edition.kind} {edition.period}", {"edition": edition_id}, person)


def release_part_or_propose(app: App, hold_id: int, person: Person) -> Made | Proposal:
    """Send a part of an edition that is held back; errors as of `jobs.editions.holds.release_part`."""
    if not two_are_needed(app):
        return holds.release_part(app, hold_id, person.signed)
    return _propose_part(app, hold_id, HoldState.RELEASED, person)


def drop_part_or_propose(app: App, hold_id: int, person: Person) -> EditionHold | Proposal:
    """Drop a part of an edition that is held back; errors as of `jobs.editions.holds.drop_part`."""
    if not two_are_needed(app):
        return holds.drop_part(app, hold_id, person.signed)
    return _propose_part(app, hold_id, HoldState.DROPPED, person)


def _propose_part(app: App, hold_id: int, state: HoldState, person: Person) -> Proposal:
    with app.db.read() as session:
        hold = holds.undecided_part(session, hold_id)
    return propose(app, ProposalKind.PART, hold.subject, {"hold": hold_id, "state": state.value}, person)
