"""Calls on which a model of what was judged and pinned differs from the rules."""

import json
from pathlib import Path

import pytest

from db import calls, strategies
from db.calls import CallStatus
from jobs.base.app import App
from jobs.rulebook import gold
from jobs.rulebook.disagreements import Disputed, disputed_calls
from tests.jobs.rulebook.archive import ME, pin, remember
from tests.support.refused import refused
from tracker.errors import NotFound, Refusal

pytest.importorskip("sklearn", reason="the extra learn is not installed")
PLACES = ("north", "south", "east", "west", "coast", "forest")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Six calls judged food, which no rule finds, and six of bridges and six of roads, judged nothing."""
    lines = [{"id": f"b{place}", "title": f"Bakeries of the {place}", "grades": {"food": 2}} for place in PLACES]
    for thing in ("Bridges", "Roads"):
        lines += [{"id": f"{thing} {place}", "title": f"{thing} in the {place}", "grades": {}} for place in PLACES]
    written = tmp_path / "judged.jsonl"
    written.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    return written


def disputed(app: App, *files: Path, spearhead: str = "food") -> Disputed:
    with app.db.read() as session:
        return disputed_calls(session, app.compiled, spearhead, files)


def ids(app: App, *files: Path) -> list[int | None]:
    return [one.call.id for one in disputed(app, *files).calls]


@pytest.mark.both_kinds
def test_calls_of_the_archive_are_learned_of_from_a_file_and_never_tagged(app: App, file: Path) -> None:
    bakery, bridge, right = remember(app, "A bakery upstream", "Food over bridges", "Food from bakeries")
    found = {one.call.id: one.disagreement for one in disputed(app, file).calls}
    assert {key: (one.is_tagged, one.words[0]) for key, one in found.items()} == {
        bakery: (False, "bakery"),
        bridge: (True, "bridges"),
    }
    with app.db.read() as session:
        assert strategies.tagged_calls(session, "food") == {bridge, right}


def test_calls_that_are_over_are_not_looked_at(app: App, file: Path) -> None:
    remember(app, "A bakery upstream", status=CallStatus.CLOSED)
    assert ids(app, file) == []


@pytest.mark.parametrize("how", ["pinned", "judged", "in the file"])
def test_what_somebody_decided_is_not_asked_again(app: App, file: Path, how: str) -> None:
    bakery, other = remember(app, "A bakery upstream", "Bakery on a hill")
    assert bakery in ids(app, file)
    if how == "pinned":
        pin(app, bakery, False)
    elif how == "judged":
        with app.db.read() as session:
            call = calls.calls_by_id(session, [bakery])[bakery]
        gold.judge_call(app, call, {"food": 1}, ME)
    else:
        with file.open("a") as more:
            more.write("\n" + json.dumps({"id": "A bakery upstream", "title": "A bakery upstream", "grades": {}}))
    assert bakery not in ids(app, file)
    assert other in ids(app, file)


def test_pins_and_judgements_are_learned_from(app: App) -> None:
    known = remember(app, *(f"Bakeries of the {place}" for place in PLACES))
    others = remember(app, *(f"Bridges in the {place}" for place in PLACES))
    [new] = remember(app, "A bakery upstream")
    with refused(Refusal, "too little is judged"):
        disputed(app)
    for call in known[:3]:
        pin(app, call, True)
    with app.db.read() as session:
        rows = calls.calls_by_id(session, [*known, *others])
    for call in known[3:]:
        gold.judge_call(app, rows[call], {"food": 2}, ME)
    for call in others:
        gold.judge_call(app, rows[call], {}, ME)
    assert ids(app) == [new]


def test_spearheads_that_cannot_be_learned_are_named(app: App, file: Path) -> None:
    remember(app, "A bakery upstream")
    assert disputed(app, file, spearhead="").unlearned == ("circular",)
    with pytest.raises(NotFound):
        disputed(app, file, spearhead="beer")
