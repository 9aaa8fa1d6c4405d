"""tracker export and tracker feeds, as they are typed."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from jobs.base.app import App
from jobs.cli import app as command_line
from tests.jobs.world import Clock, add_news, enrol

Terminal = Callable[..., Result]


@pytest.fixture
def terminal(app: App, clock: Clock, tmp_path: Path) -> Terminal:
    """Runs commands on the database of an app with two calls and a reader of food."""
    enrol(app.db, clock.now, "anna", "food")
    add_news(app.db, clock.now, "one", "food")
    add_news(app.db, clock.now, "two", "circular")
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{app.settings.database.url}"\n[data]\ndir = "{tmp_path / "data"}"\n')

    def run(*words: str) -> Result:
        return CliRunner().invoke(command_line, ["--config", str(config), "--now", "2026-06-15T04:00Z", *words])

    return run


def test_a_table_goes_to_standard_output_or_to_a_file(terminal: Terminal, tmp_path: Path) -> None:
    shown = terminal("export", "calls", "--format", "csv", "--spearhead", "food")
    file = tmp_path / "calls.csv"
    written = terminal("export", "calls", "--format", "csv", "--spearhead", "food", "--out", str(file))
    assert (written.exit_code, written.stdout_bytes) == (0, b"")
    assert shown.stdout_bytes == file.read_bytes()
    [row] = csv.DictReader(file.read_text("utf-8-sig").splitlines())
    assert (row["key"], row["spearheads"]) == ("one", "food")


@pytest.mark.parametrize(
    ("form", "begins"), [("ics", "BEGIN:VCALENDAR"), ("atom", "<?xml"), ("ndjson", '{"id": 1'), ("csv", "\ufeffid,")]
)
def test_each_form_begins_as_what_it_is(terminal: Terminal, form: str, begins: str) -> None:
    done = terminal("export", "calls", "--format", form, "--interest", "1", "--language", "sv")
    assert done.exit_code == 0
    assert done.stdout_bytes.decode().startswith(begins)


def test_without_a_choice_it_is_every_call(terminal: Terminal) -> None:
    done = terminal("export", "calls", "--format", "ndjson", "--status", "open", "--source", "portal")
    assert [json.loads(line)["key"] for line in done.stdout.splitlines()] == ["one", "two"]


def test_a_spearhead_and_an_interest_together_are_refused(terminal: Terminal) -> None:
    assert terminal("export", "calls", "--spearhead", "food", "--interest", "1").exit_code == 2


def test_links_are_shown_and_replaced_for_a_reason(terminal: Terminal) -> None:
    before = terminal("feeds", "link", "1").stdout
    assert [line.split("\t")[0] for line in before.splitlines()] == ["format", "atom", "ics"]
    assert terminal("feeds", "link", "1").stdout == before
    assert terminal("feeds", "rotate", "1").exit_code == 2
    after = terminal("feeds", "rotate", "1", "--reason", "shared by mistake").stdout
    assert after == terminal("feeds", "link", "1").stdout != before
