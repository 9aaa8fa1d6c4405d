"""Calendars: read back by a library and held against RFC 5545 where a reader's calendar would notice."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from db.calls import CallStatus, Deadline
from db.event_log import EventKind
from tests.tracker.feeds.samples import DOOR, NOW, call, day, event, moved, tagged
from tracker.digests.interests import Tagged
from tracker.feeds.calendar import calendar

SINCE = date(2026, 3, 1)
BRUSSELS_17 = datetime(2026, 10, 1, 17, 0, tzinfo=timezone(timedelta(hours=2)))  # as a source writes it


def events_of(*calls: Tagged, since: date = SINCE) -> list[Event]:
    return list(Calendar.from_ical(calendar(DOOR, calls, since)).walk("VEVENT"))


def told(*calls: Tagged) -> list[tuple[str, date | datetime, int, str]]:
    """UID, start, sequence and status of every event."""
    return [
        (str(one["uid"]), one.decoded("dtstart"), int(one["sequence"]), str(one["status"])) for one in events_of(*calls)
    ]


def unfolded(made: bytes) -> list[str]:
    return made.decode().replace("\r\n ", "").splitlines()


def test_a_known_date_is_a_whole_day_and_a_real_time_an_instant_in_utc() -> None:
    timed = call(id=8, deadlines=(Deadline(on=BRUSSELS_17.date(), at=BRUSSELS_17),))
    lines = unfolded(calendar(DOOR, [tagged(call("10-01")), tagged(timed)], SINCE))
    assert [line for line in lines if line.startswith("DTSTART")] == [
        "DTSTART;VALUE=DATE:20261001",
        "DTSTART:20261001T150000Z",
    ]


def test_a_move_keeps_the_uid_and_raises_the_sequence_so_that_the_event_moves() -> None:
    before = told(tagged(call("10-01")))
    after = told(tagged(call("10-15"), moved(1, ["10-01"], ["10-15"])))
    assert before == [("call-7-1@vahti.example", day("10-01"), 0, "CONFIRMED")]
    assert after == [("call-7-1@vahti.example", day("10-15"), 1, "CONFIRMED")]


def test_of_several_cut_offs_only_the_one_that_moves_is_touched() -> None:
    later = tagged(call("09-01", "10-15", "11-01"), moved(1, ["09-01", "10-01", "11-01"], ["09-01", "10-15", "11-01"]))
    assert [(uid, sequence) for uid, _, sequence, _ in told(later)] == [
        ("call-7-1@vahti.example", 0),
        ("call-7-2@vahti.example", 1),
        ("call-7-3@vahti.example", 0),
    ]


def test_a_cut_off_that_is_taken_back_is_cancelled_with_a_higher_sequence() -> None:
    assert told(tagged(call("09-01"), moved(1, ["09-01", "10-01"], ["09-01"]))) == [
        ("call-7-1@vahti.example", day("09-01"), 0, "CONFIRMED"),
        ("call-7-2@vahti.example", day("10-01"), 1, "CANCELLED"),
    ]


def test_a_withdrawn_call_is_cancelled_and_stands_again_when_it_is_back_with_ever_higher_sequences() -> None:
    kinds = [EventKind.WITHDRAWN, EventKind.REOPENED, EventKind.WITHDRAWN, EventKind.WITHDRAWN]  # once back unnoticed
    happened = [event(seq, kind) for seq, kind in enumerate(kinds, 1)]
    states = [(0, False), (1, True), (2, False), (3, True), (3, False), (4, True)]
    found = [
        told(tagged(call("10-01", withdrawn_at=NOW if gone else None), *happened[:known])) for known, gone in states
    ]
    assert [(sequence, status) for [(_, _, sequence, status)] in found] == [
        (0, "CONFIRMED"),
        (1, "CANCELLED"),
        (2, "CONFIRMED"),
        (3, "CANCELLED"),
        (4, "CONFIRMED"),
        (5, "CANCELLED"),
    ]


def test_a_call_that_its_source_closes_early_is_cancelled() -> None:
    early = call("10-01", claimed_status=CallStatus.CLOSED, status=CallStatus.CLOSED)
    [made] = events_of(tagged(early))
    assert (made["status"], int(made["sequence"])) == ("CANCELLED", 1)
    assert made["summary"] == "Ei enää voimassa: Food call"


@pytest.mark.parametrize("seen_at", [datetime(2026, 10, 1, 16, tzinfo=UTC), datetime(2026, 10, 2, 4, tzinfo=UTC)])
def test_a_call_that_closed_when_its_day_came_is_not_cancelled(seen_at: datetime) -> None:
    over = call("10-01", claimed_status=CallStatus.CLOSED, status=CallStatus.CLOSED, changed_at=seen_at)
    assert [status for *_, status in told(tagged(over))] == ["CONFIRMED"]


def test_the_second_stage_stands_when_the_first_one_is_over() -> None:
    over = call("05-01", "10-01", deadline_model="two-stage", status=CallStatus.CLOSED)
    assert [(one["summary"], one["status"]) for one in events_of(tagged(over))] == [
        ("1. vaiheen määräaika: Food call", "CONFIRMED"),
        ("2. vaiheen määräaika: Food call", "CONFIRMED"),
    ]


def test_an_event_says_what_the_digest_would_say_on_that_day() -> None:
    one = call(deadlines=(Deadline(on=BRUSSELS_17.date(), at=BRUSSELS_17),), project_max=950_000)
    [made] = events_of(tagged(one))
    assert made["summary"] == "Määräaika: Food call"
    assert made["description"].split("\n") == [
        "Hae viimeistään to 1.10.2026 klo 18.00 Suomen aikaa",
        "Horisontti Eurooppa · HORIZON-ONE · Portaali",
        "Rahoitus: enintään 950\u00a0000\u00a0€ hanketta kohti",
        "Miksi tämä on sinulle: Ruoka (”ruoka”)",
        "https://example.org/one",
    ]
    assert (made["url"], made["transp"]) == ("https://example.org/one", "TRANSPARENT")


def test_an_event_is_stamped_when_its_call_changed_and_carries_no_alarm() -> None:
    at = datetime(2026, 7, 1, 4, tzinfo=UTC)
    made = calendar(DOOR, [tagged(call("10-15"), moved(1, ["10-01"], ["10-15"], at))], SINCE)
    assert b"DTSTAMP:20260701T040000Z\r\n" in made
    assert b"VALARM" not in made


def test_the_same_calls_give_the_same_bytes_in_whatever_order_they_come() -> None:
    calls = [tagged(call("10-01", id=number)) for number in (3, 1, 2)]
    assert calendar(DOOR, calls, SINCE) == calendar(DOOR, calls[::-1], SINCE)


def test_dates_from_before_are_left_out_and_a_calendar_may_be_empty() -> None:
    made = Calendar.from_ical(calendar(DOOR, [tagged(call("02-01"))], SINCE))
    assert (made["method"], made["x-wr-calname"], made.walk("VEVENT")) == ("PUBLISH", "Kärkivahti: Ruoka", [])


def test_programs_are_told_to_ask_again_twice_a_day() -> None:
    lines = unfolded(calendar(DOOR, [], SINCE))
    assert {"REFRESH-INTERVAL;VALUE=DURATION:PT12H", "X-PUBLISHED-TTL:PT12H"} <= set(lines)


def required(one: Event) -> Iterable[Any]:
    return (one.get(name) for name in ("uid", "dtstamp", "dtstart", "summary", "sequence"))


@given(title=st.text(), name=st.text())
def test_any_title_folds_at_75_octets_between_letters_and_is_read_back(title: str, name: str) -> None:
    one = call("10-01", title=title + "äö" * 60, identifier=name)
    made = calendar(DOOR, [tagged(one)], SINCE)
    lines = made.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert all(line.decode().isprintable() for line in lines)
    [event] = Calendar.from_ical(made).walk("VEVENT")
    assert all(value is not None for value in required(event))
    assert event.errors == []
