"""The ledger: what is promised, settled and given up, and what the database itself refuses."""

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from db import audiences, calls, deliveries, event_log, send_queue, subscribers
from db.calls import CallFacts, CallKind, CallStatus, CallTracking
from db.deliveries import Delivery, DeliveryItem, DeliveryReason, DeliveryState, NewDelivery, Told, ToldThing
from db.editions import (
    About,
    CorrectionAbout,
    Edition,
    EditionKind,
    EditionState,
    MailContent,
    ReleaseAbout,
    SwitchAbout,
    about_as,
)
from db.engine import Database
from db.event_log import EventKind, NewEvent
from db.runs import Run, Verdict
from db.send_queue import InFlight, Outcome
from db.subscribers import Cadence, Interest, Language, Subscriber, SubscriberState
from db.types import JSON_COLUMN

pytestmark = pytest.mark.both_kinds
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
RUN = 1
MAIL_SERVER = DeliveryReason.MAIL_SERVER
RENDERED, SENDING, SENT = DeliveryState.RENDERED, DeliveryState.SENDING, DeliveryState.SENT
EVENT, REMINDER = {"event_seq": 1, "reminder": None}, {"event_seq": None, "reminder": "1:2026-12-01:7"}
DEFERRED, UNKNOWN, SKIPPED = DeliveryState.DEFERRED, DeliveryState.UNKNOWN, DeliveryState.SKIPPED


@pytest.fixture
def ledger(db: Database) -> Database:
    """A database with one edition of two contents, and a rendered delivery for each of four readers."""
    with db.write() as session:
        session.add_all(Run(job="deliver", started_at=NOW, verdict=Verdict.RUNNING) for _ in range(2))
        edition = edition_row("2026-W48")
        edition.state = EditionState.BUILT
        session.add(edition)
        session.flush()
        contents = [add_content(session, edition.id or 0, name) for name in ("a", "b")]
        for number in range(4):
            reader = add_reader(session, f"reader{number}")
            rows = [delivery_row(edition.id or 0, reader, contents[number % 2])]
            deliveries.add_deliveries(session, rows)
    return db


def edition_row(period: str) -> Edition:
    on = date(2026, 11, 23)
    return Edition(kind=EditionKind.WEEKLY, period=period, on=on, from_on=on, to_on=on, to_seq=0, planned_at=NOW)


def add_content(session: Session, edition_id: int, name: str) -> int:
    content = MailContent(edition_id=edition_id, hash=name, subject=name, template=name.encode())
    session.add(content)
    session.flush()
    return content.id or 0


def add_reader(session: Session, name: str, cadence: Cadence = Cadence.WEEKLY, cursor: int = 0) -> int:
    reader = Subscriber(address=f"{name}@reader.example", language=Language.FI, cadence=cadence, created_at=NOW)
    return subscribers.enrol(session, reader, [Interest(spearheads=("food",), cursor=cursor)])


def delivery_row(edition_id: int, subscriber_id: int, content_id: int) -> NewDelivery:
    return NewDelivery(
        edition_id=edition_id,
        subscriber_id=subscriber_id,
        content_id=content_id,
        recipient=f"{subscriber_id}@reader.example",
        message_id=f"<{edition_id}.{subscriber_id}@vahti.example>",
        state=RENDERED,
        made_at=NOW,
    )


def claim(db: Database, most: int, at: datetime = NOW) -> list[int]:
    with db.write() as session:
        return [one.id for one in send_queue.claim(session, most, at, RUN)]


def settle(db: Database, *outcomes: Outcome) -> None:
    with db.write() as session:
        send_queue.settle(session, outcomes, NOW)


def the_states(db: Database) -> list[DeliveryState]:
    with db.read() as session:
        found = session.exec(select(Delivery).order_by(col(Delivery.id)))
        return [one.state for one in found]


def test_what_is_claimed_is_being_sent_and_not_claimed_again(ledger: Database) -> None:
    first, second, third = claim(ledger, 3), claim(ledger, 3), claim(ledger, 3)
    assert (len(first), len(second), third) == (3, 1, [])
    assert the_states(ledger) == [SENDING] * 4


@pytest.mark.parametrize("state", [EditionState.PLANNED, EditionState.HELD])
def test_nothing_of_an_edition_leaves_before_it_is_built_or_while_it_is_held(
    ledger: Database, state: EditionState
) -> None:
    with ledger.write() as session:
        session.get_one(Edition, 1).state = state
    assert claim(ledger, 4) == []


def test_deliveries_of_one_content_are_claimed_together(ledger: Database) -> None:
    with ledger.write() as session:
        assert [one.content_id for one in send_queue.claim(session, 4, NOW, RUN)] == [1, 1, 2, 2]


def test_a_claim_that_is_rolled_back_promises_nothing(ledger: Database) -> None:
    with ledger.rehearse() as session:
        send_queue.claim(session, 4, NOW, RUN)
    assert the_states(ledger) == [RENDERED] * 4


def test_a_deferred_delivery_is_claimed_when_its_time_has_come(ledger: Database) -> None:
    [one] = claim(ledger, 1)
    again = NOW + timedelta(minutes=5)
    settle(ledger, Outcome(one, DEFERRED, MAIL_SERVER, "451", again))
    assert one not in claim(ledger, 4, again - timedelta(seconds=1))
    assert claim(ledger, 4, again) == [one]


def test_only_what_is_being_sent_can_be_settled(ledger: Database) -> None:
    [one] = claim(ledger, 1)
    with ledger.write() as session:
        assert send_queue.in_flight(session, ()) == [InFlight(one, RUN)]
    settle(ledger, Outcome(one, UNKNOWN, DeliveryReason.DIED))
    settle(ledger, Outcome(one, SENT), Outcome(one + 1, SENT))
    assert (the_states(ledger).count(UNKNOWN), the_states(ledger).count(SENT)) == (1, 0)


def test_what_was_promised_and_never_begun_waits_as_before(ledger: Database) -> None:
    one, other = claim(ledger, 2)
    settle(ledger, Outcome(one, RENDERED, untried=True))
    with ledger.read() as session:
        row = session.get_one(Delivery, one)
        assert (row.state, row.attempts, row.settled_at) == (RENDERED, 0, None)
        assert send_queue.in_flight(session, ()) == [InFlight(other, RUN)]
    assert one in claim(ledger, 4)


def test_what_a_living_run_claimed_is_no_dead_ones(ledger: Database) -> None:
    with ledger.write() as session:
        [dead] = send_queue.claim(session, 1, NOW, 1)
        [living] = send_queue.claim(session, 1, NOW, 2)
        [nobodys] = send_queue.claim(session, 1, NOW, 1)
        session.get_one(Delivery, nobodys.id).run_id = None  # as a version before claimed it
        session.flush()
        assert send_queue.in_flight(session, {2}) == [InFlight(dead.id, 1), InFlight(nobodys.id, None)]
        assert send_queue.in_flight(session, {1, None}) == [InFlight(living.id, 2)]


def test_two_that_claim_at_once_are_promised_different_mails(ledger: Database) -> None:
    both = threading.Barrier(2)
    found: list[list[int]] = []

    def claim_now() -> None:
        both.wait()
        found.append(claim(ledger, 3))

    threads = [threading.Thread(target=claim_now) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed = [one for many in found for one in many]
    assert len(claimed) == len(set(claimed))


def test_an_attempt_that_found_no_session_does_not_count(ledger: Database) -> None:
    [one] = claim(ledger, 1)
    settle(ledger, Outcome(one, DEFERRED, MAIL_SERVER, "no session", NOW, untried=True))
    with ledger.read() as session:
        assert session.get_one(Delivery, one).attempts == 0


def test_deliveries_are_listed_newest_first_and_by_state(ledger: Database) -> None:
    claim(ledger, 1)
    with ledger.read() as session:
        every = [one.id or 0 for one in deliveries.list_deliveries(session, [], None, None)]
        sending = deliveries.list_deliveries(session, [SENDING], 1, 10)
        counts = deliveries.count_states(session, 1)
    assert every == sorted(every, reverse=True)
    assert ([one.state for one in sending], counts) == ([SENDING], {SENDING: 1, RENDERED: 3})


def test_a_period_has_one_edition(ledger: Database) -> None:
    with pytest.raises(IntegrityError), ledger.write() as session:
        session.add(edition_row("2026-W48"))


def test_a_reader_has_one_delivery_of_an_edition(ledger: Database) -> None:
    with pytest.raises(IntegrityError), ledger.write() as session:
        deliveries.add_deliveries(session, [delivery_row(1, 1, 1)])


@pytest.mark.parametrize(
    "what", [{"event_seq": 1, "reminder": None}, {"event_seq": None, "reminder": "1:2026-12-01:7"}]
)
def test_a_thing_is_told_to_a_reader_once_and_to_another_as_well(ledger: Database, what: dict[str, Any]) -> None:
    add_call_with_event(ledger)
    tell(ledger, 1, what)
    tell(ledger, 2, what)
    with pytest.raises(IntegrityError):
        tell(ledger, 1, what)


def add_call_with_event(db: Database) -> None:
    facts = CallFacts(source="test", key="one", kind=CallKind.TOPIC, title="One", url="https://example.org/")
    ours = CallTracking(fingerprint="f", parser_version=1, status=CallStatus.OPEN, first_seen_at=NOW, changed_at=NOW)
    with db.write() as session:
        run = Run(job="collect", subject="test", started_at=NOW, verdict=Verdict.ACCEPTED)
        session.add(run)
        session.flush()
        [call_id] = calls.upsert_calls(session, [(facts, ours)]).values()
        event_log.add_events(session, [NewEvent(call_id=call_id, run_id=run.id or 0, kind=EventKind.NEW, at=NOW)])


def tell(db: Database, reader: int, what: dict[str, Any]) -> None:
    with db.write() as session:
        session.add(DeliveryItem(delivery_id=reader, subscriber_id=reader, call_id=1, section="new", **what))
        session.flush()


def test_what_a_content_tells_is_written_down_for_each_of_its_deliveries(ledger: Database) -> None:
    add_call_with_event(ledger)
    with ledger.write() as session:
        deliveries.add_content_items(session, [(1, ToldThing(call_id=1, section="new", event_seq=1))])
        deliveries.note_told(session, 1, 1, 2)
        deliveries.note_told(session, 1, 3, 4)
    with ledger.read() as session:
        found = session.exec(select(DeliveryItem).order_by(col(DeliveryItem.id))).all()
    assert [(one.subscriber_id, one.delivery_id, one.event_seq) for one in found] == [(1, 1, 1), (3, 3, 1)]


def test_what_a_content_tells_has_one_order_which_its_hash_is_made_of() -> None:
    thing = ToldThing(call_id=1, section="new", reminder=None, event_seq=7)
    assert list(vars(thing).items()) == [("call_id", 1), ("section", "new"), ("event_seq", 7), ("reminder", None)]


def test_what_was_told_is_known_by_reader_from_a_number_on(ledger: Database) -> None:
    add_call_with_event(ledger)
    tell(ledger, 1, EVENT)
    tell(ledger, 1, REMINDER)
    with ledger.read() as session:
        found = deliveries.already_told(session, [1, 2], 0, ["1:2026-12-01:7"])
        later = deliveries.already_told(session, [1, 2], 1, [])
    assert found == {1: Told(frozenset({1}), frozenset({"1:2026-12-01:7"}))}
    assert later == {}


def test_whether_a_reader_was_ever_told_of_a_call_is_known_however_long_ago(ledger: Database) -> None:
    add_call_with_event(ledger)
    tell(ledger, 1, EVENT)
    with ledger.read() as session:
        assert deliveries.already_told(session, [1, 2], 99, (), [1, 2]) == {1: Told(calls=frozenset({1}))}


def test_a_cursor_never_moves_back(ledger: Database) -> None:
    with ledger.write() as session:
        behind, ahead = add_reader(session, "behind", cursor=3), add_reader(session, "ahead", cursor=9)
        subscribers.move_cursors(session, [behind, ahead], 5)
    with ledger.read() as session:
        found = subscribers.interests_of(session, [behind, ahead])
    assert (found[behind][0].cursor, found[ahead][0].cursor) == (5, 9)


def test_only_active_readers_of_the_cadence_without_a_delivery_are_due(ledger: Database) -> None:
    with ledger.write() as session:
        new = add_reader(session, "new")
        add_reader(session, "daily", Cadence.DAILY)
        session.get_one(Subscriber, add_reader(session, "left")).state = SubscriberState.LEFT
    with ledger.read() as session:
        edition = session.get_one(Edition, 1)
        due = [one.id for one in audiences.due_readers(session, edition, 0, 10)]
        after = audiences.due_readers(session, edition, new, 10)
    assert (due, list(after)) == ([new], [])


@pytest.mark.parametrize(
    ("kept", "about"),
    [
        (None, None),
        ({"subscriber": 3}, SwitchAbout(subscriber=3)),
        ({"edition": 1, "hold": 2, "events": [7, 9]}, ReleaseAbout(edition=1, hold=2, events=(7, 9))),
        (
            {"calls": [1], "fact": "title", "wrong": "a", "right": "b", "readers": [5], "answers": {"5": "<m@x>"}},
            CorrectionAbout(calls=(1,), fact="title", wrong="a", right="b", readers=(5,), answers={5: "<m@x>"}),
        ),
    ],
)
def test_what_an_edition_is_about_is_read_from_rows_that_were_plain_json(
    ledger: Database, kept: dict[str, Any] | None, about: About | None
) -> None:
    with ledger.write() as session:
        change = sa.update(Edition).values(about=sa.literal(kept, JSON_COLUMN))
        session.connection().execute(change)
    with ledger.read() as session:
        edition = session.get_one(Edition, 1)
        assert edition.about == about
    with ledger.write() as session:
        again = edition_row("2026-W49")
        again.about = about
        session.add(again)
        session.flush()
        column = sa.type_coerce(col(Edition.about), JSON_COLUMN)
        stored = session.connection().execute(sa.select(column).where(col(Edition.id) == again.id)).scalar_one()
        assert stored == (kept if kept is None or "fact" not in kept else kept | {"note": ""})


def test_an_edition_is_not_taken_for_one_about_something_else(ledger: Database) -> None:
    with ledger.read() as session, pytest.raises(TypeError, match="has no ReleaseAbout"):
        about_as(session.get_one(Edition, 1), ReleaseAbout)
