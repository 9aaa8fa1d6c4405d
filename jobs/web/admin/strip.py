"""A source's year as a strip: one cell a day, drawn as one path for each state, and counted by month for a table.

The states differ in height and place as well as in colour.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from jobs.collecting.days import DayState, SourceDay

CELL, HEIGHT = 2, 24  # of the drawing, which is stretched to the place that it has
PLACES = {  # the top of a cell, and its height
    DayState.READ: (6, 18),
    DayState.SAME: (16, 8),
    DayState.HELD: (0, 24),
    DayState.FAILED: (0, 10),
    DayState.NONE: (23, 1),
}


@dataclass(frozen=True, slots=True)
class Strip:
    """The drawing of a year: its width, a path for each state, the days by state, and these for each month."""

    width: int
    paths: tuple[tuple[str, str], ...]
    days: dict[str, int]
    months: tuple[tuple[date, dict[str, int]], ...]


def strip_of(days: Sequence[SourceDay]) -> Strip:
    """Draw and count the days of a source."""
    months = groupby(days, key=lambda day: day.on.replace(day=1))
    return Strip(
        width=CELL * len(days),
        paths=tuple((state.value, path) for state in DayState if (path := _path(days, state))),
        days=_counted(days),
        months=tuple((month, _counted(list(those))) for month, those in months),
    )


def _counted(days: Sequence[SourceDay]) -> dict[str, int]:
    found = Counter(day.state.value for day in days)
    return {state.value: found[state.value] for state in DayState}


def _path(days: Sequence[SourceDay], state: DayState) -> str:
    """The cells of one state; neighbours are one."""
    top, height = PLACES[state]
    drawn, place = [], 0
    for found, cells in groupby(days, key=lambda day: day.state):
        width = CELL * len(list(cells))
        if found is state:
            drawn.append(f"M{place} {top}h{width}v{height}h-{width}z")
        place += width
    return "".join(drawn)
