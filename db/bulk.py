"""Write many rows by one statement, with each column's values converted at once.

SQLAlchemy binds the parameters of many rows twice, as a dictionary a row and then by position: a third of the time
that a first reading takes to store.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import Insert


def insert_rows(connection: sa.Connection, insert: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute an insert (with or without ON CONFLICT) for rows that all have the same columns."""
    if not rows:
        return
    names, dialect = tuple(rows[0]), connection.dialect
    statement, order = _compiled(insert, dialect, names)
    columns = {name: _converted([row[name] for row in rows], insert.table.c[name], dialect) for name in names}
    if dialect.positional:
        parameters: Any = list(zip(*(columns[name] for name in order), strict=True))
    else:
        parameters = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    connection.exec_driver_sql(statement, parameters)


@lru_cache(maxsize=64)
def _compiled(insert: Insert, dialect: sa.Dialect, names: tuple[str, ...]) -> tuple[str, Sequence[str]]:
    """The statement for these columns, and the order of its parameters; compiling it takes as long as 50 rows."""
    compiled = insert.compile(dialect=dialect, column_keys=names)
    return str(compiled), compiled.positiontup or ()


def _converted(values: list[Any], column: sa.ColumnClause[Any], dialect: sa.Dialect) -> list[Any]:
    """The values of a column as the database's driver takes them; what many rows share is converted once."""
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return values
    converted = {i: convert(value) for i, value in {id(value): value for value in values}.items()}
    return [converted[id(value)] for value in values]
