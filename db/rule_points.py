"""What each rule gives each call: points, as of when the call was tagged last.

They say what calls match a rule, and what its spearhead's other rules give them, without reading a text again. Does not
count them (`tracker.tagging.index`).
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.calls import Call, CallStatus
from db.regions import is_ours, region_field
from db.strategies import TaggedCall


class RulePoints(SQLModel, table=True):
    """The points that a rule gives a call. `is_of_context`: it matches only with the text of the call's topic."""

    __tablename__ = "rule_points"
    __table_args__ = (sa.PrimaryKeyConstraint("call_id", "region", "rule"), sa.Index("ix_rule_points_rule", "rule"))

    call_id: int = Field(foreign_key="calls.id", ondelete="CASCADE", primary_key=True)
    region: str | None = region_field(primary_key=True)
    rule: str = Field(max_length=80, primary_key=True)
    points: float
    is_of_context: bool


class PointsGiven(NamedTuple):
    """One rule's points for one call."""

    call_id: int
    rule: str
    points: float
    is_of_context: bool


def replace_points(session: Session, call_ids: Collection[int], given: Iterable[PointsGiven]) -> None:
    """Replace what is stored of these calls."""
    connection, rows = session.connection(), [one._asdict() for one in given]
    is_theirs = (is_ours(session, RulePoints), col(RulePoints.call_id).in_(call_ids))
    connection.execute(sa.delete(RulePoints).where(*is_theirs))
    if rows:
        connection.execute(sa.insert(RulePoints), rows)


def points_of(session: Session, call_ids: Collection[int]) -> list[PointsGiven]:
    """What all rules give these calls."""
    return _given(session, col(RulePoints.call_id).in_(call_ids))


def calls_given(session: Session, rule: str) -> set[int]:
    """The ids of the calls that match a rule."""
    return {given.call_id for given in _given(session, col(RulePoints.rule) == rule)}


def points_of_open_calls(session: Session, rules: Collection[str]) -> dict[int, float]:
    """The points that these rules give to calls which are not over, by call id; a call without any is left out."""
    is_open = (col(Call.status) != CallStatus.CLOSED, col(Call.withdrawn_at).is_(None))
    query = sa.select(col(RulePoints.call_id), sa.func.sum(RulePoints.points)).join(Call)
    query = query.where(is_ours(session, RulePoints), col(RulePoints.rule).in_(rules), *is_open)
    return {row[0]: row[1] for row in session.connection().execute(query.group_by(col(RulePoints.call_id)))}


def _given(session: Session, which: sa.ColumnElement[bool]) -> list[PointsGiven]:
    table = RulePoints.__table__  # type: ignore[attr-defined]
    query = sa.select(*(table.c[name] for name in PointsGiven._fields)).where(is_ours(session, RulePoints), which)
    return [PointsGiven(*row) for row in session.connection().execute(query)]


def not_given_by(session: Session, rules: str) -> frozenset[int]:
    """The ids of the calls that these rules (their fingerprint) have not tagged, of which nothing sure is stored."""
    is_ours_by = sa.and_(is_ours(session, TaggedCall), col(TaggedCall.rules) == rules)
    if _count(session, TaggedCall, is_ours_by) == _count(session, Call, sa.true()):
        return frozenset()
    tagged = select(TaggedCall.call_id).where(is_ours_by)
    return frozenset(filter(None, session.exec(select(Call.id).where(col(Call.id).not_in(tagged)))))


def _count(session: Session, of: type[SQLModel], which: sa.ColumnElement[bool]) -> int:
    return session.exec(select(sa.func.count()).select_from(of).where(which)).one()
