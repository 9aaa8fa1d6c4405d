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
from functools import partial
from typing import Any, NamedTuple

from pydantic import Field

from db.calls import CallFacts, CallKind, Deadline
from tracker.errors import ParseError, RunQuarantined
from tracker.fetching.asking import Answer, Fetch
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.dates import BRUSSELS, DateForm, read_day
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
from tracker.sources.walls import each, rows_from

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

NUMBER = "publication-number"
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
    NUMBER,
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


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
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
        total, notices, token = _parsed_response(answer.body)
        answers.append(answer)
        totals.append(total)
        seen |= {key_or_place(notice, NUMBER, (len(answers), place)) for place, notice in enumerate(notices)}
        for notice in each(KEY, notices, _notice):
            if isinstance(notice, _Notice):
                newest[notice.key] = max(newest.get(notice.key, "0-0"), notice.number, key=_in_order)
    if len(seen) < min(totals):
        raise RunQuarantined(KEY, "incomplete", f"{totals[-1]} notices announced, {len(seen)} came")
    for number, answer in enumerate(answers, start=1):
        yield Page(answer.url, answer.body, number=number, asked=filters, details=newest)


def rows(page: Page) -> Iterator[Row]:
    """Split a page into the newest notice of each procedure. Raises ParseError and RunQuarantined (filter_ignored)."""
    return rows_from(KEY, _parsed_response(page.body)[1], partial(_row, page.asked, page.details), _known_key)


def facts(row: Row) -> CallFacts:
    """Parse one notice. Raises ParseError (no_title, date)."""
    notice = Record(KEY, row.key, row.record)
    title, language = _in_best_language(notice.record("notice-title"))
    if not title:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    buyer, _ = _in_best_language(notice.record("buyer-name"))
    published = _days([notice.text("publication-date")])
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.TENDER,
        identifier=notice.code(NUMBER),
        title=title,
        type_of_action=next(iter(notice.codes("contract-nature")), None),
        opens_on=published[0].on if published else None,
        deadlines=_days(notice.texts("deadline-receipt-tender-date-lot")),
        keywords=tuple(f"CPV {code}" for code in dict.fromkeys(notice.codes("classification-cpv"))),
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


async def _search(fetch: Fetch, settings: Settings, token: str) -> Answer:
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


def _parsed_response(body: bytes) -> tuple[int, list[Any], str | None]:
    """Return the total, the notices of this response, and the token of the next one (None after the last)."""
    answer = object_of(KEY, body)
    notices, total = list_of(KEY, answer, "notices"), answer.get("totalNoticeCount")
    if not isinstance(total, int):
        raise ParseError(KEY, "not_an_answer", f"totalNoticeCount is {total!r}")
    if answer.get("timedOut"):
        raise ParseError(KEY, "timed_out", "the search ended before it had found everything")
    return total, notices, (answer.get("iterationNextToken") or None) if notices else None


class _Notice(NamedTuple):
    key: str  # of the procedure; for notices from before 2023, which have none, the notice's own number
    number: str


def _notice(notice: Any) -> _Notice:
    number = keyed(KEY, notice, NUMBER)
    _in_order(number)
    return _Notice(Record(KEY, number, notice).code("procedure-identifier") or number, number)


def _known_key(notice: Any) -> str:
    return key_or_none(notice, "procedure-identifier") or key_or_none(notice, NUMBER)


def _row(asked: Mapping[str, Sequence[str]], newest: Mapping[str, str], notice: Any) -> Row | None:
    """Make the row of a notice; None if its procedure has a newer one."""
    key, number = _notice(notice)
    countries = Record(KEY, number, notice).codes("buyer-country")
    if set(countries).isdisjoint(asked["buyer-country"]):
        detail = f"asked for {asked['buyer-country']}, {number} is of {countries}"
        raise RunQuarantined(KEY, "filter_ignored", detail)
    if newest.get(key) != number:
        return None
    read = {field: notice.get(field) for field in (*FIELDS, "links")}
    return Row(key, record_fingerprint(read), read)


def _in_order(number: str) -> tuple[int, int]:
    """Return the sort order of `542832-2026`: numbers start anew every year."""
    count, _, year = number.partition("-")
    if not (count.isdecimal() and year.isdecimal()):
        raise ParseError(KEY, "not_an_answer", f"the publication number {number!r}")
    return int(year), int(count)


# --- fields -----------------------------------------------------------------------------------------------------------


def _in_best_language(by_language: Record) -> tuple[str, str]:
    """Pick a text in the language that our readers know best; return it and the language."""
    for theirs, ours in LANGUAGES.items():
        texts = by_language.one_or_more(theirs)
        if line := line_of(texts[0] if texts else ""):
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


def _link(notice: Record, language: str) -> str:
    """Return the notice's page in the language that was read, else in English."""
    pages_by_language = notice.record("links").record("html")
    codes = {ours: theirs.upper() for theirs, ours in LANGUAGES.items()}
    link = pages_by_language.text(codes[language]) or pages_by_language.text("ENG")
    return link if link.startswith("https://") else f"{SOURCE.home}en/notice/-/detail/{notice.code(NUMBER)}"
