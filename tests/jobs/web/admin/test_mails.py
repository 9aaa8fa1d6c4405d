"""Mails at the desk: what is due, previews, corrections, mails in doubt, and why a reader got a call or not."""

import re
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlmodel import select

from db.admins import Role
from db.calls import Deadline
from db.deliveries import Delivery, DeliveryState
from db.editions import Edition, EditionHold, EditionKind, HoldState
from db.subscribers import Cadence, Language
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.corrections import Wrong, correct
from jobs.editions.planning import make_edition
from jobs.editions.verify import verify
from jobs.readers.preferences import mute, pause
from tests.jobs.rulebook.archive import ME
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.browsing import Browser, whole_database
from tests.jobs.world import add_call, add_news, clock_of, enrol, facts, states
from tests.support.refused import refused
from tracker.errors import Refusal


def said(answer: Any) -> str:
    page = BeautifulSoup(answer.text, "lxml")
    assert page.main
    return page.main.get_text(" ", strip=True)


def frames(answer: Any) -> list[str]:
    return [str(frame["src"]) for frame in BeautifulSoup(answer.text, "lxml").find_all("iframe")]


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def sent_weekly(app: App, *titles: str) -> None:
    """Calls about food, told to all readers."""
    for title in titles:
        add_news(app.db, app.clock(), title, "food", title=title)
    make_edition(app, Cadence.WEEKLY)
    deliver(app)


# --- what is due, and previews ----------------------------------------------------------------------------------------


def test_what_would_leave_now_is_counted_and_changes_nothing(app: App, browser: Browser) -> None:
    for name in ("anna", "ben"):
        enrol(app.db, app.clock(), name)
    enrol(app.db, app.clock(), "cecilia", "circular")
    add_news(app.db, app.clock(), "bread", "food")
    before = whole_database(app)
    assert "Weekly" in said(browser.get("/admin/editions/expected"))
    shown = said(browser.get("/admin/editions/expected?kind=weekly"))
    assert "Weekly : 2 mails · 1 reader without news" in re.sub(r"\s*:", " :", shown)
    assert whole_database(app) == before
    assert re.search(r"Weekly \S+ 15 June 2026 3 0\b", said(browser.get("/admin/editions")))


def test_a_preview_is_the_very_mail_that_leaves_then_but_for_the_readers_links(app: App, browser: Browser) -> None:
    anna = enrol(app.db, app.clock(), "anna")
    add_news(app.db, app.clock(), "bread", "food", title="Bread <b>& butter</b>")
    soon = (Deadline(on=app.today() + timedelta(days=10)),)
    add_call(app.db, app.clock(), facts("soon", title="Closing soon", deadlines=soon), "food")
    before = whole_database(app)
    page = browser.get(f"/admin/readers/{anna}/preview")
    [frame] = frames(page)
    mail = browser.get(frame)
    assert whole_database(app) == before
    assert "Closing soon" in mail.text
    assert "Bread &lt;b&gt;&amp; butter&lt;/b&gt;" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "frame-ancestors 'self'" in mail.headers["content-security-policy"]
    assert "frame-ancestors 'none'; frame-src 'self'" in page.headers["content-security-policy"]
    make_edition(app, Cadence.WEEKLY)
    left = browser.get("/admin/deliveries/1/mail.html").text
    assert left == mail.text
    assert "/u/preview" in left  # nobody at the desk can leave in the reader's name


def test_a_preview_for_a_follower_of_a_spearhead_speaks_their_language(app: App, browser: Browser) -> None:
    add_news(app.db, app.clock(), "bread", "food", title="Bread")
    add_news(app.db, app.clock(), "waste", "circular", title="Waste")
    before = whole_database(app)
    asked = "spearhead=food&language=sv&cadence=daily"
    page = browser.get(f"/admin/editions/preview?{asked}")
    mail = browser.get(frames(page)[0]).text
    assert whole_database(app) == before
    assert 'lang="sv"' in mail
    assert ("Bread" in mail, "Waste" in mail) == (True, False)
    assert browser.get("/admin/editions/preview?spearhead=nothing").status_code == 404


def test_a_preview_without_a_mail_says_why(app: App, browser: Browser) -> None:
    anna = enrol(app.db, app.clock(), "anna")
    assert "there is nothing new for the reader" in said(browser.get(f"/admin/readers/{anna}/preview"))
    add_news(app.db, app.clock(), "bread", "food")
    pause(app, anna, app.today().replace(month=9), ME)
    assert "the reader has paused" in said(browser.get(f"/admin/readers/{anna}/preview"))


# --- held parts, mails in doubt ---------------------------------------------------------------------------------------


def test_what_was_held_back_keeps_who_decided_and_why(app: App, browser: Browser) -> None:
    enrol(app.db, app.clock(), "anna")
    sent_weekly(app, "Bread")
    with app.db.write() as session:
        session.add(EditionHold(edition_id=1, subject="rule:food-words", events=[1], usual=0.5))
    browser.post("/admin/held-parts/1/drop", reason="old calls")
    for address in ("/admin/held-parts", "/admin/editions/1"):
        shown = said(browser.get(address))
        assert "Rule: food OR ruoka OR livsmedel" in shown
        assert "Maija: old calls" in shown
    with app.db.read() as session:
        assert session.exec(select(EditionHold)).one().state is HoldState.DROPPED


@pytest.mark.parametrize(
    ("outcome", "becomes"),
    [("sent", DeliveryState.SENT), ("lost", DeliveryState.REFUSED), ("again", DeliveryState.RENDERED)],
)
def test_all_mails_of_an_edition_in_doubt_are_settled_at_once(
    app: App, browser: Browser, outcome: str, becomes: DeliveryState
) -> None:
    for name in ("anna", "ben", "cecilia"):
        enrol(app.db, app.clock(), name)
    sent_weekly(app, "Bread")
    with app.db.write() as session:
        for delivery in session.exec(select(Delivery).where(Delivery.id != 3)):
            delivery.state = DeliveryState.UNKNOWN
    assert browser.post("/admin/editions/1/unknown", outcome=outcome).status_code == 409
    assert browser.post("/admin/editions/1/unknown", outcome=outcome, reason="by the log").status_code == 303
    expected = {becomes: 2, DeliveryState.SENT: 1} if becomes is not DeliveryState.SENT else {becomes: 3}
    assert states(app.db) == expected
    assert browser.post("/admin/editions/1/unknown", outcome=outcome, reason="again").status_code == 409


# --- corrections ------------------------------------------------------------------------------------------------------

MISTAKE = {
    "fact": "deadlines",
    "wrong": "1.10.2026",
    "right": "15.9.2026",
    "from_on": "2026-06-15",
    "to_on": "2026-06-15",
}


def test_a_correction_shows_whom_it_reaches_and_its_mail_and_goes_to_each_once(app: App, browser: Browser) -> None:
    enrol(app.db, app.clock(), "anna")
    enrol(app.db, app.clock(), "berit", language=Language.SV)
    enrol(app.db, app.clock(), "cecilia", "circular")
    sent_weekly(app, "Bread")
    before = whole_database(app)
    page = browser.get("/admin/calls/1/correction?" + "&".join(f"{name}={value}" for name, value in MISTAKE.items()))
    assert "It would go to 2 readers" in said(page)
    assert ["15 September 2026" in browser.get(frame).text for frame in frames(page)] == [True, False]
    assert whole_database(app) == before
    assert browser.post("/admin/calls/1/correction", **MISTAKE).status_code == 422
    assert browser.post("/admin/calls/1/correction", **MISTAKE, reason="they told us").status_code == 303
    deliver(app)
    with app.db.read() as session:
        kinds = [edition.kind for edition in session.exec(select(Edition).order_by(Edition.id))]
    assert kinds == [EditionKind.WEEKLY, EditionKind.CORRECTION]
    assert states(app.db) == {DeliveryState.SENT: 4, DeliveryState.SKIPPED: 1}
    again = browser.post("/admin/calls/1/correction", **MISTAKE, reason="once more")
    assert again.status_code == 422
    assert "has had this very correction" in again.text
    assert verify(app).discrepancies == []


def test_who_is_told_later_gets_the_correction_that_others_had(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    sent_weekly(app, "Bread")
    wrong = Wrong(1, "deadlines", "1.10.2026", "15.9.2026", app.today(), app.today().replace(month=7))
    correct(app, wrong, ME)
    clock_of(app).forward(days=7)
    enrol(app.db, app.clock(), "ben")
    sent_weekly(app)
    _, made = correct(app, wrong, ME)
    assert made == {DeliveryState.RENDERED: 1}
    with refused(Refusal, "has had this very correction"):
        correct(app, wrong, ME)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"right": " "}, "This is missing"),
        ({"from_on": "soon"}, "is not a day"),
        ({"fact": "colour"}, "mails show no fact colour"),
        ({"from_on": "2026-06-01", "to_on": "2026-06-02"}, "no mail sent from"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_in_words(
    app: App, browser: Browser, given: dict[str, str], says: str
) -> None:
    enrol(app.db, app.clock(), "anna")
    sent_weekly(app, "Bread")
    answer = browser.post("/admin/calls/1/correction", **MISTAKE | given, reason="why not")
    assert answer.status_code == 422
    assert says.lower() in answer.text.lower()


# --- why --------------------------------------------------------------------------------------------------------------


def verdict(browser: Browser, reader: str, call: str = "1") -> tuple[str, str]:
    """The verdict, and what decided it."""
    page = BeautifulSoup(browser.get(f"/admin/why?reader={reader}&call={call}").text, "lxml")
    one = page.select_one("main .said")
    assert one
    first, second = one.get_text("\n", strip=True).split("\n", 1)
    return first, second


def test_why_a_reader_was_told(app: App, browser: Browser) -> None:
    enrol(app.db, app.clock(), "anna")
    sent_weekly(app, "Bread")
    assert verdict(browser, "anna@reader.example") == (
        "Yes, the reader was told.",
        "It became known (15 June 2026): told by the weekly mail of 15 June 2026; that mail is: sent.",
    )
    shown = said(browser.get("/admin/why?reader=1&call=1"))
    assert "This interest wants the call: Ruoka" in shown


def test_why_a_reader_was_not_told(app: App, browser: Browser) -> None:
    anna = enrol(app.db, app.clock(), "anna")
    enrol(app.db, app.clock(), "cecilia", "circular")
    late = add_news(app.db, app.clock(), "Bread", "food")
    assert verdict(browser, "1")[0] == "Not yet: it comes with the next mail."
    mute(app, anna, late, ME)
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    assert verdict(browser, "1") == (
        "No, the reader was not told.",
        "Still, the reader is not told: the reader wants to hear no more of this call.",
    )
    no, because = verdict(browser, "2")
    assert no == "No, the reader was not told."
    assert "no interest wanted it when the weekly mail of 15 June 2026 was made" in because
    assert "What does not fit: spearhead" in said(browser.get("/admin/why?reader=2&call=1"))


def test_why_names_what_there_is_not(app: App, browser: Browser) -> None:
    answer = browser.get("/admin/why?reader=nobody@reader.example&call=1")
    assert answer.status_code == 404
    assert "There is no subscriber" in answer.text


def test_who_may_not_see_readers_sees_no_address(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    sent_weekly(app, "Bread")
    browser = desk(app, "edith", Role.EDITOR)
    for address in ("/admin/why?reader=1&call=1", "/admin/deliveries/1", "/admin/readers/1/preview"):
        assert browser.get(address).status_code == 403
    for address in ("/admin/editions/1", "/admin/calls/1/correction", "/admin/editions"):
        assert "anna" not in browser.get(address).text
