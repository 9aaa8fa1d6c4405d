"""Judge a call for a spearhead; at wish pin it, and keep it as an example, which is proposed where two are needed."""

from enum import StrEnum

from db.calls import Call
from db.proposals import Proposal
from jobs.approvals.proposing import Person, keep_example_or_propose
from jobs.base.app import App
from jobs.rulebook.example_edits import AskedExample
from jobs.rulebook.gold import judge_further
from jobs.rulebook.pins import pin_call
from jobs.rulebook.saving import must_have_reason
from tracker.errors import Code, Fault, InputFaults
from tracker.tagging.evaluate import BORDERLINE, NOT, SQUARELY


class Opinion(StrEnum):
    """What somebody says of a call and a spearhead."""

    IN = "in"
    OUT = "out"
    UNSURE = "unsure"


GRADES = {Opinion.IN: SQUARELY, Opinion.OUT: NOT, Opinion.UNSURE: BORDERLINE}


def judge_for(
    app: App, call: Call, spearhead: str, verdict: Opinion, person: Person, *, pin: bool = False, example: bool = False
) -> Proposal | None:
    """Judge a call for one spearhead; returns the proposal of an example where two persons are needed.

    A judgement alone needs no reason; a pin and an example do (InputFaults). What is unsure is neither pinned nor kept.
    """
    if (pin or example) and verdict is Opinion.UNSURE:
        raise InputFaults(Fault(Code.UNSURE_IS_NO_EXAMPLE, "reason"))
    if pin or example:
        must_have_reason(person.signed)
    judge_further(app, call, spearhead, GRADES[verdict], person.signed)
    if pin:
        pin_call(app, call, spearhead, verdict is Opinion.IN, person.signed)
    if not example:
        return None
    asked = AskedExample(spearhead, verdict is Opinion.IN, call=str(call.id))
    kept = keep_example_or_propose(app, asked, person)
    return kept if isinstance(kept, Proposal) else None
