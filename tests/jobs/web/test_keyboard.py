"""By the keyboard alone, at any size of text, on any small screen: forms are filled in and lists are gone through."""

import pytest
from playwright.sync_api import Browser as Window
from playwright.sync_api import Page, expect

from jobs.base.app import App
from jobs.rulebook.tagging import retag_all
from tests.jobs.subscribing import kinds
from tests.jobs.web.windows import opened, shown
from tests.jobs.world import MONDAY, add_news

pytestmark = pytest.mark.slow
FOCUSED = """() => {
  const there = document.activeElement, style = getComputedStyle(there), box = there.getBoundingClientRect();
  const isRinged = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  const isSeen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return [there.id || there.textContent.trim().slice(0, 40), there === document.body, isRinged && isSeen];
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((one) => one.checkVisibility() && !(one.type === "radio" && !one.checked)).length"""


def tabbed(page: Page, until: str = "") -> list[str]:
    """Press Tab until something is reached, or to the end: what had the focus, each time with a ring that is seen."""
    reached: list[str] = []
    while len(reached) < 200:
        page.keyboard.press("Tab")
        name, is_end, is_visible = page.evaluate(FOCUSED)
        if is_end:
            break
        assert is_visible, f"the focus on {name!r} cannot be seen"
        reached.append(name)
        if until and name == until:
            break
    assert not until or reached[-1] == until
    return reached


@pytest.mark.parametrize("address", ["/en/calls", "/en/sign-up", "/en/spearheads", "/en/calls/1", "/en/link"])
def test_tab_reaches_all_that_can_be_used_and_one_sees_where_one_is(app: App, window: Window, address: str) -> None:
    add_news(app.db, MONDAY, "a", "food", title="Foods of the north")
    with shown(app) as served, opened(window) as page:
        page.goto(served.settings.mail.base_url + address)
        expected = page.evaluate(REACHABLE)
        reached = tabbed(page)
        assert reached[0] == "Skip to the content"
        assert len(reached) >= expected


def test_signing_up_and_searching_need_no_mouse(app: App, window: Window) -> None:
    add_news(app.db, MONDAY, "a", title="Foods of the north")
    add_news(app.db, MONDAY, "b", title="Bridges")
    retag_all(app)
    with shown(app) as served, opened(window) as page:
        page.goto(served.settings.mail.base_url + "/en/calls")
        tabbed(page, "query")
        page.keyboard.type("north")
        expect(page.locator("h1")).to_have_text("1 call")
        with page.expect_response(lambda answer: "/en/calls?" in answer.url):
            page.keyboard.press("Enter")  # what it asks for is in its place before a link of it is pressed
        expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")).to_have_count(0)
        tabbed(page, "spearheads:circular")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("No calls")
        assert page.evaluate(FOCUSED)[0] == "spearheads:circular"
        page.goto(served.settings.mail.base_url + "/en/sign-up")
        tabbed(page, "spearheads:food")
        page.keyboard.press("Space")
        tabbed(page, "address")
        page.keyboard.type("anna@reader.example")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Look into your mailbox")
    assert len(kinds(app)) == 1
