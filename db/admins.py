"""Admins of a region: who they are, what they may do, and where they are signed in. What they did is in `db.audit`.

Neither a link nor a session is stored, only its SHA-256: who reads the database cannot sign in with it.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.subscribers import Language
from db.types import json_field, word_field


class Role(StrEnum):
    """What an admin may do: everything; edit rules and calls; approve what others prepared; only look."""

    ADMIN = "admin"
    EDITOR = "editor"
    APPROVER = "approver"
    AUDITOR = "auditor"


class Admin(SQLModel, table=True):
    """A person at the desk. One who was removed stays, so that the audit log keeps its names."""

    __tablename__ = "admins"
    __table_args__ = (sa.UniqueConstraint("region", "address"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    address: str
    name: str
    role: Role = word_field(Role, default=Role.ADMIN)
    language: Language = word_field(Language, default=Language.FI)
    password_hash: str | None = None
    link_hash: str | None = Field(default=None, max_length=64, index=True)  # of the link that sets the password
    link_until: datetime | None = None
    factor_secret: str | None = None  # of the second factor (TOTP); in use once `factor_since` is set
    factor_since: datetime | None = None
    factor_step: int | None = None  # the last 30 seconds whose code was used; none is taken twice
    recovery_hashes: list[str] = json_field(default_factory=list)
    created_at: datetime
    removed_at: datetime | None = None


class AdminSession(SQLModel, table=True):
    """One browser in which an admin is signed in."""

    __tablename__ = "admin_sessions"

    token_hash: str = Field(primary_key=True, max_length=64)
    region: str | None = region_field()
    admin_id: int = Field(foreign_key="admins.id", index=True)
    started_at: datetime
    seen_at: datetime


def all_admins(session: Session) -> Sequence[Admin]:
    """List the admins who were not removed, by name."""
    query = select(Admin).where(is_ours(session, Admin), col(Admin.removed_at).is_(None))
    return session.exec(query.order_by(col(Admin.name), col(Admin.id))).all()


def admin_of_address(session: Session, address: str) -> Admin | None:
    """Find an admin, also a removed one."""
    return session.exec(select(Admin).where(is_ours(session, Admin), Admin.address == address)).first()


def admin_of_link(session: Session, link_hash: str) -> Admin | None:
    """Find the admin whose link has this hash, however old the link is."""
    query = select(Admin).where(is_ours(session, Admin), Admin.link_hash == link_hash)
    return session.exec(query.where(col(Admin.removed_at).is_(None)).with_for_update()).first()


def admin_of_session(session: Session, token_hash: str) -> tuple[Admin, AdminSession] | None:
    """Find who is signed in by a session, however old it is."""
    query = select(Admin, AdminSession).join(AdminSession, col(AdminSession.admin_id) == col(Admin.id))
    query = query.where(is_ours(session, AdminSession), AdminSession.token_hash == token_hash)
    return session.exec(query.where(col(Admin.removed_at).is_(None))).first()


def end_sessions(session: Session, admin_id: int) -> None:
    """Sign an admin out everywhere."""
    _end(session, col(AdminSession.admin_id) == admin_id)


def end_session(session: Session, token_hash: str) -> None:
    """Sign out of one browser."""
    _end(session, col(AdminSession.token_hash) == token_hash)


def remove_old_sessions(session: Session, before: datetime) -> None:
    """Remove the sessions that were last seen before this."""
    _end(session, col(AdminSession.seen_at) < before)


def session_seen(session: Session, token_hash: str, now: datetime) -> None:
    """Note that a session is in use."""
    ours = (is_ours(session, AdminSession), col(AdminSession.token_hash) == token_hash)
    session.connection().execute(sa.update(AdminSession).where(*ours).values(seen_at=now))


def _end(session: Session, which: sa.ColumnElement[bool]) -> None:
    session.connection().execute(sa.delete(AdminSession).where(is_ours(session, AdminSession), which))
