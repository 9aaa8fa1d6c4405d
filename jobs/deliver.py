"""Deliver: claim → send → mark. A mail is promised in the ledger before its first byte leaves, and marked after.

Several threads send, one writes: each turn of the loop marks what is done and claims what comes next in one
transaction, and no transaction is open while a socket is. One process delivers at a time; what a dead one was
sending becomes `unknown`. Does not decide who gets what (`jobs.editions`).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from queue import Empty, SimpleQueue

from db import deliveries, editions
from db.deliveries import Claimed, DeliveryState, Outcome
from jobs.desk import Desk
from jobs.letters import send_letters
from jobs.runs import recorded
from tracker.emails import mime, tokens
from tracker.emails.mailer import NoConnection, Pace, Transport, is_allowed, open_pace, open_transport
from tracker.emails.mime import Own
from tracker.errors import Deferred, OutcomeUnknown, Refused

BACK_OFF = (5, 15, 60, 240, 480, 960)  # minutes before the next attempt
NOT_ALLOWED = "not on mail.allow"
GIVEN_UP = "given up after {} attempts; the last answer was: {}"
GATHER_SECONDS = 0.01  # one transaction for the mails that end together
CONTENTS_KEPT = 32  # frozen mails held in memory


class Senders:
    """Sender threads, each with a transport of its own: mails go in, their outcomes come out."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.count = desk.settings.mail.connections
        self.no_session = threading.Event()
        self.failure: Exception | None = None
        self._message = messages(desk)
        self._waiting: SimpleQueue[Claimed | None] = SimpleQueue()
        self._done: SimpleQueue[Outcome] = SimpleQueue()
        pace = open_pace(desk.settings.mail)
        self._threads = [threading.Thread(target=self._work, args=(pace,), name="sender") for _ in range(self.count)]
        for thread in self._threads:
            thread.start()

    def submit(self, claimed: Claimed) -> None:
        """Hand a mail to the next free thread."""
        self._waiting.put(claimed)

    def outcomes(self, most: int) -> list[Outcome]:
        """The next outcome, and up to `most` in all that come within a moment."""
        found = [self._done.get()]
        patience = time.monotonic() + GATHER_SECONDS
        while len(found) < most and (left := patience - time.monotonic()) > 0:
            try:
                found.append(self._done.get(timeout=left))
            except Empty:
                break
        return found

    def close(self) -> None:
        """Let the threads finish what they were given, and end them."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, pace: Pace | None) -> None:
        mail = self.desk.settings.mail
        transport = open_transport(mail, self.desk.settings.data.dir / "outbox", pace)
        while (claimed := self._waiting.get()) is not None:
            try:
                self._done.put(self._send(transport, claimed))
            except Exception as error:  # a fault of ours: nobody knows how far the mail came, and no more are begun
                self.failure = error
                self._done.put(Outcome(claimed.id, DeliveryState.UNKNOWN, f"{type(error).__name__} in this program"))
        transport.close()

    def _send(self, transport: Transport, claimed: Claimed) -> Outcome:
        if not is_allowed(self.desk.settings.mail, claimed.recipient):
            return Outcome(claimed.id, DeliveryState.SKIPPED, NOT_ALLOWED)
        try:
            transport.send(self._message(claimed), self.desk.settings.mail.sender, claimed.recipient)
        except NoConnection as error:  # says nothing of this mail, and the next one would fare the same
            self.no_session.set()
            return Outcome(claimed.id, DeliveryState.DEFERRED, error.reply, self.desk.clock(), untried=True)
        except Refused as error:
            return Outcome(claimed.id, DeliveryState.REFUSED, error.reply)
        except Deferred as error:
            return _later(claimed, error.reply, self.desk.clock())
        except OutcomeUnknown as error:
            return Outcome(claimed.id, DeliveryState.UNKNOWN, error.reply)
        except OSError as error:  # the outbox cannot be written
            return _later(claimed, f"{type(error).__name__}: {error.strerror}", self.desk.clock())
        return Outcome(claimed.id, DeliveryState.SENT)


def _later(claimed: Claimed, reply: str, now: datetime) -> Outcome:
    if claimed.attempts > len(BACK_OFF):
        return Outcome(claimed.id, DeliveryState.REFUSED, GIVEN_UP.format(claimed.attempts, reply))
    again = now + timedelta(minutes=BACK_OFF[claimed.attempts - 1])
    return Outcome(claimed.id, DeliveryState.DEFERRED, reply, again)


def deliver(desk: Desk, stop: threading.Event | None = None) -> Counter[DeliveryState]:
    """Send every delivery that is due, until none is left or `stop` is set; how many came to which state.

    Ends early where the mail server takes no session. Does nothing where another process is delivering.
    """
    told: Counter[DeliveryState] = Counter()
    with desk.db.only_one("deliver") as is_ours:
        if not is_ours:
            return told
        send_letters(desk, stop)
        with desk.db.write() as session:
            told[DeliveryState.UNKNOWN] += deliveries.give_up_in_flight(session, desk.clock())
            deliveries.skip_who_left(session, desk.clock())
            is_idle = not deliveries.is_waiting(session, desk.clock())
        if is_idle and not told.total():
            return told  # a tick with nothing to do is no history
        with recorded(desk.db, "deliver", None, desk.clock) as run:
            _send_all(desk, told, stop or threading.Event())
            run.counts = {state.value: count for state, count in told.items() if count}
    return told


def _send_all(desk: Desk, told: Counter[DeliveryState], stop: threading.Event) -> None:
    senders = Senders(desk)
    try:
        _run(desk, senders, told, stop)
    finally:
        senders.close()
    if senders.failure is not None:
        raise senders.failure


def _run(desk: Desk, senders: Senders, told: Counter[DeliveryState], stop: threading.Event) -> None:
    in_flight = 0
    outcomes: list[Outcome] = []
    while True:
        is_ending = stop.is_set() or senders.no_session.is_set() or senders.failure is not None
        claimed = _mark_and_claim(desk, outcomes, 0 if is_ending else senders.count - in_flight)
        told.update(outcome.state for outcome in outcomes)
        for one in claimed:
            senders.submit(one)
        in_flight += len(claimed)
        if not in_flight:
            return
        outcomes = senders.outcomes(most=min(senders.count, in_flight))
        in_flight -= len(outcomes)


def _mark_and_claim(desk: Desk, outcomes: list[Outcome], room: int) -> list[Claimed]:
    now = desk.clock()
    with desk.db.write() as session:
        deliveries.settle(session, outcomes, now)
        return deliveries.claim(session, room, now)


def messages(desk: Desk) -> Callable[[Claimed], bytes]:
    """What makes a claimed delivery's mail of its frozen content; the newest contents stay in memory."""

    @lru_cache(CONTENTS_KEPT)
    def template(content_id: int) -> bytes:
        with desk.db.read() as session:
            return editions.template_of(session, content_id)

    return lambda claimed: mime.fill(template(claimed.content_id), own_values(desk, claimed))


def own_values(desk: Desk, claimed: Claimed) -> Own:
    """What of a mail is this reader's own; always the same, so that a mail can be made again byte for byte."""
    return Own(
        to=claimed.recipient,
        delivery_id=claimed.id,
        message_id=claimed.message_id,
        in_reply_to=claimed.in_reply_to,
        sent_at=claimed.made_at,
        manage=tokens.sign(desk.secret, tokens.PREFERENCES, claimed.subscriber_id),
        unsubscribe=tokens.sign(desk.secret, tokens.UNSUBSCRIBE, claimed.subscriber_id),
        web_copy=tokens.sign(desk.secret, tokens.WEB_COPY, claimed.id),
    )
