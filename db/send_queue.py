"""The send queue: claim deliveries, record outcomes, decide what must wait.

A mail is `sending` in a committed row before its first byte leaves. Does not send (`jobs.delivery.senders`); what a
delivery tells is in `db.deliveries`.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.deliveries import Delivery, DeliveryReason, DeliveryState
from db.editions import Edition, EditionState, HoldReason
from db.regions import is_ours
from db.subscribers import Subscriber, SubscriberState


class Claimed(NamedTuple):
    """A delivery that a run has claimed and will send, with what is needed to fill in its frozen mail."""

    id: int
    edition_id: int
    subscriber_id: int
    content_id: int
    recipient: str
    message_id: str
    in_reply_to: str | None
    made_at: datetime
    attempts: int  # this one included


class InFlight(NamedTuple):
    """A delivery that is being sent, and the run that claimed it; None if an earlier version claimed it."""

    id: int
    run_id: int | None


class Outcome(NamedTuple):
    """The outcome of one claimed delivery."""

    id: int
    state: DeliveryState
    reason: DeliveryReason | None = None
    detail: str | None = None  # what the mail server said
    retry_at: datetime | None = None
    untried: bool = False  # there was no mail session to try it in: the attempt does not count


def settle(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Record the outcomes of deliveries that were being sent; one that is no longer `sending` is left alone.

    The outcome `rendered` means that the mail was claimed but never begun: it waits again.
    """
    table = Delivery.__table__  # type: ignore[attr-defined]
    ids_by_outcome: dict[Outcome, list[int]] = {}
    for outcome in outcomes:
        ids_by_outcome.setdefault(outcome._replace(id=0), []).append(outcome.id)
    for outcome, ids in ids_by_outcome.items():
        is_sending = (is_ours(session, Delivery), table.c.state == DeliveryState.SENDING)
        change = sa.update(table).where(table.c.id.in_(ids), *is_sending)
        settled_at = None if outcome.state is DeliveryState.RENDERED else now
        session.connection().execute(change.values(**outcome_values(outcome, table), settled_at=settled_at))


def outcome_values(outcome: Outcome, table: sa.Table) -> dict[str, Any]:
    """The values that an outcome gives the row of its mail (column → value)."""
    values = {"state": outcome.state, "reason": outcome.reason, "detail": outcome.detail, "retry_at": outcome.retry_at}
    return values | {"attempts": table.c.attempts - int(outcome.untried)}


def skip_who_left(session: Session, now: datetime) -> None:
    """Skip the waiting mails of subscribers who are no longer active."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    for is_state, reason in (
        (col(Subscriber.state) == SubscriberState.BANNED, DeliveryReason.BOUNCED),
        (col(Subscriber.state) != SubscriberState.ACTIVE, DeliveryReason.TAKES_NO_MAIL),
    ):
        takes_none = sa.select(col(Subscriber.id)).where(is_state)
        change = sa.update(table).where(
            is_ours(session, Delivery), _waits(table), table.c.subscriber_id.in_(takes_none)
        )
        session.connection().execute(change.values(**_skipped(reason, now)))


def put_off(session: Session, now: datetime) -> None:
    """Defer the waiting mails to mailboxes in trouble until these are tried again (`Subscriber.backed_off_until`)."""
    table, readers = Delivery.__table__, Subscriber.__table__  # type: ignore[attr-defined]
    is_backed_off = readers.c.backed_off_until > now
    until = sa.select(readers.c.backed_off_until).where(readers.c.id == table.c.subscriber_id).scalar_subquery()
    is_theirs = table.c.subscriber_id.in_(sa.select(readers.c.id).where(is_backed_off))
    change = sa.update(table).where(is_ours(session, Delivery), _waits(table), is_theirs)
    values = {"state": DeliveryState.DEFERRED, "reason": DeliveryReason.BACKED_OFF, "detail": None}
    session.connection().execute(change.values(**values, retry_at=until))


def hold_stale(session: Session, before: date) -> None:
    """Hold the editions from before this day that still have waiting mails, unless an admin released them.

    An old queue, for instance from a restored backup, is never sent before a person says so.
    """
    table, edition = Delivery.__table__, Edition.__table__  # type: ignore[attr-defined]
    has_waiting = edition.c.id.in_(sa.select(table.c.edition_id).where(is_ours(session, Delivery), _waits(table)))
    is_stale = (edition.c.on < before, edition.c.released_at.is_(None), edition.c.state != EditionState.HELD)
    change = sa.update(edition).where(is_ours(session, Edition), has_waiting, *is_stale)
    values = {"state": EditionState.HELD, "held_for": HoldReason.STALE, "held_detail": None}
    session.connection().execute(change.values(**values))


def count_sent(session: Session, since: datetime, of_days_from: date) -> int:
    """The number of mails that left, or may have, since an instant: of editions from a day on and of released ones."""
    states = [DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN]
    left = sa.and_(is_ours(session, Delivery), col(Delivery.state).in_(states))
    may_leave = sa.or_(col(Edition.on) >= of_days_from, col(Edition.released_at).is_not(None))
    recent = col(Delivery.edition_id).in_(select(Edition.id).where(may_leave))
    return session.exec(select(sa.func.count()).where(recent, left, col(Delivery.sending_at) >= since)).one()


def _waits(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.state.in_([DeliveryState.RENDERED, DeliveryState.DEFERRED])


def rendered_in(session: Session, edition_id: int) -> list[Claimed]:
    """The rendered deliveries of an edition, as if they were claimed."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    is_meant = (is_ours(session, Delivery), table.c.edition_id == edition_id, table.c.state == DeliveryState.RENDERED)
    rows = session.connection().execute(sa.select(*_claimed_columns()).where(*is_meant).order_by(table.c.id))
    return [Claimed(*row) for row in rows]


def claim(session: Session, most: int, now: datetime, run_id: int) -> list[Claimed]:
    """Claim the next deliveries for a run: they are `sending` once this transaction is committed.

    In the order in which they were made; then deferred ones whose time has come. Sorted by content.
    """
    if most < 1:
        return []
    table = Delivery.__table__  # type: ignore[attr-defined]
    claimed = _promise(session, _rendered(table), most, now, run_id)
    if len(claimed) < most:
        claimed += _promise(session, _due_again(table, now), most - len(claimed), now, run_id)
    return claimed


def count_waiting(session: Session, now: datetime) -> int:
    """The number of deliveries that could be claimed now."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    query = sa.select(sa.func.count()).select_from(table).where(is_ours(session, Delivery), _claimable(table, now))
    return int(session.connection().execute(query).scalar_one())


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether any delivery could be claimed now."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c.id).where(is_ours(session, Delivery), _claimable(table, now)).limit(1)
    return session.connection().execute(query).first() is not None


def _claimable(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    is_now = sa.or_(_rendered(table), _due_again(table, now))
    return sa.and_(_waits(table), is_now, _may_leave(table))  # `_waits` only repeats it, so that the index is used


def _rendered(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.state == DeliveryState.RENDERED


def _due_again(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.state == DeliveryState.DEFERRED, table.c.retry_at <= now)


def _may_leave(table: sa.Table) -> sa.ColumnElement[bool]:
    """Only built editions may leave: before that it is not known whether they are held."""
    waiting = sa.select(col(Edition.id)).where(col(Edition.state) != EditionState.BUILT)
    return table.c.edition_id.not_in(waiting)


def _promise(session: Session, waits: sa.ColumnElement[bool], most: int, now: datetime, run_id: int) -> list[Claimed]:
    table = Delivery.__table__  # type: ignore[attr-defined]
    waits = sa.and_(is_ours(session, Delivery), waits)
    ids = sa.select(table.c.id).where(waits, _may_leave(table)).order_by(table.c.id).limit(most)
    # The condition is repeated here: of two concurrent claims on PostgreSQL, the later re-checks only the outer one.
    change = sa.update(table).where(table.c.id.in_(ids.scalar_subquery()), waits)
    values = {"state": DeliveryState.SENDING, "sending_at": now, "run_id": run_id}
    change = change.values(**values, attempts=table.c.attempts + 1)
    claimed = [Claimed(*row) for row in session.connection().execute(change.returning(*_claimed_columns()))]
    return sorted(claimed, key=lambda delivery: (delivery.content_id, delivery.id))


def _claimed_columns() -> list[sa.ColumnElement[Any]]:
    table = Delivery.__table__  # type: ignore[attr-defined]
    return [table.c[name] for name in Claimed._fields]


def in_flight(session: Session, living: Collection[int | None]) -> list[InFlight]:
    """The deliveries in `sending` that a dead process left: all but those of the `living` runs."""
    is_sending = (is_ours(session, Delivery), Delivery.state == DeliveryState.SENDING)
    rows = session.exec(select(Delivery.id, Delivery.run_id).where(*is_sending).order_by(col(Delivery.id)))
    return [InFlight(delivery_id or 0, run_id) for delivery_id, run_id in rows if run_id not in living]


def mail_of(session: Session, delivery_id: int) -> Claimed | None:
    """A delivery as it was or will be claimed; None if it has no frozen mail, or no longer."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    is_meant = (table.c.id == delivery_id, table.c.content_id.is_not(None), table.c.recipient.is_not(None))
    query = sa.select(*_claimed_columns()).where(is_ours(session, Delivery), *is_meant)
    row = session.connection().execute(query).first()
    return Claimed(*row) if row else None


def got_by(session: Session, subscriber_id: int) -> list[Claimed]:
    """What a reader got or may have got, as claimed, oldest first; without those whose frozen mail is gone."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    came = table.c.state.in_([DeliveryState.SENT, DeliveryState.UNKNOWN])
    is_meant = (is_ours(session, Delivery), table.c.subscriber_id == subscriber_id)
    query = sa.select(*_claimed_columns()).where(*is_meant, came)
    rows = session.connection().execute(query.where(table.c.content_id.is_not(None)).order_by(table.c.id))
    return [Claimed(*row) for row in rows]


def skip_waiting(session: Session, subscriber_id: int, reason: DeliveryReason, now: datetime) -> None:
    """Skip the waiting deliveries of one reader."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    waits = table.c.state.in_([DeliveryState.RENDERED, DeliveryState.DEFERRED])
    change = sa.update(table).where(is_ours(session, Delivery), table.c.subscriber_id == subscriber_id, waits)
    session.connection().execute(change.values(**_skipped(reason, now)))


def _skipped(reason: DeliveryReason, now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.SKIPPED, "reason": reason, "detail": None, "settled_at": now}
