"""Cascade Funding Hub: open calls of EU projects to third parties, from the data embedded in its list page.

Publisher: Sploro, https://cascadefunding.eu/open-calls/
How it is asked: one GET; the page carries all calls as JSON in an inline script, `const dataProposals=[…]`.
Terms: a company's site whose terms were not seen; facts and links are kept, its texts are not.

Never seen live: neither the page nor an answer was recorded. Built on the fields that one collector lists; how money
and applicants are written in them is not known.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from pydantic import Field

from db.calls import CallFacts, CallKind, Deadline
from tracker.errors import ParseError
from tracker.fetching.fetch import Fetcher
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.dates import BRUSSELS, DateForm, is_undated, read_day
from tracker.sources.support.json_records import record_fingerprint
from tracker.sources.support.plaintext import line_of

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


async def pages(fetch: Fetcher, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch the list page, once. Raises FetchError and ParseError (no_rows, truncated, not_an_answer)."""
    answer = await fetch.get(f"{settings.site_url.rstrip('/')}/open-calls/")
    yield Page(answer.url, answer.body, announced=len(_listed(answer.body)))


def rows(page: Page) -> Iterator[Row]:
    """Split the list into calls. Raises ParseError."""
    for call in _listed(page.body):
        read = {field: call.get(field) for field in FIELDS}
        yield Row(str(call["id"]), record_fingerprint(read), read)


def facts(row: Row) -> CallFacts:
    """Parse one call, without the site's own descriptions. Raises ParseError (no_title, no_link, date, budget)."""
    call: Mapping[str, Any] = row.record
    title = line_of(call.get("title") or "")
    if not title:
        raise ParseError(KEY, "no_title", f"{row.key} has no title")
    closes = (call.get("closes") or "").strip()
    is_rolling = bool(closes) and is_undated(closes)
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.CASCADE,
        title=title,
        type_of_action=line_of(call.get("call_type") or "") or None,
        deadlines=() if is_rolling or not closes else (_deadline(closes),),
        deadline_model="continuous" if is_rolling else None,
        project_max=_euro(row.key, call.get("funding_per_project")),
        keywords=_lines(row.key, call, "domains") + _lines(row.key, call, "technologies"),
        audience=tuple(
            dict.fromkeys(AUDIENCES.get(who.casefold(), who) for who in _lines(row.key, call, "type_of_beneficiary"))
        ),
        url=_link(row.key, call),
        language="en",
    )


def _listed(body: bytes) -> list[dict[str, Any]]:
    """Extract the calls from the page. Only JSON is parsed; no script is run."""
    page = body.decode("utf-8", "replace")
    script = _DATA.search(page)
    if not script:
        raise ParseError(KEY, "no_rows", f"no dataProposals in a page of {len(body)} bytes")
    try:
        listed, _ = json.JSONDecoder().raw_decode(page, script.end())
    except json.JSONDecodeError as error:
        raise ParseError(KEY, "truncated", f"dataProposals is no JSON: {error}") from error
    if not isinstance(listed, list) or not all(isinstance(call, dict) and call.get("id") for call in listed):
        raise ParseError(KEY, "not_an_answer", "dataProposals is no list of calls with an id")
    return listed


def _deadline(closes: str) -> Deadline:
    """Read a deadline written as `dd/mm/yyyy`."""
    return read_day(KEY, closes, BRUSSELS, {DateForm.SLASHED, DateForm.ISO}).deadline()


def _euro(key: str, money: Any) -> int | None:
    """Read `{"format": "€60,000", "raw": 60000}`: the raw figure, if the written one is in euro."""
    written, raw = ((money or {}).get(name) if isinstance(money, dict) else money for name in ("format", "raw"))
    if not raw or not re.search("€|EUR", str(written)):
        return None
    try:
        return int(float(raw)) or None
    except ValueError as error:
        raise ParseError(KEY, "budget", f"{key} has the amount {raw!r}") from error


def _lines(key: str, call: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = call.get(field) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ParseError(KEY, "not_an_answer", f"{field} of {key} is no list of words: {str(values)[:80]}")
    return tuple(dict.fromkeys(line for value in values if (line := line_of(value))))


def _link(key: str, call: Mapping[str, Any]) -> str:
    link = urljoin(SOURCE.home, str(call.get("permalink") or ""))
    if not link.startswith("https://") or link == SOURCE.home:
        raise ParseError(KEY, "no_link", f"{key} has no page of its own: {call.get('permalink')!r}")
    return link
