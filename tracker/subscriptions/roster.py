"""Rosters: read a CSV of mailboxes with what each wants, and check all of it before any is used.

Does not add anybody or check whether a mailbox is known already (`jobs.readers.optin`).
"""

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any, NamedTuple

from db.subscribers import LISTS, Wants
from tracker.errors import Code, Fault, InputFaults
from tracker.subscriptions.requests import Known, SignUp, sign_up_of
from tracker.subscriptions.roster_words import CELL_WORDS, COLUMN_WORDS

READER = ("address", *(name for name in SignUp.model_fields if name not in ("address", "interests")))
WANTS = tuple(Wants.model_fields)
COLUMNS = (*READER, *WANTS)
MANY = (*LISTS, *(name for name in READER if isinstance(SignUp.model_fields[name].default, tuple)))
LIST_BREAK = re.compile(r"[,;]")  # commas and semicolons between the values of a cell are as good as blanks
MONEY_COLUMNS = ("money_min", "money_max")

SEP_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # Excel's own first line
SEPARATORS = (";", "\t", ",")
INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
MONEY = re.compile(r"(?:€ ?)?(\d{1,3}(?: \d{3})+|\d+)(?: ?(?:€|eur|euroa?))?", re.IGNORECASE | re.ASCII)
ONE_INTEREST = "interests.1."  # a line holds one; its columns are named without


@dataclass(frozen=True, slots=True)
class Line:
    """A mailbox of a roster, and its line number in the file."""

    number: int
    wanted: SignUp


class CsvRow(NamedTuple):
    """The cells of a row, and the number of its first line in the file."""

    number: int
    cells: Sequence[str]


def read_roster(text: str, known: Known, usual: Mapping[str, Any] | None = None) -> list[Line]:
    """Read the mailboxes of a CSV with semicolons, commas or tabs. InputFaults lists every fault with its line.

    The first row names the columns: `address`, and any of the others, in English, Finnish or Swedish. An empty cell
    means the column's default, or what is `usual`; empty rows and columns mean nothing.
    """
    rows = _rows(text.removeprefix("\ufeff"))
    head = next(rows, CsvRow(1, ()))
    columns = [_column(word) for word in head.cells]
    if faults := list(_column_faults(columns, head.number)):
        raise InputFaults(*faults)
    mailboxes: list[Line] = []
    faults = []
    for number, cells in rows:
        try:
            mailboxes.append(Line(number, _wanted(columns, cells, known, usual or {})))
        except InputFaults as error:
            faults += [
                replace(fault, line=number, subject=fault.subject.removeprefix(ONE_INTEREST)) for fault in error.faults
            ]
    if faults := faults + _repeated(mailboxes):
        raise InputFaults(*faults)
    return mailboxes


def _rows(text: str) -> Iterator[CsvRow]:
    """The rows that hold anything, tidied."""
    sep_line = SEP_LINE.match(text)
    body = text[sep_line.end() :] if sep_line else text
    before = 1 if sep_line else 0
    reader = csv.reader(
        StringIO(body, newline=""), delimiter=sep_line[1] if sep_line else _separator(body), strict=True
    )
    first = before + 1
    try:
        for row in reader:
            cells = [_tidy(cell) for cell in row]
            if any(cells):
                yield CsvRow(first, cells)
            first = before + reader.line_num + 1
    except csv.Error as error:
        raise InputFaults(Fault(Code.NOT_CSV, "", {"why": str(error)}, line=first)) from None


def _separator(text: str) -> str:
    """The separator that the first row has most of."""
    head = text.lstrip().partition("\n")[0]
    return max(SEPARATORS, key=head.count) if any(mark in head for mark in SEPARATORS) else ","


def _tidy(cell: str) -> str:
    """A cell in one line, with plain blanks and without what nobody sees."""
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", cell)).split())


def plain_word(word: str) -> str:
    """A word without capitals, blanks, hyphens and other signs."""
    return re.sub(r"[\W_]+", "", word.casefold())


def _column(word: str) -> str:
    """The column that a word of the first row names; the word itself if it names none."""
    return COLUMN_KEYS.get(plain_word(word), word)


def _keys(words: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {plain_word(word): name for name, others in words.items() for word in (name, *others)}


COLUMN_KEYS = _keys({name: COLUMN_WORDS.get(name, ()) for name in COLUMNS})
CELL_KEYS = {column: _keys(words) for column, words in CELL_WORDS.items()}


def _column_faults(columns: Sequence[str], line: int) -> Iterator[Fault]:
    """The faults of the first row; a column that is missing may be one that has another name, which is said then."""
    strangers = [name for name in dict.fromkeys(columns) if name and name not in COLUMNS]
    for name in strangers:
        yield Fault(Code.UNKNOWN_COLUMN, "", {"given": name, "known": COLUMNS}, line=line)
    for name, count in Counter(columns).items():
        if name in COLUMNS and count > 1:
            yield Fault(Code.COLUMN_TWICE, "", {"given": name}, line=line)
    if "address" not in columns and not strangers:
        yield Fault(Code.COLUMN_MISSING, "", {"name": "address"}, line=line)


def _wanted(columns: Sequence[str], cells: Sequence[str], known: Known, usual: Mapping[str, Any]) -> SignUp:
    """The sign-up of a row. InputFaults lists all of its faults."""
    if any(cells[len(columns) :]) or any(cell for name, cell in zip(columns, cells, strict=False) if not name):
        raise InputFaults(Fault(Code.TOO_MANY_CELLS))
    told = {name: _value(name, cell) for name, cell in zip(columns, cells, strict=False) if cell}
    not_money = [name for name in MONEY_COLUMNS if told.get(name, "") is None]
    faults = [Fault(Code.NOT_A_NUMBER, name, {"given": cells[columns.index(name)]}) for name in not_money]
    given = {name: value for name, value in told.items() if name not in not_money}
    reader = {name: given[name] for name in READER if name in given}
    interest = {name: given[name] for name in WANTS if name in given}
    interests = [interest] if interest else usual.get("interests", [{}])
    try:
        wanted = sign_up_of({**usual, **reader, "interests": interests}, known)
    except InputFaults as error:
        raise InputFaults(*faults, *error.faults) from None
    if faults:
        raise InputFaults(*faults)
    return wanted


def _value(column: str, cell: str) -> Any:
    """What a cell says, for `sign_up_of`; None for a sum of money that cannot be read."""
    if column in MANY:
        return LIST_BREAK.sub(" ", cell).split()
    if column in MONEY_COLUMNS:
        money = MONEY.fullmatch(cell)
        return money[1].replace(" ", "") if money else None
    return CELL_KEYS.get(column, {}).get(plain_word(cell), cell)


def _repeated(mailboxes: list[Line]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for line in mailboxes:
        at = first.setdefault(line.wanted.address, line.number)
        if at != line.number:
            values = {"address": line.wanted.address, "first": at}
            faults.append(Fault(Code.REPEATED_ADDRESS, "", values, line=line.number))
    return faults
