"""Tables: calls with all their facts, one row each: CSV and XLSX for spreadsheets, NDJSON for programs. Pure."""

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from db.calls import Call, CallFacts, CallStatus, Deadline, Note
from db.eligibility import Eligibility
from tracker.calls.changes import remembered, status_of

OURS = ("id", "status", "closes_on", "spearheads", "same_as", "first_seen_at", "changed_at", "withdrawn_at")
APPLYING = (
    *("may_apply", "may_not_apply", "least_organisations", "least_countries", "alone_possible", "funding_percent"),
    *("lump_sum", "readiness", "place", "usually"),
)
COLUMNS = (*OURS, *CallFacts.model_fields, *APPLYING)
WHOLE_PAGES = ("text", "conditions")  # too long for a spreadsheet's cell
CSV_COLUMNS = tuple(name for name in COLUMNS if name not in WHOLE_PAGES)
BETWEEN = "; "
MOST_IN_A_CELL = 32_767  # characters, as Excel has it
FIRST_YEAR_OF_SHEETS = 1900
TEXT_IS_TEXT = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
# Before a formula: a cell's beginning, or what a spreadsheet may cut cells at; quotes and what has no width between.
_UNSEEN = " \u00a0\u00ad\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u3000\ufeff"
_BEFORE_A_FORMULA = re.compile(
    rf"""(?:\A|[;,\t|])[{_UNSEEN}"]*+(?=[=+\-@\t\r\n＝＋－＠])|(?<=.[\r\n])[{_UNSEEN}"]*+(?=[=+\-@＝＋－＠])""",
    re.DOTALL,
)


class CallRow(CallFacts):
    """One row: a call with all its facts. `same_as` are the ids of its duplicates in other sources.

    Who may apply is as derived; `usually` names the columns and kinds of applicant that are only general knowledge.
    """

    id: int
    status: CallStatus
    closes_on: date | None
    spearheads: tuple[str, ...]
    same_as: tuple[int, ...]
    first_seen_at: datetime
    changed_at: datetime
    withdrawn_at: datetime | None
    may_apply: tuple[str, ...]
    may_not_apply: tuple[str, ...]
    least_organisations: int | None
    least_countries: int | None
    alone_possible: bool | None
    funding_percent: tuple[int, ...]
    lump_sum: bool | None
    readiness: tuple[int, ...]
    place: str | None
    usually: tuple[str, ...]


def call_row(
    call: Call, spearheads: Iterable[str], same_as: Iterable[int], on: date, eligibility: Eligibility | None = None
) -> CallRow:
    """Make the row of a stored call; its status is that of the day `on`."""
    facts, known = remembered(call), eligibility or Eligibility()
    least_organisations, least_countries = known.consortium or (None, None)
    return CallRow.model_construct(
        **dict(facts),
        id=call.id or 0,
        status=CallStatus.CLOSED if call.withdrawn_at else status_of(facts, on),  # as lists have it
        closes_on=call.closes_on,
        spearheads=tuple(sorted(spearheads)),
        same_as=tuple(sorted(same_as)),
        first_seen_at=call.first_seen_at,
        changed_at=call.changed_at,
        withdrawn_at=call.withdrawn_at,
        may_apply=known.yes,
        may_not_apply=known.no,
        least_organisations=least_organisations,
        least_countries=least_countries,
        alone_possible=known.alone,
        funding_percent=known.rate,
        lump_sum=known.lump_sum,
        readiness=known.trl,
        place=known.place,
        usually=tuple(sorted(known.usual())),
    )


def to_csv(rows: Iterable[CallRow], separator: str = ",") -> bytes:
    """CSV (RFC 4180) with a header and all facts but the text. Begins with a byte-order mark, or Excel garbles ä and ö.

    Several values share a cell with semicolons between them. A text that a spreadsheet would run as a formula gets an
    apostrophe in front, also where it begins after a comma or a semicolon: a spreadsheet may cut the cells there.
    """
    out = io.StringIO(newline="")
    table = csv.writer(out, delimiter=separator)
    table.writerow(CSV_COLUMNS)
    table.writerows([_cell(getattr(row, name)) for name in CSV_COLUMNS] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str | int:
    return value if type(value) is int else harmless(_text(value))


def to_xlsx(rows: Iterable[CallRow]) -> bytes:
    """XLSX with the rows and columns of the CSV: sums are numbers, days are days, and no text is a formula.

    A text above MOST_IN_A_CELL characters is cut.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, TEXT_IS_TEXT) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, CSV_COLUMNS, book.add_format({"bold": True}))
        sheet.freeze_panes(1, 0)
        for number, row in enumerate(rows, start=1):
            for column, name in enumerate(CSV_COLUMNS):
                _write_cell(sheet, number, column, getattr(row, name), day)
        sheet.autofilter(0, 0, sheet.dim_rowmax or 0, len(CSV_COLUMNS) - 1)
    return out.getvalue()


def _write_cell(sheet: Any, row: int, column: int, value: Any, day: Any) -> None:
    if type(value) is int:
        sheet.write_number(row, column, value)
    elif type(value) is date and value.year >= FIRST_YEAR_OF_SHEETS:
        sheet.write_datetime(row, column, value, day)
    else:
        sheet.write_string(row, column, _text(value)[:MOST_IN_A_CELL])


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return BETWEEN.join(map(_text, value))
        case Deadline(on=on, at=at, stage=stage):
            day = at.isoformat() if at else on.isoformat()
            return f"{day} (stage {stage})" if stage else day
        case Note(at=at, text=text):
            return f"{at}: {text}" if at else text
        case date():  # datetimes among them
            return value.isoformat()
    return str(value)


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula (OWASP: CSV Injection)."""
    return _BEFORE_A_FORMULA.sub(r"\g<0>'", text)


def to_ndjson(rows: Iterable[CallRow]) -> bytes:
    """NDJSON: one JSON object on each line, UTF-8, with all facts; days and instants in ISO form, money in euro."""
    return b"".join(_line(row) for row in rows)


def _line(row: CallRow) -> bytes:
    held = row.model_dump(mode="json")
    return json.dumps({name: held[name] for name in COLUMNS}, ensure_ascii=False).encode() + b"\n"
