"""Edits: fields of a call that a person has set above its source, and what the source says of them meanwhile.

Does not apply them (`tracker.calls.overrides`).
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select


class JsonText(sa.types.TypeDecorator[Any]):
    """Any JSON value as text: SQLite's own JSON columns give bare numbers back as numbers, which are no JSON."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str:
        return json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        return json.loads(value)


class FieldOverride(SQLModel, table=True):
    """One field that is held as a person set it, whatever its source says. Both values are plain JSON."""

    __tablename__ = "overrides"
    __table_args__ = (sa.UniqueConstraint("call_id", "field"),)

    id: int | None = Field(default=None, primary_key=True)
    call_id: int = Field(foreign_key="calls.id")
    field: str = Field(max_length=40)
    value: Any = Field(sa_type=JsonText)
    said: Any = Field(sa_type=JsonText)  # by the source, last; what comes back when the edit is lifted
    author: str
    reason: str
    at: datetime

    @property
    def agrees(self) -> bool:
        """Whether the source says by now what the person said."""
        return bool(self.value == self.said)


def overrides_of(session: Session, call_ids: Collection[int]) -> dict[int, list[FieldOverride]]:
    """The edits of these calls, by call; calls without any are left out."""
    found: dict[int, list[FieldOverride]] = {}
    for edit in session.exec(
        select(FieldOverride).where(col(FieldOverride.call_id).in_(call_ids)).order_by(col(FieldOverride.id))
    ):
        found.setdefault(edit.call_id, []).append(edit)
    return found


def override_of(session: Session, call_id: int, field: str) -> FieldOverride | None:
    """The edit that holds this field of this call."""
    return session.exec(
        select(FieldOverride).where(FieldOverride.call_id == call_id, FieldOverride.field == field)
    ).first()
