"""Regional Council of Päijät-Häme: the region's own news of ERDF and regional development calls.

Publisher: Päijät-Hämeen liitto, https://paijat-hame.fi/
How it is asked: the newest posts of the site's WordPress interface, /wp-json/wp/v2/posts.
Terms: a public authority's news; none stated.

Never seen live: that the site is WordPress is known from its pages; whether its interface is open is not. The wording
is that of five posts of 2022-2025: "haku on avoinna 28.8.-29.9.2023", "haku avataan 30.1.2024 ja se on avoinna 1.3.2024
saakka". A post without such a period is news and no call.

The calls themselves are EURA notices; if a post links to one, its address ends the text. A post that links to a single
notice has its address instead of the post's own, so that the two are known to be one call, and readers are told of it
once. The hand-kept page /rahoitus/ is not read: its plan is a picture (a `watch` will do).
"""

import re
from dataclasses import replace

from db.calls import CallKind
from tracker.sources import Bounds, Source
from tracker.sources.kinds.wordpress import Settings, WordPress, card_of, reader, said_in
from tracker.sources.support import dates_in_text
from tracker.sources.support.cards import Card
from tracker.sources.support.json_records import Record

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]

SOURCE = Source(
    key="paijat_hame",
    name="Päijät-Hämeen liitto",
    publisher="Regional Council of Päijät-Häme",
    home="https://paijat-hame.fi/",
    licence="public authority's news; no terms stated",
    version=2,
    bounds=Bounds(least=0, most=100, past=0.9),
    never_seen_live="whether the WordPress interface is open; wording from five posts of 2022-2025",
)
LISTING = WordPress(
    url="https://paijat-hame.fi/wp-json/wp/v2/posts",
    newest_pages=1,
    include=("haku", "hakea", "eakr", "akke", "esr"),
    exclude=("haemme", "tehtävä", "virka", "rekry", "kesätyö", "harjoittelij"),
    zone="Europe/Helsinki",
    language="fi",
    call_kind=CallKind.NATIONAL,
    programmes={"eakr": "ERDF", "aluekehitysrahasto": "ERDF", "esr": "ESF+", "akke": "AKKE"},
    undated="leave",
    text_most=20_000,
)
_OPEN = re.compile(
    r"(?<![\w-])(?=[\w-]*haku)[\w-]++(?P<between>[^.!?\n]{0,60}?)\b(?:avoinna|avataan|avautuu|auki|haettavana|päättyy)\b",
    re.IGNORECASE,
)
_NOTICE = re.compile(r"https://eura2021\.fi/hakuilmoitukset/hakuilmoitus/[\w-]+")
NEAR = 25  # characters between the verb and its date


def period_in(text: str) -> str:
    """Return when a call is open, in the words of one sentence of a text; empty if none says so."""
    for match in _OPEN.finditer(text):
        rest = text[match.end() :].partition("\n")[0]
        period = dates_in_text.first_period(rest)
        if re.search(r"\d{4}", period) and rest.find(period) <= NEAR:
            opens = re.search(r"avataan|avautuu", match[0], re.IGNORECASE)
            return f"avataan {period}" if opens else period
    return ""


def _card(source: str, spec: WordPress, base: str, post: Record) -> Card:
    card = card_of(source, spec, base, post)
    notices = list(dict.fromkeys(_NOTICE.findall(post.record("content").text("rendered"))))
    return replace(
        card,
        url=notices[0] if len(notices) == 1 else card.url,
        period=period_in(card.title) or period_in(said_in(post)),
        text="\n".join([card.text, *(f"Hakuilmoitus: {notice}" for notice in notices)]),
    )


pages, rows, facts = reader(SOURCE, LISTING, _card)
