"""A person's word on deliveries: what became of one in doubt, and that one is sent again.

Does not send (`jobs.deliver`). Every word is kept in the audit, with its reason and what stood there before.
"""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlmodel import Session

from db import admins
from db.deliveries import Delivery, DeliveryState
from db.editions import Edition, EditionState
from db.regions import find_ours, get_ours
from db.subscribers import Subscriber, SubscriberState
from jobs.attempts import NOT_ALLOWED
from jobs.desk import Desk
from tracker.errors import StateError


class Word(StrEnum):
    """What a person found in the mail server's log."""

    SENT = "sent"  # the server has taken it
    LOST = "lost"  # the server has never had it


def resolve(desk: Desk, delivery_id: int, word: Word, by: str, reason: str) -> None:
    """Settle a delivery in doubt by what a person knows; one that was lost may be sent again.

    StateError for one that is not in doubt.
    """
    with desk.db.write() as session:
        delivery = _delivery(session, delivery_id)
        if delivery.state is not DeliveryState.UNKNOWN:
            raise StateError(f"delivery {delivery_id} is {delivery.state.value}; only an unknown one is in doubt")
        _note(session, desk.clock(), by, f"delivery resolved as {word.value}", delivery, reason)
        delivery.state = DeliveryState.SENT if word is Word.SENT else DeliveryState.REFUSED
        delivery.reason = f"{word.value}: {reason}"
        delivery.settled_at = desk.clock()


def resend(desk: Desk, delivery_id: int, by: str, reason: str) -> None:
    """Let a delivery that did not arrive, or may not have, leave once more: the same bytes.

    StateError where it may not.
    """
    with desk.db.write() as session:
        delivery = _delivery(session, delivery_id)
        if fault := _why_not(session, delivery, desk.today() - timedelta(days=desk.settings.mail.stale_days)):
            raise StateError(f"delivery {delivery_id} {fault}")
        _note(session, desk.clock(), by, "delivery sent again", delivery, reason)
        delivery.state, delivery.attempts = DeliveryState.RENDERED, 0
        delivery.reason = delivery.settled_at = delivery.retry_at = None


def _delivery(session: Session, delivery_id: int) -> Delivery:
    found = find_ours(session, Delivery, delivery_id)
    if found is None:
        raise StateError(f"delivery {delivery_id}: there is none; tracker deliveries list shows them")
    return found


def _why_not(session: Session, delivery: Delivery, stale_before: date) -> str | None:
    """Why a delivery is not sent again; None where nothing speaks against it."""
    was_not_allowed = delivery.state is DeliveryState.SKIPPED and delivery.reason == NOT_ALLOWED
    if delivery.state not in (DeliveryState.REFUSED, DeliveryState.UNKNOWN) and not was_not_allowed:
        return f"is {delivery.state.value}; only what was refused, lost, unknown or not allowed is sent again"
    reader = find_ours(session, Subscriber, delivery.subscriber_id)
    if reader is None or reader.state is not SubscriberState.ACTIVE or delivery.content_id is None:
        return f"is for subscriber {delivery.subscriber_id}, who takes no mail; tracker bounces unban ends a ban"
    edition = get_ours(session, Edition, delivery.edition_id)
    is_stale = edition.on < stale_before and edition.released_at is None
    if edition.state is EditionState.HELD or is_stale:
        return f"is of edition {edition.id}, which is held or stale; tracker editions release {edition.id} lets it go"
    return None


def _note(session: Session, at: datetime, by: str, action: str, delivery: Delivery, reason: str) -> None:
    was = {"state": delivery.state.value, "reason": delivery.reason, "attempts": delivery.attempts}
    admins.note(session, at, by, action, f"delivery {delivery.id}", {"reason": reason, "was": was})
