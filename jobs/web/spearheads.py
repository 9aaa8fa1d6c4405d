"""The spearheads: what each is, its calls that are open or coming, the deadlines ahead, and the year's rhythm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from fastapi import APIRouter, Request, Response

from db import strategies
from db.call_lists import CallFilter
from db.calls import CallStatus
from db.rounds import opening_days
from db.strategies import Level, Spearhead
from jobs.publishing.listing import SpearheadCount, ahead_of_spearheads, call_list, list_queries
from jobs.publishing.rounds import expected
from jobs.web import addresses
from jobs.web.calls import list_words
from jobs.web.list_address import ListAddress
from jobs.web.pages import app_of, language_of, show
from jobs.web.rhythm_view import first_day_of_picture, rhythm_view
from tracker import l10n
from tracker.emails.sanitise import safe_url
from tracker.errors import NotFound, Noun
from tracker.instants import days_later
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
MOST = 50  # calls of a page
MONTHS = 12  # of the picture of deadlines
A_YEAR = 365  # for which calls are expected
LEVELS = {Level.SPEARHEAD: "", Level.OWN: N_("Our own calls"), Level.EU: N_("EU missions and partnerships")}
NO_CALLS = SpearheadCount(0, 0, ())


@dataclass(frozen=True, slots=True)
class SpearheadView:
    """A spearhead in words, with how many of its calls are open and coming, and its next deadline."""

    key: str
    name: str
    description: str
    open: int
    coming: int
    next: str


@dataclass(frozen=True, slots=True)
class MonthAhead:
    """How many deadlines a month has; `share` of the fullest month, in whole per cent."""

    name: str
    short: str
    count: int
    share: int


@router.get(addresses.SPEARHEADS)
def get_spearheads(request: Request) -> Response:
    """List the spearheads, the region's own first and the EU's last."""
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        heads = strategies.all_spearheads(session)
        counted = ahead_of_spearheads(session, app)
    views = {level: [_view(one, counted, language) for one in heads if one.level is level] for level in LEVELS}
    t = l10n.catalogue(language)
    groups = [
        (t.gettext(name) if name else "", sorted(views[level], key=lambda view: view.name.casefold()))
        for level, name in LEVELS.items()
        if views[level]
    ]
    return show(request, "spearheads.html", groups=groups)


@router.get(addresses.SPEARHEAD)
def get_spearhead(request: Request, key: str) -> Response:
    """Show one spearhead."""
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        heads = {one.key: one for one in strategies.all_spearheads(session)}
        if key not in heads:
            raise NotFound(Noun.SPEARHEAD, key, tuple(heads))
        counted = ahead_of_spearheads(session, app)
        made = call_list(session, app, list_queries(session, app, CallFilter(spearheads=(key,))), MOST)
        words = list_words(session, app, language)
        opened = opening_days(session, key, first_day_of_picture(words.on))
        coming = expected(session, app, spearheads=(key,), within=A_YEAR)
    days = counted.get(key, NO_CALLS).deadlines
    return show(
        request,
        "spearhead.html",
        head=_view(heads[key], counted, language),
        links=[url for url in map(safe_url, heads[key].links) if url],
        months=months_of(days, words.on, language),
        rhythm=rhythm_view(opened, coming, words.on, language),
        total=made.total,
        rows=[words.row(row) for row in made.rows],
        query=ListAddress(CallFilter(spearheads=(key,))).query(),
        past=ListAddress(CallFilter(spearheads=(key,), statuses=(CallStatus.CLOSED,))).query(),
    )


def _view(head: Spearhead, counted: Mapping[str, SpearheadCount], language: str) -> SpearheadView:
    count = counted.get(head.key, NO_CALLS)
    return SpearheadView(
        key=head.key,
        name=head.name_in(language),
        description=dict(head.descriptions).get(language, ""),
        open=count.open,
        coming=count.coming,
        next=l10n.bare_day(count.deadlines[0], language) if count.deadlines else "",
    )


def months_of(deadlines: Iterable[date], on: date, language: str) -> Sequence[MonthAhead]:
    """The months from this day on, each with how many of these deadlines it has; later deadlines are left out."""
    counts = {month: len(list(days)) for month, days in groupby(sorted(deadlines), key=lambda day: day.replace(day=1))}
    first = on.replace(day=1)
    months = [first]
    while len(months) < MONTHS:
        months.append(days_later(months[-1], 31).replace(day=1))
    most = max((counts.get(month, 0) for month in months), default=0) or 1
    return [
        MonthAhead(
            l10n.month(month, language),
            str(month.month),
            counts.get(month, 0),
            round(100 * counts.get(month, 0) / most),
        )
        for month in months
    ]
