"""Tables: CSV that a spreadsheet opens as it is meant, NDJSON that holds every fact."""

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.calls import CallStatus, Deadline, Note
from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding
from tests.tracker.feeds.samples import call
from tracker.feeds.tables import COLUMNS, CSV_COLUMNS, CallRow, call_row, harmless, to_csv, to_ndjson, to_xlsx

ON = date(2026, 6, 15)
AT = datetime(2026, 10, 1, 15, tzinfo=UTC)


def row(**given: object) -> CallRow:
    return call_row(call("10-01", **given), ["food", "circular"], [3], ON)


def read(made: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"), newline="")))


def test_a_call_is_a_row_with_its_facts_and_what_only_we_know() -> None:
    [cells] = read(to_csv([row(project_max=950_000, audience=("company", "public"))]))
    assert list(cells) == list(CSV_COLUMNS)
    assert {"id": "7", "status": "open", "spearheads": "circular; food", "same_as": "3"}.items() <= cells.items()
    assert {"project_max": "950000", "audience": "company; public", "budget_total": ""}.items() <= cells.items()
    assert {
        "closes_on": "2026-10-01",
        "deadlines": "2026-10-01",
        "changed_at": "2026-06-15T04:00:00+00:00",
    }.items() <= (cells.items())


def test_who_may_apply_is_in_the_row_and_what_is_usual_is_named() -> None:
    found = Finding(facts=("rate",), basis=Basis.PROGRAMME, evidence="a row", certainty=Certainty.GENERAL)
    known = Eligibility(yes=(Applicant.SME,), no=(Applicant.NGO,), consortium=(3, 2), alone=False, rate=(70, 100))
    made = call_row(call("10-01"), [], [], ON, known.model_copy(update={"findings": (found,)}))
    [cells] = read(to_csv([made]))
    assert {
        "may_apply": "sme",
        "may_not_apply": "ngo",
        "least_organisations": "3",
        "least_countries": "2",
        "alone_possible": "no",
        "funding_percent": "70; 100",
        "lump_sum": "",
        "usually": "rate",
    }.items() <= cells.items()
    assert json.loads(to_ndjson([made]))["alone_possible"] is False


def test_a_status_is_that_of_the_day() -> None:
    over = call_row(call("06-14"), [], [], ON)
    assert over.status is CallStatus.CLOSED


def test_a_dates_time_and_stage_and_a_notes_day_are_in_the_cell() -> None:
    dates = (Deadline(on=AT.date(), at=AT, stage=1), Deadline(on=date(2027, 3, 1), stage=2))
    [cells] = read(to_csv([row(deadlines=dates, note=Note(at=ON, text="Extended."))]))
    assert cells["deadlines"] == "2026-10-01T15:00:00+00:00 (stage 1); 2027-03-01 (stage 2)"
    assert cells["note"] == "2026-06-15: Extended."


def test_it_opens_in_excel_and_ends_its_lines_as_the_rfc_says() -> None:
    made = to_csv([row(title='Ä, "ö"\r\nand more')])
    assert made.startswith(b"\xef\xbb\xbfid,status,")
    assert '"Ä, ""ö""\r\nand more"'.encode() in made
    assert made.endswith(b"\r\n")


@pytest.mark.parametrize("text", ["=1+1", "+358", "-1", "@SUM(A1)", "\t1", "\r=1", "\n=1", "＝1"])
def test_a_formula_is_only_text(text: str) -> None:
    [cells] = read(to_csv([row(title=text)]))
    assert cells["title"] == f"'{text}"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Haku;=1+1", "Haku;'=1+1"),
        ("Haku, +358", "Haku, '+358"),
        ("a\t=1", "a\t'=1"),
        ("\u200b=1+1", "\u200b'=1+1"),
        ("Haku\n=1+1\r\n@x", "Haku\n'=1+1\r\n'@x"),
        ("one\n\ntwo\r\nthree", "one\n\ntwo\r\nthree"),
        ('Haku;"=1+1"', 'Haku;"\'=1+1"'),
        ("\ufeff \u2060@x", "\ufeff \u2060'@x"),
        ("Ilmasto- ja energiahaku, 1-2 milj. €", "Ilmasto- ja energiahaku, 1-2 milj. €"),
    ],
)
def test_a_formula_is_only_text_wherever_a_spreadsheet_cuts_the_cells(text: str, safe: str) -> None:
    assert harmless(text) == safe


def test_the_separator_can_be_that_of_a_finnish_spreadsheet() -> None:
    made = to_csv([row(title="Haku, jossa on; molemmat")], ";").decode("utf-8-sig")
    assert made.startswith("id;status;")
    assert '"Haku, jossa on; molemmat"' in made


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_any_text_is_read_back_but_for_the_apostrophe(titles: list[str]) -> None:
    found = read(to_csv([row(title=title) for title in titles]))
    assert [cells["title"] for cells in found] == [harmless(title) for title in titles]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cells in found for cell in cells.values())


@given(st.lists(st.text(), max_size=3), st.text())
def test_json_holds_every_fact_a_line_a_call(titles: list[str], text: str) -> None:
    made = to_ndjson([row(title=title, text=text) for title in titles])
    found = [json.loads(line) for line in made.split(b"\n") if line]
    assert [(one["title"], one["text"]) for one in found] == [(title, text) for title in titles]
    assert all(tuple(one) == COLUMNS for one in found)


def test_json_keeps_values_apart() -> None:
    [one] = map(json.loads, to_ndjson([row(deadlines=(Deadline(on=AT.date(), at=AT),))]).splitlines())
    assert (one["spearheads"], one["same_as"]) == (["circular", "food"], [3])
    assert one["deadlines"] == [{"on": "2026-10-01", "at": "2026-10-01T15:00:00Z", "stage": None}]


def sheet_of(made: bytes) -> list[list[tuple[str, str]]]:
    """The rows of a workbook's first sheet: each cell's type (s text, n number) and what it holds."""
    with zipfile.ZipFile(io.BytesIO(made)) as book:
        texts = ["".join(node.itertext()) for node in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]  # noqa: S314
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    rows = []
    for line in sheet.findall(".//{*}row"):
        cells = [(cell.get("t", "n"), "".join(cell.itertext())) for cell in line]
        rows.append([(kind, texts[int(held)] if kind == "s" else held) for kind, held in cells])
    return rows


def test_a_workbook_has_the_rows_of_the_csv_with_numbers_days_and_no_formula() -> None:
    given = [row(title="=1+1", project_max=950_000, opens_on=date(2026, 6, 1), audience=("company", "public"))]
    header, cells = sheet_of(to_xlsx(given))
    assert [held for _, held in header] == list(CSV_COLUMNS)
    found = dict(zip(CSV_COLUMNS, cells, strict=True))
    assert (found["title"], found["project_max"]) == (("s", "=1+1"), ("n", "950000"))
    assert (found["opens_on"], found["audience"]) == (("n", "46174"), ("s", "company; public"))  # days since 1899-12-30


def test_a_workbook_holds_what_no_cell_can() -> None:
    [_, cells] = sheet_of(to_xlsx([row(title="x" * 40_000, consortium="a\x0b\x00b", opens_on=date(1, 1, 1))]))
    found = dict(zip(CSV_COLUMNS, cells, strict=True))
    assert len(found["title"][1]) == 32_767
    assert found["opens_on"] == ("s", "0001-01-01")
