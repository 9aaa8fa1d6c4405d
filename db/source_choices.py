"""Source choices: settings of sources that the desk has chosen; each stands above the configuration until it is lifted.

Does not know what the configuration says (`tracker.config`).
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, select

from db.types import json_field, word_field


class ChoiceField(StrEnum):
    """A setting of a source that the desk may choose."""

    SCHEDULE = "schedule"  # a crontab line
    CANARIES = "canaries"  # keys or identifiers of calls


class SourceChoice(SQLModel, table=True):
    """What was chosen for one setting of one source, by whom, why and when."""

    __tablename__ = "source_choices"

    source: str = Field(primary_key=True, max_length=40)
    field: ChoiceField = word_field(ChoiceField, primary_key=True)
    value: Any = json_field(nullable=False)
    author: str
    reason: str
    at: datetime


def chosen_settings(session: Session, sources: Collection[str]) -> dict[str, dict[ChoiceField, SourceChoice]]:
    """What was chosen for these sources, by source and setting; those without a choice are left out."""
    found: dict[str, dict[ChoiceField, SourceChoice]] = {}
    for choice in session.exec(select(SourceChoice).where(col(SourceChoice.source).in_(sources))):
        found.setdefault(choice.source, {})[choice.field] = choice
    return found
