"""Proposals: what one person prepared, what it would do, and another's decision on it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db.audit import Signed
from db.proposals import Proposal, ProposalKind, ProposalState, list_proposals, needs_two
from jobs.approvals.deciding import (
    ProposalInFull,
    approve,
    decline,
    proposal_in_full,
    proposed_edit,
    switch_two_persons,
    withdraw_own,
)
from jobs.approvals.proposing import Person
from jobs.base.app import App
from jobs.rulebook import saving
from jobs.rulebook.summaries import summarised
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, person, screen
from jobs.web.admin.edits import MOST_SHIFTS, MOST_TRIED, NOTHING_TRIED, Tried
from jobs.web.admin.line_view import LineWords
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.errors import RuleError

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
ProposalNumber = CallNumber
DECIDED = (ProposalState.APPROVED, ProposalState.DECLINED, ProposalState.WITHDRAWN)
MOST_OPEN, PAGE, MOST_LINES = 200, 50, 100


@router.get(addresses.ADMIN_PROPOSALS)
def get_proposals(request: Request, before: int = 0, done: str = "") -> Response:
    """List what waits for approval, and a page of what was decided."""
    return _proposals(request, before=before, done=done)


def _proposals(request: Request, faults: Sequence[Complaint] = (), before: int = 0, done: str = "") -> Response:
    with app_of(request).db.read() as session:
        waiting = list_proposals(session, [ProposalState.OPEN], MOST_OPEN)
        decided = list_proposals(session, DECIDED, PAGE + 1, max(0, min(before, 2**31 - 1)))
        is_on = needs_two(session)
    more = decided[PAGE - 1].id if len(decided) > PAGE else None
    shown = {"waiting": waiting, "decided": decided[:PAGE], "more": more, "is_on": is_on}
    return screen(request, "proposals.html", 422 if faults else 200, faults=faults, done=done, **shown)


@router.get(addresses.ADMIN_PROPOSAL)
def get_proposal(request: Request, proposal_id: ProposalNumber, done: str = "") -> Response:
    """Show one proposal: its draft, what it would have done when it was made, and what it would do now."""
    return _proposal(request, proposal_id, done=done)


def _proposal(request: Request, number: int, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        full = proposal_in_full(session, number)
        words = LineWords(session, language)
        lines = [words.line(one) for one in full.lines[:MOST_LINES]]
        effect = _effect(session, app, full, language)
    shown: dict[str, Any] = {
        "full": full,
        "one": full.proposal,
        "lines": lines,
        "hidden": max(0, len(full.lines) - MOST_LINES),
        "examples": [saving.told_example(one, language) for one in full.examples],
        "tried": effect,
        "is_own": _is_own(request, full.proposal),
        "kinds": ProposalKind,
        "states": ProposalState,
    }
    return screen(request, "proposal.html", 422 if faults else 200, faults=faults, done=done, **shown)


def _effect(session: Session, app: App, full: ProposalInFull, language: str) -> Tried:
    """What an open proposal of rules would do now; nothing where its ground has shifted, which is said beside it."""
    is_open = full.proposal.state is ProposalState.OPEN and full.proposal.kind is ProposalKind.RULES
    if not is_open or full.changed:
        return NOTHING_TRIED
    try:
        effect = summarised(session, app, proposed_edit(session, full.proposal), language, MOST_TRIED)
    except RuleError:  # an unknown word of today's rules; saving says so
        return NOTHING_TRIED
    return Tried(effect, effect.rows(MOST_SHIFTS))


def _is_own(request: Request, proposal: Proposal) -> bool:
    return proposal.author_id == admin_of(request).id


def _decided(
    request: Request, number: int, sent: QueryParams, decide: Callable[[App, int, Person], Proposal]
) -> Response:
    app, then = app_of(request), addresses.ADMIN_PROPOSAL.format(proposal_id=number)

    def act(by: Signed) -> None:
        decide(app, number, person(request, by))

    return acted(request, sent, act, partial(_proposal, request, number), then)


@router.post(addresses.ADMIN_PROPOSAL_APPROVE)
def post_approve(request: Request, proposal_id: ProposalNumber, sent: Sent) -> Response:
    """Let a proposal of somebody else's take effect."""
    return _decided(request, proposal_id, sent, approve)


@router.post(addresses.ADMIN_PROPOSAL_DECLINE)
def post_decline(request: Request, proposal_id: ProposalNumber, sent: Sent) -> Response:
    """Decide that a proposal does not take effect."""
    return _decided(request, proposal_id, sent, decline)


@router.post(addresses.ADMIN_PROPOSAL_WITHDRAW)
def post_withdraw(request: Request, proposal_id: ProposalNumber, sent: Sent) -> Response:
    """Take back one's own proposal."""
    return _decided(request, proposal_id, sent, withdraw_own)


@router.post(addresses.ADMIN_TWO_PERSONS)
def post_two_persons(request: Request, sent: Sent) -> Response:
    """Want two persons from now on, or one alone again, which is a proposal itself."""
    app, is_on = app_of(request), sent.get("two") == "yes"

    def act(by: Signed) -> Proposal | None:
        return switch_two_persons(app, is_on, person(request, by))

    return acted(request, sent, act, partial(_proposals, request), addresses.ADMIN_PROPOSALS)
