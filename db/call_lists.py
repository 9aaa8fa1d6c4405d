"""Lists of calls as anybody may ask for them: one frozen filter, and the named queries that answer it.

Which texts meet the words of a filter, and whose words mean which applicants, is handed in (`Narrowing`). Does not know
how a filter is written in an address (`jobs.web.list_address`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from itertools import chain
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from db import event_log, strategies
from db.calls import Call, CallStatus, status_on
from db.duplicates import Duplicate, DuplicateState
from db.eligibility import Applicant, CallEligibility, Certainty
from db.list_order import (
    ListOrder,
    ListPlace,
    elements,
    gathered,
    next_cutoff,
    part_of,
    places_of_page,
    sort_keys,
    standing_on,
)
from db.readable import read_rows
from db.regions import is_ours
from db.strategies import Tagging
from db.types import JSON_COLUMN

NOW = (CallStatus.FORTHCOMING, CallStatus.OPEN)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls to list, and in which order. An empty field does not restrict; each given one must hold.

    Of those that an interest has, too (`db.subscribers.Wants`), each means the same.
    """

    spearheads: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    query: str = ""
    money_min: int | None = None  # whole euro per project
    money_max: int | None = None
    statuses: tuple[CallStatus, ...] = NOW
    partners: int | None = None  # that an applicant surely needs, at most; 0: who applies alone
    closing: int | None = None  # days until the next cut-off, at most
    opening: int | None = None  # days until it opens, at most
    new: int | date | None = None  # became news as a new call in so many days, or since this day
    order: ListOrder = ListOrder.DEADLINE


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a filter's words come to: the condition of its search, and who is meant by its audience.

    `words` are all words of publishers that mean one of them.
    """

    text: sa.ColumnElement[bool] | None = None
    lemmas: tuple[str, ...] = ()  # for the order by relevance
    kinds: frozenset[Applicant] = frozenset()
    words: frozenset[str] = frozenset()


class CallOfSpearhead(NamedTuple):
    """A call of a list under one of its spearheads: its status, and its cut-offs from the list's day on."""

    spearhead: str
    status: str
    deadlines: tuple[date, ...]


class ListQueries:
    """The queries of one filter on one day."""

    def __init__(self, session: Session, choice: CallFilter, narrowing: Narrowing, on: date, since: datetime) -> None:
        """`since` is from when on calls count as new, if the filter asks for new ones."""
        self._session, self.choice, self._narrowing = session, choice, narrowing
        self._on, self._since = on, since
        self._conditions = self._given()
        prefer_indexes(session)

    def ids(self) -> sa.Select[Any]:
        """A query for the ids of the calls, in no order."""
        return sa.select(col(Call.id)).where(*self._but())

    def page(self, most: int, place: ListPlace | None = None, *, backwards: bool = False) -> list[ListPlace]:
        """The first `most` calls after a place (None: of all), or the last before it, in the filter's order."""
        keys = sort_keys(self._session, self.choice.order, self._on)
        words = self._narrowing.lemmas if self.choice.order is ListOrder.RELEVANCE else None
        return places_of_page(self._session, self._these(self._all), keys, words, most, place, backwards=backwards)

    def count(self, without: str = "") -> int:
        """How many calls there are; `without` is the name of a condition to leave out."""
        query = sa.select(sa.func.count()).select_from(Call).where(*self._but(without))
        return self._session.connection().scalar(query) or 0

    def count_new(self, since: datetime) -> int:
        """How many of the calls became news as new calls since an instant."""
        news = set(self._session.connection().scalars(event_log.new_since(since)))
        return len(news.intersection(self._all))

    def by_spearhead(self) -> dict[str, int]:
        """How many calls each spearhead has, if all else of the filter holds."""
        number = sa.func.count(sa.distinct(col(Tagging.call_id)))
        these = self._these(chain.from_iterable(self._found.get(status, ()) for status in self.choice.statuses))
        query = sa.select(col(Tagging.spearhead), number).where(is_ours(self._session, Tagging))
        query = query.where(col(Tagging.call_id).in_(these)).group_by(col(Tagging.spearhead))
        return {str(key): count for key, count in self._session.connection().execute(query)}

    def by_status(self) -> dict[str, int]:
        """How many calls have each status, if all else of the filter holds."""
        return {status: len(self._tagged_of(status)) for status in self._found}

    @cached_property
    def _found(self) -> dict[str, list[int]]:
        """The calls that meet all but what is counted beside the list, by status.

        They are looked for once: page and counts follow from them.
        """
        ids = gathered(self._session, col(Call.id)).label("ids")  # thousands of rows cost more to fetch than to find
        query = sa.select(standing_on(self._on).label("standing"), ids).where(*self._but(*COUNTED))
        rows = self._session.connection().execute(query.group_by("standing"))
        return {row.standing: row.ids for row in rows}

    @cached_property
    def _all(self) -> list[int]:
        """The calls of the list, in no order."""
        return list(chain.from_iterable(map(self._tagged_of, self.choice.statuses)))

    def _tagged_of(self, status: str) -> Sequence[int]:
        """Those of a status that have a spearhead of the filter, if it asks for any."""
        found = self._found.get(status, [])
        return [number for number in found if number in self._tagged] if self.choice.spearheads else found

    @cached_property
    def _tagged(self) -> frozenset[int]:
        having = strategies.tagged_with(self._session, *self.choice.spearheads)
        return frozenset(self._session.connection().scalars(having))

    def _these(self, ids: Iterable[int]) -> sa.Select[Any]:
        """A query for these ids: one value, however many they are."""
        each = elements(self._session, sa.literal(list(ids), JSON_COLUMN))
        return sa.select(sa.cast(each.c.value, sa.Integer))

    def of_spearheads(self) -> list[CallOfSpearhead]:
        """Every call under each of its spearheads."""
        pairs = sa.select(col(Tagging.spearhead), col(Tagging.call_id)).where(is_ours(self._session, Tagging))
        each = pairs.distinct().subquery()  # several strategies may have the same spearhead
        columns = (each.c.spearhead, standing_on(self._on), col(Call.deadlines))
        query = sa.select(*columns).join(each, each.c.call_id == col(Call.id)).where(col(Call.id).in_(self.ids()))
        rows = self._session.connection().execute(query)
        ahead = ((key, status, tuple(d.on for d in days if d.on >= self._on)) for key, status, days in rows)
        return [CallOfSpearhead(*row) for row in ahead]

    def deadlines_ahead(self) -> list[date]:
        """All cut-offs of the calls from the list's day on, in no order."""
        query = sa.select(col(Call.deadlines)).where(*self._but())
        found = self._session.connection().scalars(query)
        return [deadline.on for deadlines in found for deadline in deadlines if deadline.on >= self._on]

    @property
    def given(self) -> tuple[str, ...]:
        """The names of the conditions that restrict this list."""
        return tuple(self._conditions)

    def _but(self, *without: str) -> Sequence[sa.ColumnElement[bool]]:
        """The conditions but some; those that are slow to look at only for calls that meet all others."""
        held = {name: condition for name, condition in self._conditions.items() if name not in without}
        quick = [condition for name, condition in held.items() if name not in SLOW]
        quick += [] if self.choice.sources else [_is_no_copy()]
        slow = [condition for name, condition in held.items() if name in SLOW]
        if not slow:
            return quick
        return [col(Call.id).in_(sa.select(col(Call.id)).where(*quick)), *slow]

    def _given(self) -> dict[str, sa.ColumnElement[bool]]:
        choice = self.choice
        made: dict[str, sa.ColumnElement[bool]] = {}
        if set(choice.statuses) != set(CallStatus):
            made["statuses"] = standing_on(self._on).in_([status.value for status in choice.statuses])
        if choice.spearheads:
            made["spearheads"] = col(Call.id).in_(strategies.tagged_with(self._session, *choice.spearheads))
        for name, column in LISTED.items():
            if given := getattr(choice, name):
                made[name] = column.in_(given)
        if self._narrowing.kinds:
            made["audience"] = self._may_apply()
        if self._narrowing.text is not None:
            made["query"] = self._narrowing.text
        if choice.money_min is not None or choice.money_max is not None:
            made["money"] = _affords(choice)
        if choice.partners is not None:
            made["partners"] = ~_needs_more(self._session, choice.partners)
        if choice.opening is not None:
            last = self._on + timedelta(days=choice.opening)
            made["opening"] = col(Call.opens_on).between(self._on + timedelta(days=1), last)
        if choice.closing is not None:
            last = self._on + timedelta(days=choice.closing)
            is_near = next_cutoff(self._session, self._on) <= last.isoformat()
            made["closing"] = sa.and_(_may_be_ahead(self._on), is_near)
        if choice.new is not None:
            made["new"] = col(Call.id).in_(event_log.new_since(self._since))
        return made

    def _may_apply(self) -> sa.ColumnElement[bool]:
        """Of those meant by the audience, not all are surely shut out, nor does the publisher list only others."""
        listed = sa.cast(col(Call.audience), sa.Text)
        is_named = sa.or_(
            listed == "[]", *(listed.contains(f'"{word}"', autoescape=True) for word in self._narrowing.words)
        )
        shut = [_is_shut(self._session, kind) for kind in self._narrowing.kinds]
        return sa.and_(is_named, ~sa.exists().where(col(CallEligibility.call_id) == col(Call.id), *shut))


SLOW = ("audience", "partners", "closing")  # they read what no index holds, beside a call's long text
COUNTED = ("statuses", "spearheads")  # how many calls each of them has stands beside a list
LISTED: Mapping[str, Any] = {
    "programmes": col(Call.programme),
    "sources": col(Call.source),
    "kinds": col(Call.kind),
}


def _affords(choice: CallFilter) -> sa.ColumnElement[bool]:
    """As `tracker.digests.interests` has it: a call that does not state its money is in."""
    least, most = col(Call.project_min), col(Call.project_max)
    large_enough = sa.or_(most.is_(None), most >= choice.money_min) if choice.money_min is not None else sa.true()
    small_enough = sa.or_(least.is_(None), least <= choice.money_max) if choice.money_max is not None else sa.true()
    return sa.and_(large_enough, small_enough)


def _is_shut(session: Session, kind: Applicant) -> sa.ColumnElement[bool]:
    """Whether this kind of applicant surely may not apply (as `Eligibility.shut`)."""
    is_named = sa.cast(col(CallEligibility.no), sa.Text).contains(f'"{kind.value}"')
    return sa.and_(is_named, _is_sure(session, kind.value))


def _needs_more(session: Session, partners: int) -> sa.ColumnElement[bool]:
    """Whether an applicant surely needs more partners than this."""
    first = col(CallEligibility.consortium).op("->>", return_type=sa.Text())(sa.literal(0, sa.Integer))
    members = sa.cast(first, sa.Integer)
    too_many = sa.and_(members > partners + 1, _is_sure(session, "consortium"))
    if partners == 0:
        never_alone = sa.and_(col(CallEligibility.alone).is_(False), _is_sure(session, "alone"))
        too_many = sa.or_(too_many, never_alone)
    also_alone = col(CallEligibility.alone).is_not_distinct_from(True)
    return sa.exists().where(col(CallEligibility.call_id) == col(Call.id), ~also_alone, too_many)


def _is_sure(session: Session, fact: str) -> sa.ColumnElement[bool]:
    """Whether a fact is more than general knowledge."""
    each = elements(session, col(CallEligibility.findings))
    is_general = part_of(each, "certainty") == Certainty.GENERAL.value
    return ~sa.exists().select_from(each).where(is_general, part_of(each, "facts").contains(f'"{fact}"'))


@cache  # an alias of a table of forty columns takes longer to make than the list that it is for
def _is_no_copy() -> sa.ColumnElement[bool]:
    """Not the second of a joined pair whose first still stands: the same call is listed once."""
    first = aliased(Call)
    pair = sa.select(col(Duplicate.second_id)).join(first, col(first.id) == col(Duplicate.first_id))
    stands = (col(first.withdrawn_at).is_(None), col(first.status) != CallStatus.CLOSED)
    return col(Call.id).not_in(pair.where(col(Duplicate.state) == DuplicateState.JOINED, *stands))


def prefer_indexes(session: Session) -> None:
    """Let PostgreSQL read no table whole in this transaction, if an index will do.

    It does not count what long texts and words cost that stand apart from their rows, and would read all of those.
    """
    if session.connection().dialect.name == "postgresql":
        session.connection().execute(sa.text("SET LOCAL enable_seqscan = off"))


def dated_from(on: date) -> sa.Select[Any]:
    """A query for the ids of all calls that can have a cut-off on this day or later."""
    return sa.select(col(Call.id)).where(_may_be_ahead(on))


def _may_be_ahead(on: date) -> sa.ColumnElement[bool]:
    has_stages = col(Call.deadline_model) == "two-stage"  # `closes_on` is then the first cut-off, else the last
    return sa.or_(col(Call.closes_on) >= on, has_stages)


def in_every(queries: Sequence[sa.Select[Any]]) -> sa.Select[Any]:
    """A query for the ids of the calls that all of these queries return."""
    return sa.select(col(Call.id)).where(*(col(Call.id).in_(query) for query in queries))


def calls_by_source(session: Session, on: date) -> dict[str, tuple[int, int]]:
    """How many calls of each source are open or coming on a day, and how many are known in all."""
    is_now = standing_on(on).in_([status.value for status in NOW])
    query = sa.select(col(Call.source), sa.func.sum(sa.case((is_now, 1), else_=0)), sa.func.count())
    rows = session.connection().execute(query.group_by(col(Call.source)))
    return {source: (now, known) for source, now, known in rows}


def list_calls(
    session: Session,
    statuses: Collection[CallStatus],
    source: str,
    call_ids: sa.Select[Any] | None,
    most: int | None,
    on: date,
) -> Sequence[Call]:
    """Calls by closing date, unknown dates last and closed calls after them; `statuses` are as of the day `on`.

    `call_ids` is a query that may narrow the list. No status and an empty source mean any.
    """
    current = status_on(on)
    order = (current == CallStatus.CLOSED.value, col(Call.closes_on).is_(None), col(Call.closes_on), col(Call.id))
    query = select(Call).order_by(*order).limit(most)
    query = query.where(current.in_([status.value for status in statuses])) if statuses else query
    query = query.where(Call.source == source) if source else query
    return read_rows(session, query.where(col(Call.id).in_(call_ids)) if call_ids is not None else query, Call)


def programmes_seen(session: Session) -> frozenset[str]:
    """The codes of all programmes found in calls.

    Each is found by its place in the index, after the one before: DISTINCT would look at every call.
    """
    after = sa.select(sa.func.min(Call.programme).label("code")).cte("seen", recursive=True)
    following = sa.select(sa.func.min(Call.programme)).where(col(Call.programme) > after.c.code).scalar_subquery()
    seen = after.union_all(sa.select(following).where(after.c.code.is_not(None)))
    return frozenset(filter(None, session.connection().scalars(sa.select(seen.c.code))))
