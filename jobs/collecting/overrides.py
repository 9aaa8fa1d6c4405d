"""Overrides: set a field of a call by hand, lift the override again, and keep it through every reading.

An override makes a new version and tags the call again, but makes no news. Does not know which fields can be set
(`tracker.calls.overrides`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from db import audit, calls
from db import overrides as stored_overrides
from db.acts import Act
from db.audit import Signed
from db.calls import Call, CallFacts, NewVersion
from db.overrides import FieldOverride
from db.runs import Run
from db.types import Json
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.spool import Seen
from jobs.rulebook.eligibility import derive_calls
from jobs.rulebook.tagging import tag_calls
from tracker.calls import changes, overrides
from tracker.errors import Code, NotFound, Noun, Refusal

SILENCE: tuple[Any, ...] = (None, [], "")


def set_field(app: App, call_id: int, field: str, text: str, signed: Signed) -> FieldOverride:
    """Set a field of a call to this value, whatever its source says from now on.

    InputFaults if the field or the value is not valid, before anything is written. NotFound if there is no such call.
    """
    value = overrides.as_json(field, overrides.read_value(field, text))
    with recorded(app.db, "edit", f"call {call_id}", app.clock) as run, app.db.write() as session:
        call, now = _call(session, call_id), app.clock()
        source_value = overrides.as_json(field, getattr(call, field))
        fresh = FieldOverride(call_id=call_id, field=field, value=value, said=source_value, **signed._asdict())
        override = stored_overrides.override_of(session, call_id, field) or fresh
        before = {"value": override.value} if override.id else {}
        override.value, (override.author, override.reason, override.at) = value, signed
        session.add(override)
        _put(session, app, call, {field: value}, run, now)
        detail, changed = {"field": field, "source": override.said}, {"before": before, "after": {"value": value}}
        audit.append_audit(session, signed, Act.FIELD_SET, f"call {call_id}", detail, **changed)
    return override


def lift_override(app: App, call_id: int, field: str, signed: Signed) -> None:
    """Restore a field to what its source said last. Refusal if it is not overridden."""
    with recorded(app.db, "edit", f"call {call_id}", app.clock) as run, app.db.write() as session:
        call, now = _call(session, call_id), app.clock()
        override = stored_overrides.override_of(session, call_id, field)
        if override is None:
            raise Refusal(Code.NOT_SET_BY_HAND, call=call_id, name=field)
        session.delete(override)
        _put(session, app, call, {field: override.said}, run, now)
        before = {"value": override.value}
        audit.append_audit(session, signed, Act.FIELD_LIFTED, f"call {call_id}", {"field": field}, before=before)


def _call(session: Session, call_id: int) -> Call:
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound(Noun.CALL, call_id)
    return call


def _put(session: Session, app: App, call: Call, values: Mapping[str, Any], run: Run, now: datetime) -> None:
    """Store a call with these values, a new version and its tags; do nothing if it has them already."""
    facts = overrides.above(changes.remembered(call), values)
    if facts == changes.remembered(call):
        return
    for field in values:
        setattr(call, field, getattr(facts, field))
    call.closes_on, call.status = changes.closes_on(facts), changes.status_of(facts, changes.brussels_day(now))
    call.changed_at = now
    session.add(call)
    session.flush()
    call_id, document = call.id or 0, Json(facts.model_dump_json())
    version = NewVersion(call_id, run.id or 0, now, call.parser_version, document)
    calls.add_versions(session, [version])
    derive_calls(session, app, {call_id: facts})
    tag_calls(session, app.compiled, {call_id: facts}, now)


def keep_overrides(session: Session, batch: Sequence[Seen], known: Mapping[str, Call]) -> list[Seen]:
    """Apply the overrides to a batch of read calls; what the source says of those fields is recorded beside them."""
    held = stored_overrides.overrides_of(session, [call.id for call in known.values() if call.id is not None])
    if not held:
        return list(batch)
    by_key = {key: held[call.id] for key, call in known.items() if call.id in held}
    return [_with_overrides(seen, by_key.get(seen.facts.key, ())) for seen in batch]


def _with_overrides(seen: Seen, held: Sequence[FieldOverride]) -> Seen:
    if not held:
        return seen
    for override in held:
        source_value = overrides.as_json(override.field, getattr(seen.facts, override.field))
        if source_value not in SILENCE:  # as everywhere, an empty value does not overwrite
            override.said = source_value
    facts: CallFacts = overrides.above(seen.facts, {override.field: override.value for override in held})
    return seen.with_facts(facts)
