"""Strategies of the next period: a copy of the rulebook that is edited beside today's, and when it takes over.

The copy's rows are those of a region of its own, which `rows_of_copy` names; so every edit, preview and history works
there as in any region. What today's rulebook was when it was copied is `base`.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field, region_of
from db.rule_points import RulePoints
from db.strategies import Pin, TaggedCall, Tagging
from db.types import json_field, word_field

COPIED: tuple[type[SQLModel], ...] = (TaggedCall, RulePoints, Tagging, Pin)


class NextState(StrEnum):
    """How far the strategy of a next period has got."""

    PREPARED = "prepared"
    SCHEDULED = "scheduled"
    TAKEN_OVER = "taken over"
    DROPPED = "dropped"


class NextStrategy(SQLModel, table=True):
    """A strategy of a next period. `trouble` says why it did not take over on its day; `fingerprint` is that of its
    rules when its day was chosen."""

    __tablename__ = "next_strategies"

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    key: str = Field(max_length=60)
    name: str = Field(max_length=200)
    base: list[dict[str, Any]] = json_field()
    starts_on: date | None = None
    announce: bool = False
    fingerprint: str | None = Field(default=None, max_length=64)
    trouble: str | None = Field(default=None, max_length=60)
    state: NextState = word_field(NextState, default=NextState.PREPARED)
    author: str
    reason: str
    made_at: datetime


def rows_of_copy(strategy: NextStrategy) -> str:
    """The region whose rows are the copy's."""
    return f"{strategy.region}~{strategy.id}"[:40]


def list_next(session: Session, states: Collection[NextState]) -> Sequence[NextStrategy]:
    """The strategies of next periods in these states, newest first."""
    query = select(NextStrategy).where(is_ours(session, NextStrategy), col(NextStrategy.state).in_(states))
    return session.exec(query.order_by(col(NextStrategy.id).desc())).all()


def copy_taggings(session: Session, source: str) -> None:
    """Copy into this session's region what the rules of another gave each call, so that nothing is tagged anew."""
    for model in COPIED:
        table = model.__table__  # type: ignore[attr-defined]
        names = [column.name for column in table.columns if column.name not in ("id", "region")]
        given = sa.select(*(table.c[name] for name in names), sa.literal(region_of(session)))
        given = given.where(table.c.region == source)
        session.connection().execute(sa.insert(table).from_select([*names, "region"], given))
