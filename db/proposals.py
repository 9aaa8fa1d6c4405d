"""Proposals: what one person prepared and another approves before it takes effect; and whether a region wants that.

What a proposal would do is in its draft; who may decide on it, and how it takes effect, is in `jobs.approvals`.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.audit import Signed
from db.regions import is_ours, region_field
from db.types import json_field, word_field


class ProposalKind(StrEnum):
    """What a proposal would do."""

    RULES = "rules"  # save an edit of the rulebook
    EXAMPLE = "example"  # keep or remove an example
    EDITION = "edition"  # release an edition that is held
    PART = "part"  # send or drop a part of an edition that is held back
    STRATEGY = "strategy"  # choose the day on which the strategy of a next period takes over
    SWITCH = "switch"  # let one person alone do all this again


class ProposalState(StrEnum):
    """How far a proposal has got."""

    OPEN = "open"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by its author


class Proposal(SQLModel, table=True):
    """Something that one person prepared. `seen` is what it would have done when it was made: counts by name."""

    __tablename__ = "proposals"
    __table_args__ = (sa.Index("ix_proposals_state", "state", "region", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    kind: ProposalKind = word_field(ProposalKind)
    subject: str = Field(max_length=200)
    draft: dict[str, Any] = json_field()
    seen: dict[str, Any] = json_field(default_factory=dict)
    force: bool = False
    announce: bool = False
    author: str
    author_id: int | None = Field(default=None, foreign_key="admins.id")
    reason: str
    made_at: datetime
    state: ProposalState = word_field(ProposalState, default=ProposalState.OPEN)
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str | None = None  # why


class TwoPersons(SQLModel, table=True):
    """Whether a region wants two persons for one act; a region without a row does not."""

    __tablename__ = "two_persons"

    region: str | None = region_field(primary_key=True)
    is_on: bool
    author: str
    at: datetime
    reason: str


def list_proposals(session: Session, states: Collection[ProposalState], most: int, before: int = 0) -> list[Proposal]:
    """List proposals in these states, newest first; those older than the number `before`, if it is given."""
    query = select(Proposal).where(is_ours(session, Proposal), col(Proposal.state).in_(states))
    query = query.where(col(Proposal.id) < before) if before else query
    return list(session.exec(query.order_by(col(Proposal.id).desc()).limit(most)).all())


def needs_two(session: Session) -> bool:
    """Whether what one person prepares must be approved by another."""
    row = _switch(session)
    return bool(row and row.is_on)


def set_two_persons(session: Session, is_on: bool, signed: Signed) -> None:
    """Note whether two persons are needed from now on."""
    row = _switch(session) or TwoPersons(is_on=is_on, author="", at=signed.at, reason="")
    row.is_on, (row.author, row.reason, row.at) = is_on, signed
    session.add(row)


def _switch(session: Session) -> TwoPersons | None:
    return session.exec(select(TwoPersons).where(is_ours(session, TwoPersons))).first()
