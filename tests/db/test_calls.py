"""Calls: what is written stays, what is the same is left alone, and events are numbered as they become visible."""

import threading
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import select

from db import call_lists, calls, event_log, strategies
from db.calls import Call, CallFacts, CallKind, CallStatus, CallTracking, Deadline, Note
from db.engine import Database
from db.event_log import CallEvent, EventKind, NewEvent
from db.runs import Run, Verdict

pytestmark = pytest.mark.both_kinds
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


Row = tuple[CallFacts, CallTracking]


def row(key: str, **given: Any) -> Row:
    """A call: open, without dates, but for what is given of its facts or of what only we know."""
    said = {"source": "test", "kind": CallKind.TOPIC, "title": f"Call {key}", "url": "https://example.org/"} | given
    ours = {"fingerprint": "f", "parser_version": 1, "status": CallStatus.OPEN, "first_seen_at": NOW, "changed_at": NOW}
    facts = CallFacts(key=key, **{name: value for name, value in said.items() if name in CallFacts.model_fields})
    own = {name: value for name, value in given.items() if name in CallTracking.model_fields}
    return facts, CallTracking(**ours | own)


def put(db: Database, *rows: Row) -> dict[str, int]:
    with db.write() as session:
        return calls.upsert_calls(session, rows)


def the_call(db: Database, key: str) -> Call:
    with db.read() as session:
        return session.exec(select(Call).where(Call.key == key)).one()


def event(call_id: int, run_id: int, kind: EventKind = EventKind.NEW) -> NewEvent:
    return NewEvent(call_id=call_id, run_id=run_id, kind=kind, at=NOW)


def a_run(db: Database) -> int:
    run = Run(job="collect", subject="test", started_at=NOW, verdict=Verdict.ACCEPTED)
    with db.write() as session:
        session.add(run)
    return run.id or 0


def test_the_values_of_a_call_come_back_as_they_were(db: Database) -> None:
    given = {
        "deadlines": (Deadline(on=TODAY, at=NOW, stage=1), Deadline(on=date(2027, 2, 1), stage=2)),
        "note": Note(at=TODAY, text="Siirtyi"),
        "keywords": ("a", "ä"),
        "budget_total": 123_456_789_012,
        "claimed_status": CallStatus.FORTHCOMING,
    }
    put(db, row("one", **given))
    call = the_call(db, "one")
    assert {name: getattr(call, name) for name in given} == given


def test_a_call_that_is_as_given_is_left_alone(db: Database) -> None:
    put(db, row("one"))
    put(db, row("one", title="Not taken: the fingerprint says nothing changed"))
    assert the_call(db, "one").title == "Call one"


def test_a_changed_call_keeps_its_id_and_the_day_it_was_first_seen(db: Database) -> None:
    first = put(db, row("one"), row("two"))
    again = put(db, row("one", fingerprint="g", title="Renamed", first_seen_at=LATER))
    call = the_call(db, "one")
    assert (again, call.title, call.first_seen_at) == ({"one": first["one"]}, "Renamed", NOW)


def test_two_sources_may_use_the_same_key(db: Database) -> None:
    assert put(db, row("one")) != put(db, row("one", source="other"))


def test_a_call_is_known_by_as_much_as_a_reading_needs(db: Database) -> None:
    put(db, row("one", text="words", closes_on=TODAY), row("two"), row("other", source="other"))
    with db.read() as session:
        known = calls.known_calls(session, "test")
    assert (known["one"].has_text, known["two"].has_text, known["one"].closes_on) == (True, False, TODAY)
    assert list(known) == ["one", "two"]


def test_absence_is_counted_and_ended_by_the_next_sight(db: Database) -> None:
    ids = put(db, row("one"))
    for _ in range(2):
        with db.write() as session:
            calls.count_absence(session, list(ids.values()), LATER)
    absent = the_call(db, "one").absent_runs
    put(db, row("one"))
    assert (absent, the_call(db, "one").absent_runs) == (2, 0)


def test_the_clock_closes_calls_the_day_after_their_last(db: Database) -> None:
    put(db, row("past", closes_on=date(2026, 11, 22)), row("today", closes_on=TODAY), row("undated"))
    with db.write() as session:
        calls.close_by_clock(session, "test", TODAY)
    assert [the_call(db, key).status for key in ("past", "today", "undated")] == ["closed", "open", "open"]


def test_the_clock_opens_forthcoming_calls_that_nothing_holds_back(db: Database) -> None:
    waiting = {"status": CallStatus.FORTHCOMING, "opens_on": TODAY}
    ids = put(
        db,
        row("due", **waiting),
        row("held back", **waiting, claimed_status=CallStatus.FORTHCOMING),
        row("tomorrow", status=CallStatus.FORTHCOMING, opens_on=date(2026, 11, 24)),
        row("gone", **waiting, withdrawn_at=NOW),
        row("missing", **waiting, absent_runs=1),
        row("undated", status=CallStatus.FORTHCOMING),
    )
    with db.write() as session:
        opened = calls.open_by_clock(session, "test", TODAY)
    assert (list(opened), the_call(db, "due").status) == ([ids["due"]], CallStatus.OPEN)


def test_a_call_with_a_cut_off_in_these_days_is_closing(db: Database) -> None:
    soon, late = (Deadline(on=date(2026, 11, 30)),), (Deadline(on=date(2027, 3, 1)),)
    ids = put(
        db,
        row("soon", deadlines=soon, closes_on=soon[0].on),
        row("late", deadlines=late, closes_on=late[0].on),
        row("both", deadlines=soon + late, closes_on=late[0].on),
        row("gone", deadlines=soon, closes_on=soon[0].on, withdrawn_at=NOW),
        row("closed", deadlines=soon, closes_on=soon[0].on, status=CallStatus.CLOSED),
    )
    with db.read() as session:
        found = calls.closing_between(session, TODAY, date(2026, 12, 7))
    assert set(found) == {ids["soon"], ids["both"]}


def test_a_call_is_named_by_our_id_its_key_or_its_identifier(db: Database) -> None:
    ids = put(db, row("one", identifier="HORIZON-1"), row("two", identifier="HORIZON-1"))
    with db.read() as session:
        named = {name: [call.key for call in calls.calls_named(session, name)] for name in ("one", "HORIZON-1", "x")}
        by_id = calls.calls_named(session, str(ids["two"]))
    assert named == {"one": ["one"], "HORIZON-1": ["one", "two"], "x": []}
    assert [call.key for call in by_id] == ["two"]


def test_calls_are_listed_by_closing_date_with_unknown_dates_last(db: Database) -> None:
    put(db, row("undated"), row("late", closes_on=date(2027, 1, 1)), row("soon", closes_on=TODAY))
    with db.read() as session:
        found = call_lists.list_calls(session, (), "", None, None, TODAY)
        some = call_lists.list_calls(session, [CallStatus.OPEN], "test", None, 1, TODAY)
    assert [call.key for call in found] == ["soon", "late", "undated"]
    assert [call.key for call in some] == ["soon"]


def test_the_status_of_a_listed_call_is_that_of_the_day_though_nothing_was_read_since(db: Database) -> None:
    put(
        db,
        row("over", closes_on=date(2026, 11, 22)),
        row("begun", status=CallStatus.FORTHCOMING, opens_on=TODAY),
        row("held", status=CallStatus.FORTHCOMING, claimed_status=CallStatus.FORTHCOMING, opens_on=TODAY),
        row("open", closes_on=TODAY),
    )
    with db.read() as session:
        found = {
            status: {call.key for call in call_lists.list_calls(session, [status], "", None, None, TODAY)}
            for status in CallStatus
        }
    assert found == {
        CallStatus.CLOSED: {"over"},
        CallStatus.OPEN: {"begun", "open"},
        CallStatus.FORTHCOMING: {"held"},
    }


def test_events_come_in_order_and_within_limits(db: Database) -> None:
    ids, run_id = put(db, row("one"), row("two")), a_run(db)
    with db.write() as session:
        event_log.add_events(session, [event(ids["one"], run_id), event(ids["two"], run_id)])
        event_log.add_events(session, [event(ids["one"], run_id, EventKind.TEXT)])
    with db.read() as session:
        last = event_log.last_seq(session)
        found = [(one.seq, call.key) for one, call in event_log.events_after(session, last - 2, last - 1)]
        of_one = [one.kind for one in event_log.events_of(session, ids["one"])]
    assert found == [(last - 1, "two")]
    assert of_one == [EventKind.NEW, EventKind.TEXT]


def test_the_number_of_an_event_is_never_used_twice(db: Database) -> None:
    ids, run_id = put(db, row("one")), a_run(db)
    seen = []
    for _ in range(2):
        with db.write() as session:
            event_log.add_events(session, [event(ids["one"], run_id)])
            seen.append(event_log.last_seq(session))
            session.delete(session.get_one(CallEvent, seen[-1]))
    assert seen[0] < seen[1]


def test_events_become_visible_in_the_order_of_their_numbers(db: Database) -> None:
    """A reader that has seen number n never finds a smaller one later, however many write at once."""
    ids, run_id = put(db, row("one")), a_run(db)
    is_over = threading.Event()
    late: list[int] = []

    def write() -> None:
        for _ in range(15):
            with db.write() as session:
                event_log.add_events(session, [event(ids["one"], run_id)])
                is_over.wait(0.002)  # the number is taken, and not yet visible

    def watch() -> None:
        seen: set[int] = set()
        while not is_over.is_set():
            with db.read() as session:
                found = {one.seq or 0 for one, _ in event_log.events_after(session, 0)}
            late.extend(seq for seq in found - seen if seq < max(seen, default=0))
            seen |= found

    watcher, writers = threading.Thread(target=watch), [threading.Thread(target=write) for _ in range(3)]
    for thread in (watcher, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    is_over.set()
    watcher.join()
    with db.read() as session:
        assert (late, event_log.last_seq(session)) == ([], 45)


def test_calls_that_other_rules_tagged_are_due_for_tagging(db: Database) -> None:
    ids = put(db, row("one"), row("two"), row("three"))
    with db.write() as session:
        strategies.note_tagged(session, [ids["one"]], "new rules")
        strategies.note_tagged(session, [ids["two"]], "old rules")
    with db.read() as session:
        due = [call.key for call in strategies.not_tagged_with(session, "new rules", 10)]
    assert due == ["two", "three"]
