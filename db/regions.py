"""Which region's rows a session reads and writes, where several regions share one database.

A `Database` is opened for a region and its sessions carry it: every query on a region's own table includes `is_ours`,
and new rows get the region by themselves. Indexes of large tables begin with a narrower column: without statistics,
SQLite would use the region alone and read all of its rows. Does not know what a region is (`tracker.regions`).
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
    """A region's own table was used through a database that was opened without a region."""


def region_of(session: Session) -> str:
    """The key of the session's region. NoRegion if its database was opened without one."""
    return _named(session.get_bind().get_execution_options())


def is_ours(session: Session, table: type[SQLModel]) -> sa.ColumnElement[bool]:
    """The condition that a row of this table belongs to the session's region."""
    return column_of(table) == region_of(session)


def column_of(table: type[SQLModel]) -> sa.Column[str]:
    """The region column of a table."""
    column: sa.Column[str] = table.__table__.c.region  # type: ignore[attr-defined]
    return column


def find_ours(session: Session, table: type[Row], number: int, *, held: bool = False) -> Row | None:
    """The row of our region with this id, or None. `held` locks it until the transaction ends."""
    query = select(table).where(is_ours(session, table), table.__table__.c.id == number)  # type: ignore[attr-defined]
    return session.exec(query.with_for_update() if held else query).first()


def get_ours(session: Session, table: type[Row], number: int) -> Row:
    """The row of our region with this id. NoResultFound if there is none."""
    query = select(table).where(is_ours(session, table), table.__table__.c.id == number)  # type: ignore[attr-defined]
    return session.exec(query).one()


def region_field(**field: Any) -> Any:
    """The region column of a region's own table, filled in by itself and left out of dumps."""
    return Field(
        default=None, nullable=False, max_length=LONGEST, exclude=True, sa_column_kwargs={"default": _own}, **field
    )


def _own(context: ExecutionContext) -> str:
    return _named(context.execution_options)


def _named(options: Mapping[str, Any]) -> str:
    if region := options.get(OPTION):
        return str(region)
    raise NoRegion("this database was opened without a region, but the table belongs to regions")
