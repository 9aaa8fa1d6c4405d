"""NordForsk: Nordic research calls that bring together funders of several countries.

Publisher: NordForsk, https://www.nordforsk.org/calls
How it is asked: the list of calls, page after page, and the detail pages of the first ones.
Terms: an institution of the Nordic Council of Ministers; none stated.

Never seen live: the selectors are those of a collector that read 75 calls, all states, in September 2026. A call's
state is not given; a call without a date is left out, as nothing tells a coming one from an old one.

Invitations to tender are left out. Who may apply differs from call to call and is not read.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Detail, Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="nordforsk",
    name="NordForsk",
    publisher="NordForsk",
    home="https://www.nordforsk.org/calls",
    licence="public institution's notices; no terms stated",
    version=1,
    bounds=Bounds(least=5, most=400, past=0.9),
    never_seen_live="selectors from a collector's run of 2026-09; no page seen",
)
LISTING = Listing(
    url="https://www.nordforsk.org/calls",
    card="article.related",
    link="h4 a",
    closes=".tag-danger",
    next='a[rel="next"]',
    link_part="/calls/",
    exclude=("invitation to tender", "invitation for tender", "procurement", "tendering"),
    zone="Europe/Oslo",
    language="en",
    call_kind=CallKind.NATIONAL,
    programme="NORDFORSK",
    undated="leave",
    text_most=5000,
    detail=Detail(),
)
pages, rows, facts = reader(SOURCE, LISTING)
