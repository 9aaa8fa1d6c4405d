"""EIT Climate-KIC: open calls of the knowledge and innovation community for climate.

Publisher: Climate-KIC, https://www.climate-kic.org/get-involved/open-calls/
How it is asked: one page with the cards of open and past calls, and the detail pages of the first ones.
Terms: a private association's pages; facts and an excerpt for matching, never their text to readers.

Never seen live: the selectors are those of a collector that read 111 cards in September 2026. Cards say a day and a
time with CET or CEST, and no state, so that the clock alone tells what is open.

Tenders and searches for experts and mentors are no grants and are left out. Grants and partnerships are not told apart.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Detail, Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="eit_climate_kic",
    name="EIT Climate-KIC",
    publisher="Climate-KIC",
    home="https://www.climate-kic.org/get-involved/open-calls/",
    licence="private association; facts and links only",
    version=1,
    bounds=Bounds(least=20, most=600, past=0.9),
    never_seen_live="selectors from a collector's run of 2026-09; no page seen",
)
LISTING = Listing(
    url="https://www.climate-kic.org/get-involved/open-calls/",
    card="div.bg-white.rounded-20",
    link='a[href*="/open-call/"]',
    title="span.text-28sn",
    closes="p",
    exclude=(
        "request for proposal",
        "request for quotation",
        "tender",
        "procurement",
        "external expert",
        "call for mentors",
    ),
    zone="Europe/Brussels",
    language="en",
    call_kind=CallKind.CASCADE,
    programme="EIT",
    undated="leave",
    detail=Detail(),
)
pages, rows, facts = reader(SOURCE, LISTING)
