"""Whose rows a session sees and makes, where several regions share one database.

A `Database` is opened for a region and its sessions carry it: every query of a region's own table says `is_ours`, and a
new row takes the region by itself. Indexes of large tables begin with a narrower column: SQLite, without statistics,
would go by the region alone and read all that is a region's. Does not know what a region is (`tracker.regions`).
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlmodel import Field, Session, SQLModel, select

OPTION = "karkivahti_region"  # of an engine and its connections
LONGEST = 40

Row = TypeVar("Row", bound=SQLModel)


class NoRegion(sa.exc.DontWrapMixin, Exception):
    """A region's own table was touched through a database that was opened for no region."""


def region_of(session: Session) -> str:
    """The key of the region that a session works for. NoRegion where its database was opened for none."""
    return _named(session.get_bind().get_execution_options())


def is_ours(session: Session, table: type[SQLModel]) -> sa.ColumnElement[bool]:
    """The condition that a row of this table is the session's region's."""
    return column_of(table) == region_of(session)


def column_of(table: type[SQLModel]) -> sa.Column[str]:
    """The column that holds whose a row of this table is."""
    found: sa.Column[str] = table.__table__.c.region  # type: ignore[attr-defined]
    return found


def find_ours(session: Session, table: type[Row], number: int, *, held: bool = False) -> Row | None:
    """Our row of this number; None where there is none, or it is another region's. `held`: nobody else changes it."""
    query = select(table).where(is_ours(session, table), table.__table__.c.id == number)  # type: ignore[attr-defined]
    return session.exec(query.with_for_update() if held else query).first()


def get_ours(session: Session, table: type[Row], number: int) -> Row:
    """Our row of this number, which is known to be there; NoResultFound otherwise."""
    query = select(table).where(is_ours(session, table), table.__table__.c.id == number)  # type: ignore[attr-defined]
    return session.exec(query).one()


def region_field(**field: Any) -> Any:
    """The field of a region's own table that says whose a row is; no output shows it."""
    return Field(
        default=None, nullable=False, max_length=LONGEST, exclude=True, sa_column_kwargs={"default": _own}, **field
    )


def _own(context: ExecutionContext) -> str:
    return _named(context.execution_options)


def _named(options: Mapping[str, Any]) -> str:
    if region := options.get(OPTION):
        return str(region)
    raise NoRegion("this database was opened for no region, and a table that holds each region's own was asked")
