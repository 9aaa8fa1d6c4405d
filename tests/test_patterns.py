"""Every compiled pattern of the program takes time that grows no faster than the text that it searches.

Texts are made from the pattern itself: what it repeats, repeated, and then something that does not fit.
"""

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from functools import cache
from itertools import permutations
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import db
import jobs
import tracker

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

FIRST = tuple(round(16 * 1.3**step) for step in range(11))  # 16 to 220 characters, in steps that nothing outruns
LONG, LONGER = 4000, 8000
PATIENCE = 0.05  # seconds for any of the first texts
MEASURABLE = 0.002  # seconds: below, a long text is no trouble
SQUARE = 3.0  # times as long for twice the text: a line takes 2, a square 4
SAMPLES = {"category_digit": "7", "category_space": " ", "category_word": "a", "category_not_space": "a"}


def modules() -> Iterator[ModuleType]:
    for package in (db, tracker, jobs):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in info.name:
                yield importlib.import_module(info.name)


def patterns_in(value: Any, depth: int = 2) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, (dict, list, tuple, set, frozenset)):
        for inner in [*value.values(), *value] if isinstance(value, dict) else value:
            yield from patterns_in(inner, depth - 1)


def every_pattern() -> dict[str, re.Pattern[Any]]:
    found: dict[re.Pattern[Any], str] = {}
    for module in modules():
        for name, value in vars(module).items():
            for pattern in patterns_in(value):
                found.setdefault(pattern, f"{module.__name__}.{name}")
    return {f"{name}-{number}": pattern for number, (pattern, name) in enumerate(found.items())}


def samples(parsed: Any) -> Iterator[str]:
    """A text for each part of a parsed pattern (`re._parser`), inner parts first."""
    whole = ""
    for kind, held in parsed:
        inner = list(_inner(str(kind).lower(), held))
        yield from inner
        whole += inner[-1] if inner else ""
    if whole:
        yield whole


def _inner(kind: str, held: Any) -> Iterator[str]:
    if kind == "literal":
        yield chr(held)
    elif kind in ("any", "not_literal"):
        yield "a"
    elif kind == "in":
        yield from (_of_class(str(what).lower(), value) for what, value in held if str(what).lower() != "negate")
    elif kind in ("max_repeat", "min_repeat", "possessive_repeat"):
        yield from samples(held[2])
    elif kind == "subpattern":
        yield from samples(held[3])
    elif kind == "branch":
        for branch in held[1]:
            yield from samples(branch)
    elif kind == "atomic_group":
        yield from samples(held)


def _of_class(kind: str, value: Any) -> str:
    if kind == "range":
        return chr(value[0])
    return chr(value) if kind == "literal" else SAMPLES.get(str(value).lower(), "-")


@cache
def programs() -> dict[str, str]:
    """The text of every module, by its dotted name."""
    files = (file for floor in ("db", "tracker", "jobs") for file in (ROOT / floor).rglob("*.py"))
    return {".".join(file.relative_to(ROOT).with_suffix("").parts): file.read_text("utf-8") for file in files}


def methods_of(name: str) -> list[str]:
    """How the program uses a pattern (module.NAME-number), where it is defined and where it is imported."""
    module, _, constant = name.rpartition("-")[0].rpartition(".")
    used: set[str] = set()
    for path, text in programs().items():
        if path == module or module in text:
            used |= set(re.findall(rf"\b{constant}(?:\[\w+\])?\.(\w+)(?=[(,\s])", text))
    searches = {"search"} if used & {"search", "finditer", "findall", "sub", "split"} or not used else set()
    return sorted(searches | (used & {"match", "fullmatch"}))


def seconds(pattern: re.Pattern[Any], methods: list[str], text: Any) -> float:
    began = time.thread_time()
    for method in methods:
        getattr(pattern, method)(text)
    return time.thread_time() - began


def is_linear(pattern: re.Pattern[Any], methods: list[str], piece: str) -> bool:
    """Whether a text of pieces, and then something that does not fit, takes no more than its share of time."""

    def taken(length: int) -> float:
        text: Any = (piece * (length // len(piece) + 1))[:length] + "\x00"
        return seconds(pattern, methods, text.encode() if isinstance(pattern.pattern, bytes) else text)

    if any(taken(length) > PATIENCE for length in FIRST):
        return False
    if taken(LONG) < MEASURABLE:
        return True
    return min(min(taken(LONGER) for _ in range(3)) / min(taken(LONG) for _ in range(3)) for _ in range(2)) < SQUARE


PATTERNS = every_pattern()


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_takes_more_than_its_share_of_a_longer_text(name: str) -> None:
    pattern = PATTERNS[name]
    methods = methods_of(name)
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    parsed = re._parser.parse(written, pattern.flags & ~re.UNICODE & ~re.LOCALE)  # type: ignore[attr-defined]
    pieces = list(dict.fromkeys(piece for piece in samples(parsed) if 0 < len(piece) < 40))
    pairs = [first + second for first, second in permutations(pieces[:12], 2)]
    assert [piece for piece in [*pieces, *pairs] if not is_linear(pattern, methods, piece)] == []
