"""A source's year, day by day: whether it was read, brought anything new, or was not believed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session

from db.runs import ReadingEnd, Verdict, reading_ends
from jobs.base.app import App
from tracker.instants import in_zone

YEAR_DAYS = 365


class DayState(StrEnum):
    """What became of a source on one day. Of several readings, one that was believed counts, else what waits."""

    READ = "read"  # and something was new
    SAME = "same"  # read, and nothing was new
    HELD = "held"  # read, and not believed
    FAILED = "failed"
    NONE = "none"  # not read


class SourceDay(NamedTuple):
    """One day of a source: its state, and how often it was read."""

    on: date
    state: DayState
    readings: int


ENDS: Mapping[Verdict, DayState] = {  # of a reading that brought nothing new; the last of these counts
    Verdict.RUNNING: DayState.NONE,
    Verdict.DONE: DayState.NONE,
    Verdict.INTERRUPTED: DayState.FAILED,
    Verdict.FAILED: DayState.FAILED,
    Verdict.QUARANTINED: DayState.HELD,
    Verdict.ACCEPTED: DayState.SAME,
}
RANKS = [DayState.NONE, DayState.FAILED, DayState.HELD, DayState.SAME, DayState.READ]


def years_of_sources(session: Session, app: App, source: str = "") -> dict[str, list[SourceDay]]:
    """The last 365 days of one source, or of each that was read in them; today comes last."""
    first = app.today() - timedelta(days=YEAR_DAYS - 1)
    since = datetime.combine(first, time(), app.region.zone)
    by_source: dict[str, dict[date, list[DayState]]] = {}
    for end in reading_ends(session, since, source):
        on = in_zone(end.started_at, app.region.zone).date()
        by_source.setdefault(end.source, {}).setdefault(on, []).append(_state(end))
    return {key: _year(first, days) for key, days in by_source.items()} or {source: _year(first, {})}


def _state(end: ReadingEnd) -> DayState:
    state = ENDS[end.verdict]
    return DayState.READ if state is DayState.SAME and end.is_news else state


def _year(first: date, days: Mapping[date, Sequence[DayState]]) -> list[SourceDay]:
    dates = (first + timedelta(days=number) for number in range(YEAR_DAYS))
    return [SourceDay(on, _of_several(days.get(on, ())), len(days.get(on, ()))) for on in dates]


def _of_several(states: Iterable[DayState]) -> DayState:
    return max(states, key=RANKS.index, default=DayState.NONE)
