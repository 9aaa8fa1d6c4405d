"""Lately: what somebody would have been told of lately who follows this, before they sign up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from db.call_lists import NOW, CallFilter, ListQueries
from db.calls import Call, CallStatus
from db.runs import first_believed_at
from db.subscribers import LISTS, Wants
from jobs.base.app import App
from jobs.publishing.listing import list_queries, list_rows, news_from

WEEK, MONTH = 7, 30  # days
MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Lately:
    """New calls that fit an interest: how many in a week and in a month, and the first few of the week, or else month.

    `choice` is the filter of those that are shown.
    """

    in_week: int
    in_month: int
    shown: tuple[Call, ...]
    choice: CallFilter


def lately_told(app: App, wants: Wants) -> Lately:
    """The new calls of late that fit a checked interest."""
    asked = filter_of(wants)
    of_week, of_month = replace(asked, new=WEEK), replace(asked, new=MONTH)
    with app.db.read() as session:
        week, month = list_queries(session, app, of_week), list_queries(session, app, of_month)
        in_week, in_month = week.count(), month.count()
        first = (week if in_week else month).page(MOST_SHOWN)
        shown = list_rows(session, [place.id for place in first])
    return Lately(in_week, in_month, tuple(row.call for row in shown), of_week if in_week else of_month)


@dataclass(frozen=True, slots=True)
class NewsRate:
    """How many new calls of a month fit a filter, and how many that is in a week of those that were watched."""

    in_month: int
    a_week: int


def news_rate(session: Session, app: App, asked: CallFilter, listed: ListQueries | None = None) -> NewsRate:
    """How often a filter has new calls. Before its sources' first reading nothing could be new.

    `listed` are the queries of a list of the same calls, which then need not be looked for again.
    """
    if listed:
        in_month = listed.count_new(news_from(app, MONTH))
    else:
        in_month = list_queries(session, app, replace(asked, new=MONTH)).count()
    return NewsRate(in_month, round(in_month * WEEK / _days_watched(session, app, asked.sources)))


def _days_watched(session: Session, app: App, keys: Sequence[str]) -> int:
    """For how many days of a month these sources (none: all) have been read; a week at least."""
    first = first_believed_at(session, keys)
    return max(WEEK, min(MONTH, (app.clock() - first).days)) if first else MONTH


def filter_of(wants: Wants) -> CallFilter:
    """The list of what an interest asks for."""
    return CallFilter(
        **{name: getattr(wants, name) for name in LISTS},
        query=wants.query or "",
        money_min=wants.money_min,
        money_max=wants.money_max,
        statuses=NOW if wants.forthcoming else (CallStatus.OPEN,),
    )
