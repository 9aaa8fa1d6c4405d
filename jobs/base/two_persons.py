"""Where a region wants two persons: nothing that needs them takes effect but by the approval of a proposal.

Proposals are made and decided in `jobs.approvals`; each act that needs two persons asks `let_happen` in its own
transaction, so that no way past it is left.
"""

from dataclasses import dataclass

from sqlmodel import Session

from db import audit
from db.acts import Act
from db.audit import Signed
from db.proposals import Proposal, ProposalState, needs_two
from db.regions import find_ours
from tracker.errors import Code, NotFound, Noun, Refusal, WrongState


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's approval of a proposal; number 0: it was approved earlier, with the day on which it takes effect."""

    proposal: int
    by: Signed


def let_happen(session: Session, approval: Approval | None) -> None:
    """Let an act take effect in this transaction, and settle the proposal that it comes from.

    Refusal where the act needs two persons and is no approved proposal; WrongState if that was settled meanwhile.
    """
    if approval is not None and approval.proposal:
        settle_proposal(session, approval.proposal, ProposalState.APPROVED, approval.by)
    elif approval is None and needs_two(session):
        raise Refusal(Code.NEEDS_TWO)


BECOMES = {
    ProposalState.OPEN: Act.PROPOSED,
    ProposalState.APPROVED: Act.PROPOSAL_APPROVED,
    ProposalState.DECLINED: Act.PROPOSAL_DECLINED,
    ProposalState.WITHDRAWN: Act.PROPOSAL_WITHDRAWN,
}


def settle_proposal(session: Session, number: int, state: ProposalState, by: Signed) -> Proposal:
    """Note what was decided on an open proposal. NotFound; WrongState if it is not open any more."""
    proposal = open_proposal(session, number)
    proposal.state = state
    proposal.decided_by, proposal.decision, proposal.decided_at = by
    session.add(proposal)
    told = {"author": proposal.author}
    changed = {"before": {"state": ProposalState.OPEN}, "after": {"state": state}}
    audit.append_audit(session, by, BECOMES[state], subject_of(proposal), told, **changed)
    return proposal


def open_proposal(session: Session, number: int) -> Proposal:
    """An open proposal, held until the transaction ends. NotFound; WrongState if it is not open any more."""
    proposal = find_ours(session, Proposal, number, held=True)
    if proposal is None:
        raise NotFound(Noun.PROPOSAL, number)
    if proposal.state is not ProposalState.OPEN:
        raise WrongState(Noun.PROPOSAL, number, proposal.state, (ProposalState.OPEN,))
    return proposal


def subject_of(proposal: Proposal) -> str:
    """How the audit log names a proposal."""
    return f"proposal {proposal.id} ({proposal.subject})"[:200]
