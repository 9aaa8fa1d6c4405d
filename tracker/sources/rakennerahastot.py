"""Structural funds in Finland: planned calls (ERDF, ESF+) from the tables of rakennerahastot.fi, before EURA has them.

Publisher: Ministry of Economic Affairs and Employment and the funding authorities, https://rakennerahastot.fi/
How it is asked: pages with tables, updated three times a year: the national one, and those of the region's part of the
country, which the region's file names.
Terms: public authorities' notices; none stated.

Never seen live: the tables' headings and cells are those of two pages' texts (2024 and 2026), the mark-up around them
is inferred. A page without a table is believed if it still points to EURA's notices; no call on all pages together
is not believed.

The tables do not number their calls: a call's key is its page, authority, fund, specific objectives (or theme) and
year, so that a moved date is the same call. Estimates in words ("lokakuun alkupuolella") are left out: no clock could
close them. So are funds that the region has no part in. The text of a call of the national page ends with `Alue:
Valtakunnallinen`, as EURA's notices do, so that a rule can tell it from the region's own. Does not read those notices
(`eura`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from pydantic import Field

from db.calls import CallFacts, CallKind
from tracker.errors import ParseError
from tracker.fetching.asking import Fetch
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support import dates
from tracker.sources.support.cards import Card, Site, facts_of_card
from tracker.sources.support.json_records import record_fingerprint
from tracker.sources.support.markup import absolute, opened, shortened, words
from tracker.sources.walls import Unread, each, rows_from

if TYPE_CHECKING:
    from bs4 import Tag

KEY = "rakennerahastot"
SOURCE = Source(
    key=KEY,
    name="Rakennerahastot.fi",
    publisher="Ministry of Economic Affairs and Employment; funding authorities",
    home="https://rakennerahastot.fi/",
    licence="public authorities' notices; no terms stated",
    version=2,
    bounds=Bounds(least=1, most=150),
    never_seen_live="headings and cells from two pages' texts; the mark-up of the tables inferred",
)
NATIONAL = "/valtakunnalliset-tietoa-hakemisesta"
SITE = Site(url="https://rakennerahastot.fi/", language="fi", call_kind=CallKind.NATIONAL)
COLUMNS = {
    "period": ("haun ajankohta", "hakuaika", "haun aika"),
    "closes": ("haun päättyminen", "haku päättyy"),
    "who": ("rahoittaja", "viranomainen"),
    "what": ("erityistavoit", "haettava", "haun sisältö", "teema", "toimintalinja"),
    "money": ("käytettävissä", "rahoituksen määrä", "määräraha"),
}
FUNDS = {"EAKR": "ERDF", "ESR": "ESF+", "JTF": "JTF"}
TITLE = 180  # characters
_ESTIMATE = re.compile(
    r"(?:arvio|alustav|vuoden|tarkentuu|syksy|kevä|talvi|kesä|loppuvuo|alkuvuo|(?:tammi|helmi|maalis|huhti|touko|kesä"
    r"|heinä|elo|syys|loka|marras|joulu)kuu)",
    re.IGNORECASE,
)


class Settings(SourceSettings):
    """The addresses of the pages, and the authorities whose calls are the region's."""

    site_url: str = Field("https://rakennerahastot.fi", description="the site; another one for a rehearsal")
    regional_pages: tuple[str, ...] = Field(
        (), description="paths of the pages of the region's part of the country; empty: the national one alone"
    )
    authorities: tuple[str, ...] = Field(
        (), description="words of which an authority on a regional page must have one; empty: all count"
    )
    funds_left_out: tuple[str, ...] = Field((), description="funds that the region is no part of")


@dataclass(frozen=True, slots=True)
class _Planned:
    """One line of a table, in the publisher's words."""

    period: str
    closes: str
    who: str
    what: str
    money: str
    fund: str
    link: str | None


async def pages(fetch: Fetch, settings: Settings, _: Wanted) -> AsyncIterator[Page]:
    """Fetch the region's pages and the national one, a scan each; `asked` holds its filter. Raises FetchError."""
    for path in (*settings.regional_pages, NATIONAL):
        answer = await fetch.get(settings.site_url.rstrip("/") + path)
        authorities = list(settings.authorities) if path != NATIONAL else []
        filters = {"authorities": authorities, "funds_left_out": list(settings.funds_left_out)}
        yield Page(url=answer.url, body=answer.body, scan=path, asked=filters)


def rows(page: Page) -> Iterator[Row]:
    """Split a page into planned calls. Raises ParseError: no_rows, row_shape, and what `opened` raises."""
    document = opened(KEY, page.body)
    tables = [(table, columns) for table in document.select("table") if (columns := _columns(table))]
    if not tables and document.select_one('a[href*="eura2021.fi"]') is None:
        raise ParseError(KEY, "no_rows", f"neither a table of calls nor a link to EURA on {page.url}")
    authorities = [word.casefold() for word in page.asked.get("authorities", [])]
    lines = [line for table, columns in tables for line in _lines(page.url, table, columns)]
    if tables and not lines:
        raise ParseError(KEY, "no_rows", f"{len(tables)} tables without a line on {page.url}")
    yield from (line.row() for line in lines if isinstance(line, Unread))
    planned_calls = [line for line in lines if isinstance(line, _Planned)]
    ours = [
        planned
        for planned in planned_calls
        if not authorities or any(word in planned.who.casefold() for word in authorities)
    ]
    left_out = page.asked.get("funds_left_out", [])
    wanted = [planned for planned in ours if planned.fund not in left_out and not _is_estimate(planned)]
    yield from rows_from(KEY, _cards(page, wanted), Card.row)


def facts(row: Row) -> CallFacts:
    """Parse one planned call. Raises ParseError (date)."""
    return facts_of_card(KEY, SITE, row)


def _is_estimate(planned: _Planned) -> bool:
    return _ESTIMATE.match(planned.period or planned.closes) is not None


# --- tables -----------------------------------------------------------------------------------------------------------


def _columns(table: Tag) -> dict[str, int]:
    """Return the column of each field, by the first line; empty if this is no table of calls."""
    head = [words(cell).casefold() for cell in (table.select("tr") or [table])[0].select("th, td")]
    places: dict[str, int] = {}
    for (name, begins), (place, heading) in product(COLUMNS.items(), enumerate(head)):
        if heading.startswith(begins):
            places.setdefault(name, place)
    return places if "who" in places and ("period" in places or "closes" in places) else {}


def _lines(base: str, table: Tag, columns: dict[str, int]) -> list[_Planned | Unread]:
    lines = [cells for cells in _grid(table)[1:] if len({id(cell) for cell in cells}) > 1]  # the others are remarks
    return each(KEY, lines, partial(_planned, base, _heading_above(table), columns))


def _planned(base: str, heading: str, columns: dict[str, int], cells: list[Tag]) -> _Planned:
    if len(cells) <= max(columns.values()):
        raise ParseError(KEY, "row_shape", f"{len(cells)} cells in {[words(cell)[:30] for cell in cells]}")
    cell_texts = {name: words(cells[place]) for name, place in columns.items()}
    links = [str(link["href"]) for cell in cells for link in cell.select('a[href*="eura2021.fi"]')]
    what = cell_texts.get("what", "")
    return _Planned(
        period=cell_texts.get("period", ""),
        closes=cell_texts.get("closes", ""),
        who=cell_texts["who"],
        what=what,
        money=cell_texts.get("money", ""),
        fund=_fund(what) or _fund(heading),
        link=absolute(KEY, base, links[0]) if links else None,
    )


def _grid(table: Tag) -> list[list[Tag]]:
    """Return the cells line by line; a cell that spans several lines or columns is repeated in each."""
    grid: list[list[Tag]] = []
    hanging: dict[int, tuple[Tag, int]] = {}  # column → cell and how many more lines it spans
    for line in table.select("tr"):
        cells, row = iter(line.select("th, td")), []
        for place in range(100):
            cell, left = hanging.pop(place, (None, 0))
            if cell is None:
                cell = next(cells, None)
                if cell is None:
                    break
                left = _span(cell, "rowspan")
                width = _span(cell, "colspan")
                hanging |= {place + step: (cell, 1) for step in range(1, width)}
            if left > 1:
                hanging[place] = (cell, left - 1)
            row.append(cell)
        grid.append(row)
    return [row for row in grid if row]


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1")
    return min(int(value), 50) if value.isdecimal() else 1


def _heading_above(table: Tag) -> str:
    above = table.select("caption", limit=1) or table.find_all_previous(["h1", "h2", "h3", "h4"], limit=1)
    return words(above[0]) if above else ""


def _fund(text: str) -> str:
    """Return the one fund that a text names; empty if it names none or several."""
    named = {fund for fund in FUNDS if re.search(rf"\b{fund}\b", text)}
    return named.pop() if len(named) == 1 else ""


# --- calls ------------------------------------------------------------------------------------------------------------


def _cards(page: Page, planned_calls: list[_Planned]) -> Iterator[Card]:
    numbers: Counter[str] = Counter()
    for planned in sorted(planned_calls, key=_closing):
        key = f"{page.scan}#{_name(planned)}"
        numbers[key] += 1
        card = _card(page, planned, key)
        yield card if numbers[key] == 1 else replace(card, key=f"{key}-{numbers[key]}")


def _card(page: Page, planned: _Planned, key: str) -> Card:
    text_lines = [
        f"Rahoittaja: {planned.who}",
        planned.what,
        f"Käytettävissä oleva rahoitus: {planned.money}" if planned.money else "",
        "Alue: Valtakunnallinen" if page.scan == NATIONAL else "",
    ]
    return Card(
        key=key,
        url=planned.link or page.url,
        title=shortened(f"{planned.who}: {planned.what}" if planned.what else planned.who, TITLE),
        period=planned.period,
        closes=planned.closes,
        text="\n".join(filter(None, text_lines)),
        programme=FUNDS.get(planned.fund),
    )


def _name(planned: _Planned) -> str:
    """Name a call by authority, fund, objectives or theme, and year."""
    objectives = sorted(set(re.findall(r"\b\d\.\d\b", planned.what)))
    theme = "+".join(objectives) or record_fingerprint(re.sub(r"[\d\W]+", " ", planned.what).casefold())[:8]
    return "-".join([_slug(planned.who), planned.fund or "EU", theme, _closing(planned)[:4] or "0"])


def _slug(text: str) -> str:
    plain = text.casefold().translate(str.maketrans("äöå", "aoa"))
    return re.sub(r"[^a-z]+", "-", plain).strip("-")[:60]


def _closing(planned: _Planned) -> str:
    """Return the last day in ISO form, for sorting and naming; empty if unreadable, which `facts` reports."""
    try:
        days = dates.read_days(KEY, planned.closes or planned.period, dates.HELSINKI)
    except ParseError:
        return ""
    return max(day.on for day in days).isoformat()
