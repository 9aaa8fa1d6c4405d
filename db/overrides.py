"""Overrides: fields of a call set by a person, and what the source says of them meanwhile.

Does not apply them (`tracker.calls.overrides`).
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select


class JsonText(sa.types.TypeDecorator[Any]):
    """Any JSON value as text, because SQLite's own JSON columns return bare numbers as numbers instead of JSON."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:
        return json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return json.loads(value)


class FieldOverride(SQLModel, table=True):
    """One field fixed at a person's value, whatever its source says. `value` and `said` are plain JSON."""

    __tablename__ = "overrides"
    __table_args__ = (sa.UniqueConstraint("call_id", "field"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="calls.id")
    field: str = Field(max_length=40)
    value: Any = Field(sa_type=JsonText)
    said: Any = Field(sa_type=JsonText)  # what the source said last; restored when the override is lifted
    author: str
    reason: str
    at: datetime

    @property
    def agrees(self) -> bool:
        """Whether the source now says the same as the person."""
        return bool(self.value == self.said)


def overrides_of(session: Session, call_ids: Collection[int]) -> dict[int, list[FieldOverride]]:
    """The overrides of these calls, by call id; calls without any are left out."""
    by_call: dict[int, list[FieldOverride]] = {}
    for override in session.exec(
        select(FieldOverride).where(col(FieldOverride.call_id).in_(call_ids)).order_by(col(FieldOverride.id))
    ):
        by_call.setdefault(override.call_id, []).append(override)
    return by_call


def override_of(session: Session, call_id: int, field: str) -> FieldOverride | None:
    """The override of this field of this call; None if there is none."""
    return session.exec(
        select(FieldOverride).where(FieldOverride.call_id == call_id, FieldOverride.field == field)
    ).first()
