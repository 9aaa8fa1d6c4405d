"""Listing: answer a filter of calls with one page of it, the counts beside it, and what to loosen where it is empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from db import calls, search, strategies
from db.call_lists import CallFilter, CallOfSpearhead, ListQueries, Narrowing
from db.calls import Call, CallStatus
from db.eligibility import Eligibility, eligibility_of_calls
from db.list_order import ListPlace
from jobs.base.app import App
from jobs.publishing.rounds import ExpectedCall, expected
from tracker import sources
from tracker.calls.changes import brussels_day
from tracker.eligibility.audiences import kinds_of, words_meaning
from tracker.errors import Code, Fault, InputFaults
from tracker.tagging.language import parse_rule
from tracker.tagging.search import LineSearch, query_lemmas, searched_line


@dataclass(frozen=True, slots=True)
class ListRow:
    """One call of a list, with the keys of its spearheads and what is known of who may apply."""

    call: Call
    spearheads: tuple[str, ...]
    eligibility: Eligibility | None


class Turn(NamedTuple):
    """Which page of a list: the calls after a place, or those before it; without a place the first page."""

    place: ListPlace | None = None
    backwards: bool = False


FIRST = Turn()
MOST_COMING, NEXT_COMING = 200, 3  # looked at, and told
LEFT_ASIDE = ("spearheads", "programmes", "statuses", "closing", "opening", "new", "order")  # by what is expected


@dataclass(frozen=True, slots=True)
class CallList:
    """One page of a list of `total` calls. `before` and `after` are where pages begin beside it, if there are any.

    Where there is no call at all, `without` has how many there would be without each condition, and `coming` the next
    that open of those that meet all conditions but dates; `expected` has what nobody has announced.
    """

    rows: tuple[ListRow, ...]
    before: ListPlace | None
    after: ListPlace | None
    total: int
    by_spearhead: Mapping[str, int]
    by_status: Mapping[str, int]
    without: Mapping[str, int]
    coming: tuple[ListRow, ...]
    expected: tuple[ExpectedCall, ...]


def call_list(session: Session, app: App, queries: ListQueries, most: int, turn: Turn = FIRST) -> CallList:
    """One page of at most `most` calls of the filter of these queries."""
    choice, by_status = queries.choice, queries.by_status()
    total = sum(by_status.get(status, 0) for status in choice.statuses)
    places, is_first, is_last = _places(queries, most, turn)
    return CallList(
        rows=tuple(list_rows(session, [place.id for place in places])),
        before=None if is_first or not places else places[0],
        after=None if is_last or not places else places[-1],
        total=total,
        by_spearhead=queries.by_spearhead(),
        by_status=by_status,
        without={} if total else {name: queries.count(name) for name in queries.given},
        coming=() if total else tuple(_coming(session, app, choice)),
        expected=() if total else _expected_of(session, app, choice),
    )


def _expected_of(session: Session, app: App, choice: CallFilter) -> tuple[ExpectedCall, ...]:
    """What is expected to open of its spearheads and programmes; nothing where a filter asks for more than these."""
    anything = CallFilter()
    loosened = {name: getattr(anything, name) for name in LEFT_ASIDE}
    if replace(choice, **loosened) != anything:
        return ()
    return expected(session, app, choice.spearheads, choice.programmes)[:NEXT_COMING]


def _coming(session: Session, app: App, choice: CallFilter) -> list[ListRow]:
    """The next calls that open, of those that meet a filter but for its dates and its status."""
    wider = replace(choice, statuses=(CallStatus.FORTHCOMING,), closing=None, opening=None, new=None)
    places = list_queries(session, app, wider).page(MOST_COMING)
    rows = list_rows(session, [place.id for place in places])
    return sorted(rows, key=lambda row: row.call.opens_on or date.max)[:NEXT_COMING]


def _places(queries: ListQueries, most: int, turn: Turn) -> tuple[list[ListPlace], bool, bool]:
    """The places of a page's calls, and whether it is the first and the last page."""
    if not turn.backwards:
        found = queries.page(most + 1, turn.place)
        return found[:most], turn.place is None, len(found) <= most
    found = queries.page(most + 1, turn.place, backwards=True)
    if len(found) <= most:  # the first page is always a full one
        return _places(queries, most, FIRST)
    return found[1:], False, False


@dataclass(frozen=True, slots=True)
class SpearheadCount:
    """How many calls of a spearhead are open and coming, and the days of all their cut-offs ahead, in order."""

    open: int
    coming: int
    deadlines: tuple[date, ...]


def ahead_of_spearheads(session: Session, app: App) -> dict[str, SpearheadCount]:
    """What is open and coming of each spearhead that has any such call."""
    rows = list_queries(session, app, CallFilter()).of_spearheads()
    ordered = sorted(rows, key=lambda row: row.spearhead)
    return {key: _counted(list(calls_of)) for key, calls_of in groupby(ordered, key=lambda row: row.spearhead)}


def _counted(rows: Sequence[CallOfSpearhead]) -> SpearheadCount:
    number_open = sum(row.status == CallStatus.OPEN for row in rows)
    days = sorted(day for row in rows for day in row.deadlines)
    return SpearheadCount(number_open, len(rows) - number_open, tuple(days))


def list_queries(session: Session, app: App, choice: CallFilter) -> ListQueries:
    """The queries of a filter, today; InputFaults for an unknown spearhead or source."""
    _check_keys(session, app, choice)
    narrowing, since = _narrowing(session, app, choice), news_from(app, choice.new)
    return ListQueries(session, choice, narrowing, brussels_day(app.clock()), since)


def list_rows(session: Session, ids: Sequence[int]) -> list[ListRow]:
    """These calls as rows of a list, in this order, without those that cannot be read."""
    known, tags = calls.calls_by_id(session, ids), strategies.spearheads_of(session, ids)
    eligible = eligibility_of_calls(session, ids)
    return [ListRow(known[i], tuple(sorted(tags.get(i, ()))), eligible.get(i)) for i in ids if i in known]


def _check_keys(session: Session, app: App, choice: CallFilter) -> None:
    known = [spearhead.key for spearhead in strategies.all_spearheads(session)] if choice.spearheads else []
    read = tuple(sources.modules(app.settings.sources)) if choice.sources else ()
    given = [(Code.UNKNOWN_SPEARHEAD, key, known) for key in choice.spearheads]
    given += [(Code.UNKNOWN_SOURCE, key, list(read)) for key in choice.sources]
    if faults := [
        Fault(code, "", {"given": key, "known": tuple(there)}) for code, key, there in given if key not in there
    ]:
        raise InputFaults(*faults)


def news_from(app: App, new: int | date | None) -> datetime:
    """From when on calls are new that became news in so many days, or since this day."""
    day = new if isinstance(new, date) else app.today() - timedelta(days=new or 0)
    return datetime.combine(day, time(), app.region.zone)


def _narrowing(session: Session, app: App, choice: CallFilter) -> Narrowing:
    kinds, words = kinds_of(choice.audience), words_meaning(choice.audience)
    line = searched_line(choice.query)
    if not line:
        return Narrowing(kinds=kinds, words=words)
    lemmas = app.compiled.lemmas
    has_words = partial(search.has_words, session)
    searched: LineSearch[sa.ColumnElement[bool]]
    searched = LineSearch(lemmas, has_words, _is_named, sa.and_, sa.or_, sa.not_)
    ranked = tuple(query_lemmas(choice.query, lemmas))
    return Narrowing(searched.condition(parse_rule(line)), ranked, kinds, words)


def _is_named(pattern: str) -> sa.ColumnElement[bool]:
    """The condition that an identifier looks like this: a star stands for anything."""
    pieces = [piece.replace("/", "//").replace("%", "/%").replace("_", "/_") for piece in pattern.split("*")]
    return sa.func.coalesce(col(Call.identifier).ilike("%".join(pieces), escape="/"), sa.false())
