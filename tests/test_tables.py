"""Tables: what is keyed by an enum has a row for each of its members, so that a new member is told where it is missing.

A table that is partial on purpose is named here, with the reason.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import ModuleType

import pytest

import db
import jobs
import tracker

PARTIAL = {
    "jobs.web.version_view.HAPPENED": "the other events are changes, which say themselves what changed",
    "jobs.running.undo.FINDERS": "the other acts cannot be taken back, or are left to their own screens",
    "jobs.web.api.problems.ABOUT": "other faults name their parameter themselves",
    "jobs.web.issues.KINDS": "the other editions are for single readers",
    "jobs.cli.hints.OF_CODE": "few refusals have a command that helps",
    "jobs.delivery.bans.ENDS": "only these kinds of a bounce end a subscription",
    "jobs.editions.composer.WITHHOLDS": "what was released is told",
    "tracker.sources.portal.facts.NAMES": "the kinds of calls that the portal has",
}


def modules() -> Iterator[ModuleType]:
    """Every module of the three floors but the migrations, which are frozen."""
    for floor in (db, tracker, jobs):
        for found in pkgutil.walk_packages(floor.__path__, f"{floor.__name__}."):
            if not found.name.startswith("db.migrations"):
                yield importlib.import_module(found.name)


def enum_of(table: object) -> type[StrEnum] | None:
    """The enum whose members are the keys of a table; None where something else is among them."""
    kinds = {type(key) for key in table} if isinstance(table, Mapping) else set()
    kind = kinds.pop() if len(kinds) == 1 else None
    return kind if kind is not None and issubclass(kind, StrEnum) else None


def tables() -> dict[str, tuple[Mapping[StrEnum, object], type[StrEnum]]]:
    """Every table of a module that is keyed by one enum, once, by the first name that is found."""
    found: dict[int, tuple[str, Mapping[StrEnum, object], type[StrEnum]]] = {}
    for module in modules():
        for name, table in vars(module).items():
            kind = enum_of(table)
            if kind is not None:
                found.setdefault(id(table), (f"{module.__name__}.{name}", table, kind))
    return {name: (table, kind) for name, table, kind in found.values()}


TABLES = tables()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_table_keyed_by_an_enum_has_a_row_for_each_member(name: str) -> None:
    table, kind = TABLES[name]
    missing = [member.value for member in kind if member not in table]
    assert not missing or name in PARTIAL, f"{name} says nothing of {', '.join(missing)}"


def test_no_table_is_called_partial_that_is_whole_or_gone() -> None:
    whole = {name for name, (table, kind) in TABLES.items() if len(table) == len(kind)}
    assert not PARTIAL.keys() - (TABLES.keys() - whole)
