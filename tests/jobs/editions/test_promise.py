"""The promise of a digest, whatever happens in whatever order: nothing told twice, nothing lost, and proof of it.

A machine of hypothesis subscribes, pauses, changes cadences, moves deadlines, skips editions, dies in the middle of
building and jumps over the nights when the clocks change. A model kept beside knows whom each event was for.
"""

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import Session, select

from db import subscribers
from db.audit import by_reader
from db.calls import Call, CallStatus, Deadline
from db.deliveries import Delivery, DeliveryItem
from db.editions import Edition, EditionSegment
from db.engine import Database, upgrade
from db.event_log import EventKind, last_seq
from db.subscribers import Cadence, Interest, Language, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.build import build_batch
from jobs.editions.planning import make_edition, make_urgent, make_welcome, open_composer, plan
from jobs.editions.verify import verify
from jobs.readers.preferences import change_cadence
from tests.jobs.world import Clock, add_call, add_event, facts
from tracker import config
from tracker.errors import TrackerError
from tracker.regions import Region, load_region, region_file

pytestmark = pytest.mark.slow
AUTUMN = datetime(2026, 10, 22, 4, tzinfo=UTC)  # three days before the clocks go back
SPRING = datetime(2027, 3, 25, 5, tzinfo=UTC)
TAGS = ("food", "circular", "design")
WORN = "worn out"  # a batch that dies before its transaction ends


@cache
def template() -> Path:
    """A migrated, empty database, made once."""
    file = Path(tempfile.mkdtemp(prefix="karkivahti-promise-")) / "template.sqlite3"
    db = Database(f"sqlite:///{file}")
    upgrade(db)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()
    return file


@cache
def region() -> Region:
    return load_region(region_file("paijat_hame"))


@dataclass(slots=True)
class Reader:
    """What the model knows of a subscriber; `ahead` are the events that are this reader's, from the start on."""

    id: int
    tags: frozenset[str]
    ahead: set[int] = field(default_factory=set)
    is_here: bool = True


class Promise(RuleBasedStateMachine):
    readers = Bundle("readers")
    calls = Bundle("calls")

    @initialize(start=st.sampled_from([AUTUMN, SPRING]))
    def begin(self, start: datetime) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="karkivahti-promise-"))
        shutil.copy(template(), self.folder / "tracker.sqlite3")
        self.db = Database(f"sqlite:///{self.folder / 'tracker.sqlite3'}", region().key)
        self.clock = Clock(start)
        given = {"data": {"dir": self.folder}, "mail": {"secret": "a secret of the tests", "connections": 1}}
        self.app = App(self.db, config.given(given), region(), b"a secret of the tests", self.clock)
        self.model: dict[int, Reader] = {}
        self.tags_of: dict[int, frozenset[str]] = {}

    # --- who reads ---

    @rule(
        target=readers,
        tags=st.sets(st.sampled_from(TAGS), min_size=1),
        cadence=st.sampled_from(Cadence),
        urgent=st.booleans(),
        confirmed=st.booleans(),
    )
    def subscribe(self, tags: set[str], cadence: Cadence, urgent: bool, confirmed: bool) -> int:
        number = len(self.model)
        with self.db.write() as session:
            new = Subscriber(
                address=f"reader{number}@reader.example",
                language=list(Language)[number % 3],
                cadence=cadence,
                urgent=urgent,
                created_at=self.clock.now,
                confirmed_at=self.clock.now if confirmed else None,
            )
            reader_id = subscribers.enrol(session, new, [Interest(spearheads=tuple(tags), cursor=last_seq(session))])
        self.model[reader_id] = Reader(reader_id, frozenset(tags))
        return reader_id

    @rule(reader=readers, days=st.integers(1, 40))
    def pause(self, reader: int, days: int) -> None:
        self._change(reader, paused_until=self.app.today() + timedelta(days=days))

    @rule(reader=readers, cadence=st.sampled_from(Cadence))
    def change_cadence(self, reader: int, cadence: Cadence) -> None:
        if self.model[reader].is_here:
            change_cadence(self.app, reader, cadence, by_reader(self.app.clock()))

    @rule(reader=readers)
    def leave(self, reader: int) -> None:
        self._change(reader, state=SubscriberState.LEFT)
        self.model[reader].is_here = False

    @rule(reader=readers)
    def come_back(self, reader: int) -> None:
        """What has happened meanwhile is told then, as after a pause."""
        self._change(reader, state=SubscriberState.ACTIVE)
        self.model[reader].is_here = True

    # --- what happens ---

    @rule(target=calls, tags=st.sets(st.sampled_from(TAGS)), days=st.integers(1, 90))
    def new_call(self, tags: set[str], days: int) -> int:
        closes = self.app.today() + timedelta(days=days)
        told = facts(f"call{len(self.tags_of)}", deadlines=(Deadline(on=closes),))
        call_id = add_call(self.db, self.clock.now, told, *tags)
        self.tags_of[call_id] = frozenset(tags)
        self._happens(call_id, EventKind.NEW)
        return call_id

    @rule(call=calls, days=st.integers(-20, 40).filter(bool))
    def move_deadline(self, call: int, days: int) -> None:
        with self.db.write() as session:
            row = session.get_one(Call, call)
            old = row.deadlines[0].on
            row.deadlines, row.closes_on = (Deadline(on=old + timedelta(days=days)),), old + timedelta(days=days)
            session.add(row)
        kind = EventKind.DEADLINE_LATER if days > 0 else EventKind.DEADLINE_EARLIER
        self._happens(call, kind, _dates(old), _dates(old + timedelta(days=days)))

    @rule(call=calls, money=st.integers(1, 9))
    def other_budget(self, call: int, money: int) -> None:
        self._happens(call, EventKind.BUDGET, {"budget_total": 1}, {"budget_total": 1_000_000 * money})

    @rule(call=calls)
    def go_or_return(self, call: int) -> None:
        with self.db.write() as session:
            row = session.get_one(Call, call)
            row.withdrawn_at = None if row.withdrawn_at else self.clock.now
            is_gone = row.withdrawn_at is not None
            session.add(row)
        self._happens(call, EventKind.WITHDRAWN if is_gone else EventKind.REOPENED)

    @rule(call=calls)
    def close(self, call: int) -> None:
        with self.db.write() as session:
            session.get_one(Call, call).status = CallStatus.CLOSED

    # --- what we do about it ---

    @rule(hours=st.one_of(st.integers(1, 30), st.integers(31, 24 * 40)))
    def time_passes(self, hours: int) -> None:
        """Also so long that editions are missed: what was not made in time is caught up with."""
        self.clock.forward(hours=hours)

    @rule(cadence=st.sampled_from(Cadence))
    def make(self, cadence: Cadence) -> None:
        make_edition(self.app, cadence)

    @rule()
    def make_beside(self) -> None:
        make_urgent(self.app)
        make_welcome(self.app)

    @rule(cadence=st.sampled_from(Cadence))
    def die_while_building(self, cadence: Cadence) -> None:
        """The edition is planned, a batch is built and taken back, and nobody finishes it for now."""
        with self.db.write() as session:
            edition = plan(session, cadence, self.app.today(), self.clock.now)
        with pytest.raises(TrackerError, match=WORN):
            self._build_and_die(edition)

    @rule()
    def send(self) -> None:
        deliver(self.app)

    # --- what must hold ---

    @invariant()
    def nothing_is_told_twice(self) -> None:
        if hasattr(self, "db"):
            with self.db.read() as session:
                told = [
                    (one.subscriber_id, one.event_seq or one.reminder) for one in session.exec(select(DeliveryItem))
                ]
            assert len(told) == len(set(told))

    @invariant()
    def nothing_is_told_to_whom_it_is_not_for(self) -> None:
        if hasattr(self, "db"):
            for reader in self.model.values():
                with self.db.read() as session:
                    assert _told(session, reader.id) <= reader.ahead

    def teardown(self) -> None:
        if not hasattr(self, "db"):
            return
        self.clock.forward(days=45)
        for cadence in Cadence:  # a build that was interrupted is finished first, then comes what happened since
            self.clock.forward(days=31)
            make_edition(self.app, cadence)
        assert verify(self.app).discrepancies == []
        with self.db.read() as session:
            for reader in self.model.values():
                if reader.is_here:
                    assert _told(session, reader.id) | _withheld(session, reader.id) >= reader.ahead
        self.db.dispose()
        shutil.rmtree(self.folder)

    def _happens(self, call: int, kind: EventKind, old: object = None, new: object = None) -> None:
        seq = add_event(self.db, self.clock.now, call, kind, old, new)  # type: ignore[arg-type]
        for reader in self.model.values():
            if reader.tags & self.tags_of[call]:
                reader.ahead.add(seq)

    def _build_and_die(self, edition: Edition) -> None:
        with self.db.write() as session:
            build_batch(session, open_composer(self.app, edition), 0)
            raise TrackerError(WORN)

    def _change(self, reader: int, **to: object) -> None:
        with self.db.write() as session:
            subscriber = session.get_one(Subscriber, reader)
            for name, value in to.items():
                setattr(subscriber, name, value)


def _dates(on: date) -> dict[str, object]:
    return {"deadline": on.isoformat(), "deadlines": [on.isoformat()]}


def _told(session: Session, reader: int) -> set[int]:
    query = select(DeliveryItem.event_seq).where(DeliveryItem.subscriber_id == reader)
    return {seq for seq in session.exec(query) if seq is not None}


def _withheld(session: Session, reader: int) -> set[int]:
    """The events that a reader's deliveries withheld for a reason."""
    query = select(EditionSegment.withheld).join(Delivery, Delivery.segment_id == EditionSegment.id)
    return {int(seq) for withheld in session.exec(query.where(Delivery.subscriber_id == reader)) for seq in withheld}


TestPromise = Promise.TestCase
TestPromise.settings = settings(
    max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
