"""Periods: days, ISO weeks and months by their keys, at the edges of years too."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.subscribers import Cadence
from tests.support.refused import refused
from tracker.digests.periods import Period, before, is_missed_period, period_named, period_of
from tracker.errors import Refusal

DAILY, WEEKLY, MONTHLY = Cadence.DAILY, Cadence.WEEKLY, Cadence.MONTHLY

cadences = st.sampled_from(Cadence)
calendar_days = st.dates(date(1990, 1, 1), date(2100, 12, 31))


def test_a_day_is_its_own_period() -> None:
    on = date(2026, 11, 23)
    assert period_of(DAILY, on) == Period(on, on, "2026-11-23")


def test_a_week_runs_from_monday_to_sunday() -> None:
    week = Period(date(2026, 11, 23), date(2026, 11, 29), "2026-W48")
    assert [period_of(WEEKLY, week.first), period_of(WEEKLY, week.last)] == [week, week]


def test_a_cadence_that_nobody_knows_is_an_error_that_names_it_and_no_month() -> None:
    with pytest.raises(KeyError, match="fortnightly"):
        period_of("fortnightly", date(2026, 11, 23))  # type: ignore[arg-type]


def test_a_week_of_one_digit_has_a_zero_so_that_keys_sort() -> None:
    assert period_of(WEEKLY, date(2026, 3, 2)).key == "2026-W10"
    assert period_of(WEEKLY, date(2026, 3, 1)).key == "2026-W09"


@pytest.mark.parametrize(
    ("on", "key"),
    [
        (date(2024, 12, 30), "2025-W01"),  # a Monday in the old year, in the new year's first week
        (date(2026, 12, 31), "2026-W53"),
        (date(2027, 1, 1), "2026-W53"),  # in the new year, in the old year's 53rd week
        (date(2027, 1, 4), "2027-W01"),
        (date(2028, 1, 2), "2027-W52"),
    ],
)
def test_a_week_at_the_end_of_a_year_belongs_to_the_year_of_its_thursday(on: date, key: str) -> None:
    assert period_of(WEEKLY, on).key == key


def test_the_week_before_the_first_one_may_be_a_53rd() -> None:
    assert before(WEEKLY, period_named(WEEKLY, "2027-W01")).key == "2026-W53"
    assert before(WEEKLY, period_named(WEEKLY, "2026-W01")).key == "2025-W52"


def test_a_month_has_its_own_length() -> None:
    assert period_of(MONTHLY, date(2026, 2, 11)) == Period(date(2026, 2, 1), date(2026, 2, 28), "2026-02")
    assert period_of(MONTHLY, date(2028, 2, 11)).last == date(2028, 2, 29)


def test_the_month_before_january_is_december_of_the_year_before() -> None:
    assert before(MONTHLY, period_named(MONTHLY, "2027-01")) == period_named(MONTHLY, "2026-12")


def test_the_day_before_the_first_of_march_is_the_last_of_february() -> None:
    assert before(DAILY, period_named(DAILY, "2026-03-01")).key == "2026-02-28"


@pytest.mark.parametrize(
    ("cadence", "key"),
    [
        (WEEKLY, "2026-48"),
        (WEEKLY, "2026-W4"),
        (WEEKLY, "2026-w48"),
        (WEEKLY, "2026-W48-1"),
        (WEEKLY, "W48"),
        (DAILY, "2026-W48"),
        (DAILY, "23.11.2026"),
        (DAILY, "20261123"),
        (MONTHLY, "2026-11-23"),
        (MONTHLY, "11/2026"),
        (MONTHLY, "2026-11\n"),
        (MONTHLY, ""),
    ],
)
def test_a_key_of_another_shape_is_refused_and_the_shape_named(cadence: Cadence, key: str) -> None:
    wanted = {DAILY: "2026-11-23", WEEKLY: "2026-W48", MONTHLY: "2026-11"}[cadence]
    with refused(Refusal, f"is not a {cadence.value} period; write it like {wanted}"):
        period_named(cadence, key)


@pytest.mark.parametrize(
    ("cadence", "key"),
    [
        (WEEKLY, "2027-W53"),
        (WEEKLY, "2026-W00"),
        (WEEKLY, "9999-W52"),
        (DAILY, "2026-02-29"),
        (MONTHLY, "2026-13"),
        (MONTHLY, "0000-01"),
    ],
)
def test_a_key_that_no_calendar_has_is_refused(cadence: Cadence, key: str) -> None:
    with refused(Refusal, f"{key!r} is not in the calendar"):
        period_named(cadence, key)


def test_the_53rd_week_of_a_year_that_has_one_is_known() -> None:
    assert period_named(WEEKLY, "2026-W53").last == date(2027, 1, 3)


@given(cadences, calendar_days)
def test_a_day_lies_in_its_period_and_any_day_of_it_names_the_same(cadence: Cadence, on: date) -> None:
    period = period_of(cadence, on)
    assert period.first <= on <= period.last
    assert period_of(cadence, period.first) == period_of(cadence, period.last) == period


@given(cadences, calendar_days)
def test_a_period_is_found_again_by_its_key(cadence: Cadence, on: date) -> None:
    period = period_of(cadence, on)
    assert period_named(cadence, period.key) == period


@given(cadences, calendar_days)
def test_periods_abut_and_their_keys_sort_as_they_do(cadence: Cadence, on: date) -> None:
    period = period_of(cadence, on)
    earlier = before(cadence, period)
    assert earlier.last + timedelta(days=1) == period.first
    assert earlier.key < period.key


@pytest.mark.parametrize(
    ("newest", "today", "missed"),
    [
        ("2026-11-20", "2026-11-23", False),  # Friday, then Monday
        ("2026-11-19", "2026-11-23", True),
        ("2026-11-23", "2026-11-24", False),
        ("2026-11-21", "2026-11-23", False),
    ],
)
def test_a_weekend_is_no_missed_day(newest: str, today: str, missed: bool) -> None:
    assert is_missed_period(Cadence.DAILY, newest, period_named(Cadence.DAILY, today)) is missed


def test_a_week_left_out_is_missed() -> None:
    assert is_missed_period(Cadence.WEEKLY, "2026-W46", period_named(Cadence.WEEKLY, "2026-W48"))
    assert not is_missed_period(Cadence.WEEKLY, "2026-W47", period_named(Cadence.WEEKLY, "2026-W48"))
