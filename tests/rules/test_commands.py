"""The commands of an official's afternoon, as they are typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from db import calls
from jobs.cli import app
from jobs.desk import Desk
from jobs.retag import retag_all
from tests.jobs.world import ON_ONE_KIND, add_call
from tests.recorded_days import recorded_days
from tests.rules.archive import remember
from tracker.changes import status_of, today
from tracker.errors import RuleError

pytestmark = ON_ONE_KIND


class Terminal:
    """Runs commands on a desk's database."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.config = folder / "config.toml"
        self.config.write_text(f'[database]\nurl = "{desk.settings.database.url}"\n[data]\ndir = "{folder / "data"}"\n')

    def run(self, *words: str) -> str:
        done = CliRunner().invoke(app, ["--config", str(self.config), "--now", "2026-06-15T04:00Z", *words])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.stderr
        return done.output

    def rows(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run("--json", *words).splitlines()]


@pytest.fixture
def terminal(desk: Desk, tmp_path: Path) -> Terminal:
    return Terminal(desk, tmp_path)


VERTICAL = ("--spearhead", "food", "--text", '"vertical farming" OR kerrosviljely', "--weight", "strong")


def test_an_officials_afternoon(desk: Desk, terminal: Terminal) -> None:
    [farm] = remember(desk, "Vertical farming in cities")
    [seen] = terminal.rows("rules", "preview", "food-vertical", *VERTICAL)
    [shift] = seen["shifts"]
    assert (shift["change"], shift["id"], shift["words"]) == ("+", farm, ["Vertical farming"])
    [saved] = terminal.rows("rules", "add", "food-vertical", *VERTICAL, "--reason", "growers asked")
    assert (saved["gained"], saved["saved"], saved["told"]) == (1, 1, 0)
    assert "kerrosviljely” missä tahansa muodossa" in terminal.run("rules", "show", "food-vertical", "--in", "fi")
    with pytest.raises(RuleError, match="must match: kerrosviljelmä"):
        terminal.run(
            "rules", "edit", "food-vertical", "--text", "wine", "--matches", "kerrosviljelmä", "--reason", "no"
        )
    terminal.run("rules", "rollback", "food-vertical", "--reason", "second thoughts")
    history = terminal.rows("rules", "history", "food-vertical")
    assert [(one["revision"], one["enabled"], one["reason"]) for one in history] == [
        (1, True, "growers asked"),
        (2, False, "second thoughts"),
    ]
    pinned = terminal.run("pins", "add", str(farm), "food", "--include", "--reason", "ours all the same")
    assert f"rules examples add food --must --call {farm}" in pinned
    assert [one["id"] for one in terminal.rows("pins", "list")] == [farm]
    terminal.run("pins", "remove", str(farm), "food")
    assert terminal.rows("pins", "list") == []


def test_a_fault_is_told_in_the_officials_language(terminal: Terminal) -> None:
    with pytest.raises(RuleError, match="lainausmerkki puuttuu"):
        terminal.run("rules", "add", "x", "--spearhead", "food", "--text", '"a', "--reason", "r", "--in", "fi")


def test_exported_rules_come_back_unchanged(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "rules.jsonl"
    file.write_text(terminal.run("rules", "export"), "utf-8")
    assert "nothing in it differs" in terminal.run("rules", "import", str(file), "--reason", "back")


def test_an_import_is_previewed_without_being_taken(desk: Desk, terminal: Terminal, tmp_path: Path) -> None:
    remember(desk, "Wine of the north", "Food for all")
    file = tmp_path / "rules.jsonl"
    told = terminal.run("rules", "export").replace("recycl*", "recycl* OR wine")
    file.write_text(told, "utf-8")
    [seen] = terminal.rows("rules", "import", str(file), "--preview")
    assert (seen["difference"], seen["by spearhead"]) == ("+1 −0 of 2 calls", "circular +1 −0")
    assert "wine" not in terminal.run("rules", "export")


def test_judged_calls_give_scores_and_name_what_is_wrong(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "judged.jsonl"
    lines = [
        {"id": "a", "title": "Food for all", "grades": {"food": 2}},
        {"id": "b", "title": "Food for thought", "grades": {}},
        {"id": "c", "title": "Wine of the north", "grades": {"food": 2}},
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    food = {row["spearhead"]: row for row in terminal.rows("rules", "eval", str(file))}["food"]
    assert (food["precision"], food["recall"], food["false"], food["missed"]) == ("0.500", "0.500", ["b"], ["c"])


def test_on_a_recorded_day_an_edit_is_silent_and_an_announcement_tells_just_its_open_calls(
    desk: Desk, terminal: Terminal, shared: Path
) -> None:
    on = today(desk.clock())
    for said in recorded_days(shared)[0].facts.values():
        add_call(desk.db, desk.clock(), said, status=status_of(said, on))
    retag_all(desk)
    forest = ("--spearhead", "circular", "--text", "forest OR wood", "--weight", "strong", "--reason", "forests")
    [silent] = terminal.rows("rules", "add", "forest", *forest)
    assert silent["gained"] > 0
    assert silent["told"] == 0
    terminal.run("rules", "remove", "forest", "--reason", "again")
    [told] = terminal.rows("rules", "edit", "forest", "--reason", "loud", "--announce")
    with desk.db.read() as session:
        late = {call.id: call for _, call in calls.events_after(session, 0)}
    assert len(late) == told["told"] > 0
    assert {call.status.value for call in late.values()} == {"open"}
    assert told["gained"] == silent["gained"]
