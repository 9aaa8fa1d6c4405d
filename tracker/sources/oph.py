"""Finnish National Agency for Education: Erasmus+, Creative Europe, European Solidarity Corps, Nordplus and its own.

Publisher: Opetushallitus (OPH), https://www.oph.fi/fi/rahoitushaut
How it is asked: the Finnish list of calls, page after page, and the detail pages of the first calls that are not over.
Terms: notices of a public authority; none stated.

Never seen live: the list's selectors are those of a collector that read 571 calls in September 2026; of the pages only
one call's text was seen. Which words besides "Haettavissa" tell a call's state is inferred; another one is a fault.

Accreditations and quality labels carry no money and are left out. Does not read OPH's calls on haeavustuksia.fi, which
`haeavustuksia` does.
"""

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Detail, Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="oph",
    name="OPH",
    publisher="Finnish National Agency for Education",
    home="https://www.oph.fi/fi/rahoitushaut",
    licence="public authority's notices; no terms stated",
    version=1,
    bounds=Bounds(least=100, most=2000, past=0.9),
    never_seen_live="selectors from a collector's run of 2026-09; one call's text seen; words for states inferred",
)
LISTING = Listing(
    url="https://www.oph.fi/fi/rahoitushaut",
    card=".listing-item-content",
    link=".listing-title__link",
    period=".field-application-period",
    state=".field-funding-state",
    states={
        "haettavissa": "open",
        "haettavana": "open",
        "avoinna": "open",
        "avoin": "open",
        "käynnissä": "open",
        "tulossa": "forthcoming",
        "päättynyt": "closed",
        "haku päättynyt": "closed",
        "suljettu": "closed",
        "jatkuva": "continuous",
        "jatkuva haku": "continuous",
    },
    next='a[rel="next"]',
    most_pages=120,
    exclude=("akkreditointihaku", "laatumerkki"),
    programmes={
        "erasmus": "ERASMUS+",
        "luova eurooppa": "CREA",
        "solidaarisuus": "ESC",
        "nordplus": "NORDPLUS",
    },
    language="fi",
    call_kind=CallKind.NATIONAL,
    text_most=20_000,
    detail=Detail(period=".field-application-period", state=".field-funding-state"),
)
pages, rows, facts = reader(SOURCE, LISTING)
