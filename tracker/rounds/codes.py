"""Codes: what a call's official identifier says of its rounds: its year, and what stays the same in every year.

The names that changed are data, `codes.toml`, whose head explains a row.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from tracker.strict import Strict

SHIPPED = Path(__file__).with_name("codes.toml")
STAGES = re.compile(r"-(?:TWO|SINGLE)-STAGE\b")
YEARS = re.compile(r"(?<!\d)(20\d\d)(?:-20\d\d)*(?!\d)")  # 2026; 2018-2020 counts as its first
NUMBER = re.compile(r"\d+")
LONGEST = 200  # of an identifier
NUMBERED_PROGRAMME = "HORIZON-"


class Naming(StrEnum):
    """How much it means that two identifiers are equal but for their years (as judged by eye on 233 real pairs)."""

    NAMED = "named"  # it names the call in words: 104 of 104 were rounds of one call
    DOUBTFUL = "doubtful"  # by a number that may be another topic's next year, or by a name that is used again
    NUMBERED = "numbered"  # a numbered Horizon topic: one in five, so that it means nothing


@dataclass(frozen=True, slots=True)
class CallCode:
    """An identifier, read: LIFE-2026-CET-OSS is `LIFE-*-CET-OSS`, of 2026, a part of LIFE.

    `stem` is that of all its rounds; `own` is what it is by itself, where one call became several.
    """

    stem: str
    own: str
    year: int
    part: str  # what stands before its first number: HORIZON-CL6
    naming: Naming


class CodeRow(Strict):
    """One row of the table: what identifiers began with, and as what that is read."""

    was: str
    now: str
    how: Literal["renamed", "split", "follow-on"]
    source: str
    seen_on: date

    def is_of(self, stem: str) -> bool:
        """Whether a stem begins with the words of this row."""
        return stem == self.was or stem.startswith(f"{self.was}-")


class _CodeFile(Strict):
    row: tuple[CodeRow, ...]


@cache
def code_rows() -> tuple[CodeRow, ...]:
    """The table of names that changed."""
    return _CodeFile.model_validate(tomllib.loads(SHIPPED.read_text("utf-8"))).row


@lru_cache(maxsize=50_000)  # every page of a call reads those of its part
def read_code(identifier: str | None) -> CallCode | None:
    """Read an identifier; None if it has no year, so that nothing can be said of its rounds."""
    text = STAGES.sub("", "".join((identifier or "")[:LONGEST].upper().split()))
    found = YEARS.search(text)
    if found is None:
        return None
    stem = text[: found.start()] + "*" + text[found.end() :]
    row = next((row for row in code_rows() if row.is_of(stem)), None)
    common = row.now + stem[len(row.was) :] if row else stem
    own = stem if row and row.how == "split" else common
    naming = Naming.DOUBTFUL if row and row.how == "follow-on" else _naming(common)
    return CallCode(common, own, int(found[1]), programme_part(common), naming)


def programme_part(stem: str) -> str:
    """The words before the year or the first number: HORIZON-CL6-*-CIRCBIO-01 is of HORIZON-CL6."""
    words: list[str] = []
    for word in stem.split("-"):
        if word == "*" or NUMBER.fullmatch(word):
            break
        words.append(word)
    return "-".join(words)


def beginnings(part: str) -> tuple[str, ...]:
    """With what the identifiers of a part begin, under its earlier names too."""
    earlier = (programme_part(row.was) for row in code_rows() if programme_part(row.now) == part)
    return tuple(dict.fromkeys((part, *earlier)))


def _naming(stem: str) -> Naming:
    words = stem.split("-")
    numbers = [place for place, word in enumerate(words) if NUMBER.fullmatch(word)]
    is_horizon = stem.startswith(NUMBERED_PROGRAMME)
    if is_horizon and any(len(words[place]) > 1 for place in numbers):
        return Naming.NUMBERED
    # The small and the medium grant of one call are its -1 and its -2; any other number counts topics.
    is_size = not is_horizon and numbers == [len(words) - 1] and len(words[-1]) == 1
    return Naming.DOUBTFUL if numbers and not is_size else Naming.NAMED
