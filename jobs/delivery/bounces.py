"""Bounces: record each returned mail once, then pause or ban its mailbox.

- The mailbox is gone (hard), or its owner complained: no more mail, at once.
- It is full, or its server has a problem (soft): no mail for 2 hours, then 4, 8, 16, 32 and 64, then no more at all.
  What comes back during such a pause has the same cause and is not counted again. If a mail sent after the pause has
  not come back within `STOOD`, the mailbox has recovered and its count starts from zero.
- Automatic replies, servers that still try, refusals by somebody's policy and unsigned reports change nothing.

Does not interpret a returned mail (`tracker.emails.bounces`) or fetch it (`tracker.emails.mailboxes`).
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any

import structlog
from sqlmodel import Session

from db import audit, bounces, event_log, subscribers
from db.audit import Signed
from db.bounces import Bounce, BounceKind, Returned
from db.deliveries import DeliveryState
from db.regions import find_ours
from db.send_queue import Outcome
from db.subscribers import Subscriber, SubscriberChange, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from jobs.base.runs import recorded
from tracker.addresses import sought_address
from tracker.emails import bounces as reports
from tracker.emails import refusals
from tracker.emails.bounces import BounceReport
from tracker.emails.mailboxes import ReturnedMail
from tracker.emails.tokens import LETTER_BOUNCE
from tracker.errors import MailboxError, NotFound, Noun, WrongState

PAUSES = (2, 4, 8, 16, 32, 64)  # hours
STOOD = timedelta(days=7)  # longer than mail servers keep trying: no report of that mail will come any more
SERVER = "mail server"
ENDS = {BounceKind.HARD: "the mailbox does not exist", BounceKind.COMPLAINT: "its owner complained"}
UNSIGNED = "not signed by us, changes nothing: "


def read_bounces(app: App, mails: Iterable[ReturnedMail]) -> Counter[BounceKind]:
    """Read a mailbox as `note_bounces` does, and record a run unless there was nothing to read."""
    waiting = iter(mails)
    try:
        first = next(waiting, None)
    except MailboxError:
        with recorded(app.db, "bounces", None, app.clock):
            raise
    if first is None:
        return Counter()
    with recorded(app.db, "bounces", None, app.clock) as run:
        counts = note_bounces(app, chain([first], waiting))
        run.counts = {kind.value: count for kind, count in counts.items()}
    structlog.get_logger().info("bounces read", run=run.id, **run.counts)
    return counts


def note_bounces(app: App, mails: Iterable[ReturnedMail]) -> Counter[BounceKind]:
    """Record every returned mail and act on it, each in its own transaction; return how many of each kind were new.

    A mail is marked as read in its mailbox only after its row is committed.
    """
    counts: Counter[BounceKind] = Counter()
    for mail in mails:
        report = reports.read(mail.raw)
        with app.db.write() as session:
            is_new = _take(session, app, report)
        mail.done()
        counts[report.kind] += is_new
    return +counts


def _take(session: Session, app: App, report: BounceReport) -> bool:
    if bounces.is_noted(session, report.hash):
        return False
    now = app.clock()
    returned = origin(session, report, app.secret) or Returned(None, None, False)
    detail = report.detail if returned.signed or returned.delivery_id is None else UNSIGNED + report.detail
    bounce = Bounce(
        at=now,
        kind=report.kind,
        subscriber_id=returned.subscriber_id,
        delivery_id=returned.delivery_id,
        detail=detail,
        hash=report.hash,
    )
    session.add(bounce)
    session.flush()
    if returned.signed:
        apply_bounce(session, bounce, now)
    return True


def origin(session: Session, report: BounceReport, secret: bytes) -> Returned | None:
    """Find out which of our mails came back: by its return path, else its Message-ID, else an unsigned header."""
    if path := reports.signed_origin(report, secret):
        purpose, number = path
        return (
            bounces.letter_returned(session, number)
            if purpose == LETTER_BOUNCE
            else bounces.delivery_returned(session, number, signed=True)
        )
    if names := reports.signed_edition(report, secret):
        return bounces.edition_returned(session, *names)
    number_in_clear = reports.unsigned_delivery(report)
    return bounces.delivery_returned(session, number_in_clear, signed=False) if number_in_clear else None


def note_refusals(session: Session, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Record as bounces the outcomes in which the server refused the recipient while we were connected."""
    for outcome in outcomes:
        kind = refusals.refusal(outcome.detail or "") if outcome.state is DeliveryState.REFUSED else None
        returned = bounces.delivery_returned(session, outcome.id, signed=True) if kind else None
        if kind and returned:
            unique = sha256(f"refused {outcome.id} {now.isoformat()}".encode()).hexdigest()
            owner: dict[str, Any] = {"subscriber_id": returned.subscriber_id, "delivery_id": outcome.id}
            bounce = Bounce(at=now, kind=kind, **owner, detail=outcome.detail or "", hash=unique)
            session.add(bounce)
            session.flush()
            apply_bounce(session, bounce, now)


def apply_bounce(session: Session, bounce: Bounce, now: datetime) -> None:
    """Ban or pause the mailbox of a bounce that is signed, as its kind demands."""
    reader = find_ours(session, Subscriber, bounce.subscriber_id) if bounce.subscriber_id else None
    if reader is None or reader.state not in (SubscriberState.ACTIVE, SubscriberState.PENDING):
        return
    if bounce.kind in ENDS:
        _ban(session, reader, bounce, ENDS[bounce.kind], now)
    elif bounce.kind is BounceKind.SOFT and not (reader.backed_off_until and reader.backed_off_until > now):
        _back_off(session, reader, bounce, now)


def _back_off(session: Session, reader: Subscriber, bounce: Bounce, now: datetime) -> None:
    if reader.soft_bounces >= len(PAUSES):
        _ban(session, reader, bounce, f"it bounced {reader.soft_bounces + 1} times in a row", now)
        return
    reader.backed_off_until = now + timedelta(hours=PAUSES[reader.soft_bounces])
    reader.soft_bounces += 1
    session.add(reader)
    until = reader.backed_off_until.isoformat()
    _log("mailbox paused", bounce, until=until, soft_bounces=reader.soft_bounces)
    signed = Signed(SERVER, "the mailbox bounced", now)
    _remember(session, reader, SubscriptionEvent.BACKED_OFF, signed, {"bounce": bounce.id})


def _ban(session: Session, reader: Subscriber, bounce: Bounce, reason: str, now: datetime) -> None:
    was, reader.state = reader.state, SubscriberState.BANNED
    session.add(reader)
    _log("mailbox banned", bounce, reason=reason)
    detail: dict[str, object] = {"bounce": bounce.id, "was": was.value}
    signed = Signed(SERVER, reason, now)
    _remember(session, reader, SubscriptionEvent.BANNED, signed, detail)
    audit.append_audit(session, signed, "subscriber banned", f"subscriber {reader.id}", detail)


def forgive_recovered(session: Session, now: datetime) -> None:
    """Reset the bounce count of mailboxes that have recovered."""
    bounces.reset_recovered_mailboxes(session, now - STOOD)


def unban(session: Session, subscriber_id: int, signed: Signed) -> None:
    """Unban a mailbox: its bounce count is zero, and it gets news from now on. WrongState if it is not banned."""
    reader = find_ours(session, Subscriber, subscriber_id)
    if reader is None:
        raise NotFound(Noun.SUBSCRIBER, subscriber_id)
    if reader.state is not SubscriberState.BANNED:
        raise WrongState(Noun.SUBSCRIBER, subscriber_id, reader.state, (SubscriberState.BANNED,))
    banned = bounces.change_of(session, subscriber_id, SubscriptionEvent.BANNED)
    reader.state = SubscriberState(banned.detail.get("was", "active")) if banned else SubscriberState.ACTIVE
    reader.soft_bounces, reader.backed_off_until = 0, None
    session.add(reader)
    subscribers.move_cursors(session, [subscriber_id], event_log.last_seq(session))
    _remember(session, reader, SubscriptionEvent.UNBANNED, signed, {})
    structlog.get_logger().info("mailbox unbanned", subscriber=subscriber_id)
    audit.append_audit(session, signed, "subscriber unbanned", f"subscriber {subscriber_id}")


def let_back(app: App, address: str, signed: Signed) -> None:
    """Unban the mailbox of an address. NotFound if there is none, WrongState if it is not banned."""
    with app.db.write() as session:
        reader = subscribers.subscriber_at(session, sought_address(address))
        if reader is None:
            raise NotFound(Noun.SUBSCRIBER, address)
        unban(session, reader.id or 0, signed._replace(at=app.clock()))  # after any wait for the row


def _log(event: str, bounce: Bounce, **details: object) -> None:
    """Log what became of a mailbox, without its server's words: they may name an address."""
    ids = {"subscriber": bounce.subscriber_id, "bounce": bounce.id, "kind": bounce.kind.value}
    structlog.get_logger().info(event, **ids, **details)


def _remember(
    session: Session, reader: Subscriber, what: SubscriptionEvent, signed: Signed, detail: dict[str, object]
) -> None:
    by, reason, at = signed
    change = SubscriberChange(subscriber_id=reader.id or 0, at=at, what=what, by=by, reason=reason, detail=detail)
    session.add(change)
