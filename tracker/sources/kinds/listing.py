"""A list of calls on web pages: cards found by CSS selectors, page after page, and some of the calls' detail pages.

One of the generic kinds: for sources of this folder that differ in selectors only, and for entries of the
configuration:

    [sources.eeas_grants]
    kind = "listing"
    name = "EU delegations' grants"
    publisher = "European External Action Service"
    home = "https://www.eeas.europa.eu/eeas/grants_en"
    url = "https://www.eeas.europa.eu/eeas/grants_en?s=229"
    card = ".card:has(time)"
    link = ".card-title a"
    closes = "time"
    zone = "Europe/Brussels"
    call_kind = "external"
    past = 0.9

A missing structure is a fault with a name, never an empty list.
"""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import soupsieve
from bs4 import Tag
from pydantic import AfterValidator, Field, model_validator

from tracker.errors import ParseError
from tracker.fetching.asking import Fetch
from tracker.sources import Described, Page, Row, Source, SourceReader, SourceSettings, Wanted, Way
from tracker.sources.support import dates, dates_in_text
from tracker.sources.support.cards import Card, Site, facts_of_card, once_each
from tracker.sources.support.detail_pages import DetailPages, way_of
from tracker.sources.support.markup import absolute, key_of, opened, shortened, site, text_of_nodes, words
from tracker.sources.walls import Unread, each, rows_from
from tracker.strict import Strict

KIND = "listing"
_CLOCK = re.compile(r"\d:\d\d|\bklo\b|\bkl\.|\d\s*[ap]\.?m\b|\d\dh\d\d", re.IGNORECASE)
ENOUGH = 3  # from this many cards on, at least one must have what a selector names
NO_TITLES = frozenset({"read more", "learn more", "find out more", "lue lisää", "läs mer", "more", "apply", "hae"})


def _is_selector(selector: str) -> str:
    try:
        soupsieve.compile(selector or "*")
    except soupsieve.SelectorSyntaxError as error:
        raise ValueError(f"no CSS selector: {str(error).splitlines()[0]}") from error
    return selector


Selector = Annotated[str, AfterValidator(_is_selector)]


class Detail(Strict):
    """The selectors of a call's detail page; what it says takes precedence over the card."""

    text: Selector = "main, article"
    title: Selector = ""
    period: Selector = ""
    opens: Selector = ""
    closes: Selector = ""
    state: Selector = ""
    labels: tuple[str, ...] = Field((), description='words before a deadline in the text, like "Call closes"')
    period_labels: tuple[str, ...] = Field((), description="words before a period in the text")
    opens_labels: tuple[str, ...] = Field((), description="words before the opening day in the text")
    closed_phrases: tuple[str, ...] = Field((), description="words of the text that say that the call is over")


class Pages(Site):
    """A list that spans several pages, and the detail pages of its calls."""

    next: Selector = Field("", description="link to the next page of the list")
    most_pages: int = Field(30, ge=1, description="a longer list is a fault")
    nothing: Selector = Field("", description="what stands on the page when nothing is open; else no card is a fault")
    link_part: str = Field("", description="what a call's address holds; other cards are left out")
    detail: Detail | None = None


class Listing(Pages):
    """One site's list. Selectors apply inside a card, except `card`, `next` and `nothing`."""

    card: Selector = Field(min_length=1, description="one call of the list")
    link: Selector = Field("a[href]", description="empty: the card itself is the link")
    title: Selector = Field("", description="empty: what the link says")
    period: Selector = Field("", description="when it opens and closes, in one")
    opens: Selector = ""
    closes: Selector = ""
    state: Selector = ""
    text: Selector = Field("", description="a summary on the card")

    @model_validator(mode="after")
    def _knows_its_states(self) -> Self:
        if (self.state or (self.detail and self.detail.state)) and not self.states:
            raise ValueError("a state is read, and states says of none what it means")
        return self


class Settings(SourceSettings):
    """The settings of a listing that is a module of this folder."""

    url: str | None = Field(None, description="the list's address; empty: the publisher's own")
    details_per_run: int = Field(15, ge=0, description="calls' detail pages read in a run, in the list's order")


class Entry(Described, Listing):
    """A listing in the configuration."""

    kind: Literal["listing"]
    details_per_run: int = Field(15, ge=0, description="calls' detail pages read in a run, in the list's order")


Find = Callable[[str, Any, Page], list[Card | Unread]]


def reader(source: Source, spec: Pages, find: Find | None = None) -> SourceReader:
    """Make the three reading steps of one list; `find` finds the calls on a page if selectors alone cannot."""
    find = find or cards_by_selectors
    return SourceReader(
        partial(_pages, source.key, spec, find),
        partial(_rows, source.key, find, spec),
        partial(facts_of_card, source.key, spec),
    )


async def _pages(
    source: str, spec: Pages, find: Find, fetch: Fetch, settings: Settings | Entry, _: Wanted
) -> AsyncIterator[Page]:
    """Fetch the pages of the list with their calls' detail pages. There is no archive to backfill.

    Raises FetchError and ParseError: what `opened` and `cards` raise, paging_loop, off_site, too_many_pages.
    """
    address: str | None = settings.url or spec.url
    details = _Details(source, spec, fetch, settings.details_per_run)
    read: set[str] = set()
    for number in range(1, spec.most_pages + 1):
        answer = await fetch.get(address or spec.url)
        page = Page(url=answer.url, body=answer.body, number=number)
        yield await details.beside(page, find(source, spec, page))
        read |= {address or spec.url, answer.url}
        address = _next(source, spec, page)
        if address is None:
            return
        if address in read:
            raise ParseError(source, "paging_loop", f"page {number} leads back to {address}")
    raise ParseError(source, "too_many_pages", f"{spec.most_pages} pages, and a link to more")


def _next(source: str, spec: Pages, page: Page) -> str | None:
    link = opened(source, page.body).select_one(spec.next) if spec.next else None
    if link is None or not link.get("href"):
        return None
    address = absolute(source, page.url, str(link["href"]))
    if urlsplit(address).hostname != urlsplit(page.url).hostname:
        raise ParseError(source, "off_site", f"the next page is on {urlsplit(address).hostname}")
    return address


def _rows(source: str, find: Find, spec: Pages, page: Page) -> Iterator[Row]:
    return rows_from(source, find(source, spec, page), partial(_row, page), attrgetter("key"))


def _row(page: Page, found: Card | Unread) -> Row:
    beside: Mapping[str, str] = page.details.get(found.key, {})
    if isinstance(found, Card):
        found = replace(found, **{name: value for name, value in beside.items() if value})
    return found.row()


# --- what a list shows ------------------------------------------------------------------------------------------------


def cards_by_selectors(source: str, listing: Listing, page: Page) -> list[Card | Unread]:
    """Find the wanted calls on one page of the list, each once; a card that is odd comes out as Unread.

    Raises ParseError: no_rows, selector (a field that no card has), and what is wrong with all cards: no_link,
    no_title, link.
    """
    document = opened(source, page.body)
    nodes = document.select(listing.card)
    if not nodes:
        if listing.nothing and document.select_one(listing.nothing):
            return []
        raise ParseError(source, "no_rows", f"nothing on {page.url} is a {listing.card!r}")
    cards = each(source, nodes, partial(_card, source, listing, page.url))
    _check_fields(source, listing, [card for card in cards if isinstance(card, Card)])
    return [card for card in once_each(source, cards) if is_meant(listing, card)]


def is_meant(spec: Pages, card: Card | Unread) -> bool:
    """Tell whether a card is one of the calls that the list is read for, or may be one."""
    if isinstance(card, Unread):
        return True
    is_left = spec.undated == "leave" and not (card.period or card.opens or card.closes or card.state)
    return not is_left and spec.link_part in card.url and spec.is_wanted(card.title)


def _card(source: str, listing: Listing, base: str, node: Tag) -> Card:
    link = node.select_one(listing.link) if listing.link else node
    if link is None or not link.get("href"):
        raise ParseError(source, "no_link", f"a card without {listing.link or 'a link'!r}: {words(node)[:80]!r}")
    title = words(node.select_one(listing.title)) if listing.title else words(link)
    title = "" if title.casefold() in NO_TITLES else title
    if not title and not (listing.detail and listing.detail.title):
        raise ParseError(source, "no_title", f"a card without {listing.title or 'a title'!r}: {words(node)[:80]!r}")
    url = absolute(source, base, str(link["href"]))
    return Card(
        key=key_of(base, url),
        url=url,
        title=title,
        period=_field_text(source, listing, node, listing.period),
        opens=_field_text(source, listing, node, listing.opens),
        closes=_field_text(source, listing, node, listing.closes),
        state=_field_text(source, listing, node, listing.state),
        text=text_of_nodes(node.select(listing.text), listing.text_most) if listing.text else "",
    )


def _field_text(source: str, spec: Site, node: Tag, selector: str) -> str:
    """Return the text that a selector finds; of a shown date and its `<time datetime=…>`, the shown day wins.

    Drupal writes noon UTC for a field that has no time (EEAS, October 2025), and 23:59:59Z is the next day in Finland.
    """
    element = node.select_one(selector) if selector else None
    if element is None:
        return ""
    shown, stamp = words(element), str(element.get("datetime") or "") if element.name == "time" else ""
    if not stamp:
        return shown
    zone = ZoneInfo(spec.zone)
    shown_on, stamped_on = _day_or_none(source, shown, zone), _day_or_none(source, stamp, zone)
    if stamped_on is None:
        return shown or stamp  # `facts` says what is wrong with it
    if shown_on is None:
        return stamp if _CLOCK.search(shown) else _meant(shown, stamp, stamped_on).isoformat()
    return stamp if shown_on == stamped_on and _CLOCK.search(shown) else shown


def _day_or_none(source: str, text: str, zone: ZoneInfo) -> date | None:
    try:
        return dates.read_day(source, text, zone).on
    except ParseError:
        return None


def _meant(shown: str, stamp: str, stamped_on: date) -> date:
    """Return the stamp's day in the site's zone, or as written if that is the one shown: "31 May"."""
    numbers = set(map(int, re.findall(r"\d+", shown)))
    as_written = date.fromisoformat(stamp[:10]) if re.match(r"\d{4}-\d\d-\d\d", stamp) else stamped_on
    return as_written if stamped_on.day not in numbers and as_written.day in numbers else stamped_on


def _check_fields(source: str, listing: Listing, cards: Sequence[Card]) -> None:
    """Raise if a selector fits no card any more: that is a new layout, not a list of calls without dates."""
    for name in ("period", "opens", "closes", "state"):
        selector = getattr(listing, name)
        if selector and len(cards) >= ENOUGH and not any(getattr(card, name) for card in cards):
            raise ParseError(source, "selector", f"none of {len(cards)} cards has {selector!r} ({name})")


# --- calls' detail pages ----------------------------------------------------------------------------------------------


class _Details:
    """The detail pages of a list's calls that are not over."""

    def __init__(self, source: str, spec: Pages, fetch: Fetch, most: int) -> None:
        self._source = source
        self._spec = spec
        self._detail_pages = DetailPages(fetch, most)

    async def beside(self, page: Page, cards: Sequence[Card | Unread]) -> Page:
        """Return the list's page with its calls' detail pages added, by key, and how far each came."""
        details: dict[str, dict[str, str]] = {}
        ways: dict[str, Way] = {}
        for card in cards if self._spec.detail else ():
            if isinstance(card, Card) and self._is_read(page, card):
                body = await self._detail_pages.read(card.url, card.row().fingerprint)
                parse = partial(detail_of, self._source, self._spec)
                details[card.key] = self._detail_pages.parsed(self._source, card.url, body, parse)
                ways[card.key] = way_of(body, details[card.key])
        return replace(page, details=details, ways=ways)

    def _is_read(self, page: Page, card: Card) -> bool:
        """Tell whether the call is not over, and its detail page on the list's own site."""
        words = {word.casefold(): state for word, state in self._spec.states.items()}
        is_over = words.get(card.state.casefold()) == "closed"
        return not is_over and site(urlsplit(card.url).hostname) == site(urlsplit(page.url).hostname)


def detail_of(source: str, spec: Pages, body: bytes) -> dict[str, str]:
    """Parse a call's detail page into a card's fields, empty where it says nothing. Raises ParseError."""
    page, detail = opened(source, body), spec.detail or Detail()
    whole = text_of_nodes(page.select(detail.text)[:1], 50_000)
    fields = {
        name: _field_text(source, spec, page, getattr(detail, name))
        for name in ("title", "period", "opens", "closes", "state")
    }
    for name, labels in (("closes", detail.labels), ("opens", detail.opens_labels)):
        fields[name] = fields[name] or "\n".join(dates_in_text.behind(whole, labels))
    fields["period"] = fields["period"] or next(iter(dates_in_text.behind(whole, detail.period_labels)), "")
    if not fields["state"] and any(phrase.casefold() in whole.casefold() for phrase in detail.closed_phrases):
        fields["state"] = spec.word_for("closed")
    return fields | {"text": shortened(whole, spec.text_most)}
