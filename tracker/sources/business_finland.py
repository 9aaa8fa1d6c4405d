"""Business Finland: its schemes, which are open for applications at any time, and its calls, which close.

Publisher: Business Finland, https://www.businessfinland.fi/palvelut/rahoitus/rahoituspalvelut/
How it is asked: the page of schemes and the page of calls, and the detail pages of calls and of the first schemes.
Terms: notices of a public authority; none stated.

Never seen live: the selectors of schemes are those of a collector that read 21 in September 2026. That calls stand
below /palvelut/rahoitus/haut/<year>/ is known from single addresses of 2024 and 2026, and their words from pages of
2022 and 2023; the page that lists them was not seen: its calls are recognised by their addresses alone. If that page
is gone, `read_calls = false` leaves the schemes.

Schemes are shown as standing instruments without a deadline, never as calls.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

from pydantic import Field

from db.calls import CallFacts, CallKind
from tracker.fetching.asking import Fetch
from tracker.sources import Bounds, Page, Row, Source, Wanted
from tracker.sources.kinds import listing
from tracker.sources.kinds.listing import Detail, Listing, reader

SOURCE = Source(
    key="business_finland",
    name="Business Finland",
    publisher="Business Finland",
    home="https://www.businessfinland.fi/palvelut/rahoitus/rahoituspalvelut/",
    licence="public authority's notices; no terms stated",
    version=1,
    bounds=Bounds(least=8, most=200),
    never_seen_live="selectors of schemes from a collector's run of 2026-09; the page of calls not seen",
)
CALLS_PATH = "/palvelut/rahoitus/haut/"
SCHEMES = Listing(
    url="https://www.businessfinland.fi/palvelut/rahoitus/rahoituspalvelut/",
    card="a.break-inside-avoid",
    link="",
    title=".headline-h3",
    language="fi",
    standing=True,
    text_most=20_000,
    detail=Detail(),
)
CALLS = Listing(
    url=f"https://www.businessfinland.fi{CALLS_PATH}",
    card=f'main a[href*="{CALLS_PATH}20"]',
    link="",
    states={
        "avoinna": "open",
        "avoin": "open",
        "haku avoinna": "open",
        "käynnissä": "open",
        "tulossa": "forthcoming",
        "päättynyt": "closed",
        "haku on päättynyt": "closed",
        "suljettu": "closed",
        "jatkuva": "continuous",
        "jatkuva haku": "continuous",
    },
    language="fi",
    call_kind=CallKind.NATIONAL,
    text_most=20_000,
    detail=Detail(
        title="h1",
        state=".bg-utility-success-icon-border span",
        period_labels=("Haku", "Hakuaika"),
        labels=("Haku päättyy", "Hakuaika päättyy"),
        closed_phrases=("haku on päättynyt",),
    ),
)


class Settings(listing.Settings):
    """The addresses of schemes (`url`) and calls."""

    calls_url: str | None = Field(None, description="the page of calls; empty: the publisher's own")
    read_calls: bool = Field(True, description="also read the page of calls")


_SCANS = {"schemes": reader(SOURCE, SCHEMES), "calls": reader(SOURCE, CALLS)}


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch schemes, then calls; each page with its detail pages. Raises the same errors as a listing."""
    own = {"schemes": settings, "calls": settings.model_copy(update={"url": settings.calls_url})}
    for scan, listing_reader in _SCANS.items():
        if scan == "schemes" or settings.read_calls:
            async for page in listing_reader.pages(fetch, own[scan], wanted):
                yield replace(page, scan=scan)


def rows(page: Page) -> Iterable[Row]:
    """Split a page into schemes or calls. Raises the same errors as a listing."""
    return _SCANS[page.scan].rows(page)


def facts(row: Row) -> CallFacts:
    """Parse one scheme or call. Raises ParseError."""
    return _SCANS["calls" if CALLS_PATH in row.key else "schemes"].facts(row)
