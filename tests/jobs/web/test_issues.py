"""Issues and corrections: what was told is public, and nothing of it says who reads or what a reader chose."""

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from db.audit import Signed
from db.calls import Deadline
from db.duplicates import Duplicate, DuplicateState, Ground
from db.event_log import EventKind
from db.subscribers import Cadence, Interest
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.corrections import Wrong, correct
from jobs.editions.holds import release_part
from jobs.editions.planning import make_edition, make_welcome
from jobs.web import issues
from tests.jobs.subscribing import joined
from tests.jobs.web.browsing import Browser, links_of
from tests.jobs.world import MONDAY, add_event, add_news, clock_of, enrol, with_settings

BY_OLLI = Signed("olli", "misread", MONDAY)


def sent(app: App, **days: int) -> int:
    """Make and send the weekly edition, later than now by this; its number."""
    clock_of(app).forward(**(days or {"days": 7}))
    edition, _ = make_edition(app, Cadence.WEEKLY)
    deliver(app)
    return edition.id or 0


def issue(app: App, number: int, language: str = "en") -> dict[str, list[str]]:
    """What an issue tells: the lines of its calls, by spearhead."""
    answer = Browser(app).get(f"/{language}/editions/{number}")
    assert answer.status_code == 200
    page = BeautifulSoup(answer.text, "lxml")
    return {
        str(section.h2.get_text(strip=True)): [line.get_text(" | ", strip=True) for line in section.select("li")]
        for section in page.select("section")
        if section.h2
    }


def test_an_issue_tells_what_happened_since_the_one_before_by_spearhead(app: App) -> None:
    enrol(app.db, MONDAY, "anna")
    one = add_news(app.db, MONDAY, "one", "food", title="Foods of the north")
    first = sent(app)
    add_event(app.db, app.clock(), one, EventKind.BUDGET, {"budget_total": 1_000_000}, {"budget_total": 2_000_000})
    add_news(app.db, app.clock(), "two", "circular", "food", title="Waste of food")
    second = sent(app)
    assert issue(app, first) == {"Ruoka": ["Foods of the north | First seen"]}
    told = issue(app, second)
    lines = [line for lines in told.values() for line in lines]
    assert sorted({line.partition(" | ")[0] for line in lines}) == ["Foods of the north", "Waste of food"]
    assert any("€1 million → €2 million" in line for line in lines)
    assert len(told) == 2
    listed = Browser(app).get("/en/editions").text
    assert listed.index(f"/en/editions/{second}") < listed.index(f"/en/editions/{first}")


def test_an_issue_is_the_same_whoever_reads_it(app: App) -> None:
    """One reader with a query of their own: neither what they were told alone nor what they were not shows through."""
    enrol(app.db, MONDAY, "anna", interests=[Interest(query="hydrogen")])
    add_news(app.db, MONDAY, "one", "food", title="Food and hydrogen")
    add_news(app.db, MONDAY, "two", "food", title="Foods of the north")
    add_news(app.db, MONDAY, "three", title="Hydrogen of nobody's spearhead")
    number = sent(app)
    [lines] = issue(app, number).values()
    assert {line.partition(" | ")[0] for line in lines} == {"Food and hydrogen", "Foods of the north"}
    page = Browser(app).get(f"/en/editions/{number}").text
    assert "anna" not in page
    assert "nobody" not in page


def test_what_is_a_single_readers_or_has_not_left_is_no_issue(app: App) -> None:
    enrol(app.db, MONDAY, "anna")
    joined(app, "bertta")
    add_news(app.db, MONDAY, "one", "food", deadlines=(Deadline(on=MONDAY.date() + timedelta(days=2)),))
    welcome = make_welcome(app)
    assert welcome
    deliver(app)
    planned, _ = make_edition(app, Cadence.WEEKLY)
    browser = Browser(app)
    for number in (welcome[0].id, planned.id, 99):
        assert browser.get(f"/en/editions/{number}").status_code == 404
    assert "None has been sent yet." in browser.get("/en/editions").text
    deliver(app)
    assert browser.get(f"/en/editions/{planned.id}").status_code == 200


def test_what_was_held_back_is_told_by_the_issue_that_released_it(app: App) -> None:
    strict = with_settings(app, editions={"flood_least": 5, "flood_times": 2.0})
    enrol(app.db, MONDAY, "anna")
    for week in range(3):
        add_news(app.db, strict.clock(), f"week{week}", "food", title=f"Week {week}")
        sent(strict)
    for number in range(6):
        add_news(app.db, strict.clock(), f"flood{number}", "food", source="eura", title=f"Flood {number}")
    add_news(app.db, strict.clock(), "usual", "food", title="Usual")
    held = sent(strict)
    assert [line.partition(" | ")[0] for lines in issue(app, held).values() for line in lines] == ["Usual"]
    released = release_part(strict, 1, BY_OLLI)[0].id or 0
    deliver(strict)
    [lines] = issue(app, released).values()
    assert [line.partition(" | ")[0] for line in lines] == [f"Flood {number}" for number in range(6)]


@pytest.mark.both_kinds
def test_earlier_issues_are_a_page_further(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issues, "MOST_ISSUES", 2)
    enrol(app.db, MONDAY, "anna")
    numbers = []
    for week in range(3):
        add_news(app.db, app.clock(), f"week{week}", "food")
        numbers.append(sent(app))
    first = Browser(app).get("/en/editions")
    [further] = [link for link in links_of(app, first) if "below=" in link]
    assert [f'/editions/{number}"' in first.text for number in numbers] == [False, True, True]
    second = Browser(app).get(further).text
    assert [f'/editions/{number}"' in second for number in numbers] == [True, False, False]


def test_a_call_of_two_sources_is_told_once(app: App) -> None:
    enrol(app.db, MONDAY, "anna")
    ids = [add_news(app.db, MONDAY, "a", "food", source=source) for source in ("portal", "eucf")]
    with app.db.write() as session:
        pair: dict[str, Any] = {"first_id": ids[0], "second_id": ids[1], "ground": Ground.LINK}
        session.add(Duplicate(**pair, state=DuplicateState.JOINED, found_at=MONDAY))
    [lines] = issue(app, sent(app)).values()
    assert len(lines) == 1


def test_every_link_of_an_issue_leads_somewhere(app: App) -> None:
    enrol(app.db, MONDAY, "anna")
    add_news(app.db, MONDAY, "one", "food", title="<script>alert(1)</script>")
    number, browser = sent(app), Browser(app)
    for language in ("fi", "sv", "en"):
        answer = browser.get(f"/{language}/editions/{number}")
        assert "<script" not in answer.text
        links = links_of(app, answer)
        assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_a_correction_says_which_call_what_we_said_and_what_is_right(app: App) -> None:
    enrol(app.db, MONDAY, "anna")
    call_id = add_news(app.db, MONDAY, "one", "food", title="Foods of the north")
    sent(app)
    days = (app.clock().date(), app.clock().date())
    assert "There have been none." in Browser(app).get("/en/corrections").text
    correct(app, Wrong(call_id, "deadlines", "1.10.2026", "15.9.2026", *days, note="A misprint."), BY_OLLI)
    assert "There have been none." in Browser(app).get("/en/corrections").text  # it has not left
    deliver(app)
    answer = Browser(app).get("/en/corrections")
    text = BeautifulSoup(answer.text, "lxml").get_text(" ", strip=True)
    assert "Deadline We said 1 October 2026 Right is 15 September 2026 Why A misprint. Calls Foods of the north" in text
    assert f'/en/calls/{call_id}"' in answer.text
    assert "anna" not in answer.text
