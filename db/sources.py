"""Sources as the database knows them: who published what we remember, and what admins are told of them.

Does not say how a source is read (`tracker.sources`) or how well it was (`db.runs`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, col, select

from db.types import word_field


class SourceRow(SQLModel, table=True):
    """One place we read, or have read."""

    __tablename__ = "sources"

    key: str = Field(primary_key=True, max_length=40)
    publisher: str
    home: str


class NoticeKind(StrEnum):
    """What an admin is told of a source."""

    BROKE = "broke"
    HEALED = "healed"
    CHANGED = "changed"  # the main text of a page that is watched
    INCOMPLETE = "incomplete"  # the publisher's own list has more than its search told


class Notice(SQLModel, table=True):
    """One word to the admins about a source: when it breaks or heals, and what they should look at."""

    __tablename__ = "notices"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    source: str = Field(max_length=40, index=True)
    kind: NoticeKind = word_field(NoticeKind)
    run_id: int = Field(foreign_key="runs.id")
    detail: str


def remember(session: Session, key: str, publisher: str, home: str) -> None:
    """Write a source down as its module describes it today."""
    session.merge(SourceRow(key=key, publisher=publisher, home=home))


def last_notice(session: Session, source: str, *kinds: NoticeKind) -> Notice | None:
    """What the admins were told of a source last, of these kinds."""
    query = select(Notice).where(Notice.source == source, col(Notice.kind).in_(kinds))
    return session.exec(query.order_by(col(Notice.id).desc())).first()


def list_notices(session: Session, most: int | None = None) -> Sequence[Notice]:
    """What the admins were told, the newest first."""
    return session.exec(select(Notice).order_by(col(Notice.id).desc()).limit(most)).all()
