"""The generic kinds: entries of the configuration become sources, are refused when mistyped, and fail with a name."""

import importlib
import re
import textwrap
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from db.calls import CallFacts, CallStatus, Deadline
from tests.tracker.sources.own_site import pages_of, site
from tests.tracker.sources.own_web import BARE, SHELL, OwnWeb, facts_of, gathered, gathered_from
from tracker import config, sources
from tracker.errors import ConfigError, FetchError, ParseError, RunQuarantined, SourceError
from tracker.fetching.asking import Answer
from tracker.readings import health
from tracker.readings.counts import Counts
from tracker.readings.health import Glance, Tally
from tracker.sources import Bounds, Page, SourceSettings, walls
from tracker.sources.kinds import watch

SITE = "https://calls.example"
ABOUT = {"name": "Example", "publisher": "Example Council", "home": f"{SITE}/"}
LISTING: dict[str, Any] = ABOUT | {
    "kind": "listing",
    "url": f"{SITE}/calls",
    "card": ".card",
    "link": "a",
    "closes": ".closes",
    "next": "a.next",
}
FEED: dict[str, Any] = ABOUT | {"kind": "feed", "url": f"{SITE}/feed"}
POSTS: dict[str, Any] = ABOUT | {"kind": "wordpress", "url": f"{SITE}/wp-json/wp/v2/call"}
WATCH: dict[str, Any] = ABOUT | {"kind": "watch", "url": f"{SITE}/calls", "text": "main"}


def entry(table: Mapping[str, Any], **more: Any) -> tuple[ModuleType, SourceSettings]:
    """A source as the configuration makes it, and its settings."""
    settings = config.given({"sources": {"example": {**table, **more}}})
    return sources.modules(settings.sources)["example"], settings.source("example")


def faults(table: Mapping[str, Any], key: str = "example") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        config.given({"sources": {key: dict(table)}})
    return caught.value.faults


def read(table: Mapping[str, Any], answers: Mapping[str, bytes | int | Answer], **more: Any) -> list[CallFacts]:
    module, settings = entry(table, **more)
    return facts_of(module, gathered(module, answers, settings))


def reason(reading: Callable[[], object]) -> str:
    with pytest.raises(SourceError) as caught:
        reading()
    return caught.value.reason


def html(body: str) -> bytes:
    words = "Calls of the council, the open ones and the closed ones, with their last days and all conditions."
    return f"<!DOCTYPE html><html><body><main><p>{words}</p>{body}</main></body></html>".encode()


def cards(*numbers: int, next_page: str = "", closes: str = "31.3.2027") -> bytes:
    some = "".join(
        f'<div class="card"><a href="/calls/{n}">Call {n}</a><i class="closes">{closes}</i></div>' for n in numbers
    )
    return html(some + (f'<a class="next" href="{next_page}">Next</a>' if next_page else ""))


# --- entries of the configuration -------------------------------------------------------------------------------------


def test_an_entry_is_a_source_like_any_other() -> None:
    module, settings = entry(LISTING, least=2, version=3)
    source = module.SOURCE
    assert (source.key, source.name, source.publisher, source.version) == ("example", "Example", "Example Council", 3)
    assert source.bounds.least == 2
    assert isinstance(settings, module.Settings)


def test_entries_stand_after_the_modules_of_the_folder() -> None:
    names = list(sources.modules(config.given({"sources": {"example": LISTING}}).sources))
    assert names == [*sources.modules(), "example"]


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (LISTING | {"crad": "x"}, "sources.example.crad: unknown key"),
        ({name: said for name, said in LISTING.items() if name != "card"}, "sources.example.card: Field required"),
        (LISTING | {"url": "http://calls.example"}, "sources.example.url: String should match pattern '^(?:https://"),
        (LISTING | {"card": "div["}, "sources.example.card: no CSS selector: "),
        (LISTING | {"zone": "Europe/Lahti"}, "sources.example.zone: 'Europe/Lahti' is no zone"),
        (LISTING | {"states": {"Auki": "opened"}}, "sources.example.states.Auki: Input should be 'forthcoming', "),
        (LISTING | {"state": ".state"}, "sources.example: a state is read, and states says of none what it means"),
        (LISTING | {"detail": {"txet": "main"}}, "sources.example.detail.txet: unknown key"),
        (LISTING | {"forms": ["american"]}, "sources.example.forms.0: Input should be 'iso', "),
        (LISTING | {"call_kind": "grant"}, "sources.example.call_kind: Input should be 'topic', "),
        (LISTING | {"kind": "lisitng"}, "sources.example: no such kind 'lisitng'; there are feed, listing, watch"),
        (ABOUT, "sources.example: no such source; there are "),
        (FEED | {"card": ".card"}, "sources.example.card: unknown key"),
        (POSTS | {"newest_pages": 0}, "sources.example.newest_pages: Input should be greater"),
        (WATCH | {"text": ""}, "sources.example.text: String should have at least 1 character"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_mistyped_entry_is_refused_with_its_key(table: dict[str, Any], fault: str) -> None:
    [found] = faults(table)
    assert found.startswith(fault)


@pytest.mark.parametrize("key", ["", "search", "kinds"])  # of no source, though a file or a folder is named so
def test_an_entry_is_no_source_of_the_program_because_of_its_key(key: str) -> None:
    assert faults({"enabled": True}, key=key)[0].startswith(f"sources.{key}: no such source; there are aka, ")


def test_an_entry_with_a_key_that_is_none_is_refused() -> None:
    assert faults(LISTING, key="Example Site") == [
        "sources.Example Site: a source's key is of small letters, digits and _, 40 at most"
    ]


@pytest.mark.parametrize("kind", ["listing", "feed", "wordpress", "watch"])
def test_a_kind_shows_an_entry_that_can_be_used(kind: str) -> None:
    said = importlib.import_module(f"tracker.sources.kinds.{kind}").__doc__ or ""
    [example] = re.findall(r"(?ms)^    \[sources\..*?(?=^\S)", said)
    tables = tomllib.loads(textwrap.dedent(example))
    [key] = tables["sources"]
    assert sources.modules(config.given(tables).sources)[key].SOURCE.key == key


def test_an_entry_cannot_take_the_place_of_a_module() -> None:
    assert "sources.portal.kind: unknown key" in faults(LISTING, key="portal")


# --- listing ----------------------------------------------------------------------------------------------------------


def test_a_listing_is_read_to_its_last_page() -> None:
    answers: dict[str, bytes | int | Answer] = {
        f"{SITE}/calls": cards(1, 2, next_page="?page=2"),
        f"{SITE}/calls?page=2": cards(2, 3),
    }
    assert [call.key for call in read(LISTING, answers)] == ["/calls/1", "/calls/2", "/calls/2", "/calls/3"]


def test_a_listing_through_the_real_fetcher() -> None:
    def answers(asked: Any) -> bytes | int:
        return cards(1, next_page="/calls?page=2") if not asked.query else cards(2)

    module, settings = entry(LISTING)
    with site(answers) as here:
        pages = pages_of(module, settings.model_copy(update={"url": f"{here.url}/calls"}))
    assert [row.key for page in pages for row in module.rows(page)] == ["/calls/1", "/calls/2"]


@pytest.mark.parametrize(
    ("next_page", "more", "why"),
    [
        ("/calls", {}, "paging_loop"),
        ("https://elsewhere.example/calls", {}, "off_site"),
        ("/calls?page=2", {"most_pages": 1}, "too_many_pages"),
        ("/calls?page=2", {}, "http_404"),
    ],
)
def test_a_next_page_that_cannot_be_right_is_a_failure(next_page: str, more: dict[str, Any], why: str) -> None:
    assert reason(lambda: read(LISTING, {f"{SITE}/calls": cards(1, next_page=next_page)}, **more)) == why


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SHELL, "shell"),
        (BARE, "no_rows"),
        (html('<div class="card">No link</div>'), "no_link"),
        (html('<div class="card"><a href="/1">Read more</a></div>'), "no_title"),
        (html('<div class="card"><a href="javascript:void(0)">A call</a></div>'), "link"),
        (
            html('<div class="card"><a href="/1">A</a></div><div class="card"><a href="/1">B</a></div>'),
            "key_not_unique",
        ),
        (html('<div class="card"><a href="/1">A</a></div>'), "undated"),
        (cards(1, 2, 3).replace(b'class="closes"', b'class="ends"'), "selector"),
        (cards(1, closes="spring"), "date"),
        (cards(1)[:-20], "truncated"),
    ],
)
def test_a_list_that_is_not_as_it_was_is_a_failure_with_a_name(body: bytes, why: str) -> None:
    assert reason(lambda: read(LISTING, {f"{SITE}/calls": body})) == why


def test_nothing_open_is_told_from_failure_where_the_page_says_so() -> None:
    body = html('<p class="none">Nothing is open at present.</p>')
    assert read(LISTING, {f"{SITE}/calls": body}, nothing=".none") == []


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ("No link", "no_link"),
        ('<a href="/9">Read more</a>', "no_title"),
        ('<a href="http://[site:url]/9">A call</a>', "link"),
        ('<a href="http://[::1">A call</a>', "link"),
        ('<a href="http://publisher.example:port/9">A call</a>', "link"),
        ('<a href="/calls/1">Another call</a>', "key_not_unique"),
        (f'<a href="/9">A call</a><time class="closes">{"31 May 9999"}</time>', "date"),
        (f'<a href="/9">A call</a><time class="closes">{"31 May 2070"}</time>', "date"),
    ],
)
def test_one_card_that_is_odd_is_named_and_the_others_are_read(odd: str, why: str) -> None:
    body = cards(1, 2, 3).replace(b"</main>", f'<div class="card">{odd}</div></main>'.encode())
    module, settings = entry(LISTING)
    named, titles = [], []
    for row in walls.rows_of(module, gathered(module, {f"{SITE}/calls": body}, settings)[0]):
        try:
            titles.append(walls.facts_of(module, row).title)
        except ParseError as fault:
            named.append(fault.reason)
    assert named == [why]
    assert len(titles) == (2 if why == "key_not_unique" else 3)


@pytest.mark.parametrize(("markup", "why"), [("<div>" * 50_000, "too_deep"), ("<b></b>" * 50_000, "too_many_tags")])
def test_a_page_that_would_take_minutes_is_refused_at_once(markup: str, why: str) -> None:
    assert reason(lambda: read(LISTING, {f"{SITE}/calls": html(markup)})) == why


def test_a_card_that_is_repeated_is_one_call() -> None:
    assert len(read(LISTING, {f"{SITE}/calls": cards(1, 1)})) == 1


def test_calls_without_dates_may_be_left_out_or_taken() -> None:
    body = html('<div class="card"><a href="/1">A</a></div>')
    assert read(LISTING, {f"{SITE}/calls": body}, undated="leave") == []
    assert len(read(LISTING, {f"{SITE}/calls": body}, undated="take")) == 1


def test_titles_choose_among_the_cards() -> None:
    found = read(LISTING, {f"{SITE}/calls": cards(1, 12, 123)}, include=["CALL 12"], exclude=["call 123"])
    assert [call.title for call in found] == ["Call 12"]


def test_a_card_may_be_the_link_and_its_state_and_period_are_read() -> None:
    body = html(
        '<a class="card" href="/c/1?utm_source=x#top"><h3>A call</h3><b>Auki</b>'
        '<time datetime="2027-03-31T12:00:00Z">Last day</time></a>'
    )
    table = LISTING | {"link": "", "title": "h3", "state": "b", "states": {"auki": "open"}, "closes": "time"}
    [call] = read(table, {f"{SITE}/calls": body})
    assert (call.key, call.url, call.title) == ("/c/1", f"{SITE}/c/1", "A call")
    assert (call.claimed_status, call.deadlines) == (CallStatus.OPEN, (Deadline(on=date(2027, 3, 31)),))


def test_a_machines_time_counts_where_a_time_is_shown() -> None:
    body = cards(1).replace(b"31.3.2027", b'<time datetime="2027-03-31T12:00:00Z">31.3. klo 15.00</time>')
    [call] = read(LISTING, {f"{SITE}/calls": body}, closes="time")
    assert call.deadlines[0].at == datetime(2027, 3, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize("shown", ["31 March 2027", "31 March"])
@pytest.mark.parametrize("zone", ["Europe/Helsinki", "America/New_York", "Pacific/Auckland"])
def test_the_shown_day_wins_over_the_machines_in_any_zone(shown: str, zone: str) -> None:
    stamped = f'<time datetime="2027-03-31T23:59:59Z">{shown}</time>'.encode()
    [call] = read(LISTING, {f"{SITE}/calls": cards(1).replace(b"31.3.2027", stamped)}, closes="time", zone=zone)
    assert call.deadlines == (Deadline(on=date(2027, 3, 31)),)


@pytest.mark.parametrize(
    ("moved", "closes"),
    [
        (b"<s>31.3.2027</s> 15.4.2027", LISTING["closes"]),
        (b"<s><time>31.3.2027</time></s> <time>15.4.2027</time>", "time"),
        (b"<span style='text-decoration:line-through'><time>31.3.2027</time></span> <time>15.4.2027</time>", "time"),
    ],
)
def test_a_date_that_was_moved_is_the_new_one(moved: bytes, closes: str) -> None:
    [call] = read(LISTING, {f"{SITE}/calls": cards(1).replace(b"31.3.2027", moved)}, closes=closes)
    assert call.deadlines == (Deadline(on=date(2027, 4, 15)),)


@pytest.mark.parametrize("title", ["M\ufffd\ufffdr\ufffdaika", "Call \ufffd"])
def test_a_title_with_letters_that_could_not_be_read_is_named(title: str) -> None:
    body = cards(1).replace(b"Call 1", title.encode())
    assert reason(lambda: read(LISTING, {f"{SITE}/calls": body})) == "charset"


@pytest.mark.parametrize("coding", ["cp1252", "utf-8"])
def test_a_feed_is_read_in_its_own_letters_whatever_came_of_them_on_the_way(coding: str) -> None:
    item = "<item><title>Määräaika</title><link>https://calls.example/1</link></item>"
    body = (
        f'<?xml version="1.0" encoding="iso-8859-1"?><rss version="2.0"><channel><title>C</title>{item}</channel></rss>'
    )
    [call] = read(FEED, {f"{SITE}/feed": body.encode(coding)})
    assert call.title == "Määräaika"


def test_a_calls_own_page_stands_above_its_card() -> None:
    own = html("<h1>Call one</h1><h2>Scope</h2><p>Reuse of timber.</p><p>Deadline: 30.4.2027 klo 16.15</p>")
    answers: dict[str, bytes | int | Answer] = {f"{SITE}/calls": cards(1), f"{SITE}/calls/1": own}
    [call] = read(LISTING, answers, detail={"title": "h1", "labels": ["Deadline"]})
    assert call.title == "Call one"
    assert [deadline.on for deadline in call.deadlines] == [date(2027, 4, 30)]
    assert call.deadlines[0].at is not None
    assert "Reuse of timber." in (call.text or "")


def test_own_pages_are_read_within_limits() -> None:
    module, settings = entry(LISTING, detail={}, details_per_run=2)
    own = OwnWeb({f"{SITE}/calls": cards(1, 2, 3), f"{SITE}/calls/1": 404, f"{SITE}/calls/2": BARE})
    gathered_from(module, own, settings)
    assert own.asked == [f"{SITE}/calls", f"{SITE}/calls/1", f"{SITE}/calls/2"]


def test_own_pages_of_a_host_in_trouble_are_left_alone() -> None:
    module, settings = entry(LISTING, detail={})
    own = OwnWeb({f"{SITE}/calls": cards(1, 2, 3), f"{SITE}/calls/1": 503})
    assert len(facts_of(module, gathered_from(module, own, settings))) == 3
    assert own.asked == [f"{SITE}/calls", f"{SITE}/calls/1"]


def test_pages_of_other_sites_are_not_opened_as_calls_own() -> None:
    module, settings = entry(LISTING, detail={})
    own = OwnWeb({f"{SITE}/calls": cards(1).replace(b'"/calls/1"', b'"https://other.example/1"')})
    [call] = facts_of(module, gathered_from(module, own, settings))
    assert (call.key, own.asked) == ("other.example/1", [f"{SITE}/calls"])


def counts(numbers: range) -> Counts:
    """What a reading of so many cards counts."""
    module, settings = entry(LISTING)
    tally = Tally()
    for page in gathered(module, {f"{SITE}/calls": cards(*numbers)}, settings):
        tally.add_page(page)
        for row in module.rows(page):
            tally.add_row(page, row.key)
            tally.add_glance(Glance(date(2027, 3, 31), None, False), date(2026, 11, 23))
    return tally.counts()


def test_half_of_the_rows_is_not_believed_against_the_lists_own_past() -> None:
    usual = [counts(range(60))] * 3
    assert "drop" in {why.name for why in health.check(Bounds(1, 2000), counts(range(30)), usual)}
    assert health.check(Bounds(1, 2000), counts(range(58)), usual) == ()


def test_a_list_of_a_real_institution_is_read_by_selectors_alone(shared: Path) -> None:
    body = (shared / "recorded/sources/eeas-grants/eu_delegation_grants.html").read_bytes()
    table = LISTING | {
        "card": ".card:has(time)",
        "link": ".card-title a",
        "closes": "time",
        "url": f"{SITE}/eeas/grants",
    }
    found = read(table, {f"{SITE}/eeas/grants": body}, next="", call_kind="external", zone="Europe/Brussels")
    assert len({call.key for call in found}) == len(found) == 24  # five more cards say no day
    assert {deadline.at for call in found for deadline in call.deadlines} == {None}
    assert found[0].deadlines == (Deadline(on=date(2025, 9, 18)),)


def test_the_portals_page_before_its_scripts_ran_is_a_shell(shared: Path) -> None:
    body = (shared / "recorded/sources/eu-portal-shell/ec_calls_for_proposals.html").read_bytes()
    assert reason(lambda: read(LISTING, {f"{SITE}/calls": body})) == "shell"


# --- feed -------------------------------------------------------------------------------------------------------------


def feed(*items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>C</title>{"".join(items)}</channel></rss>'.encode()


def item(link: str, title: str, text: str = "", day: int = 1) -> str:
    return (
        f"<item><title>{title}</title><link>{link}</link><guid>same</guid><description><![CDATA[{text}]]></description>"
        f"<pubDate>{day:02} Nov 2026 08:00:00 +0000</pubDate></item>"
    )


def test_a_feeds_items_are_called_by_their_links_whatever_their_guids() -> None:
    body = feed(item(f"{SITE}/1", "One &amp;amp; more"), item(f"{SITE}/2", "Two"))
    found = read(FEED, {f"{SITE}/feed": body})
    assert [(call.key, call.title, call.text) for call in found] == [("/1", "One & more", None), ("/2", "Two", None)]


def test_items_with_one_link_are_one_call_with_the_oldest_ones_name() -> None:
    body = feed(item(f"{SITE}/1", "Newer", "<p>Later words.</p>", day=9), item(f"{SITE}/1", "Older", "<p>Words.</p>"))
    [call] = read(FEED, {f"{SITE}/feed": body})
    assert (call.title, call.text) == ("Older", "Words.\nNewer\nLater words.")


def test_items_of_one_link_with_guids_of_their_own_are_calls_of_their_own() -> None:
    items = [
        item(f"{SITE}/all", f"Call {n}", f"<p>Deadline: {n} March 2027</p>").replace(">same<", f">g{n}<")
        for n in (1, 2, 3)
    ]
    found = read(FEED, {f"{SITE}/feed": feed(*items)}, labels=["Deadline"])
    assert len({call.key for call in found}) == 3
    assert [[deadline.on.day for deadline in call.deadlines] for call in found] == [[1], [2], [3]]


def test_items_of_one_link_and_guid_with_different_deadlines_are_a_doubt() -> None:
    items = [item(f"{SITE}/all", f"Call {n}", f"<p>Deadline: {n} March 2027</p>") for n in (1, 2, 3)]
    assert reason(lambda: read(FEED, {f"{SITE}/feed": feed(*items)}, labels=["Deadline"])) == "shared_link"


def test_an_item_that_is_odd_is_named_and_the_others_are_read() -> None:
    body = feed(item(f"{SITE}/1", "One"), item("http://[site:url]/2", "Two &#xD800;"), item(f"{SITE}/3", "Three"))
    module, settings = entry(FEED)
    rows = [row for page in gathered(module, {f"{SITE}/feed": body}, settings) for row in walls.rows_of(module, page)]
    assert sorted(row.key for row in rows) == ["", "/1", "/3"]


def test_a_feed_of_more_items_than_are_read_in_time_is_refused_at_once() -> None:
    assert reason(lambda: read(FEED, {f"{SITE}/feed": feed("<item/>" * 50_000)})) == "too_many_items"


def test_junk_before_the_prolog_of_a_feed_is_passed_over() -> None:
    body = b"<!-- THEME DEBUG -->\n<!-- more -->\n" + feed(item(f"{SITE}/1", "One"))
    assert len(read(FEED, {f"{SITE}/feed": body})) == 1


def test_an_items_deadline_stands_behind_a_label_and_is_never_its_own_date() -> None:
    body = feed(item(f"{SITE}/1", "One", "<p><b>Deadline:</b> 31 March 2027</p>"), item(f"{SITE}/2", "Two"))
    one, two = read(FEED, {f"{SITE}/feed": body}, labels=["Deadline"])
    assert one.deadlines == (Deadline(on=date(2027, 3, 31)),)
    assert two.deadlines == ()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SHELL, "not_a_feed"),
        (b"", "not_a_feed"),
        (feed(item(f"{SITE}/1", "One"), item(f"{SITE}/2", "Two"))[:-60], "truncated"),
        (b"<?xml version='1.0'?><not-a-feed></not-a-feed></feed>", "not_a_feed"),
        (feed("<item><title>No link</title></item>"), "no_link"),
        (feed(item(f"{SITE}/1", "")), "no_title"),
        (500, "http_500"),
    ],
)
def test_a_feed_that_is_none_is_a_failure_with_a_name(body: bytes | int, why: str) -> None:
    assert reason(lambda: read(FEED, {f"{SITE}/feed": body})) == why


def test_an_empty_feed_is_held_against_its_bounds() -> None:
    assert read(FEED, {f"{SITE}/feed": feed()}) == []
    assert entry(FEED)[0].SOURCE.bounds.least == 1


def test_a_real_feed_loses_no_call(shared: Path) -> None:
    body = (shared / "recorded/sources/generic-rss/eu_calls_feed.xml").read_bytes()
    found = read(FEED, {f"{SITE}/feed": body})
    assert len(found) == len({call.key for call in found}) == 657


# --- wordpress --------------------------------------------------------------------------------------------------------


def post(number: int, text: str = "<p>Deadline: 31 March 2027</p>", **more: Any) -> dict[str, Any]:
    said = {"id": number, "link": f"{SITE}/call/{number}/", "title": {"rendered": f"Call {number} &#8211; now"}}
    return said | {"content": {"rendered": text}} | more


def posts(*pages: list[dict[str, Any]], total: int | None = None) -> dict[str, bytes | int | Answer]:
    """The interface's answers, a page each."""
    said = sum(map(len, pages)) if total is None else total
    found: dict[str, bytes | int | Answer] = {}
    for number, page in enumerate(pages, start=1):
        url = f"{SITE}/wp-json/wp/v2/call?per_page=100&page={number}"
        headers = {"x-wp-total": str(said), "x-wp-totalpages": str(len(pages))}
        found[url] = Answer(url, 200, headers, orjson.dumps(page))
    return found


def test_posts_are_read_page_by_page_as_the_headers_say() -> None:
    found = read(POSTS, posts([post(1), post(2)], [post(3)]), labels=["Deadline"])
    assert [(call.key, call.title) for call in found] == [(str(n), f"Call {n} – now") for n in (1, 2, 3)]
    assert found[0].url == f"{SITE}/call/1/"


def test_fewer_posts_than_were_announced_are_not_believed() -> None:
    with pytest.raises(RunQuarantined, match="5 posts were announced, 2 different ones came"):
        read(POSTS, posts([post(1)], [post(2)], total=5))


def test_a_post_that_is_counted_and_not_shown_is_named_and_the_others_are_read() -> None:
    module, settings = entry(POSTS | {"labels": ["Deadline"]})
    [one, hidden] = [row for page in gathered(module, posts([post(1)], total=2), settings) for row in module.rows(page)]
    assert walls.facts_of(module, one).key == "1"
    with pytest.raises(ParseError, match="hidden: a post was counted and not shown"):
        walls.facts_of(module, hidden)


def test_more_pages_than_are_followed_are_a_failure() -> None:
    assert reason(lambda: read(POSTS, posts([post(1)], [post(2)]), most_pages=1)) == "too_many_pages"


def test_only_the_newest_posts_may_be_read() -> None:
    found = read(POSTS, posts([post(9)], [post(1)]), newest_pages=1, labels=["Deadline"])
    assert [call.key for call in found] == ["9"]


def test_a_page_of_posts_that_fails_fails_the_reading() -> None:
    answers = posts([post(1)], [post(2)]) | {f"{SITE}/wp-json/wp/v2/call?per_page=100&page=2": 502}
    with pytest.raises(FetchError):
        read(POSTS, answers)


def test_a_posts_terms_say_its_state_and_a_nameless_one_is_a_fault_of_its_post() -> None:
    terms = f"{SITE}/wp-json/wp/v2/state"
    table = POSTS | {"state_field": "state", "state_url": terms, "states": {"Open": "open"}}
    answers = posts([post(1, state=[7]), post(2, state=[8])]) | {
        f"{terms}?per_page=100": b'[{"id": 7, "name": "Open"}]'
    }
    module, settings = entry(table)
    one, two = [row for page in gathered(module, answers, settings) for row in module.rows(page)]
    assert module.facts(one).claimed_status is CallStatus.OPEN
    with pytest.raises(ParseError, match="the state '8' is not one of Open"):
        module.facts(two)


def test_posts_that_have_lost_their_states_are_a_failure() -> None:
    terms = f"{SITE}/wp-json/wp/v2/state"
    table = POSTS | {"state_field": "state", "state_url": terms, "states": {"Open": "open"}}
    assert reason(lambda: read(table, posts([post(1)]) | {f"{terms}?per_page=100": b"[]"})) == "selector"


# --- watch ------------------------------------------------------------------------------------------------------------


def watched(body: bytes) -> Counts:
    module, settings = entry(WATCH)
    tally = Tally()
    for page in gathered(module, {f"{SITE}/calls": body}, settings):
        tally.add_page(page)
        assert list(module.rows(page)) == []
    return tally.counts()


PAGE = html("<p>The next call opens in spring.</p><form>12 visitors</form>")


def test_a_watched_page_makes_no_calls_and_is_believed_and_shown_to_admins_alone() -> None:
    source = entry(WATCH)[0].SOURCE
    assert source.for_admins
    assert health.check(source.bounds, watched(PAGE), []) == ()


def test_a_watched_page_that_says_something_else_is_told() -> None:
    changed = PAGE.replace(b"spring", b"March 2027")
    assert (watch.finding(watched(PAGE).scans, watched(changed).scans) or "").startswith("the main text has changed (")


@pytest.mark.parametrize(("old", "new"), [(b"12 visitors", b"13 visitors"), (b"<p>The next", b"<p  id=x>The   next")])
def test_a_watched_page_in_other_clothes_is_the_same(old: bytes, new: bytes) -> None:
    assert PAGE.replace(old, new) != PAGE
    assert watch.finding(watched(PAGE).scans, watched(PAGE.replace(old, new)).scans) is None


def test_the_first_look_at_a_page_is_no_finding() -> None:
    assert watch.finding((), watched(PAGE).scans) is None


@pytest.mark.parametrize(
    ("body", "why"), [(SHELL, "shell"), (BARE.replace(b"main", b"div"), "no_text"), (500, "http_500")]
)
def test_a_watched_page_without_its_text_is_a_failure_and_no_change(body: bytes | int, why: str) -> None:
    module, settings = entry(WATCH)
    assert reason(lambda: gathered(module, {f"{SITE}/calls": body}, settings)) == why


def test_a_feed_whose_end_is_followed_by_endless_comments_is_read_in_no_time() -> None:
    body = b"<?xml version='1.0'?><rss version='2.0'><channel></channel></rss><!--" + 200 * b"--><!--"
    assert list(entry(FEED)[0].rows(Page(url=f"{SITE}/feed", body=body + b"-->"))) == []
    with pytest.raises(ParseError, match="truncated"):
        list(entry(FEED)[0].rows(Page(url=f"{SITE}/feed", body=body)))
