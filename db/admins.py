"""Admins of the region, and the audit of what people did here.

Does not decide what an admin may do.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel

from db.regions import region_field
from db.revisions import Signed
from db.types import json_field


class Admin(SQLModel, table=True):
    """A person who may edit rules and look after subscribers."""

    __tablename__ = "admins"
    __table_args__ = (sa.UniqueConstraint("region", "address"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    address: str
    name: str
    password_hash: str | None = None
    created_at: datetime


class AuditEntry(SQLModel, table=True):
    """One thing that a person did; append-only."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index("ix_audit_subject", "subject", "region"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    at: datetime
    who: str  # an admin's name, or the operator's login on the command line
    action: str = Field(max_length=60)
    subject: str = Field(max_length=200)
    detail: dict[str, Any] = json_field(default_factory=dict)


def note(session: Session, signed: Signed, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
    """Append to the audit, in the caller's transaction; the reason is kept with the detail."""
    whole = {"reason": signed.reason} | dict(detail or {})
    session.add(AuditEntry(at=signed.at, who=signed.author, action=action, subject=subject, detail=whole))
