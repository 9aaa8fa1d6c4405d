"""How rows are printed: nothing is cut, nothing steers the terminal, and pipes have headings."""

import json

import pytest

from jobs.cli.labels import cell, in_reading_order
from jobs.cli.tables import _print_table, print_fields, print_json, print_rows, shown, shown_in_line

IDENTIFIERS = ["HORIZON-CL6-2026-01-CIRCBIO-01-two-stage", "HORIZON-CL6-2026-01-CIRCBIO-02-two-stage"]
TITLE = "A rather long title of a call that has to be broken so that all other columns keep what tells them apart"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Haku [b]lihava[/b] [extended]", "Haku [b]lihava[/b] [extended]"),
        ("\x1b[31mred\x1b[0m \x07", "␛[31mred␛[0m ␇"),
        ("\x9b31m", "\\u009b31m"),
        ("a\u202eb\u200b=", "a\\u202eb\\u200b="),
        ("8\u00a0000\u202f€, tele\u00advisio", "8\u00a0000\u202f€, tele\u00advisio"),
        ("ä ö 日本 🙂", "ä ö 日本 🙂"),
    ],
)
def test_what_is_written_is_shown_and_does_nothing(written: str, seen: str) -> None:
    assert shown(written) == seen


def test_a_cell_is_one_line() -> None:
    assert shown_in_line("  one\r\n two\tthree ") == "one two three"


def test_json_is_the_same_value_and_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    title = "\x1b[2J \x9b2J \u202e 🙂 \x7f"
    print_json([{"title": title}])
    line = capsys.readouterr().out.rstrip("\n")
    assert json.loads(line) == {"title": title}
    assert "🙂" in line
    assert not any(sign in line for sign in "\x1b\x9b\u202e\x7f")


@pytest.mark.parametrize("width", ["60", "100", "200"])
def test_no_cell_of_a_table_is_cut_in_any_width(
    width: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    _print_table(["id", "identifier", "title"], [["1", IDENTIFIERS[0], TITLE], ["2", IDENTIFIERS[1], f"[b]{TITLE}"]])
    out = capsys.readouterr().out
    assert "…" not in out
    columns = zip(*(line.split("│")[1:-1] for line in out.splitlines() if "│" in line), strict=True)
    whole = ["".join(part.strip() for part in column) for column in columns]
    assert all(identifier in whole[1] for identifier in IDENTIFIERS)
    assert whole[2].replace(" ", "").count(TITLE.replace(" ", "")) == 2


def test_identifiers_stay_whole_in_a_hundred_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    _print_table(["id", "identifier", "title"], [[str(n), name, TITLE] for n, name in enumerate(IDENTIFIERS)])
    out = capsys.readouterr().out
    assert [name for name in IDENTIFIERS if name not in out] == []


def test_a_pipe_has_headings_and_the_same_columns_in_each_line(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": 1, "title": "a\tb\nc"}, {"id": 2}]
    assert print_rows(rows, ("id", "title"), as_json=False) == 2
    assert capsys.readouterr().out == "id\ttitle\n1\ta b c\n2\t\n"


def test_an_empty_list_prints_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_rows([], ("id",), as_json=False) == 0
    assert capsys.readouterr().out == ""


def test_a_record_shows_the_fields_that_have_a_value_with_readable_ones(capsys: pytest.CaptureFixture[str]) -> None:
    print_fields({"id": 7, "programme": None, "enabled": True, "reasons": [{"name": "few", "detail": "3 of 60"}]})
    assert capsys.readouterr().out.splitlines() == ["id\t7", "on\tyes", "reasons\tname few, detail 3 of 60"]


def test_several_records_in_a_cell_stand_apart() -> None:
    assert cell([{"a": 1}, {"a": 2}]) == "a 1; a 2"
    assert cell(["x", "y"]) == "x, y"


def test_a_person_reads_a_record_in_its_order_and_without_what_only_the_program_needs() -> None:
    record = {"region": "x", "text": "food", "enabled": True, "weight": "strong", "key": "food-en", "parser_version": 3}
    assert list(in_reading_order(record)) == ["key", "text", "weight", "enabled"]
