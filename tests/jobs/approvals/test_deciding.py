"""Prepared by one person, approved by another: what waits, who may decide, and what takes effect then."""

from collections.abc import Callable

import pytest

from db.admins import Role
from db.audit import Signed, list_audit
from db.proposals import Proposal, ProposalState, list_proposals
from db.strategies import Mask
from db.subscribers import Language
from jobs.admins import accounts
from jobs.approvals.deciding import approve, decline, proposal_in_full, switch_two_persons, withdraw_own
from jobs.approvals.proposing import (
    Person,
    drop_example_or_propose,
    keep_example_or_propose,
    person_of,
    save_edit_or_propose,
)
from jobs.base.app import App
from jobs.rulebook import drafts, saving
from jobs.rulebook.example_edits import AskedExample, keep_example, listed_examples
from jobs.running.inbox import WaitingKind, all_waiting
from tests.jobs.rulebook.archive import FARMING, ME, late, pin, remember, rule_edit, rule_now, save, spearheads
from tests.jobs.world import MONDAY, enrol
from tests.support.refused import refused
from tracker.errors import Code, InputFaults, NotFound, Refusal, WrongState
from tracker.tagging.rulebook_edits import Edit

WHY = Signed("Aino", "it is right", MONDAY)


def account_of(app: App, name: str, role: Role = Role.ADMIN, address: str = "") -> Person:
    made = accounts.add_admin(app, address or f"{name.lower()}@desk.example", name, role, Language.EN, ME)
    return Person(Signed(name, "it is right", MONDAY), made.admin.id)


@pytest.fixture
def maija(app: App) -> Person:
    """An editor, in a region that wants two persons."""
    account_of(app, "Eeva")
    switch_two_persons(app, True, account_of(app, "Olli"))
    return account_of(app, "Maija", Role.EDITOR)


@pytest.fixture
def aino(app: App) -> Person:
    return account_of(app, "Aino", Role.APPROVER)


def propose(app: App, person: Person, announce: bool = False) -> Proposal:
    made = save_edit_or_propose(app, rule_edit(app, FARMING), person, announce=announce)
    assert isinstance(made, Proposal)
    return made


@pytest.mark.both_kinds
def test_an_edit_waits_until_another_approves_it_and_takes_effect_by_the_same_save(
    app: App, maija: Person, aino: Person
) -> None:
    [farm] = remember(app, "Vertical farming")
    enrol(app.db, app.clock(), "anna", "food")
    proposal = propose(app, maija, announce=True)
    assert (rule_now(app, "farming"), spearheads(app, farm)) == (None, set())
    assert (proposal.seen["gained"], proposal.seen["readers"]) == (1, 1)
    with app.db.read() as session:
        [waits] = all_waiting(session, app)
    assert (waits.kind, waits.subject) == (WaitingKind.PROPOSAL, f"{proposal.id} farming")
    settled = approve(app, proposal.id or 0, aino)
    assert (settled.state, settled.decided_by) == (ProposalState.APPROVED, "Aino")
    assert (rule_now(app, "farming"), spearheads(app, farm), late(app)) == (FARMING, {"food"}, [farm])
    with app.db.read() as session:
        done = [(one.who, one.action) for one in list_audit(session, 3)]
        assert all_waiting(session, app) == []
    assert done == [("Maija", "rules saved"), ("Aino", "proposal approved"), ("Maija", "proposed")]


def test_where_the_region_does_not_want_two_an_edit_is_saved_at_once(app: App) -> None:
    save_edit_or_propose(app, rule_edit(app, FARMING), account_of(app, "Maija"))
    assert rule_now(app, "farming") == FARMING


def other_account(app: App, maija: Person) -> Person:
    return account_of(app, "maija ", Role.ADMIN, "maija@elsewhere.example")


def as_another_role(app: App, maija: Person) -> Person:
    accounts.change_role(app, str(maija.account), Role.ADMIN, ME)
    return maija


def on_the_command_line(app: App, _: Person) -> Person:
    with app.db.read() as session:
        return person_of(session, Signed("maija@desk.example", "me again", MONDAY))


def without_an_account(_: App, __: Person) -> Person:
    return Person(WHY._replace(author="MAIJA"))


DOORS = [as_another_role, other_account, on_the_command_line, without_an_account]


@pytest.mark.parametrize("door", DOORS)
def test_nobody_approves_their_own_proposal_by_any_door(
    app: App, maija: Person, door: Callable[[App, Person], Person]
) -> None:
    proposal = propose(app, maija)
    with refused(Refusal, "somebody other than Maija"):
        approve(app, proposal.id or 0, door(app, maija))
    assert rule_now(app, "farming") is None


def test_who_may_not_approve_on_the_screen_may_not_by_a_command(app: App, maija: Person) -> None:
    proposal = propose(app, maija)
    with refused(Refusal, "may not approve"):
        approve(app, proposal.id or 0, account_of(app, "Eino", Role.EDITOR))
    with refused(Refusal, "may not approve"):
        decline(app, proposal.id or 0, account_of(app, "Aune", Role.AUDITOR))


def test_nothing_is_saved_past_the_proposals(app: App, maija: Person) -> None:
    with refused(Refusal, "wants a second person"):
        save(app, FARMING)
    with refused(Refusal, "wants a second person"):
        keep_example(app, AskedExample("food", must=True, title="Food"), ME)
    [farm] = remember(app, "Vertical farming")
    with refused(Refusal, "wants a second person"):
        pin(app, farm, True, as_example=True)
    pin(app, farm, True)
    assert rule_now(app, "farming") is None


def test_what_was_changed_meanwhile_is_named_and_the_proposal_stays_to_be_declined(
    app: App, maija: Person, aino: Person
) -> None:
    first, second = propose(app, maija), propose(app, account_of(app, "Eino", Role.EDITOR))
    approve(app, first.id or 0, aino)
    with pytest.raises(Refusal) as caught:
        approve(app, second.id or 0, aino)
    assert (caught.value.code, caught.value.values["lines"]) == (Code.CHANGED_SINCE, ("farming",))
    with app.db.read() as session:
        assert [one.key for one in proposal_in_full(session, second.id or 0).changed] == ["farming"]
    assert decline(app, second.id or 0, aino).state is ProposalState.DECLINED


def mask_edit(app: App) -> Edit:
    with app.db.read() as session:
        return saving.mask_edit(session, "fish", Mask(key="fish", text="fish"))


def scoring_edit(app: App) -> Edit:
    with app.db.read() as session:
        return drafts.set_scoring(session, "food", 7, None)


def test_other_edits_that_were_saved_meanwhile_are_kept(app: App, maija: Person, aino: Person) -> None:
    """What a proposal does not touch may change."""
    for edit in (rule_edit(app, FARMING), mask_edit(app), scoring_edit(app)):
        save_edit_or_propose(app, edit, maija)
    with app.db.read() as session:
        waiting = list_proposals(session, [ProposalState.OPEN], 9)
    for proposal in waiting:
        approve(app, proposal.id or 0, aino)
    with app.db.read() as session:
        index, _ = app.compiled.index(session)
    assert (index.spearheads["food"].threshold, [one.key for one in index.rulebook.masks]) == (7, ["fish"])
    assert rule_now(app, "farming") == FARMING


def test_an_example_is_kept_and_removed_by_two(app: App, maija: Person, aino: Person) -> None:
    kept = keep_example_or_propose(app, AskedExample("food", must=True, title="Food for all"), maija)
    assert isinstance(kept, Proposal)
    approve(app, kept.id or 0, aino)
    with app.db.read() as session:
        [row] = [one.example for one in listed_examples(session, app.compiled, "food")]
    gone = drop_example_or_propose(app, row.id or 0, maija)
    assert isinstance(gone, Proposal)
    approve(app, gone.id or 0, aino)
    with app.db.read() as session:
        assert listed_examples(session, app.compiled, "food") == []
    with pytest.raises(NotFound):
        drop_example_or_propose(app, row.id or 0, maija)


def test_a_proposal_is_decided_once(app: App, maija: Person, aino: Person) -> None:
    proposal = propose(app, maija)
    with pytest.raises(InputFaults):
        decline(app, proposal.id or 0, aino._replace(signed=WHY._replace(reason=" ")))
    with refused(Refusal, "only Maija can withdraw"):
        withdraw_own(app, proposal.id or 0, aino)
    assert withdraw_own(app, proposal.id or 0, maija).state is ProposalState.WITHDRAWN
    for decide in (approve, decline):
        with pytest.raises(WrongState):
            decide(app, proposal.id or 0, aino)


def test_an_edit_that_may_not_be_saved_is_no_proposal(app: App, maija: Person) -> None:
    edit = rule_edit(app, FARMING)
    with pytest.raises(InputFaults):
        save_edit_or_propose(app, edit, maija._replace(signed=ME._replace(reason="")))
    with refused(Refusal, "nothing to save"):
        save_edit_or_propose(app, Edit("farming", edit.before, edit.before), maija)


def test_the_switch_needs_two_people_and_going_back_is_a_proposal(app: App) -> None:
    olli = account_of(app, "Olli")
    with refused(Refusal, "two people first"):
        switch_two_persons(app, True, olli)
    aino = account_of(app, "Aino", Role.APPROVER)
    assert switch_two_persons(app, True, olli) is None
    asked = switch_two_persons(app, False, olli)
    assert asked
    with refused(Refusal, "wants a second person"):
        save(app, FARMING)
    approve(app, asked.id or 0, aino)
    save(app, FARMING)


def test_the_last_who_may_approve_is_not_locked_out(app: App) -> None:
    olli, aino = account_of(app, "Olli"), account_of(app, "Aino", Role.APPROVER)
    switch_two_persons(app, True, olli)
    accounts.remove_admin(app, str(aino.account), ME)
    assert switch_two_persons(app, False, olli) is None
    save(app, FARMING)
