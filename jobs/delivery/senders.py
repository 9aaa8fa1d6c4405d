"""Senders: threads that hand claimed mails to the server and report what became of each.

Each thread has its own transport; mails go in, outcomes come out in handfuls. Every mail is written to the send journal
before its first byte leaves and after its outcome. Senders do not touch the database.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue

import structlog

from db.deliveries import DeliveryReason, DeliveryState
from db.send_queue import Claimed, Outcome
from jobs.base.app import App
from jobs.base.log import traced
from jobs.delivery.journal import JournalWriter, SendJournal
from jobs.delivery.retry import Attempt, attempt, later
from tracker.emails.mailer import Pace, Transport, is_allowed, open_pace, open_transport
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import BOUNCE

BACK_OFF = (5, 15, 60, 240, 480, 960)  # minutes before the next attempt
HANDFUL = 25  # most outcomes that a thread reports at once
LONGEST_SECONDS = 0.5  # longest time that an outcome waits for others
Message = Callable[[Claimed], bytes]


class Senders:
    """The sender threads of one run. `stop` ends them after the mails that they have begun."""

    def __init__(self, app: App, message: Message, journal: SendJournal, stop: threading.Event) -> None:
        self.count = app.settings.mail.connections
        self.failure: Exception | None = None
        self._app, self._message, self._journal = app, message, journal
        self._stop, self._over = stop, threading.Event()
        self._waiting: SimpleQueue[Claimed | None] = SimpleQueue()
        self._done: SimpleQueue[list[Outcome]] = SimpleQueue()
        pace = open_pace(app.settings.mail)
        self._threads = [threading.Thread(target=self._work, args=(pace,), name="sender") for _ in range(self.count)]
        for thread in self._threads:
            thread.start()

    @property
    def is_ending(self) -> bool:
        """Whether no more mails are begun: we were told to stop, have no session, or met a fault of our own."""
        return self._stop.is_set() or self._over.is_set()

    def submit(self, mails: Iterable[Claimed]) -> None:
        """Queue mails for the threads; each thread takes the next one when it is free."""
        for mail in mails:
            self._waiting.put(mail)

    def outcomes(self, least: int) -> list[Outcome]:
        """Wait for the next outcomes: at least `least`, or fewer once the first has waited `LONGEST_SECONDS`."""
        outcomes = self._done.get()
        patience = time.monotonic() + LONGEST_SECONDS
        while len(outcomes) < least and (left := patience - time.monotonic()) > 0:
            try:
                outcomes += self._done.get(timeout=left)
            except Empty:
                break
        return outcomes

    def close(self) -> None:
        """Let the threads finish the mails that they have begun, then end them; no other mail is begun."""
        self._over.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, pace: Pace | None) -> None:
        mail = self._app.settings.mail
        transport = open_transport(mail, self._app.settings.data.dir / "outbox", pace, self._stop)
        writer, handful = JournalWriter(self._journal), _Handful(self._done)
        while (claimed := self._next(writer, handful)) is not None:
            handful.add(self._outcome(transport, writer, claimed))
        _rest(writer, handful)
        transport.close()

    def _next(self, writer: JournalWriter, handful: "_Handful") -> Claimed | None:
        try:
            return self._waiting.get_nowait()
        except Empty:
            _rest(writer, handful)
            return self._waiting.get()

    def _outcome(self, transport: Transport, writer: JournalWriter, claimed: Claimed) -> Outcome:
        not_begun = Outcome(claimed.id, DeliveryState.RENDERED, untried=True)
        if self.is_ending:
            return not_begun
        settings, tried = self._app.settings.mail, Attempt(claimed.id, claimed.attempts, BACK_OFF)
        if not is_allowed(settings, claimed.recipient):
            return Outcome(claimed.id, DeliveryState.SKIPPED, DeliveryReason.NOT_ALLOWED)
        try:
            sender = envelope_sender(settings, self._app.secret, BOUNCE, claimed.id)
            message = self._message(claimed)
        except Exception as error:  # a mail that cannot be made does not keep the others from leaving
            structlog.get_logger().error("mail not made", delivery=claimed.id, **traced(error))
            return later(tried, DeliveryReason.FAULT, type(error).__name__, self._app.clock)
        return self._sent(tried, lambda: transport.send(message, sender, claimed.recipient), writer, not_begun)

    def _sent(self, tried: Attempt, send: Callable[[], None], writer: JournalWriter, outcome: Outcome) -> Outcome:
        """Send one mail with its entries in the journal; return `outcome` if it could not be begun."""
        try:
            writer.begin(tried.id)
            outcome = Outcome(tried.id, DeliveryState.UNKNOWN, DeliveryReason.FAULT)
            outcome = attempt(tried, send, self._app.clock)
            writer.end(outcome)
        except Exception as error:  # a fault of ours: no more mails are begun
            self.failure = error
        if outcome.untried or self.failure:
            self._over.set()
        return outcome


class _Handful:
    """The outcomes of one thread, gathered: reporting each alone would wake the writing thread every time."""

    def __init__(self, done: "SimpleQueue[list[Outcome]]") -> None:
        self._done = done
        self._held: list[Outcome] = []
        self._since = 0.0

    def add(self, outcome: Outcome) -> None:
        now = time.monotonic()
        self._since = self._since if self._held else now
        self._held.append(outcome)
        if len(self._held) >= HANDFUL or now - self._since >= LONGEST_SECONDS:
            self.give()

    def give(self) -> None:
        if self._held:
            self._done.put(self._held)
            self._held = []


def _rest(writer: JournalWriter, handful: _Handful) -> None:
    """Report and write down everything gathered so far."""
    handful.give()
    with suppress(OSError):  # the ledger will have it soon, and the next mail fails before it is begun
        writer.rest()
