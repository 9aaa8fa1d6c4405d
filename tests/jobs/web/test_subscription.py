"""The links of letters and mails: a GET shows, a POST does, and every link leads somewhere sensible."""

import pytest
from bs4 import BeautifulSoup

from db.subscribers import SubscriberState
from jobs.base.app import App
from jobs.readers.optin import sign_up
from tests.jobs.subscribing import joined, reader, sign_up_form, state, token
from tests.jobs.web.browsing import Browser
from tests.jobs.world import clock_of
from tracker.emails import tokens


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


def leave_link(app: App, name: str = "anna") -> str:
    return f"/u/{tokens.sign(app.secret, tokens.UNSUBSCRIBE, reader(app, name).id or 0)}"


def test_a_sign_up_is_confirmed_by_the_button_and_not_by_opening_the_link(app: App, browser: Browser) -> None:
    sign_up(app, sign_up_form("anna"))
    link = f"/confirm/{token(app, 'anna')}"
    assert browser.get(link).status_code == 200
    assert state(app) is SubscriberState.PENDING
    assert browser.post(link).status_code == 200
    assert state(app) is SubscriberState.ACTIVE


def test_one_click_leaves_from_anywhere_and_the_page_from_our_own_site_only(app: App, browser: Browser) -> None:
    joined(app, "anna")
    assert browser.get(leave_link(app)).status_code == 200
    assert state(app) is SubscriberState.ACTIVE
    robot = browser.post(leave_link(app), {"origin": "https://mail.example"}, **{"List-Unsubscribe": "One-Click"})
    assert (robot.status_code, state(app)) == (200, SubscriberState.LEFT)


def test_leaving_is_undone_by_the_goodbyes_link(app: App, browser: Browser) -> None:
    joined(app, "anna")
    browser.post(leave_link(app))
    undo = f"/undo/{token(app, 'anna')}"
    assert browser.get(undo).status_code == 200
    assert state(app) is SubscriberState.LEFT
    browser.post(undo)
    assert state(app) is SubscriberState.ACTIVE


def test_a_post_that_another_site_made_a_browser_send_is_refused(app: App, browser: Browser) -> None:
    sign_up(app, sign_up_form("anna"))
    link = f"/confirm/{token(app, 'anna')}"
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"cookie": "a=b"}):
        assert browser.post(link, headers).status_code == 403
    assert state(app) is SubscriberState.PENDING


@pytest.mark.parametrize("purpose", [tokens.PREFERENCES, tokens.UNSUBSCRIBE])
def test_an_old_link_of_a_mail_brings_a_fresh_one(app: App, browser: Browser, purpose: str) -> None:
    joined(app, "anna")
    old = f"/preferences/{tokens.sign(app.secret, purpose, reader(app).id or 0)}"
    clock_of(app).forward(days=700)
    assert browser.get(old).status_code == 200
    assert browser.post(old).status_code == 200
    assert "/manage/" in f"/manage/{token(app, 'anna')}"


def test_an_address_gets_its_link_and_the_answer_tells_nobody_whether_it_is_known(app: App, browser: Browser) -> None:
    joined(app, "anna")
    known, unknown = (browser.post("/en/link", address=f"{name}@reader.example").text for name in ("anna", "nobody"))
    assert known == unknown


@pytest.mark.parametrize(("address", "status"), [("/u/forged", 404), ("/nowhere", 404), ("/de/calls", 404)])
def test_what_is_not_there_is_said_on_a_page(app: App, browser: Browser, address: str, status: int) -> None:
    answer = browser.post(address) if "forged" in address else browser.get(address)
    assert answer.status_code == status
    assert "text/html" in answer.headers["content-type"]


def test_an_address_that_is_none_is_answered_in_the_language_that_it_begins_with(browser: Browser) -> None:
    for language in ("fi", "sv", "en"):
        page = BeautifulSoup(browser.get(f"/{language}/nothing").text, "lxml")
        assert page.html
        assert page.html["lang"] == language


def test_every_answer_has_the_headers_that_browsers_obey(app: App, browser: Browser) -> None:
    for answer in (browser.get("/en/calls"), browser.get("/healthz"), browser.get("/nowhere")):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers


def test_files_of_pages_are_kept_for_a_year_until_they_change(app: App, browser: Browser) -> None:
    page = BeautifulSoup(browser.get("/en/calls").text, "lxml")
    files = [str(tag.get("href") or tag["src"]) for tag in page.select("link[rel=stylesheet], script")]
    assert len(files) == 3
    for file in files:
        kept, anew = browser.get(file, **{"accept-encoding": "gzip"}), browser.get(file.partition("?")[0])
        assert (kept.status_code, kept.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert anew.headers["cache-control"] == "no-cache"
    assert browser.get("/static/nothing.css").status_code == 404


def test_the_link_of_an_old_mail_speaks_the_readers_language(app: App, browser: Browser) -> None:
    joined(app, "anna", language="sv")
    old = f"/preferences/{tokens.sign(app.secret, tokens.PREFERENCES, reader(app).id or 0)}"
    for answer in (browser.get(old, **{"accept-language": "fi"}), browser.post(old)):
        assert '<html lang="sv"' in answer.text


@pytest.mark.parametrize(
    ("address", "says"), [("", "Kirjoita sähköpostiosoitteesi"), ("anna", "ei ole sähköpostiosoite")]
)
@pytest.mark.parametrize("form", ["/fi/link", "/fi/sign-up"])
def test_an_address_that_is_missing_or_none_is_said_beside_its_field(
    browser: Browser, form: str, address: str, says: str
) -> None:
    answer = browser.post(form, address=address, spearheads="food")
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "lxml")
    field = page.select_one("#address[aria-invalid=true]")
    assert field
    assert field["aria-describedby"] == "address-wrong"
    assert says in page.select("#address-wrong")[0].get_text()
