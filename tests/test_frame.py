"""The frame: who may touch the clock and the environment, what is declared, and what README and CI promise.

The floors themselves and the owners of libraries are contracts of import-linter, in pyproject.toml.
"""

import ast
import math
import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from db.types import LARGEST
from jobs.cli.options import FLAGS, hoisted
from tests.support.command_line import whole_command_line
from tests.support.places import ROOT

pytestmark = pytest.mark.together("frame")
COMMAND_LINE: Any = whole_command_line()
FLOORS = ("db", "tracker", "jobs")
CLOCKS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "localtime"),
    ("time", "gmtime"),
}
EXTRAS = {"requirements.txt": (), "requirements-dev.txt": ("learn",)}  # of the locks
LOCKS = tuple(EXTRAS)
GENERATED = "db/migrations/"  # by alembic's template
NOT_IMPORTED = {"lxml", "psycopg", "python-multipart", "tzdata"}  # named by a parser and a URL, forms, and data


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the three floors by its path from the root; parsed once, which takes a second."""
    files = [file for floor in FLOORS for file in sorted((ROOT / floor).rglob("*.py"))]
    return tuple((file.relative_to(ROOT).as_posix(), ast.parse(file.read_text("utf-8"))) for file in files)


def dotted(node: ast.AST) -> tuple[str, ...]:
    """`datetime.datetime.now` as its words; empty where it is no plain chain of names."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute) and (above := dotted(node.value)):
        return (*above, node.attr)
    return ()


def readers_of_the_clock() -> set[str]:
    return {
        path
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and dotted(node)[-2:] in CLOCKS
    }


def imported(tree: ast.Module) -> Iterator[str]:
    """The full names that a module imports from outside itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_clock_is_read_at_the_top_of_jobs_and_nowhere_else() -> None:
    assert readers_of_the_clock() == {"jobs/cli/invocation.py"}


def test_who_is_logged_in_is_asked_in_one_place() -> None:
    asking = {path for path, tree in modules() for name in imported(tree) if name.split(".")[0] == "getpass"}
    assert asking == {"jobs/cli/invocation.py"}


def test_the_command_line_asks_the_database_nothing_itself() -> None:
    asking = {
        f"{path}: session.{node.attr}"
        for path, tree in modules()
        if path.startswith("jobs/cli/")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and dotted(node)[:1] == ("session",)
    }
    assert asking == set()


def test_the_environment_is_read_by_the_configuration_alone() -> None:
    touched = {path for path, tree in modules() for name in imported(tree) if name.split(".")[0] == "os"}
    assert touched == {"tracker/config.py", "tracker/spoken_language.py"}


def test_sql_text_is_written_in_db_alone() -> None:
    written = {path for path, tree in modules() for name in imported(tree) if name == "sqlalchemy.text"}
    called = {path for path, tree in modules() for node in ast.walk(tree) if dotted(node) == ("sa", "text")}
    assert {path.split("/")[0] for path in written | called} == {"db"}


def test_every_module_says_what_it_is_for() -> None:
    assert [path for path, tree in modules() if tree.body and not ast.get_docstring(tree)] == []


SAME_IN_EVERY_MODULE = {
    "SOURCE",
    "Settings",
    "Entry",
    "pages",
    "rows",
    "facts",
    "lookup",
    "past_scans",
    "reader",
    "add_to",
}


def test_no_class_and_no_function_is_called_like_another() -> None:
    """But for what every source, every kind of source and every noun of the command line has."""
    named: dict[str, set[str]] = {}
    for path, tree in modules():
        for node in () if path.startswith(GENERATED) else tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name[0] != "_":
                named.setdefault(node.name, set()).add(path)
    twice = {name: paths for name, paths in named.items() if len(paths) > 1}
    assert {name: paths for name, paths in twice.items() if name not in SAME_IN_EVERY_MODULE} == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    long = {
        f"{path}:{node.name}"
        for path, tree in modules()
        if not path.startswith(GENERATED)  # a schema is as long as it is
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (node.end_lineno or 0) - node.lineno >= 50
    }
    assert long == set()


def test_what_the_program_reads_beside_its_modules_is_packed_with_it() -> None:
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    found = {file for floor, globs in packed.items() for glob in globs for file in (ROOT / floor).glob(glob)}
    there = {file for floor in FLOORS for file in (ROOT / floor).rglob("*.*") if file.suffix not in (".py", ".pyc")}
    left_out = {file.relative_to(ROOT).as_posix() for file in there - found}
    assert left_out == {"tracker/locales/babel.cfg"}  # tells pybabel where texts are


def declared(*extras: str) -> set[str]:
    """The distributions that pyproject.toml asks for when the program runs, with these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {re.split(r"[\[<>=!~ ]", line)[0].lower() for line in lines}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    whose = packages_distributions()
    names = {name.split(".")[0] for _, tree in modules() for name in imported(tree)}
    foreign = names - set(sys.stdlib_module_names) - set(FLOORS)
    used = {re.sub(r"[-_.]+", "-", whose[name][0].lower()) for name in foreign}
    assert used | NOT_IMPORTED == declared("learn")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_line_with_hashes_and_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:", line)] == []
    assert re.findall(r"https?:|file:|@|--(?:index|extra|find)", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_all_that_is_declared(lock: str) -> None:
    locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / lock).read_text("utf-8")))
    assert declared(*EXTRAS[lock]) - locked == set()


def test_both_locks_pin_the_same_versions() -> None:
    running, development = (dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text())) for lock in LOCKS)
    assert {name: version for name, version in running.items() if development.get(name, version) != version} == {}


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(text: str) -> set[str]:
    """Every `tracker …` that a document tells to run, in a block or in a line."""
    blocks = "\n".join(re.findall(r"(?ms)^```sh\n(.*?)^```", text))
    lines = re.findall(r"(?m)(?:^|&& )(?:\S*/)?tracker ([^#\n>]+)", blocks)
    inline = re.findall(r"`tracker ([^`]+)`", re.sub(r"(?ms)^```.*?^```", "", text))
    return {" ".join(command.split()) for command in (*lines, *inline)}


def unknown_words(command: str) -> list[str]:
    """The options and nouns of a command that the command line does not have."""
    words = hoisted(shlex.split(command))
    known = {option for parameter in COMMAND_LINE.params for option in parameter.opts}
    at: Any = COMMAND_LINE
    while words and words[0].startswith("-"):
        del words[: 1 if words[0] in FLAGS else 2]
    for word in words:
        if word.startswith("--"):
            known |= {option for parameter in at.params for option in (*parameter.opts, *parameter.secondary_opts)}
            if word not in known:
                return [word]
        elif hasattr(at, "commands"):
            if word not in at.commands:
                return [word]
            at = at.commands[word]
    return []


COMMANDS = sorted({command for document in documents() for command in commands(document.read_text("utf-8"))})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_the_documents_tell_is_one(command: str) -> None:
    assert unknown_words(command) == []


def test_the_documents_tell_of_every_command() -> None:
    assert set(COMMAND_LINE.commands) - {command.split()[0] for command in COMMANDS} == set()


def test_every_test_that_the_architecture_names_is_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs/architecture.md").read_text("utf-8")))
    there = {
        name for file in (ROOT / "tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())
    }
    assert named - there == set()


def test_every_place_that_a_document_links_to_is_there() -> None:
    links = {
        (document.parent / target).resolve()
        for document in documents()
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8"))
    }
    assert {link.relative_to(ROOT).as_posix() for link in links if not link.exists()} == set()


@pytest.mark.parametrize("name", ["first", "second"])
def test_ci_finds_the_two_commands_in_the_readme(name: str) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.search(rf"(?m)^<!-- {name} command -->\n```sh\n(.+\n)+```$", text)
    assert f"readme_command {name}" in (ROOT / ".ci/run").read_text("utf-8")


def test_the_recipes_are_all_there() -> None:
    recipes = re.findall(r"(?m)^([a-z]+)(?: [^\n:]*)?:", (ROOT / "justfile").read_text("utf-8"))
    assert {"fmt", "lint", "types", "test", "bench", "demo", "serve", "migration", "record"} - set(recipes) == set()


def test_the_operator_is_told_every_reason_for_which_a_reading_is_not_believed() -> None:
    text = (ROOT / "docs/operator.md").read_text("utf-8")
    reasons = set(
        re.findall(r'(?:name=)?"((?<=name=")[a-z_]+|[a-z]+_lost)"', (ROOT / "tracker/readings/health.py").read_text())
    )
    assert len(reasons) > 5
    assert [reason for reason in reasons if f"`{reason}`" not in text] == []


def whole_numbers(command: Any, path: str = "tracker") -> Iterator[tuple[str, float]]:
    """Every whole number that the command line takes, with the largest that it may be."""
    for parameter in command.params:
        typed = parameter.type_descriptor
        if "int" in str(typed.annotation):
            most = typed.parameter_info.max
            yield f"{path} {parameter.name}", math.inf if most is None else most
    for name, below in getattr(command, "commands", {}).items():
        yield from whole_numbers(below, f"{path} {name}")


OF_FORMS = {"money_min", "money_max", "lead_days"}  # the form has their bounds


def test_no_number_that_is_typed_is_larger_than_a_row_can_have() -> None:
    too_large = {name for name, most in whole_numbers(COMMAND_LINE) if most > LARGEST}
    assert {name for name in too_large if name.split()[-1] not in OF_FORMS} == set()
    assert too_large  # so they are found
