"""Seasons: families of calls that should be seen now, because they opened in the same weeks of earlier years.

A stalled index keeps all its calls, and its counts look normal: only the calls that should have come are missing.
Pure. Does not judge what is missing (`tracker.readings.health`).
"""

import re
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import NamedTuple

YEARS = (1, 2)  # back; the second counts if our records reach that far
A_YEAR = timedelta(weeks=52)  # the same weekday of the same week
SAME_WEEKS = timedelta(weeks=2)  # before and after this day
LATE = timedelta(weeks=8)  # a family has come if it opened as early as that this year, or will open
UP_TO_ITS_YEAR = re.compile(r"(.+?)[-_/ ](?:19|20)\d\d(?!\d)")


class Opening(NamedTuple):
    """A call and the day on which it opened or will open; `key` is its source's own."""

    key: str
    identifier: str | None
    programme: str | None
    opens_on: date

    @property
    def family(self) -> str | None:
        """The identifier up to its year (HORIZON-CL6 of HORIZON-CL6-2026-01-…), else the programme."""
        named = UP_TO_ITS_YEAR.match(self.identifier or "")
        return named[1].upper() if named else self.programme


def windows(on: date) -> list[tuple[date, date]]:
    """Return the periods whose openings matter, ends included: these weeks of earlier years, then all since LATE."""
    earlier = [(on - years * A_YEAR - SAME_WEEKS, on - years * A_YEAR + SAME_WEEKS) for years in YEARS]
    return [*earlier, (on - LATE, date.max)]


def due_families(openings: Iterable[Opening], on: date) -> frozenset[str]:
    """Return the families that opened in the same weeks of every recorded earlier year."""
    *earlier, _ = windows(on)
    by_year: list[set[str]] = [set() for _ in earlier]
    for opening in openings:
        for families, (first, last) in zip(by_year, earlier, strict=True):
            if opening.family and first <= opening.opens_on <= last:
                families.add(opening.family)
    recorded_years = [families for families in by_year if families]
    return frozenset.intersection(*map(frozenset, recorded_years)) if by_year[0] else frozenset()


def missing_families(
    openings: Collection[Opening], seen: Collection[str], on: date
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the families that are due, and those of which no call came; `seen` are the keys of this reading."""
    due = due_families(openings, on)
    came = {opening.family for opening in openings if opening.key in seen and opening.opens_on >= on - LATE}
    return due, due - came
