"""Research Council of Finland: its calls, and the national legs of European partnerships' joint calls.

Publisher: Suomen Akatemia, https://www.aka.fi/tutkimusrahoitus/hae-rahoitusta/haut/
How it is asked: one page with a box for each current and coming call, and the calls' detail pages.
Terms: notices of a public authority; none stated.

Never seen live: the selectors are those of a collector that read 9 calls in September 2026; of the page's words only
those of its older notices ("Hakuaika päättyy klo 16.15 Suomen aikaa") were seen. What the page shows when nothing is
open is not known: no box is a failure.

The archive of past calls and the partnerships' sites are not read.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Detail, Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="aka",
    name="Research Council of Finland",
    publisher="Research Council of Finland (Suomen Akatemia)",
    home="https://www.aka.fi/tutkimusrahoitus/hae-rahoitusta/haut/",
    licence="public authority's notices; no terms stated",
    version=1,
    bounds=Bounds(least=1, most=200),
    never_seen_live="selectors from a collector's run of 2026-09; no page seen",
)
LISTING = Listing(
    url="https://www.aka.fi/tutkimusrahoitus/hae-rahoitusta/haut/",
    card=".application-box",
    link="h3 a",
    opens=".app-start",
    closes=".app-end",
    zone="Europe/Helsinki",
    language="fi",
    call_kind=CallKind.NATIONAL,
    audience=("university",),
    text_most=20_000,
    detail=Detail(),
)
pages, rows, facts = reader(SOURCE, LISTING)
