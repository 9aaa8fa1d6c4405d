"""28DIGITAL (EIT Digital until 2025): calls of the knowledge and innovation community for digital technology.

Publisher: 28DIGITAL, https://28digital.eu/our-messages/calls-tenders
How it is asked: one page with tables of calls and tenders, a row each with its state.
Terms: a private association's pages; facts and links only.

Never seen live: the selectors are those of a collector that read 9 calls in September 2026. The tables say no dates:
a call is open as long as its row says so.

Rows of tenders, experts and board seats are left out: a title must have one of the words that calls have had.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="digital28",
    name="28DIGITAL",
    publisher="28DIGITAL (EIT Digital)",
    home="https://28digital.eu/our-messages/calls-tenders",
    licence="private association; facts and links only",
    version=1,
    bounds=Bounds(least=3, most=100, past=0.9),
    never_seen_live="selectors from a collector's run of 2026-09; no page seen",
)
LISTING = Listing(
    url="https://28digital.eu/our-messages/calls-tenders",
    card="table.contenttable tr:has(a[href])",
    link="td a[href]",
    state="td:nth-child(2)",
    states={"open": "open", "ongoing": "open", "upcoming": "forthcoming", "closed": "closed"},
    include=(
        "call for",
        "co-creation",
        "venture incubation",
        "spin",
        "summer school programmes",
        "new european bauhaus",
        "water scarcity",
        "hei initiative",
        "open innovation",
        "innovation activit",
    ),
    exclude=("request for", "tender", "external contributors", "independent", "supervisory"),
    zone="Europe/Brussels",
    language="en",
    call_kind=CallKind.CASCADE,
    programme="EIT",
)
pages, rows, facts = reader(SOURCE, LISTING)
