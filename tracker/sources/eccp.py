"""ECCP, the European Cluster Collaboration Platform: open calls of Euroclusters and other projects to small firms.

Publisher: European Commission, https://www.clustercollaboration.eu/search-results?type=eccp_calls
How it is asked: the list page by page (`.search-result-item`, `nav.pager a[rel=next]`), and each call's detail page
for its deadline, until a page of the list holds only calls that are over: the list is an archive, apparently newest
first.
Terms: Commission content may be reused with its source named (Decision 2011/833/EU).

Never seen live: the list; built on its selectors as one collector reports them, and on the texts of four calls that it
kept in August 2026 (20 pages, 228 calls, 6 of them current). Whether the list is sorted is not known: a current call
after a whole page of past ones would be missed.

"Today" is the publisher's own, from the Date header of the response.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from pydantic import Field

from db.calls import CallFacts, CallKind, Deadline
from tracker.errors import FetchError, ParseError, RunQuarantined
from tracker.fetching.asking import Answer, Fetch
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted, Way
from tracker.sources.support.dates import BRUSSELS, Day
from tracker.sources.support.dates_in_text import labelled
from tracker.sources.support.detail_pages import GONE
from tracker.sources.support.json_records import record_fingerprint
from tracker.sources.support.markup import absolute, key_of, opened, shortened, text_of_nodes, words
from tracker.sources.walls import Unread, each, walled

KEY = "eccp"
SITE = "https://www.clustercollaboration.eu"
SOURCE = Source(
    key=KEY,
    name="European Cluster Collaboration Platform",
    publisher="European Commission",
    home=f"{SITE}/search-results?type=eccp_calls",
    licence="European Union, reuse with acknowledgement (Decision 2011/833/EU)",
    version=1,
    bounds=Bounds(least=0, most=200),
    never_seen_live="the list; built on reported selectors and on four calls' texts of August 2026",
)

CARD, LINK, PAGER, NEXT = ".search-result-item", 'a[href*="/content/"]', "nav.pager", "nav.pager a[rel~=next]"
NO_TITLES = frozenset({"", "read more", "learn more", "more", "opportunity", "funding opportunity", "call", "calls"})
DEADLINES, OPENINGS = ("Deadline", "Deadline date", "Submission deadline"), ("Opening date",)
MOST_PAGES = 40
MOST_READ, MOST_KEPT = 20_000, 6_000  # characters of a call's detail page


class Settings(SourceSettings):
    """The platform's address, and how far its list is read."""

    site_url: str = Field(SITE, description="where the platform is")
    details_per_run: int = Field(80, ge=1, description="calls' detail pages read in a run; needing more is a fault")


class _Card(NamedTuple):
    key: str
    title: str
    url: str


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch the list as far as calls are current, with their detail pages.

    Raises FetchError, ParseError (not_html, truncated, shell, empty_page, no_rows, no_pager, no_link, paging_loop) and
    RunQuarantined (too_many_calls).
    """
    site = settings.site_url.rstrip("/")
    address: str | None = f"{site}/search-results?type=eccp_calls&page=0"
    read: set[str] = set()
    left = settings.details_per_run
    while address:
        if address in read:
            raise ParseError(KEY, "paging_loop", f"page {len(read)} leads back to {address}")
        read.add(address)
        answer = await fetch.get(address)
        cards = [card for card in eccp_cards(answer.body) if isinstance(card, _Card)]
        if len(cards) > left or len(read) > MOST_PAGES:
            raise _too_many(len(read), settings.details_per_run)
        left -= len(cards)
        details = {card.key: detail for card in cards if (detail := await _detail_page(fetch, site, card))}
        on = _today(answer)
        ways = {card.key: _way(details.get(card.key), on) for card in cards}
        asked_on = {"on": on.isoformat() if on else None}
        yield Page(answer.url, answer.body, number=len(read), asked=asked_on, details=details, ways=ways)
        is_over = bool(details) and all(_is_past(detail, on) for detail in details.values())
        address = None if is_over else _next(answer)


def rows(page: Page) -> Iterator[Row]:
    """Split a list page into the calls that are not over, as their detail pages describe them. Raises ParseError."""
    on = date.fromisoformat(page.asked["on"]) if page.asked["on"] else None
    for card in eccp_cards(page.body):
        detail = page.details.get(card.key)
        if isinstance(card, Unread):
            yield card.row()
        elif detail and not _is_past(detail, on):
            record = {"title": detail["title"] if card.title.casefold() in NO_TITLES else card.title, "url": card.url}
            yield Row(card.key, record_fingerprint([record, detail["text"]]), record | {"text": detail["text"]})


def facts(row: Row) -> CallFacts:
    """Parse one call from its detail page. Raises ParseError (no_title, date, undated)."""
    call: Mapping[str, Any] = row.record
    deadlines = _deadlines(call["text"])
    if not call["title"]:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    if not deadlines:
        raise ParseError(KEY, "undated", f"{row.key} does not say its deadline")
    opens = labelled(KEY, call["text"], OPENINGS, BRUSSELS)
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.CASCADE,
        title=call["title"],
        opens_on=opens[0].on if opens else None,
        deadlines=deadlines,
        url=call["url"],
        language="en",
        text=shortened(call["text"], MOST_KEPT) or None,
    )


# --- the list ---------------------------------------------------------------------------------------------------------


def eccp_cards(body: bytes) -> list[_Card | Unread]:
    """Find the calls on a page of the list, each once; a card that is odd comes out as Unread.

    Raises ParseError: what `opened` raises, no_rows or no_pager (cards or pager are gone), no_link (of all cards).
    """
    page = opened(KEY, body)
    nodes = page.select(CARD)
    if not nodes:
        raise ParseError(KEY, "no_rows", f"nothing on the page is a {CARD}; the archive is never empty")
    if not page.select_one(PAGER):
        raise ParseError(KEY, "no_pager", f"no {PAGER} below {len(nodes)} calls")
    once: dict[str, _Card | Unread] = {}
    for place, card in enumerate(each(KEY, nodes, _card)):
        once.setdefault(card.key or f"\0{place}", card)
    return list(once.values())


def _card(node: Tag) -> _Card:
    link = node.select_one(LINK)
    if link is None:
        raise ParseError(KEY, "no_link", f"a card without {LINK}: {words(node)[:80]!r}")
    url = absolute(KEY, f"{SITE}/", urlsplit(absolute(KEY, f"{SITE}/", str(link["href"]))).path)
    return _Card(key_of(SITE, url), words(link), url)


def _next(answer: Answer) -> str | None:
    link = opened(KEY, answer.body).select_one(NEXT)
    return urljoin(answer.url, str(link["href"])) if link and link.get("href") else None


def _today(answer: Answer) -> date | None:
    """Return the day on the publisher's clock (RFC 9110, 6.6.1); without it no call counts as over."""
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(BRUSSELS).date()
    except (ValueError, OverflowError):
        return None


def _too_many(pages_read: int, most: int) -> RunQuarantined:
    detail = f"{most} calls on {pages_read} pages of the list are not all of the current ones: is it sorted otherwise?"
    return RunQuarantined(KEY, "too_many_calls", detail)


# --- a call's detail page ---------------------------------------------------------------------------------------------


async def _detail_page(fetch: Fetch, site: str, card: _Card) -> dict[str, str] | None:
    """Fetch the title and text of a call's detail page; None if the list still names a page that is gone.

    A page that cannot be parsed counts as empty: a fault of one call (`undated`), not of the whole reading.
    """
    try:
        url = f"{site}{urlsplit(card.url).path}"
        answer = await fetch.get(url, row=record_fingerprint([card.title, card.url]))
    except FetchError as error:
        if error.reason in GONE:
            return None
        raise
    try:
        with walled(KEY):
            page = opened(KEY, answer.body)
            text = text_of_nodes(page.select("main")[:1] or page.select("body"), MOST_READ)
            return {"title": _title(page), "text": text}
    except ParseError:
        fetch.forget(url)
        return {"title": "", "text": ""}


def _way(detail: Mapping[str, str] | None, on: date | None) -> Way:
    if detail is None or not detail["text"]:
        return Way.OPENED
    return Way.PAST if _is_past(detail, on) else Way.LOADED


def _title(page: BeautifulSoup) -> str:
    """Return the first heading that is more than the name of a section."""
    headings = (words(node) for node in page.select("h1, h2"))
    return next((title for title in headings if title.casefold() not in NO_TITLES), "")


def _is_past(detail: Mapping[str, str], on: date | None) -> bool:
    """Tell whether a call is over; one whose date cannot be read is not, and becomes a named fault."""
    try:
        deadlines = _deadlines(detail["text"])
    except ParseError:
        return False
    return on is not None and bool(deadlines) and deadlines[-1].on < on


def _deadlines(text: str) -> tuple[Deadline, ...]:
    """Return every day after the label "Deadline", with its hour if it is stated anywhere."""
    days: dict[date, Day] = {}
    for day in labelled(KEY, text, DEADLINES, BRUSSELS):
        if day.on not in days or day.at:
            days[day.on] = day
    return tuple(day.deadline() for _, day in sorted(days.items()))
