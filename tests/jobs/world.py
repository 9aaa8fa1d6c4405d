"""Helpers for tests of the jobs: a settable clock, a portal with given rows, a moody post office.

Calls, events and readers are written straight through `db`.
"""

import asyncio
import random
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import Session as DbSession
from sqlmodel import col, select

from db import calls, event_log, strategies, subscribers
from db.audit import Signed
from db.calls import Call, CallFacts, CallKind, CallStatus, CallTracking, Deadline
from db.deliveries import Delivery, DeliveryState
from db.engine import Database
from db.event_log import CallEvent, EventKind, NewEvent
from db.runs import Run, Verdict
from db.strategies import Level, NewTagging, Rule, Spearhead, Strategy, Weight
from db.subscribers import Cadence, Interest, Language, Subscriber
from jobs.base.app import App
from jobs.collecting.collect import collect_all
from tracker import config
from tracker.calls.changes import closes_on
from tracker.demo.history import Row
from tracker.demo.portal import DemoPortal, Question, served

KEPT_ANYWHERE = pytest.mark.parametrize("keep_in", ["folder", "database"])
MONDAY = datetime(2026, 6, 15, 4, 0, tzinfo=UTC)  # seven in the morning in Finland, of 2026-W25
NAMES = {"food": "Ruoka", "circular": "Kiertotalous"}


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is set."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


def clock_of(app: App) -> Clock:
    """Return the clock of an app that a test made."""
    assert isinstance(app.clock, Clock)
    return app.clock


def with_settings(app: App, **sections: Mapping[str, Any]) -> App:
    """Return the same app with other settings on top of its own: section → key → value."""
    current = app.settings.model_dump(exclude_defaults=True)
    current["database"] = {"url": app.settings.database.url}
    for section, values in sections.items():
        current[section] = current.get(section, {}) | values
    return replace(app, settings=config.given(current))


# --- sources ----------------------------------------------------------------------------------------------------------


def copied(rows: Sequence[Row]) -> list[Row]:
    """Rows of their own; much faster than `deepcopy`."""
    made: list[Row] = orjson.loads(orjson.dumps(list(rows)))
    return made


class ToldPortal(DemoPortal):
    """The demo's portal, whose rows a test may rewrite, and which may ignore filters."""

    ignores_filters = False

    def tell(self, rows: Sequence[Row]) -> None:
        """Answer with exactly these rows from now on."""
        with self._lock:
            self._rows = copied(rows)

    @property
    def held(self) -> list[Row]:
        """A copy of the present rows, to be changed and told again."""
        with self._lock:
            return copied(self._rows)

    def retell(self, reference: str, **metadata: list[str] | None) -> None:
        """Change some fields of one row; None leaves a field out."""
        rows = self.held
        [row] = [row for row in rows if row["reference"] == reference]
        row["metadata"] = {name: value for name, value in (row["metadata"] | metadata).items() if value is not None}
        self.tell(rows)

    def drop(self, *references: str) -> None:
        self.tell([row for row in self.held if row["reference"] not in references])

    def answer(self, question: Question) -> dict[str, Any]:
        if self.ignores_filters:
            question = replace(question, query={"bool": {"must": []}})
        return super().answer(question)


@contextmanager
def told_portal() -> Iterator[ToldPortal]:
    """Run a portal at the demo's first moment."""
    with ToldPortal() as portal, served(portal):
        yield portal


def reading(app: App, url: str, **portal: Any) -> App:
    """Return an app that reads the portal at this address, accepts few calls and gives up quickly on faults."""
    source = {"portal": {"api_url": url, "least": 5, "most": 3000, "gone_after_days": 0, "details_per_run": 0} | portal}
    fetch = {"gap_seconds": 0, "attempts": 2, "retry_min_seconds": 0, "retry_max_seconds": 0.5, "read_seconds": 1}
    return with_settings(app, sources=source, fetch=fetch)


def collect(app: App, at: datetime | None = None) -> Run:
    """Read the portal once."""
    if at:
        clock_of(app).now = at
    [run] = asyncio.run(collect_all(app, ["portal"]))
    return run


def why(run: Run) -> list[str]:
    return [reason.name for reason in run.reasons]


def events(db: Database, since: int = 0) -> list[tuple[str, str]]:
    """Return every event in order: its kind and its call's key."""
    with db.read() as session:
        return [(event.kind.value, call.key) for event, call in event_log.events_after(session, since)]


def stored(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that a reading can change, as it is stored, to be compared with a later state."""
    tables = (Call, calls.CallVersion, CallEvent, strategies.Tagging, strategies.TaggedCall)
    with db.engine.connect() as connection:
        names = [str(table.__tablename__) for table in tables]
        return {name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")] for name in names}  # noqa: S608


def call_of(db: Database, key: str) -> Call:
    with db.read() as session:
        return session.exec(select(Call).where(Call.key == key)).one()


def versions_of(db: Database, key: str) -> int:
    with db.read() as session:
        query = select(calls.CallVersion).join(Call).where(Call.key == key)
        return len(session.exec(query).all())


# --- rules, calls, events, readers ------------------------------------------------------------------------------------


def add_rules(db: Database, now: datetime) -> None:
    """Add a small rulebook: food and the circular economy."""
    rules = [
        Rule(key="food-words", spearhead="food", text="food OR ruoka OR livsmedel", weight=Weight.STRONG),
        Rule(
            key="circular-words", spearhead="circular", text="circular OR recycl* OR kiertotalous", weight=Weight.STRONG
        ),
    ]
    heads = [
        Spearhead(key=key, names=tuple((lang, name) for lang in ("fi", "sv", "en"))) for key, name in NAMES.items()
    ]
    strategy = Strategy(key="now", starts_on=date(2026, 1, 1), spearheads=tuple(NAMES), level=Level.SPEARHEAD)
    with db.write() as session:
        strategies.replace_rulebook(session, [strategy], heads, rules, [], Signed("test", "a small rulebook", now))


def facts(key: str, **given: Any) -> CallFacts:
    """Make an open call that closes on 1 October."""
    usual: dict[str, Any] = {
        "source": "portal",
        "key": key,
        "kind": CallKind.TOPIC,
        "identifier": f"HORIZON-{key}",
        "title": f"Food call {key}",
        "programme": "HORIZON",
        "claimed_status": CallStatus.OPEN,
        "deadlines": (Deadline(on=date(2026, 10, 1)),),
        "url": f"https://example.org/{key}",
    }
    return CallFacts.model_validate(usual | given)


def a_run(session: DbSession, now: datetime, verdict: Verdict = Verdict.ACCEPTED) -> int:
    run = Run(job="collect", subject="portal", started_at=now, verdict=verdict)
    session.add(run)
    session.flush()
    return run.id or 0


def add_call(
    db: Database, now: datetime, call: CallFacts, *tags: str, status: CallStatus = CallStatus.OPEN, **ours: Any
) -> int:
    """Store a call with these spearheads, without an event; return our id."""
    with db.write() as session:
        call_id = calls.upsert_calls(session, [(call, tracked(now, call, status, **ours))])[call.key]
        taggings = [
            NewTagging(call_id=call_id, strategy="now", spearhead=tag, score=8, evidence=[], tagged_at=now)
            for tag in tags
        ]
        strategies.replace_taggings(session, [call_id], taggings)
    return call_id


def add_calls(db: Database, now: datetime, found: Sequence[tuple[CallFacts, CallStatus]]) -> None:
    """Store many calls at once, without tags and events."""
    with db.write() as session:
        calls.upsert_calls(session, [(call, tracked(now, call, status)) for call, status in found])


def add_version(db: Database, at: datetime, call_id: int, call: CallFacts, parser_version: int = 1) -> None:
    """Store a version of a call, as a reading at this instant would."""
    with db.write() as session:
        version = calls.NewVersion(call_id, a_run(session, at), at, parser_version, call.model_dump(mode="json"))
        calls.add_versions(session, [version])


def tracked(now: datetime, call: CallFacts, status: CallStatus, **ours: Any) -> CallTracking:
    seen = {"status": status, "closes_on": closes_on(call), "first_seen_at": now, "changed_at": now}
    return CallTracking(**{"fingerprint": "f", "parser_version": 1} | seen | ours)


def add_event(
    db: Database,
    now: datetime,
    call_id: int,
    kind: EventKind = EventKind.NEW,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> int:
    """Add an event of a call; return its number."""
    with db.write() as session:
        event = NewEvent(call_id=call_id, run_id=a_run(session, now), kind=kind, at=now, old=old, new=new)
        event_log.add_events(session, [event])
        return event_log.last_seq(session)


def add_news(db: Database, now: datetime, key: str, *tags: str, **given: Any) -> int:
    """Add a new call with its event; return the call's id."""
    call_id = add_call(db, now, facts(key, **given), *tags)
    add_event(db, now, call_id)
    return call_id


def enrol(
    db: Database,
    now: datetime,
    name: str,
    *spearheads: str,
    cadence: Cadence = Cadence.WEEKLY,
    language: Language = Language.EN,
    interests: Sequence[Interest] = (),
) -> int:
    """Add a reader whose interest starts before all events, or with these interests; return the id."""
    reader = Subscriber(address=f"{name}@reader.example", language=language, cadence=cadence, created_at=now)
    with db.write() as session:
        return subscribers.enrol(session, reader, interests or [Interest(spearheads=spearheads or ("food",))])


def newest_deliveries(db: Database) -> dict[str, Delivery]:
    """Return the newest delivery of every reader, by the name in the address."""
    with db.read() as session:
        query = select(Delivery, Subscriber).join(Subscriber).order_by(col(Delivery.id))
        return {reader.address.partition("@")[0]: delivery for delivery, reader in session.exec(query)}


def states(db: Database) -> Counter[DeliveryState]:
    with db.read() as session:
        return Counter(map(DeliveryState, session.exec(select(Delivery.state))))


# --- mail -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PostOffice:
    """The handler of an SMTP server. `moods` by recipient name: refuse, defer, or drop the line once the mail is in.

    `slow_seconds` is the longest delay per mail; `copies` counts the mails taken, by recipient name.
    """

    port: int = 0
    moods: dict[str, str] = field(default_factory=dict)
    slow_seconds: float = 0.0
    copies: Counter[str] = field(default_factory=Counter)
    mails: list[bytes] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        mood = self.moods.get(address.partition("@")[0])
        self.answered[mood or "ok"] += 1
        if mood == "refuse":
            return "550 5.1.1 no such user"
        if mood == "defer":
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        [name] = [address.partition("@")[0] for address in envelope.rcpt_tos]
        self.copies[name] += 1
        self.mails.append(envelope.original_content or b"")
        self.senders.append(envelope.mail_from or "")
        if self.moods.get(name) == "drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if self.slow_seconds:
            await asyncio.sleep(random.uniform(0, self.slow_seconds))  # the mail is taken, and not yet answered
        return "250 OK"


@contextmanager
def post_office(mind: PostOffice | None = None) -> Iterator[PostOffice]:
    """Run a server on a free loopback port, or on the port that its handler had before."""
    mind = mind or PostOffice()
    mind.port = mind.port or free_port()
    controller = Controller(mind, hostname="127.0.0.1", port=mind.port)
    controller.start()
    try:
        yield mind
    finally:
        controller.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def mailing(app: App, port: int, **more: Any) -> App:
    """Return an app whose mail goes to the server at this port."""
    smtp = {"transport": "smtp", "host": "127.0.0.1", "port": port, "timeout_seconds": 10}
    return with_settings(app, mail=smtp | more)
