"""Pins: an admin decides by hand whether a call belongs to a spearhead, and no rule overrides it."""

from dataclasses import dataclass

from sqlmodel import Session

from db import audit, calls, examples, strategies
from db.acts import Act
from db.audit import Signed
from db.calls import Call
from db.strategies import Pin
from jobs.base.app import App
from jobs.rulebook.examples import as_row
from jobs.rulebook.saving import known_spearhead, must_have_reason, retag_calls
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example


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
    spearhead; InputFaults without a reason.
    """
    must_have_reason(signed)
    with app.db.write() as session:
        before = decided_by_pin(session, call.id or 0, spearhead)
        pin = Pin(
            call_id=call.id or 0,
            spearhead=known_spearhead(session, spearhead),
            is_included=is_included,
            **signed._asdict(),
        )
        strategies.pin(session, pin)
        act, after = Act.PINNED_TO if is_included else Act.PINNED_AWAY, decided_by_pin(session, pin.call_id, spearhead)
        _note(session, act, pin.call_id, spearhead, signed, before, after)
        retag_calls(session, app.compiled, [call.id or 0], [spearhead], app.clock())
        if not as_example:
            return None
        return examples.insert_example(session, as_row(Example(spearhead, from_facts(call), is_included)), signed)


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
