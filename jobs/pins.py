"""Pins: decisions by hand on which call is a spearhead's, above all rules.

Does not edit rules (`jobs.rules`).
"""

from db import examples, strategies
from db.calls import Call
from db.revisions import Signed
from db.strategies import Pin
from jobs.desk import Desk
from jobs.examples import as_row
from jobs.rules import retag
from tracker.errors import NotFound, Noun
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example


def pin_call(
    desk: Desk, call: Call, spearhead: str, is_included: bool, signed: Signed, as_example: bool = False
) -> int | None:
    """Decide by hand whether a call is a spearhead's, above all rules; the call is tagged anew at once, silently.

    Gives back the number of the example that the call becomes, if it is wanted as one.
    """
    with desk.db.write() as session:
        known = sorted(one.key for one in strategies.all_spearheads(session))
        if spearhead not in known:
            raise NotFound(Noun.SPEARHEAD, spearhead, known)
        decided = Pin(call_id=call.id or 0, spearhead=spearhead, is_included=is_included, **signed._asdict())
        strategies.pin(session, decided)
        retag(session, desk.tagger, [call.id or 0], [spearhead], desk.clock())
        if not as_example:
            return None
        return examples.keep(session, as_row(Example(spearhead, from_facts(call), is_included)), signed)


def unpin_call(desk: Desk, call_id: int, spearhead: str) -> bool:
    """Leave a call to the rules again, and tag it anew at once, silently; False where there was no pin."""
    with desk.db.write() as session:
        is_gone = strategies.unpin(session, call_id, spearhead)
        if is_gone:
            retag(session, desk.tagger, [call_id], [spearhead], desk.clock())
    return is_gone
