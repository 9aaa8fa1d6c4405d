"""Signed (who does something, why and when), and the audit log, written in the transaction of the action itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.acts import TELLS, Act
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


class Undeclared(Exception):
    """An act would tell the log other fields than it declares (`db.acts`), or not how they were and are."""


def append_audit(
    session: Session,
    signed: Signed,
    act: Act,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append to the audit log in the caller's transaction; the reason is stored with the detail.

    `before` and `after` are the fields that an act changes; nothing is before what is new, or after what is gone.
    """
    changed, told = {**(before or {}), **(after or {})}, TELLS[act]
    if not (changed.keys() <= set(told.changes) and (detail or {}).keys() <= set(told.beside)):
        raise Undeclared(f"{act}: {sorted(changed.keys() | (detail or {}).keys())}")
    if told.changes and before is None and after is None:
        raise Undeclared(f"{act} tells neither what was before nor what is after")
    sides = {"before": dict(before or {}), "after": dict(after or {})} if told.changes else {}
    whole = {"reason": signed.reason} | dict(detail or {}) | sides
    session.add(AuditEntry(at=signed.at, who=signed.author, action=act, subject=subject, detail=whole))


def list_audit(
    session: Session,
    most: int | None,
    *,
    who: str = "",
    subject: str = "",
    act: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int = 0,
) -> Sequence[AuditEntry]:
    """List the audit log, newest first, at most `most` entries; only those by `who`, of this `act` and `subject`.

    Those at or after `since` and before `until`; and older than the entry `before`, if it is given. A subject is found
    by its beginning: `rule` finds `rule food-new-proteins`.
    """
    query = select(AuditEntry).where(
        is_ours(session, AuditEntry), col(AuditEntry.subject).startswith(subject, autoescape=True)
    )
    if who:
        query = query.where(AuditEntry.who == who)
    if act:
        query = query.where(AuditEntry.action == act)
    if since:
        query = query.where(col(AuditEntry.at) >= since)
    if until:
        query = query.where(col(AuditEntry.at) < until)
    if before:
        query = query.where(col(AuditEntry.id) < before)
    return session.exec(query.order_by(col(AuditEntry.id).desc()).limit(most)).all()
