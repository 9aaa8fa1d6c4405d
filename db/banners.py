"""Banners: words on top of the public pages for some days, such as of an outage that is planned.

Does not check them (`jobs.publishing.banner`).
"""

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.types import json_field


class Banner(SQLModel, table=True):
    """One banner: its words by language, its first and last day, and when it was taken down before that."""

    __tablename__ = "banners"
    __table_args__ = (sa.Index("ix_banners_until_on", "until_on"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    words: dict[str, str] = json_field()
    from_on: date
    until_on: date
    set_at: datetime
    set_by: str
    ended_at: datetime | None = None


def banner_on(session: Session, day: date) -> Banner | None:
    """The banner of a day; of several the one that was set last."""
    holds = (col(Banner.from_on) <= day, col(Banner.until_on) >= day, col(Banner.ended_at).is_(None))
    query = select(Banner).where(is_ours(session, Banner), *holds)
    return session.exec(query.order_by(col(Banner.id).desc()).limit(1)).first()


def list_banners(session: Session, most: int | None) -> Sequence[Banner]:
    """The newest banners, those that are over or taken down included."""
    return session.exec(
        select(Banner).where(is_ours(session, Banner)).order_by(col(Banner.id).desc()).limit(most)
    ).all()
