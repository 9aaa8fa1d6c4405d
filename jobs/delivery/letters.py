"""Send letters"""

import threading
from collections import Counter

import structlog

from db import letters
from db.deliveries import DeliveryReason, DeliveryState
from db.letters import ClaimedLetter
from db.send_queue import Outcome
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.delivery.retry import Attempt, attempt
from tracker.emails import service_mails as wording
from tracker.emails.mailer import Transport, is_allowed, open_pace, open_transport
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import LETTER_BOUNCE

BACK_OFF = (1, 5, 15, 60, 240, 960)  # minutes before the next attempt: somebody waits for the letter


def send_letters(desk: App, stop: threading.Event | None = None) -> Counter[DeliveryState]:
    """Send every letter that is due, until none is left or `stop` is set; how many came to which state.

    Call it under the lock of delivering. Ends early where the mail server takes no session.
    """
    told: Counter[DeliveryState] = Counter()
    with desk.db.write() as session:
        told[DeliveryState.UNKNOWN] += (given_up := letters.give_up_in_flight(session, desk.clock()))
        is_idle = not letters.has_waiting_letters(session, desk.clock())
    if given_up:
        structlog.get_logger().warning("letters in doubt, their process died", count=given_up)
    if is_idle and not told.total():
        return told
    with recorded(desk.db, "letters", None, desk.clock) as run:
        _send_all(desk, told, run.id or 0, stop or threading.Event())
        run.counts = {state.value: count for state, count in told.items() if count}
    return told


def _send_all(desk: App, told: Counter[DeliveryState], run_id: int, stop: threading.Event) -> None:
    mail = desk.settings.mail
    transport = open_transport(mail, desk.settings.data.dir / "outbox", open_pace(mail))
    outcome: Outcome | None = None
    try:
        while not stop.is_set() and not (outcome and outcome.untried) and (claimed := _claim(desk, run_id)):
            outcome = _send(desk, transport, claimed)
            with desk.db.write() as session:
                letters.settle_letter(session, outcome, desk.clock())
            told[outcome.state] += 1
            _log(claimed, outcome)
    finally:
        transport.close()


def _log(claimed: ClaimedLetter, outcome: Outcome) -> None:
    """Tell what became of a letter, not in the server's words: they may name an address."""
    log = structlog.get_logger()
    say = log.warning if outcome.state in (DeliveryState.REFUSED, DeliveryState.UNKNOWN) else log.info
    which = {"letter": claimed.id, "kind": claimed.kind.value, "attempts": claimed.attempts}
    say(f"letter {outcome.state.value}", **which, no_session=outcome.untried)


def _claim(desk: App, run_id: int) -> ClaimedLetter | None:
    with desk.db.write() as session:
        return letters.claim_letter(session, desk.clock(), run_id)


def _send(desk: App, transport: Transport, claimed: ClaimedLetter) -> Outcome:
    mail = desk.settings.mail
    if not is_allowed(mail, claimed.recipient):
        return Outcome(claimed.id, DeliveryState.SKIPPED, DeliveryReason.NOT_ALLOWED)
    sender = envelope_sender(mail, desk.secret, LETTER_BOUNCE, claimed.id) if mail.bounces else wording.sender(mail)
    tried = Attempt(claimed.id, claimed.attempts, BACK_OFF)
    return attempt(tried, lambda: transport.send(claimed.message, sender, claimed.recipient), desk.clock)
