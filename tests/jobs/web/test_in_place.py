"""Where scripts run, pages change in place: the list as one types, the preview as one chooses, one's preferences."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser as Window
from playwright.sync_api import Page, expect

from db.audit import by_reader
from jobs.base.app import App
from jobs.readers.preferences import ask_for_link, follow, read_preferences
from jobs.rulebook.tagging import retag_all
from tests.jobs.subscribing import joined, token
from tests.jobs.web.browsing import Browser
from tests.jobs.web.windows import opened, shown
from tests.jobs.world import MONDAY, add_news, clock_of

pytestmark = pytest.mark.slow


def is_the_same_page(page: Page) -> bool:
    """Whether no page was loaded since `mark`."""
    return bool(page.evaluate("window.marked === true"))


def mark(page: Page) -> None:
    page.evaluate("window.marked = true")


def test_a_list_and_its_address_follow_what_is_typed_and_chosen(app: App, window: Window) -> None:
    for number in range(60):
        add_news(app.db, MONDAY, f"w{number}", title=f"{'Food' if number < 2 else 'Waste'} {number}")
    add_news(app.db, MONDAY, "bread", title="Bread is food")
    retag_all(app)
    with shown(app) as served, opened(window) as page:
        page.goto(f"{served.settings.mail.base_url}/en/calls")
        mark(page)
        page.get_by_label("Search in calls").press_sequentially("bread")
        expect(page.locator("h1")).to_have_text("1 call")
        expect(page).to_have_url(re.compile(r"/en/calls\?query=bread&status=forthcoming&status=open$"))
        expect(page.get_by_label("Search in calls")).to_be_focused()
        assert page.get_by_role("link", name="Svenska").get_attribute("href") == (
            "/sv/calls?query=bread&status=forthcoming&status=open"
        )
        page.get_by_label("Search in calls").fill("")
        expect(page.locator("h1")).to_have_text("61 calls")
        page.get_by_role("link", name="Next page").click()
        expect(page.locator(".listing tbody tr")).to_have_count(11)
        page.get_by_role("link", name=re.compile("Ruoka")).click()
        expect(page.locator("h1")).to_have_text("3 calls")
        expect(page.get_by_role("link", name=re.compile("Ruoka"))).to_be_focused()
        page.get_by_text("More filters").click()
        page.get_by_label("Closes within").select_option("7 days")
        expect(page.locator("h1")).to_have_text("No calls")
        expect(page).to_have_url(re.compile("spearheads=food.*closing=7"))
        assert is_the_same_page(page)
        page.go_back()
        expect(page.locator("h1")).to_have_text("3 calls")


def test_a_preview_follows_what_is_chosen(app: App, window: Window) -> None:
    add_news(app.db, clock_of(app).now - timedelta(days=2), "now", "food")
    with shown(app) as served, opened(window) as page:
        page.goto(f"{served.settings.mail.base_url}/en/sign-up")
        mark(page)
        page.get_by_label("Ruoka").check()
        expect(page.locator("#preview")).to_contain_text("1 new call in the last seven days")
        page.get_by_text("Narrow it down").click()
        page.get_by_label("Search words").fill("milk AND")
        expect(page.locator("#preview")).to_contain_text("something is missing")
        assert is_the_same_page(page)


def test_an_act_on_preferences_leaves_what_is_typed_beside_it(app: App, window: Window) -> None:
    anna, call = joined(app), add_news(app.db, MONDAY, "soup", "food")
    follow(app, anna, call, by_reader(MONDAY))
    ask_for_link(app, "anna@reader.example")
    with shown(app) as served, opened(window) as page:
        page.goto(f"{served.settings.mail.base_url}/manage/{token(app, 'anna', 'manage')}")
        mark(page)
        page.get_by_label("Name of the organisation").fill("Lahti")
        page.locator("#single").get_by_role("button", name="Undo").click()
        expect(page.locator("#single")).to_have_count(0)
        assert read_preferences(app, anna).choices == ()
        page.get_by_label("First day with mail again").fill("2026-01-01")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#until-wrong")).to_be_visible()
        page.get_by_label("First day with mail again").fill("2026-10-05")
        page.get_by_role("button", name="Pause").click()
        expect(page.locator("#said")).to_contain_text("No mail comes before the day")
        expect(page.get_by_label("Name of the organisation")).to_have_value("Lahti")
        assert is_the_same_page(page)
        page.goto("about:blank")


def test_the_link_that_is_copied_leads_to_what_is_shown(app: App, window: Window) -> None:
    call = add_news(app.db, MONDAY, "bread", "food", title="Bread is food")
    may = {"permissions": ["clipboard-read", "clipboard-write"]}
    with shown(app) as served, opened(window, **may) as page:
        base = served.settings.mail.base_url
        page.goto(f"{base}/en/calls")
        page.get_by_label("Search in calls").press_sequentially("bread")
        expect(page).to_have_url(re.compile("query=bread"))
        for address in (page.url, f"{base}/en/calls/{call}"):
            page.goto(address)
            page.get_by_role("button", name="Copy the link").click()
            expect(page.get_by_role("button", name="Copied")).to_be_visible()
            assert page.evaluate("navigator.clipboard.readText()") == address


def test_nothing_of_a_readers_page_stays_in_a_browser(app: App, window: Window) -> None:
    joined(app)
    ask_for_link(app, "anna@reader.example")
    with shown(app) as served, opened(window) as page:
        page.goto(f"{served.settings.mail.base_url}/manage/{token(app, 'anna', 'manage')}")
        page.goto(f"{served.settings.mail.base_url}/en/spearheads")
        assert page.evaluate("JSON.stringify(sessionStorage)") == "{}"


@pytest.mark.parametrize(("address", "parts"), [("/en/calls", True), ("/en/sign-up", True), ("/en/spearheads", False)])
def test_htmx_gets_the_part_that_changes_and_else_the_page_in_place_of_all(app: App, address: str, parts: bool) -> None:
    browser = Browser(app)
    whole, part = browser.get(address), browser.get(address, **{"hx-request": "true"})
    assert whole.text.startswith("<!doctype html>")
    assert part.text.startswith("<!doctype html>") != parts
    assert ("hx-retarget" in part.headers) != parts
    assert "hx-request" in part.headers["vary"]
    assert browser.get("/nowhere", **{"hx-request": "true"}).headers["hx-retarget"] == "#main"
