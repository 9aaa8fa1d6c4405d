"""European City Facility: grants for municipalities that prepare investments in sustainable energy.

Publisher: European City Facility (EUCF), https://www.eucityfacility.eu/calls
How it is asked: one page with a card for every call so far, and the calls' detail pages, which give the dates.
Terms: an EU-funded consortium's pages; none stated. Facts and an excerpt for matching.

Never seen live: the card's selectors are those of a collector that read 8 calls in September 2026; the words for dates
on detail pages are inferred. A call whose page says neither a date nor that it is over counts as unread, so that a
reading of pages that are worded otherwise is quarantined and no past call is shown as open.

The day on a card is when it was published, never a deadline.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Detail, Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="eucf",
    name="European City Facility",
    publisher="European City Facility (EUCF)",
    home="https://www.eucityfacility.eu/calls",
    licence="EU-funded consortium; facts and links only",
    version=1,
    bounds=Bounds(least=4, most=60, past=0.9),
    never_seen_live="card selectors from a collector's run of 2026-09; detail pages' words inferred",
)
LISTING = Listing(
    url="https://www.eucityfacility.eu/calls",
    card='a.ce-linked[href^="/calls/call-"]',
    link="",
    title="h3",
    zone="Europe/Brussels",
    language="en",
    call_kind=CallKind.CASCADE,
    programme="LIFE",
    audience=("municipality",),
    detail=Detail(
        period_labels=("Application period", "Call period", "Submission period"),
        labels=(
            "Deadline",
            "Deadline for applications",
            "Submission deadline",
            "Closing date",
            "Call closes",
            "Closes",
        ),
        opens_labels=("Opening date", "Call opens", "Opens"),
        closed_phrases=("call is closed", "call is now closed", "call has closed", "no longer possible to apply"),
    ),
)
pages, rows, facts = reader(SOURCE, LISTING)
