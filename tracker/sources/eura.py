"""EURA 2021: call notices of the structural funds in Finland (ERDF and ESF+), from the data embedded in their list.

Publisher: Ministry of Economic Affairs and Employment of Finland, https://eura2021.fi/hakuilmoitukset/
How it is asked: one GET; the page carries all notices of all years as percent-encoded JSON in a script of the type
`__PREACT_CLI_DATA__`: `preRenderData.hankehaku` and the code lists in `preRenderData.koodisto`.
Terms: public notices of an authority; no licence is stated.

Never seen live: the page itself; built on recorded rows and code lists of 2026 and on what two collectors report. A
notice's detail page is not read, so the hour of a deadline (usually 16:15) is not known.

Only notices for the whole country and those open to the region are kept: for its maakunta, or by the authorities that
decide for it and name no other region. The region's file says which these are; without a maakunta and authorities, only
the whole country's are kept.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote, unquote

from pydantic import Field

from db.calls import CallFacts, CallKind, CallStatus, Deadline
from tracker.errors import ParseError
from tracker.fetching.fetch import Fetcher
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.contacts import without_contacts
from tracker.sources.support.json_records import object_of, record_fingerprint, records_of
from tracker.sources.support.plaintext import line_of, text_of

KEY = "eura"
SOURCE = Source(
    key=KEY,
    name="EURA 2021",
    publisher="Ministry of Economic Affairs and Employment of Finland",
    home="https://eura2021.fi/hakuilmoitukset/",
    licence="public notices of an authority; no licence stated",
    version=1,
    bounds=Bounds(least=0, most=400),
    never_seen_live="the page around the data; built on recorded rows and code lists of 2026",
)

STATUSES = {
    "julkaistu": CallStatus.FORTHCOMING,
    "tulossa": CallStatus.FORTHCOMING,
    "haettavissa": CallStatus.OPEN,
    "avoin": CallStatus.OPEN,
    "paattynyt": CallStatus.CLOSED,
}
PROGRAMMES = {"EAKR": "ERDF", "ESR+": "ESF+", "ESR": "ESF", "JTF": "JTF"}
DEVELOPMENT, COMPANY_AID = "TYT", "YRTU"
ACTIONS = {DEVELOPMENT: "kehittämishanke", COMPANY_AID: "yritystuki"}
AUDIENCES = {
    DEVELOPMENT: ("municipality", "university", "education", "development_company", "association", "public"),
    COMPANY_AID: ("company",),
}
NATIONAL, CROSS_REGIONAL = "valtakunnallinen", "ylimaakunnallinen"  # prefixes of their codes in a list of maakunnat
WHOLE_COUNTRY = "VALTAKUNNALLINEN"
# The only fields read of a notice: its fingerprint covers exactly these, and the names of its codes.
FIELDS = (
    "tila",
    "hakuaika",
    "otsikko",
    "kuvaus",
    "rahasto",
    "eakrTyyppi",
    "viranomainen",
    "alue",
    "maakunnat",
    "hakutunnus",
    "jatkuvaHaku",
    "kokonaistuki",
)

_DATA = re.compile(rb"<script\b[^>]*__PREACT_CLI_DATA__[^>]*>([^<]*)</script>")


class Settings(SourceSettings):
    """The address of the notices, and which of them concern the region, in the publisher's codes (`koodisto`)."""

    site_url: str = Field("https://eura2021.fi", description="where the notices are")
    maakunta: str = Field("", description="the region's code in the publisher's list of maakunnat")
    authorities: tuple[str, ...] = Field(
        (), description="codes of the authorities that decide for the region: liitto, elinvoimakeskus"
    )
    areas: tuple[str, ...] = Field((), description="codes of parts of the country (alue) that the region is in")
    funds_left_out: tuple[str, ...] = Field((), description="funds that the region is no part of")
    least_listed: int = Field(
        800, ge=1, description="fewest notices of any state and region in a whole list; 1,040 in September 2026"
    )


async def pages(fetch: Fetcher, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch the list, once; in a backfill a second time for the closed notices.

    Raises FetchError and ParseError (no_rows, half_a_list, not_json, not_an_answer).
    """
    answer = await fetch.get(f"{settings.site_url.rstrip('/')}/hakuilmoitukset/")
    for scan, is_closed in (("", False), *([("closed", True)] if wanted.closed else [])):
        if scan not in wanted.done:
            filters = _asked(settings, closed=is_closed) | _span(wanted)
            announced = sum(1 for _ in rows(Page(answer.url, answer.body, asked=filters)))
            yield Page(answer.url, answer.body, scan=scan, announced=announced, asked=filters)


def rows(page: Page) -> Iterator[Row]:
    """Split the list into the notices that concern the region, closed ones only if wanted. Raises ParseError."""
    data = _data(page.body, page.asked["least_listed"])
    for notice in records_of(KEY, data, "hankehaku"):
        if _concerns(notice, page.asked) and _is_asked_for(notice, page.asked):
            yield _row(notice, data["koodisto"])


def facts(row: Row) -> CallFacts:
    """Parse one notice. Raises ParseError (no_title, status, date, budget)."""
    notice: Mapping[str, Any] = row.record["notice"]
    title = line_of(notice.get("otsikko") or "")
    if not title:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    fund, kind, period = notice.get("rahasto"), notice.get("eakrTyyppi"), notice.get("hakuaika") or {}
    closes_on = _day(row.key, period.get("loppu"))
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.NATIONAL,
        identifier=notice.get("hakutunnus") or None,
        title=title,
        programme=PROGRAMMES.get(fund or "", fund),
        type_of_action=ACTIONS.get(kind or "", kind),
        claimed_status=_status(row.key, notice),
        opens_on=_day(row.key, period.get("alku")),
        deadlines=(Deadline(on=closes_on),) if closes_on else (),
        deadline_model="continuous" if notice.get("jatkuvaHaku") else "single-stage",
        budget_total=_euro(row.key, notice.get("kokonaistuki")),
        audience=AUDIENCES.get(kind or "", ()),
        url=f"{SOURCE.home}hakuilmoitus/{quote(row.key, safe='')}/",
        language="fi",
        text=_text(notice, row.record["names"]),
    )


async def lookup(fetch: Fetcher, settings: Settings, keys: Sequence[str]) -> list[Row]:
    """Look up notices by key, including ones closed early or moved to another region. Raises as `pages` does."""
    answer = await fetch.get(f"{settings.site_url.rstrip('/')}/hakuilmoitukset/")
    data = _data(answer.body, settings.least_listed)
    return [_row(n, data["koodisto"]) for n in records_of(KEY, data, "hankehaku") if n.get("id") in keys]


# --- the page ---------------------------------------------------------------------------------------------------------


def _data(body: bytes, least_listed: int) -> dict[str, Any]:
    script = _DATA.search(body)
    if not script:
        raise ParseError(KEY, "no_rows", f"no __PREACT_CLI_DATA__ in a page of {len(body)} bytes")
    data = object_of(KEY, unquote(script[1].decode("utf-8", "replace").strip())).get("preRenderData")
    if not isinstance(data, dict) or not isinstance(data.get("koodisto"), dict):
        raise ParseError(KEY, "not_an_answer", "no preRenderData with a koodisto in the page's data")
    listed = records_of(KEY, data, "hankehaku")
    if not listed:
        raise ParseError(KEY, "no_rows", "an empty list; with nothing open it still holds the notices of past years")
    if len(listed) < least_listed:
        raise ParseError(KEY, "half_a_list", f"{len(listed)} notices of all years; a whole list has {least_listed}")
    if not all(notice.get("id") for notice in listed):
        raise ParseError(KEY, "not_an_answer", "a notice without an id")
    return data


def _row(notice: dict[str, Any], codes: Mapping[str, Any]) -> Row:
    names = _names(notice, codes)
    read = {field: notice.get(field) for field in FIELDS}
    return Row(str(notice["id"]), record_fingerprint([read, names]), {"notice": read, "names": names})


def _names(notice: Mapping[str, Any], codes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Name a notice's authority and regions from the code lists; a code without a name stays as it is."""
    authority = notice.get("viranomainen")
    given = {"viranomainen": [authority] if authority else [], "maakunta": notice.get("maakunnat") or []}
    return {
        kind: [(codes.get(kind, {}).get(str(code)) or {}).get("fi") or str(code) for code in values]
        for kind, values in given.items()
    }


# --- the region -------------------------------------------------------------------------------------------------------


def _asked(settings: Settings, *, closed: bool) -> dict[str, Any]:
    return {
        "maakunta": settings.maakunta,
        "authorities": list(settings.authorities),
        "areas": list(settings.areas),
        "funds_left_out": list(settings.funds_left_out),
        "least_listed": settings.least_listed,
        "closed": closed,
    }


def _span(wanted: Wanted) -> dict[str, str]:
    limits = {"from_on": wanted.from_on, "to_on": wanted.to_on}
    return {name: day.isoformat() for name, day in limits.items() if day}


def _concerns(notice: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Tell whether the region's actors can apply to a notice."""
    if notice.get("rahasto") in filters["funds_left_out"]:
        return False
    area, regions = notice.get("alue"), [str(code) for code in notice.get("maakunnat") or []]
    if area == WHOLE_COUNTRY or any(code.startswith(NATIONAL) for code in regions) or filters["maakunta"] in regions:
        return True
    is_open_to_all = area in filters.get("areas", ()) or all(code.startswith(CROSS_REGIONAL) for code in regions)
    return str(notice.get("viranomainen")) in filters["authorities"] and is_open_to_all


def _is_asked_for(notice: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    is_closed = STATUSES.get(notice.get("tila") or "") is CallStatus.CLOSED
    opened = (notice.get("hakuaika") or {}).get("alku") or ""
    is_within = filters.get("from_on", "") <= opened[:10] <= filters.get("to_on", "9999")
    return is_closed == filters["closed"] and (is_within or not is_closed)


# --- fields -----------------------------------------------------------------------------------------------------------


def _status(key: str, notice: Mapping[str, Any]) -> CallStatus:
    status = STATUSES.get(notice.get("tila") or "")
    if status is None:
        raise ParseError(KEY, "status", f"{key} has the state {notice.get('tila')!r}")
    return status


def _day(key: str, value: str | None) -> date | None:
    """Read a plain date in Finland."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise ParseError(KEY, "date", f"{key} has the date {value!r}") from error


def _euro(key: str, value: str | float | None) -> int | None:
    """Read euro from 1500000 or `1 500 000,00`."""
    try:
        return int(Decimal("".join(str(value).split()).replace(",", "."))) if value else None
    except InvalidOperation as error:
        raise ParseError(KEY, "budget", f"{key} has the amount {value!r}") from error


def _text(notice: Mapping[str, Any], names: Mapping[str, Sequence[str]]) -> str | None:
    parts = [without_contacts(text_of(notice.get("kuvaus") or ""))]
    headings = {"viranomainen": "Rahoittaja:", "maakunta": "Maakunnat:"}
    parts += [f"{heading}\n{', '.join(names[kind])}" for kind, heading in headings.items() if names[kind]]
    return "\n".join(filter(None, parts)) or None
