"""Duplicates: pairs of remembered calls from different sources that are, or may be, the same call.

Does not find them (`tracker.calls.duplicates`). Joining a pair never makes news.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel.sql.expression import Select

from db.calls import Call, CallKind, CallStatus
from db.types import word_field


class Ground(StrEnum):
    """What two calls have in common, strongest first."""

    IDENTIFIER = "identifier"  # the official code
    LINK = "link"  # the address of the official page
    TITLE_DEADLINE = "title_deadline"  # the words of the title and the last day


class DuplicateState(StrEnum):
    """What was decided about a pair."""

    PROPOSED = "proposed"  # waits for a person
    JOINED = "joined"
    APART = "apart"  # rejected or split by a person; never proposed again


class Duplicate(SQLModel, table=True):
    """A pair of calls, the older one first."""

    __tablename__ = "duplicates"
    __table_args__ = (sa.UniqueConstraint("first_id", "second_id"),)

    id: int | None = Field(default=None, primary_key=True)
    first_id: int = Field(foreign_key="calls.id")
    second_id: int = Field(foreign_key="calls.id", index=True)
    ground: Ground = word_field(Ground)
    state: DuplicateState = word_field(DuplicateState)
    found_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None  # a person; nobody where the ground alone decided
    reason: str | None = None


Pair = tuple[Duplicate, Call, Call]  # with the older call first


class NamedCall(NamedTuple):
    """The part of a call that finding duplicates needs."""

    id: int
    source: str
    kind: CallKind
    identifier: str | None
    url: str
    title: str
    closes_on: date | None


def named_calls(session: Session) -> list[NamedCall]:
    """Every call that is neither closed nor withdrawn, with only the columns of NamedCall."""
    table = Call.__table__  # type: ignore[attr-defined]
    is_live = (table.c.status != CallStatus.CLOSED, table.c.withdrawn_at.is_(None))
    query = sa.select(*(table.c[name] for name in NamedCall._fields)).where(*is_live)
    return [NamedCall(*row) for row in session.connection().execute(query)]


def known_pairs(session: Session, call_ids: Collection[int]) -> set[tuple[int, int]]:
    """The known pairs that include any of these calls, whatever was decided about them."""
    of_them = sa.or_(col(Duplicate.first_id).in_(call_ids), col(Duplicate.second_id).in_(call_ids))
    return set(session.exec(select(Duplicate.first_id, Duplicate.second_id).where(of_them)))


def partners(session: Session, call_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """The calls that each of these is joined with, not counting itself; calls joined with none are left out.

    Joins are transitive: with a-b and b-c joined, c is a partner of a.
    """
    joined = select(Duplicate.first_id, Duplicate.second_id).where(Duplicate.state == DuplicateState.JOINED)
    groups: dict[int, set[int]] = {}
    for first, second in session.exec(joined):
        group = groups.get(first, {first}) | groups.get(second, {second})
        groups.update(dict.fromkeys(group, group))
    return {call_id: frozenset(groups[call_id] - {call_id}) for call_id in call_ids if call_id in groups}


def list_duplicates(session: Session, states: Collection[DuplicateState]) -> Sequence[tuple[Duplicate, Call, Call]]:
    """Pairs in these states (none given: all) with both calls, newest first."""
    query = _with_calls().where(col(Duplicate.state).in_(states)) if states else _with_calls()
    return session.exec(query.order_by(col(Duplicate.id).desc())).all()


def _with_calls() -> Select[Duplicate, Call, Call]:
    first, second = aliased(Call), aliased(Call)
    query = select(Duplicate, first, second).join(first, col(first.id) == col(Duplicate.first_id))
    return query.join(second, col(second.id) == col(Duplicate.second_id))


def pairs_before(session: Session, state: DuplicateState, before: int | None, most: int) -> Sequence[Pair]:
    """The newest `most` pairs in a state whose number is below `before` (None: of all), with both calls."""
    query = _with_calls().where(Duplicate.state == state)
    query = query if before is None else query.where(col(Duplicate.id) < before)
    return session.exec(query.order_by(col(Duplicate.id).desc()).limit(most)).all()


def pairs_of_call(session: Session, call_id: int) -> Sequence[Pair]:
    """The pairs that a call is in, whatever was decided, with both calls."""
    is_in = sa.or_(col(Duplicate.first_id) == call_id, col(Duplicate.second_id) == call_id)
    return session.exec(_with_calls().where(is_in).order_by(col(Duplicate.id))).all()


def pair_numbered(session: Session, number: int) -> Pair | None:
    """A pair with both calls; None if there is none."""
    return session.exec(_with_calls().where(Duplicate.id == number)).first()


def count_in(session: Session, state: DuplicateState) -> int:
    """How many pairs are in a state."""
    return session.exec(select(sa.func.count()).select_from(Duplicate).where(Duplicate.state == state)).one()


def has_several_sources(session: Session) -> bool:
    """Whether we remember calls of more than one source; with one there are no duplicates to look for."""
    return session.exec(select(sa.func.min(Call.source) != sa.func.max(Call.source))).one() or False


def count_pairs(session: Session) -> int:
    """The number of known pairs, whatever was decided about them."""
    return session.exec(select(sa.func.count()).select_from(Duplicate)).one()
