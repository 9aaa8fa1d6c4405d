"""Write many rows by one statement, with each column's values converted at once.

SQLAlchemy binds the parameters of many rows twice, as a dictionary a row and then by position: a third of the time
that a first reading takes to store.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import Insert


def insert_rows(connection: sa.Connection, insert: Insert, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute an insert (with or without ON CONFLICT) for rows that all have the same columns."""
    if not rows:
        return
    names, dialect = list(rows[0]), connection.dialect
    compiled = insert.compile(dialect=dialect, column_keys=names)
    columns = {name: _converted([row[name] for row in rows], insert.table.c[name], dialect) for name in names}
    if dialect.positional:
        parameters: Any = list(zip(*(columns[name] for name in compiled.positiontup or ()), strict=True))
    else:
        parameters = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    connection.exec_driver_sql(str(compiled), parameters)


def _converted(values: list[Any], column: sa.ColumnClause[Any], dialect: sa.Dialect) -> list[Any]:
    """The values of a column as the database's driver takes them; what many rows share is converted once."""
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return values
    converted = {i: convert(value) for i, value in {id(value): value for value in values}.items()}
    return [converted[id(value)] for value in values]
