"""The judging loop as it is typed: rules tried on judged calls, and sets of them that grow from use."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.base.app import App
from jobs.cli.wording import SPOKEN
from tests.jobs.cli.terminal import Terminal
from tests.jobs.rulebook.archive import pin, remember
from tests.support.places import ROOT
from tests.support.refused import refused
from tracker.errors import NotFound, Refusal
from tracker.regions import region_file

WHY = ("--reason", "asked")
CALLS = [
    {"id": "a", "title": "Food for all", "grades": {"food": 2}},
    {"id": "b", "title": "Food for thought", "grades": {}},
    {"id": "c", "title": "Wine of the north", "grades": {"food": 2}},
]


def judged_file(folder: Path, name: str = "judged.jsonl", calls: list[dict[str, Any]] = CALLS) -> str:
    file = folder / name
    file.write_text("\n".join(map(json.dumps, calls)), "utf-8")
    return str(file)


def food_row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["spearhead"] == "food")


def test_judged_calls_give_scores_and_name_what_is_wrong_with_the_edit_that_mends_it(
    terminal: Terminal, tmp_path: Path
) -> None:
    food = food_row(terminal.rows("rules", "eval", judged_file(tmp_path)))
    assert (food["precision"], food["recall"], food["false"], food["missed"]) == ("0.500", "0.500", ["b"], ["c"])
    false, missed = food["mistakes"]
    assert (false["id"], false["title"], false["words"]) == ("b", "Food for thought", ["Food"])
    assert (missed["id"], missed["score"]) == ("c", "0/4")
    assert missed["edit"].startswith("add ")
    assert missed["edit"].endswith("mends 1, breaks 0")


def test_the_next_eval_tells_the_change_since_the_last_one_of_the_same_set(terminal: Terminal, tmp_path: Path) -> None:
    file, other = judged_file(tmp_path), judged_file(tmp_path, "other.jsonl")
    assert food_row(terminal.rows("rules", "eval", file))["change"] is None
    assert food_row(terminal.rows("rules", "eval", file))["change"] == {}
    terminal.run("rules", "add", "wine", "--spearhead", "food", "--text", "wine", "--weight", "strong", *WHY)
    assert food_row(terminal.rows("rules", "eval", other))["change"] is None
    again = food_row(terminal.rows("rules", "eval", file))
    assert again["change"] == {"precision": "+0.167", "recall": "+0.500", "f1": "+0.300"}
    assert [mistake["new"] for mistake in again["mistakes"]] == [False]
    terminal.run("rules", "remove", "wine", *WHY)
    told = terminal.run("rules", "eval", file)
    assert "compared with 2026-06-15 04:00, 3 calls, other rules" in told
    assert "food\tmissed\tyes\tc\tWine of the north" in told


def test_several_sets_have_a_table_each(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    files = [judged_file(tmp_path), judged_file(tmp_path, "two.jsonl", CALLS[:1])]
    rows = terminal.rows("rules", "eval", *files)
    assert {row["set"]: row["recall"] for row in rows if row["spearhead"] == "food"} == {
        "judged.jsonl": "0.500",
        "two.jsonl": "1.000",
    }
    same_name = judged_file(tmp_path / "more")
    assert {row["set"] for row in terminal.rows("rules", "eval", files[0], same_name)} == {files[0], same_name}


@pytest.fixture
def finnish() -> Iterator[None]:
    token = SPOKEN.set("fi")
    yield
    SPOKEN.reset(token)


def test_grades_of_what_is_no_spearhead_are_told_of(terminal: Terminal, tmp_path: Path) -> None:
    file = judged_file(tmp_path, calls=[{"id": "a", "title": "Food for all", "grades": {"food": 2, "foood": 2}}])
    assert "not measured, as there is no such spearhead: foood" in terminal.run("rules", "eval", file)


def test_a_file_as_windows_saves_it_is_read(terminal: Terminal, tmp_path: Path) -> None:
    file = Path(judged_file(tmp_path))
    file.write_text(file.read_text("utf-8"), "utf-8-sig")
    assert food_row(terminal.rows("rules", "eval", str(file)))["hits"] == 1


@pytest.mark.usefixtures("finnish")
def test_a_table_is_in_the_language_that_is_spoken(terminal: Terminal, tmp_path: Path) -> None:
    told = terminal.run("rules", "eval", judged_file(tmp_path))
    assert "judged.jsonl: hakuja 3" in told
    assert "halvin muutos" in told
    assert "korjaa 1, rikkoo 0" in told


def test_judged_calls_are_tried_on_a_region_file_that_is_not_taken_in(terminal: Terminal, tmp_path: Path) -> None:
    judged = judged_file(tmp_path, calls=[{"id": "a", "title": "Zymurgy", "grades": {"food": 2}}])
    region = tmp_path / "edited.toml"
    written = region_file("paijat_hame").read_text(encoding="utf-8")
    region.write_text(written.replace("(food* OR", "(zymurgy OR food* OR", 1), encoding="utf-8")
    by_file = food_row(terminal.rows("rules", "eval", judged, "--region", str(region)))
    as_it_stands = food_row(terminal.rows("rules", "eval", judged))
    assert (by_file["hits"], as_it_stands["hits"]) == (1, 0)
    assert as_it_stands["change"] is None  # what was tried on a file is not remembered


def test_a_region_file_is_tried_without_a_database(terminal: Terminal, tmp_path: Path) -> None:
    terminal.config.write_text('[database]\nurl = "sqlite:////nowhere/at/all.sqlite3"\n')
    region = str(region_file("paijat_hame"))
    assert food_row(terminal.rows("rules", "eval", judged_file(tmp_path), "--region", region))["hits"] == 2


@pytest.mark.parametrize(
    "held", [b"\xeb\xff", b'{"id": "a", "grades": [1]}', b'{"id": "a", "grades": {"food": "2"}}', b""]
)
def test_a_file_that_holds_no_judged_calls_is_told_of(terminal: Terminal, tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "judged.jsonl"
    file.write_bytes(held)
    with refused(Refusal, "each line is one JSON object"):
        terminal.run("rules", "eval", str(file))


def test_calls_are_judged_and_measured_and_written_to_a_file(app: App, terminal: Terminal, tmp_path: Path) -> None:
    food, wine = remember(app, "Food for all", "Wine of the north")
    told = terminal.run("gold", "add", str(food), "food=2", "--author", "maija", "--reason", "seen")
    assert "Food for all: judged food 2, circular 0" in told
    terminal.run("gold", "add", str(wine), "food=1", "circular=2")
    row, _ = terminal.rows("gold", "list")
    assert (row["id"], row["grades"], row["origin"]) == (food, {"food": 2, "circular": 0}, ["hand"])
    assert (row["author"], row["reason"]) == ("maija", "seen")
    assert food_row(terminal.rows("rules", "eval"))["hits"] == 1
    file = tmp_path / "gold.jsonl"
    assert "gold.jsonl: 2 judged calls" in terminal.run("gold", "export", str(file))
    here, written = terminal.rows("rules", "eval"), terminal.rows("rules", "eval", str(file))
    assert [(row["hits"], row["missed"]) for row in here] == [(row["hits"], row["missed"]) for row in written]
    terminal.run("gold", "remove", str(food))
    assert [one["id"] for one in terminal.rows("gold", "list")] == [wine]


def test_pins_and_readers_make_judgements(app: App, terminal: Terminal) -> None:
    [bridge] = remember(app, "Bridges of steel")
    pin(app, bridge, True)
    assert terminal.rows("gold", "grow") == [{"pin": 1, "readers": 0}]
    assert "food 2" in terminal.run("gold", "list")


@pytest.mark.parametrize("given", ["food", "food=3", "=2", "food=two"])
def test_a_grade_that_is_none_is_told_of(app: App, terminal: Terminal, given: str) -> None:
    [food] = remember(app, "Food for all")
    with pytest.raises(AssertionError, match="write it like food=2"):
        terminal.run("gold", "add", str(food), given)
    assert terminal.rows("gold", "list") == []


def test_what_is_not_there_is_told_of(app: App, terminal: Terminal) -> None:
    with refused(Refusal, "no call has been judged here yet"):
        terminal.run("rules", "eval")
    [food] = remember(app, "Food for all")
    with pytest.raises(NotFound):
        terminal.run("gold", "add", str(food), "beer=2")
    with pytest.raises(AssertionError, match="is not judged"):
        terminal.run("gold", "remove", str(food))


def test_disagreements_are_listed_with_the_words_that_weighed_most(
    app: App, terminal: Terminal, tmp_path: Path
) -> None:
    pytest.importorskip("sklearn", reason="the extra learn is not installed")
    places = ("north", "south", "east", "west", "coast", "forest")
    calls = [{"id": f"b{place}", "title": f"Bakeries of the {place}", "grades": {"food": 2}} for place in places]
    calls += [{"id": f"r{place}", "title": f"Bridges in the {place}", "grades": {}} for place in places]
    file = judged_file(tmp_path, calls=calls)
    [bakery, _] = remember(app, "A bakery upstream", "Other bridges")
    [row] = terminal.rows("rules", "disagreements", "food", "--judged", file)
    assert (row["id"], row["is_tagged"], row["words"]) == (bakery, False, ["bakery"])
    assert 0.5 < float(row["certainty"]) < 1
    told = terminal.run("rules", "disagreements", "--judged", file)
    assert "not learned, as too few calls are judged: circular" in told


def test_without_the_extra_the_command_says_what_to_install(terminal: Terminal, tmp_path: Path) -> None:
    calls = [{"id": str(n), "title": "Bakeries", "grades": {"food": 2 * (n % 2)}} for n in range(8)]
    hidden = "import sys; sys.modules['sklearn'] = None; from jobs.cli import main; main()"
    words = ("--config", str(terminal.config), "rules", "disagreements", "--judged", judged_file(tmp_path, calls=calls))
    environment = os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-c", hidden, *words], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert 'the extra learn, which is not installed here; pip install "karkivahti[learn]" installs it' in done.stderr
