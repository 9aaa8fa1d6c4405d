"""Runs the migrations on the engine that `db.engine` hands in."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from sqlmodel import SQLModel

from db import search
from db.types import Points, Values, Words

JSON = 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'


def render_item(kind: str, thing: Any, autogen_context: Any) -> str | Literal[False]:
    """Our column types as what they are in the database: a migration must not change when our code does."""
    if kind == "type" and isinstance(thing, Words):
        return f"sa.String(length={thing.impl.length})"
    if kind == "type" and isinstance(thing, Points):
        return "sa.SmallInteger()"
    if kind == "type" and isinstance(thing, Values):
        autogen_context.imports.add("from sqlalchemy.dialects import postgresql")
        return JSON
    return False


def keep_children(connection: sa.Connection, is_kept: bool) -> None:
    """Changing a table on SQLite drops and makes it anew; with foreign keys on, that would take its children along.

    The switch works only between two transactions, so it is thrown on the driver's own connection.
    """
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.dbapi_connection
        driver.execute(f"PRAGMA foreign_keys={'OFF' if is_kept else 'ON'}")
        if not is_kept and (orphans := driver.execute("PRAGMA foreign_key_check").fetchall()):
            raise RuntimeError(f"the migration left {len(orphans)} rows without their parents; take the backup back")


engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        render_item=render_item,
        include_object=search.is_compared,
        transaction_per_migration=True,
    )
    keep_children(connection, True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    keep_children(connection, False)
