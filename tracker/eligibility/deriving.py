"""Deriving: who may apply for a call, from its own words, the publisher's fields and the table of programmes."""

from collections.abc import Iterator
from hashlib import sha256

from db.calls import CallFacts, CallKind
from db.eligibility import Basis, Certainty, Eligibility
from tracker.eligibility.audiences import claims_of_audience
from tracker.eligibility.claims import Claim, decided
from tracker.eligibility.conditions import claims_of_conditions
from tracker.eligibility.phrases import FILE
from tracker.eligibility.programmes import ProgrammeTable
from tracker.eligibility.words import claims_of_words

VERSION = 1  # of the code: raise it when calls must be derived anew
TWO_STAGE = "two-stage"


def eligibility_of(facts: CallFacts, table: ProgrammeTable) -> Eligibility:
    """Derive who may apply for a call and how. The strongest basis that states a fact decides it."""
    return decided(_claims(facts, table))


def fingerprint_of(table: ProgrammeTable) -> str:
    """The fingerprint of all that decides: the table, the phrases and the code's version."""
    return sha256(f"{VERSION} {table.fingerprint}".encode() + FILE.read_bytes()).hexdigest()


def _claims(facts: CallFacts, table: ProgrammeTable) -> Iterator[Claim]:
    title, text = facts.title.lower(), (facts.text or "").lower()
    yield from claims_of_audience(facts.audience)
    yield from _stages(facts)
    yield from claims_of_words(facts, title, text)
    yield from claims_of_conditions(facts)
    yield from table.claims(facts, title, text)


def _stages(facts: CallFacts) -> Iterator[Claim]:
    if facts.deadline_model:
        is_staged = facts.deadline_model == TWO_STAGE
        yield Claim("two_stage", is_staged, Basis.STATED, facts.deadline_model, Certainty.OFFICIAL)
    elif (facts.identifier or "").lower().endswith(TWO_STAGE) and facts.kind is CallKind.TOPIC:
        yield Claim("two_stage", True, Basis.STATED, facts.identifier or "", Certainty.OFFICIAL)
