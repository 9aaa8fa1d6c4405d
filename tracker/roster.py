"""Rosters: a CSV of mailboxes with what each wants, read whole before any of it is believed.

Does not look whether a mailbox is known already, and adds nobody (`jobs.consents`).
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from tracker.errors import InputError
from tracker.subscriptions import Known, SignUp, sign_up_of

LISTS = ("spearheads", "programmes", "sources", "kinds", "audience")  # words with spaces between them
WANTS = (*LISTS, "query", "money_min", "money_max", "forthcoming")
READER = ("address", "language", "cadence", "actor", "actor_type", "municipality", "urgent", "lead_days")
COLUMNS = (*READER, *WANTS)


@dataclass(frozen=True, slots=True)
class Line:
    """A mailbox of a roster, and the line of the file that it stands on."""

    number: int
    wanted: SignUp


def read_roster(text: str, known: Known) -> list[Line]:
    """The mailboxes of a CSV, comma or semicolon between its cells; InputError lists every fault with its line.

    The first line names the columns: `address`, and any of the others. An empty cell is the column's default.
    """
    lines = StringIO(text, newline="")
    reader = csv.DictReader(lines, delimiter=_delimiter(text), strict=True, restkey="beyond", restval="")
    if faults := list(_column_faults(list(reader.fieldnames or ()))):
        raise InputError([f"line 1: {fault}" for fault in faults])
    found: list[Line] = []
    faults = []
    for number, given in _cells(reader):
        try:
            found.append(Line(number, sign_up_of(_given(given), known)))
        except InputError as error:
            faults += [f"line {number}: {fault}" for fault in error.faults]
    if faults := faults + _repeated(found):
        raise InputError(faults)
    return found


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return ";" if ";" in head else ","


def _column_faults(columns: list[str]) -> Iterator[str]:
    yield from (f"{name!r}: no such column; there are {', '.join(COLUMNS)}" for name in columns if name not in COLUMNS)
    yield from (f"{name!r}: the column is there twice" for name, count in Counter(columns).items() if count > 1)
    if "address" not in columns:
        yield "the column address is missing"


def _cells(reader: "csv.DictReader[str]") -> Iterator[tuple[int, dict[str, str]]]:
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError([f"line {reader.reader.line_num}: not CSV: {error}"]) from None


def _given(row: Mapping[str, str]) -> dict[str, Any]:
    """What a line says, as a sign-up has it: the reader's own, and one interest."""
    if "beyond" in row:
        raise InputError(["more cells than the first line names columns"])
    told = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    reader: dict[str, Any] = {name: told[name] for name in READER if name in told}
    if "lead_days" in told:
        reader["lead_days"] = told["lead_days"].split()
    wants = {name: told[name].split() if name in LISTS else told[name] for name in WANTS if name in told}
    return reader | {"interests": [wants]}


def _repeated(found: list[Line]) -> list[str]:
    first: dict[str, int] = {}
    faults = []
    for line in found:
        at = first.setdefault(line.wanted.address, line.number)
        if at != line.number:
            faults.append(f"line {line.number}: {line.wanted.address} stands on line {at} already")
    return faults
