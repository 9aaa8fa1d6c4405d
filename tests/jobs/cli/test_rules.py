"""The commands of an official's afternoon, as they are typed."""

from datetime import timedelta
from pathlib import Path

import pytest

from db import event_log
from jobs.base.app import App
from jobs.rulebook.tagging import retag_all
from tests.jobs.cli.terminal import Terminal
from tests.jobs.rulebook.archive import remember
from tests.jobs.world import add_calls
from tests.support.recorded_days import first_day
from tests.support.refused import refused
from tracker.calls.changes import brussels_day, status_of
from tracker.errors import InputFaults, Refusal, RuleError, TrackerError

WHY = ("--reason", "asked")
VERTICAL = ("--spearhead", "food", "--text", '"vertical farming" OR kerrosviljely', "--weight", "strong")


def test_an_officials_afternoon(app: App, terminal: Terminal) -> None:
    [farm] = remember(app, "Vertical farming in cities")
    [seen] = terminal.rows("rules", "preview", "food-vertical", *VERTICAL)
    [shift] = seen["shifts"]
    assert (shift["change"], shift["id"], shift["words"]) == ("+", farm, ["Vertical farming"])
    [saved] = terminal.rows("rules", "add", "food-vertical", *VERTICAL, "--reason", "growers asked")
    assert (saved["gained"], saved["saved"], saved["told"]) == (1, 1, 0)
    assert "kerrosviljely” missä tahansa muodossa" in terminal.run("rules", "show", "food-vertical", "--language", "fi")
    with refused(Refusal, "must match: kerrosviljelmä"):
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
        terminal.run("rules", "add", "x", "--spearhead", "food", "--text", '"a', "--reason", "r", "--language", "fi")


def test_exported_rules_come_back_unchanged(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "rules.jsonl"
    file.write_text(terminal.run("rules", "export"), "utf-8")
    [counts] = terminal.rows("rules", "import", str(file), "--reason", "back")
    assert counts == {"what": "rules.jsonl", "saved": 0}


def test_an_import_is_previewed_without_being_taken(app: App, terminal: Terminal, tmp_path: Path) -> None:
    remember(app, "Wine of the north", "Food for all")
    file = tmp_path / "rules.jsonl"
    told = terminal.run("rules", "export").replace("recycl*", "recycl* OR wine")
    file.write_text(told, "utf-8")
    [seen] = terminal.rows("rules", "import", str(file), "--preview")
    assert (seen["difference"], seen["by spearhead"]) == ("+1 −0 of 2 calls", "Kiertotalous +1 −0")
    assert "wine" not in terminal.run("rules", "export")


def test_an_import_is_tagged_at_once_and_announced_if_asked(app: App, terminal: Terminal, tmp_path: Path) -> None:
    wine, _ = remember(app, "Wine of the north", "Food for all")
    file = tmp_path / "rules.jsonl"
    file.write_text(terminal.run("rules", "export").replace("recycl*", "recycl* OR wine"), "utf-8")
    [told] = terminal.rows("rules", "import", str(file), "--reason", "wine", "--announce")
    assert (told["saved"], told["gained"], told["told"]) == (1, 1, 1)
    assert [one["spearheads"] for one in terminal.rows("calls", "show", str(wine))] == [["circular"]]
    terminal.run("rules", "examples", "add", "circular", "--must", "--title", "Wine", "--reason", "r")
    file.write_text(terminal.run("rules", "export").replace(" OR wine", ""), "utf-8")
    with refused(Refusal, r"nothing was taken: .*would break 1 example.*circular must match: Wine"):
        terminal.run("rules", "import", str(file), "--reason", "narrower")
    assert "wine" in terminal.run("rules", "export")


def test_a_mask_by_command(app: App, terminal: Terminal) -> None:
    [web] = remember(app, "The food web of lakes")
    text = ("--text", '"food web"')
    [seen] = terminal.rows("rules", "masks", "preview", "food-web", *text)
    assert [(one["change"], one["id"]) for one in seen["shifts"]] == [("-", web)]
    [saved] = terminal.rows("rules", "masks", "save", "food-web", *text, "--reason", "biology")
    assert (saved["lost"], saved["others"]) == (1, 1)
    terminal.run("rules", "masks", "save", "food-web", "--spearhead", "food", "--reason", "only food's")
    assert [one["spearhead"] for one in terminal.rows("rules", "masks", "list")] == ["food"]
    terminal.run("rules", "masks", "rollback", "food-web", "--reason", "everybody's")
    terminal.run("rules", "masks", "remove", "food-web", "--reason", "no")
    assert terminal.rows("rules", "masks", "list") == []
    reasons = [one["reason"] for one in terminal.rows("rules", "masks", "history", "food-web")]
    assert reasons == ["biology", "only food's", "everybody's", "no"]


def test_a_threshold_by_command(app: App, terminal: Terminal) -> None:
    remember(app, "Other", text="There is recycling.")
    [seen] = terminal.rows("rules", "thresholds", "preview", "circular", "8")
    assert seen["difference"] == "+0 −1 of 1 calls"
    terminal.run("rules", "thresholds", "save", "circular", "8", "--reason", "stricter")
    assert {one["key"]: one["threshold"] for one in terminal.rows("rules", "thresholds", "list")}["circular"] == 8
    terminal.run("rules", "thresholds", "rollback", "circular", "--reason", "too strict")
    assert [one["threshold"] for one in terminal.rows("rules", "thresholds", "history", "circular")] == [4, 8, 4]


def test_where_in_a_text_hits_count_in_full_by_command(app: App, terminal: Terminal) -> None:
    remember(app, "Other", text="Words. " * 300 + "There is recycling.")
    rate = ("--reason", "long texts")
    [seen] = terminal.rows("rules", "thresholds", "preview", "any", "--full-until", "1500")
    assert seen["difference"] == "+0 −1 of 1 calls"
    terminal.run("rules", "thresholds", "save", "any", "--full-until", "1500", *rate)
    assert {one["full_until"] for one in terminal.rows("rules", "thresholds", "list")} == {1500}
    assert not terminal.rows("calls", "list", "--spearhead", "circular")
    terminal.run("rules", "thresholds", "rollback", "circular", *rate)
    assert [one["full_until"] for one in terminal.rows("rules", "thresholds", "history", "circular")] == [
        None,
        1500,
        None,
    ]
    assert len(terminal.rows("calls", "list", "--spearhead", "circular")) == 1


def test_a_call_shows_where_its_words_stand(app: App, terminal: Terminal) -> None:
    [call] = remember(app, "Recycling of things", text="Words. " * 300 + "There is recycling.")
    terminal.run("rules", "thresholds", "save", "any", "--full-until", "1500", "--reason", "long texts")
    shown = " ".join(terminal.run("calls", "show", str(call)).split())
    assert "circular, 8 points: in the title: Recycling; further down: recycling" in shown


def test_a_mask_that_hides_sentences_by_command(app: App, terminal: Terminal) -> None:
    remember(app, "Other", text="Recycling is out of scope.")
    mask = ("out", "--text", '"out of scope"', "--hides", "sentence")
    [seen] = terminal.rows("rules", "masks", "preview", *mask)
    assert seen["difference"] == "+0 −1 of 1 calls"
    terminal.run("rules", "masks", "save", *mask, "--reason", "said so")
    [kept] = terminal.rows("rules", "masks", "history", "out")
    assert kept["hides"] == "sentence"


def test_examples_by_command(app: App, terminal: Terminal) -> None:
    [bridge] = remember(app, "Bridges of steel")
    add = ("rules", "examples", "add", "food", "--reason", "r")
    assert "do not keep it yet" in terminal.run(*add, "--must", "--call", str(bridge))
    assert "food (rule food-words) must match: food" in terminal.run(
        *add, "--must", "--text", "food", "--rule", "food-words"
    )
    rows = [one for one in terminal.rows("rules", "examples", "list", "--spearhead", "food") if not one["from_file"]]
    assert [(one["says"], one["kept"]) for one in rows] == [("Bridges of steel", False), ("food", True)]
    terminal.run("rules", "examples", "remove", str(rows[0]["id"]), "--reason", "no")
    with refused(Refusal, "circular-words.*food"):
        terminal.run(*add, "--must", "--text", "x", "--rule", "circular-words")
    terminal.run("pins", "add", str(bridge), "food", "--exclude", "--reason", "no", "--example")
    told = terminal.run("rules", "examples", "list", "--spearhead", "food")
    assert "no\tyes\tno\tBridges of steel" in told


def test_how_a_word_is_read_by_command(terminal: Terminal) -> None:
    [finnish, _, _] = terminal.rows("rules", "words", "kiertotaloushanke")
    assert (finnish["base"], "kiertotalous" in finnish["also"]) == ("kiertotaloushanke", True)


def test_the_reports_by_command(app: App, terminal: Terminal) -> None:
    remember(app, "Food for all", first_seen_at=app.clock() - timedelta(days=400))
    dead = terminal.rows("rules", "dead")
    assert [(one["key"], one["read"]) for one in dead] == [("circular-words", 0), ("food-words", 0)]
    for report in (["near-misses"], ["precision"], ["suggest", "food"]):
        assert terminal.rows("rules", *report) == []


def test_a_text_or_a_call_is_tried_by_command(app: App, terminal: Terminal) -> None:
    [call] = remember(app, "Food for all")
    for tried in ((str(call),), ("--title", "Food for all")):
        [row] = terminal.rows("rules", "try", *tried)
        assert (row["spearhead"], row["tagged"], row["words"], row["would_do"]) == ("food", True, ["Food"], [])
    assert terminal.rows("rules", "try", "--title", "Ships") == []
    with pytest.raises(AssertionError, match="name either"):
        terminal.run("rules", "try")


@pytest.mark.parametrize("command", [("tag",), ("rules", "import", "--preview")])
def test_a_file_that_is_no_text_is_told_of(terminal: Terminal, tmp_path: Path, command: tuple[str, ...]) -> None:
    file = tmp_path / "picture.jsonl"
    file.write_bytes(b"\x89PNG\xff")
    with pytest.raises(TrackerError, match="picture"):
        terminal.run(*command, str(file))


def test_an_empty_line_and_an_empty_reason_are_refused(terminal: Terminal) -> None:
    with pytest.raises(RuleError, match="sääntö on tyhjä"):
        terminal.run("rules", "add", "none", "--spearhead", "food", "--text", "", "--reason", "x", "--language", "fi")
    with pytest.raises(RuleError, match="lainausmerkki puuttuu"):
        terminal.run("rules", "masks", "save", "none", "--text", '"food', "--reason", "x", "--language", "fi")
    with refused(InputFaults, "reason: a reason is missing"):
        terminal.run("rules", "add", "vertical", *VERTICAL, "--reason", " ")
    assert not [row for row in terminal.rows("rules", "list") if row["key"] in ("none", "vertical")]


@pytest.mark.slow
def test_on_a_recorded_day_an_edit_is_silent_and_an_announcement_tells_just_its_open_calls(
    app: App, terminal: Terminal, shared: Path
) -> None:
    on = brussels_day(app.clock())
    add_calls(app.db, app.clock(), [(said, status_of(said, on)) for said in first_day(shared).facts.values()])
    retag_all(app)
    forest = ("--spearhead", "circular", "--text", "forest OR wood", "--weight", "strong", "--reason", "forests")
    [withheld] = terminal.rows("rules", "add", "forest", *forest)
    assert withheld["gained"] > 0
    assert withheld["told"] == 0
    terminal.run("rules", "remove", "forest", "--reason", "again")
    [told] = terminal.rows("rules", "edit", "forest", "--reason", "loud", "--announce")
    with app.db.read() as session:
        late = {call.id: call for _, call in event_log.events_after(session, 0)}
    assert len(late) == told["told"] > 0
    assert {call.status.value for call in late.values()} == {"open"}
    assert told["gained"] == withheld["gained"]


def test_a_list_that_is_empty_says_why_and_what_to_leave_out(app: App, terminal: Terminal) -> None:
    assert "no call is stored yet" in terminal.run("calls", "list")
    remember(app, "Food for all")
    assert "no call fits; without --spearhead: 1" in terminal.run("calls", "list", "--spearhead", "circular")
    assert "no call has the words kumquat" in terminal.run("calls", "search", "food", "kumquat")
    assert "no rule has told a reader" in terminal.run("rules", "precision")


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("calls", "list", "--spearhead", "foood"), "food"),
        (("calls", "list", "--source", "portall"), "portal"),
        (("export", "calls", "--source", "portall"), "portal"),
        (("rules", "list", "--spearhead", "foood"), "food"),
        (("rules", "examples", "list", "--spearhead", "cirkular"), "circular"),
        (("rules", "near-misses", "--spearhead", "foood"), "food"),
    ],
)
def test_a_filter_that_does_not_exist_is_refused_with_the_near_word(
    terminal: Terminal, words: tuple[str, ...], near: str
) -> None:
    with refused(TrackerError, f"did you mean {near}"):
        terminal.run(*words)


def test_a_preview_says_beforehand_what_a_save_would_answer(app: App, terminal: Terminal) -> None:
    remember(app, *(f"Bridges {number}" for number in range(120)))
    preview = ("rules", "preview", "bridges", "--spearhead", "food", "--text", "bridge")
    assert "would be refused: bridges is too common" in terminal.run(*preview)
    assert "a save\tpossible" in terminal.run(*preview[:-1], "kumquat")


def test_rules_without_calls_in_their_language_are_told_apart(app: App, terminal: Terminal) -> None:
    remember(app, "Bridges of steel")
    terminal.run(
        *("rules", "add", "farm-fi", "--spearhead", "food", "--text", "maatila", "--text-language", "fi"), *WHY
    )
    told = terminal.run("rules", "dead")
    assert [line.split("\t")[0] for line in told.splitlines()].count("farm-fi") == 0
    assert "is in their language: 1 rules (farm-fi)" in told
    assert {row["key"] for row in terminal.rows("rules", "dead")} >= {"farm-fi", "food-words"}


def test_an_example_of_the_region_file_says_that_it_comes_back(terminal: Terminal) -> None:
    of_file = next(row["id"] for row in terminal.rows("rules", "examples", "list") if row["from_file"])
    assert "whose next import brings it back" in terminal.run("rules", "examples", "remove", str(of_file), *WHY)


def test_a_text_in_finnish_is_an_example_beside_a_rule_of_all_languages(terminal: Terminal) -> None:
    text = ("--text", "kerrosviljely OR aquaculture", "--matches", "Kerrosviljelyn kehittäminen kunnissa")
    assert "is saved" in terminal.run("rules", "add", "vertical", "--spearhead", "food", *text, *WHY)


def test_a_readers_query_is_refused_where_a_rules_line_is(terminal: Terminal) -> None:
    with refused(RuleError, "food|feed"):
        terminal.run("rules", "add", "pipe", "--spearhead", "food", "--text", "food|feed", *WHY)
    with refused(InputFaults, "the query cannot be read"):
        terminal.run("subscribers", "add", "anna@reader.example", "--query", "food|feed")
