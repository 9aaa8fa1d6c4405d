"""The command line as its users run it: a process of its own for each command, its output and its exit codes."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from db.engine import Database, drift
from jobs.cli.options import hoisted
from jobs.opening import open_app
from tests.jobs.processes import Completed, run_tracker
from tests.support.databases import made_once, settle
from tracker import config
from tracker.demo.portal import demo_portal

pytestmark = pytest.mark.together("command line")
TRACKER = Path(sys.executable).with_name("tracker")
AT = "2026-06-09T04:00Z"
NOWHERE = {  # without the log, to see all else that goes to standard error
    "TRACKER_SOURCES__PORTAL__API_URL": "http://127.0.0.1:9",
    "TRACKER_FETCH__ATTEMPTS": "1",
    "TRACKER_LOG__LEVEL": "error",
}


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs the command in an empty folder, with its data there and no other configuration than what is given."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str) -> Completed:
        return run_tracker(arguments, self.folder, self.environment)

    @property
    def database(self) -> Path:
        return self.folder / "data" / "tracker.sqlite3"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def set_up(for_all_workers: Path) -> Path:
    """The data of a service after its first command."""

    def make(folder: Path) -> None:
        settle(open_app(config.given({"data": {"dir": folder}}), lambda: datetime.fromisoformat(AT)).db)

    return made_once(for_all_workers / "set-up", make)


@pytest.fixture
def opened(shell: Shell, set_up: Path) -> Shell:
    """A shell where some command came before; the first one takes a second or two."""
    shutil.copytree(set_up, shell.folder / "data")
    return shell


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A shell where the demo's portal was collected once; tests only read there."""
    with demo_portal() as portal:
        limits = {"FETCH__GAP_SECONDS": "0", "SOURCES__PORTAL__API_URL": portal.url, "SOURCES__PORTAL__LEAST": "10"}
        environment = {f"TRACKER_{name}": value for name, value in limits.items()}
        shell = Shell(tmp_path_factory.mktemp("used"), environment)
        done = shell("collect", "portal", "--now", AT)
        assert done.returncode == 0, done.stderr
    return shell


def test_the_installed_command_says_what_it_is_for() -> None:
    done = subprocess.run([TRACKER, "--help"], capture_output=True, text=True, check=True)
    assert "Watches EU programme calls for a region" in done.stdout


@pytest.mark.parametrize(
    "words",
    [("editions", "show"), ("editions", "drop", "--reason", "x"), ("feeds", "link")],
    ids=lambda words: words[0],
)
def test_a_number_that_no_row_can_have_is_refused(opened: Shell, words: tuple[str, ...]) -> None:
    assert opened(*words, str(2**70)).returncode == 2


def test_an_edition_that_has_nobody_to_go_to_says_so(opened: Shell) -> None:
    assert "nobody waits for one" in opened("digest", "welcome", "--now", AT).stderr
    assert "nobody is due" in opened("digest", "weekly", "--dry-run", "--now", AT).stderr


def test_a_command_that_does_not_exist_ends_with_2(shell: Shell) -> None:
    assert shell("collcet").returncode == 2


def test_every_fault_of_the_configuration_is_listed_and_ends_with_2(shell: Shell) -> None:
    (shell.folder / "config.toml").write_text('[mail]\nport = 0\n[log]\nlevel = "loud"\n[fetch]\nspeed = 1\n', "utf-8")
    done = shell("calls", "list")
    assert done.returncode == 2
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["fetch.speed", "mail.port", "log.level"]
    assert not shell.database.exists()


@pytest.mark.parametrize("command", ["collect", "backfill", "reparse", "sources health"])
def test_an_unknown_source_is_named_with_those_there_are(opened: Shell, command: str) -> None:
    done = opened(*command.split(), "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("there is no source nowhere; there are ")


def test_a_source_that_is_named_twice_is_read_once(opened: Shell) -> None:
    assert Shell(opened.folder, NOWHERE)("collect", "portal", "portal").stderr == "not believed: portal\n"


def test_a_time_without_a_zone_is_refused(shell: Shell) -> None:
    done = shell("calls", "list", "--now", "2026-04-21T06:00")
    assert done.returncode == 2
    assert "has no zone" in done.stderr


@pytest.mark.parametrize("at", ["9999-12-31T23:59Z", "0001-01-01T00:00+14:00", "1999-12-31T23:59Z"])
def test_a_time_at_which_no_service_runs_is_refused(shell: Shell, at: str) -> None:
    done = shell("digest", "weekly", "--now", at)
    assert (done.returncode, "is no year from" in done.stderr) == (2, True)


def test_a_source_that_cannot_be_read_ends_with_1_and_its_run_says_why(opened: Shell) -> None:
    offline = Shell(opened.folder, NOWHERE)
    done = offline("collect", "portal")
    assert (done.returncode, done.stderr) == (1, "not believed: portal\n")
    [run] = map(json.loads, offline("runs", "list", "--json").stdout.splitlines())
    assert (run["verdict"], run["reasons"][0]["name"]) == ("failed", "unreachable")


def test_a_period_that_is_none_ends_with_1_and_a_sentence(opened: Shell) -> None:
    done = opened("digest", "weekly", "--period", "2026-48")
    assert (done.returncode, done.stderr) == (1, "'2026-48' is not a weekly period; write it like 2026-W48\n")


def test_lists_in_json_are_one_object_a_line_and_whole(used: Shell) -> None:
    rows = [json.loads(line) for line in used("calls", "list", "--json").stdout.splitlines()]
    assert len(rows) == 58
    assert {"source", "key", "identifier", "title", "status", "deadlines", "spearheads"} <= rows[0].keys()


def test_lists_in_a_pipe_are_tab_separated(used: Shell) -> None:
    lines = used("calls", "list", "--limit", "3").stdout.splitlines()
    assert [line.count("\t") for line in lines] == [6, 6, 6, 6]
    assert lines[0].split("\t")[0] == "id"


def test_options_of_every_command_may_stand_before_or_after_it(used: Shell) -> None:
    before, after = used("--json", "runs", "list"), used("runs", "list", "--json")
    assert before.stdout == after.stdout != ""


@pytest.mark.parametrize(
    ("given", "front"),
    [
        (["calls", "list", "--json"], ["--json", "calls", "list"]),
        (["collect", "--now", AT, "portal", "-v"], ["--now", AT, "-v", "collect", "portal"]),
        (["--config=x.toml", "serve"], ["--config=x.toml", "serve"]),
        (["serve", "--config=x.toml"], ["--config=x.toml", "serve"]),
        (["calls", "search", "--", "--json"], ["calls", "search", "--", "--json"]),
        (["serve", "--config"], ["--config", "serve"]),
    ],
)
def test_options_of_every_command_are_moved_to_the_front(given: list[str], front: list[str]) -> None:
    assert hoisted(given) == front


def test_a_call_is_found_by_an_inflected_word(used: Shell) -> None:
    found = used("calls", "search", "packagings", "--json").stdout.splitlines()
    assert "Films and coatings for circular packaging" in {json.loads(line)["title"] for line in found}


def test_calls_are_tagged_from_a_file_without_a_database_one_line_each(shell: Shell) -> None:
    lines = [
        {
            "id": "a",
            "title": "Circular economy of textiles",
            "abstract": "Recycling of textiles in a circular economy.",
        },
        {"id": "b", "title": "Quantum computing"},
    ]
    file = shell.folder / "calls.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    done = shell("tag", str(file))
    a, b = map(json.loads, done.stdout.splitlines())
    assert (a["id"], b["id"], b["tags"], set(a)) == ("a", "b", {}, {"id", "tags", "evidence"})
    assert a["tags"].keys() == a["evidence"].keys() >= {"circular"}
    assert not (shell.folder / "data").exists()


def test_a_line_that_is_no_call_is_named_by_its_place(shell: Shell) -> None:
    (shell.folder / "calls.jsonl").write_text('{"id": "a", "title": "x"}\n[]\n', encoding="utf-8")
    done = shell("tag", "calls.jsonl")
    assert (done.returncode, done.stderr.partition(": ")[0]) == (1, "calls.jsonl:2")


def test_exported_rules_come_back_without_any_change(used: Shell, tmp_path: Path) -> None:
    rules = used("rules", "export").stdout
    (tmp_path / "rules.jsonl").write_text(rules, encoding="utf-8")
    own = Shell(tmp_path)
    done = own("rules", "import", str(tmp_path / "rules.jsonl"), "--reason", "round trip", "--json")
    assert json.loads(done.stdout) == {"what": "rules.jsonl", "saved": 0}
    assert own("rules", "export").stdout == rules


def test_rules_are_taken_all_or_none(opened: Shell) -> None:
    good = {"key": "test-good", "spearhead": "food", "text": "cloudberry", "weight": 4}
    bad = good | {"key": "test-bad", "text": "cloudberry AND ("}
    (opened.folder / "rules.jsonl").write_text(f"{json.dumps(good)}\n{json.dumps(bad)}\n", encoding="utf-8")
    done = opened("rules", "import", "rules.jsonl", "--reason", "test")
    assert (done.returncode, "nothing was taken" in done.stderr) == (1, True)
    assert "cloudberry" not in opened("rules", "export").stdout


def test_a_mailbox_is_added_once(opened: Shell) -> None:
    first = opened("subscribers", "add", "Anna@Lahti.Example.org", "--spearhead", "food")
    again = opened("subscribers", "add", "anna@lahti.example.org", "--spearhead", "circular")
    assert (first.returncode, again.returncode) == (0, 1)
    assert again.stderr == "anna@lahti.example.org is already subscribed; tracker subscribers list shows it\n"


def test_an_interest_in_an_unknown_spearhead_is_refused(opened: Shell) -> None:
    done = opened("subscribers", "add", "anna@lahti.example.org", "--spearhead", "skiing")
    assert (done.returncode, done.stderr.startswith("spearheads: there is no spearhead skiing; there are ")) == (
        2,
        True,
    )


def test_another_schema_is_refused_and_the_command_that_mends_it_named(shell: Shell) -> None:
    assert shell("db", "upgrade").returncode == 0
    with Database(f"sqlite:///{shell.database}").engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    done = shell("calls", "list")
    assert done.returncode == 1
    assert "save a copy with tracker db backup FILE, then run: tracker db upgrade" in done.stderr


def test_a_torn_database_is_one_line_whoever_looks_at_it(shell: Shell) -> None:
    shell("db", "upgrade")
    for log in shell.database.parent.glob("tracker.sqlite3-*"):
        log.unlink()
    shell.database.write_bytes(b"no database at all" * 100)
    for words in (["calls", "list"], ["db", "backup", "copy.sqlite3"], ["db", "check"]):
        done = shell(*words)
        assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
        assert done.stderr.startswith("the database cannot be used: ")
    assert not list(shell.folder.glob("copy.*"))


def test_a_schema_is_set_up_checked_and_backed_up(shell: Shell) -> None:
    assert shell("db", "upgrade").stdout.startswith("schema 0")
    assert shell("db", "check").stdout == "the schema is as it should be\n"
    assert shell("db", "backup", "copy.sqlite3").returncode == 0
    again = shell("db", "backup", "copy.sqlite3")
    assert (again.returncode, again.stderr) == (1, "copy.sqlite3 exists; name a new file\n")
    copy = Database(f"sqlite:///{shell.folder / 'copy.sqlite3'}")
    assert drift(copy) == []
    copy.dispose()


def test_a_dry_run_leaves_mails_as_files_and_no_edition(used: Shell, tmp_path: Path) -> None:
    out = tmp_path / "dry"
    done = used("digest", "weekly", "--dry-run", "--out", str(out), "--now", AT)
    assert (done.returncode, out.is_dir()) == (0, True)
    assert used("deliveries", "list", "--json").stdout == ""


@pytest.mark.parametrize("is_verbose", [False, True])
def test_a_command_says_what_it_did_and_logs_it_only_if_asked(opened: Shell, is_verbose: bool) -> None:
    given = ("--spearhead", "food", "--text", "xylitol", "--reason", "a test")
    done = opened("rules", "add", "sweet", *given, *(["-v"] if is_verbose else []))
    assert (done.returncode, "sweet is saved" in done.stdout, "rule saved" in done.stderr) == (0, True, is_verbose)
