"""Sources as the database knows them: who published what we remember, also of a source that is no longer read.

Does not say how a source is read (`tracker.sources`) or how well it was (`db.runs`).
"""

from sqlmodel import Field, Session, SQLModel


class SourceRow(SQLModel, table=True):
    """One place we read, or have read."""

    __tablename__ = "sources"

    key: str = Field(primary_key=True, max_length=40)
    publisher: str
    home: str


def remember(session: Session, key: str, publisher: str, home: str) -> None:
    """Write a source down as its module describes it today."""
    session.merge(SourceRow(key=key, publisher=publisher, home=home))
