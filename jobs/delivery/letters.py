"""Send letters: mails to one person, such as confirmations and receipts. Claim → send → settle, one at a time.

A letter is `sending` in the database before its first byte leaves, and no transaction is open while a socket is. What
a dead process was sending becomes `unknown` and is never sent again.

Does not write them (`jobs.readers.letters`) or send digests (`jobs.delivery.deliver`).
"""

import threading
from collections import Counter

import structlog

from db import letters
from db.deliveries import DeliveryReason, DeliveryState
from db.letters import ClaimedLetter
from db.send_queue import Outcome
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.delivery.bounces import note_refused_letter
from jobs.delivery.retry import Attempt, attempt
from tracker.emails import service_mails as wording
from tracker.emails.mailer import Transport, is_allowed, open_pace, open_transport
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import LETTER_BOUNCE

BACK_OFF = (1, 5, 15, 60, 240, 960)  # minutes before the next attempt: somebody waits for the letter


def send_letters(app: App, stop: threading.Event | None = None) -> Counter[DeliveryState]:
    """Send every letter that is due until none is left or `stop` is set; return how many came to each state.

    Call it under the lock of delivering. Ends early if the mail server accepts no session.
    """
    counts: Counter[DeliveryState] = Counter()
    with app.db.write() as session:
        counts[DeliveryState.UNKNOWN] += (given_up := letters.give_up_in_flight(session, app.clock()))
        is_idle = not letters.has_waiting_letters(session, app.clock())
    if given_up:
        structlog.get_logger().warning("letters unknown, their process died", count=given_up)
    if is_idle and not counts.total():
        return counts
    with recorded(app.db, "letters", None, app.clock) as run:
        _send_all(app, counts, run.id or 0, stop or threading.Event())
        run.counts = {state.value: count for state, count in counts.items() if count}
    return counts


def _send_all(app: App, counts: Counter[DeliveryState], run_id: int, stop: threading.Event) -> None:
    mail = app.settings.mail
    transport = open_transport(mail, app.settings.data.dir / "outbox", open_pace(mail), stop)
    outcome: Outcome | None = None
    try:
        while not stop.is_set() and not (outcome and outcome.untried) and (claimed := _claim(app, run_id)):
            outcome = _send(app, transport, claimed)
            with app.db.write() as session:
                letters.settle_letter(session, outcome, app.clock())
                note_refused_letter(session, app, outcome, app.clock())
            counts[outcome.state] += 1
            _log(claimed, outcome)
    finally:
        transport.close()


def _log(claimed: ClaimedLetter, outcome: Outcome) -> None:
    """Log what became of a letter, without the server's words: they may name an address."""
    log = structlog.get_logger()
    write = log.warning if outcome.state in (DeliveryState.REFUSED, DeliveryState.UNKNOWN) else log.info
    which = {"letter": claimed.id, "kind": claimed.kind.value, "attempts": claimed.attempts}
    write(f"letter {outcome.state.value}", **which, no_session=outcome.untried)


def _claim(app: App, run_id: int) -> ClaimedLetter | None:
    with app.db.write() as session:
        return letters.claim_letter(session, app.clock(), run_id)


def _send(app: App, transport: Transport, claimed: ClaimedLetter) -> Outcome:
    mail = app.settings.mail
    if not is_allowed(mail, claimed.recipient):
        return Outcome(claimed.id, DeliveryState.SKIPPED, DeliveryReason.NOT_ALLOWED)
    sender = envelope_sender(mail, app.secret, LETTER_BOUNCE, claimed.id) if mail.bounces else wording.sender(mail)
    tried = Attempt(claimed.id, claimed.attempts, BACK_OFF)
    return attempt(tried, lambda: transport.send(claimed.message, sender, claimed.recipient), app.clock)
