"""The order of a list of calls: its keys, and the pages that are found by them.

A page begins after the place of a call, not at a count from the top: calls that come in or go between two pages move no
other over an edge. Does not know which calls are listed (`db.call_lists`).
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, col

from db import search
from db.calls import Call, CallStatus, status_on
from db.types import JSON_COLUMN

NO_CUTOFF = "9999-12-31"  # stands behind all others
NO_RANK = 2**31  # likewise, of calls that lack one of the words
RANKS = 1_000_000  # steps of a rank, which is whole in a place: databases round fractions each in their own way


class ListOrder(StrEnum):
    """What stands at the top of a list."""

    DEADLINE = "deadline"  # what closes first
    NEWEST = "newest"  # what we saw last
    BUDGET = "budget"  # what has most money
    RELEVANCE = "relevance"  # where the words of the search say most


class ListPlace(NamedTuple):
    """The place of a call in a list: its keys in the list's order, and its id, which no other call has."""

    keys: tuple[Any, ...]
    id: int


class SortKey(NamedTuple):
    """What a list is ordered by; never NULL, so that places can be compared."""

    column: Any
    is_falling: bool = False


def sort_keys(session: Session, order: ListOrder, on: date) -> tuple[SortKey, ...]:
    """The keys of an order on a day, but for the rank, which comes first where relevance is asked for."""
    match order:
        case ListOrder.NEWEST:
            return (SortKey(col(Call.first_seen_at), is_falling=True),)
        case ListOrder.BUDGET:
            return (SortKey(sa.func.coalesce(col(Call.budget_total), -1), is_falling=True),)
        case ListOrder.DEADLINE | ListOrder.RELEVANCE:
            is_over = standing_on(on) == CallStatus.CLOSED.value
            ahead = sa.case((is_over, NO_CUTOFF), else_=sa.func.coalesce(next_cutoff(session, on), NO_CUTOFF))
            ended = sa.func.coalesce(col(Call.closes_on), date.min)
            return SortKey(sa.case((is_over, 1), else_=0)), SortKey(ahead), SortKey(ended, is_falling=True)


def places_of_page(
    session: Session,
    ids: sa.Select[Any],
    keys: Sequence[SortKey],
    words: Sequence[str] | None,
    most: int,
    place: ListPlace | None,
    *,
    backwards: bool,
) -> list[ListPlace]:
    """The first `most` of these calls after a place (None: of all), or the last before it, in the order of their keys.

    With `words` (as lemmas) the calls stand first in which these say most.
    """
    ranked = search.ranked(session, words).subquery() if words else None
    if words is not None:
        keys = (SortKey(_rank(ranked)), *keys)
    columns = [*(key.column.label(f"key{number}") for number, key in enumerate(keys)), col(Call.id).label("id")]
    query = sa.select(*columns).where(col(Call.id).in_(ids))
    if ranked is not None:
        query = query.outerjoin(ranked, ranked.c.id == col(Call.id))
    listed = query.cte("listed").prefix_with("MATERIALIZED")  # or each key is worked out again for every comparison
    ways = [is_falling != backwards for is_falling in (*(key.is_falling for key in keys), True)]
    order = [column.desc() if falls else column.asc() for column, falls in zip(listed.c, ways, strict=True)]
    page = sa.select(listed).order_by(*order).limit(most)
    if place is not None:
        page = page.where(_beyond(list(listed.c), ways, (*place.keys, place.id)))
    found = [ListPlace(tuple(row[:-1]), row[-1]) for row in session.connection().execute(page)]
    return found[::-1] if backwards else found


def _rank(ranked: sa.Subquery | None) -> sa.ColumnElement[int]:
    if ranked is None:  # no word can be ranked by
        return sa.literal(NO_RANK, sa.BigInteger)
    return sa.func.coalesce(sa.cast(ranked.c.rank * RANKS, sa.BigInteger), sa.literal(NO_RANK, sa.BigInteger))


def _beyond(
    columns: Sequence[sa.ColumnElement[Any]], ways: Sequence[bool], values: Sequence[Any]
) -> sa.ColumnElement[bool]:
    """The condition that a row stands beyond these values: by the first column, else where equal by the next."""
    condition: sa.ColumnElement[bool] = sa.false()
    for column, falls, value in reversed(list(zip(columns, ways, values, strict=True))):
        further = column < value if falls else column > value
        condition = sa.or_(further, sa.and_(column == value, condition))
    return condition


@lru_cache(maxsize=4)  # days; to write it anew for each list takes longer than to look one up
def standing_on(on: date) -> sa.ColumnElement[Any]:
    """The status of a call on a day; a call that its publisher withdrew counts as closed."""
    return sa.case((col(Call.withdrawn_at).is_not(None), sa.literal(CallStatus.CLOSED.value)), else_=status_on(on))


def next_cutoff(session: Session, on: date) -> sa.ColumnElement[Any]:
    """The first cut-off of a call on this day or later, as text; NULL if there is none."""
    each = elements(session, col(Call.deadlines))
    day = part_of(each, "on")
    return sa.select(sa.func.min(day)).select_from(each).where(day >= on.isoformat()).scalar_subquery()


def elements(session: Session, column: Any) -> sa.TableValuedAlias:
    """The elements of a JSON list, as rows of one column, `value`."""
    if session.connection().dialect.name == "sqlite":
        return sa.func.json_each(column).table_valued("value")
    return sa.func.jsonb_array_elements(column).table_valued(sa.column("value", JSONB))


def gathered(session: Session, column: Any) -> sa.ColumnElement[Any]:
    """The values of a column in a group of rows, as one JSON list."""
    name = "json_group_array" if session.connection().dialect.name == "sqlite" else "jsonb_agg"
    made: sa.ColumnElement[Any] = getattr(sa.func, name)(column, type_=JSON_COLUMN)
    return made


def part_of(each: sa.TableValuedAlias, name: str) -> sa.ColumnElement[str]:
    """A part of each element, as text."""
    part: sa.ColumnElement[str] = each.c.value.op("->>", return_type=sa.Text())(name)
    return part
