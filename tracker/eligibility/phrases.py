"""Phrases: how calls say who may apply, by language; read from `words.toml`, whose head explains them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tracker.eligibility.claims import ORGANISATIONS

FILE = Path(__file__).with_name("words.toml")
NAMED_BY = {  # words that name several kinds at once
    "companies": ("sme", "large_company"),
    "farmer": ("sme", "person"),
    "yhteiso": ("sme", "large_company", "ngo"),
    "non_profit": ("public", "ngo"),
    "any": tuple(kind.value for kind in ORGANISATIONS),
}
PATTERNS = (
    *("after", "before", "cascade_after", "cascade_before", "not_after", "not_before"),
    *("third", "among", "only", "open_list", "stop"),
)
_NEVER = r"(?!)"


@dataclass(frozen=True, eq=False)
class Phrases:
    """How one language says who may apply."""

    cues: tuple[str, ...]
    term_cues: tuple[str, ...]
    cascade_cues: tuple[str, ...]
    after: re.Pattern[str]
    before: re.Pattern[str]
    cascade_after: re.Pattern[str]
    cascade_before: re.Pattern[str]
    not_after: re.Pattern[str]
    not_before: re.Pattern[str]
    third: re.Pattern[str]
    among: re.Pattern[str]
    only: re.Pattern[str]
    open_list: re.Pattern[str]
    stop: re.Pattern[str]
    kinds: Mapping[str, re.Pattern[str]]
    to_whom: re.Pattern[str] | None
    not_these: re.Pattern[str] | None
    persons_in_title: re.Pattern[str] | None

    def named(self, clause: str) -> dict[str, str]:
        """The kinds of applicant that a clause names, each with the word (`companies` names two)."""
        words = [word for word, pattern in self.kinds.items() if self._names(pattern, clause)]
        if "non_profit" in words:
            words = [word for word in words if word not in ("yhteiso", "any")]
        found: dict[str, str] = {}
        for word in words:
            for kind in NAMED_BY.get(word, (word,)):
                found.setdefault(kind, word)
        return found

    def _names(self, pattern: re.Pattern[str], clause: str) -> bool:
        if self.not_these is None:
            return pattern.search(clause) is not None
        return any(not self.not_these.search(_whole_word(match)) for match in pattern.finditer(clause))


@cache
def phrases_of(language: str) -> Phrases:
    """The phrases of a language; those of English where there are none."""
    given = phrase_data()
    said = given.get(language, given["en"])
    return Phrases(
        cues=tuple(said["cues"]),
        term_cues=tuple(said["term_cues"]),
        cascade_cues=tuple(said["cascade_cues"]),
        kinds={name: re.compile(pattern) for name, pattern in said["kinds"].items()},
        to_whom=_maybe(said.get("to_whom")),
        not_these=_maybe(said.get("not_these")),
        persons_in_title=_maybe(said.get("persons_in_title")),
        **{name: _compiled(said[name]) for name in PATTERNS},
    )


@cache
def phrase_data() -> Mapping[str, Mapping[str, Any]]:
    """The whole file."""
    return tomllib.loads(FILE.read_text("utf-8"))


def _compiled(given: str | list[str]) -> re.Pattern[str]:
    return re.compile(given if isinstance(given, str) else "|".join(given) or _NEVER)


def _maybe(given: str | None) -> re.Pattern[str] | None:
    return re.compile(given) if given else None


def _whole_word(match: re.Match[str]) -> str:
    rest = re.compile(r"\w*").match(match.string, match.end())
    return match[0] + (rest[0] if rest else "")
