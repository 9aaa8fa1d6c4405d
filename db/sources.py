"""Sources as the database knows them: who published what we remember, and the notices to admins about them.

Does not say how a source is read (`tracker.sources`) or how well it was (`db.runs`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, Session, SQLModel, col, select

from db.types import word_field


class SourceRow(SQLModel, table=True):
    """One source that we read, or once read."""

    __tablename__ = "sources"

    key: str = Field(primary_key=True, max_length=40)
    publisher: str
    home: str


class NoticeKind(StrEnum):
    """What a notice tells the admins about a source."""

    BROKE = "broke"
    HEALED = "healed"
    CHANGED = "changed"  # the main text of a watched page
    UNREAD = "unread"  # a believed reading has calls that could not be read
    INCOMPLETE = "incomplete"  # the publisher's own list has more calls than its search returned
    BANS_HELD = "bans_held"  # no source: too many mailboxes would be banned at once, and a person decides
    LEFT_OUT = "left_out"  # an edition could not tell one of its calls, or could not be composed for one reader


class Notice(SQLModel, table=True):
    """A notice to the admins about a source: it broke, it healed, or they should look at something."""

    __tablename__ = "notices"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    source: str = Field(max_length=40, index=True)
    kind: NoticeKind = word_field(NoticeKind)
    run_id: int = Field(foreign_key="runs.id")
    detail: str


def remember(session: Session, key: str, publisher: str, home: str) -> None:
    """Insert or update a source as its module describes it."""
    session.merge(SourceRow(key=key, publisher=publisher, home=home))


def last_notice(session: Session, source: str, *kinds: NoticeKind) -> Notice | None:
    """The newest notice of these kinds about a source; None if there is none."""
    query = select(Notice).where(Notice.source == source, col(Notice.kind).in_(kinds))
    return session.exec(query.order_by(col(Notice.id).desc())).first()


def is_told_since(session: Session, kind: NoticeKind, detail: str, since: datetime) -> bool:
    """Whether there is such a notice with these very words since an instant."""
    is_same = (Notice.kind == kind, Notice.detail == detail, col(Notice.at) > since)
    return session.exec(select(Notice.id).where(*is_same).limit(1)).first() is not None


def notices_of(session: Session, source: str, most: int) -> Sequence[Notice]:
    """The newest `most` notices about a source, newest first."""
    query = select(Notice).where(Notice.source == source)
    return session.exec(query.order_by(col(Notice.id).desc()).limit(most)).all()


def list_notices(session: Session, most: int | None = None) -> Sequence[Notice]:
    """The newest `most` notices (None: all), newest first."""
    return session.exec(select(Notice).order_by(col(Notice.id).desc()).limit(most)).all()
