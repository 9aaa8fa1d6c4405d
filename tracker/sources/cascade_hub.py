"""Cascade Funding Hub: open calls of EU projects to third parties, from the data embedded in its list page.

Publisher: Sploro, https://cascadefunding.eu/open-calls/
How it is asked: one GET; the page carries all calls as JSON in an inline script, `const dataProposals=[…]`.
Terms: a company's site whose terms were not seen; facts and links are kept, its texts are not.

Never seen live: neither the page nor an answer was recorded. Built on the fields that one collector lists; how money
and applicants are written in them is not known.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urljoin

from pydantic import Field

from db.calls import CallFacts, CallKind, Deadline
from tracker.errors import ParseError
from tracker.fetching.asking import Fetch
from tracker.fetching.charsets import as_text
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.dates import BRUSSELS, DateForm, is_undated, read_day
from tracker.sources.support.json_records import Record, key_or_none, keyed, record_fingerprint
from tracker.sources.support.plaintext import line_of
from tracker.sources.walls import rows_from

KEY = "cascade_hub"
SOURCE = Source(
    key=KEY,
    name="Cascade Funding Hub",
    publisher="Sploro",
    home="https://cascadefunding.eu/open-calls/",
    licence="terms not seen; facts and links only",
    version=1,
    bounds=Bounds(least=1, most=1000),
    never_seen_live="nothing of it was recorded; built on the field names that one collector lists",
)

AUDIENCES = {
    "sme": "sme",
    "smes": "sme",
    "startup": "sme",
    "startups": "sme",
    "start-up": "sme",
    "start-ups": "sme",
    "company": "company",
    "companies": "company",
    "large companies": "company",
    "midcap": "company",
    "midcaps": "company",
    "university": "university",
    "universities": "university",
    "research organisation": "research",
    "research organisations": "research",
    "research organizations": "research",
    "public administration": "public",
    "public administrations": "public",
    "public bodies": "public",
    "municipalities": "municipality",
    "ngo": "association",
    "ngos": "association",
    "non-profit organisations": "association",
    "individual": "individual",
    "individuals": "individual",
}
FIELDS = (
    "title",
    "type_of_beneficiary",
    "closes",
    "funding_per_project",
    "domains",
    "technologies",
    "call_type",
    "permalink",
)

_DATA = re.compile(r"\bconst\s+dataProposals\s*=\s*")


class Settings(SourceSettings):
    """The address of the list."""

    site_url: str = Field("https://cascadefunding.eu", description="where the list is")


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch the list page, once. Raises FetchError and ParseError (no_rows, truncated, not_an_answer)."""
    answer = await fetch.get(f"{settings.site_url.rstrip('/')}/open-calls/")
    yield Page(answer.url, answer.body, announced=len(_listed(answer.body)))


def rows(page: Page) -> Iterator[Row]:
    """Split the list into calls. Raises ParseError."""
    return rows_from(KEY, _listed(page.body), _row, lambda call: key_or_none(call, "id"))


def _row(call: Any) -> Row:
    key = keyed(KEY, call, "id")
    read = {field: call.get(field) for field in FIELDS}
    return Row(key, record_fingerprint(read), read)


def facts(row: Row) -> CallFacts:
    """Parse one call, without the site's own descriptions. Raises ParseError (no_title, no_link, date, budget)."""
    call = Record(KEY, row.key, row.record)
    title = line_of(call.text("title"))
    if not title:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    closes = call.text("closes")
    is_rolling = bool(closes) and is_undated(closes)
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.CASCADE,
        title=title,
        type_of_action=line_of(call.text("call_type")) or None,
        deadlines=() if is_rolling or not closes else (_deadline(closes),),
        deadline_model="continuous" if is_rolling else None,
        project_max=_euro(call),
        keywords=_lines(call, "domains") + _lines(call, "technologies"),
        audience=tuple(
            dict.fromkeys(AUDIENCES.get(who.casefold(), who) for who in _lines(call, "type_of_beneficiary"))
        ),
        url=_link(call),
        language="en",
    )


def _listed(body: bytes) -> list[Any]:
    """Extract the calls from the page. Only JSON is parsed; no script is run."""
    page = as_text(body)
    script = _DATA.search(page)
    if not script:
        raise ParseError(KEY, "no_rows", f"no dataProposals in a page of {len(body)} bytes")
    try:
        listed, _ = json.JSONDecoder().raw_decode(page, script.end())
    except (json.JSONDecodeError, RecursionError) as error:
        raise ParseError(KEY, "truncated", f"dataProposals is no JSON: {error}") from error
    if not isinstance(listed, list):
        raise ParseError(KEY, "not_an_answer", "dataProposals is no list of calls")
    return listed


def _deadline(closes: str) -> Deadline:
    """Read a deadline written as `dd/mm/yyyy`."""
    return read_day(KEY, closes, BRUSSELS, {DateForm.SLASHED, DateForm.ISO}).deadline()


def _euro(call: Record) -> int | None:
    """Read `{"format": "€60,000", "raw": 60000}`: the raw figure, if the written one is in euro."""
    money = call.record("funding_per_project")
    return money.euro("raw") or None if re.search("€|EUR", money.text("format")) else None


def _lines(call: Record, field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for value in call.texts(field) if (line := line_of(value))))


def _link(call: Record) -> str:
    link = urljoin(SOURCE.home, call.text("permalink"))
    if not link.startswith("https://") or link == SOURCE.home:
        raise ParseError(KEY, "no_link", f"{call.key} has no page of its own: {call.text('permalink')!r}")
    return link
