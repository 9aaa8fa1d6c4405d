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
as many pages as links). So a call's key is its link, and items with the same link are one call.

An item's own date is when it was published, never a deadline. The pages that items link to are not read.
"""

import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, Literal

import feedparser  # type: ignore[import-untyped]
from bs4 import BeautifulSoup
from pydantic import Field

from tracker.errors import ParseError
from tracker.fetching.fetch import Fetcher
from tracker.sources import Described, Page, Row, Source, SourceReader, Wanted
from tracker.sources.support import dates
from tracker.sources.support.cards import Card, Site, facts_of_card
from tracker.sources.support.markup import absolute, key_of, shortened, text_of_nodes
from tracker.sources.support.plaintext import line_of

KIND = "feed"
WHOLE = 50_000
TAIL = 2000  # bytes in which the end must stand; comments may follow it
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


async def _pages(spec: Feed, fetch: Fetcher, settings: Entry, _: Wanted) -> AsyncIterator[Page]:
    """Fetch the feed, a single page. Raises FetchError."""
    answer = await fetch.get(settings.url or spec.url)
    yield Page(url=answer.url, body=answer.body)


def _rows(source: str, spec: Feed, page: Page) -> Iterator[Row]:
    """Split the feed into one row per link. Raises ParseError: not_a_feed, truncated, no_link, no_title, link."""
    shared: dict[str, list[Card]] = {}
    for item in _items(source, page.body):
        card = _card(source, spec, page.url, item)
        if spec.is_wanted(card.title) and not (spec.undated == "leave" and not (card.opens or card.closes)):
            shared.setdefault(card.key, []).append(card)
    for cards in shared.values():
        yield _joined(cards, spec).row()


def _items(source: str, body: bytes) -> list[Any]:
    """Return the items, oldest first, so that a new item with the same link does not replace the title."""
    begin = _BEGIN.search(body)
    if begin is None:
        raise ParseError(source, "not_a_feed", f"{len(body)} bytes that begin with {body[:60]!r}")
    if not _END.search(_COMMENT.sub(b"", body[-TAIL:])):
        raise ParseError(source, "truncated", f"{len(body)} bytes that end with {body[-60:]!r}")
    feed = feedparser.parse(body[begin.start() :])
    if not feed.get("version"):
        raise ParseError(source, "not_a_feed", f"neither RSS nor Atom: {feed.get('bozo_exception')}")
    return sorted(feed.entries, key=lambda item: (tuple(item.get("published_parsed") or ())[:6], item.get("title", "")))


def _card(source: str, spec: Feed, base: str, item: Any) -> Card:
    title, link = line_of(item.get("title", "")), item.get("link", "")
    if not link:
        raise ParseError(source, "no_link", f"the item {title[:80]!r} has no link")
    if not title:
        raise ParseError(source, "no_title", f"the item of {link[:80]} has no title")
    parts = item.get("content") or [{"value": item.get("summary", "")}]
    whole = text_of_nodes([BeautifulSoup(part["value"], "lxml") for part in parts if part["value"]], WHOLE)
    url = absolute(source, base, link)
    return Card(
        key=key_of(base, url),
        url=url,
        title=title,
        opens="\n".join(dates.behind(whole, spec.opens_labels)),
        closes="\n".join(dates.behind(whole, spec.labels)),
        text=shortened(whole, spec.text_most),
    )


def _joined(cards: list[Card], spec: Feed) -> Card:
    """Join items with the same link into one call: the oldest title, and the texts and dates of all."""
    first = cards[0]
    others = [card.title for card in cards[1:] if card.title != first.title]
    texts = dict.fromkeys(filter(None, [first.text, *others, *(card.text for card in cards[1:])]))
    return Card(
        key=first.key,
        url=first.url,
        title=first.title,
        opens=first.opens,
        closes="\n".join(dict.fromkeys(line for card in cards for line in card.closes.split("\n") if line)),
        text=shortened("\n".join(texts), spec.text_most),
    )
