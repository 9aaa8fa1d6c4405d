"""Instants: sums at the ends of time, and the years that a publisher can mean."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tracker import instants

WEST, EAST, HELSINKI = timezone(timedelta(hours=-12)), timezone(timedelta(hours=14)), ZoneInfo("Europe/Helsinki")
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", [UTC, WEST, EAST, HELSINKI, ZoneInfo("America/Los_Angeles")])
@pytest.mark.parametrize("at", [FIRST, LAST, FIRST.replace(tzinfo=EAST), LAST.replace(tzinfo=WEST)])
def test_every_instant_there_is_has_a_time_in_every_zone(at: datetime, zone: timezone) -> None:
    local = instants.in_zone(at, zone)
    assert (local.tzinfo, abs(local.year - at.year) <= 1) == (zone, True)


def test_an_instant_between_the_ends_of_time_is_converted_exactly() -> None:
    at = datetime(2026, 6, 15, 22, 30, tzinfo=UTC)
    assert instants.in_zone(at, HELSINKI) == at.astimezone(HELSINKI)
    assert instants.in_zone(at, HELSINKI).day == 16


@pytest.mark.parametrize(
    ("on", "days", "later"),
    [
        (date(2026, 2, 27), 2, date(2026, 3, 1)),
        (date(9999, 12, 30), 5, date.max),
        (date(1, 1, 2), -5, date.min),
        (date(2026, 1, 1), 10**15, date.max),
    ],
)
def test_days_are_added_up_to_the_last_there_is(on: date, days: int, later: date) -> None:
    assert instants.days_later(on, days) == later


@pytest.mark.parametrize(("year", "is_meant"), [(26, False), (1989, False), (1990, True), (2099, True), (9999, False)])
def test_a_year_that_no_publisher_can_mean_is_known(year: int, is_meant: bool) -> None:
    assert instants.in_meant_year(date(year, 6, 15)) is is_meant
