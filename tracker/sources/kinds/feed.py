"""Calls that a site announces in an RSS or Atom feed.

A generic kind for entries of the configuration:

    [sources.interreg_baltic]
    kind = "feed"
    name = "Interreg Baltic Sea Region"
    publisher = "Interreg Baltic Sea Region"
    home = "https://interreg-baltic.eu/"
    url = "https://interreg-baltic.eu/feed/"
    include = ["call"]
    labels = ["Deadline"]
    undated = "leave"
    call_kind = "interreg"
    programme = "INTERREG"

Real feeds have comments before their prolog, guids
shared by several items and empty descriptions (F-T-RSS, August 2026: 651 guids and 657 links for 725 items; there are
as many pages as links). So a call's key is its link, and items with the same link and guid are one call, unless they
say different deadlines: that is a doubt. Where the items of one link have different guids, each guid is a call.

An item's own date is when it was published, never a deadline. The pages that items link to are not read.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Literal, NamedTuple

import feedparser  # type: ignore[import-untyped]
from pydantic import Field

from tracker.errors import ParseError
from tracker.fetching.asking import Fetch
from tracker.fetching.charsets import as_text
from tracker.sources import Described, Page, Row, Source, SourceReader, Wanted
from tracker.sources.support import dates_in_text
from tracker.sources.support.cards import Card, Site, facts_of_card
from tracker.sources.support.json_records import record_fingerprint
from tracker.sources.support.markup import absolute, key_of, parsed, shortened, text_of_nodes
from tracker.sources.support.plaintext import line_of
from tracker.sources.walls import Unread, each, rows_from

KIND = "feed"
WHOLE = 50_000
UTF8 = {"content-type": "application/xml; charset=utf-8"}  # whatever the feed itself says
TAIL = 2000  # bytes in which the end must stand; comments may follow it
MOST_ITEMS = 3000  # each takes a millisecond and more
_ITEM = re.compile(rb"<(?:item|entry)\b", re.IGNORECASE)
_REFERENCE = re.compile(rb"&#(?:x(?P<hex>[0-9a-f]{1,12})|(?P<number>[0-9]{1,12}));", re.IGNORECASE)
_BEGIN = re.compile(rb"<\?xml|<rss\b|<feed\b|<rdf:RDF\b", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf)\s*>\s*\Z", re.IGNORECASE)


class Feed(Site):
    """One feed. Feeds rarely state deadlines: without labels every item counts as open while it is listed."""

    labels: tuple[str, ...] = Field((), description='words before a deadline in an item\'s text, like "Deadline"')
    opens_labels: tuple[str, ...] = Field((), description="words before the opening day in an item's text")
    undated: Literal["fault", "leave", "take"] = Field("take", description="an item without dates: taken as open")


class Entry(Described, Feed):
    """A feed in the configuration."""

    kind: Literal["feed"]


def reader(source: Source, spec: Feed) -> SourceReader:
    """Make the three reading steps of one feed."""
    return SourceReader(
        partial(_pages, spec), partial(_rows, source.key, spec), partial(facts_of_card, source.key, spec)
    )


async def _pages(spec: Feed, fetch: Fetch, settings: Entry, _: Wanted) -> AsyncIterator[Page]:
    """Fetch the feed, a single page. Raises FetchError."""
    answer = await fetch.get(settings.url or spec.url)
    yield Page(url=answer.url, body=answer.body)


def _rows(source: str, spec: Feed, page: Page) -> Iterator[Row]:
    """Split the feed into one row per link and guid.

    Raises ParseError: not_a_feed, truncated, too_many_items, and what is wrong with all items: no_link, no_title, link.
    """
    items = each(source, _items(source, page.body), partial(_read_item, source, spec, page.url))
    yield from (item.row() for item in items if isinstance(item, Unread))
    shared: dict[str, dict[str, list[Card]]] = {}
    for item in items:
        if isinstance(item, _Item) and _is_wanted(spec, item.card):
            shared.setdefault(item.card.key, {}).setdefault(item.guid, []).append(item.card)
    cards = [
        [replace(card, key=f"{key}#{record_fingerprint(guid)[:12]}") if len(by_guid) > 1 else card for card in same]
        for key, by_guid in shared.items()
        for guid, same in by_guid.items()
    ]
    yield from rows_from(source, cards, partial(_joined, source, spec), lambda same: same[0].key)


def _is_wanted(spec: Feed, card: Card) -> bool:
    is_left = spec.undated == "leave" and not (card.opens or card.closes)
    return spec.is_wanted(card.title) and not is_left


def _items(source: str, received: bytes) -> list[Any]:
    """Return the items, oldest first, so that a new item with the same link does not replace the title."""
    body = as_text(received).encode("utf-8", "replace")
    begin = _BEGIN.search(body)
    if begin is None:
        raise ParseError(source, "not_a_feed", f"{len(body)} bytes that begin with {body[:60]!r}")
    if not _END.search(_COMMENT.sub(b"", body[-TAIL:])):
        raise ParseError(source, "truncated", f"{len(body)} bytes that end with {body[-60:]!r}")
    if (count := len(_ITEM.findall(body))) > MOST_ITEMS:
        raise ParseError(source, "too_many_items", f"{count} items; {MOST_ITEMS} are read")
    feed = feedparser.parse(_REFERENCE.sub(_character, body[begin.start() :]), response_headers=UTF8)
    if not feed.get("version"):
        raise ParseError(source, "not_a_feed", f"neither RSS nor Atom: {feed.get('bozo_exception')}")
    return sorted(feed.entries, key=lambda item: (tuple(item.get("published_parsed") or ())[:6], item.get("title", "")))


def _character(reference: re.Match[bytes]) -> bytes:
    """Leave out a reference to what is no character, such as half a pair: the parser would give up the whole feed."""
    number = int(reference["hex"], 16) if reference["hex"] else int(reference["number"])
    return reference[0] if 0 < number < 0xD800 or 0xDFFF < number <= 0x10FFFF else b""


class _Item(NamedTuple):
    guid: str
    card: Card


def _read_item(source: str, spec: Feed, base: str, item: Any) -> _Item:
    """Read one item. Raises ParseError: no_link, no_title, link, too_many_tags, too_deep."""
    title, link = line_of(item.get("title", "")), item.get("link", "")
    if not link:
        raise ParseError(source, "no_link", f"the item {title[:80]!r} has no link")
    if not title:
        raise ParseError(source, "no_title", f"the item of {link[:80]} has no title")
    parts = item.get("content") or [{"value": item.get("summary", "")}]
    whole = text_of_nodes([parsed(source, part["value"]) for part in parts if part["value"]], WHOLE)
    url = absolute(source, base, link)
    card = Card(
        key=key_of(base, url),
        url=url,
        title=title,
        opens="\n".join(dates_in_text.behind(whole, spec.opens_labels)),
        closes="\n".join(dates_in_text.behind(whole, spec.labels)),
        text=shortened(whole, spec.text_most),
    )
    return _Item(item.get("id", ""), card)


def _joined(source: str, spec: Feed, cards: list[Card]) -> Row:
    """Join the items of one call: the oldest title, and the texts of all. Raises ParseError (shared_link)."""
    first = cards[0]
    closes = dict.fromkeys(card.closes for card in cards if card.closes)
    if len(closes) > 1:
        raise ParseError(source, "shared_link", f"{len(cards)} items of {first.key} say different deadlines")
    others = [card.title for card in cards[1:] if card.title != first.title]
    texts = dict.fromkeys(filter(None, [first.text, *others, *(card.text for card in cards[1:])]))
    return replace(first, closes="".join(closes), text=shortened("\n".join(texts), spec.text_most)).row()
