"""Claims: single facts about who may apply, as one source of knowledge states them, and how they become one value."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding

ORGANISATIONS = tuple(kind for kind in Applicant if kind is not Applicant.PERSON)
KINDS: Mapping[str, Applicant] = {kind.value: kind for kind in Applicant}
OTHER_FACTS = tuple(name for name in Eligibility.model_fields if name not in ("yes", "no", "findings"))


class Claim(NamedTuple):
    """One fact: of a kind of applicant (True: may apply), or of a field of Eligibility (its value)."""

    fact: str
    value: Any
    basis: Basis
    evidence: str
    certainty: Certainty


def decided(claims: Iterable[Claim]) -> Eligibility:
    """Make one value of claims: of each fact, the first that states it holds."""
    first: dict[str, Claim] = {}
    for claim in claims:
        first.setdefault(claim.fact, claim)
    kinds = [kind for kind in Applicant if kind.value in first]
    return Eligibility.model_construct(
        yes=tuple(kind for kind in kinds if first[kind.value].value),
        no=tuple(kind for kind in kinds if not first[kind.value].value),
        findings=_findings(first.values()),
        **{name: first[name].value if name in first else _UNSAID[name] for name in OTHER_FACTS},
    )


_UNSAID = {name: Eligibility.model_fields[name].default for name in OTHER_FACTS}


def _findings(claims: Iterable[Claim]) -> tuple[Finding, ...]:
    """Claims that rest on the same, as one finding, strongest basis first."""
    facts: dict[tuple[Basis, str, Certainty], list[str]] = {}
    for claim in claims:
        facts.setdefault((claim.basis, claim.evidence, claim.certainty), []).append(claim.fact)
    order = list(Basis)
    return tuple(
        Finding.model_construct(facts=tuple(named), basis=basis, evidence=evidence, certainty=certainty)
        for (basis, evidence, certainty), named in sorted(facts.items(), key=lambda item: order.index(item[0][0]))
    )
