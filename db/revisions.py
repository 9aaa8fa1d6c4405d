"""The history of strategies, spearheads, masks and examples: every saved state, with who saved it and why.

Does not hold their current states (`db.strategies`, `db.examples`) or the history of rules (`db.strategies`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.audit import Signed
from db.regions import is_ours, region_field
from db.types import json_field, word_field


class Kind(StrEnum):
    """What a revision is of."""

    STRATEGY = "strategy"
    SPEARHEAD = "spearhead"
    MASK = "mask"
    EXAMPLE = "example"


class Revision(SQLModel, table=True):
    """One saved state of a thing. Append-only; `state` is None if it was deleted."""

    __tablename__ = "revisions"
    __table_args__ = (sa.UniqueConstraint("region", "kind", "key", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    kind: Kind = word_field(Kind)
    key: str = Field(max_length=80)
    revision: int
    state: dict[str, Any] | None = json_field(default=None)
    author: str
    at: datetime
    reason: str


def append_revisions(
    session: Session, kind: Kind, states: Mapping[str, Mapping[str, Any] | None], signed: Signed
) -> None:
    """Record new states of things of one kind, by key (None: deleted)."""
    if not states:
        return
    connection, is_meant = session.connection(), (is_ours(session, Revision), col(Revision.kind) == kind)
    newest = sa.select(col(Revision.key), sa.func.max(Revision.revision)).where(*is_meant)
    newest = newest.where(col(Revision.key).in_(states)).group_by(col(Revision.key))
    known = dict(connection.execute(newest).all())
    same = {"kind": kind, "author": signed.author, "at": signed.at, "reason": signed.reason}
    rows = [
        {"key": key, "revision": known.get(key, 0) + 1, "state": None if state is None else dict(state)}
        for key, state in states.items()
    ]
    connection.execute(sa.insert(Revision), [row | same for row in rows])


def removed_keys(session: Session, kind: Kind) -> list[str]:
    """The keys of things of a kind that were removed and are not there now, sorted."""
    ours = (is_ours(session, Revision), col(Revision.kind) == kind)
    newest = sa.select(sa.func.max(Revision.id)).where(*ours).group_by(col(Revision.key))
    gone = sa.select(col(Revision.key)).where(col(Revision.id).in_(newest), col(Revision.state).is_(None))
    return sorted(session.connection().execute(gone).scalars())


def revisions_of(session: Session, kind: Kind, key: str) -> Sequence[Revision]:
    """Every saved state of a thing, oldest first."""
    query = select(Revision).where(is_ours(session, Revision), Revision.kind == kind, Revision.key == key)
    return session.exec(query.order_by(col(Revision.revision))).all()
