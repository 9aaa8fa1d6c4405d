"""A service killed again and again, with a mail server that drops, defers and refuses; and what must still hold.

The suite kills it a few times, `tests/bench/kill.py` some hundred times. The findings come from the rows, the mails
that the server took and the bounce reports; the ledger's own proof is checked as well.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import select

from db.bounces import Bounce
from db.deliveries import Delivery, DeliveryItem, DeliveryState
from db.event_log import CallEvent
from db.send_queue import count_waiting
from db.subscribers import Cadence, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.editions.verify import verify
from tests.jobs.processes import tracker, write_config
from tests.jobs.world import Clock, PostOffice, add_news, enrol, post_office
from tests.tracker.emails.returned import auto_reply, complaint, report
from tracker.emails import refusals

STEP = timedelta(hours=4)  # between two processes: six of them a day, and an edition
TO_THE_END = 60  # seconds that a process which nobody kills may take
ENVIRONMENT = {"TRACKER_MAIL__BOUNCES": "bounces@vahti.example"}


@dataclass(slots=True)
class MoodyOffice(PostOffice):
    """A post office that misbehaves at random, as mail servers do. `taken` counts mails by Message-ID."""

    chance: random.Random = field(default_factory=random.Random)
    taken: Counter[str] = field(default_factory=Counter)

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        what = self.chance.random()
        if what < 0.02:
            return "550 5.7.1 not from you"
        if what < 0.025:
            return "552 5.2.2 mailbox full"
        if what < 0.10:
            return "451 4.7.1 greylisted, come back later"
        if what < 0.12:
            hang_up(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        what = self.chance.random()
        if what < 0.01:
            hang_up(server)
            return "250 OK"
        if what < 0.03:
            return "451 4.3.0 try again" if what < 0.02 else "554 5.7.1 looks like spam"
        self.keep(envelope)
        if what < 0.04:
            hang_up(server)
        await asyncio.sleep(self.chance.uniform(0, self.slow_seconds))
        return "250 OK"

    def keep(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        [line] = [line for line in content.split(b"\r\n") if line.startswith(b"Message-ID: ")]
        self.taken[line.decode().removeprefix("Message-ID: ")] += 1
        self.senders.append(envelope.mail_from or "")


def hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


@dataclass(frozen=True, slots=True)
class Findings:
    """What the kills left behind; every list should be empty."""

    deliveries: int
    unknown: int
    mails: int
    reports: int
    told_twice: list[str]
    lost: list[str]
    without_reason: list[str]
    misjudged: list[str]
    unproved: list[str]  # what `tracker verify` finds


class Killing:
    """One service with readers of a daily digest, its clock, its mail server and its mailbox of returned mails."""

    def __init__(self, app: App, clock: Clock, folder: Path, readers: int, chance: random.Random) -> None:
        self.app, self.clock, self.chance = app, clock, chance
        self.office = MoodyOffice(slow_seconds=0.02, chance=chance)
        self.maildir = folder / "Maildir"
        self.config = folder / "killed.toml"
        self.reports = 0
        for part in ("new", "cur"):
            (self.maildir / part).mkdir(parents=True)
        for number in range(readers):
            enrol(app.db, clock.now, f"reader{number}", cadence=Cadence.DAILY)

    def run(self, kills: int) -> Findings:
        """Kill `kills` processes, each at a random moment; then let everything finish, and look for damage."""
        with post_office(self.office):
            write_config(self.app, self.office.port, self.config)
            add_news(self.app.db, self.clock.now, "first", "food")
            whole = {job: self._complete(job) for job in ("digest", "deliver", "bounces")}
            for number in range(kills):
                self._live(number)
                job = self.chance.choice(("digest", "deliver", "deliver", "bounces"))
                self._kill(job, whole[job])
            self._finish()
        return self._findings()

    def _live(self, number: int) -> None:
        """Let time go on, with news now and then and some mails coming back."""
        self.clock.now += STEP
        if number % 4 == 0:
            add_news(self.app.db, self.clock.now, f"news{number}", "food")
        for _ in range(self.chance.randrange(3)):
            self._come_back()

    def _come_back(self) -> None:
        if not self.office.senders:
            return
        to = ("To", self.chance.choice(self.office.senders))
        ends = (report("5.1.1", "smtp; 550 5.1.1 no such user", to=to), complaint("abuse", to))
        passes = (report("5.2.2", "smtp; 552 5.2.2 full", to=to), auto_reply("Auto-Submitted: auto-replied", to))
        kinds = ends if self.chance.random() < 0.03 else passes
        self.reports += 1
        raw = self.chance.choice(kinds) + b"number %d" % self.reports
        (self.maildir / "new" / f"{self.reports}.report").write_bytes(raw)

    def _arguments(self, job: str) -> list[str]:
        words = {
            "digest": ["digest", "daily"],
            "deliver": ["deliver"],
            "bounces": ["bounces", "read", "--maildir", str(self.maildir)],
        }
        return [*words[job], "--config", str(self.config), "--now", self.clock.now.isoformat()]

    def _kill(self, job: str, whole: float) -> None:
        """Kill a process; half of the deliveries only after some mails, however busy the machine is."""
        with tracker(*self._arguments(job), environment=ENVIRONMENT) as running:
            if job == "deliver" and self.chance.random() < 0.5:
                self._wait_for_mails(self.chance.randrange(1, 15), running.is_alive)
                time.sleep(self.chance.uniform(0, 0.02))
            else:
                time.sleep(self.chance.uniform(0.3, 1.3) * whole)
            running.kill()

    def _wait_for_mails(self, more: int, is_running: Callable[[], bool]) -> None:
        enough = self.office.taken.total() + more
        while self.office.taken.total() < enough and is_running():
            time.sleep(0.002)

    def _finish(self) -> None:
        """Do everything that is due, until nothing waits."""
        self.clock.forward(days=1)  # what was new after the last edition is told by the next one
        self._complete("digest")
        for _ in range(30):
            self._complete("bounces")
            self._complete("deliver")
            self.clock.forward(hours=17)
            with self.app.db.read() as session:
                if not count_waiting(session, self.clock.now + timedelta(days=30)):
                    return

    def _complete(self, job: str) -> float:
        """Let a process work to its end; return the seconds that it took."""
        begun = time.monotonic()
        with tracker(*self._arguments(job), environment=ENVIRONMENT) as running:
            running.join(TO_THE_END)
            assert running.exitcode is not None, f"{job} does not end"
        return time.monotonic() - begun

    def _findings(self) -> Findings:
        with self.app.db.read() as session:
            deliveries = session.exec(select(Delivery)).all()
            readers = {reader.id: reader for reader in session.exec(select(Subscriber))}
            events = set(session.exec(select(CallEvent.seq)))
            read_events = session.exec(select(DeliveryItem.subscriber_id, DeliveryItem.event_seq)).all()
            notes = [row for row in session.exec(select(Bounce)) if not row.detail.startswith(refusals.PHASES)]
        copies = self.office.taken
        active = {key for key, reader in readers.items() if reader.state is SubscriberState.ACTIVE}
        missing = {key: events - {seq for who, seq in read_events if who == key} for key in active}
        return Findings(
            deliveries=len(deliveries),
            unknown=sum(delivery.state is DeliveryState.UNKNOWN for delivery in deliveries),
            mails=copies.total(),
            reports=self.reports,
            told_twice=[name for name, count in copies.items() if count > 1]
            + [str(pair) for pair, count in Counter(read_events).items() if count > 1],
            lost=[f"reader {key}: events {seqs}" for key, seqs in missing.items() if seqs],
            without_reason=[f"{row.id} {row.state}" for row in deliveries if not is_accounted_for(row)],
            misjudged=[f"{row.id} {row.state} {row.reason}" for row in deliveries if not is_true(row, copies)]
            + ([] if len(notes) == self.reports else [f"{len(notes)} of {self.reports} reports noted"]),
            unproved=[str(discrepancy) for discrepancy in verify(self.app).discrepancies],
        )


def is_accounted_for(delivery: Delivery) -> bool:
    """Tell whether a delivery was sent, or ended with a reason."""
    ended = (DeliveryState.REFUSED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED)
    return delivery.state is DeliveryState.SENT or (delivery.state in ended and bool(delivery.reason))


def is_true(delivery: Delivery, copies: Counter[str]) -> bool:
    """Tell whether the ledger agrees with the mail server about a mail."""
    had = copies[delivery.message_id or ""]
    if delivery.state is DeliveryState.SENT:
        return had == 1
    return delivery.state is DeliveryState.UNKNOWN or had == 0
