"""Health: the recorded days, and faults put into them."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from db.calls import CallFacts, CallKind, CallStatus, Deadline
from tests.support.recorded_days import RecordedDay, accepted_days, recorded_days, tally
from tracker.calls.changes import closes_on
from tracker.readings.counts import Counts
from tracker.readings.health import check
from tracker.sources.portal import search as portal

pytestmark = pytest.mark.together("recorded days")
FORTHCOMING, OPEN = CallStatus.FORTHCOMING, CallStatus.OPEN


@pytest.fixture(scope="module")
def days(shared: Path) -> tuple[RecordedDay, ...]:
    return recorded_days(shared)


@pytest.fixture(scope="module")
def near(shared: Path) -> tuple[RecordedDay, ...]:
    """A sound day late in the recording and the ten before it, all believed."""
    return recorded_days(shared, date(2026, 6, 2), date(2026, 6, 12))


@pytest.fixture(scope="module")
def today(near: tuple[RecordedDay, ...]) -> RecordedDay:
    """The day into which faults are put."""
    return near[-1]


@pytest.fixture(scope="module")
def accepted(near: tuple[RecordedDay, ...]) -> list[Counts]:
    """The ten believed readings before that day, newest first."""
    return [day.counts() for day in near[-2::-1]]


def judged(day: RecordedDay, facts: Mapping[str, CallFacts], accepted: list[Counts]) -> set[str]:
    """The names of the reasons against a day on which these facts are read in place of its own."""
    return {reason.name for reason in check(portal.SOURCE.bounds, day.counts(facts), accepted)}


def of_scan(day: RecordedDay, scan: str) -> list[str]:
    return [key for key in day.facts if day.scans[key] == scan]


def without(day: RecordedDay, keys: Iterable[str]) -> dict[str, CallFacts]:
    gone = set(keys)
    return {key: said for key, said in day.facts.items() if key not in gone}


@pytest.mark.slow
def test_sixty_of_the_recorded_days_are_believed_and_the_half_index_is_not(days: tuple[RecordedDay, ...]) -> None:
    assert len(days) == 61
    assert {day.on for day in days} - {day.on for day in accepted_days(days)} == {date(2026, 5, 30)}


def test_the_recorded_half_index_is_named_by_all_that_it_lacks(shared: Path) -> None:
    *before, half = recorded_days(shared, date(2026, 5, 20), date(2026, 5, 30))
    reasons = check(portal.SOURCE.bounds, half.counts(), [day.counts() for day in before[::-1]])
    assert [reason.name for reason in reasons] == ["drop", "scan_lost", "status_lost", "texts_lost"]
    assert "0 calls said to be forthcoming" in reasons[2].detail


def test_a_sound_recorded_day_is_believed(today: RecordedDay, accepted: list[Counts]) -> None:
    assert judged(today, today.facts, accepted) == set()


def two_years_back(said: CallFacts) -> CallFacts:
    back = tuple(Deadline(on=deadline.on - timedelta(days=730)) for deadline in said.deadlines)
    return said.model_copy(update={"deadlines": back})


def test_an_index_rolled_back_by_two_years_is_not_believed(today: RecordedDay, accepted: list[Counts]) -> None:
    old = {key: two_years_back(said) for key, said in today.facts.items()}
    assert judged(today, old, accepted) == {"past_deadlines"}


def test_an_index_rolled_back_by_two_years_is_not_believed_on_the_first_day_either(today: RecordedDay) -> None:
    old = {key: two_years_back(said) for key, said in today.facts.items()}
    assert judged(today, old, []) == {"past_deadlines"}


@pytest.mark.parametrize(
    ("scan", "reasons"), [("1", {"drop", "scan_lost"}), ("8", {"scan_lost"}), ("2", {"scan_lost"})]
)
def test_half_the_rows_of_a_scan_are_not_believed(
    today: RecordedDay, accepted: list[Counts], scan: str, reasons: set[str]
) -> None:
    half = without(today, of_scan(today, scan)[::2])
    assert judged(today, half, accepted) >= reasons


@pytest.mark.parametrize("scan", ["8", "2"])
def test_a_small_scan_that_is_missing_whole_is_not_believed(
    today: RecordedDay, accepted: list[Counts], scan: str
) -> None:
    assert judged(today, without(today, of_scan(today, scan)), accepted) == {"scan_lost"}


@pytest.mark.parametrize("status", [OPEN, FORTHCOMING])
def test_a_missing_status_is_not_believed(today: RecordedDay, accepted: list[Counts], status: CallStatus) -> None:
    missing = [key for key, said in today.facts.items() if said.claimed_status is status]
    assert judged(today, without(today, missing), accepted) >= {"drop", "status_lost"}


def test_half_the_forthcoming_calls_missing_are_not_believed(today: RecordedDay, accepted: list[Counts]) -> None:
    missing = [key for key, said in today.facts.items() if said.claimed_status is FORTHCOMING]
    assert judged(today, without(today, missing[::2]), accepted) == {"status_lost"}


def test_an_index_with_484_stale_open_calls_more_is_not_believed(today: RecordedDay, accepted: list[Counts]) -> None:
    """As the portal was from 27 June to 1 July 2026."""
    stale = {f"5{number:07}TOPICSen": stale_call(number) for number in range(484)}
    assert judged(today, {**today.facts, **stale}, accepted) == {"jump", "past_deadlines"}


def stale_call(number: int) -> CallFacts:
    said: dict[str, Any] = {"source": "portal", "key": f"5{number:07}TOPICSen", "kind": CallKind.TOPIC}
    closed_on = date(2023, 1, 1) + timedelta(days=number)
    return CallFacts(
        **said,
        title="Old",
        claimed_status=OPEN,
        deadlines=(Deadline(on=closed_on),),
        url="https://example.org/",
        text="Old",
    )


def test_a_page_overlap_in_every_pass_is_not_believed(today: RecordedDay, accepted: list[Counts]) -> None:
    counted = tally(today.facts, today.scans, today.on)
    counted.scans["8"].announced = len(of_scan(today, "8")) + 1
    reasons = check(portal.SOURCE.bounds, counted.counts(), accepted)
    assert [reason.name for reason in reasons] == ["incomplete"]


def test_dates_that_vanish_from_the_rows_are_not_believed(today: RecordedDay, accepted: list[Counts]) -> None:
    undated = {key: said.model_copy(update={"deadlines": ()}) for key, said in today.facts.items()}
    assert judged(today, undated, accepted) == {"dates_lost"}


@pytest.mark.slow
def test_on_believed_recorded_days_few_calls_leave_before_their_time(days: tuple[RecordedDay, ...]) -> None:
    def is_live(said: CallFacts, on: date) -> bool:
        until = closes_on(said)
        return until is None or until >= on

    for before, after in pairwise(accepted_days(days)):
        live = [key for key, said in before.facts.items() if is_live(said, after.on)]
        assert len([key for key in live if key not in after.facts]) < 0.04 * len(live)
