"""Eureka: Eurostars, Globalstars, Network and cluster calls for companies that research together across borders.

Publisher: Eureka Association, https://www.eurekanetwork.org/programmes-and-calls/
How it is asked: the list of open calls (?status=open), page after page, and the detail pages of the first ones.
Terms: an intergovernmental network's pages; facts and an excerpt for matching.

Never seen live: four public collectors name three different layouts of the cards. So a card is recognised by its
content: a heading, a link to a call, and a day after "Deadline:" or words such as "open all year"; a heading without
these is a programme's teaser and no call. Network projects are open all year, so an empty list is a failure.

Each country sets its own rules on who is funded; they are not read.
"""

import re
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from bs4 import Tag

from db.calls import CallKind
from tracker.errors import ParseError
from tracker.sources import Bounds, Page, Source
from tracker.sources.kinds.listing import Detail, Pages, Settings, is_meant, reader
from tracker.sources.support import dates, dates_in_text
from tracker.sources.support.cards import Card
from tracker.sources.support.markup import absolute, key_of, opened, words
from tracker.sources.support.plaintext import text_of
from tracker.sources.walls import Unread, each

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="eureka",
    name="Eureka",
    publisher="Eureka Association",
    home="https://www.eurekanetwork.org/programmes-and-calls/",
    licence="intergovernmental network; facts and links only",
    version=1,
    bounds=Bounds(least=1, most=150),
    never_seen_live="reports on the layout disagree; cards are known by their content",
)
DEADLINES = ("Deadline", "End date", "Closing date", "Call closes")
OPENINGS = ("Start date", "Opening date", "Call opens")
LISTING = Pages(
    url="https://www.eurekanetwork.org/programmes-and-calls/?status=open",
    next="a.next.page-numbers",
    most_pages=15,
    exclude=("fast track", "innowwide"),
    zone="Europe/Brussels",
    language="en",
    call_kind=CallKind.CASCADE,
    programme="EUREKA",
    programmes={"eurostars": "EUROSTARS"},
    audience=("company", "research"),
    detail=Detail(labels=("End date",), opens_labels=OPENINGS),
)
_CALL = re.compile(r"/(?:programmes-and-calls|open-?calls|calls)/[^/]+/[^/]+|/open-?calls/[^/]+")
HIGHEST = 6  # levels from a card's heading up to the card


def eureka_cards(source: str, spec: Any, page: Page) -> list[Card | Unread]:
    """Find the calls on one page, wherever its layout puts them.

    Raises ParseError: no_rows, or selector if most calls do not say when they close.
    """
    headings = opened(source, page.body).select("h2, h3, h4")
    found = [card for card in each(source, headings, partial(_card, source, page.url)) if card is not None]
    dated = [card for card in found if isinstance(card, Card) and card.closes]
    if not found:
        raise ParseError(source, "no_rows", f"no heading on {page.url} has a call's link beside it")
    if len(found) > 2 * len(dated):
        raise ParseError(source, "selector", f"{len(found) - len(dated)} of {len(found)} calls say no deadline")
    once = {card.key: card for card in reversed(dated)}
    calls = [card for card in reversed(once.values()) if is_meant(spec, card)]
    return [*calls, *(card for card in found if isinstance(card, Unread))]


def _card_around(base: str, heading: Tag) -> Tag | None:
    """Return the largest part of the page around a heading with no other heading in it, if it links to one call."""
    node: Tag = heading
    for _ in range(HIGHEST):
        above = node.parent
        if above is None or len(above.select("h2, h3, h4")) > 1:
            break
        node = above
    return node if len(_links(base, node)) == 1 else None


def _links(base: str, node: Tag) -> set[str]:
    """Return the addresses of the calls that a part of the page, or a link around it, leads to."""
    links = [*node.select("a[href]"), *(link for link in (node, node.parent) if link is not None and link.name == "a")]
    urls = {absolute("eureka", base, str(link["href"])) for link in links if _CALL.search(str(link.get("href")))}
    return {url for url in urls if _CALL.search(urlsplit(url).path)}


def _closes(node: Tag) -> str:
    """Return the text after "Deadline", or the words for having none."""
    text = text_of(str(node))
    if phrases := dates_in_text.behind(text, DEADLINES):
        return "\n".join(phrases)
    return next((line for line in text.split("\n") if dates.is_continuous(line)), "")


def _card(source: str, base: str, heading: Tag) -> Card | None:
    """Make the card around a heading, without `closes` if it says nothing of it; None if there is no call."""
    node = _card_around(base, heading)
    if node is None:
        return None
    url = _links(base, node).pop()
    opens = next(iter(dates_in_text.behind(text_of(str(node)), OPENINGS)), "")
    return Card(key_of(base, url), url, words(heading), opens=opens, closes=_closes(node))


pages, rows, facts = reader(SOURCE, LISTING, eureka_cards)
