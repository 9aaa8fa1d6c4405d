"""Saved views: lists of calls that have a name at the desk, each as an address after its question mark."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field


class SavedView(SQLModel, table=True):
    """A list with a name, for everybody at the desk of a region."""

    __tablename__ = "saved_views"

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field(index=True)
    name: str
    query: str
    author: str
    at: datetime


def all_views(session: Session) -> Sequence[SavedView]:
    """Every saved view, by name."""
    return session.exec(select(SavedView).where(is_ours(session, SavedView)).order_by(col(SavedView.name))).all()
