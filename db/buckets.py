"""Buckets: how much a client of the pages may still do, so that a limit holds over threads and processes.

A bucket is full at first and refills evenly; an act takes one token. A row names nobody: its key is a keyed hash
(`jobs.web.limits`), and it goes once it is full again.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col, select


class Bucket(SQLModel, table=True):
    """The tokens that one client had left when it was last seen."""

    __tablename__ = "buckets"

    key: str = Field(primary_key=True, max_length=64)
    tokens: float
    at: datetime


def take_tokens(
    session: Session, key: str, now: datetime, most: int, refills_in: timedelta, wanted: int = 1
) -> timedelta:
    """Take tokens out of a bucket that holds `most` and is full again after `refills_in`: all that are wanted, or none.

    Returns how long it takes until there are so many; nothing where they were taken.
    """
    connection = session.connection()
    connection.execute(sa.delete(Bucket).where(col(Bucket.at) <= now - refills_in))  # full again, each of them
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(Bucket)
    connection.execute(insert.on_conflict_do_nothing(), {"key": key, "tokens": float(most), "at": now})
    bucket = session.exec(select(Bucket).where(Bucket.key == key).with_for_update()).one()
    refilled = min(float(most), bucket.tokens + most * ((now - bucket.at) / refills_in))
    if refilled >= wanted:
        bucket.tokens, bucket.at = refilled - wanted, now
    return refills_in * (max(0.0, wanted - refilled) / most)
