"""Decide on proposals: approve one, which then takes effect by the use case that it was kept from; decline, withdraw.

Nobody approves what they proposed themselves, under whichever account or name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from db import audit, proposals
from db.acts import Act
from db.admins import Role, all_admins
from db.audit import Signed
from db.editions import HoldState
from db.examples import ExampleRow
from db.proposals import Proposal, ProposalKind, ProposalState
from db.regions import find_ours, get_ours
from jobs.approvals.proposing import Person, propose_one_person, same_name
from jobs.base.app import App
from jobs.base.compiled_rules import stored_rulebook
from jobs.base.two_persons import Approval, let_happen, open_proposal, settle_proposal
from jobs.editions import holds
from jobs.rulebook import saving
from jobs.rulebook.example_edits import drop_example, known_example, store_changed, store_example
from jobs.rulebook.examples import as_example
from jobs.rulebook.next_strategy import schedule_strategy
from jobs.rulebook.saving import must_have_reason
from tracker.errors import Code, NotFound, Noun, Refusal
from tracker.tagging.evaluate import Example
from tracker.tagging.rulebook_edits import Edit
from tracker.tagging.rulebook_lines import ChangedLine, changed_since, stored_line, with_lines

MAY_APPROVE = frozenset({Role.ADMIN, Role.APPROVER})


@dataclass(frozen=True, slots=True)
class ProposalInFull:
    """A proposal with the lines of the rulebook and the examples that it is about; `changed` lines differ by now."""

    proposal: Proposal
    lines: tuple[ChangedLine, ...]
    examples: tuple[Example, ...]
    changed: tuple[ChangedLine, ...]


def proposal_in_full(session: Session, number: int) -> ProposalInFull:
    """Look up a proposal. NotFound if there is none."""
    proposal = find_ours(session, Proposal, number)
    if proposal is None:
        raise NotFound(Noun.PROPOSAL, number)
    lines = _lines(proposal)
    kept = [row for row in (proposal.draft.get("keep"), proposal.draft.get("was")) if row]
    given = [_example(row) for row in [*proposal.draft.get("examples", ()), *kept]]
    changed = changed_since(stored_rulebook(session), lines) if proposal.state is ProposalState.OPEN else []
    return ProposalInFull(proposal, lines, tuple(given), tuple(changed))


def proposed_edit(session: Session, proposal: Proposal) -> Edit:
    """The edit of the rulebook that a proposal would save, laid over the rulebook as it is.

    Refusal if a line that it changes has changed since it was made.
    """
    before, lines = stored_rulebook(session), _lines(proposal)
    if changed := changed_since(before, lines):
        raise Refusal(Code.CHANGED_SINCE, lines=tuple(one.key for one in changed))
    of_file = proposal.draft["of_file"]
    examples = tuple(map(_example, proposal.draft["examples"]))
    from_file = None if of_file is None else tuple(map(_example, of_file))
    return Edit(proposal.subject, before, with_lines(before, lines), examples, from_file)


def _lines(proposal: Proposal) -> tuple[ChangedLine, ...]:
    return tuple(map(stored_line, proposal.draft.get("lines", ())))


def _example(stored: dict[str, object]) -> Example:
    return as_example(ExampleRow.model_validate(stored))


def approve(app: App, number: int, person: Person) -> Proposal:
    """Let a proposal take effect. Errors of what it does; Refusal for its author, or if the ground has shifted."""
    must_have_reason(person.signed)
    with app.db.read() as session:
        proposal = open_proposal(session, number)
        _must_be_another(session, proposal, person)
    approval = Approval(number, person.signed)
    by = Signed(proposal.author, proposal.reason, app.clock())
    EFFECTS[proposal.kind](app, proposal, by, approval)
    with app.db.read() as session:
        return get_ours(session, Proposal, number)


def _must_be_another(session: Session, proposal: Proposal, person: Person) -> None:
    accounts = {one.id: one for one in all_admins(session)}
    is_same_account = person.account is not None and person.account == proposal.author_id
    if is_same_account or same_name(person.signed.author) == same_name(proposal.author):
        raise Refusal(Code.OWN_PROPOSAL, author=proposal.author)
    if person.account is not None and accounts[person.account].role not in MAY_APPROVE:
        raise Refusal(Code.NOT_AN_APPROVER, name=person.signed.author)


def _save_rules(app: App, proposal: Proposal, by: Signed, approval: Approval) -> None:
    with app.db.read() as session:
        edit = proposed_edit(session, proposal)
    saving.save(app, edit, by, force=proposal.force, announce=proposal.announce, approval=approval)


def _edit_examples(app: App, proposal: Proposal, by: Signed, approval: Approval) -> None:
    kept, was, number = proposal.draft.get("keep"), proposal.draft.get("was"), int(proposal.draft.get("number", 0))
    if was:
        _must_be_as_it_was(app, number, was)
    if kept and was:
        store_changed(app, number, _example(kept), by, approval)
    elif kept:
        store_example(app, _example(kept), by, approval)
    else:
        drop_example(app, number, by, approval)


def _must_be_as_it_was(app: App, number: int, was: Mapping[str, object]) -> None:
    with app.db.read() as session:
        if known_example(session, number).model_dump(exclude={"id"}) != was:
            raise Refusal(Code.CHANGED_SINCE, lines=(f"example {number}",))


def _release_edition(app: App, proposal: Proposal, by: Signed, approval: Approval) -> None:
    holds.release_edition(app, proposal.draft["edition"], by, approval)


def _decide_part(app: App, proposal: Proposal, by: Signed, approval: Approval) -> None:
    if proposal.draft["state"] == HoldState.RELEASED:
        holds.release_part(app, proposal.draft["hold"], by, approval)
    else:
        holds.drop_part(app, proposal.draft["hold"], by, approval)


def _schedule(app: App, proposal: Proposal, by: Signed, approval: Approval) -> None:
    draft = proposal.draft
    on = date.fromisoformat(draft["starts_on"])
    schedule_strategy(app, draft["strategy"], on, draft["announce"], by, approval, draft["rules"])


def _let_one_do(app: App, proposal: Proposal, by: Signed, approval: Approval) -> None:
    with app.db.write() as session:
        let_happen(session, approval)
        _switch(session, False, by)


EFFECTS: dict[ProposalKind, Callable[[App, Proposal, Signed, Approval], None]] = {
    ProposalKind.RULES: _save_rules,
    ProposalKind.EXAMPLE: _edit_examples,
    ProposalKind.EDITION: _release_edition,
    ProposalKind.PART: _decide_part,
    ProposalKind.STRATEGY: _schedule,
    ProposalKind.SWITCH: _let_one_do,
}


def decline(app: App, number: int, person: Person) -> Proposal:
    """Decide that a proposal does not take effect. InputFaults without a reason; Refusal for who may not approve."""
    must_have_reason(person.signed)
    with app.db.write() as session:
        _must_be_another(session, open_proposal(session, number), person)
        return settle_proposal(session, number, ProposalState.DECLINED, person.signed)


def withdraw_own(app: App, number: int, person: Person) -> Proposal:
    """Take back one's own proposal. InputFaults without a reason; Refusal for anybody else."""
    must_have_reason(person.signed)
    with app.db.write() as session:
        proposal = open_proposal(session, number)
        is_own = proposal.author_id == person.account and proposal.author == person.signed.author
        if not is_own:
            raise Refusal(Code.NOT_YOUR_PROPOSAL, author=proposal.author)
        return settle_proposal(session, number, ProposalState.WITHDRAWN, person.signed)


def switch_two_persons(app: App, is_on: bool, person: Person) -> Proposal | None:
    """Want two persons from now on, or one alone again; that, too, another approves, and its proposal is returned.

    InputFaults without a reason; Refusal where there are no two people who may approve.
    """
    must_have_reason(person.signed)
    with app.db.read() as session:
        is_now, approvers = (
            proposals.needs_two(session),
            [one for one in all_admins(session) if one.role in MAY_APPROVE],
        )
    others = [one for one in approvers if one.id != person.account]
    if is_on and len(approvers) < 2:
        raise Refusal(Code.NO_SECOND_PERSON)
    if is_now and not is_on and others:
        return propose_one_person(app, person)
    with app.db.write() as session:
        _switch(session, is_on, person.signed)
    return None


def _switch(session: Session, is_on: bool, by: Signed) -> None:
    proposals.set_two_persons(session, is_on, by)
    audit.append_audit(session, by, Act.TWO_PERSONS_ON if is_on else Act.TWO_PERSONS_OFF, "region")
