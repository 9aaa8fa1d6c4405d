"""Portico: calls for cities that several authorities announce on the European Urban Initiative's platform.

Publisher: European Urban Initiative, https://portico.urban-initiative.eu/urban-panorama/call-for-proposals
How it is asked: the list of calls, page after page. Detail pages belong to other authorities and are not read.
Terms: an EU-funded initiative's pages; none stated. Facts and links only.

Never seen live: two public collectors agree on articles with a heading, one of the words Open, Upcoming and Closed,
"Deadline date : dd/mm/yyyy", "By <authority>" and a link "Find out more"; their test pages are invented.

A call's key is the address that it links to.
"""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from bs4 import Tag

from db.calls import CallKind
from tracker.errors import ParseError
from tracker.sources import Bounds, Page, Source
from tracker.sources.kinds.listing import Pages, Settings, is_meant, reader
from tracker.sources.support import dates_in_text
from tracker.sources.support.cards import Card, once_each
from tracker.sources.support.dates import DateForm
from tracker.sources.support.markup import absolute, key_of, opened, text_of_nodes, words
from tracker.sources.support.plaintext import text_of
from tracker.sources.walls import Unread, each

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="portico",
    name="Portico (European Urban Initiative)",
    publisher="European Urban Initiative",
    home="https://portico.urban-initiative.eu/urban-panorama/call-for-proposals",
    licence="EU-funded initiative; facts and links only",
    version=1,
    bounds=Bounds(least=2, most=200, past=0.9),
    never_seen_live="structure as two collectors describe it; their pages are invented",
)
LISTING = Pages(
    url="https://portico.urban-initiative.eu/urban-panorama/call-for-proposals",
    next='a[rel="next"]',
    most_pages=20,
    states={"Open": "open", "Upcoming": "forthcoming", "Closed": "closed"},
    forms=(DateForm.SLASHED,),
    zone="Europe/Brussels",
    language="en",
    call_kind=CallKind.CASCADE,
    audience=("municipality",),
    text_most=1000,
)
AUTHORITIES = {"european urban initiative": "EUI", "urbact": "URBACT", "european city facility": "LIFE"}


def portico_cards(source: str, spec: Any, page: Page) -> list[Card | Unread]:
    """Find the calls on one page; an article that is odd comes out as Unread.

    Raises ParseError: no_rows, selector (none has a state), and what is wrong with all articles (no_title, no_link).
    """
    document = opened(source, page.body)
    articles = document.select("article.node--type-call-for-proposals") or document.select("article")
    if not articles:
        raise ParseError(source, "no_rows", f"no article on {page.url}")
    cards = each(source, articles, partial(_card, source, spec, page.url))
    if not any(card.state for card in cards if isinstance(card, Card)):
        raise ParseError(source, "selector", f"none of {len(cards)} articles says {', '.join(spec.states)}")
    return [card for card in once_each(source, cards) if is_meant(spec, card)]


def _card(source: str, spec: Any, base: str, article: Tag) -> Card:
    title = words(article.select_one(".title-node") or article.select_one("h2, h3, h4"))
    if not title:
        raise ParseError(source, "no_title", f"an article without a heading: {words(article)[:80]!r}")
    links = [(words(link), absolute(source, base, str(link["href"]))) for link in article.select("a[href]")]
    more = [url for label, url in links if label.casefold() in ("find out more", "learn more", "details")]
    titled = [url for label, url in links if label == title]
    if not (more or titled):
        raise ParseError(source, "no_link", f"the call {title[:80]!r} links nowhere")
    address = (more or titled)[-1]
    by = next(((label, url) for label, url in links if label.startswith("By ")), ("", ""))
    return Card(
        key=key_of(base, address),
        url=by[1] if urlsplit(address).path.lower().endswith(".pdf") and by[1] else address,
        title=title,
        closes="\n".join(dates_in_text.behind(text_of(str(article)), ("Deadline date",))),
        state=_state(article, spec),
        text=text_of_nodes(article.select("p"), spec.text_most),
        programme=next((code for name, code in AUTHORITIES.items() if name in by[0].casefold()), None),
    )


def _state(article: Tag, spec: Any) -> str:
    """Find the state, which is a label of its own: the word within a sentence does not count."""
    lines = text_of(str(article)).split("\n")
    return next(
        (line for line in lines + [words(node) for node in article.select("span, div")] if line in spec.states), ""
    )


pages, rows, facts = reader(SOURCE, LISTING, portico_cards)
