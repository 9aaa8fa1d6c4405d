"""The newest versions of a call, as a person looks at what became of it."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from db.calls import CallVersion
from db.readable import read_rows


def newest_versions(session: Session, call_id: int, most: int) -> Sequence[CallVersion]:
    """The last versions of a call that can be read, at most so many, the oldest of them first."""
    query = select(CallVersion).where(CallVersion.call_id == call_id).order_by(col(CallVersion.id).desc()).limit(most)
    return list(reversed(read_rows(session, query, CallVersion)))
