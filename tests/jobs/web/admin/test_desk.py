"""The desk beside the rules: calls, sources, mails and readers; each act asks for its reason and stands in the log."""

import pytest
from bs4 import BeautifulSoup
from sqlmodel import select

from db import strategies
from db.audit import list_audit
from db.deliveries import Delivery, DeliveryState
from db.editions import Edition, EditionHold, EditionState, HoldState
from db.regions import get_ours
from db.subscribers import Cadence, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.running.inbox import WaitingKind, all_waiting
from tests.jobs.rulebook.archive import remember, spearheads
from tests.jobs.subscribing import joined, state
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.browsing import Browser
from tests.jobs.world import add_news, call_of, enrol


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def words(browser: Browser, address: str) -> str:
    """The words of a screen's main part."""
    page = BeautifulSoup(browser.get(address).text, "lxml")
    assert page.main
    return page.main.get_text(" ", strip=True)


def acts_on(app: App, subject: str) -> list[tuple[str, str, str]]:
    """What was done to something, newest first: by whom, what, why."""
    with app.db.read() as session:
        return [(one.who, one.action, one.detail["reason"]) for one in list_audit(session, None, subject=subject)]


def test_a_call_is_found_and_pinned_by_hand_and_left_to_the_rules_again(app: App, browser: Browser) -> None:
    [milk] = remember(app, "Milk of the north")
    assert "Milk of the north" in words(browser, "/admin/calls?q=milk")
    assert "Milk of the north" in words(browser, f"/admin/calls?q={milk}")
    address = f"/admin/calls/{milk}/pin"
    assert browser.post(address, spearhead="food", decision="in").status_code == 422
    assert spearheads(app, milk) == set()
    assert browser.post(address, spearhead="food", decision="in", reason="it is food").status_code == 303
    assert spearheads(app, milk) == {"food"}
    assert "in, by Maija: it is food" in words(browser, f"/admin/calls/{milk}")
    browser.post(address, spearhead="food", decision="out", reason="no, it is not")
    with app.db.read() as session:
        assert [pin.is_included for pin in strategies.all_pins(session)] == [False]
    browser.post(address, spearhead="food", decision="rules", reason="let us see")
    with app.db.read() as session:
        assert list(strategies.all_pins(session)) == []
    assert [why for _, _, why in acts_on(app, f"call {milk}")] == ["let us see", "no, it is not", "it is food"]


def test_a_fact_is_set_by_hand_and_given_back(app: App, browser: Browser) -> None:
    [milk] = remember(app, "Milk", budget_total=10)
    address = f"/admin/calls/{milk}/field"
    wrong = browser.post(address, field="budget_total", value="a lot", reason="by phone")
    assert wrong.status_code == 422
    assert "a lot" in wrong.text
    assert call_of(app.db, "Milk").budget_total == 10
    assert browser.post(address, field="budget_total", value="500000", reason="by phone").status_code == 303
    assert call_of(app.db, "Milk").budget_total == 500_000
    browser.post(address, field="budget_total", lift="yes", reason="it says so itself now")
    assert call_of(app.db, "Milk").budget_total == 10


def made(app: App, browser: Browser) -> int:
    """An edition for one reader, with a part of it held back and its delivery in doubt; its number."""
    enrol(app.db, app.clock(), "anna")
    add_news(app.db, app.clock(), "bread", "food", title="Bread")
    edition, _ = make_edition(app, Cadence.WEEKLY)
    with app.db.write() as session:
        session.add(EditionHold(edition_id=edition.id or 0, subject="source:eura", events=[1], usual=0.5))
        for delivery in session.exec(select(Delivery)):
            delivery.state, delivery.detail = DeliveryState.UNKNOWN, "the line broke"
    return edition.id or 0


def test_what_waits_of_the_mails_is_decided(app: App, browser: Browser) -> None:
    edition = made(app, browser)
    shown = words(browser, "/admin/editions")
    assert "Source: EURA 2021" in shown
    assert "the line broke" in shown
    browser.post("/admin/held-parts/1/drop", reason="old calls, given new numbers")
    browser.post("/admin/deliveries/1/settle", outcome="lost", reason="not in the log")
    browser.post("/admin/deliveries/1/again", reason="let it go once more")
    browser.post(f"/admin/editions/{edition}/hold", reason="a wrong title")
    with app.db.read() as session:
        assert get_ours(session, Delivery, 1).state is DeliveryState.RENDERED
        assert [hold.state for hold in session.exec(select(EditionHold))] == [HoldState.DROPPED]
        assert get_ours(session, Edition, edition).state is EditionState.HELD
    assert browser.post(f"/admin/editions/{edition}/hold", reason="again").status_code == 409
    assert browser.post(f"/admin/editions/{edition}/release", reason="mended").status_code == 303
    assert acts_on(app, f"edition {edition}") == [
        ("Maija", "edition released", "mended"),
        ("Maija", "edition held", "a wrong title"),
    ]


@pytest.mark.parametrize("part", ["anna", "ANNA@reader", "reader.example", "mills", "bakery of the north"])
def test_readers_are_found_by_a_part_of_their_address_or_organisation(app: App, browser: Browser, part: str) -> None:
    joined(app, "anna", actor="Mills & Bakery of the North")
    joined(app, "bertta")
    found = words(browser, f"/admin/readers?q={part}")
    assert "anna@reader.example" in found
    assert ("bertta" in found) == (part == "reader.example")
    assert "anna" not in words(browser, "/admin/readers?q=nobody%25")


def test_a_reader_is_sent_a_link_ended_and_erased(app: App, browser: Browser) -> None:
    anna = joined(app, "anna")
    address = f"/admin/readers/{anna}"
    assert "Follows" in words(browser, address)
    assert browser.post(f"{address}/link").status_code == 303
    assert browser.get(f"{address}/held.json").json()["subscriber"]["address"] == "anna@reader.example"
    assert browser.post(f"{address}/end").status_code == 422
    assert state(app) is SubscriberState.ACTIVE
    assert browser.post(f"{address}/end", reason="asked by phone").status_code == 303
    assert state(app) is SubscriberState.LEFT
    assert browser.post(f"{address}/erase", reason="anna@reader.example asked").status_code == 422
    assert browser.post(f"{address}/erase", reason="asked by phone").status_code == 303
    with app.db.read() as session:
        assert get_ours(session, Subscriber, anna).state is SubscriberState.ERASED


def test_the_first_screen_and_the_inbox_list_all_that_waits(app: App, browser: Browser) -> None:
    assert "Nothing waits for a person" in words(browser, "/admin")
    made(app, browser)
    shown = words(browser, "/admin")
    assert "2 things wait for a person" in shown
    assert "source:eura" in shown
    with app.db.read() as session:
        assert [(one.kind, one.why) for one in all_waiting(session, app)] == [
            (WaitingKind.PART, "1 (0.5)"),
            (WaitingKind.MAILS, "1"),
        ]
