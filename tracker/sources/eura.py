"""EURA 2021: call notices of the structural funds in Finland (ERDF and ESF+), from the data embedded in their list.

Publisher: Ministry of Economic Affairs and Employment of Finland, https://eura2021.fi/hakuilmoitukset/
How it is asked: one GET; the page carries all notices of all years as percent-encoded JSON in a script of the type
`__PREACT_CLI_DATA__`: `preRenderData.hankehaku` and the code lists in `preRenderData.koodisto`.
Terms: public notices of an authority; no licence is stated.

Never seen live: the page itself; built on recorded rows and code lists of 2026 and on what two collectors report. A
notice's detail page is not read, so the hour of a deadline (usually 16:15) is not known.

Only notices for the whole country and those open to the region are kept: for its maakunta, or by the authorities that
decide for it and name no other region. The region's file says which these are; without a maakunta and authorities, only
the whole country's are kept. Authority, part of the country and maakunnat end a notice's text, each below its heading
(Rahoittaja, Alue, Maakunnat), so that a rule can tell the region's own notices from the whole country's.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

from pydantic import Field

from db.calls import CallFacts, CallKind, CallStatus, Deadline
from tracker.errors import ParseError
from tracker.fetching.asking import Fetch
from tracker.sources import Bounds, Page, Part, Past, Row, Source, SourceSettings, Wanted
from tracker.sources.support.contacts import without_contacts
from tracker.sources.support.json_records import (
    Record,
    key_or_none,
    keyed,
    list_of,
    object_of,
    record_fingerprint,
)
from tracker.sources.support.plaintext import line_of, text_of
from tracker.sources.walls import rows_from

KEY = "eura"
SOURCE = Source(
    key=KEY,
    name="EURA 2021",
    publisher="Ministry of Economic Affairs and Employment of Finland",
    home="https://eura2021.fi/hakuilmoitukset/",
    licence="public notices of an authority; no licence stated",
    version=2,
    bounds=Bounds(least=0, most=400),
    never_seen_live="the page around the data; built on recorded rows and code lists of 2026",
    past=Past("closed notices of the programmes of 2021-2027", since=date(2021, 1, 1), by_year=False),
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
# What is known of the codes is for doubts only: others may be new. Where the lists that count are:
CODES = "the data of https://eura2021.fi/hakuilmoitukset/, koodisto"
MAAKUNNAT = ("01", "02", *(f"{code:02}" for code in range(4, 20)), "21")  # of Statistics Finland, 2026
# The authorities that were seen, with the maakunnat that they decide for (none: for the whole country, or nothing),
# and the regional councils: wherever one was seen, its code is 26 and that of its maakunta.
DECIDE_FOR: Mapping[str, tuple[str, ...]] = {
    **{f"26{maakunta}": (maakunta,) for maakunta in MAAKUNNAT},
    "2601": ("01", "02", "05", "07", "08"),  # Uudenmaan liitto
    "2607": (),  # Päijät-Hämeen liitto
    "6204": ("01", "05", "07", "08", "09"),  # Kaakkois-Suomen elinvoimakeskus
    "6207": ("10", "11", "12"),  # Itä-Suomen elinvoimakeskus
    "6413": ("17", "18", "19"),  # Pohjois-Suomen elinvoimakeskus
    "7000": (),  # Työ- ja elinkeinoministeriö
    "9998": (),  # Ruokavirasto
}
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

    def doubts(self) -> list[str]:
        found = list(filter(None, map(self._doubted_authority, self.authorities)))
        if self.maakunta and self.maakunta not in MAAKUNNAT:
            found.append(f"maakunta {self.maakunta} is none that we know ({', '.join(MAAKUNNAT)}): {CODES}.maakunta")
        if not self.authorities:
            only = "of what they decide, only what names the maakunta or the country is read"
            found.append(f"no authorities are named: {only}. Their codes: {CODES}.viranomainen")
        return found

    def _doubted_authority(self, code: str) -> str:
        if code not in DECIDE_FOR:
            return f"authority {code} is none that we know; if it is new it is right: {CODES}.viranomainen"
        if self.maakunta in MAAKUNNAT and self.maakunta not in DECIDE_FOR[code]:
            return f"authority {code} did not decide for maakunta {self.maakunta} when seen: {CODES}.viranomainen"
        return ""


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch the list, once: it holds the closed notices of all years, too.

    Raises FetchError and ParseError (no_rows, half_a_list, not_json, not_an_answer).
    """
    answer = await fetch.get(f"{settings.site_url.rstrip('/')}/hakuilmoitukset/")
    filters = _asked(settings, wanted.part)
    announced = sum(1 for _ in rows(Page(answer.url, answer.body, asked=filters)))
    yield Page(
        answer.url, answer.body, scan=wanted.part.scan if wanted.part else "", announced=announced, asked=filters
    )


def rows(page: Page) -> Iterator[Row]:
    """Split the list into the notices that concern the region, closed ones only if wanted. Raises ParseError."""
    data = _data(page.body, page.asked["least_listed"])
    return rows_from(KEY, data["hankehaku"], partial(_wanted_row, page.asked, data["koodisto"]), _known_key)


def facts(row: Row) -> CallFacts:
    """Parse one notice. Raises ParseError (no_title, status, date, budget)."""
    notice = Record(KEY, row.key, row.record["notice"])
    title = line_of(notice.text("otsikko"))
    if not title:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    fund, kind, period = notice.text("rahasto"), notice.text("eakrTyyppi"), notice.record("hakuaika")
    closes_on = _day(period, "loppu")
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.NATIONAL,
        identifier=notice.text("hakutunnus") or None,
        title=title,
        programme=PROGRAMMES.get(fund, fund) or None,
        type_of_action=ACTIONS.get(kind, kind) or None,
        claimed_status=_status(notice),
        opens_on=_day(period, "alku"),
        deadlines=(Deadline(on=closes_on),) if closes_on else (),
        deadline_model="continuous" if notice.flag("jatkuvaHaku") else "single-stage",
        budget_total=notice.euro("kokonaistuki") or None,
        audience=AUDIENCES.get(kind, ()),
        url=f"{SOURCE.home}hakuilmoitus/{quote(row.key, safe='')}/",
        language="fi",
        text=_text(notice, row.record["names"]),
    )


async def lookup(fetch: Fetch, settings: Settings, keys: Sequence[str]) -> list[Row]:
    """Look up notices by key, including ones closed early or moved to another region. Raises as `pages` does."""
    answer = await fetch.get(f"{settings.site_url.rstrip('/')}/hakuilmoitukset/")
    data = _data(answer.body, settings.least_listed)
    notices = [notice for notice in data["hankehaku"] if _known_key(notice) in keys]
    return list(rows_from(KEY, notices, partial(_row, data["koodisto"]), _known_key))


def past_scans(settings: Settings) -> Sequence[str]:
    """List the scans of closed notices: they come in one list."""
    return ["closed"]


# --- the page ---------------------------------------------------------------------------------------------------------


def _data(body: bytes, least_listed: int) -> dict[str, Any]:
    script = _DATA.search(body)
    if not script:
        raise ParseError(KEY, "no_rows", f"no __PREACT_CLI_DATA__ in a page of {len(body)} bytes")
    data = object_of(KEY, unquote(script[1].decode("utf-8", "replace").strip())).get("preRenderData")
    if not isinstance(data, dict) or not isinstance(data.get("koodisto"), dict):
        raise ParseError(KEY, "not_an_answer", "no preRenderData with a koodisto in the page's data")
    listed = list_of(KEY, data, "hankehaku")
    if not listed:
        raise ParseError(KEY, "no_rows", "an empty list; with nothing open it still holds the notices of past years")
    if len(listed) < least_listed:
        raise ParseError(KEY, "half_a_list", f"{len(listed)} notices of all years; a whole list has {least_listed}")
    return data


def _known_key(listed: Any) -> str:
    return key_or_none(listed, "id")


def _row(codes: Mapping[str, Any], listed: Any) -> Row:
    notice = Record(KEY, keyed(KEY, listed, "id"), listed)
    names = _names(notice, Record(KEY, "koodisto", codes))
    read = {field: listed.get(field) for field in FIELDS}
    return Row(notice.key, record_fingerprint([read, names]), {"notice": read, "names": names})


def _wanted_row(asked: Mapping[str, Any], codes: Mapping[str, Any], listed: Any) -> Row | None:
    """Make the row of a notice; None if it does not concern the region, or is in another state than was asked for."""
    notice = Record(KEY, keyed(KEY, listed, "id"), listed)
    return _row(codes, listed) if _concerns(notice, asked) and _is_asked_for(notice, asked) else None


def _names(notice: Record, codes: Record) -> dict[str, list[str]]:
    """Name a notice's authority and areas from the code lists; a code without a name stays as it is."""
    single = {kind: notice.code(kind) for kind in ("viranomainen", "alue")}
    given = {kind: [code] if code else [] for kind, code in single.items()} | {"maakunta": notice.codes("maakunnat")}
    return {
        kind: [codes.record(kind).record(code).text("fi") or code for code in values] for kind, values in given.items()
    }


# --- the region -------------------------------------------------------------------------------------------------------


def _asked(settings: Settings, part: Part | None) -> dict[str, Any]:
    return {
        "maakunta": settings.maakunta,
        "authorities": list(settings.authorities),
        "areas": list(settings.areas),
        "funds_left_out": list(settings.funds_left_out),
        "least_listed": settings.least_listed,
        "closed": part is not None,
        "opened": [part.from_on.isoformat(), part.to_on.isoformat()] if part and part.from_on and part.to_on else None,
    }


def _concerns(notice: Record, filters: Mapping[str, Any]) -> bool:
    """Tell whether the region's actors can apply to a notice."""
    if notice.text("rahasto") in filters["funds_left_out"]:
        return False
    area, regions = notice.code("alue"), notice.codes("maakunnat")
    if area == WHOLE_COUNTRY or any(code.startswith(NATIONAL) for code in regions) or filters["maakunta"] in regions:
        return True
    is_open_to_all = area in filters.get("areas", ()) or all(code.startswith(CROSS_REGIONAL) for code in regions)
    return notice.code("viranomainen") in filters["authorities"] and is_open_to_all


def _is_asked_for(notice: Record, filters: Mapping[str, Any]) -> bool:
    if STATUSES.get(notice.text("tila")) is not CallStatus.CLOSED:
        return not filters["closed"]
    opened = notice.record("hakuaika").text("alku")
    first, last = filters.get("opened") or ("", "")
    return bool(filters["closed"] and first <= opened[:10] <= last)


# --- fields -----------------------------------------------------------------------------------------------------------


def _status(notice: Record) -> CallStatus:
    status = STATUSES.get(notice.text("tila"))
    if status is None:
        raise ParseError(KEY, "status", f"{notice.key} has the state {notice.text('tila')!r}")
    return status


def _day(period: Record, field: str) -> date | None:
    """Read a plain date in Finland."""
    value = period.text(field)
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise ParseError(KEY, "date", f"{period.key} has the date {value!r}") from error


def _text(notice: Record, names: Mapping[str, Sequence[str]]) -> str | None:
    parts = [without_contacts(text_of(notice.text("kuvaus")))]
    headings = {"viranomainen": "Rahoittaja:", "alue": "Alue:", "maakunta": "Maakunnat:"}
    parts += [f"{heading}\n{', '.join(names[kind])}" for kind, heading in headings.items() if names[kind]]
    return "\n".join(filter(None, parts)) or None
