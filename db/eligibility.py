"""Eligibility: who may apply for a call and how, each fact with what it rests on, as derived and as stored.

Does not derive it (`tracker.eligibility`). A row names what derived it, so that it is derived anew when the words or
the table of programmes change.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel._compat import SQLModelConfig

from db.bulk import insert_rows
from db.calls import Call
from db.types import values_field


class Applicant(StrEnum):
    """A kind of applicant. A university is `research`, and `education` too where it teaches."""

    SME = "sme"
    LARGE_COMPANY = "large_company"
    RESEARCH = "research"
    EDUCATION = "education"
    PUBLIC = "public"
    NGO = "ngo"
    BUSINESS_SUPPORT = "business_support"  # clusters, chambers, incubators, development companies
    PERSON = "person"


class Basis(StrEnum):
    """What a fact was taken from, strongest first."""

    STATED = "stated"  # the publisher's own field, or a person's edit of it
    WORDS = "words"  # of the call
    CONDITIONS = "conditions"  # of the portal
    PROGRAMME = "programme"  # the table of programmes and types of action


class Certainty(StrEnum):
    """How well a fact is known."""

    OFFICIAL = "A"  # an official page or the call itself says so
    REPORTED = "B"  # a national contact point or an adviser says so, or it follows from the call's words
    GENERAL = "C"  # general knowledge: said with "usually", and never a reason to leave a call out


class Finding(BaseModel):
    """What some facts rest on: the sentence of the call, or the row of the table with its source and date."""

    model_config = ConfigDict(frozen=True)

    facts: tuple[str, ...]  # kinds of applicant, and names of the fields of Eligibility
    basis: Basis
    evidence: str
    certainty: Certainty


class Eligibility(SQLModel):
    """Who may apply for a call. What is neither in `yes` nor in `no`, and what is None or empty, is not said."""

    model_config = SQLModelConfig(frozen=True)

    yes: tuple[Applicant, ...] = values_field(tuple[Applicant, ...])
    no: tuple[Applicant, ...] = values_field(tuple[Applicant, ...])
    consortium: tuple[int, ...] = values_field(tuple[int, ...])  # least organisations, and least countries
    alone: bool | None = None  # whether one organisation may apply by itself
    rate: tuple[int, ...] = values_field(tuple[int, ...])  # % of the costs: one figure, or least and most
    lump_sum: bool | None = None
    two_stage: bool | None = None
    trl: tuple[int, ...] = values_field(tuple[int, ...])  # technology readiness levels, first and last
    place: str | None = None  # where applicants must be, if not anywhere in the EU
    findings: tuple[Finding, ...] = values_field(tuple[Finding, ...])

    def usual(self) -> frozenset[str]:
        """The facts that are only general knowledge."""
        return frozenset(
            fact for found in self.findings if found.certainty is Certainty.GENERAL for fact in found.facts
        )

    def shut(self) -> frozenset[Applicant]:
        """The kinds of applicant that surely may not apply: "usually not" is no reason to leave a call out."""
        return frozenset(self.no) - self.usual()


class CallEligibility(Eligibility, table=True):
    """The eligibility of a stored call."""

    __tablename__ = "call_eligibility"
    model_config = SQLModelConfig(frozen=False)

    call_id: int = Field(primary_key=True, foreign_key="calls.id", ondelete="CASCADE")
    derived_by: str = Field(max_length=64, index=True)  # the fingerprint of what derived it

    @property
    def value(self) -> Eligibility:
        """The eligibility as a frozen value."""
        return Eligibility.model_construct(**{name: getattr(self, name) for name in Eligibility.model_fields})


def replace_eligibility(session: Session, derived: Mapping[int, Eligibility], derived_by: str) -> None:
    """Store what was derived of these calls in place of what was known; `derived_by` is the fingerprint."""
    connection, table = session.connection(), CallEligibility.__table__  # type: ignore[attr-defined]
    connection.execute(sa.delete(table).where(table.c.call_id.in_(list(derived))))
    _note_who(session, derived)
    rows = [vars(value) | {"call_id": call_id, "derived_by": derived_by} for call_id, value in derived.items()]
    insert_rows(connection, sa.insert(table), rows)


def _note_who(session: Session, derived: Mapping[int, Eligibility]) -> None:
    """Write who may apply beside each call, where rules read it."""
    by_who: dict[tuple[Applicant, ...], list[int]] = {}
    for call_id, value in derived.items():
        by_who.setdefault(value.yes, []).append(call_id)
    for who, call_ids in by_who.items():
        change = sa.update(Call).where(col(Call.id).in_(call_ids))
        session.connection().execute(change.values(may_apply=who))


def eligibility_of_calls(session: Session, call_ids: Collection[int]) -> dict[int, Eligibility]:
    """What is stored of these calls, by call id; calls without a row are left out."""
    query = select(CallEligibility).where(col(CallEligibility.call_id).in_(call_ids))
    return {row.call_id: row.value for row in session.exec(query)}


def not_derived_by(session: Session, fingerprint: str, most: int) -> Sequence[Call]:
    """The first `most` calls, by id, whose eligibility was not derived by this; they may have none."""
    query = select(Call).outerjoin(CallEligibility, col(CallEligibility.call_id) == col(Call.id))
    query = query.where(col(CallEligibility.derived_by).is_distinct_from(fingerprint))
    return session.exec(query.order_by(col(Call.id)).limit(most)).all()
