"""Whom we asked, or who left: a mark that stands for an address without holding it, so that nobody is asked again.

Does not make marks (`jobs.readers.invitations`).
"""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.subscribers import BATCH


class InvitationMark(SQLModel, table=True):
    """That an address was invited, or left, at an instant; from the mark alone nobody can tell which address."""

    __tablename__ = "invitations"
    __table_args__ = (sa.UniqueConstraint("region", "mark"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    mark: str = Field(max_length=64)
    at: datetime


def marks_kept(session: Session, marks: Collection[str]) -> frozenset[str]:
    """Those of these marks that are kept."""
    every, found = sorted(marks), set[str]()
    for start in range(0, len(every), BATCH):
        is_meant = (is_ours(session, InvitationMark), col(InvitationMark.mark).in_(every[start : start + BATCH]))
        found.update(session.exec(select(InvitationMark.mark).where(*is_meant)))
    return frozenset(found)


def keep_marks(session: Session, marks: Collection[str], at: datetime) -> None:
    """Keep these marks from this instant on."""
    mine = is_ours(session, InvitationMark)
    session.connection().execute(sa.delete(InvitationMark).where(mine, col(InvitationMark.mark).in_(marks)))
    session.add_all(InvitationMark(mark=mark, at=at) for mark in sorted(marks))
    session.flush()


def drop_old_marks(session: Session, before: datetime) -> int:
    """Delete the marks from before an instant; return how many."""
    is_old = (is_ours(session, InvitationMark), col(InvitationMark.at) < before)
    return session.connection().execute(sa.delete(InvitationMark).where(*is_old)).rowcount
