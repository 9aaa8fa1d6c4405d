"""How many readers there are of each kind: by cadence, language, organisation and municipality."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.regions import is_ours
from db.subscribers import BATCH, Actor, ActorType, Cadence, Subscriber, SubscriberState


def active_by_language(session: Session, subscriber_ids: Sequence[int]) -> dict[str, list[int]]:
    """Those of these subscribers who get mail, by their language."""
    by_language: dict[str, list[int]] = {}
    for start in range(0, len(subscriber_ids), BATCH):
        is_meant = (col(Subscriber.id).in_(subscriber_ids[start : start + BATCH]), is_ours(session, Subscriber))
        query = select(Subscriber.id, Subscriber.language)
        for reader_id, language in session.exec(query.where(*is_meant, Subscriber.state == SubscriberState.ACTIVE)):
            by_language.setdefault(language, []).append(reader_id or 0)
    return dict(sorted(by_language.items()))


def count_by_cadence(session: Session, on: date) -> dict[Cadence, tuple[int, int]]:
    """How many readers have each cadence, and how many of them have paused on this day."""
    paused = sa.func.sum(sa.case((col(Subscriber.paused_until) > on, 1), else_=0))
    query = select(Subscriber.cadence, sa.func.count(), paused).where(is_ours(session, Subscriber))
    rows = session.exec(query.where(Subscriber.state == SubscriberState.ACTIVE).group_by(col(Subscriber.cadence)))
    return {Cadence(cadence): (number, int(resting)) for cadence, number, resting in rows}


class ReaderCount(NamedTuple):
    """How many readers say this of their organisation; None where they say nothing."""

    type: ActorType | None
    municipality: str | None
    readers: int


def count_by_organisation(session: Session) -> list[ReaderCount]:
    """How many readers there are of each type of organisation and municipality, most first."""
    table = sa.outerjoin(Subscriber.__table__, Actor.__table__, col(Actor.id) == col(Subscriber.actor_id))  # type: ignore[attr-defined]
    number = sa.func.count()
    query = sa.select(col(Actor.type), col(Actor.municipality), number).select_from(table)
    query = query.where(is_ours(session, Subscriber), col(Subscriber.state) == SubscriberState.ACTIVE)
    rows = session.connection().execute(query.group_by(col(Actor.type), col(Actor.municipality)))
    found = [ReaderCount(ActorType(kind) if kind else None, place or None, n) for kind, place, n in rows]
    return sorted(found, key=lambda one: (-one.readers, one.type or "", one.municipality or ""))
