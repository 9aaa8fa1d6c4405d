"""Conditions: who may apply and on what terms as the publisher's conditions say it, beside the call's own text.

The portal states them for topics (`topicConditions`, and the model grant agreement as `typeOfMGAs`). It was built on
recorded answers of 2023 to 2025: never seen live.
"""

from collections.abc import Iterator

from db.calls import CallFacts, CallKind
from db.eligibility import Basis, Certainty
from tracker.eligibility.claims import Claim
from tracker.eligibility.phrases import phrases_of
from tracker.eligibility.words import claims_of, statements_in

MODEL_AGREEMENT, LUMP_SUM = "Model grant agreement: ", "-LS"


def claims_of_conditions(facts: CallFacts) -> Iterator[Claim]:
    """What the conditions of a call say, its sentence about the consortium among them."""
    least = f"Consortium: {facts.consortium}" if facts.consortium else ""
    text = "\n".join(filter(None, (least, facts.conditions)))
    if not text:
        return
    phrases = phrases_of(facts.language)
    statements = statements_in(text, text.lower(), phrases)
    yield from claims_of(statements, phrases, CallKind.TOPIC, Basis.CONDITIONS)
    for line in text.split("\n"):
        if line.startswith(MODEL_AGREEMENT) and line.endswith(LUMP_SUM):
            yield Claim("lump_sum", True, Basis.CONDITIONS, line, Certainty.OFFICIAL)
