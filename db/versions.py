"""The versions of calls: what was known of each, and when. They are written with the calls (`db.calls`)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from db.calls import CallVersion
from db.readable import read_rows


def newest_versions(session: Session, call_id: int, most: int) -> Sequence[CallVersion]:
    """The last versions of a call that can be read, at most so many, the oldest of them first."""
    query = select(CallVersion).where(CallVersion.call_id == call_id).order_by(col(CallVersion.id).desc()).limit(most)
    return list(reversed(read_rows(session, query, CallVersion)))


def versions_of_call(session: Session, call_id: int) -> Sequence[CallVersion]:
    """All versions of a call, the oldest first."""
    return session.exec(select(CallVersion).where(CallVersion.call_id == call_id).order_by(col(CallVersion.id))).all()


def newest_version(session: Session) -> int:
    """The number of the newest version of any call; 0 if there is none."""
    return session.exec(select(sa.func.max(CallVersion.id))).one() or 0


def versions_after(session: Session, number: int) -> list[tuple[int, int, int | None]]:
    """The versions after this one: the call, the version, and the call's version before (None: it had none)."""
    before = aliased(CallVersion)
    earlier = sa.select(sa.func.max(before.id)).where(
        col(before.call_id) == CallVersion.call_id, col(before.id) <= number
    )
    query = sa.select(col(CallVersion.call_id), col(CallVersion.id), earlier.scalar_subquery())
    rows = session.connection().execute(query.where(col(CallVersion.id) > number).order_by(col(CallVersion.id)))
    return [(call_id, version, before_it) for call_id, version, before_it in rows]


def versions_numbered(session: Session, numbers: Collection[int]) -> dict[int, CallVersion]:
    """These versions, by number."""
    return {one.id or 0: one for one in session.exec(select(CallVersion).where(col(CallVersion.id).in_(numbers)))}


def facts_at(session: Session, call_id: int, at: datetime) -> dict[str, Any] | None:
    """The facts of a call as known at an instant, as plain JSON; None if there is no version that old."""
    query = select(CallVersion.facts).where(CallVersion.call_id == call_id, col(CallVersion.seen_at) <= at)
    facts = session.exec(query.order_by(col(CallVersion.id).desc()).limit(1)).first()
    return dict(facts) if facts is not None else None
