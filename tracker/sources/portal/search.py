"""EU Funding & Tenders Portal: topics, cascade calls and external action, from the portal's own search API.

Publisher: European Commission, https://ec.europa.eu/info/funding-tenders/opportunities/portal
How it is asked: https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/support/apis
Terms: Commission content may be reused with its source named (Decision 2011/833/EU); the API is public, its key known.

Never seen live: everything here was built on recorded answers of 2023-2026 and on what others report. In particular
whether the API host has a robots.txt, what lies beyond 10,000 results, how a look-up by `ccm2Id` is answered, and what
cascade calls state as `budget`.

Does not parse records (`tracker.sources.portal.facts`).
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Any

from pydantic import Field

from db.calls import CallFacts
from tracker.errors import ParseError, RunQuarantined
from tracker.fetching.asking import Answer, Fetch
from tracker.sources import Bounds, Page, Part, Past, Row, Source, SourceSettings, Wanted
from tracker.sources.portal.codes import CLOSED, FORTHCOMING, OPEN
from tracker.sources.portal.facts import KEY, facts_of_record
from tracker.sources.portal.records import OPENED, check_asked, known_key, row_of
from tracker.sources.portal.topic_pages import TopicPages
from tracker.sources.support.json_records import Record, json_of
from tracker.sources.walls import each, rows_from

SOURCE = Source(
    key=KEY,
    name="EU Funding & Tenders Portal",
    publisher="European Commission",
    home="https://ec.europa.eu/info/funding-tenders/opportunities/portal",
    licence="European Union, reuse with acknowledgement (Decision 2011/833/EU)",
    version=3,
    bounds=Bounds(least=10, most=6000, own_pages_count=False),
    never_seen_live="built on recorded answers of 2023-2026; robots.txt, the 10,000-row window, look-up by number, "
    "topicConditions and typeOfMGAs",
    past=Past("closed calls by the day on which they opened", since=date(2007, 1, 1)),
)

PAGE_SIZE = 100  # the API silently caps it here
WINDOW = 10_000  # results that paging can reach in one query
BEYOND_WINDOW = "beyond_window"  # the reason of a scan that is longer
PASSES = 3
TYPES = ("1", "8", "2")
TENDERS = "0"
FOUND = {"DATASOURCE": ["SEDIA"]}  # what records that are looked up must match
OFFICIAL_API = "https://api.tech.ec.europa.eu"
OFFICIAL_PAGES = "https://ec.europa.eu"


class Settings(SourceSettings):
    """The portal's address, and how much of it is read."""

    api_url: str = Field(OFFICIAL_API, description="host of the search API; a replay's for a rehearsal")
    details_url: str | None = Field(
        None,
        description="host of the topics' detail pages; empty: https://ec.europa.eu for the official API, else api_url",
    )
    api_key: str = Field("SEDIA", description="names the index; public and constant")
    tenders: bool = Field(False, description="also read procurement (type 0)")
    page_attempts: int = Field(3, ge=1, description="times a page is asked for that comes unreadable or empty")
    details_per_run: int = Field(50, ge=0, description="detail pages read in a run, for topics without text and budget")

    @property
    def topic_data(self) -> str:
        """The address of topics' detail pages. A rehearsal's rows must not be mixed with the live portal's data."""
        host = self.details_url or (OFFICIAL_PAGES if self.api_url == OFFICIAL_API else self.api_url)
        return f"{host.rstrip('/')}/info/funding-tenders/opportunities/data"


@dataclass(frozen=True, slots=True)
class Span:
    """A period of opening days: `from_on` is included, `before_on` is not."""

    from_on: date
    before_on: date

    @property
    def name(self) -> str:
        """The span as text: `2023`, `2023-05`, `2023-05-17`, or its first and last day."""
        if self == _year(self.from_on.year):
            return f"{self.from_on:%Y}"
        if self == _month(self.from_on):
            return f"{self.from_on:%Y-%m}"
        last = self.before_on - timedelta(days=1)
        return f"{last}" if last == self.from_on else f"{self.from_on}..{last}"

    def parts(self) -> list["Span"]:
        """Split the span into months if it is longer than one, else into days."""
        parts, at = [], self.from_on
        is_long = self.before_on > _month(self.from_on).before_on
        while at < self.before_on:
            end = min(_month(at).before_on if is_long else at + timedelta(days=1), self.before_on)
            parts.append(Span(at, end))
            at = end
        return parts


@dataclass(frozen=True, slots=True)
class Scan:
    """One query, read from its first page to its last. `asked` is what every row of it must match."""

    name: str
    asked: dict[str, list[str]]
    span: Span | None = None
    undated: bool = False

    @property
    def limits(self) -> list[str]:
        """The first instant that is asked for as an opening date, and the first one after them; empty: any."""
        return [_eve(self.span.from_on), _stamp(self.span.before_on)] if self.span else []

    def checked(self) -> dict[str, list[str]]:
        """What every row must match, opening dates included."""
        return self.asked | ({OPENED: self.limits} if self.span or self.undated else {})

    def query(self) -> dict[str, Any]:
        """Make the `query` part. A range needs full timestamps; a bare date would match every row that has one."""
        must: list[dict[str, Any]] = [{"terms": {field: values}} for field, values in self.asked.items()]
        if self.span:
            must.append({"range": {"startDate": dict(zip(("gte", "lt"), self.limits, strict=True))}})
        if self.undated:
            must.append({"bool": {"must_not": [{"exists": {"field": "startDate"}}]}})
        return {"bool": {"must": must}}


@dataclass(frozen=True, slots=True)
class _SearchResponse:
    """One search response, parsed as far as paging needs."""

    total: int
    page_size: int
    results: list[Any]


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch every page of every scan: forthcoming and open calls by type, or one type's closed calls of a part.

    An incomplete scan is read again, up to three times; `pass_no` numbers its passes.
    Raises FetchError, ParseError (html, throwable, truncated, not_json, not_an_answer) and RunQuarantined
    (filter_ignored, range_ignored, beyond_window).
    """
    if wanted.part:
        async for page in _read_in_parts(fetch, settings, _past_scan(wanted.part)):
            yield page
        return
    topic_pages = TopicPages(fetch, settings.topic_data, settings.details_per_run)
    for scan in _scans(settings):
        async for page, answered in _read(fetch, settings, scan):
            yield await topic_pages.beside(page, answered.results)


def rows(page: Page) -> Iterator[Row]:
    """Split one response into records that match the filter. Raises ParseError and RunQuarantined, as `pages` does."""
    return rows_from(KEY, _parsed_response(page.body).results, partial(row_of, page.asked, page.details), known_key)


def facts(row: Row) -> CallFacts:
    """Parse one record. Raises ParseError."""
    language = Record(KEY, row.key, row.record).text("language")
    if not language:
        raise ParseError(KEY, "language", f"{row.key} does not say its language")
    return facts_of_record(row.key, row.record["metadata"], language)


async def lookup(fetch: Fetch, settings: Settings, keys: Sequence[str]) -> list[Row]:
    """Look up records by key, whatever their status, half a page at a time. Raises as `pages` does."""
    by_key: dict[str, Row] = {}
    for start in range(0, len(keys), PAGE_SIZE // 2):
        batch = keys[start : start + PAGE_SIZE // 2]
        results = await _found(fetch, settings, batch)
        found = rows_from(KEY, results, partial(row_of, FOUND, {}), known_key)
        by_key |= {row.key: row for row in found if row.key in batch}
    return list(by_key.values())


async def _found(fetch: Fetch, settings: Settings, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Request records by key; an odd answer is requested again, as for `_ask`."""
    for attempt in range(1, settings.page_attempts + 1):
        answer = await _search(fetch, settings, _by_key(keys), 1, {})
        try:
            results = _parsed_response(answer.body).results
            each(KEY, results, partial(check_asked, FOUND))
            break
        except (ParseError, RunQuarantined) as error:
            if attempt == settings.page_attempts:
                raise
            fetch.note_retry(error.reason)
    return results


def past_scans(settings: Settings) -> Sequence[str]:
    """List the scans of closed calls: one for each type."""
    return [scan.name for scan in _scans(settings)]


# --- what is asked ----------------------------------------------------------------------------------------------------


def _scans(settings: Settings) -> list[Scan]:
    types = (*TYPES, TENDERS) if settings.tenders else TYPES
    return [Scan(name=kind, asked=_filter(kind, [FORTHCOMING, OPEN])) for kind in types]


def _past_scan(part: Part) -> Scan:
    filters = _filter(part.scan, [CLOSED])
    if part.from_on is None or part.to_on is None:
        return Scan(f"{part.scan}/closed/undated", filters, undated=True)
    span = Span(part.from_on, part.to_on + timedelta(days=1))
    return Scan(f"{part.scan}/closed/{span.name}", filters, span)


def _filter(kind: str, statuses: list[str]) -> dict[str, list[str]]:
    return {"type": [kind], "status": statuses, "DATASOURCE": ["SEDIA"], "language": ["en"]}


def _by_key(keys: Sequence[str]) -> dict[str, Any]:
    """Make the query for these keys. Some records lack REFERENCE; then a key's number is the call's own id."""
    numbers = [digits[0] for key in keys if (digits := re.match(r"\d+", key))]
    fields = {"REFERENCE": list(keys), "ccm2Id": numbers, "callccm2Id": numbers, "callIdentifier": numbers}
    either = {"bool": {"should": [{"terms": {field: values}} for field, values in fields.items()]}}
    return {"bool": {"must": [either, {"terms": {"DATASOURCE": ["SEDIA"]}}, {"terms": {"language": ["en"]}}]}}


def _year(year: int) -> Span:
    return Span(date(year, 1, 1), date(year + 1, 1, 1))


def _month(day: date) -> Span:
    first = day.replace(day=1)
    return Span(first, (first + timedelta(days=31)).replace(day=1))


def _stamp(day: date) -> str:
    return f"{day}T00:00:00.000+0000"


def _eve(day: date) -> str:
    """The first instant of a day in Brussels, in the index's zone; some days are stamped so (see `facts`)."""
    return f"{day - timedelta(days=1)}T22:00:00.000+0000"


# --- paging -----------------------------------------------------------------------------------------------------------


async def _read_in_parts(fetch: Fetch, settings: Settings, scan: Scan) -> AsyncIterator[Page]:
    """Read a scan of the past; one that is beyond the window of one query is split by opening date."""
    try:
        async for page, _ in _read(fetch, settings, scan):
            yield page
        return
    except RunQuarantined as error:
        if error.reason != BEYOND_WINDOW or scan.span is None or len(scan.span.parts()) < 2:
            raise
    kind = scan.name.partition("/")[0]
    for part in scan.span.parts():
        smaller = replace(scan, name=f"{kind}/closed/{part.name}", span=part)
        async for page in _read_in_parts(fetch, settings, smaller):
            yield page


async def _read(fetch: Fetch, settings: Settings, scan: Scan) -> AsyncIterator[tuple[Page, _SearchResponse]]:
    """Read all pages of a scan, and again while fewer different keys come than announced."""
    in_all: set[str] = set()
    for pass_no in range(1, PASSES + 1):
        keys: set[str] = set()
        announced = 0
        async for page, answered in _pass(fetch, settings, scan, pass_no):
            keys.update(known_key(result) or f"{page.number}/{place}" for place, result in enumerate(answered.results))
            announced = answered.total
            yield page, answered
        in_all |= keys
        if announced in (len(keys), len(in_all)):
            return


async def _pass(
    fetch: Fetch, settings: Settings, scan: Scan, pass_no: int
) -> AsyncIterator[tuple[Page, _SearchResponse]]:
    number, announced, total = 1, 1, None
    while announced > 0:
        page, answered = await _ask(fetch, settings, scan, pass_no, number, total)
        total = answered.total
        if answered.total > WINDOW:
            raise _beyond_window(scan.name, answered.total)
        yield page, answered
        announced = answered.total - number * answered.page_size
        number += 1


async def _ask(
    fetch: Fetch, settings: Settings, scan: Scan, pass_no: int, number: int, total: int | None
) -> tuple[Page, _SearchResponse]:
    """Request one page. Several backends answer, so an odd page is requested again.

    Odd is one that cannot be read, ends before its time, has left out the filter, or has another total than before.
    """
    attempt = 1
    while True:
        answer = await _search(fetch, settings, scan.query(), number, _sort(pass_no))
        try:
            answered = _parsed_response(answer.body)
            each(KEY, answered.results, partial(check_asked, scan.checked()))
        except (ParseError, RunQuarantined) as error:
            if attempt >= settings.page_attempts:
                raise
            fetch.note_retry(error.reason)
        else:
            why = _why_odd(answered, number, total)
            if not why or attempt >= settings.page_attempts:
                return _page(answer, scan, pass_no, number, answered), answered
            fetch.note_retry(why)
        attempt += 1


def _why_odd(answered: _SearchResponse, number: int, total: int | None) -> str:
    if not answered.results and answered.total > (number - 1) * answered.page_size:
        return "empty_page"
    return "" if total in (None, answered.total) else "other_total"


def _page(answer: Answer, scan: Scan, pass_no: int, number: int, answered: _SearchResponse) -> Page:
    return Page(
        url=answer.url,
        body=answer.body,
        scan=scan.name,
        pass_no=pass_no,
        number=number,
        announced=answered.total,
        asked=scan.checked(),
    )


def _sort(pass_no: int) -> dict[str, Any]:
    """Sort by `identifier`, the one sortable field that no record lacks; rows without the sort field are left out.

    Cascade calls share it, so rows can slip between two pages; reversing the order moves where they slip.
    """
    return {"field": "identifier", "order": "ASC" if pass_no % 2 else "DESC"}


async def _search(
    fetch: Fetch, settings: Settings, query: Mapping[str, Any], number: int, sort: Mapping[str, Any]
) -> Answer:
    """Ask the API. `displayFields` is never sent: with it `topicConditions` is left out whatever it names."""
    parts: dict[str, object] = {"query": query, "languages": ["en"]}
    return await fetch.post_parts(
        f"{settings.api_url.rstrip('/')}/search-api/prod/rest/search",
        params={"apiKey": settings.api_key, "text": "***", "pageSize": PAGE_SIZE, "pageNumber": number},
        parts=parts | ({"sort": sort} if sort else {}),
    )


def _beyond_window(scan: str, total: int) -> RunQuarantined:
    return RunQuarantined(KEY, BEYOND_WINDOW, f"scan {scan} announces {total} rows, {WINDOW} can be paged through")


# --- what is answered -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)  # a page is first looked at for paging, then cut into rows
def _parsed_response(body: bytes) -> _SearchResponse:
    answer = _decoded(body)
    results, total, page_size = answer.get("results"), answer.get("totalResults"), answer.get("pageSize") or PAGE_SIZE
    if not isinstance(results, list) or not isinstance(total, int) or not isinstance(page_size, int):
        raise ParseError(KEY, "not_an_answer", f"no results in an answer with the keys {sorted(answer)[:10]}")
    return _SearchResponse(total, page_size, results)


def _decoded(body: bytes) -> dict[str, Any]:
    answer = json_of(KEY, body, beginnings=(b"", b"{"))
    if not isinstance(answer, dict):
        raise ParseError(KEY, "not_an_answer", f"a {type(answer).__name__} instead of an answer")
    if "type" in answer and "results" not in answer:
        raise ParseError(KEY, "throwable", f"{answer['type']}: {answer.get('message')}")
    return answer
