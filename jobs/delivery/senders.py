"""Senders: threads that carry claimed mails to the server, and what became of each.

Each has a transport of its own; mails go in, outcomes come out by the handful. Every mail stands in the flight log
before its first byte leaves and after its outcome. Does not touch the database and does not choose.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue

from db.deliveries import DeliveryReason, DeliveryState
from db.send_queue import Claimed, Outcome
from jobs.base.app import App
from jobs.delivery.journal import JournalWriter, SendJournal
from jobs.delivery.retry import Attempt, attempt
from tracker.emails.mailer import Pace, Transport, is_allowed, open_pace, open_transport
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import BOUNCE

BACK_OFF = (5, 15, 60, 240, 480, 960)  # minutes before the next attempt
HANDFUL = 25  # outcomes that a thread tells at once
LONGEST_SECONDS = 0.5  # that an outcome waits for others
Message = Callable[[Claimed], bytes]


class Senders:
    """The threads of one delivering. `stop` ends them after the mails that they have begun."""

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
        """Whether no more mails are begun: told to stop, no session with the server, or a fault of ours."""
        return self._stop.is_set() or self._over.is_set()

    def submit(self, claimed: Iterable[Claimed]) -> None:
        """Hand mails to the threads; each takes the next one when it is free."""
        for one in claimed:
            self._waiting.put(one)

    def outcomes(self, least: int) -> list[Outcome]:
        """The next outcomes: so many, or those that have come when the first one has waited long enough."""
        found = self._done.get()
        patience = time.monotonic() + LONGEST_SECONDS
        while len(found) < least and (left := patience - time.monotonic()) > 0:
            try:
                found += self._done.get(timeout=left)
            except Empty:
                break
        return found

    def close(self) -> None:
        """Let the threads finish the mails that they have begun, and end them; no other is begun."""
        self._over.set()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, pace: Pace | None) -> None:
        mail = self._app.settings.mail
        transport = open_transport(mail, self._app.settings.data.dir / "outbox", pace)
        writer, hand = JournalWriter(self._journal), _Handful(self._done)
        while (claimed := self._next(writer, hand)) is not None:
            hand.add(self._outcome(transport, writer, claimed))
        _rest(writer, hand)
        transport.close()

    def _next(self, writer: JournalWriter, hand: "_Handful") -> Claimed | None:
        try:
            return self._waiting.get_nowait()
        except Empty:
            _rest(writer, hand)
            return self._waiting.get()

    def _outcome(self, transport: Transport, writer: JournalWriter, claimed: Claimed) -> Outcome:
        outcome = Outcome(claimed.id, DeliveryState.RENDERED, untried=True)
        if self.is_ending:
            return outcome
        try:
            writer.begin(claimed.id)
            outcome = Outcome(claimed.id, DeliveryState.UNKNOWN, DeliveryReason.FAULT)
            outcome = self._sent(transport, claimed)
            writer.end(outcome)
        except Exception as error:  # a fault of ours: no more mails are begun
            self.failure = error
            self._over.set()
        return outcome

    def _sent(self, transport: Transport, claimed: Claimed) -> Outcome:
        settings = self._app.settings.mail
        if not is_allowed(settings, claimed.recipient):
            return Outcome(claimed.id, DeliveryState.SKIPPED, DeliveryReason.NOT_ALLOWED)
        sender = envelope_sender(settings, self._app.secret, BOUNCE, claimed.id)
        tried = Attempt(claimed.id, claimed.attempts, BACK_OFF)
        message = self._message(claimed)
        outcome = attempt(tried, lambda: transport.send(message, sender, claimed.recipient), self._app.clock)
        if outcome.untried:
            self._over.set()
        return outcome


class _Handful:
    """The outcomes of one thread until they are told: each one told alone would wake the thread that writes."""

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


def _rest(writer: JournalWriter, hand: _Handful) -> None:
    """Hand over and write down all that is held back."""
    hand.give()
    with suppress(OSError):  # the ledger has it soon; the next mail that is begun fails for it
        writer.rest()
