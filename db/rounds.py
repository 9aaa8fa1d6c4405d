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
    columns: list[Any] = [getattr(Call, name) for name in (*IdentifiedCall._fields, "kind", "withdrawn_at")]
    rows = session.connection().execute(sa.select(*columns).where(*which).order_by(col(Call.id)))
    # Asked here, as the index by `withdrawn_at` would be taken, which holds nearly all calls.
    topics = (row for row in rows if row.kind is CallKind.TOPIC and row.withdrawn_at is None and row.identifier)
    return [IdentifiedCall(*row[:-2]) for row in topics]


def opening_days(session: Session, spearhead: str, since: date) -> Sequence[date]:
    """The days since then on which calls of any kind opened that have this spearhead, or will open."""
    tagged = col(Call.id).in_(strategies.tagged_with(session, spearhead))
    query = sa.select(col(Call.opens_on)).where(tagged, col(Call.opens_on) >= since, col(Call.withdrawn_at).is_(None))
    return [day for (day,) in session.connection().execute(query) if day]
