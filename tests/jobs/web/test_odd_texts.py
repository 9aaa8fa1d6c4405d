"""Whatever publishers write and anybody types in is text: it runs nothing, and breaks no page and no layout."""

import re
from collections.abc import Sequence
from itertools import cycle
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as some
from playwright.sync_api import Browser as Window

from db.calls import CallFacts, Note
from jobs.base.app import App
from tests.jobs.web.browsing import Browser
from tests.jobs.web.windows import opened, shown, too_wide
from tests.jobs.world import MONDAY, add_call, facts

pytestmark = pytest.mark.slow
SPOILT = [
    "<script>document.title = 'taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "<svg/onload=document.title='taken'>",
    "</title></h1></main></table><style>*{display:none}</style>",
    "\"' onmouseover=document.title='taken' x=\"",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt; &amp;amp; &#0; &#x202e; &nbsp",
    "<!-- --!> ]]> <![CDATA[",
    "javascript:document.title='taken'",
    "\u202eabc\u2066\u200f\ufeff\u200b\u00ad",
    "\x00\x07\x1b[31m\x85\u2028",
    "e\u0301\u0316" + "\u0336\u0489" * 40,
    "ﷺ" * 20,
    "W" * 400,
    "-" * 400,
    "\n\t \r\n",
    "%00%ff%ED%A0%80",
]
DRAWN = settings(max_examples=25, phases=[Phase.explicit, Phase.generate])  # what was drawn says enough of a fault
TEXTS = some.lists(
    some.sampled_from(SPOILT) | some.text(some.characters(exclude_categories=["Cs"]), max_size=20), max_size=4
).map("".join)
LONGEST = {"programme": 40}  # a column that takes no more
OURS = ("source", "key", "language")  # no publisher writes them
WRITTEN = [name for name, field in CallFacts.model_fields.items() if field.annotation in (str, str | None)]


def odd_call(app: App, texts: Sequence[str]) -> int:
    """A call whose every text is one of these, in turn."""
    turn = cycle(texts)
    given: dict[str, Any] = {name: next(turn)[: LONGEST.get(name)] for name in WRITTEN if name not in OURS}
    given |= {"note": Note(text=texts[0]), "audience": (texts[0],), "keywords": (texts[0],)}
    return add_call(app.db, MONDAY, facts(str(uuid4()), **given), "food")


def pages_of(browser: Browser, number: int) -> list[str]:
    addresses = (f"/fi/calls/{number}", "/fi/calls?status=open", "/fi/calls?status=open&density=cards")
    return [browser.get(address).text for address in addresses]


def elements(page: BeautifulSoup) -> set[tuple[str, ...]]:
    """What a page is made of: its elements, with the names of their attributes."""
    return {(tag.name, *sorted(tag.attrs)) for tag in page.find_all(True)}


def test_what_a_publisher_writes_never_makes_a_page_of_something_else(app: App) -> None:
    browser = Browser(app)
    calls = [odd_call(app, [text]) for text in ("https://plain.example", "HORIZON-RIA")]  # the second has a term in it
    harmless = [BeautifulSoup(page, "lxml") for call in calls for page in pages_of(browser, call)]
    plain = set().union(*map(elements, harmless)) | {("h1", "class", "lang")}  # of a long title

    @DRAWN
    @given(some.lists(TEXTS, min_size=1, max_size=3))
    def check(texts: list[str]) -> None:
        for page in pages_of(browser, odd_call(app, texts)):
            read = BeautifulSoup(page, "lxml")
            assert elements(read) - plain == set()
            assert [tag for tag in read.select("h1, main a[href]") if not tag.get_text(strip=True)] == []
            links = [str(link["href"]).lower() for link in read.select("a[href]")]
            assert [link for link in links if link.startswith(("java", "data"))] == []
            assert not re.search("[\x00\u202e\u2066\ufeff]", page)

    check()


FIELDS = ("query", "spearheads", "programmes", "status", "closing", "new", "after", "order", "money_min", "partners")


def test_what_anybody_types_in_is_answered_by_a_page(app: App) -> None:
    browser = Browser(app)
    pairs = some.tuples(some.sampled_from(FIELDS), TEXTS.map(quote) | some.sampled_from(["%ED%A0%80", "%00", "%ff"]))

    @DRAWN
    @example([("programmes", "a"), ("programmes", "a%E2%80%8B"), ("spearheads", "%00"), ("spearheads", "%07")])
    @given(some.lists(pairs, max_size=5))
    def check(sent: list[tuple[str, str]]) -> None:
        query = "&".join(map("=".join, sent))
        for address in (f"/en/calls?{query}", f"/en/sign-up?{query}", f"/feeds/calls.en.csv?{query}"):
            answer = browser.get(address)
            if answer.is_redirect:
                answer = browser.get(answer.headers["location"])
            assert answer.status_code in (200, 422)
        fields = {name: unquote(value) for name, value in sent}
        assert browser.post("/en/sign-up/preview", None, **fields).status_code in (200, 422)

    check()


def test_nothing_runs_and_nothing_is_wider_than_a_phone(app: App, window: Window) -> None:
    numbers = [odd_call(app, [text]) for text in ("".join(SPOILT) + "W" * 100_000, "Ä" * 100_000)]
    addresses = ["/fi/calls", "/fi/calls?status=open&density=cards", "/fi/spearheads/food"]
    with shown(app) as served, opened(window, viewport={"width": 360, "height": 800}) as page:
        for address in (*addresses, *(f"/fi/calls/{number}" for number in numbers)):
            page.goto(served.settings.mail.base_url + address)
            assert page.title() != "taken"
            assert page.locator("main").is_visible()
            assert too_wide(page) == []
