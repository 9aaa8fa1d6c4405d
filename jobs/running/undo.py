"""Undo an act of the log by the use case that goes back, as long as nothing else happened to it since.

An edit of the rulebook goes back to the state before; what needs two persons is proposed.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlmodel import Session

from db.acts import Act
from db.audit import AuditEntry
from db.calls import Call
from db.overrides import override_of
from db.regions import find_ours
from jobs.approvals.proposing import (
    Person,
    drop_example_or_propose,
    restore_example_or_propose,
    save_edit_or_propose,
)
from jobs.base.app import App
from jobs.collecting.overrides import lift_override, set_field
from jobs.rulebook import drafts
from jobs.rulebook.pins import decided_by_pin, pin_call, unpin_call
from jobs.rulebook.saving import must_have_reason, newest_revision
from tracker.errors import Code, NotFound, Noun, Refusal
from tracker.tagging.rulebook_edits import Edit

Undo = Callable[[App, Person], object]
NUMBERED = re.compile(r"(?:call|example) (\d+)")
RESTORED = {
    "rule": drafts.restored_rule,
    "mask": drafts.restored_mask,
    "threshold": drafts.restored_scoring,
}


def entry_of(session: Session, number: int) -> AuditEntry:
    """One entry of the log. NotFound if there is none."""
    entry = find_ours(session, AuditEntry, number)
    if entry is None:
        raise NotFound(Noun.ENTRY, number)
    return entry


def undo_act(app: App, number: int, person: Person) -> object:
    """Undo an act; returns a proposal where two persons are needed. InputFaults without a reason.

    Refusal for what cannot be undone, or not any more.
    """
    must_have_reason(person.signed)
    with app.db.read() as session:
        undo = how_to_undo(session, entry_of(session, number))
    if undo is None:
        raise Refusal(Code.NOT_UNDONE)
    return undo(app, person)


def how_to_undo(session: Session, entry: AuditEntry) -> Undo | None:
    """What would undo an act; None for what cannot be undone, or where something else happened since."""
    find = FINDERS.get(Act(entry.action)) if entry.action in list(Act) else None
    return find(session, entry) if find else None


def _edit(session: Session, entry: AuditEntry) -> Undo | None:
    kind, _, key = entry.subject.partition(" ")
    restored = RESTORED.get(kind)
    if restored is None or not _is_newest(session, entry):
        return None
    is_first = kind == "threshold" and entry.detail["revision"] == 1  # a spearhead cannot go back to none
    return None if is_first else partial(_save, restored, key)


def _is_newest(session: Session, entry: AuditEntry) -> bool:
    """Whether nothing was saved since."""
    number = entry.detail.get("revision")
    return number is not None and number == newest_revision(session, entry.subject)


def _save(restored: Callable[[Session, str, int | None], Edit], key: str, app: App, person: Person) -> object:
    with app.db.read() as session:
        edit = restored(session, key, None)
    return save_edit_or_propose(app, edit, person)


def _example(session: Session, entry: AuditEntry) -> Undo | None:
    number = _number(entry)
    if not _is_newest(session, entry):
        return None
    if entry.action == Act.EXAMPLE_KEPT:
        return lambda app, person: drop_example_or_propose(app, number, person)
    return lambda app, person: restore_example_or_propose(app, number, None, person)


def _pin(session: Session, entry: AuditEntry) -> Undo | None:
    call_id, spearhead = _number(entry), entry.detail.get("spearhead", "")
    now, call = decided_by_pin(session, call_id, spearhead), session.get(Call, call_id)
    if "before" not in entry.detail or now != entry.detail["after"] or call is None:
        return None
    if before := entry.detail["before"].get("pin"):
        return lambda app, person: pin_call(app, call, spearhead, before == "in", person.signed)
    return lambda app, person: unpin_call(app, call_id, spearhead, person.signed)


def _field(session: Session, entry: AuditEntry) -> Undo | None:
    call_id, field = _number(entry), entry.detail.get("field", "")
    override = override_of(session, call_id, field)
    now: dict[str, Any] = {"value": override.value} if override else {}
    if "before" not in entry.detail or now != entry.detail["after"]:
        return None
    before = entry.detail["before"]
    if "value" not in before:
        return lambda app, person: lift_override(app, call_id, field, person.signed)
    if not isinstance(before["value"], str | int):  # lists of days and the like are set again by hand
        return None
    return lambda app, person: set_field(app, call_id, field, str(before["value"]), person.signed)


def _number(entry: AuditEntry) -> int:
    found = NUMBERED.match(entry.subject)
    return int(found[1]) if found else 0


FINDERS: dict[Act, Callable[[Session, AuditEntry], Undo | None]] = {
    Act.RULES_SAVED: _edit,
    Act.EXAMPLE_KEPT: _example,
    Act.EXAMPLE_CHANGED: _example,
    Act.EXAMPLE_REMOVED: _example,
    Act.PINNED_TO: _pin,
    Act.PINNED_AWAY: _pin,
    Act.UNPINNED: _pin,
    Act.FIELD_SET: _field,
    Act.FIELD_LIFTED: _field,
}
