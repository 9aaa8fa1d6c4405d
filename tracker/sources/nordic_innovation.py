"""Nordic Innovation: funding for companies and clusters that work together across Nordic borders.

Publisher: Nordic Innovation, https://www.nordicinnovation.org/funding-opportunities
How it is asked: the list of funding opportunities, page after page, and the detail pages of the first ones.
Terms: an institution of the Nordic Council of Ministers; none stated.

Never seen live: the selectors are those of a collector that read 40 calls, all states, in September 2026. A call's
state is not given; a call without a date is left out, as nothing tells a coming one from an old one.

Invitations to tender, and what is not part of a programme, are left out. Which countries take part is not read.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Detail, Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="nordic_innovation",
    name="Nordic Innovation",
    publisher="Nordic Innovation",
    home="https://www.nordicinnovation.org/funding-opportunities",
    licence="public institution's notices; no terms stated",
    version=1,
    bounds=Bounds(least=3, most=300, past=0.9),
    never_seen_live="selectors from a collector's run of 2026-09; no page seen",
)
LISTING = Listing(
    url="https://www.nordicinnovation.org/funding-opportunities",
    card="article.teaser",
    link="h4 a",
    closes=".teaser__date",
    next='a[rel="next"]',
    link_part="/programs/",
    exclude=("invitation to tender", "invitation for tender", "procurement", "tendering"),
    zone="Europe/Oslo",
    language="en",
    call_kind=CallKind.NATIONAL,
    programme="NORDIC INNOVATION",
    undated="leave",
    text_most=5000,
    detail=Detail(),
)
pages, rows, facts = reader(SOURCE, LISTING)
