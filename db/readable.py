"""Rows that cannot be read: a query gives the rows that can, and the session remembers the others with the reason.

No code of ours writes a value that its column cannot hold; a hand, a damaged file or a newer version may. One such row
must not hide the rest. Does not decide what becomes of it: callers ask `unread_rows` and name it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DataError, OperationalError
from sqlmodel import Session, SQLModel, select
from sqlmodel.sql.expression import SelectOfScalar

CHUNK = 500
NOTED = "unread_rows"  # where a session remembers them
T = TypeVar("T", bound=SQLModel)


class RowName(NamedTuple):
    """A row by its table's name and its number."""

    table: str
    id: int


def read_rows(session: Session, query: SelectOfScalar[T], of: type[T]) -> Sequence[T]:
    """The rows of a query for whole rows of `of`, in its order, without those that cannot be read."""
    try:
        rows = session.exec(query).all()
        if all(_fault(row) is None for row in rows):
            return rows
    except Exception as error:
        if not _is_of_a_value(error):
            raise
    known = {row.id for row in unread_rows(session) if row.table == of.__tablename__}
    ids = list(session.exec(query.with_only_columns(_key(of))))  # type: ignore[call-overload]
    readable = [key for key in ids if key not in known]
    by_id = {
        key: row
        for start in range(0, len(readable), CHUNK)
        for key, row in _each(session, of, readable[start : start + CHUNK])
    }
    return [by_id[key] for key in ids if key in by_id]


def unread_rows(session: Session) -> dict[RowName, str]:
    """The rows that this session came upon and could not read, each with what is wrong with it."""
    noted: dict[RowName, str] = session.info.setdefault(NOTED, {})
    return noted


def raw_row(session: Session, of: type[SQLModel], key: int) -> dict[str, Any] | None:
    """A row as it is stored, whatever it holds, by column; None if there is none."""
    table = sa.inspect(of).local_table
    columns = [sa.type_coerce(column, sa.types.NullType()).label(column.name) for column in table.c]
    row = session.connection().execute(sa.select(*columns).where(_key(of) == key)).first()
    return dict(row._mapping) if row else None


def _each(session: Session, of: type[T], ids: Sequence[int]) -> Iterator[tuple[int, T]]:
    """The readable rows with these numbers: all together, else each half."""
    try:
        rows = session.exec(select(of).where(_key(of).in_(ids))).all()
    except Exception as error:
        if not _is_of_a_value(error):
            raise
        if len(ids) == 1:
            _note(session, of, ids[0], in_words(error))
            return
        middle = len(ids) // 2
        yield from _each(session, of, ids[:middle])
        yield from _each(session, of, ids[middle:])
        return
    for row in rows:
        key = getattr(row, _key(of).key)
        fault = _fault(row)
        if fault is None:
            yield key, row
        else:
            _note(session, of, key, fault)


def _note(session: Session, of: type[SQLModel], key: int, why: str) -> None:
    unread_rows(session)[RowName(str(of.__tablename__), key)] = why


def _key(of: type[SQLModel]) -> Any:
    [key] = sa.inspect(of).primary_key
    return key


def _is_of_a_value(error: Exception) -> bool:
    """Whether a value is at fault, and not the database or the machine."""
    if isinstance(error, OperationalError):
        return "decode" in str(error.orig)  # SQLite: bytes that are no UTF-8
    return isinstance(error, (ValueError, TypeError, ArithmeticError, LookupError, DataError))


def _fault(row: SQLModel) -> str | None:
    """What is wrong with a row whose columns could all be read: a value of another type than its field's."""
    for base in _checked(type(row)):
        try:
            base.__pydantic_validator__.validate_python(row.__dict__, strict=True)
        except ValueError as error:
            return in_words(error)
    return None


def _checked(of: type[SQLModel]) -> Collection[type[SQLModel]]:
    """The frozen values that a table is made of."""
    return [base for base in of.__bases__ if issubclass(base, SQLModel) and base is not SQLModel]


def in_words(error: Exception) -> str:
    """An error's name and first line, without the values: they may be megabytes."""
    faults = error.errors(include_input=False, include_url=False) if hasattr(error, "errors") else []
    if faults:
        return f"{'.'.join(map(str, faults[0]['loc']))}: {faults[0]['msg']}"[:200]
    return f"{type(error).__name__}: {error}".splitlines()[0][:200]
