"""Strategies, their spearheads, the rules and masks that tag calls; the taggings, and the pins above them.

Does not match anything (`tracker.tagging`) and does not read region files (`tracker.regions`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.types import json_field, words


class Weight(StrEnum):
    """How much a rule says; weak rules alone never tag."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class StrategyRow(SQLModel, table=True):
    """A period's smart-specialisation strategy."""

    __tablename__ = "strategies"

    key: str = Field(primary_key=True, max_length=60)
    names: dict[str, str] = json_field()  # language → name
    from_on: date
    to_on: date | None = None
    provisional: bool = False


class SpearheadRow(SQLModel, table=True):
    """A spearhead of one strategy, or a second-level tag beside them. Its key is shared by strategies that share it."""

    __tablename__ = "spearheads"
    __table_args__ = (sa.UniqueConstraint("strategy", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    strategy: str = Field(foreign_key="strategies.key", max_length=60)
    key: str = Field(max_length=60)
    names: dict[str, str] = json_field()


class RuleRow(SQLModel, table=True):
    """A rule as it stands now; its revisions are kept beside it."""

    __tablename__ = "rules"

    key: str = Field(primary_key=True, max_length=80)
    spearhead: str = Field(max_length=60, index=True)
    text: str
    weight: Weight = words(Weight)
    language: str | None = Field(default=None, max_length=8)
    is_active: bool = True
    revision: int = 1


class RuleRevision(SQLModel, table=True):
    """A rule as it was saved once: who did it, when and why. Append-only."""

    __tablename__ = "rule_revisions"
    __table_args__ = (sa.UniqueConstraint("rule", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    rule: str = Field(max_length=80)
    revision: int
    spearhead: str = Field(max_length=60)
    text: str
    weight: Weight = words(Weight)
    language: str | None = Field(default=None, max_length=8)
    is_active: bool
    author: str
    at: datetime
    reason: str


class MaskRow(SQLModel, table=True):
    """Words that are blanked before matching, everywhere or for one spearhead."""

    __tablename__ = "masks"
    __table_args__ = (sa.UniqueConstraint("phrase", "spearhead"),)

    id: int | None = Field(default=None, primary_key=True)
    phrase: str
    spearhead: str | None = Field(default=None, max_length=60)
    language: str | None = Field(default=None, max_length=8)


class Tagging(SQLModel, table=True):
    """A spearhead on a call, with the evidence: which rules matched, and where in the text."""

    __tablename__ = "taggings"
    __table_args__ = (sa.UniqueConstraint("call_id", "strategy", "spearhead"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="calls.id", ondelete="CASCADE")
    strategy: str = Field(max_length=60)
    spearhead: str = Field(max_length=60, index=True)
    score: int
    evidence: list[dict[str, Any]] = json_field()
    tagged_at: datetime


class Pin(SQLModel, table=True):
    """A hand decision that stands above the rules: the call is a spearhead's, or is not."""

    __tablename__ = "pins"
    __table_args__ = (sa.UniqueConstraint("call_id", "spearhead"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="calls.id", ondelete="CASCADE")
    spearhead: str = Field(max_length=60)
    is_included: bool
    author: str
    at: datetime
    reason: str


def replace_taggings(session: Session, call_ids: Collection[int], rows: Sequence[Mapping[str, Any]]) -> None:
    """The taggings of these calls are now exactly these rows (column → value, without id)."""
    connection = session.connection()
    connection.execute(sa.delete(Tagging).where(col(Tagging.call_id).in_(call_ids)))
    if rows:
        connection.execute(sa.insert(Tagging), rows)


def pins_of(session: Session, call_ids: Collection[int]) -> dict[int, list[Pin]]:
    """The hand decisions on these calls, by call."""
    found: dict[int, list[Pin]] = {}
    for pin in session.exec(select(Pin).where(col(Pin.call_id).in_(call_ids))):
        found.setdefault(pin.call_id, []).append(pin)
    return found


def taggings_of(session: Session, call_ids: Collection[int]) -> dict[int, list[Tagging]]:
    """The taggings of these calls, by call, strongest first."""
    found: dict[int, list[Tagging]] = {}
    query = select(Tagging).where(col(Tagging.call_id).in_(call_ids)).order_by(col(Tagging.score).desc())
    for tagging in session.exec(query):
        found.setdefault(tagging.call_id, []).append(tagging)
    return found
