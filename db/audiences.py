"""Audiences: whom an edition is for, by its kind, and which of them have no delivery of it yet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from db.deliveries import Delivery
from db.editions import (
    REGULAR,
    CorrectionAbout,
    Edition,
    EditionKind,
    ReleaseAbout,
    SelectionAbout,
    SwitchAbout,
    about_as,
)
from db.regions import is_ours
from db.subscribers import Actor, DueReader, Interest, Subscriber, SubscriberState

# Kinds that move a reader's cursor past held events for good.
PASS_BY = REGULAR | {EditionKind.SWITCH}


def due_readers(session: Session, edition: Edition, after_id: int, most: int) -> list[DueReader]:
    """The next readers of an edition: `most` subscribers above `after_id` who have no delivery of it yet, by id."""
    table = Subscriber.__table__  # type: ignore[attr-defined]
    has_delivery = sa.exists().where(col(Delivery.edition_id) == edition.id, col(Delivery.subscriber_id) == table.c.id)
    their_own = [name for name in DueReader._fields if name != "actor_type"]
    columns: list[Any] = [table.c[n] if n != "lead_days" else sa.cast(table.c[n], sa.Text) for n in their_own]
    joined = table.outerjoin(Actor.__table__, col(Actor.id) == table.c.actor_id)  # type: ignore[attr-defined]
    query = sa.select(*columns, col(Actor.type)).select_from(joined)
    query = query.where(
        is_ours(session, Subscriber), *AUDIENCES[edition.kind](edition), table.c.id > after_id, ~has_delivery
    )
    query = query.order_by(table.c.id).limit(most)
    for reader_ids in _named_readers(edition, after_id, most):
        chunk = query if reader_ids is None else query.where(table.c.id.in_(reader_ids))
        rows: Sequence[Any] = session.connection().execute(chunk).all()
        if rows:
            return [DueReader(*row) for row in rows]
    return []


def _named_readers(edition: Edition, after_id: int, most: int) -> Iterator[Sequence[int] | None]:
    """The readers whom a correction names, in chunks (a query takes only so many values); None for any other kind."""
    if edition.kind is not EditionKind.CORRECTION:
        yield None
        return
    remaining = sorted(reader for reader in about_as(edition, CorrectionAbout).readers if reader > after_id)
    for start in range(0, len(remaining), most):
        yield remaining[start : start + most]


def has_audience(session: Session, edition: Edition) -> bool:
    """Whether an edition (not yet planned) would have any readers."""
    query = select(Subscriber.id).where(is_ours(session, Subscriber), *AUDIENCES[edition.kind](edition))
    return session.exec(query.limit(1)).first() is not None


Conditions = list[sa.ColumnElement[bool]]


def _of_cadence(edition: Edition) -> Conditions:
    gets_or_is_banned = col(Subscriber.state).in_([SubscriberState.ACTIVE, SubscriberState.BANNED])
    return [gets_or_is_banned, col(Subscriber.cadence) == edition.kind.value]


def _hurried(edition: Edition) -> Conditions:
    return [_is_active(), col(Subscriber.urgent).is_(True), ~_is_paused(edition)]


def _new(edition: Edition) -> Conditions:
    is_new = col(Subscriber.welcomed_at).is_(None)
    return [_is_active(), is_new, col(Subscriber.confirmed_at).is_not(None), ~_is_paused(edition)]


def _switching(edition: Edition) -> Conditions:
    return [_is_active(), col(Subscriber.id) == about_as(edition, SwitchAbout).subscriber]


def _passed(edition: Edition) -> Conditions:
    released = about_as(edition, ReleaseAbout)
    may_come_back = col(Subscriber.state).in_([SubscriberState.ACTIVE, SubscriberState.LEFT, SubscriberState.BANNED])
    return [may_come_back, col(Subscriber.id).in_(_passed_over(released.edition, released.events))]


def _active_of_the_named(edition: Edition) -> Conditions:
    return [_is_active()]


def _chosen_readers(edition: Edition) -> Conditions:
    """Who follows what is asked for, and got no other selection in the present period of their cadence."""
    about = about_as(edition, SelectionAbout)
    named = sa.cast(Interest.__table__.c.spearheads, sa.Text)  # type: ignore[attr-defined]
    is_theirs = col(Interest.subscriber_id) == col(Subscriber.id)
    wants: Conditions = [
        sa.exists().where(is_theirs, named.contains(f'"{key}"', autoescape=True)) for key in about.spearheads
    ]
    if about.own_region:
        wants.append(col(Subscriber.own_region).is_(True))
    follows = [sa.or_(*wants)] if wants else []
    return [_is_active(), *follows, ~_had_a_selection(edition, about)]


def _had_a_selection(edition: Edition, about: SelectionAbout) -> sa.ColumnElement[bool]:
    other = aliased(Edition)
    of_this_period = [
        sa.and_(col(Subscriber.cadence) == cadence, col(other.on) >= first)
        for cadence, first in about.first_days.items()
    ]
    theirs = (col(Delivery.subscriber_id) == col(Subscriber.id), col(Delivery.content_id).is_not(None))
    is_other = (col(other.id) == col(Delivery.edition_id), col(other.id) != edition.id)
    is_meant = (col(other.kind) == EditionKind.SELECTION, sa.or_(sa.false(), *of_this_period))
    return sa.exists().where(*theirs, *is_other, *is_meant)


def _is_active() -> sa.ColumnElement[bool]:
    return col(Subscriber.state) == SubscriberState.ACTIVE


def _is_paused(edition: Edition) -> sa.ColumnElement[bool]:
    return sa.and_(col(Subscriber.paused_until).is_not(None), col(Subscriber.paused_until) > edition.on)


AUDIENCES: Mapping[EditionKind, Callable[[Edition], Conditions]] = {
    **dict.fromkeys(REGULAR, _of_cadence),
    EditionKind.URGENT: _hurried,
    EditionKind.WELCOME: _new,
    EditionKind.SWITCH: _switching,
    EditionKind.RELEASE: _passed,
    EditionKind.CORRECTION: _active_of_the_named,
    EditionKind.SELECTION: _chosen_readers,
}


def _passed_over(edition_id: int, events: Sequence[int]) -> sa.Select[Any]:
    """A query for the readers whose cursor moved past held events in this edition or a later one, at any cadence."""
    query = sa.select(col(Delivery.subscriber_id)).join(Edition, col(Edition.id) == col(Delivery.edition_id))
    return query.where(
        col(Edition.id) >= edition_id,
        col(Edition.kind).in_(sorted(PASS_BY)),
        col(Edition.to_seq) >= min(events),
        col(Delivery.segment_id).is_not(None),
        col(Delivery.from_seq) < max(events),
    )
