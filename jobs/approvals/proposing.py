"""Do what a person asks for, or propose it: where the region wants two persons, another approves it first.

The desk and the commands save edits and keep examples here and nowhere else; editions: `jobs.approvals.releasing`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import Session

from db import audit
from db.acts import Act
from db.admins import Admin, all_admins
from db.audit import Signed
from db.examples import ExampleRow
from db.next_strategies import NextStrategy
from db.proposals import Proposal, ProposalKind, needs_two
from db.regions import find_ours
from jobs.base.app import App
from jobs.base.two_persons import subject_of
from jobs.rulebook import saving
from jobs.rulebook.example_edits import (
    AskedExample,
    KeptExample,
    change_example,
    drafted_example,
    drop_example,
    example_as_it_was,
    keep_example,
    known_example,
)
from jobs.rulebook.examples import as_row
from jobs.rulebook.next_strategy import mark_of_rules, must_come, next_named, schedule_strategy
from jobs.rulebook.preview import preview_edit, readers
from jobs.rulebook.saving import NoChange, Saved, must_have_reason
from tracker.errors import Code
from tracker.folding import folded_text
from tracker.tagging.preview import Preview
from tracker.tagging.rulebook_edits import Edit
from tracker.tagging.rulebook_lines import changed_lines


class Person(NamedTuple):
    """Who acts: how they sign, and their account at the desk; None for somebody who has none."""

    signed: Signed
    account: int | None = None


def person_of(session: Session, signed: Signed) -> Person:
    """Who signs on the command line: whoever has an account of this name or address acts as that account."""
    admin = account_named(session, signed.author)
    return Person(signed._replace(author=admin.name), admin.id) if admin else Person(signed)


def same_name(name: str) -> str:
    """One form for a person's name, however it is typed."""
    return " ".join(folded_text(name).casefold().split())


def account_named(session: Session, name: str) -> Admin | None:
    """The account of this name or address; None if there is none."""
    sought = same_name(name)
    return next((one for one in all_admins(session) if sought in (same_name(one.name), same_name(one.address))), None)


def save_edit_or_propose(
    app: App, edit: Edit, person: Person, *, force: bool = False, announce: bool = False
) -> Saved | Proposal:
    """Save an edit of the rulebook; errors as of `jobs.rulebook.saving.save`, those of a proposal too."""
    if not two_are_needed(app):
        return saving.save(app, edit, person.signed, force=force, announce=announce)
    must_have_reason(person.signed)
    lines = [one.as_json() for one in changed_lines(edit.before, edit.book)]
    if not (lines or edit.examples or edit.of_file):
        raise NoChange(Code.NOTHING_TO_SAVE, what=edit.subject)
    with app.db.read() as session:
        preview = preview_edit(session, app.compiled, edit)
        seen = _seen(session, app, preview)
    saving.checked(preview, force)
    given = [as_row(one).model_dump(exclude={"id"}) for one in edit.examples]
    of_file = None if edit.of_file is None else [as_row(one, True).model_dump(exclude={"id"}) for one in edit.of_file]
    draft = {"lines": lines, "examples": given, "of_file": of_file}
    made = _drafted(ProposalKind.RULES, edit.subject, draft, person)
    made.seen, made.force, made.announce = seen, force, announce
    return _proposed(app, made, person)


def _seen(session: Session, app: App, preview: Preview) -> dict[str, Any]:
    """What an edit would do, as it is kept with its proposal."""
    gains = [count for count in readers(session, preview, app.today()).values() if count]
    counts = {"gained": len(preview.gained), "lost": len(preview.lost), "archive": preview.archive}
    return counts | {"readers": len(gains), "most": max(gains, default=0)}


def keep_example_or_propose(app: App, asked: AskedExample, person: Person) -> KeptExample | Proposal:
    """Keep an example; errors as of `jobs.rulebook.example_edits.keep_example`."""
    if not two_are_needed(app):
        return keep_example(app, asked, person.signed)
    with app.db.read() as session:
        example = drafted_example(session, asked)
    row = as_row(example).model_dump(exclude={"id"})
    return propose(app, ProposalKind.EXAMPLE, f"example ({example.spearhead})", {"keep": row}, person)


def drop_example_or_propose(app: App, number: int, person: Person) -> bool | Proposal:
    """Remove an example; NotFound if there is none."""
    if not two_are_needed(app):
        return drop_example(app, number, person.signed)
    with app.db.read() as session:
        row = known_example(session, number)
    draft = {"number": number, "was": row.model_dump(exclude={"id"})}
    return propose(app, ProposalKind.EXAMPLE, f"example {number} ({row.spearhead})", draft, person)


def change_example_or_propose(app: App, number: int, asked: AskedExample, person: Person) -> KeptExample | Proposal:
    """Change an example; errors as of `jobs.rulebook.example_edits.change_example`."""
    if not two_are_needed(app):
        return change_example(app, number, asked, person.signed)
    with app.db.read() as session:
        was, example = known_example(session, number), drafted_example(session, asked)
    rows = {"was": was.model_dump(exclude={"id"}), "keep": as_row(example).model_dump(exclude={"id"})}
    subject = f"example {number} ({example.spearhead})"
    return propose(app, ProposalKind.EXAMPLE, subject, {"number": number, **rows}, person)


def restore_example_or_propose(app: App, number: int, revision: int | None, person: Person) -> KeptExample | Proposal:
    """Put an example back as it was at a revision; one that was removed comes back under a new number."""
    with app.db.read() as session:
        asked = example_as_it_was(session, number, revision)
        is_there = find_ours(session, ExampleRow, number) is not None
    if is_there:
        return change_example_or_propose(app, number, asked, person)
    return keep_example_or_propose(app, asked, person)


def schedule_or_propose(app: App, number: int, on: date, announce: bool, person: Person) -> NextStrategy | Proposal:
    """Choose the day on which a next strategy takes over; errors as of `jobs.rulebook.next_strategy`."""
    if not two_are_needed(app):
        return schedule_strategy(app, number, on, announce, person.signed)
    must_come(app, on)
    with app.db.read() as session:
        strategy = next_named(session, number)
    draft = {"strategy": number, "starts_on": on.isoformat(), "announce": announce}
    draft["rules"] = mark_of_rules(app, strategy)
    return propose(app, ProposalKind.STRATEGY, f"{strategy.name} {on.isoformat()}", draft, person)


def propose_one_person(app: App, person: Person) -> Proposal:
    """Propose that one person alone may do again what needs two."""
    return propose(app, ProposalKind.SWITCH, "region", {}, person)


def two_are_needed(app: App) -> bool:
    """Whether what one person prepares must be approved by another."""
    with app.db.read() as session:
        return needs_two(session)


def propose(app: App, kind: ProposalKind, subject: str, draft: Mapping[str, Any], person: Person) -> Proposal:
    """Make a proposal of what this draft holds; InputFaults without a reason."""
    must_have_reason(person.signed)
    return _proposed(app, _drafted(kind, subject, draft, person), person)


def _drafted(kind: ProposalKind, subject: str, draft: Mapping[str, Any], person: Person) -> Proposal:
    author, reason, at = person.signed
    return Proposal(
        kind=kind,
        subject=subject[:150],
        draft=dict(draft),
        author=author,
        author_id=person.account,
        reason=reason,
        made_at=at,
    )


def _proposed(app: App, proposal: Proposal, person: Person) -> Proposal:
    with app.db.write() as session:
        session.add(proposal)
        session.flush()
        session.refresh(proposal)
        after = {"state": proposal.state}
        audit.append_audit(session, person.signed, Act.PROPOSED, subject_of(proposal), after=after)
    return proposal
