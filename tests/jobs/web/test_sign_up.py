"""Signing up on the page: what is typed in arrives, what is wrong is named beside its field, and nothing is lost."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from db.subscribers import Actor, ActorType, Cadence, SubscriberState
from jobs.base.app import App
from tests.jobs.subscribing import all_letters, interests, joined, reader, state, token
from tests.jobs.web.browsing import Browser
from tests.jobs.world import add_news, clock_of

ANNA = {"address": "anna@reader.example", "language": "en", "spearheads": "food", "own_kind": "yes"}


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


def links_in(text: str) -> list[str]:
    return [str(link["href"]) for link in BeautifulSoup(text, "lxml").select("main a[href]")]


def ticked(text: str) -> list[str]:
    return [str(box["id"]) for box in BeautifulSoup(text, "lxml").select("input[checked]")]


def test_a_sign_up_asks_the_mailbox_and_its_link_begins_what_was_chosen(app: App, browser: Browser) -> None:
    more = {"cadence": "daily", "actor": "Lahden meijeri", "actor_type": "company", "municipality": "Lahti"}
    choices = {"query": "milk*", "money_max": "500 000 €", "open_only": "yes", "lead_days": "14, 3", "urgent": "yes"}
    assert browser.post("/en/sign-up", None, **ANNA, **more, **choices).status_code == 200
    assert state(app) is SubscriberState.PENDING
    link = f"/confirm/{token(app)}"
    page = browser.get(link).text
    assert "milk*" in page
    assert "My address and my choices" in page
    browser.post(link)
    anna, [interest] = reader(app), interests(app)
    assert (anna.state, anna.cadence, anna.lead_days) == (SubscriberState.ACTIVE, Cadence.DAILY, (14, 3))
    assert (anna.urgent, anna.own_region, anna.own_kind) == (True, False, True)
    assert (interest.spearheads, interest.query, interest.money_max) == (("food",), "milk*", 500_000)
    assert not interest.forthcoming
    with app.db.read() as session:
        actor = session.get_one(Actor, anna.actor_id)
    assert (actor.name, actor.type, actor.municipality) == ("Lahden meijeri", ActorType.COMPANY, "Lahti")


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"address": "anna"}, "address"),
        ({"address": ""}, "address"),
        ({"spearheads": ""}, "spearheads"),
        ({"spearheads": "nothing"}, "spearheads"),
        ({"query": "milk AND"}, "query"),
        ({"money_min": "a lot"}, "money_min"),
        ({"money_min": "9", "money_max": "1"}, "money_min"),
        ({"lead_days": "soon"}, "lead_days"),
        ({"lead_days": "1 2 3 4 5 6"}, "lead_days"),
        ({"cadence": "hourly"}, "cadence"),
        ({"language": "de"}, "language"),
        ({"actor": "x" * 201}, "actor"),
        ({"actor_type": "guild"}, "actor_type"),
        ({"municipality": "Lahti\nHollola"}, "municipality"),
        ({"query": "milk\x00"}, "query"),
    ],
)
def test_a_fault_is_named_above_and_beside_its_field_and_what_was_typed_is_kept(
    app: App, browser: Browser, typed: dict[str, str], field: str
) -> None:
    answer = browser.post("/en/sign-up", None, **(ANNA | {"municipality": "Kärkölä"} | typed))
    page = BeautifulSoup(answer.text, "lxml")
    assert answer.status_code == 422
    assert [link["href"] for link in page.select(".faults a")] == [f"#{field}"]
    marked = page.find(id=field)
    assert marked
    assert marked.get("aria-invalid") == "true"
    assert page.find(id=f"{field}-wrong")
    kept = page.find(id="municipality")
    assert kept
    assert kept["value"] == typed.get("municipality", "Kärkölä")
    assert all_letters(app) == []


def test_every_fault_is_named_at_once(browser: Browser) -> None:
    wrong = {"address": "anna", "query": "milk AND", "lead_days": "soon", "spearheads": "nothing"}
    page = BeautifulSoup(browser.post("/en/sign-up", None, **(ANNA | wrong)).text, "lxml")
    assert {str(link["href"])[1:] for link in page.select(".faults a")} == set(wrong)


def test_what_was_ticked_stays_ticked_beside_a_fault(browser: Browser) -> None:
    page = browser.post("/en/sign-up", None, **(ANNA | {"address": "anna", "cadence": "monthly"})).text
    assert set(ticked(page)) == {"spearheads:food", "cadence:monthly", "language:en", "own_kind"}


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_form_offers_what_we_advise_and_what_its_address_names(browser: Browser, language: str) -> None:
    page = browser.get(f"/{language}/sign-up?spearheads=food&programmes=LIFE&query=milk").text
    usual = {"cadence:weekly", f"language:{language}", "own_region", "own_kind"}
    assert set(ticked(page)) == usual | {"spearheads:food", "programmes:LIFE"}
    query = BeautifulSoup(page, "lxml").find(id="query")
    assert query
    assert query["value"] == "milk"


def test_the_answer_tells_nobody_whether_an_address_is_known(app: App, browser: Browser) -> None:
    joined(app, "anna")
    known, unknown = (
        browser.post("/en/sign-up", None, **(ANNA | {"address": f"{name}@reader.example"})) for name in ("anna", "new")
    )
    assert (known.status_code, known.text) == (200, unknown.text)


def test_a_form_of_more_than_64_kB_is_refused(browser: Browser) -> None:
    assert browser.post("/en/sign-up", None, **(ANNA | {"actor": "x" * 70_000})).status_code == 413


@pytest.mark.parametrize("days", [8, 20])
def test_an_expired_link_says_so_at_once_and_leads_to_a_new_sign_up(app: App, browser: Browser, days: int) -> None:
    browser.post("/en/sign-up", None, **ANNA)
    link = f"/confirm/{token(app)}"
    clock_of(app).forward(days=days)
    answer = browser.get(link, **{"accept-language": "en"})
    assert answer.status_code == 410
    assert "/en/sign-up" in links_in(answer.text)


@pytest.mark.parametrize("page", ["confirm", "undo", "u", "manage", "preferences", "mail"])
def test_a_forged_link_says_so_at_once_and_leads_to_a_fresh_one(browser: Browser, page: str) -> None:
    answer = browser.get(f"/{page}/forged", **{"accept-language": "en"})
    assert answer.status_code == 404
    assert "/en/link" in links_in(answer.text)


@pytest.mark.parametrize(
    ("chosen", "counts", "shown"),
    [
        ({}, ("1 new call in the last seven days", "there were 2"), ["Food call now"]),
        ({"spearheads": "circular"}, ("No new call in the last seven days", "there was 1"), ["Food call waste"]),
        ({"query": "nowhere"}, ("No new call in the last seven days", "there was none"), []),
    ],
)
def test_a_preview_shows_what_came_lately_and_stores_nothing(
    app: App, browser: Browser, chosen: dict[str, str], counts: tuple[str, str], shown: list[str]
) -> None:
    now = clock_of(app).now
    add_news(app.db, now - timedelta(days=2), "now", "food")
    add_news(app.db, now - timedelta(days=20), "then", "food")
    add_news(app.db, now - timedelta(days=20), "waste", "circular")
    answer = browser.post("/en/sign-up/preview", None, **(ANNA | {"address": ""} | chosen))
    page = BeautifulSoup(answer.text, "lxml").select_one("#preview")
    assert answer.status_code == 200
    assert page
    assert all(words in page.get_text() for words in counts)
    assert [link.text for link in page.select("li a")] == shown
    assert all(browser.get(str(link["href"])).status_code == 200 for link in page.select("a"))
    assert all_letters(app) == []


def test_a_preview_names_what_is_wrong(browser: Browser) -> None:
    assert browser.post("/en/sign-up/preview", None, **(ANNA | {"query": "milk AND"})).status_code == 422


def test_another_language_keeps_what_the_address_filled_in(browser: Browser) -> None:
    page = BeautifulSoup(browser.get("/fi/sign-up?spearheads=food&query=milk*").text, "lxml")
    assert [link["href"] for link in page.select(".languages [lang=sv]")] == ["/sv/sign-up?spearheads=food&query=milk*"]
