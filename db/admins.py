"""Admins of a region. What they did is in `db.audit`."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from db.regions import region_field


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
