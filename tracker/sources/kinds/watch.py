"""A watched page: has its main text changed? For pages that cannot be read as lists.

A generic kind for entries of the configuration:

    [sources.eit_manufacturing]
    kind = "watch"
    name = "EIT Manufacturing"
    publisher = "EIT Manufacturing"
    home = "https://eitmanufacturing.eu/calls/"
    url = "https://eitmanufacturing.eu/calls/"
    text = "main"

It makes no calls, and its findings are for admins
only: the digest of the text is the name of the reading's scan, so that the run stores it with its counts, and `finding`
compares the counts of two runs. What has changed, a person sees in the page archive.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

from pydantic import Field

from db.calls import CallFacts
from tracker.errors import ParseError
from tracker.fetching.asking import Fetch
from tracker.sources import ADDRESS, Bounds, Described, Page, Row, Source, SourceReader, Wanted
from tracker.sources.kinds.listing import Selector
from tracker.sources.support.json_records import record_fingerprint
from tracker.sources.support.markup import opened, text_of_nodes

KIND = "watch"
MARK = "text "  # before the digest in a scan's name
LEAST = 100  # characters; a real main text is longer
WHOLE = 500_000


class Entry(Described):
    """A watched page in the configuration."""

    kind: Literal["watch"]
    url: str = Field(pattern=ADDRESS, description="the page")
    text: Selector = Field("main, article, #content", min_length=1, description="where its main text is")

    def source(self, key: str) -> Source:
        """Return the entry as a source that makes no calls and is shown to no reader."""
        return replace(super().source(key), bounds=Bounds(least=0, most=0), for_admins=True)


def reader(source: Source, spec: Entry) -> SourceReader:
    """Make the three reading steps of one watched page."""
    return SourceReader(partial(_pages, source.key), _rows, _facts)


async def _pages(source: str, fetch: Fetch, settings: Entry, _: Wanted) -> AsyncIterator[Page]:
    """Fetch the page; its scan is named by the digest of its text.

    Raises FetchError and ParseError (no_text, what `opened` raises).
    """
    answer = await fetch.get(settings.url)
    yield Page(url=answer.url, body=answer.body, scan=MARK + digest(source, settings, answer.body))


def digest(source: str, spec: Entry, body: bytes) -> str:
    """Return the digest of a page's main text, ignoring menus, forms, contacts, mark-up, case and blanks."""
    nodes = opened(source, body).select(spec.text)[:1]
    text = " ".join(text_of_nodes(nodes, WHOLE).casefold().split())
    if len(text) < LEAST:
        raise ParseError(source, "no_text", f"{len(text)} characters in {spec.text!r} of {spec.url}")
    return record_fingerprint(text)


def _rows(_: Page) -> Iterator[Row]:
    return iter(())


def _facts(row: Row) -> CallFacts:
    raise ParseError("watch", "not_a_call", f"a page that is watched has no calls: {row.key}")


def finding(before: Iterable[str], now: Iterable[str]) -> str | None:
    """Word the change between two readings for an admin, by the names of their scans, earlier first; None if none."""
    old, new = _digest_in(before), _digest_in(now)
    if old is None or new is None or old == new:
        return None
    return f"the main text has changed ({old[:8]} → {new[:8]})"


def _digest_in(scans: Iterable[str]) -> str | None:
    return next((name.removeprefix(MARK) for name in scans if name.startswith(MARK)), None)
