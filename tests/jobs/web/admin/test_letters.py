"""Letters of the month at the desk: chosen by ticks, put in order by buttons, taken away, and sent once it was seen."""

import re
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser as Window

from db.admins import Role
from db.deliveries import DeliveryState
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition
from jobs.editions.verify import verify
from jobs.publishing.monthly_letters import letter_in_full
from tests.jobs.subscribing import joined
from tests.jobs.web.admin.desks import PASSWORD, desk
from tests.jobs.web.browsing import Browser, whole_database
from tests.jobs.web.windows import shown
from tests.jobs.world import add_news, enrol, states

HOSTILE = "<img src=x onerror=alert(1)> & co"


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def begun(app: App, browser: Browser, *titles: str) -> str:
    """The address of a letter with calls of these titles, whose ids are 1, 2, …"""
    for title in titles:
        add_news(app.db, app.clock(), title[:20], "food", title=title)
    answer = browser.post("/admin/letters", title="Summer")
    browser.post(f"{answer.headers['location']}/choose", call=[str(n) for n in range(1, len(titles) + 1)])
    return str(answer.headers["location"])


def order(browser: Browser, address: str) -> list[str]:
    page = BeautifulSoup(browser.get(address).text, "lxml")
    return [heading.get_text(strip=True) for heading in page.select(".chosen h3")]


def frames(answer: Any) -> list[str]:
    return [str(frame["src"]) for frame in BeautifulSoup(answer.text, "lxml").find_all("iframe")]


def test_calls_are_found_by_spearhead_words_or_an_earlier_mail_and_ticked(app: App, browser: Browser) -> None:
    enrol(app.db, app.clock(), "anna")
    letter = begun(app, browser, "Bread", HOSTILE)
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    add_news(app.db, app.clock(), "waste", "circular", title="Waste")
    ways = {"spearhead=food": {"Bread", HOSTILE}, "spearhead=circular": {"Waste"}, "edition=1": {"Bread", HOSTILE}}
    for asked, expected in ways.items():
        page = BeautifulSoup(browser.get(f"{letter}/choose?{asked}").text, "lxml")
        assert {label.get_text() for label in page.select(".ticked label")} == expected
    assert "checked disabled" in browser.get(f"{letter}/choose?spearhead=food").text
    browser.post(f"{letter}/choose", call="3")
    assert order(browser, letter) == ["Bread", HOSTILE, "Waste"]


def test_buttons_move_calls_and_keep_what_was_typed(app: App, browser: Browser) -> None:
    letter = begun(app, browser, "A", "B", "C")
    typed = {"title": "Autumn", "foreword.fi": "Hei", "note.2.fi": "Lue tämä"}
    answer = browser.post(letter, None, **typed, move="up 2")
    assert answer.headers["location"] == f"{letter}#calls"
    assert order(browser, letter) == ["B", "A", "C"]
    browser.post(letter, None, **typed, move="out 3")
    assert order(browser, letter) == ["B", "A"]
    with app.db.read() as session:
        full = letter_in_full(session, 1)
    assert (full.letter.title, full.letter.forewords) == ("Autumn", {"fi": "Hei"})
    assert full.calls[0][0].notes == {"fi": "Lue tämä"}


def test_what_is_wrong_is_said_and_what_was_typed_stays(app: App, browser: Browser) -> None:
    letter = begun(app, browser, "A")
    answer = browser.post(letter, None, **{"title": " ", "foreword.fi": "Pitkä kirje"})
    assert answer.status_code == 422
    assert "This is missing" in answer.text
    assert "Pitkä kirje" in answer.text
    assert browser.post("/admin/letters", title="").status_code == 422


@pytest.mark.parametrize(
    ("form", "begins", "is_file"),
    [
        ("page", b"<!doctype", False),
        ("mail", b"<!doctype", True),
        ("docx", b"pk", True),
        ("markdown", b"# ", True),
    ],
)
def test_a_letter_is_taken_away(app: App, browser: Browser, form: str, begins: bytes, is_file: bool) -> None:
    letter = begun(app, browser, HOSTILE)
    answer = browser.get(f"{letter}/{form}.sv")
    assert answer.content.lower().startswith(begins)
    assert ("attachment" in answer.headers.get("content-disposition", "")) == is_file
    assert not re.search(rb"(?<!\\)<img", answer.content)
    assert browser.get(f"{letter}/exe.sv").status_code == 404
    assert browser.get(f"{letter}/{form}.de").status_code == 404


def test_a_letter_is_sent_after_it_was_seen(app: App, browser: Browser) -> None:
    enrol(app.db, app.clock(), "anna")
    enrol(app.db, app.clock(), "cecilia", "circular")
    letter = begun(app, browser, "Bread")
    before = whole_database(app)
    page = browser.get(f"{letter}/send?to=followers&spearhead=food")
    assert "It would go to 1 reader" in page.text
    [frame] = frames(page)
    assert "Bread" in browser.get(frame).text
    assert whole_database(app) == before
    chosen = {"to": "followers", "spearhead": "food"}
    assert browser.post(f"{letter}/send", None, **chosen).status_code == 422
    answer = browser.post(f"{letter}/send", None, **chosen, reason="the board's choice")
    assert answer.headers["location"].startswith("/admin/editions/1")
    deliver(app)
    assert states(app.db) == {DeliveryState.SENT: 1}
    assert verify(app).discrepancies == []
    assert "It was sent before" in browser.get(letter).text
    told = browser.get("/admin/why?reader=1&call=1").text
    assert "told by the letter of the month of 15 June 2026; that mail is: sent" in told


def test_why_names_the_letter_that_told_an_old_call(app: App, browser: Browser) -> None:
    begun(app, browser, "Bread")
    joined(app, "anna")
    browser.post("/admin/letters/1/send", None, to="all", reason="go")
    deliver(app)
    told = browser.get("/admin/why?reader=1&call=1").text
    assert "The letter of the month of 15 June 2026 told of it as an open call" in told


def test_followers_of_nothing_are_not_everybody(app: App, browser: Browser) -> None:
    enrol(app.db, app.clock(), "anna")
    letter = begun(app, browser, "Bread")
    assert browser.get(f"{letter}/send?to=followers").status_code == 422
    assert browser.post(f"{letter}/send", None, to="followers", reason="go").status_code == 422
    assert states(app.db) == {}


def test_an_editor_writes_and_an_approver_sends(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    editor, approver = desk(app, "edith", Role.EDITOR), desk(app, "arvo", Role.APPROVER)
    letter = begun(app, editor, "Bread")
    assert editor.post(f"{letter}/send", None, to="all", reason="go").status_code == 403
    assert approver.post(letter, None, title="Mine").status_code == 403
    assert approver.post(f"{letter}/send", None, to="all", reason="go").status_code == 303


def test_a_draft_is_deleted_with_a_reason(app: App, browser: Browser) -> None:
    letter = begun(app, browser, "A")
    assert browser.post(f"{letter}/drop").status_code == 422
    assert browser.post(f"{letter}/drop", reason="begun twice").status_code == 303
    assert browser.get(letter).status_code == 404


@pytest.mark.slow
def test_the_web_page_prints_as_pdf(app: App, window: Window, tmp_path: Path) -> None:
    letter = begun(app, desk(app), *(f"Call of the north {n}" for n in range(12)))
    with shown(app) as served:
        base = served.settings.mail.base_url
        page = window.new_context(locale="fi").new_page()
        page.goto(f"{base}/admin/sign-in")
        page.fill("#address", "maija@desk.example")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.goto(f"{base}{letter}/page.fi")
        assert page.evaluate("getComputedStyle(document.querySelector('.when')).fontWeight") == "600"
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        printed = page.pdf(path=str(tmp_path / "letter.pdf"), prefer_css_page_size=True)
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 1
    assert re.search(rb"/MediaBox\s*\[\s*0 0 59[45][.\d]* 84[12]", printed)  # A4
