"""A new source at the desk: a page is fetched politely, its parts are chosen, and a text of the configuration comes."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser as Window
from playwright.sync_api import expect
from starlette.responses import Response

from db.audit import list_audit
from db.source_drafts import all_drafts
from jobs.base.app import App
from jobs.collecting.draft_pages import calls_of
from tests.jobs.web.admin.desks import PASSWORD, desk
from tests.jobs.web.browsing import Browser
from tests.jobs.web.windows import opened, shown
from tests.jobs.world import with_settings
from tests.tracker.sources.own_site import Request, Site, site
from tracker import config

LIST = """<!DOCTYPE html><html><body>
<nav><ul><li><a href="/a">About the foundation and us</a></li><li><a href="/b">Contacts of everybody</a></li></ul></nav>
<main><h1>Grants of the foundation</h1><p>Everything that one can apply for at present, in the order of the days.</p>
<div class="call-list">
<div class="call call-101"><h3><a href="/calls/forest">Forests of tomorrow <script>alert(1)</script></a></h3>
<p class="from">Opens 2.12.2026</p><p class="until">Closes 15.1.2027</p><a href="/calls/forest">Read more</a></div>
<div class="call call-102"><h3><a href="/calls/lake">Lakes &lt;b&gt; of today</a></h3>
<p class="from">Opens 3.12.2026</p><p class="until">Closes 1.2.2027</p><a href="/calls/lake">Read more</a></div>
<div class="call call-103"><h3><a href="/calls/town">Towns of yesterday</a></h3>
<p class="from">Opens 4.12.2026</p><p class="until">Closes in spring</p><a href="/calls/town">Read more</a></div>
</div></main></body></html>"""
NEWS = "".join(f"<li class=new><a href=/n/{n}>News number {n} of ours</a></li>" for n in range(4))
TWO = f"<ul class=news>{NEWS}</ul>"
FORM = {"name": 'Foundation "of" the north', "publisher": "The foundation", "language": "en"}
PAGES = {
    "/list": LIST.encode(),
    "/shell": b"<!DOCTYPE html><html><body><div id=app></div><script src=a.js></script></body></html>",
    "/words": b"<!DOCTYPE html><html><body><h1>Nothing</h1><p>"
    + b"A page without any list at all. " * 9
    + b"</p></body></html>",
    "/evil": LIST.replace(
        "</main>",
        '<form action="//evil.example"><input name=a></form><svg onload=alert(1)></svg>'
        '<img src=x onerror=alert(1)><iframe src="//evil.example"></iframe><x-y onclick="alert(1)">z</x-y>'
        "<style>*{}</style><a onclick=alert(1) href=javascript:alert(1)>y</a></main>",
    ).encode(),
    "/two": LIST.replace("</main>", TWO + "</main>").encode(),
    "/file": b"%PDF-1.7 and so on",
    "/deep": b"<!DOCTYPE html><html><body>" + b"<div>" * 5000 + b"words" + b"</div>" * 5000 + b"</body></html>",
    "/large": b"<!DOCTYPE html><html><body>" + b"x" * 5_100_000 + b"</body></html>",
}


@pytest.fixture(scope="module")
def publisher() -> Iterator[Site]:
    def answer(request: Request) -> bytes | int:
        return PAGES.get(request.path, 404)

    with site(answer) as served:
        yield served


@pytest.fixture
def reader(app: App) -> App:
    """An app that may ask this machine, which is no public address."""
    return with_settings(app, fetch={"allowed_hosts": ["127.0.0.1"], "attempts": 1, "gap_seconds": 0})


@pytest.fixture
def browser(reader: App) -> Browser:
    return desk(reader)


def begun(browser: Browser, publisher: Site, path: str = "/list") -> Response:
    return browser.post("/admin/new-source", url=publisher.url + path, **FORM)


def wrong(answer: Response) -> str:
    page = BeautifulSoup(answer.text, "lxml")
    return " ".join(one.get_text(" ", strip=True) for one in page.select(".wrong"))


def test_a_list_becomes_a_source_whose_calls_are_seen_before_anything_is_read(
    reader: App, browser: Browser, publisher: Site
) -> None:
    answer = begun(browser, publisher)
    assert answer.headers["location"] == "/admin/new-source/1"
    shown = browser.get("/admin/new-source/1")
    page = BeautifulSoup(shown.text, "lxml")
    assert [one["value"] for one in page.select("input[checked]")] == ["div.call", "", "p.until", "p.from", ""]
    rows = [row.get_text(" ", strip=True) for row in page.select("table tbody tr")]
    assert rows[0].startswith("Forests of tomorrow")
    assert rows[0].endswith("2 December 2026 15 January 2027")
    assert "its date is not understood" in rows[2]
    assert "<script>alert" not in shown.text
    text = browser.get("/admin/new-source/1/source.toml")
    assert text.headers["content-disposition"] == 'attachment; filename="foundation_of_the_north.toml"'
    tables = tomllib.loads(text.text)["sources"]
    assert tables["foundation_of_the_north"]["name"] == FORM["name"]
    settings = config.given({"sources": tables})  # an operator can put it in as it is
    found = calls_of(
        "foundation_of_the_north", settings.sources["foundation_of_the_north"], publisher.url, PAGES["/list"]
    )
    assert [one.facts.key for one in found if one.facts] == ["/calls/forest", "/calls/lake"]
    assert "foundation_of_the_north" not in browser.get("/admin/sources").text  # nothing is switched on
    with reader.db.read() as session:
        assert [entry.action for entry in list_audit(session, None, subject="draft")] == ["source draft begun"]


@pytest.mark.both_kinds
def test_other_parts_are_chosen_and_a_draft_is_thrown_away(reader: App, browser: Browser, publisher: Site) -> None:
    begun(browser, publisher)
    address = "/admin/new-source/1"
    answer = browser.post(
        address, card="div.call", title="h3", link="h3 a[href]", closes="", opens="", period="p.until"
    )
    assert answer.status_code == 303
    entry = tomllib.loads(browser.get(f"{address}/source.toml").text)["sources"]["foundation_of_the_north"]
    assert (entry["period"], entry["title"], "closes" in entry) == ("p.until", "h3", False)
    assert browser.post(address, card="div[").status_code == 422
    assert browser.post(address, card="article").status_code == 303
    assert "no call is found" in wrong(browser.get(address))
    assert browser.post(f"{address}/remove").status_code == 303
    assert browser.get(address).status_code == 404
    with reader.db.read() as session:
        assert all_drafts(session) == []
        actions = [entry.action for entry in list_audit(session, None, subject="draft")]
    assert actions[0] == "source draft removed"
    assert reader.files.find("drafts/*") == []


def test_a_still_of_the_page_runs_and_loads_nothing(browser: Browser, publisher: Site) -> None:
    begun(browser, publisher, "/evil")
    answer = browser.get("/admin/new-source/1/page")
    assert "sandbox allow-same-origin" in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    body = answer.text.partition("<body>")[2]
    assert "Forests of tomorrow" in body
    for evil in ("<script", "onclick", "onload", "href", "src=", "<form", "<svg", "<style", "javascript:"):
        assert evil not in body


WRONG = {
    "/shell": "only a script would fill them",
    "/file": "something else came in place of a web page",
    "/deep": "nested too deep",
    "/large": "too large",
    "/missing": "error 404",
}


@pytest.mark.parametrize(("path", "why"), WRONG.items(), ids=WRONG)
def test_a_page_that_cannot_be_read_is_no_draft_and_says_why(
    reader: App, browser: Browser, publisher: Site, path: str, why: str
) -> None:
    answer = begun(browser, publisher, path)
    assert answer.status_code == 422
    assert why in wrong(answer).lower()
    with reader.db.read() as session:
        assert all_drafts(session) == []


def test_a_page_without_a_list_says_so(browser: Browser, publisher: Site) -> None:
    begun(browser, publisher, "/words")
    assert "Nothing on the page looks like a list of calls" in browser.get("/admin/new-source/1").text


def test_an_address_that_is_not_public_is_not_asked(app: App, publisher: Site) -> None:
    before = len(publisher.asked)
    browser = desk(replace(app, settings=with_settings(app, fetch={"attempts": 1}).settings))
    answer = begun(browser, publisher)
    assert answer.status_code == 422
    assert "not public" in wrong(answer)
    assert len(publisher.asked) == before


@pytest.mark.parametrize(
    "url", ["", "ftp://publisher.example", "http://publisher.example", "javascript:alert(1)", "x" * 600]
)
def test_what_is_no_address_of_a_page_is_refused(browser: Browser, url: str) -> None:
    answer = browser.post("/admin/new-source", url=url, **FORM)
    assert answer.status_code == 422
    assert "is no address of a page" in wrong(answer)
    assert "This is missing" in wrong(browser.post("/admin/new-source", url="https://publisher.example", language="en"))


@pytest.mark.slow
def test_a_call_is_chosen_by_a_click_on_the_page(reader: App, publisher: Site, window: Window) -> None:
    begun(desk(reader, "aino"), publisher, "/two")
    with shown(reader) as served, opened(window) as page:
        page.goto(f"{served.settings.mail.base_url}/admin/sign-in")
        page.fill("#address", "aino@desk.example")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.goto(f"{served.settings.mail.base_url}/admin/new-source/1")
        still = page.frame_locator(".picking iframe")
        expect(still.locator(".kv-picked")).to_have_count(3)
        still.get_by_text("News number 2").click()
        expect(still.locator(".kv-picked")).to_have_count(4)
        assert page.locator("input[name=card]:checked").get_attribute("value") == "li.new"
        still.get_by_text("Lakes").click()
        expect(page.locator("input[name=card]:checked")).to_have_value("div.call")
        page.get_by_role("button", name="See what it gives").click()
        expect(page.get_by_role("status")).to_contain_text("Done")
        page.context.clear_cookies()
