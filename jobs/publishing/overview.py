"""An overview for the desk: what came in of late by spearhead and week, and the deadlines ahead."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from db.call_lists import CallFilter
from db.event_log import new_of_spearheads
from jobs.base.app import App
from jobs.publishing.listing import list_queries

WEEKS, DAYS = 8, 7


@dataclass(frozen=True, slots=True)
class DeskOverview:
    """The Mondays of the weeks, the last one this week's; by spearhead how many new calls each had; all deadlines."""

    weeks: tuple[date, ...]
    new: Mapping[str, tuple[int, ...]]
    deadlines: tuple[date, ...]


def desk_overview(session: Session, app: App) -> DeskOverview:
    """What came in during the last weeks, in the region's days, and the cut-offs of calls that are open or coming."""
    monday = app.today() - timedelta(days=app.today().weekday())
    weeks = tuple(monday - timedelta(days=DAYS * n) for n in reversed(range(WEEKS)))
    since = datetime.combine(weeks[0], time(), app.region.zone)
    found = new_of_spearheads(session, since)
    days = [(key, at.astimezone(app.region.zone).date()) for key, at in found]
    counts = Counter((key, (day - weeks[0]).days // DAYS) for key, day in days)
    new = {key: tuple(counts[key, week] for week in range(WEEKS)) for key in {key for key, _ in found}}
    return DeskOverview(weeks, new, tuple(list_queries(session, app, CallFilter()).deadlines_ahead()))


def most_of(new: Mapping[str, Sequence[int]]) -> int:
    """The fullest week of any spearhead; at least 1."""
    return max([1, *(count for counts in new.values() for count in counts)])
