"""Evaluations: how the rules did on a set of judged calls when they were last tried on it.

Does not evaluate (`tracker.tagging.evaluate`).
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.types import json_field


class Evaluation(SQLModel, table=True):
    """The last evaluation of a set, by its name.

    `scores` has for each spearhead `hits` (a count) and the ids of calls `false` and `missed`.
    """

    __tablename__ = "evaluations"
    __table_args__ = (sa.UniqueConstraint("region", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    name: str = Field(max_length=255)
    rules: str = Field(max_length=64)  # their fingerprint
    at: datetime
    calls: int
    scores: dict[str, Any] = json_field()


def last_evaluation(session: Session, name: str) -> Evaluation | None:
    """The last evaluation of the set of this name; None if it was never tried."""
    return session.exec(select(Evaluation).where(is_ours(session, Evaluation), Evaluation.name == name)).first()


def put_evaluation(session: Session, evaluation: Evaluation) -> None:
    """Store an evaluation in place of the last one of its set."""
    is_meant = (is_ours(session, Evaluation), col(Evaluation.name) == evaluation.name)
    session.connection().execute(sa.delete(Evaluation).where(*is_meant))
    session.add(evaluation)
    session.flush()
