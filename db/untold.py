"""Mails that never reached their reader: taken out of the ledger, so that the next edition tells what they told.

Does not decide when (`jobs.delivery.bans`).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.bounces import Bounce, BounceKind
from db.deliveries import MAY_HAVE_ARRIVED, Delivery, DeliveryItem, DeliveryReason, DeliveryState
from db.editions import Edition, EditionKind
from db.regions import is_ours
from db.subscribers import Subscriber, move_cursors_back

CAME_BACK = (BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY)  # who complains has had the mail


def tell_again(session: Session, subscriber_id: int, since: datetime) -> int:
    """Let a reader's next edition tell what those mails told that were made since an instant and never arrived.

    These mails stay in the ledger as mails that told nothing. A welcome is made anew. Returns how many there were.
    """
    mails = _never_arrived(session, subscriber_id, since)
    if not mails:
        return 0
    numbers = [number for number, _, _ in mails]
    table, items = Delivery.__table__, DeliveryItem.__table__  # type: ignore[attr-defined]
    is_theirs = items.c.delivery_id.in_(numbers)
    first_event = session.connection().execute(sa.select(sa.func.min(items.c.event_seq)).where(is_theirs)).scalar()
    session.connection().execute(sa.delete(items).where(is_theirs))
    change = sa.update(table).where(is_ours(session, Delivery), table.c.id.in_(numbers))
    session.connection().execute(change.values(content_id=None, segment_id=None, from_seq=None))
    cursors = [from_seq for _, from_seq, _ in mails if from_seq is not None]
    before = [*cursors, *([first_event - 1] if first_event else [])]
    if before:
        move_cursors_back(session, [subscriber_id], min(before))
    if any(kind is EditionKind.WELCOME for _, _, kind in mails):
        anew = sa.update(Subscriber).where(is_ours(session, Subscriber), col(Subscriber.id) == subscriber_id)
        session.connection().execute(anew.values(welcomed_at=None))
    return len(mails)


def _never_arrived(session: Session, subscriber_id: int, since: datetime) -> list[tuple[int, int | None, EditionKind]]:
    """The mails of editions that were refused, came back, or waited until their mailbox was banned."""
    came_back = sa.exists().where(col(Bounce.delivery_id) == col(Delivery.id), col(Bounce.kind).in_(CAME_BACK))
    never = sa.or_(
        col(Delivery.state) == DeliveryState.REFUSED,
        sa.and_(col(Delivery.state) == DeliveryState.SKIPPED, col(Delivery.reason) == DeliveryReason.BOUNCED),
        sa.and_(col(Delivery.state).in_(MAY_HAVE_ARRIVED), came_back),
    )
    query = select(Delivery.id, Delivery.from_seq, Edition.kind).join(Edition)
    query = query.where(is_ours(session, Delivery), Delivery.subscriber_id == subscriber_id, never)
    query = query.where(col(Delivery.made_at) >= since, col(Delivery.content_id).is_not(None))
    return [(number or 0, from_seq, EditionKind(kind)) for number, from_seq, kind in session.exec(query)]
