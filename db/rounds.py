"""Calls by how their identifiers begin, as rounds are looked for (`tracker.rounds`): topics of EU programmes alone."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from db import strategies
from db.calls import Call, CallKind


class IdentifiedCall(NamedTuple):
    """The part of a call that rounds are told by."""

    id: int
    identifier: str
    title: str
    opens_on: date | None


def calls_beginning(session: Session, beginnings: Collection[str]) -> Sequence[IdentifiedCall]:
    """The topics whose identifiers begin with one of these, in capitals or not."""
    begins = [col(Call.identifier).istartswith(f"{one}-", autoescape=True) for one in beginnings]
    # The index alone is looked through: rows hold long texts.
    ids = sa.select(col(Call.id)).where(sa.or_(*begins))
    return _identified(session, col(Call.id).in_(ids))


def identified_calls(
    session: Session, spearheads: Collection[str], programmes: Collection[str]
) -> Sequence[IdentifiedCall]:
    """The topics of any of these spearheads and any of these programmes; nothing given does not restrict."""
    tagged = col(Call.id).in_(strategies.tagged_with(session, *spearheads)) if spearheads else sa.true()
    return _identified(session, tagged, col(Call.programme).in_(programmes) if programmes else sa.true())


def _identified(session: Session, *which: sa.ColumnElement[bool]) -> Sequence[IdentifiedCall]:
    is_here = col(Call.withdrawn_at).is_(None).label("is_here")
    columns = (col(Call.id), col(Call.identifier), col(Call.title), _as_text(Call.opens_on), is_here)
    query = sa.select(*columns).where(col(Call.kind) == CallKind.TOPIC, *which).order_by(col(Call.id))
    # Whether it is here is asked of each row, as the index by `withdrawn_at` would be taken, which holds nearly all.
    rows = (row for row in session.connection().execute(query) if row.is_here and row.identifier)
    return [IdentifiedCall(row.id, row.identifier, row.title, _day(row.opens_on)) for row in rows]


def opening_days(session: Session, spearhead: str, since: date) -> Sequence[date]:
    """The days since then on which calls of any kind opened that have this spearhead, or will open."""
    tagged = col(Call.id).in_(strategies.tagged_with(session, spearhead))
    is_open = (col(Call.opens_on) >= since, col(Call.withdrawn_at).is_(None))
    rows = session.connection().execute(sa.select(_as_text(Call.opens_on)).where(tagged, *is_open))
    return [day for row in rows if (day := _day(row.opens_on))]


def _as_text(column: Any) -> sa.Label[Any]:
    return sa.cast(column, sa.Text).label(column.key)


def _day(text: str | None) -> date | None:
    """A day as it is stored; one that cannot be read is none, so that it hides no other call."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
