"""TED: tenders above the EU's thresholds, from the search API of the Official Journal's supplement. Off by default.

Publisher: Publications Office of the European Union, https://ted.europa.eu/
How it is asked: POST /v3/notices/search, https://docs.ted.europa.eu/api/latest/search.html; 250 notices
per response, the next ones by its token. Sorted by publication number, which is unique: sorted by date, notices slip.
Terms: Commission content may be reused with its source named (Decision 2011/833/EU).

Never seen live: built on a recorded answer of August 2026. In particular `today()` in a query, and answers that timed
out on the server's side.

A procedure is one call, described by its newest notice; deadlines are days, several if lots differ.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from db.calls import CallFacts, CallKind, Deadline
from tracker.errors import ParseError, RunQuarantined
from tracker.fetching.fetch import Answer, Fetcher
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.dates import BRUSSELS, DateForm, read_day
from tracker.sources.support.json_records import object_of, record_fingerprint, records_of
from tracker.sources.support.plaintext import line_of

KEY = "ted"
SOURCE = Source(
    key=KEY,
    name="TED",
    publisher="Publications Office of the European Union",
    home="https://ted.europa.eu/",
    licence="European Union, reuse with acknowledgement (Decision 2011/833/EU)",
    version=1,
    bounds=Bounds(least=1, most=10_000),
    never_seen_live="built on one recorded answer of August 2026; today() in a query",
)

PAGE_SIZE = 250
MOST_PAGES = 40
LANGUAGES = {  # in TED's codes, our readers' languages first
    "fin": "fi",
    "swe": "sv",
    "eng": "en",
    "bul": "bg",
    "ces": "cs",
    "dan": "da",
    "deu": "de",
    "ell": "el",
    "spa": "es",
    "est": "et",
    "fra": "fr",
    "gle": "ga",
    "hrv": "hr",
    "hun": "hu",
    "ita": "it",
    "lit": "lt",
    "lav": "lv",
    "mlt": "mt",
    "nld": "nl",
    "pol": "pl",
    "por": "pt",
    "ron": "ro",
    "slk": "sk",
    "slv": "sl",
}
# An unknown name refuses the whole request; a notice's links come without being requested.
FIELDS = (
    "publication-number",
    "publication-date",
    "notice-title",
    "buyer-name",
    "buyer-country",
    "classification-cpv",
    "notice-type",
    "contract-nature",
    "procedure-identifier",
    "deadline-receipt-tender-date-lot",
)


class Settings(SourceSettings):
    """The address of the API, and which tenders are read."""

    enabled: bool = False
    api_url: str = Field("https://api.ted.europa.eu", description="host of the search API")
    countries: tuple[str, ...] = Field(("FIN",), min_length=1, description="countries of buyers, in three letters")
    cpv: tuple[str, ...] = Field((), description="CPV codes to read only, * for any ending; empty: all")


async def pages(fetch: Fetcher, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch every notice with a deadline ahead; yield pages only then, as the last decides which notices are newest.

    Raises FetchError, ParseError (html, truncated, not_json, not_an_answer, timed_out, no_rows) and RunQuarantined
    (filter_ignored, incomplete, too_many_pages).
    """
    filters = {"buyer-country": list(settings.countries)}
    answers: list[Answer] = []
    totals: list[int] = []
    seen: set[str] = set()
    newest: dict[str, str] = {}
    token: str | None = ""
    while token is not None:
        if len(answers) == MOST_PAGES:
            raise RunQuarantined(KEY, "too_many_pages", f"{totals[-1]} notices announced, {len(seen)} read")
        answer = await _search(fetch, settings, token)
        total, notices, token = _parsed_response(answer.body, filters)
        answers.append(answer)
        totals.append(total)
        seen |= {_number(notice) for notice in notices}
        for notice in notices:
            newest[_key(notice)] = max(newest.get(_key(notice), "0-0"), _number(notice), key=_in_order)
    if len(seen) < min(totals):
        raise RunQuarantined(KEY, "incomplete", f"{totals[-1]} notices announced, {len(seen)} came")
    for number, answer in enumerate(answers, start=1):
        yield Page(answer.url, answer.body, number=number, asked=filters, details=newest)


def rows(page: Page) -> Iterator[Row]:
    """Split a page into the newest notice of each procedure. Raises ParseError and RunQuarantined (filter_ignored)."""
    for notice in _parsed_response(page.body, page.asked)[1]:
        key = _key(notice)
        if page.details.get(key) == _number(notice):
            read = {field: notice.get(field) for field in (*FIELDS, "links")}
            yield Row(key, record_fingerprint(read), read)


def facts(row: Row) -> CallFacts:
    """Parse one notice. Raises ParseError (no_title, date)."""
    notice: Mapping[str, Any] = row.record
    title, language = _in_best_language(notice.get("notice-title"))
    if not title:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    buyer, _ = _in_best_language(notice.get("buyer-name"))
    published = _days([notice.get("publication-date")])
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.TENDER,
        identifier=_number(notice),
        title=title,
        type_of_action=next(iter(_distinct(notice.get("contract-nature"))), None),
        opens_on=published[0].on if published else None,
        deadlines=_days(notice.get("deadline-receipt-tender-date-lot") or []),
        keywords=tuple(f"CPV {code}" for code in _distinct(notice.get("classification-cpv"))),
        audience=("company",),
        url=_link(notice, language),
        language=language,
        text=f"Buyer:\n{buyer}" if buyer else None,
    )


# --- asking -----------------------------------------------------------------------------------------------------------


def _query(settings: Settings) -> str:
    parts = [f"buyer-country IN ({' '.join(settings.countries)})", "deadline-receipt-tender-date-lot >= today()"]
    if settings.cpv:
        parts.insert(1, f"classification-cpv IN ({' '.join(settings.cpv)})")
    return f"{' AND '.join(f'({part})' for part in parts)} SORT BY publication-number DESC"


async def _search(fetch: Fetcher, settings: Settings, token: str) -> Answer:
    body: dict[str, object] = {
        "query": _query(settings),
        "fields": list(FIELDS),
        "limit": PAGE_SIZE,
        "paginationMode": "ITERATION",
    }
    return await fetch.post_json(
        f"{settings.api_url.rstrip('/')}/v3/notices/search",
        body=body | ({"iterationNextToken": token} if token else {}),
    )


def _parsed_response(body: bytes, filters: Mapping[str, Sequence[str]]) -> tuple[int, list[dict[str, Any]], str | None]:
    """Return the total, the notices of this response, and the token of the next one (None after the last)."""
    answer = object_of(KEY, body)
    notices, total = records_of(KEY, answer, "notices"), answer.get("totalNoticeCount")
    if not isinstance(total, int) or not all(notice.get("publication-number") for notice in notices):
        raise ParseError(KEY, "not_an_answer", f"totalNoticeCount is {total!r}, or a notice has no publication-number")
    if answer.get("timedOut"):
        raise ParseError(KEY, "timed_out", "the search ended before it had found everything")
    for notice in notices:
        if set(notice.get("buyer-country") or ()).isdisjoint(filters["buyer-country"]):
            detail = f"{notice['publication-number']} is of {notice.get('buyer-country')}"
            raise RunQuarantined(KEY, "filter_ignored", f"asked for {filters['buyer-country']}, {detail}")
    return total, notices, (answer.get("iterationNextToken") or None) if notices else None


def _key(notice: Mapping[str, Any]) -> str:
    """Return the key of the procedure; for notices from before 2023, which have none, the notice's own number."""
    return str(notice.get("procedure-identifier") or notice["publication-number"])


def _number(notice: Mapping[str, Any]) -> str:
    return str(notice["publication-number"])


def _in_order(number: str) -> tuple[int, int]:
    """Return the sort order of `542832-2026`: numbers start anew every year."""
    count, _, year = number.partition("-")
    if not (count.isdecimal() and year.isdecimal()):
        raise ParseError(KEY, "not_an_answer", f"the publication number {number!r}")
    return int(year), int(count)


# --- fields -----------------------------------------------------------------------------------------------------------


def _in_best_language(value: Any) -> tuple[str, str]:
    """Pick a text in the language that our readers know best; return it and the language."""
    by_language = value if isinstance(value, dict) else {}
    for theirs, ours in LANGUAGES.items():
        texts = by_language.get(theirs)
        if line := line_of(texts[0] if isinstance(texts, list) and texts else texts or ""):
            return line, ours
    return "", "en"


def _days(values: Sequence[str | None]) -> tuple[Deadline, ...]:
    """Read deadlines: `2026-09-02+02:00` is a day, not two in the morning; lots repeat it."""
    return tuple(
        Deadline(on=day.on)
        for day in sorted(
            {read_day(KEY, value, BRUSSELS, {DateForm.ISO}) for value in values if value}, key=lambda d: d.on
        )
    )


def _distinct(values: Any) -> list[str]:
    return list(dict.fromkeys([values] if isinstance(values, str) else values or ()))


def _link(notice: Mapping[str, Any], language: str) -> str:
    """Return the notice's page in the language that was read, else in English."""
    pages_by_language = (notice.get("links") or {}).get("html") or {}
    codes = {ours: theirs.upper() for theirs, ours in LANGUAGES.items()}
    link = pages_by_language.get(codes[language]) or pages_by_language.get("ENG") or ""
    return link if link.startswith("https://") else f"{SOURCE.home}en/notice/-/detail/{_number(notice)}"
