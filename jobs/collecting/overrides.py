"""Edits by hand: set a field of a call above its source, lift it again, and keep it through every reading.

An edit makes a version and tags the call again, and no news. Does not know which fields can be set
(`tracker.calls.overrides`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from db import audit, calls
from db import overrides as held_edits
from db.audit import Signed
from db.calls import Call, CallFacts, NewVersion
from db.overrides import FieldOverride
from db.runs import Run
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.spool import Seen
from jobs.rulebook.tagging import tag_calls
from tracker.calls import changes, overrides
from tracker.errors import Code, NotFound, Noun, Refusal

SILENCE: tuple[Any, ...] = (None, [], "")


def set_field(app: App, call_id: int, field: str, text: str, signed: Signed) -> FieldOverride:
    """Hold a field of a call at this value, whatever its source says from now on.

    InputFaults where the field or the value is none. Both are checked before anything is written.
    """
    value = overrides.as_json(field, overrides.read_value(field, text))
    with recorded(app.db, "edit", f"call {call_id}", app.clock) as run, app.db.write() as session:
        call, now = _call(session, call_id), app.clock()
        said = overrides.as_json(field, getattr(call, field))
        fresh = FieldOverride(call_id=call_id, field=field, value=value, said=said, **signed._asdict())
        found = held_edits.override_of(session, call_id, field) or fresh
        found.value, (found.author, found.reason, found.at) = value, signed
        session.add(found)
        _put(session, app, call, {field: value}, run, now)
        detail = {"field": field, "value": value, "source": found.said}
        audit.append_audit(session, signed, "call edited", f"call {call_id}", detail)
    return found


def lift_override(app: App, call_id: int, field: str, signed: Signed) -> None:
    """Give a field back to its source: it is again what the source said last. Refusal where nobody holds it."""
    with recorded(app.db, "edit", f"call {call_id}", app.clock) as run, app.db.write() as session:
        call, now = _call(session, call_id), app.clock()
        found = held_edits.override_of(session, call_id, field)
        if found is None:
            raise Refusal(Code.NOT_SET_BY_HAND, call=call_id, name=field)
        session.delete(found)
        _put(session, app, call, {field: found.said}, run, now)
        detail = {"field": field, "value": found.said}
        audit.append_audit(session, signed, "edit lifted", f"call {call_id}", detail)


def _call(session: Session, call_id: int) -> Call:
    call = session.get(Call, call_id)
    if call is None:
        raise NotFound(Noun.CALL, call_id)
    return call


def _put(session: Session, app: App, call: Call, values: Mapping[str, Any], run: Run, now: datetime) -> None:
    """The call with these values, its new version and its tags; nothing where it is so already."""
    facts = overrides.above(changes.remembered(call), values)
    if facts == changes.remembered(call):
        return
    for field in values:
        setattr(call, field, getattr(facts, field))
    call.closes_on, call.status = changes.closes_on(facts), changes.status_of(facts, changes.brussels_day(now))
    call.changed_at = now
    session.add(call)
    session.flush()
    call_id, said = call.id or 0, facts.model_dump(mode="json")
    version = NewVersion(
        call_id=call_id, run_id=run.id or 0, seen_at=now, parser_version=call.parser_version, facts=said
    )
    calls.add_versions(session, [version])
    tag_calls(session, app.compiled, {call_id: facts}, now)


def keep_overrides(session: Session, batch: Sequence[Seen], known: Mapping[str, Call]) -> list[Seen]:
    """The read calls with the fields that a person holds; what the source said of them is written down beside."""
    held = held_edits.overrides_of(session, [call.id for call in known.values() if call.id is not None])
    if not held:
        return list(batch)
    by_key = {key: held[call.id] for key, call in known.items() if call.id in held}
    return [_with_edits(seen, by_key.get(seen.facts.key, ())) for seen in batch]


def _with_edits(seen: Seen, held: Sequence[FieldOverride]) -> Seen:
    if not held:
        return seen
    for one in held:
        said = overrides.as_json(one.field, getattr(seen.facts, one.field))
        if said not in SILENCE:  # as everywhere, silence does not overwrite
            one.said = said
    facts: CallFacts = overrides.above(seen.facts, {one.field: one.value for one in held})
    return replace(seen, facts=facts)
