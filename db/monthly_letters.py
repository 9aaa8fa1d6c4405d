"""Letters of the month: what an officer has chosen to tell, in order, with their own words; drafts until they are sent.

Does not check what is written (`jobs.publishing.monthly_letters`) or say who got it (`db.editions`).
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.types import json_field, values_field


class ChosenCall(BaseModel):
    """A call of a letter, and what the officer says of it, by language."""

    model_config = ConfigDict(frozen=True)

    call_id: int
    notes: dict[str, str] = {}


class MonthlyLetter(SQLModel, table=True):
    """A letter with its calls in order. `edition_id` is the newest edition that sent it."""

    __tablename__ = "monthly_letters"

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    title: str = Field(max_length=200)
    forewords: dict[str, str] = json_field(default_factory=dict)  # by language
    chosen: tuple[ChosenCall, ...] = values_field(tuple[ChosenCall, ...])
    made_at: datetime
    changed_at: datetime
    changed_by: str
    edition_id: int | None = Field(default=None, foreign_key="editions.id")


def list_monthly_letters(session: Session, most: int | None) -> Sequence[MonthlyLetter]:
    """The newest `most` letters (None: all), newest first."""
    query = select(MonthlyLetter).where(is_ours(session, MonthlyLetter)).order_by(col(MonthlyLetter.id).desc())
    return session.exec(query.limit(most)).all()
