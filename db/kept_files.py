"""Files kept in the database, so that several machines can share them, instead of in one machine's data folder.

Which of the two is used is decided in `tracker.kept_files`.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, Session, SQLModel, col

KEY = ("folder", "name", "piece")


class KeptPiece(SQLModel, table=True):
    """One piece of a file. A file written at once has one piece; one that grows has a piece for each addition."""

    __tablename__ = "kept_files"

    folder: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    piece: int = Field(primary_key=True)
    content: bytes


def pieces_of_file(session: Session, folder: str, name: str) -> list[bytes]:
    """The contents of a file's pieces, in order; empty if there is no such file."""
    query = sa.select(col(KeptPiece.content)).where(*_is_file(folder, name)).order_by(col(KeptPiece.piece))
    return list(session.connection().execute(query).scalars())


def put_file(session: Session, folder: str, name: str, content: bytes) -> None:
    """Write a whole file, replacing what was there."""
    appended = sa.delete(KeptPiece).where(*_is_file(folder, name), col(KeptPiece.piece) > 0)
    session.connection().execute(appended)
    insert = _insert(session)
    upsert = insert.on_conflict_do_update(index_elements=KEY, set_={"content": insert.excluded.content})
    session.connection().execute(upsert, [_row(folder, name, content)])


def put_once(session: Session, folder: str, name: str, content: bytes) -> None:
    """Write a whole file unless it exists; of several concurrent writers one succeeds."""
    session.connection().execute(_insert(session).on_conflict_do_nothing(), [_row(folder, name, content)])


def append_piece(session: Session, folder: str, name: str, content: bytes) -> None:
    """Append a piece to a file. Only one process may append to a file."""
    number = sa.select(sa.func.coalesce(sa.func.max(KeptPiece.piece) + 1, 0)).where(*_is_file(folder, name))
    row = _row(folder, name, content) | {"piece": number.scalar_subquery()}
    session.connection().execute(sa.insert(KeptPiece).values(row))


def find_files(session: Session, folders: str, names: str) -> Iterator[tuple[str, str]]:
    """Folder and name of every matching file; `*` matches anything, including `/`."""
    table = KeptPiece.__table__  # type: ignore[attr-defined]
    fits = (_fits(table.c.folder, folders), _fits(table.c.name, names), table.c.piece == 0)
    query = sa.select(table.c.folder, table.c.name).where(*fits)
    return ((folder, name) for folder, name in session.connection().execute(query))


def remove(session: Session, folder: str, name: str) -> None:
    """Delete a file, if it exists."""
    session.connection().execute(sa.delete(KeptPiece).where(*_is_file(folder, name)))


def remove_folder(session: Session, folder: str) -> None:
    """Delete every file of a folder, but not of its subfolders."""
    session.connection().execute(sa.delete(KeptPiece).where(col(KeptPiece.folder) == folder))


def _insert(session: Session) -> Any:
    return (sqlite if session.connection().dialect.name == "sqlite" else postgresql).insert(KeptPiece)


def _is_file(folder: str, name: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return col(KeptPiece.folder) == folder, col(KeptPiece.name) == name


def _row(folder: str, name: str, content: bytes) -> dict[str, object]:
    return {"folder": folder, "name": name, "piece": 0, "content": content}


def _fits(column: sa.Column[str], pattern: str) -> sa.ColumnElement[bool]:
    if "*" not in pattern:
        return column == pattern
    return column.like(pattern.replace("_", r"\_").replace("*", "%"), escape="\\")
