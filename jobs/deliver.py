"""Deliver: claim → send → mark. A mail is promised in the ledger before its first byte leaves, and marked after.

Several threads send, one writes: each turn of the loop marks what is done and claims what comes next in one
transaction, and no transaction is open while a socket is. One process delivers at a time; what a dead one was
sending becomes `unknown`. Does not decide who gets what (`jobs.editions`).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import lru_cache

from db import editions
from db.editions import Claimed, DeliveryState, Outcome
from jobs.desk import Desk
from tracker.emails import mime, tokens
from tracker.emails.mailer import NoConnection, Transport, is_allowed, open_pace, open_transport
from tracker.emails.mime import Own
from tracker.errors import Deferred, OutcomeUnknown, Refused

BACK_OFF = (5, 15, 60, 240, 480, 960)  # minutes before the next attempt
NOT_ALLOWED = "not on mail.allow"
GIVEN_UP = "given up after {} attempts; the last answer was: {}"
AHEAD = 2  # mails promised for each connection: one on the wire, one waiting for it
GATHER_SECONDS = 0.01  # one transaction for the mails that end together
CONTENTS_KEPT = 32  # frozen mails held in memory


class Senders:
    """Sender threads, each with a transport of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.count = desk.settings.mail.connections
        self._pace = open_pace(desk.settings.mail)
        self._own = threading.local()
        self._opened: list[Transport] = []
        self._message = messages(desk)
        self.no_session = threading.Event()
        self._pool = ThreadPoolExecutor(self.count, "sender", self._open)

    def _open(self) -> None:
        outbox = self.desk.settings.data.dir / "outbox"
        self._own.transport = open_transport(self.desk.settings.mail, outbox, self._pace)
        self._opened.append(self._own.transport)

    def submit(self, claimed: Claimed) -> "Future[Outcome]":
        """Send one mail; its outcome comes as the future's result, never as an exception of a mail."""
        return self._pool.submit(self._send, claimed)

    def _send(self, claimed: Claimed) -> Outcome:
        if not is_allowed(self.desk.settings.mail, claimed.recipient):
            return Outcome(claimed.id, DeliveryState.SKIPPED, NOT_ALLOWED)
        try:
            self._own.transport.send(self._message(claimed), self.desk.settings.mail.sender, claimed.recipient)
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

    def close(self) -> None:
        self._pool.shutdown()
        for transport in self._opened:
            transport.close()


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
        with desk.db.write() as session:
            told[DeliveryState.UNKNOWN] += editions.give_up_in_flight(session, desk.clock())
            editions.skip_who_left(session, desk.clock())
        senders = Senders(desk)
        try:
            _run(desk, senders, told, stop or threading.Event())
        finally:
            senders.close()
    return told


def _run(desk: Desk, senders: Senders, told: Counter[DeliveryState], stop: threading.Event) -> None:
    in_flight: set[Future[Outcome]] = set()
    outcomes: list[Outcome] = []
    while True:
        is_ending = stop.is_set() or senders.no_session.is_set()
        room = 0 if is_ending else AHEAD * senders.count - len(in_flight)
        claimed = _mark_and_claim(desk, outcomes, room)
        told.update(outcome.state for outcome in outcomes)
        in_flight |= {senders.submit(one) for one in claimed}
        if not in_flight:
            return
        done, in_flight = _gathered(in_flight, senders.count)
        outcomes = [future.result() for future in done]


def _gathered(in_flight: set[Future[Outcome]], enough: int) -> tuple[set[Future[Outcome]], set[Future[Outcome]]]:
    """What is done and what is not: once a mail is, wait a moment for the others that end with it."""
    wait(in_flight, return_when=FIRST_COMPLETED)
    patience = time.monotonic() + GATHER_SECONDS
    done = {future for future in in_flight if future.done()}
    while len(done) < min(enough, len(in_flight)) and time.monotonic() < patience:
        wait(in_flight - done, GATHER_SECONDS, FIRST_COMPLETED)
        done = {future for future in in_flight if future.done()}
    return done, in_flight - done


def _mark_and_claim(desk: Desk, outcomes: list[Outcome], room: int) -> list[Claimed]:
    now = desk.clock()
    with desk.db.write() as session:
        editions.settle(session, outcomes, now)
        return editions.claim(session, room, now)


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
        sent_at=claimed.made_at,
        manage=tokens.sign(desk.secret, tokens.PREFERENCES, claimed.subscriber_id),
        unsubscribe=tokens.sign(desk.secret, tokens.UNSUBSCRIBE, claimed.subscriber_id),
        web_copy=tokens.sign(desk.secret, tokens.WEB_COPY, claimed.id),
    )
