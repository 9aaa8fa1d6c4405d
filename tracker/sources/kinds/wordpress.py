"""Calls that are posts of a WordPress site, read through its REST interface, whose headers give the total.

One of the generic kinds: for sources of this folder and for entries of the configuration:

    [sources.sitra]
    kind = "wordpress"
    name = "Sitra"
    publisher = "Finnish Innovation Fund Sitra"
    home = "https://www.sitra.fi/hae-rahoitusta/rahoitushaut/"
    url = "https://www.sitra.fi/wp-json/wp/v2/funding_request"
    language = "fi"
    labels = ["Haku päättyy", "Päättyy"]
    undated = "leave"

How it is asked: https://developer.wordpress.org/rest-api/using-the-rest-api/pagination/
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from operator import attrgetter
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from pydantic import Field

from tracker.errors import ParseError, RunQuarantined
from tracker.fetching.asking import Answer, Fetch
from tracker.sources import Described, Page, Row, Source, SourceReader, SourceSettings, Wanted
from tracker.sources.support import dates_in_text
from tracker.sources.support.cards import Card, Site, facts_of_card
from tracker.sources.support.json_records import Record, json_of, key_or_none, keyed
from tracker.sources.support.markup import absolute, parsed, shortened, text_of_nodes
from tracker.sources.support.plaintext import line_of
from tracker.sources.walls import ENOUGH, Unread, each, rows_from

KIND = "wordpress"
PER_PAGE = 100  # the interface's own limit
HIDDEN = "hidden"  # what is known of posts that were counted and did not come
WHOLE = 50_000  # characters of a post that are searched for labels


class WordPress(Site):
    """One post type of one site; `url` is its address below /wp-json/wp/v2/."""

    post_type: str = Field("", description="what `type` of every post must be; empty: not checked")
    state_field: str = Field("", description="the field that holds a post's terms for its state")
    state_url: str = Field("", pattern=r"^(https://.*)?$", description="where these terms have their names")
    labels: tuple[str, ...] = Field((), description='words before a deadline in the text, like "Call closes"')
    opens_labels: tuple[str, ...] = Field((), description="words before the opening day in the text")
    closed_phrases: tuple[str, ...] = Field((), description="words of the text that say that the call is over")
    newest_pages: int | None = Field(None, ge=1, description="read only so many pages of the newest posts; empty: all")
    most_pages: int = Field(20, ge=1, description="a longer list is a fault")


class Settings(SourceSettings):
    """The settings of a WordPress source that is a module of this folder."""

    url: str | None = Field(None, description="the interface's address; empty: the publisher's own")


class Entry(Described, WordPress):
    """A WordPress site in the configuration."""

    kind: Literal["wordpress"]


Make = Callable[[str, WordPress, str, Record], Card]


def reader(source: Source, spec: WordPress, make: Make | None = None) -> SourceReader:
    """Make the three reading steps of one post type; `make` makes the cards if no label precedes the dates."""
    return SourceReader(
        partial(_pages, source.key, spec),
        partial(_rows, source.key, make or card_of, spec),
        partial(facts_of_card, source.key, spec),
    )


async def _pages(
    source: str, spec: WordPress, fetch: Fetch, settings: Settings | Entry, _: Wanted
) -> AsyncIterator[Page]:
    """Fetch every page of posts, with the names of their states.

    Raises FetchError, ParseError (html, not_json, not_an_answer, no_total, too_many_pages) and RunQuarantined
    (incomplete: not as many posts came as announced).
    """
    names = await _state_names(source, spec, fetch, settings.url or spec.url)
    ids: set[str] = set()
    number, last = 1, 1
    while number <= last:
        answer = await fetch.get(settings.url or spec.url, params={"per_page": PER_PAGE, "page": number})
        listed_posts = posts(source, spec, answer.body)
        total, last = _announced(source, answer, "x-wp-total"), _announced(source, answer, "x-wp-totalpages")
        if spec.newest_pages is None and last > spec.most_pages:
            raise ParseError(source, "too_many_pages", f"{last} pages of posts")
        ids |= {post.key or f"{number}/{place}" for place, post in enumerate(listed_posts)}
        hidden = total - len(ids) if spec.newest_pages is None and number >= last else 0
        if hidden < 0 or hidden >= ENOUGH:
            raise RunQuarantined(source, "incomplete", f"{total} posts were announced, {len(ids)} different ones came")
        details = _states(source, spec, listed_posts, names) | ({HIDDEN: hidden} if hidden else {})
        yield Page(url=answer.url, body=answer.body, number=number, details=details)
        last = min(last, spec.newest_pages or last)
        number += 1


def _announced(source: str, answer: Answer, header: str) -> int:
    value = answer.headers.get(header, "")
    if not value.isdecimal():
        raise ParseError(source, "no_total", f"{header} is {value[:20]!r}")
    return int(value)


async def _state_names(source: str, spec: WordPress, fetch: Fetch, url: str) -> dict[str, str]:
    """Fetch the names of states by their numbers, from the posts' own site."""
    if not spec.state_url:
        return {}
    answer = await fetch.get(urljoin(url, urlsplit(spec.state_url).path), params={"per_page": PER_PAGE})
    named = each(source, _listed(source, answer.body), partial(_term_name, source))
    return dict(term for term in named if not isinstance(term, Unread))  # a post of another term says so itself


def _term_name(source: str, term: Any) -> tuple[str, str]:
    record = Record(source, keyed(source, term, "id"), term)
    return record.key, line_of(record.text("name"))


def _states(
    source: str, spec: WordPress, posts: list[Record | Unread], names: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Return the words for each post's state, by key; a number without a name stays a number, an unknown state."""
    records = [post for post in posts if isinstance(post, Record)]
    if not spec.state_field:
        return {}
    if records and not any(spec.state_field in post.values for post in records):
        raise ParseError(source, "selector", f"no post has {spec.state_field!r}")
    return {post.key: {"state": " + ".join(names.get(term, term) for term in _terms(spec, post))} for post in records}


def _terms(spec: WordPress, post: Record) -> list[str]:
    """The terms of a post's state; one in another shape is an unknown state."""
    try:
        return post.codes(spec.state_field)
    except ParseError as fault:
        return [fault.detail]


def _rows(source: str, make: Make, spec: WordPress, page: Page) -> Iterator[Row]:
    listed = posts(source, spec, page.body)
    yield from rows_from(source, listed, partial(_row, source, make, spec, page), attrgetter("key"))
    for place in range(page.details.get(HIDDEN, 0)):
        fault = ParseError(source, HIDDEN, "a post was counted and not shown; it may be protected by a password")
        yield Unread(fault, "", len(listed) + place + 1).row()


def _row(source: str, make: Make, spec: WordPress, page: Page, post: Record | Unread) -> Row | None:
    if isinstance(post, Unread):
        return post.row()
    card = make(source, spec, page.url, post)
    beside: Mapping[str, str] = page.details.get(card.key, {})
    card = replace(card, state=beside.get("state", "") or card.state)
    is_left = spec.undated == "leave" and not (card.period or card.opens or card.closes or card.state)
    return card.row() if not is_left and spec.is_wanted(card.title) else None


def posts(source: str, spec: WordPress, body: bytes) -> list[Record | Unread]:
    """Return the published posts of a response. Raises ParseError: html, not_json, not_an_answer."""
    return each(source, _listed(source, body), partial(_post, source, spec), lambda post: key_or_none(post, "id"))


def _post(source: str, spec: WordPress, post: Any) -> Record:
    record = Record(source, keyed(source, post, "id"), post)
    is_post = record.text("link") and record.record("title").text("rendered")
    if not is_post or (spec.post_type and record.text("type") != spec.post_type):
        raise ParseError(source, "not_an_answer", f"no post of type {spec.post_type!r}: {str(post)[:80]!r}")
    return record


def _listed(source: str, body: bytes) -> list[Any]:
    listed = json_of(source, body, beginnings=())
    if not isinstance(listed, list):
        raise ParseError(source, "not_an_answer", f"a {type(listed).__name__} instead of a list: {str(listed)[:80]!r}")
    return listed


def card_of(source: str, spec: WordPress, base: str, post: Record) -> Card:
    """Make the card of a post, with the dates after the labels in its text. Raises ParseError (link)."""
    whole = said_in(post)
    is_over = any(phrase.casefold() in whole.casefold() for phrase in spec.closed_phrases)
    return Card(
        key=post.key,
        url=absolute(source, base, post.text("link")),
        title=line_of(post.record("title").text("rendered")),
        opens="\n".join(dates_in_text.behind(whole, spec.opens_labels)),
        closes="\n".join(dates_in_text.behind(whole, spec.labels)),
        state=spec.word_for("closed") if is_over else "",
        text=shortened(whole, spec.text_most),
    )


def said_in(post: Record) -> str:
    """Return a post's text, one paragraph per line, without contacts."""
    return text_of_nodes([parsed(post.source, post.record("content").text("rendered"))], WHOLE)
