"""The pages of spearheads: what each is, its calls, and the deadlines ahead as a picture with its table."""

from datetime import date

import pytest
from bs4 import BeautifulSoup

from db.calls import CallStatus, Deadline
from jobs.base.app import App
from jobs.web.spearheads import MONTHS, months_of
from tests.jobs.web.browsing import Browser, links_of
from tests.jobs.world import MONDAY, add_call, facts


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


@pytest.mark.both_kinds
def test_each_spearhead_tells_what_is_open_and_coming_and_closes_next(app: App, browser: Browser) -> None:
    add_call(app.db, MONDAY, facts("a"), "food")
    coming = {"opens_on": date(2026, 7, 1), "claimed_status": None, "deadlines": (Deadline(on=date(2026, 8, 1)),)}
    add_call(app.db, MONDAY, facts("b", **coming), "food", "circular", status=CallStatus.FORTHCOMING)
    add_call(app.db, MONDAY, facts("c", deadlines=(Deadline(on=date(2026, 6, 1)),)), "food")  # over
    page = BeautifulSoup(browser.get("/en/spearheads").text, "lxml")
    told = {card.find("a").get_text(): card.select(".soft")[0].get_text() for card in page.select(".cards > li")}  # type: ignore[union-attr]
    assert told == {
        "Kiertotalous": "none open · 1 coming · next deadline 1 August 2026",
        "Ruoka": "1 open · 1 coming · next deadline 1 August 2026",
    }


def test_the_deadlines_ahead_are_a_picture_whose_table_says_the_same(app: App, browser: Browser) -> None:
    days = (date(2026, 5, 2), date(2026, 7, 1), date(2026, 7, 31), date(2026, 10, 1))
    add_call(app.db, MONDAY, facts("a", deadlines=tuple(Deadline(on=day) for day in days)), "food")
    page = BeautifulSoup(browser.get("/en/spearheads/food").text, "lxml")
    rows = {row.th.get_text(): row.td.get_text() for row in page.select(".months tbody tr")}  # type: ignore[union-attr]
    assert {month: number for month, number in rows.items() if number != "0"} == {"July 2026": "2", "October 2026": "1"}
    drawn = [text.get_text() for text in page.select(".months svg text:not(.axis)")]
    assert drawn == ["2", "1"]
    assert [int(str(bar["height"])) for bar in page.select(".bar") if bar["height"] != "0"] == [100, 50]


@pytest.mark.parametrize("on", [date(2026, 1, 31), date(2026, 11, 27), date(2028, 2, 29)])
def test_the_months_ahead_are_twelve_without_a_gap(on: date) -> None:
    months = months_of([on.replace(year=on.year - 1, day=1), on], on, "en")
    assert [int(month.short) for month in months] == [(on.month - 1 + n) % 12 + 1 for n in range(MONTHS)]
    assert [month.count for month in months] == [1, *([0] * (MONTHS - 1))]


def test_the_years_rhythm_is_a_picture_whose_table_says_the_same_and_expects_nothing_as_a_fact(
    app: App, browser: Browser
) -> None:
    for day in ("2024-09-14", "2025-09-15", "2026-03-02"):
        name = "LIFE-{}-SAP-ENV" if day[5:7] == "09" else "HORIZON-CL6-{}-01-FARM-01"
        call = facts(day, identifier=name.format(day[:4]), title=f"Call of {day[:4]}", opens_on=date.fromisoformat(day))
        add_call(app.db, MONDAY, call, "food", status=CallStatus.CLOSED)
    page = BeautifulSoup(browser.get("/en/spearheads/food").text, "lxml")
    head = [cell.get_text() for cell in page.select(".rhythm thead th")]
    rows = {
        row.th.get_text(): [cell.get_text() for cell in row.select("td")] for row in page.select(".rhythm tbody tr")
    }  # type: ignore[union-attr]
    assert head == ["Month", "2024", "2025", "2026", "expected"]
    assert {month: row for month, row in rows.items() if row != ["0"] * 4} == {
        "March": ["0", "0", "1", "0"],
        "September": ["1", "1", "0", "1"],
    }
    assert len(page.select(".rhythm circle")) == 4
    [line] = page.select(".rounds li")
    said = " ".join(line.get_text().split())
    assert said.startswith("perhaps 14–15 September 2026: Call of 2025 LIFE-2025-SAP-ENV")
    assert said.endswith("opened 15 September 2025 and 14 September 2024")
    assert "Nobody has announced these." in page.get_text()


def test_of_one_year_no_rhythm_is_drawn(app: App, browser: Browser) -> None:
    add_call(app.db, MONDAY, facts("a", opens_on=date(2026, 3, 2)), "food")
    answer = browser.get("/en/spearheads/food").text
    assert "calls of enough years" in answer
    assert "Expected within a year" not in answer


def test_a_spearhead_without_calls_leads_to_those_that_have_closed(app: App, browser: Browser) -> None:
    answer = browser.get("/en/spearheads/food")
    assert "None at the moment." in answer.text
    assert "/en/calls?spearheads=food&amp;status=closed" in answer.text


def test_every_link_of_a_spearhead_leads_somewhere(app: App, browser: Browser) -> None:
    add_call(app.db, MONDAY, facts("a"), "food")
    for address in ("/fi/spearheads", "/fi/spearheads/food"):
        links = links_of(app, browser.get(address))
        assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_a_spearhead_that_is_not_there_is_a_page_that_says_so(browser: Browser) -> None:
    assert browser.get("/en/spearheads/horses").status_code == 404
