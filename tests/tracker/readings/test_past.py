"""The past of a source: which parts are left to read, and which calls cannot be an answer to what was asked."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.calls import CallFacts, CallKind, CallStatus, Deadline
from tracker.readings.health import Glance
from tracker.readings.past import Days, check_known, misplaced, months, not_stored, parts_left
from tracker.sources import Part, Past

TODAY = date(2026, 6, 9)
YEAR = Part("1", date(2024, 1, 1), date(2024, 12, 31))


def days(first: str, last: str) -> Days:
    return Days(date.fromisoformat(first), date.fromisoformat(last))


def some_days(least: int = 0) -> st.SearchStrategy[list[Days]]:
    begins = st.integers(0, 60).map(lambda n: date(2024, 12, 1) + timedelta(days=n))
    one = st.builds(lambda begin, n: Days(begin, begin + timedelta(days=n)), begins, st.integers(0, 30))
    return st.lists(one, min_size=least, max_size=4)


def single(spans: list[Days]) -> set[date]:
    return {span.from_on + timedelta(days=n) for span in spans for n in range((span.to_on - span.from_on).days + 1)}


@given(some_days(1), some_days())
def test_what_is_left_is_what_was_asked_without_what_is_stored(asked: list[Days], stored: list[Days]) -> None:
    left = not_stored(asked[:1], stored)
    assert single(left) == single(asked[:1]) - single(stored)
    assert left == sorted(left, key=lambda span: span.from_on)


@pytest.mark.parametrize(
    ("by_year", "names"),
    [(True, ["1/2023-06-01..2023-12-31", "1/2024", "8/2024"]), (False, ["1/2023-06-01..2024-12-31", "8/2024"])],
)
def test_parts_are_cut_at_the_turns_of_years_where_the_publisher_sends_them_so(by_year: bool, names: list[str]) -> None:
    past = Past("closed calls", since=date(2007, 1, 1), by_year=by_year)
    stored = {"8": [days("2023-01-01", "2023-12-31")]}
    left = parts_left(past, ["1", "8"], days("2023-06-01", "2024-12-31"), stored)
    assert [str(part) for part in left] == names


@pytest.mark.parametrize(
    ("part", "by_year", "pieces"),
    [
        (Part("1", date(2024, 1, 20), date(2024, 3, 2)), True, ["2024-01-20..2024-01-31", "2024-02-01..2024-02-29"]),
        (Part("1", date(2024, 2, 3), date(2024, 2, 29)), True, []),
        (YEAR, False, []),
        (Part("1"), True, []),
    ],
)
def test_a_part_is_cut_at_the_turns_of_months_where_it_can_be(part: Part, by_year: bool, pieces: list[str]) -> None:
    cut = months(Past("closed calls", since=date(2007, 1, 1), by_year=by_year), part)
    assert [str(piece) for piece in cut[:-1]] == [f"1/{piece}" for piece in pieces]
    assert (cut[0].from_on, cut[-1].to_on) == (part.from_on, part.to_on)


def call(**given: Any) -> CallFacts:
    usual = {"opens_on": date(2024, 5, 1), "deadlines": (Deadline(on=date(2024, 9, 1)),)}
    told = {"claimed_status": CallStatus.CLOSED, "title": "A call", "url": "https://example.org/"} | usual | given
    return CallFacts.model_validate({"source": "portal", "key": "one", "kind": CallKind.TOPIC} | told)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, None),
        ({"opens_on": date(2023, 12, 31)}, None),  # stamped in another zone: it belongs to the part before
        ({"opens_on": date(2023, 12, 30)}, "out_of_span"),
        ({"opens_on": date(2026, 5, 1)}, "out_of_span"),
        ({"opens_on": None}, "out_of_span"),
        ({"claimed_status": CallStatus.OPEN}, None),  # its dates say that it is over
        ({"claimed_status": None, "deadlines": ()}, "not_closed"),
        ({"claimed_status": CallStatus.FORTHCOMING, "deadlines": ()}, "not_closed"),
    ],
)
def test_a_call_of_other_days_or_that_is_not_over_was_not_asked_for(given: dict[str, Any], reason: str | None) -> None:
    found = misplaced(YEAR, call(**given), TODAY)
    assert (found and found.name) == reason


def test_a_call_without_an_opening_day_belongs_to_the_part_of_these() -> None:
    undated = call(opens_on=None)
    assert (misplaced(Part("1"), undated, TODAY), Part("1").holds(None), Part("1").holds(TODAY)) == (None, True, False)


OPEN = Glance(TODAY + timedelta(days=30), CallStatus.OPEN, True)
LONG_AGO = Glance(TODAY - timedelta(days=700), CallStatus.OPEN, True)
BLIND = Glance(OPEN.closes_on, CallStatus.OPEN, False)
KNOWN = {f"call {number}": OPEN for number in range(20)}


@pytest.mark.parametrize(
    ("change", "is_believed"),
    [
        ({}, True),
        ({"call 1": None, "call 2": None}, True),  # withdrawn since
        ({f"call {number}": None for number in range(6)}, False),
        ({f"call {number}": LONG_AGO for number in range(3)}, False),
        ({f"call {number}": BLIND for number in range(9)}, False),
    ],
)
def test_an_index_is_todays_if_it_says_of_known_calls_what_it_said(
    change: dict[str, Glance | None], is_believed: bool
) -> None:
    found = {key: glance for key, glance in (KNOWN | change).items() if glance}
    reason = check_known(YEAR, KNOWN, found, TODAY)
    assert (reason is None) == is_believed
    assert reason is None or reason.name == "old_index"


def test_few_known_calls_prove_nothing() -> None:
    assert check_known(YEAR, {"one": OPEN}, {}, TODAY) is None
