"""Grounds: who may apply for a call, fact by fact, each with what it rests on; for a terminal."""

from collections.abc import Mapping

from db.eligibility import Applicant, Basis, Eligibility
from jobs.cli.labels import cell
from jobs.cli.wording import SPOKEN, T_, say
from tracker import l10n

BASES: Mapping[Basis, str] = {
    Basis.STATED: T_("the publisher's field"),
    Basis.WORDS: T_("the call's words"),
    Basis.CONDITIONS: T_("the portal's conditions"),
    Basis.PROGRAMME: T_("the table of programmes"),
}
TERMS: Mapping[str, str] = {
    "consortium": T_("least organisations, least countries"),
    "alone": T_("alone possible"),
    "rate": T_("funding, percent"),
    "lump_sum": T_("lump sum"),
    "two_stage": T_("two stages"),
    "trl": T_("technology readiness"),
    "place": T_("place"),
}


def grounds_in_words(eligibility: Eligibility) -> list[str]:
    """One line for all facts that rest on the same: the facts, and where they come from."""
    return [
        say(
            "%(facts)s (%(basis)s, certainty %(certainty)s: %(evidence)s)",
            facts="; ".join(_fact(eligibility, fact) for fact in found.facts),
            basis=say(BASES[found.basis]),
            certainty=found.certainty.value,
            evidence=found.evidence,
        )
        for found in eligibility.findings
    ]


def _fact(eligibility: Eligibility, fact: str) -> str:
    if fact in TERMS:
        return f"{say(TERMS[fact])} {cell(getattr(eligibility, fact))}"
    may = say("yes") if Applicant(fact) in eligibility.yes else say("no")
    return f"{l10n.audience([fact], SPOKEN.get())} {may}"
