"""Queries: a rule's line as a tree of words, phrases and operators."""

from dataclasses import dataclass
from enum import StrEnum


class How(StrEnum):
    """How a word is compared with the words of a text."""

    INFLECTED = "inflected"
    EXACT = "exact"
    PREFIX = "prefix"


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    how: How = How.INFLECTED


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words next to each other; `joined` is a hyphenated word without its hyphen (codesign), which matches too."""

    words: tuple[Word, ...]
    joined: str | None = None


@dataclass(frozen=True, slots=True)
class Near:
    left: "Query"
    right: "Query"
    distance: int


@dataclass(frozen=True, slots=True)
class Glob:
    """A pattern for the whole identifier, where `*` stands for anything; case makes no difference."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Not:
    part: "Query"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Within:
    field: str
    part: "Query"


Query = Word | Phrase | Near | Glob | Not | And | Or | Within
