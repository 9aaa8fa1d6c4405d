"""Bounces: record each returned mail once, then pause its mailbox or have it banned (`jobs.delivery.bans`).

- The mailbox is gone (hard), or its owner complained: no more mail, at once, unless too many would be banned together.
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
from itertools import chain, takewhile
from typing import Any

import structlog
from sqlmodel import Session

from db import bounces
from db.audit import Signed
from db.bounces import Bounce, BounceEffect, BounceKind, Returned
from db.deliveries import DeliveryState
from db.regions import find_ours
from db.send_queue import Outcome
from db.subscribers import Subscriber, SubscriptionEvent
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.delivery import bans
from tracker.emails import bounces as reports
from tracker.emails import refusals
from tracker.emails.bounces import BounceReport
from tracker.emails.mailboxes import ReturnedMail
from tracker.emails.tokens import LETTER_BOUNCE
from tracker.errors import MailboxError

PAUSES = (2, 4, 8, 16, 32, 64)  # hours
STOOD = timedelta(days=7)  # longer than mail servers keep trying: no report of that mail will come any more
SOFT = BounceKind.SOFT
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
        counts = note_bounces(app, chain([first], waiting), run.id)
        with app.db.write() as session:
            bans.renew_notice(session, app)
        run.counts = {kind.value: count for kind, count in counts.items()}
    structlog.get_logger().info("bounces read", run=run.id, **run.counts)
    return counts


def note_bounces(app: App, mails: Iterable[ReturnedMail], run_id: int | None = None) -> Counter[BounceKind]:
    """Record every returned mail and act on it, each in its own transaction; return how many of each kind were new.

    A mail is marked as read in its mailbox only after its row is committed. Told to stop, the rest stay unread.
    """
    counts: Counter[BounceKind] = Counter()
    for mail in takewhile(lambda _: not app.stop.is_set(), mails):
        report = reports.read(mail.raw)
        with app.db.write() as session:
            is_new = _take(session, app, report, run_id)
        mail.done()
        counts[report.kind] += is_new
    return +counts


def _take(session: Session, app: App, report: BounceReport, run_id: int | None) -> bool:
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
        run_id=run_id,
        detail=detail,
        hash=report.hash,
    )
    session.add(bounce)
    session.flush()
    if returned.signed:
        apply_bounce(session, app, bounce)
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


def note_refusals(session: Session, app: App, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Record as bounces the outcomes in which a server refused a digest while we were connected."""
    for outcome in outcomes:
        if outcome.state is DeliveryState.REFUSED:
            _note_refusal(session, app, bounces.delivery_returned(session, outcome.id, signed=True), outcome, now)


def note_refused_letter(session: Session, app: App, outcome: Outcome, now: datetime) -> None:
    """Record as a bounce that a server refused a letter while we were connected."""
    if outcome.state is DeliveryState.REFUSED:
        _note_refusal(session, app, bounces.letter_returned(session, outcome.id), outcome, now)


def _note_refusal(session: Session, app: App, returned: Returned | None, outcome: Outcome, now: datetime) -> None:
    """Judge what the server said as a returned mail is judged, and act on it."""
    kind = refusals.refusal(outcome.detail or "")
    if kind is None or returned is None:
        return
    mail = f"delivery {outcome.id}" if returned.delivery_id else f"letter {outcome.id}"
    unique = sha256(f"refused {mail} {now.isoformat()}".encode()).hexdigest()
    owner: dict[str, Any] = {"subscriber_id": returned.subscriber_id, "delivery_id": returned.delivery_id}
    bounce = Bounce(at=now, kind=kind, **owner, run_id=returned.run_id, detail=outcome.detail or "", hash=unique)
    session.add(bounce)
    session.flush()
    apply_bounce(session, app, bounce)


def apply_bounce(session: Session, app: App, bounce: Bounce) -> None:
    """Ban or pause the mailbox of a bounce that is signed, as its kind demands."""
    reader = find_ours(session, Subscriber, bounce.subscriber_id) if bounce.subscriber_id else None
    if reader is None or reader.state not in bans.MAY_BE_BANNED:
        return
    is_resting = reader.backed_off_until is not None and reader.backed_off_until > bounce.at
    if bounce.kind in bans.ENDS or (bounce.kind is SOFT and not is_resting and reader.soft_bounces >= len(PAUSES)):
        bans.end(session, app, reader, bounce)
    elif bounce.kind is SOFT and not is_resting:
        _back_off(session, reader, bounce)


def _back_off(session: Session, reader: Subscriber, bounce: Bounce) -> None:
    reader.backed_off_until = bounce.at + timedelta(hours=PAUSES[reader.soft_bounces])
    reader.soft_bounces += 1
    bounce.effect = BounceEffect.PAUSED
    session.add(reader)
    until = reader.backed_off_until.isoformat()
    bans.log_mailbox("mailbox paused", bounce, until=until, soft_bounces=reader.soft_bounces)
    signed = Signed(bans.SERVER, "the mailbox bounced", bounce.at)
    bans.note_change(session, reader, SubscriptionEvent.BACKED_OFF, signed, {"bounce": bounce.id})


def forgive_recovered(session: Session, now: datetime) -> None:
    """Reset the bounce count of mailboxes that have recovered."""
    bounces.reset_recovered_mailboxes(session, now - STOOD)
