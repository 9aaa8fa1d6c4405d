"""Source drafts: sites that somebody at the desk describes; none is read until an operator configures it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.types import json_field


class SourceDraft(SQLModel, table=True):
    """A site in the making: its key, the table of the configuration as far as it is chosen, and its kept page."""

    __tablename__ = "source_drafts"

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field(index=True)
    key: str = Field(max_length=40)
    entry: dict[str, Any] = json_field(default_factory=dict)
    page: str  # the name of a kept file
    page_url: str  # where the page was in the end
    fetched_at: datetime
    author: str


def all_drafts(session: Session) -> Sequence[SourceDraft]:
    """Every draft, the newest first."""
    return session.exec(
        select(SourceDraft).where(is_ours(session, SourceDraft)).order_by(col(SourceDraft.id).desc())
    ).all()
