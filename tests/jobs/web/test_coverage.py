"""The coverage page and the line of every footer: how well each source is read, and what readers may miss."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.publishing.coverage import covered_sources
from jobs.web.coverage import Freshness
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_call, clock_of, facts, with_settings
from tracker import sources

ALONE = ("portal", "eura")
OK, BAD = Verdict.ACCEPTED, Verdict.FAILED


@pytest.fixture
def app(app: App) -> App:
    """Two sources, so that they can be counted."""
    others = {key: {"enabled": False} for key in sources.modules(app.settings.sources) if key not in ALONE}
    return with_settings(app, sources=others, fetch={"contact": "vahti@liitto.fi"})


def add_readings(app: App, **of_source: list[tuple[float, Verdict]]) -> None:
    """Add readings of sources, each so many days before now; the oldest first."""
    with app.db.write() as session:
        for source, readings in of_source.items():
            for days, verdict in readings:
                at = app.clock() - timedelta(days=days)
                session.add(Run(job="collect", subject=source, started_at=at, verdict=verdict, counts={"unread": 0}))


@pytest.mark.parametrize(
    ("readings", "line"),
    [
        ({}, ""),
        (
            {"portal": [(0, OK)], "eura": [(0, OK)]},
            "All 2 sources were read today, the last 15 June at 7.00.",
        ),
        (
            {"portal": [(0, OK)], "eura": [(1, OK)]},
            "All 2 sources were read today or yesterday, the last 15 June at 7.00.",
        ),
        (
            {"portal": [(0, OK)], "eura": [(3, OK), (2, BAD), (1, BAD)]},
            "1 of 2 sources were read today or yesterday, the last 15 June at 7.00. "
            "EURA 2021 was last read 3 days ago.",
        ),
        (
            {"portal": [(5, OK)], "eura": [(6, OK)]},
            "None of 2 sources was read today or yesterday; the last was read 10 June at 7.00. "
            "EURA 2021 was last read 6 days ago.",
        ),
        ({"portal": [(0, OK)]}, "1 of 2 sources were read today or yesterday, the last 15 June at 7.00."),
    ],
)
def test_every_footer_says_when_the_sources_were_read(app: App, readings: dict[str, Any], line: str) -> None:
    add_readings(app, **readings)
    assert Freshness(app).line("en") == line
    for address in ("/en/calls", "/en/spearheads", "/en/about", "/en/calls/99"):
        footer = BeautifulSoup(Browser(app).get(address).text, "lxml").select_one("footer")
        assert footer
        assert line in footer.get_text(" ", strip=True)


@pytest.mark.parametrize(
    ("days", "line"), [(3, "The others are read less often."), (8, "EURA 2021 was last read 8 days ago.")]
)
def test_a_source_that_is_read_once_a_week_is_late_after_a_week(app: App, days: int, line: str) -> None:
    add_readings(app, portal=[(0, OK)], eura=[(days, OK)])
    assert Freshness(with_settings(app, sources={"eura": {"schedule": "0 6 * * mon"}})).line("en") == (
        f"1 of 2 sources were read today or yesterday, the last 15 June at 7.00. {line}"
    )


@pytest.mark.both_kinds
def test_the_line_is_read_anew_when_something_was_stored_and_a_day_later(app: App) -> None:
    browser = Browser(app)

    def line(page: str) -> str:
        footer = BeautifulSoup(browser.get(page).text, "lxml").select_one("footer p")
        return footer.get_text() if footer else ""

    assert not line("/fi/calls").startswith("Kaikki")
    add_readings(app, portal=[(0, OK)], eura=[(0, OK)])
    for page in ("/fi/calls", "/fi/about"):
        assert line(page).startswith("Kaikki 2 lähdettä on luettu tänään,")
    clock_of(app).forward(days=1)
    for page in ("/fi/calls", "/fi/about"):
        assert line(page).startswith("Kaikki 2 lähdettä on luettu tänään tai eilen,")


def row_of(page: BeautifulSoup, source: str) -> list[str]:
    [row] = [row for row in page.select("table tbody tr") if source in row.get_text()]
    return [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]


def test_each_source_is_shown_with_when_how_often_and_how_many(app: App) -> None:
    add_readings(app, portal=[(0, OK)])
    add_call(app.db, MONDAY, facts("a"))
    add_call(app.db, MONDAY, facts("b"), withdrawn_at=MONDAY)
    page = BeautifulSoup(Browser(app).get("/en/coverage").text, "lxml")
    name, read, often, now, known = row_of(page, "Funding & Tenders")
    assert "European Commission" in name
    assert (read, often, now, known) == ("15 June 2026 at 7.00", "3 times a day", "1", "2")
    assert row_of(page, "EURA 2021")[1:] == ["never yet see above", "3 times a day", "0", "0"]
    assert page.select_one('a[href="/en/calls?sources=portal"]')
    assert len(page.select("table tbody tr")) == 2  # what is switched off is not read


def test_a_blind_source_says_since_when_and_what_may_be_missing(app: App) -> None:
    add_readings(app, portal=[(0, OK)], eura=[(3, OK), (2, BAD), (1, BAD)])
    text = BeautifulSoup(Browser(app).get("/en/coverage").text, "lxml").get_text(" ", strip=True)
    assert "EURA 2021 has not been readable since 13 June at 7.00 (Finnish time). Its calls" in text


@pytest.mark.parametrize(
    ("schedule", "days", "line"),
    [
        ("15 6,12,18 * * *", 1, ""),
        ("15 6,12,18 * * *", 9, "EURA 2021 was last read 9 days ago."),
        ("0 6 * * mon", 7, ""),
        ("0 6 * * mon", 8, "EURA 2021 was last read 8 days ago."),
        ("0 6 * * *", None, "EURA 2021 has never been read yet."),
    ],
)
def test_a_source_that_was_not_read_for_longer_than_its_schedule_has_it_is_warned_of(
    app: App, schedule: str, days: int | None, line: str
) -> None:
    add_readings(app, portal=[(0, OK)], eura=[] if days is None else [(days, OK)])
    late = with_settings(app, sources={"eura": {"schedule": schedule}})
    page = BeautifulSoup(Browser(late).get("/en/coverage").text, "lxml")
    assert [said.get_text(" ", strip=True) for said in page.select("h1 ~ section ul li")] == ([line] if line else [])
    assert ("see above" in row_of(page, "EURA 2021")[1]) == bool(line)


@pytest.mark.parametrize(
    ("schedule", "often"),
    [("15 6,12,18 * * *", "3 times a day"), ("0 6 * * *", "once a day"), ("0 6 * * mon", "once a week")],
)
def test_how_often_a_source_is_read_is_that_of_its_schedule(app: App, schedule: str, often: str) -> None:
    strict = with_settings(app, sources={"eura": {"schedule": schedule}})
    page = BeautifulSoup(Browser(strict).get("/en/coverage").text, "lxml")
    assert row_of(page, "EURA 2021")[2] == often


def test_our_robot_is_announced_as_it_announces_itself(app: App) -> None:
    page = Browser(app).get("/en/coverage").text
    assert app.settings.fetch.user_agent in page
    assert "(+vahti@liitto.fi)" in page
    assert "robots.txt" in page


@pytest.mark.both_kinds
def test_calls_are_counted_by_source_on_either_database(app: App) -> None:
    add_call(app.db, MONDAY, facts("a"))
    with app.db.read() as session:
        counted = {one.source.key: (one.calls_now, one.calls_known) for one in covered_sources(session, app)}
    assert counted == {"portal": (1, 1), "eura": (0, 0)}
