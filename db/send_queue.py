"""Claims: which deliveries may leave and are promised, what became of them, and what keeps others waiting.

A mail is `sending` in a committed row before its first byte leaves. Does not send (`jobs.delivery.senders`) and does
not say what a delivery tells (`db.deliveries`).
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
    """A delivery that its process has promised to send, with what filling its frozen mail needs."""

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
    """A delivery that is being sent, and the run that claimed it; None where its version did not write that down."""

    id: int
    run_id: int | None


class Outcome(NamedTuple):
    """What became of one claimed delivery."""

    id: int
    state: DeliveryState
    reason: DeliveryReason | None = None
    detail: str | None = None  # what the mail server said
    retry_at: datetime | None = None
    untried: bool = False  # there was no session to try it in: the attempt does not count


def settle(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Write down what became of deliveries that were being sent; one that is no longer `sending` stays as it is.

    An outcome of `rendered` says that the mail was promised and never begun: it waits again.
    """
    table = Delivery.__table__  # type: ignore[attr-defined]
    alike: dict[Outcome, list[int]] = {}
    for one in outcomes:
        alike.setdefault(one._replace(id=0), []).append(one.id)
    for told, ids in alike.items():
        is_sending = (is_ours(session, Delivery), table.c.state == DeliveryState.SENDING)
        change = sa.update(table).where(table.c.id.in_(ids), *is_sending)
        settled_at = None if told.state is DeliveryState.RENDERED else now
        session.connection().execute(change.values(**outcome_values(told, table), settled_at=settled_at))


def outcome_values(outcome: Outcome, table: sa.Table) -> dict[str, Any]:
    """What an outcome makes of the row of its mail (column → value)."""
    told = {"state": outcome.state, "reason": outcome.reason, "detail": outcome.detail, "retry_at": outcome.retry_at}
    return told | {"attempts": table.c.attempts - int(outcome.untried)}


def skip_who_left(session: Session, now: datetime) -> None:
    """Mails that wait for somebody who takes none any more are not sent."""
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
    """Mails that wait for a mailbox in trouble wait until it is tried again (`Subscriber.backed_off_until`)."""
    table, readers = Delivery.__table__, Subscriber.__table__  # type: ignore[attr-defined]
    is_backed_off = readers.c.backed_off_until > now
    until = sa.select(readers.c.backed_off_until).where(readers.c.id == table.c.subscriber_id).scalar_subquery()
    whose = table.c.subscriber_id.in_(sa.select(readers.c.id).where(is_backed_off))
    change = sa.update(table).where(is_ours(session, Delivery), _waits(table), whose)
    told = {"state": DeliveryState.DEFERRED, "reason": DeliveryReason.BACKED_OFF, "detail": None}
    session.connection().execute(change.values(**told, retry_at=until))


def hold_stale(session: Session, before: date) -> None:
    """Editions of a day before this one with mails that wait still are held, if nobody released them.

    An old queue, as from a backup that was restored, never leaves without a person's word.
    """
    table, edition = Delivery.__table__, Edition.__table__  # type: ignore[attr-defined]
    has_waiting = edition.c.id.in_(sa.select(table.c.edition_id).where(is_ours(session, Delivery), _waits(table)))
    is_stale = (edition.c.on < before, edition.c.released_at.is_(None), edition.c.state != EditionState.HELD)
    change = sa.update(edition).where(is_ours(session, Edition), has_waiting, *is_stale)
    told = {"state": EditionState.HELD, "held_for": HoldReason.STALE, "held_detail": None}
    session.connection().execute(change.values(**told))


def count_sent(session: Session, since: datetime, of_days_from: date) -> int:
    """How many mails have left since then, or may have: of editions from a day on, and of those that were released."""
    states = [DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNKNOWN]
    left = sa.and_(is_ours(session, Delivery), col(Delivery.state).in_(states))
    could = sa.or_(col(Edition.on) >= of_days_from, col(Edition.released_at).is_not(None))
    recent = col(Delivery.edition_id).in_(select(Edition.id).where(could))
    return session.exec(select(sa.func.count()).where(recent, left, col(Delivery.sending_at) >= since)).one()


def _waits(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.state.in_([DeliveryState.RENDERED, DeliveryState.DEFERRED])


def rendered_in(session: Session, edition_id: int) -> list[Claimed]:
    """The rendered deliveries of an edition, as they would be claimed."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    is_meant = (is_ours(session, Delivery), table.c.edition_id == edition_id, table.c.state == DeliveryState.RENDERED)
    rows = session.connection().execute(sa.select(*_claimed_columns()).where(*is_meant).order_by(table.c.id))
    return [Claimed(*row) for row in rows]


def claim(session: Session, most: int, now: datetime, run_id: int) -> list[Claimed]:
    """Promise for a run to send the next deliveries: they are `sending` once this transaction is committed.

    In the order in which they were made; deferred ones when their time comes. Those of one content come together.
    """
    if most < 1:
        return []
    table = Delivery.__table__  # type: ignore[attr-defined]
    claimed = _promise(session, _rendered(table), most, now, run_id)
    if len(claimed) < most:
        claimed += _promise(session, _due_again(table, now), most - len(claimed), now, run_id)
    return claimed


def count_waiting(session: Session, now: datetime) -> int:
    """How many deliveries could be claimed now."""
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
    return sa.and_(_waits(table), is_now, _may_leave(table))  # said twice: by this the index finds them


def _rendered(table: sa.Table) -> sa.ColumnElement[bool]:
    return table.c.state == DeliveryState.RENDERED


def _due_again(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.state == DeliveryState.DEFERRED, table.c.retry_at <= now)


def _may_leave(table: sa.Table) -> sa.ColumnElement[bool]:
    """Nothing of an edition leaves before it is whole: only then is it known whether it is held."""
    waiting = sa.select(col(Edition.id)).where(col(Edition.state) != EditionState.BUILT)
    return table.c.edition_id.not_in(waiting)


def _promise(session: Session, waits: sa.ColumnElement[bool], most: int, now: datetime, run_id: int) -> list[Claimed]:
    table = Delivery.__table__  # type: ignore[attr-defined]
    waits = sa.and_(is_ours(session, Delivery), waits)
    ids = sa.select(table.c.id).where(waits, _may_leave(table)).order_by(table.c.id).limit(most)
    # Said twice: where two claim at once on PostgreSQL, the later one looks again at this condition alone.
    change = sa.update(table).where(table.c.id.in_(ids.scalar_subquery()), waits)
    told = {"state": DeliveryState.SENDING, "sending_at": now, "run_id": run_id}
    change = change.values(**told, attempts=table.c.attempts + 1)
    found = [Claimed(*row) for row in session.connection().execute(change.returning(*_claimed_columns()))]
    return sorted(found, key=lambda one: (one.content_id, one.id))


def _claimed_columns() -> list[sa.ColumnElement[Any]]:
    table = Delivery.__table__  # type: ignore[attr-defined]
    return [table.c[name] for name in Claimed._fields]


def in_flight(session: Session, living: Collection[int | None]) -> list[InFlight]:
    """The deliveries that are being sent, but for those of runs that live: a dead process left them."""
    is_sending = (is_ours(session, Delivery), Delivery.state == DeliveryState.SENDING)
    found = session.exec(select(Delivery.id, Delivery.run_id).where(*is_sending).order_by(col(Delivery.id)))
    return [InFlight(delivery_id or 0, run_id) for delivery_id, run_id in found if run_id not in living]


def mail_of(session: Session, delivery_id: int) -> Claimed | None:
    """A delivery as it was or will be claimed; None where it has no frozen mail (any more)."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    is_meant = (table.c.id == delivery_id, table.c.content_id.is_not(None), table.c.recipient.is_not(None))
    query = sa.select(*_claimed_columns()).where(is_ours(session, Delivery), *is_meant)
    row = session.connection().execute(query).first()
    return Claimed(*row) if row else None


def got_by(session: Session, subscriber_id: int) -> list[Claimed]:
    """What a reader got or may have got, as it was claimed, oldest first; not where its frozen mail is gone."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    came = table.c.state.in_([DeliveryState.SENT, DeliveryState.UNKNOWN])
    mine = (is_ours(session, Delivery), table.c.subscriber_id == subscriber_id)
    query = sa.select(*_claimed_columns()).where(*mine, came)
    rows = session.connection().execute(query.where(table.c.content_id.is_not(None)).order_by(table.c.id))
    return [Claimed(*row) for row in rows]


def skip_waiting(session: Session, subscriber_id: int, reason: DeliveryReason, now: datetime) -> None:
    """What waits to be sent to one reader is not sent."""
    table = Delivery.__table__  # type: ignore[attr-defined]
    waits = table.c.state.in_([DeliveryState.RENDERED, DeliveryState.DEFERRED])
    change = sa.update(table).where(is_ours(session, Delivery), table.c.subscriber_id == subscriber_id, waits)
    session.connection().execute(change.values(**_skipped(reason, now)))


def _skipped(reason: DeliveryReason, now: datetime) -> dict[str, Any]:
    return {"state": DeliveryState.SKIPPED, "reason": reason, "detail": None, "settled_at": now}
