"""What a list offers beside its calls: filters by partners and openings, a mail of it, a link to pass on, a way out."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest
from bs4 import BeautifulSoup

from db.calls import CallStatus, Deadline
from db.eligibility import Basis, Certainty, Eligibility, Finding, replace_eligibility
from db.subscribers import Wants
from jobs.base.app import App
from jobs.publishing import feeds
from jobs.rulebook.tagging import retag_all
from tests.jobs.subscribing import joined
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_call, add_news, facts


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


def page_at(browser: Browser, address: str) -> BeautifulSoup:
    answer = browser.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "lxml")


def titles(page: BeautifulSoup) -> set[str]:
    return {link.get_text() for link in page.select(".listing tbody th > a")}


def needs(fact: str, certainty: Certainty = Certainty.OFFICIAL, **given: Any) -> Eligibility:
    found = Finding(facts=(fact,), basis=Basis.WORDS, evidence="", certainty=certainty)
    return Eligibility(findings=(found,), **given)


NEEDS = {
    "three": needs("consortium", consortium=(3, 3)),
    "two": needs("consortium", consortium=(2, 1)),
    "usually three": needs("consortium", Certainty.GENERAL, consortium=(3, 3)),
    "three or alone": needs("consortium", consortium=(3, 3), alone=True),
    "never alone": needs("alone", alone=False),
    "usually not alone": needs("alone", Certainty.GENERAL, alone=False),
    "not said": Eligibility(),
}


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    ("partners", "left_out"), [(0, {"three", "two", "never alone"}), (1, {"three"}), (2, set()), (99, set())]
)
def test_a_call_is_left_out_only_if_it_surely_asks_for_more_partners(
    app: App, browser: Browser, partners: int, left_out: set[str]
) -> None:
    ids = {name: add_call(app.db, MONDAY, facts(name, title=name)) for name in NEEDS}
    with app.db.write() as session:
        replace_eligibility(session, {ids[name]: value for name, value in NEEDS.items()}, "a test")
    add_call(app.db, MONDAY, facts("unread", title="unread"))
    assert titles(page_at(browser, f"/en/calls?status=open&partners={partners}")) == {*NEEDS, "unread"} - left_out


def coming(app: App, key: str, days: int, *tags: str, **given: Any) -> int:
    opens = {"opens_on": MONDAY.date() + timedelta(days=days), "claimed_status": None, "title": key}
    closes = {"deadlines": (Deadline(on=date(2026, 12, 1)),)}
    return add_call(app.db, MONDAY, facts(key, **opens | closes | given), *tags, status=CallStatus.FORTHCOMING)


@pytest.mark.both_kinds
@pytest.mark.parametrize(("days", "found"), [(0, set()), (1, {"a"}), (30, {"a", "b"}), (31, {"a", "b", "c"})])
def test_what_opens_within_so_many_days_is_counted_from_tomorrow(
    app: App, browser: Browser, days: int, found: set[str]
) -> None:
    for key, ahead in (("a", 1), ("b", 30), ("c", 31)):
        coming(app, key, ahead)
    add_call(app.db, MONDAY, facts("open", opens_on=MONDAY.date()))
    address = f"/en/calls?status=forthcoming&status=open&opening={days}"
    assert titles(page_at(browser, address)) == found


def test_an_empty_list_says_what_is_expected_to_open(app: App, browser: Browser) -> None:
    for key, ahead in (("in May", 340), ("in July", 20), ("in August", 50), ("in September", 80)):
        coming(app, key, ahead, "food")
    coming(app, "of another", 5, "circular")
    page = page_at(browser, "/en/calls?spearheads=food&status=open&closing=7")
    said = [line.get_text(" ", strip=True) for line in page.select(".empty ul:last-of-type li")]
    assert [line.partition(" Opens")[0] for line in said] == ["in July", "in August", "in September"]
    assert "/en/spearheads/food" in [link["href"] for link in page.select(".empty a")]


def test_mail_me_this_says_how_much_it_would_be_and_what_a_mail_leaves_aside(app: App, browser: Browser) -> None:
    add_news(app.db, MONDAY - timedelta(days=40), "long ago", "food")
    for number in reversed(range(9)):
        add_news(app.db, MONDAY - timedelta(days=3 * number), f"n{number}", "food")
    add_news(app.db, MONDAY, "other", "circular")
    page = page_at(browser, "/en/calls?spearheads=food&status=open&status=closed&partners=1&closing=7")
    said = page.select(".take")[0].get_text(" ", strip=True)
    assert "9 new calls in the last 30 days, about 2 a week." in said
    assert "so it leaves aside: Status, Partners and Closes within." in said
    follow = str(page.select("a.do")[0]["href"])
    assert follow == "/en/sign-up?spearheads=food&open_only=yes"
    form = page_at(browser, follow)
    assert "In 30 days there were 9" in form.select("#preview")[0].get_text(" ", strip=True)
    assert form.select("#open_only[checked]")
    assert "leaves aside" not in browser.get("/en/calls?spearheads=food&status=open").text


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_mail_to_a_colleague_has_the_lists_whole_address(app: App, browser: Browser, language: str) -> None:
    address = f"/{language}/calls?query=f%C3%B6retag&status=open"
    page = page_at(browser, address)
    link = urlsplit(str(page.select('a[href^="mailto:"]')[0]["href"]))
    mail = parse_qs(link.query)
    assert (link.scheme, link.path, set(mail)) == ("mailto", "", {"subject", "body"})
    assert app.settings.mail.base_url + address in mail["body"][0]
    assert "+" not in link.query


def test_a_page_of_fifty_calls_weighs_little_with_all_that_it_loads(app: App, browser: Browser) -> None:
    for number in range(60):
        add_news(app.db, MONDAY, f"n{number}", "food", title=f"Call {number}: {'a title of usual length ' * 4}")
    page = page_at(browser, "/fi/calls")
    files = [str(tag.get("href") or tag["src"]) for tag in page.select("link[rel=stylesheet], script")]
    packed = [browser.get(address, **{"accept-encoding": "gzip"}) for address in ("/fi/calls", *files)]
    assert len(packed) >= 4
    assert sum(int(answer.headers["content-length"]) for answer in packed) <= 60_000


@pytest.mark.both_kinds
@pytest.mark.parametrize(("days", "said"), [(14, "about 4 a week."), (2, "about 8 a week."), (29, "about 2 a week.")])
def test_the_stock_of_the_first_reading_is_not_counted_as_new(app: App, browser: Browser, days: int, said: str) -> None:
    first = MONDAY - timedelta(days=days)
    for number in range(20):
        add_call(app.db, first, facts(f"stock{number}"), "food")
    for number in range(8):
        add_news(app.db, first, f"n{number}", "food")
    page = page_at(browser, "/en/calls?spearheads=food&status=open")
    assert f"8 new calls in the last 30 days, {said}" in page.select(".take")[0].get_text(" ", strip=True)
    form = page_at(browser, "/en/sign-up?spearheads=food&open_only=yes")
    assert "In 30 days there were 8" in form.select("#preview")[0].get_text(" ", strip=True)


@pytest.mark.parametrize(
    ("feed", "page"),
    [
        ("/feeds/calls.sv.atom?spearheads=food&status=open", "/sv/calls?spearheads=food&status=open"),
        ("/feeds/calls.fi.atom", "/fi/calls"),
        ("/feeds/spearheads/food.en.atom", "/en/spearheads/food"),
    ],
)
def test_a_feed_names_the_page_that_shows_the_same(app: App, browser: Browser, feed: str, page: str) -> None:
    links = {link.rel: link.href for link in feedparser.parse(browser.get(feed).content).feed.links}
    assert links["alternate"] == app.settings.mail.base_url + page
    assert browser.get(links["alternate"]).status_code == 200


def test_a_readers_own_feed_names_the_list_of_what_they_follow(app: App, browser: Browser) -> None:
    add_news(app.db, MONDAY, "bread", "food", title="Bread is food")
    add_news(app.db, MONDAY, "milk", "food", title="Milk is food")
    retag_all(app)  # writes down the words that are searched
    joined(app, "anna", Wants(spearheads=("food",), query="bread OR leipä", forthcoming=False))
    feed = browser.get(urlsplit(feeds.links_of(app, 1)[0].url).path)
    page = browser.get(next(link.href for link in feedparser.parse(feed.content).feed.links if link.rel == "alternate"))
    page = browser.get(page.headers["location"]) if page.is_redirect else page
    assert titles(BeautifulSoup(page.text, "lxml")) == {"Bread is food"}
    assert b"status=open" in page.url.query
