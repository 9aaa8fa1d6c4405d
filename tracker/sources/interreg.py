"""interreg.eu: open and coming calls of all Interreg programmes, from the search service behind its list.

Publisher: Interact, https://interreg.eu/calls-for-projects/ (its content comes from keep.eu)
How it is asked: one POST to the Algolia index of the site, with the search-only key that its pages carry; the key comes
from the configuration or the page, and changes now and then (403: `key_rotated`).
Terms: not seen, neither of the site nor of the index; facts and links are kept, no texts.

Never seen live: built on a recorded answer of August 2026 (three calls, none for Finland). In particular how the page
carries the key, and whether more than the recorded statuses and applicants exist.

Only calls for the region are kept: those that name its code or that of an area above it, in any vintage of NUTS, or
that name no region but its country. Its codes stand in the region's file; without them only the latter are kept.
"""

import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from html import unescape
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from pydantic import Field

from db.calls import CallFacts, CallKind, CallStatus, Deadline
from tracker.errors import FetchError, ParseError, RunQuarantined
from tracker.fetching.asking import Answer, Fetch
from tracker.fetching.charsets import as_text
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.json_records import (
    Record,
    key_or_none,
    key_or_place,
    keyed,
    list_of,
    object_of,
    record_fingerprint,
)
from tracker.sources.support.plaintext import line_of
from tracker.sources.walls import rows_from

KEY = "interreg"
SOURCE = Source(
    key=KEY,
    name="Interreg.eu",
    publisher="Interact",
    home="https://interreg.eu/calls-for-projects/",
    licence="terms not seen; facts and links only",
    version=1,
    bounds=Bounds(least=0, most=200),
    never_seen_live="built on one recorded answer of August 2026; how the page carries its search key",
)

BRUSSELS = ZoneInfo("Europe/Brussels")
PAGE_TYPE = "callForProjectsPage"
STATUSES = {"Open": CallStatus.OPEN, "Forthcoming": CallStatus.FORTHCOMING, "Closed": CallStatus.CLOSED}
ASKED = {"contentType": [PAGE_TYPE], "callStatus": ["Open", "Forthcoming"]}
FILTERS = f"contentType:{PAGE_TYPE} AND (callStatus:Open OR callStatus:Forthcoming)"
HITS = 500
MOST_PAGES = 4
AUDIENCES = {
    "SME": "sme",
    "Enterprise, except SME": "company",
    "Business support organisation": "development_company",
    "Higher education and research organisations": "university",
    "Education/training centre and school": "education",
    "Local public authority": "municipality",
    "Regional public authority": "public",
    "National public authority": "public",
    "Sectoral agency": "public",
    "Infrastructure and (public) service provider": "public",
    "Hospitals and medical centres": "public",
    "Interest groups, including NGOs": "association",
    "General public": "individual",
    "EGTC": "other",
    "Cross-border legal body": "other",
    "International organisation, EEIG": "other",
    "Other": "other",
}
FIELDS = (
    "title",
    "contentUrl",
    "callStatus",
    "callOpenDate",
    "callDeadlineDate",
    "callExternalUrl",
    "callThemes",
    "themes",
    "targetAudience",
    "associatedProgrammes",
)

_SEARCH_KEY = re.compile(r"""key["']?\s*[:=]\s*["']([0-9a-f]{32})["']""", re.IGNORECASE)


class Settings(SourceSettings):
    """The search service's address and key, and which calls concern the region."""

    site_url: str = Field("https://interreg.eu", description="the site whose page carries the search key")
    search_url: str = Field("https://2e032drcns-dsn.algolia.net", description="the search service behind the site")
    application: str = Field("2E032DRCNS", description="the site's public application id at its search service")
    search_key: str = Field("", description="the site's public search-only key; empty: read from its page")
    index: str = Field("prod_en-us_content", description="name of the index")
    nuts: tuple[str, ...] = Field(
        (), description="codes of the region and of the areas above it, of all vintages; by default the region file's"
    )
    country: str = Field("FI", description="counts where a call names countries only")


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch all open and coming calls, usually in one response.

    Raises FetchError (key_rotated), ParseError (no_key, html, truncated, not_json, not_an_answer, no_rows) and
    RunQuarantined (filter_ignored, incomplete).
    """
    key = settings.search_key or _search_key(
        (await fetch.get(f"{settings.site_url.rstrip('/')}/calls-for-projects/")).body
    )
    filters = ASKED | {"nuts": list(settings.nuts), "country": settings.country}
    seen: set[str] = set()
    for number in range(1, MOST_PAGES + 1):
        answer = await _search(fetch, settings, key, number)
        total, hits = _parsed_response(answer.body)
        seen |= {key_or_place(hit, "objectID", (number, place)) for place, hit in enumerate(hits)}
        yield Page(answer.url, answer.body, number=number, asked=filters)
        if len(seen) >= total or not hits:
            break
    if len(seen) < total:
        raise RunQuarantined(KEY, "incomplete", f"{total} calls announced, {len(seen)} came")


def rows(page: Page) -> Iterator[Row]:
    """Split a page into the calls open to the region. Raises ParseError and RunQuarantined (filter_ignored)."""
    return rows_from(KEY, _parsed_response(page.body)[1], partial(_row, page.asked), _known_key)


def facts(row: Row) -> CallFacts:
    """Parse one call. Raises ParseError (no_title, no_link, status, date)."""
    call = Record(KEY, row.key, row.record)
    title = line_of(call.text("title"))
    if not title:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    opens, closes = (call.instant(f"call{word}Date", UTC) for word in ("Open", "Deadline"))
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.INTERREG,
        title=title,
        programme="INTERREG",
        claimed_status=_status(call),
        opens_on=_deadline(opens).on if opens else None,
        deadlines=(_deadline(closes),) if closes else (),
        keywords=_lines(call.texts("callThemes") or call.texts("themes")),
        divisions=_lines(call.texts("associatedProgrammes")),
        audience=_audience(call.texts("targetAudience")),
        url=_link(call),
        language="en",
    )


# --- asking -----------------------------------------------------------------------------------------------------------


def _search_key(body: bytes) -> str:
    """Find the search-only key that the page gives to its search box."""
    keys: set[str] = set(_SEARCH_KEY.findall(unescape(as_text(body))))
    if len(keys) != 1:
        problem = "no search key" if not keys else f"{len(keys)} different keys"
        raise ParseError(KEY, "no_key", f"{problem} in a page of {len(body)} bytes; set sources.{KEY}.search_key")
    return keys.pop()


async def _search(fetch: Fetch, settings: Settings, key: str, number: int) -> Answer:
    query = {"indexName": settings.index, "query": "", "hitsPerPage": HITS, "filters": FILTERS}
    try:
        return await fetch.post_json(
            f"{settings.search_url.rstrip('/')}/1/indexes/*/queries",
            headers={"X-Algolia-Application-Id": settings.application, "X-Algolia-API-Key": key},
            body={"requests": [query | ({"page": number - 1} if number > 1 else {})]},
        )
    except FetchError as error:
        if error.reason not in ("http_401", "http_403"):
            raise
        where = f"sources.{KEY}.search_key" if settings.search_key else "the site's page"
        raise FetchError(KEY, "key_rotated", f"the key of {where} is refused: {error.detail}") from error


def _parsed_response(body: bytes) -> tuple[int, list[Any]]:
    """Return the total number of calls and the calls of this response; an empty result has `nbHits` 0."""
    results = list_of(KEY, object_of(KEY, body), "results")
    if not results or not isinstance(results[0], dict):
        raise ParseError(KEY, "not_an_answer", "an answer without a result")
    hits, total = list_of(KEY, results[0], "hits"), results[0].get("nbHits")
    if not isinstance(total, int):
        raise ParseError(KEY, "not_an_answer", f"nbHits is {total!r}")
    if total and not hits:
        raise ParseError(KEY, "no_rows", f"{total} calls announced and none in the answer")
    return total, hits


def _known_key(hit: Any) -> str:
    return key_or_none(hit, "objectID")


def _row(asked: Mapping[str, Any], hit: Any) -> Row | None:
    """Make the row of a hit; None if it does not concern the region."""
    call = Record(KEY, keyed(KEY, hit, "objectID"), hit)
    for field, allowed in ASKED.items():
        if call.text(field) not in allowed:
            raise RunQuarantined(KEY, "filter_ignored", f"{call.key} has the {field} {hit.get(field)!r}")
    if not _concerns(call, asked["nuts"], asked["country"]):
        return None
    read = {field: hit.get(field) for field in FIELDS}
    return Row(call.key, record_fingerprint(read), read)


def _concerns(call: Record, nuts: Collection[str], country: str) -> bool:
    """Tell whether a call concerns the region; both vintages of NUTS stand side by side, even in one record."""
    regions = {code.strip() for code in call.texts("callEligibleRegionNuts")}
    return not regions.isdisjoint(nuts) if regions else country in call.texts("callEligibleCountryNuts")


# --- fields -----------------------------------------------------------------------------------------------------------


def _status(call: Record) -> CallStatus:
    status = STATUSES.get(call.text("callStatus"))
    if status is None:
        raise ParseError(KEY, "status", f"{call.key} has the status {call.text('callStatus')!r}")
    return status


def _deadline(at: datetime) -> Deadline:
    """Read a deadline: midnight UTC is how the service writes a plain date; anything else has an hour."""
    if (at.hour, at.minute) == (0, 0):
        return Deadline(on=at.date())
    return Deadline(on=at.astimezone(BRUSSELS).date(), at=at)


def _lines(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for value in values if (line := line_of(value))))


def _audience(values: Sequence[str]) -> tuple[str, ...]:
    """Translate the applicants into our words; one without a word of ours stays as given."""
    return tuple(dict.fromkeys(AUDIENCES.get(line, line) for line in _lines(values)))


def _link(call: Record) -> str:
    """Return the programme's own page of the call, else the site's."""
    own, page = (call.text(field) for field in ("callExternalUrl", "contentUrl"))
    for link in (own, urljoin(SOURCE.home, page) if page else ""):
        if link.startswith("https://"):
            return link
    raise ParseError(KEY, "no_link", f"{call.key} has no page of its own")
