"""Hints of the command line: every noun has one, and every command that is named is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db.engine import OldSchema
from db.subscribers import Language
from jobs.cli.hints import OF_CODE, OF_NOUN, OF_OLD_SCHEMA, Hint, error_lines
from jobs.cli.wording import texts as texts_in
from tests.support.command_line import whole_command_line
from tests.support.places import ROOT
from tracker.errors import Code, Fault, FetchError, InputFaults, NotFound, Noun, Refusal, TrackerError, WrongState

HINTS = [*OF_NOUN.values(), *OF_CODE.values(), OF_OLD_SCHEMA]
COMMAND_LINE: Any = whole_command_line()


def options_below(command: Any) -> set[str]:
    """Every option of a command and of those under it."""
    own = {option for parameter in command.params for option in parameter.opts}
    return own.union(*(options_below(under) for under in getattr(command, "commands", {}).values()))


def is_there(command: str) -> bool:
    """Whether the command line has these nouns, or this option; what stands for a value is passed over."""
    parts = command.split()
    if parts[:2] == ["pip", "install"]:  # of an extra, which no command of ours can install
        return True
    if parts[0].startswith("--"):
        return parts[0] in options_below(COMMAND_LINE)
    at = COMMAND_LINE
    for word in parts[1:]:
        if not hasattr(at, "commands"):
            return True
        if word not in at.commands:
            return False
        at = at.commands[word]
    return not hasattr(at, "commands")


def texts(path: Path) -> Iterator[str]:
    """The strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_no_text_below_the_command_line_names_one_of_its_commands_or_options() -> None:
    spoken = re.compile(rf"\btracker ({'|'.join(COMMAND_LINE.commands)})\b|(?<![\w-])--[a-z]")
    files = [file for floor in ("db", "tracker", "jobs") for file in (ROOT / floor).rglob("*.py")]
    below = [file for file in files if not file.is_relative_to(ROOT / "jobs/cli")]
    found = {file.relative_to(ROOT).as_posix() for file in below for text in texts(file) if spoken.search(text)}
    # A configuration is named on the command line alone; a page of the docs, and a source to be reviewed, tell how they
    # are written and tried; a notice that is kept for an admin says what to type.
    notices = {"jobs/delivery/bans.py", "jobs/editions/left_out.py"}
    files_for_operators = {"jobs/collecting/sources_page.py", "jobs/collecting/source_drafts.py"}
    assert found == {"tracker/config.py", *files_for_operators, *notices}


def test_every_noun_has_its_hint() -> None:
    assert OF_NOUN.keys() == set(Noun)


@pytest.mark.parametrize("hint", HINTS)
def test_a_command_that_is_hinted_at_is_there(hint: Hint) -> None:
    assert is_there(hint.command)


def test_a_command_that_is_none_would_be_found() -> None:
    assert not any(map(is_there, ("tracker runs lists", "tracker runs", "--nonsense")))


@pytest.mark.parametrize("language", [language.value for language in Language if language is not Language.EN])
@pytest.mark.parametrize("hint", HINTS)
def test_a_hint_is_in_every_language(hint: Hint, language: str) -> None:
    assert texts_in(language).gettext(hint.sentence) != hint.sentence


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (NotFound(Noun.RUN, 7), "there is no run 7; tracker runs list shows them"),
        (NotFound(Noun.CALL, 7), "there is no call 7; tracker calls search finds them"),
        (NotFound(Noun.SPEARHEAD, "fod", ["food"]), "there is no spearhead fod; there are food; did you mean food?"),
        (WrongState(Noun.HOLD, 7, "released"), "hold 7 is released; tracker editions holds shows them"),
        (
            Refusal(Code.EDITION_WAITS, delivery=3, edition=1),
            "delivery 3 is of edition 1, which is held or stale; tracker editions release 1 lets it go",
        ),
        (Refusal(Code.RULES_CHANGED), "somebody else changed the rules meanwhile; look at them and try again"),
        (
            Refusal(Code.NOTHING_TAKEN, file="x.jsonl", why=NotFound(Noun.MASK, "web")),
            "x.jsonl: nothing was taken: there is no mask web; tracker rules masks list shows them",
        ),
        (
            Refusal(
                Code.NOTHING_TAKEN,
                file="x.jsonl",
                why=Refusal(Code.TOO_COMMON_WEAK, rule="bridge", hits=9, archive=10, percent=90),
            ),
            "x.jsonl: nothing was taken: bridge is too common: 9 of 10 calls (90%); "
            "narrow it with AND, title: or a phrase; --force saves it all the same",
        ),
        (FetchError("portal", "timeout", "60 s"), "portal: timeout: 60 s"),
        (
            OldSchema("sqlite:///x", "", "0005"),
            "the database sqlite:///x has schema –; this program needs 0005; "
            "save a copy with tracker db backup FILE, then run: tracker db upgrade",
        ),
    ],
)
def test_an_error_is_told_with_the_command_that_helps(error: TrackerError | OldSchema, line: str) -> None:
    assert error_lines(error, "en") == [line]


def test_each_fault_has_the_hint_of_its_own_code() -> None:
    known = Fault(Code.SUBSCRIBES_ALREADY, values={"address": "anna@lahti.example"}, line=3)
    assert error_lines(InputFaults(known, Fault(Code.EMPTY_INTEREST, line=4)), "fi") == [
        "rivi 3: anna@lahti.example on jo tilaaja; tracker subscribers list näyttää sen",
        "rivi 4: valitse ainakin yksi: kärki, ohjelma, lähde, hakutyyppi, kohderyhmä tai hakusana",
    ]
