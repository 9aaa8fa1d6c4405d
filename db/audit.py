"""Signed (who does something, why and when), and the audit log, written in the transaction of the action itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.types import json_field


class Signed(NamedTuple):
    """Who does something, why, and when; the reason is empty where none is required."""

    author: str  # reader, operator, mail server, or a person's name
    reason: str
    at: datetime


def by_reader(at: datetime, reason: str = "") -> Signed:
    """The signature of a reader who changes their own subscription."""
    return Signed("reader", reason, at)


class AuditEntry(SQLModel, table=True):
    """One action of a person; append-only."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index("ix_audit_subject", "subject", "region"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    at: datetime
    who: str  # an admin's name, or the operator's login on the command line
    action: str = Field(max_length=60)
    subject: str = Field(max_length=200)
    detail: dict[str, Any] = json_field(default_factory=dict)


def append_audit(
    session: Session, signed: Signed, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Append to the audit log in the caller's transaction; the reason is stored with the detail."""
    whole = {"reason": signed.reason} | dict(detail or {})
    session.add(AuditEntry(at=signed.at, who=signed.author, action=action, subject=subject, detail=whole))


def list_audit(
    session: Session, most: int | None, *, who: str = "", subject: str = "", since: datetime | None = None
) -> Sequence[AuditEntry]:
    """List the audit log, newest first, at most `most` entries; only those by `who`, of `subject`, at or after `since`.

    A subject is found by its beginning: `rule` finds `rule food-new-proteins`.
    """
    query = select(AuditEntry).where(
        is_ours(session, AuditEntry), col(AuditEntry.subject).startswith(subject, autoescape=True)
    )
    if who:
        query = query.where(AuditEntry.who == who)
    if since:
        query = query.where(col(AuditEntry.at) >= since)
    return session.exec(query.order_by(col(AuditEntry.id).desc()).limit(most)).all()
