"""The glossary: the words of funding that readers stumble over, and where they stand in our own lines.

The terms are data, `glossary.toml`, whose head explains them. Publishers' texts are never marked.
"""

import re
import tomllib
from collections.abc import Collection, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tracker.strict import Strict

SHIPPED = Path(__file__).with_name("glossary.toml")


class Explained(NamedTuple):
    """A term in one language."""

    name: str
    text: str


class Term(Strict):
    """A term: how it stands in our lines, and its explanation in each language."""

    key: str
    words: tuple[str, ...]
    fi: Explained
    sv: Explained
    en: Explained

    def in_(self, language: str) -> Explained:
        """The term in a language; in English where it is not explained in that one."""
        explained: Explained = getattr(self, language, self.en)
        return explained


class _GlossaryFile(Strict):
    seen_on: date
    term: tuple[Term, ...]


class Piece(NamedTuple):
    """A piece of a line; `term` is the key of the term that it is, or empty."""

    text: str
    term: str = ""


@cache
def glossary() -> dict[str, Term]:
    """Every term, by its key."""
    terms = _GlossaryFile.model_validate(tomllib.loads(SHIPPED.read_text("utf-8"))).term
    return {term.key: term for term in terms}


def marked_terms(line: str, already: Collection[str] = ()) -> Iterator[Piece]:
    """A line in pieces, with the terms that stand in it, each once; not those that were marked `already`."""
    place, seen = 0, set(already)
    for match in _all_words().finditer(line):
        key = _key_of(match)
        if key in seen:
            continue
        seen.add(key)
        if match.start() > place:
            yield Piece(line[place : match.start()])
        yield Piece(match[0], key)
        place = match.end()
    if place < len(line):
        yield Piece(line[place:])


def _key_of(match: re.Match[str]) -> str:
    return list(glossary())[int((match.lastgroup or "_0")[1:])]


@cache
def _all_words() -> re.Pattern[str]:
    """All words of all terms, a group for each term; not within a word or an identifier (HORIZON-CL4-2026-IA-01)."""
    groups = [f"(?P<_{n}>{'|'.join(map(_pattern, term.words))})" for n, term in enumerate(glossary().values())]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(groups)})(?!\w|-\d|-[A-Z])")


def _pattern(word: str) -> str:
    pattern = re.escape(word).replace(r"\*", r"\w*")
    return pattern if word.isupper() else f"(?i:{pattern})"
