"""Pins: an admin decides by hand whether a call belongs to a spearhead, and no rule overrides it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from db import audit, calls, examples, strategies
from db.acts import Act
from db.audit import Signed
from db.calls import Call
from db.strategies import Pin
from jobs.base.app import App
from jobs.base.two_persons import let_happen
from jobs.rulebook.examples import as_row
from jobs.rulebook.saving import known_spearhead, must_have_reason, retag_calls
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class PinnedCall:
    """A pin with its call."""

    pin: Pin
    call: Call


def list_pins(session: Session) -> list[PinnedCall]:
    """List every pin, newest first."""
    pins = strategies.all_pins(session)
    by_id = calls.calls_by_id(session, {pin.call_id for pin in pins})
    return [PinnedCall(pin, by_id[pin.call_id]) for pin in pins]


def pin_call(
    app: App, call: Call, spearhead: str, is_included: bool, signed: Signed, as_example: bool = False
) -> int | None:
    """Pin a call to a spearhead or away from it, and retag the call at once without telling readers.

    With `as_example` the call also becomes an example, whose number is returned. NotFound if there is no such
    spearhead; InputFaults without a reason; Refusal for an example where two persons are needed.
    """
    must_have_reason(signed)
    with app.db.write() as session:
        if as_example:
            let_happen(session, None)
        _pin(session, app, call.id or 0, known_spearhead(session, spearhead), signed, is_included=is_included)
        if not as_example:
            return None
        return examples.insert_example(session, as_row(Example(spearhead, from_facts(call), is_included)), signed)


def pin_several(app: App, call_ids: Sequence[int], spearhead: str | None, is_included: bool, signed: Signed) -> int:
    """Pin these calls alike, all or none, and retag them without telling readers; return how many pins that makes.

    Without a spearhead each is pinned away from all that it has: it is nothing for the region. InputFaults without a
    reason, or for none or too many calls; NotFound for an unknown spearhead or call.
    """
    must_have_reason(signed)
    ids = list(dict.fromkeys(call_ids))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise InputFaults(Fault(Code.TOO_MANY_CALLS, "", {"given": len(ids), "most": MOST_AT_ONCE}))
    with app.db.write() as session:
        if unknown := sorted(set(ids) - calls.calls_by_id(session, ids).keys()):
            raise NotFound(Noun.CALL, unknown[0])
        pairs = _pairs(session, ids, spearhead)
        for call_id, key in pairs:
            _pin(session, app, call_id, key, signed, is_included=is_included and spearhead is not None)
    return len(pairs)


def _pairs(session: Session, ids: Sequence[int], spearhead: str | None) -> list[tuple[int, str]]:
    """Each call with the spearhead, or with every one that it has."""
    if spearhead is not None:
        key = known_spearhead(session, spearhead)
        return [(call_id, key) for call_id in ids]
    has = strategies.spearheads_of(session, ids)
    return [(call_id, key) for call_id in ids for key in sorted(has.get(call_id, ()))]


def _pin(session: Session, app: App, call_id: int, spearhead: str, signed: Signed, *, is_included: bool) -> None:
    before = decided_by_pin(session, call_id, spearhead)
    pin = Pin(call_id=call_id, spearhead=spearhead, is_included=is_included, **signed._asdict())
    strategies.pin(session, pin)
    act, after = Act.PINNED_TO if is_included else Act.PINNED_AWAY, decided_by_pin(session, call_id, spearhead)
    _note(session, act, call_id, spearhead, signed, before, after)
    retag_calls(session, app.compiled, [call_id], [spearhead], app.clock())


def unpin_call(app: App, call_id: int, spearhead: str, signed: Signed) -> bool:
    """Remove a pin and retag the call at once without telling readers; False if there was no pin."""
    with app.db.write() as session:
        before = decided_by_pin(session, call_id, spearhead)
        is_gone = strategies.unpin(session, call_id, spearhead)
        if is_gone:
            _note(session, Act.UNPINNED, call_id, spearhead, signed, before, {})
            retag_calls(session, app.compiled, [call_id], [spearhead], app.clock())
    return is_gone


def decided_by_pin(session: Session, call_id: int, spearhead: str) -> dict[str, str]:
    """What is pinned, as the log tells it; empty if nothing is."""
    for pin in strategies.pins_of(session, [call_id]).get(call_id, ()):
        if pin.spearhead == spearhead:
            return {"pin": "in" if pin.is_included else "out"}
    return {}


def _note(
    session: Session,
    act: Act,
    call_id: int,
    spearhead: str,
    signed: Signed,
    before: dict[str, str],
    after: dict[str, str],
) -> None:
    subject, told = f"call {call_id} ({spearhead})", {"spearhead": spearhead}
    audit.append_audit(session, signed, act, subject, told, before=before, after=after)
