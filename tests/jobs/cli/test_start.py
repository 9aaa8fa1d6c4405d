"""What a command imports before its first word, and what the first words are."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer.main

from jobs.cli import app
from jobs.cli.nouns import FIRST_WORDS
from tests.support.command_line import whole_command_line
from tests.support.places import ROOT

IMPORTED = "import sys; from jobs.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
OF_OTHERS = {  # what neither list has a use for
    "aiosmtpd",
    "alembic",
    "apscheduler",
    "bs4",
    "email_validator",
    "httpx",
    "icalendar",
    "jinja2",
    "simplemma",
    "tracker.sources.portal.search",
    "tracker.sources.ted",
}
HEAVY = {  # of each command, what it has no use for
    "--version": {"sqlalchemy", "pydantic", "tracker.config", "db.calls", "rich", "asyncio"},
    "--help": {"sqlalchemy", "pydantic", "tracker.config", "db.calls", "asyncio"},
    "calls list": OF_OTHERS | {"structlog"},
    "rules list": OF_OTHERS,
}


def modules_of(command: str, folder: Path) -> set[str]:
    """The modules that a process of this command has imported at its end."""
    arguments = [sys.executable, "-c", IMPORTED, *command.split()]
    environment = {"PYTHONPATH": str(ROOT), "TRACKER_DATA__DIR": str(folder)}
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=folder, env=environment)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("command", ["--version", "--help"])
def test_the_first_word_waits_for_no_library(command: str, tmp_path: Path) -> None:
    assert modules_of(command, tmp_path) & HEAVY[command] == set()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["calls list", "rules list"])
def test_a_list_imports_only_what_it_needs(command: str, tmp_path: Path, ruled: Path) -> None:
    shutil.copy(ruled, tmp_path)  # else the command would set the database up
    assert modules_of(command, tmp_path) & HEAVY[command] == set()


def test_the_version_is_the_projects() -> None:
    said = subprocess.run([Path(sys.executable).with_name("tracker"), "--version"], capture_output=True, text=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert (said.returncode, said.stdout) == (0, f"karkivahti {project['version']}\n")


def test_every_first_word_is_summed_up_as_its_own_help_begins() -> None:
    waiting, loaded = typer.main.get_command(app), whole_command_line()
    assert list(waiting.commands) == list(loaded.commands) == list(FIRST_WORDS)  # type: ignore[attr-defined]
    begins = {word: " ".join(loaded.commands[word].help.split("\n\n")[0].split()) for word in FIRST_WORDS}
    assert begins == {word: summary for word, (summary, _) in FIRST_WORDS.items()}


def test_whoever_opens_the_database_knows_every_table() -> None:
    """Alone in a process, as modules that a command does not need are not imported."""
    ask = "import db.engine, sqlmodel; print(*sqlmodel.SQLModel.metadata.tables)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=ROOT)
    named = [re.findall(r'__tablename__ = "(\w+)"', file.read_text("utf-8")) for file in (ROOT / "db").glob("*.py")]
    assert set(done.stdout.split()) >= {name for names in named for name in names}
