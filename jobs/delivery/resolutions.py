"""Resolve a delivery whose outcome is unknown, or send it again.

Either is a person's decision; the audit keeps it with its reason and the delivery's state before. The sending itself is
done by `jobs.delivery.deliver`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlmodel import Session

from db import audit, deliveries
from db.acts import TELLS, Act
from db.audit import Signed
from db.deliveries import Delivery, DeliveryReason, DeliveryState, ToldItem, items_of
from db.editions import Edition, EditionState
from db.regions import find_ours, get_ours
from db.subscribers import Subscriber, SubscriberState
from jobs.base.app import App
from tracker.errors import Code, NotFound, Noun, Refusal, WrongState

RESENDABLE = (DeliveryState.REFUSED, DeliveryState.UNKNOWN, "not allowed")  # a delivery that was lost is refused


class Resolution(StrEnum):
    """What a person found out from the mail server's log."""

    SENT = "sent"  # the server accepted it
    LOST = "lost"  # the server never had it


BECOMES = {Resolution.SENT: DeliveryState.SENT, Resolution.LOST: DeliveryState.REFUSED}


@dataclass(frozen=True, slots=True)
class DeliveryInFull:
    """A delivery with its edition and what it told."""

    delivery: Delivery
    edition: Edition
    told: tuple[ToldItem, ...]


def delivery_in_full(session: Session, delivery_id: int) -> DeliveryInFull:
    """Look up one delivery with its edition and what it told. NotFound if there is none."""
    delivery = find_ours(session, Delivery, delivery_id)
    if delivery is None:
        raise NotFound(Noun.DELIVERY, delivery_id)
    edition = get_ours(session, Edition, delivery.edition_id)
    return DeliveryInFull(delivery, edition, tuple(items_of(session, delivery_id)))


def resolve(app: App, delivery_id: int, resolution: Resolution, signed: Signed) -> None:
    """Settle a delivery whose outcome is unknown; one that was lost may be sent again.

    WrongState if its outcome is known.
    """
    with app.db.write() as session:
        delivery = _delivery(session, delivery_id)
        if delivery.state is not DeliveryState.UNKNOWN:
            raise WrongState(Noun.DELIVERY, delivery_id, delivery.state, (DeliveryState.UNKNOWN,))
        _resolve(session, delivery, resolution, signed)


def resolve_all(app: App, edition_id: int, resolution: Resolution, signed: Signed) -> int:
    """Settle every delivery of an edition whose outcome is unknown; returns how many there were. Refusal for none."""
    with app.db.write() as session:
        unknown = deliveries.list_deliveries(session, [DeliveryState.UNKNOWN], edition_id, None)
        if not unknown:
            raise Refusal(Code.NONE_UNKNOWN, edition=edition_id)
        for delivery in unknown:
            _resolve(session, delivery, resolution, signed)
    return len(unknown)


def _resolve(session: Session, delivery: Delivery, resolution: Resolution, signed: Signed) -> None:
    was = _facts(delivery)
    delivery.state = BECOMES[resolution]
    delivery.reason, delivery.detail = DeliveryReason.RESOLVED, signed.reason
    delivery.settled_at = signed.at
    act = Act.DELIVERY_SENT if resolution is Resolution.SENT else Act.DELIVERY_LOST
    audit.append_audit(session, signed, act, f"delivery {delivery.id}", before=was, after=_facts(delivery))


def resend_all(app: App, edition_id: int, signed: Signed) -> int:
    """Queue every mail of an edition again whose outcome is unknown, but to those who take no mail any more.

    Returns how many. Refusal for none, or if the edition is held or stale.
    """
    with app.db.write() as session:
        unknown = deliveries.list_deliveries(session, [DeliveryState.UNKNOWN], edition_id, None)
        takes_mail = [one for one in unknown if _takes_mail(session, one)]
        if not takes_mail:
            raise Refusal(Code.NONE_UNKNOWN, edition=edition_id)
        for delivery in takes_mail:
            _resend(session, app, delivery, signed)
    return len(takes_mail)


def resend(app: App, delivery_id: int, signed: Signed) -> None:
    """Queue a delivery again that did not arrive or may not have; the mail is the same byte for byte.

    WrongState or Refusal if it may not be sent again.
    """
    with app.db.write() as session:
        _resend(session, app, _delivery(session, delivery_id), signed)


def _resend(session: Session, app: App, delivery: Delivery, signed: Signed) -> None:
    _must_be_resendable(session, delivery, app.today() - timedelta(days=app.settings.mail.stale_days))
    was = _facts(delivery)
    delivery.state, delivery.attempts = DeliveryState.RENDERED, 0
    delivery.reason = delivery.detail = delivery.settled_at = delivery.retry_at = None
    subject, after = f"delivery {delivery.id}", _facts(delivery)
    audit.append_audit(session, signed, Act.DELIVERY_AGAIN, subject, before=was, after=after)


def _takes_mail(session: Session, delivery: Delivery) -> bool:
    reader = find_ours(session, Subscriber, delivery.subscriber_id)
    return reader is not None and reader.state is SubscriberState.ACTIVE and delivery.content_id is not None


def _delivery(session: Session, delivery_id: int) -> Delivery:
    delivery = find_ours(session, Delivery, delivery_id)
    if delivery is None:
        raise NotFound(Noun.DELIVERY, delivery_id)
    return delivery


def _must_be_resendable(session: Session, delivery: Delivery, stale_before: date) -> None:
    """WrongState or Refusal for a delivery that may not be sent again, with the reason."""
    was_not_allowed = delivery.state is DeliveryState.SKIPPED and delivery.reason is DeliveryReason.NOT_ALLOWED
    if delivery.state not in (DeliveryState.REFUSED, DeliveryState.UNKNOWN) and not was_not_allowed:
        raise WrongState(Noun.DELIVERY, delivery.id, delivery.state, RESENDABLE)
    if not _takes_mail(session, delivery):
        raise Refusal(Code.TAKES_NO_MAIL, delivery=delivery.id, subscriber=delivery.subscriber_id)
    edition = get_ours(session, Edition, delivery.edition_id)
    is_stale = edition.on < stale_before and edition.released_at is None
    if edition.state is EditionState.HELD or is_stale:
        raise Refusal(Code.EDITION_WAITS, delivery=delivery.id, edition=edition.id)


def _facts(delivery: Delivery) -> dict[str, object]:
    return {name: getattr(delivery, name) for name in TELLS[Act.DELIVERY_AGAIN].changes}
