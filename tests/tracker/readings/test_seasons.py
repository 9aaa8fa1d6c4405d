"""Canaries of the season: what opened in these weeks of earlier years, and whether it came again."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.recorded_days import RecordedDay, accepted_days, first_day, last_day, recorded_days
from tracker.readings.seasons import A_YEAR, Opening, due_families, missing_families

pytestmark = pytest.mark.together("recorded days")
ON = date(2026, 5, 20)
LAST_YEAR, BEFORE = ON - A_YEAR, ON - 2 * A_YEAR


def opening(family: str, opens_on: date, key: str = "") -> Opening:
    return Opening(key or f"{family} {opens_on}", f"{family}-{opens_on.year}-01-SOMETHING-02", "P", opens_on)


@pytest.mark.parametrize(
    ("identifier", "family"),
    [
        ("HORIZON-CL6-2026-01-CIRCBIO-01", "HORIZON-CL6"),
        ("HORIZON-JU-CBE-2026-R-01", "HORIZON-JU-CBE"),
        ("LIFE-2026-SAP", "LIFE"),
        ("EuropeAid/186109/DD/ACT/SV", "NDICI"),
        (None, "NDICI"),
    ],
)
def test_a_family_is_named_up_to_its_year_or_by_its_programme(identifier: str | None, family: str) -> None:
    assert Opening("k", identifier, "NDICI", ON).family == family


def test_a_family_is_due_that_opened_in_these_weeks_of_both_years_before() -> None:
    both = [opening("A", LAST_YEAR + timedelta(days=13)), opening("A", BEFORE - timedelta(days=13))]
    once = [opening("B", LAST_YEAR), opening("C", BEFORE), opening("D", LAST_YEAR - timedelta(days=15))]
    assert due_families([*both, *once], ON) == {"A"}


def test_where_the_archive_reaches_back_one_year_that_year_tells() -> None:
    assert due_families([opening("A", LAST_YEAR)], ON) == {"A"}
    assert due_families([opening("A", BEFORE)], ON) == frozenset()


@pytest.mark.parametrize(("days", "came"), [(-56, True), (-57, False), (0, True), (200, True)])
def test_a_family_has_come_that_opened_lately_or_will_open(days: int, came: bool) -> None:
    this_year = opening("A", ON + timedelta(days=days), "this year")
    wanted, lacking = missing_families([opening("A", LAST_YEAR), this_year], {"this year"}, ON)
    assert (wanted, lacking) == ({"A"}, frozenset() if came else {"A"})


def test_a_call_that_is_remembered_and_not_seen_has_not_come() -> None:
    assert missing_families([opening("A", LAST_YEAR), opening("A", ON, "gone")], set(), ON)[1] == {"A"}


# --- the recorded days ------------------------------------------------------------------------------------------------


def openings(days: Iterable[RecordedDay], back: timedelta = timedelta(0)) -> list[Opening]:
    return [
        Opening(f"{key} {back.days}", said.identifier, said.programme, said.opens_on - back)
        for day in days
        for key, said in day.facts.items()
        if said.opens_on
    ]


@pytest.mark.slow
def test_on_believed_recorded_days_the_season_of_the_years_before_would_be_found(shared: Path) -> None:
    """The years before are the recorded one, a few weeks off: as regular as a publisher may be."""
    days = list(accepted_days(recorded_days(shared)))
    off = timedelta(weeks=3)
    archive = openings(days[-1:], A_YEAR + off) + openings(days[-1:], 2 * A_YEAR - off)
    for day in days:
        seen = openings([day])
        wanted, lacking = missing_families(archive + seen, {one.key for one in seen}, day.on)
        assert len(lacking) <= 0.4 * len(wanted) or len(wanted) < 8
    assert len(wanted) >= 8


def test_an_index_that_stopped_months_ago_lacks_the_season(shared: Path) -> None:
    first, last = first_day(shared), last_day(shared)
    stale = [one for one in openings([first]) if one.opens_on < first.on - timedelta(weeks=14)]
    archive = openings([last], A_YEAR) + openings([last], 2 * A_YEAR)
    wanted, lacking = missing_families(archive + stale, {one.key for one in stale}, last.on)
    assert lacking == wanted
    assert len(wanted) >= 8
