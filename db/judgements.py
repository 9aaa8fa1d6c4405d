"""Judgements: what people said a call is about, with the call's words as of that day; rules are measured on them.

Does not hold examples, which no edit may break (`db.examples`), or decide on tags, as pins do (`db.strategies`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.types import json_field, word_field


class Origin(StrEnum):
    """Where a judgement comes from; of two on one call, the earlier in this list is believed."""

    HAND = "hand"  # somebody judged the call
    PIN = "pin"
    READERS = "readers"  # their "not for us"


class Judgement(SQLModel, table=True):
    """A judgement of one origin on a call: a grade (0 to 2) for each spearhead that was judged.

    `document` is what rules read of the call (field → words), as it was at that time.
    """

    __tablename__ = "judgements"
    __table_args__ = (sa.UniqueConstraint("call_id", "region", "origin"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    call_id: int = Field(foreign_key="calls.id", ondelete="CASCADE")
    origin: Origin = word_field(Origin)
    grades: dict[str, int] = json_field()
    document: dict[str, Any] = json_field()
    author: str
    at: datetime
    reason: str = ""


def all_judgements(session: Session) -> Sequence[Judgement]:
    """Every judgement, by call."""
    query = select(Judgement).where(is_ours(session, Judgement))
    return session.exec(query.order_by(col(Judgement.call_id), col(Judgement.id))).all()


def judgements_of(session: Session, call_id: int) -> Sequence[Judgement]:
    """The judgements on one call."""
    return session.exec(select(Judgement).where(is_ours(session, Judgement), Judgement.call_id == call_id)).all()


def put_judgement(session: Session, judgement: Judgement) -> None:
    """Store a judgement, replacing the earlier one of this origin on the call."""
    _delete(session, judgement.call_id, Judgement.origin == judgement.origin)
    session.add(judgement)
    session.flush()


def drop_judgements(session: Session, call_id: int) -> int:
    """Delete every judgement on a call; returns how many there were."""
    return _delete(session, call_id)


def _delete(session: Session, call_id: int, *which: Any) -> int:
    is_meant = (is_ours(session, Judgement), col(Judgement.call_id) == call_id, *which)
    return session.connection().execute(sa.delete(Judgement).where(*is_meant)).rowcount
