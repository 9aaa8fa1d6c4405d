"""Rosters: read a CSV of mailboxes with what each wants, and check all of it before any is used.

Does not add anybody or check whether a mailbox is known already (`jobs.readers.optin`).
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any

from db.subscribers import LISTS, Wants
from tracker.errors import Code, Fault, InputFaults
from tracker.subscriptions.requests import Known, SignUp, sign_up_of

READER = ("address", *(name for name in SignUp.model_fields if name not in ("address", "interests")))
WANTS = tuple(Wants.model_fields)
COLUMNS = (*READER, *WANTS)
MANY = (*LISTS, *(name for name in READER if isinstance(SignUp.model_fields[name].default, tuple)))  # blanks between


@dataclass(frozen=True, slots=True)
class Line:
    """A mailbox of a roster, and its line number in the file."""

    number: int
    wanted: SignUp


def read_roster(text: str, known: Known) -> list[Line]:
    """Read the mailboxes of a CSV with commas or semicolons. InputFaults lists every fault with its line.

    The first line names the columns: `address`, and any of the others. An empty cell means the column's default.
    """
    lines = StringIO(text, newline="")
    reader = csv.DictReader(lines, delimiter=_delimiter(text), strict=True, restkey="beyond", restval="")
    if faults := list(_column_faults(list(reader.fieldnames or ()))):
        raise InputFaults(*faults)
    mailboxes: list[Line] = []
    faults = []
    for number, given in _cells(reader):
        try:
            mailboxes.append(Line(number, sign_up_of(_given(given), known)))
        except InputFaults as error:
            faults += [replace(fault, line=number) for fault in error.faults]
    if faults := faults + _repeated(mailboxes):
        raise InputFaults(*faults)
    return mailboxes


def _delimiter(text: str) -> str:
    head = text.partition("\n")[0]
    return ";" if ";" in head else ","


def _column_faults(columns: list[str]) -> Iterator[Fault]:
    for name, count in Counter(columns).items():
        if name not in COLUMNS:
            yield Fault(Code.UNKNOWN_COLUMN, "", {"given": name, "known": COLUMNS}, line=1)
        if count > 1:
            yield Fault(Code.COLUMN_TWICE, "", {"given": name}, line=1)
    if "address" not in columns:
        yield Fault(Code.COLUMN_MISSING, "", {"name": "address"}, line=1)


def _cells(reader: "csv.DictReader[str]") -> Iterator[tuple[int, dict[str, str]]]:
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputFaults(Fault(Code.NOT_CSV, "", {"why": str(error)}, line=reader.reader.line_num)) from None


def _given(row: Mapping[str, str]) -> dict[str, Any]:
    """The cells of a line in the form of a sign-up: the reader's own fields, and one interest."""
    if "beyond" in row:
        raise InputFaults(Fault(Code.TOO_MANY_CELLS))
    told = {name: cell.strip() for name, cell in row.items() if cell.strip()}
    cells = {name: cell.split() if name in MANY else cell for name, cell in told.items()}
    reader: dict[str, Any] = {name: cells[name] for name in READER if name in cells}
    return reader | {"interests": [{name: cells[name] for name in WANTS if name in cells}]}


def _repeated(mailboxes: list[Line]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for line in mailboxes:
        at = first.setdefault(line.wanted.address, line.number)
        if at != line.number:
            values = {"address": line.wanted.address, "first": at}
            faults.append(Fault(Code.REPEATED_ADDRESS, "", values, line=line.number))
    return faults
