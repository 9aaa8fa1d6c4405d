"""Find SQL statements that touch a region's own tables without naming the region, as they go to the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

TABLES = SQLModel.metadata.tables
VALUE = r"(?:\?|%\(\w+\)s|\(\?|\(%\()"  # a bound value, or the first of a list of them
BY_REGION = re.compile(rf"\bregion = {VALUE}")
BY_PARENT = re.compile(rf"\b(?:id|\w+_id) (?:=|IN|BETWEEN) {VALUE}")  # found before, by its region
BY_KEY = re.compile(rf"WHERE (?:\w+\.)?id = {VALUE}$")  # what a session does with a row that it has
NAMES = re.compile(r'(?:FROM|JOIN|UPDATE|,)\s+"?(\w+)"?')


def own() -> frozenset[str]:
    """Return the tables that hold each region's own rows."""
    return frozenset(name for name, table in TABLES.items() if "region" in table.c)


def children() -> frozenset[str]:
    """Return the tables whose rows belong to a region through a parent row."""
    names: set[str] = set(own())
    while more := {name for name, table in TABLES.items() if name not in names and _parents(table) & names}:
        names |= more
    return frozenset(names - own())


def _parents(table: sa.Table) -> set[str]:
    return {key.column.table.name for key in table.foreign_keys}


def forgets(statement: str) -> bool:
    """Tell whether a statement reads or changes rows that may be another region's."""
    line = " ".join(statement.split())
    line = line[line.find("SELECT") :] if line.startswith("INSERT") and "SELECT" in line else line
    if not line.startswith(("SELECT", "UPDATE", "DELETE", "WITH")) or BY_REGION.search(line):
        return False
    if named(line) & own():
        return not BY_KEY.search(line)
    return bool(named(line) & children()) and not BY_PARENT.search(line)


def named(statement: str) -> set[str]:
    """Return the tables that a statement reads or changes."""
    return set(NAMES.findall(statement))


@contextmanager
def watched(engine: sa.Engine) -> Iterator[list[str]]:
    """Record every statement sent to the database within the block."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(" ".join(statement.split()))

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
