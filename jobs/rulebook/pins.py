"""Pins: decisions by hand on which call is a spearhead's, above all rules.

Does not edit rules (`jobs.rulebook.saving`).
"""

from dataclasses import dataclass

from sqlmodel import Session

from db import calls, examples, strategies
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
    """A decision by hand, and the call that it is on."""

    pin: Pin
    call: Call


def list_pins(session: Session) -> list[PinnedCall]:
    """Every decision by hand, newest first."""
    pins = strategies.all_pins(session)
    named = calls.calls_by_id(session, {pin.call_id for pin in pins})
    return [PinnedCall(pin, named[pin.call_id]) for pin in pins]


def pin_call(
    app: App, call: Call, spearhead: str, is_included: bool, signed: Signed, as_example: bool = False
) -> int | None:
    """Decide by hand whether a call is a spearhead's, above all rules; the call is tagged anew at once, silently.

    Gives back the number of the example that the call becomes, if it is wanted as one. NotFound where there is no such
    spearhead; RuleError without a reason.
    """
    must_have_reason(signed)
    with app.db.write() as session:
        decided = Pin(
            call_id=call.id or 0,
            spearhead=known_spearhead(session, spearhead),
            is_included=is_included,
            **signed._asdict(),
        )
        strategies.pin(session, decided)
        retag_calls(session, app.compiled, [call.id or 0], [spearhead], app.clock())
        if not as_example:
            return None
        return examples.insert_example(session, as_row(Example(spearhead, from_facts(call), is_included)), signed)


def unpin_call(app: App, call_id: int, spearhead: str) -> bool:
    """Leave a call to the rules again, and tag it anew at once, silently; False where there was no pin."""
    with app.db.write() as session:
        is_gone = strategies.unpin(session, call_id, spearhead)
        if is_gone:
            retag_calls(session, app.compiled, [call_id], [spearhead], app.clock())
    return is_gone
