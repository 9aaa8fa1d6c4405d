"""haeavustuksia.fi: the grants of Finland's state authorities, from the JSON that the site's own pages load.

Publisher: State Treasury of Finland and the granting authorities, https://www.haeavustuksia.fi/
How it is asked: GET /api/haku/list-items, pages counted from 1; a response has totalCount, pageCount, hakuilmoitukset.
Terms: public notices of authorities; no licence, no documentation and no promise of stability.

Never seen live: built on a recorded item and envelope of 2026 and on what two collectors report. In particular the
largest page size, and how authorities other than the recorded one are abbreviated. A call's detail page, with its
conditions, is not read: its data was never recorded.

Most of it is national money, so a call is kept only if the settings name its authority or a word of its text.
Authorities of a single region stand in the region's file. So do the national grants of a spearhead's field, which no EU
programme pays: those of an authority (as the ministry for sport) that have a word of the field. Readers are told of
what the rules tag.
Rolling calls end in a far year (2036) that means nothing, and have no deadline here.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import Field

from db.calls import CallFacts, CallKind, Deadline
from db.subscribers import Language
from tracker.errors import ParseError, RunQuarantined
from tracker.fetching.asking import Fetch
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.contacts import without_contacts
from tracker.sources.support.json_records import (
    Record,
    key_or_none,
    key_or_place,
    keyed,
    list_of,
    object_of,
    record_fingerprint,
)
from tracker.sources.support.plaintext import line_of, text_of
from tracker.sources.walls import rows_from

KEY = "haeavustuksia"
SOURCE = Source(
    key=KEY,
    name="Haeavustuksia.fi",
    publisher="State Treasury of Finland",
    home="https://www.haeavustuksia.fi/",
    licence="public notices of authorities; no licence stated",
    version=1,
    bounds=Bounds(least=1, most=600),
    never_seen_live="built on one recorded item and two shortened answers of 2026",
)

HELSINKI = ZoneInfo("Europe/Helsinki")
LANGUAGES = ("fi", "sv", "en")
PREFERRED = "languages"  # beside the fields of a call: in which languages it is wanted, the first one first
NUMBER, AUTHORITY = "hakuasianAsianumero", "vastuullinenJarjestajaOrganisaatio"
OPENS, CLOSES = "hakuAlkaaDateTimeUtc", "hakuPaattyyDateTimeUtc"
CONTINUOUS = "continuous"
NEVER = "2100"  # an end in such a year, as in 9999-12-31, says that there is none
MODELS = {"Jatkuva": CONTINUOUS, "Maaraaikainen": "single-stage"}
ENDLESS_YEARS = 5  # a rolling call that lasts longer has no real end
PAGE_SIZE = 100
MOST_PAGES = 60  # 2,615 calls of all states in September 2026
PASSES = 3
FIELDS = (
    "nimi",
    "kuvaus",
    OPENS,
    CLOSES,
    "hakuTyyppi",
    "julkaisuTyyppi",
    AUTHORITY,
)


class Settings(SourceSettings):
    """The service's address, and which of its calls have to do with the EU."""

    site_url: str = Field("https://www.haeavustuksia.fi", description="where the service is")
    authorities: tuple[str, ...] = Field(
        (
            "Opetushallitus",
            "Ruokavirasto",
            "Työ- ja elinkeinoministeriö",
            "Ympäristöministeriö",
        ),
        description="authorities (Finnish name or abbreviation) of which every call is kept",
    )
    regional_authorities: tuple[str, ...] = Field(
        (), description="those of the region, of which every call is kept, too"
    )
    languages: tuple[Language, ...] = Field(
        tuple(Language), description="in which of its languages a call is read: the first that it has"
    )
    national_grants: dict[str, tuple[str, ...]] = Field(
        {},
        description="national grants of a field: an authority, and words of which its call must have one to be kept; "
        "written like `words`; none: every call of this authority",
    )
    words: tuple[str, ...] = Field(
        (
            "EU",
            "Euroopan unioni*",
            "Euroopan komissio*",
            "Euroopan aluekehitysrahasto*",
            "Euroopan sosiaalirahasto*",
            "eurooppala*",
            "EAKR",
            "ESR",
            "JTF",
            "AKKE",
            "Interreg*",
            "Horisontti*",
            "Horizon*",
            "Erasmus*",
            "Luova Eurooppa",
            "LIFE",
        ),
        description="words that keep a call of any authority; * stands for any ending, capitals alone for themselves",
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    """One response of the list, parsed as far as paging needs."""

    total: int
    pages: int
    items: list[Any]


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """Fetch every page of forthcoming and open calls, up to three times while fewer come than announced.

    Calls move between pages during a reading. Raises FetchError, ParseError (html, truncated, not_json, not_an_answer,
    no_rows) and RunQuarantined (incomplete, too_many_pages).
    """
    seen: set[str] = set()
    total = -1
    for pass_no in range(1, PASSES + 1):
        of_pass: set[str] = set()
        async for page, listed in _pass(fetch, settings, pass_no):
            of_pass |= {key_or_place(item, NUMBER, (page.number, place)) for place, item in enumerate(listed.items)}
            total = listed.total
            yield page
        seen |= of_pass
        if total in (len(of_pass), len(seen)):
            return
    raise RunQuarantined(KEY, "incomplete", f"{total} calls announced, {len(seen)} came, read {PASSES} times")


def rows(page: Page) -> Iterator[Row]:
    """Split a page into the calls that have to do with the EU. Raises ParseError."""
    languages = page.asked.get("languages", [])
    return rows_from(KEY, _listed(page.body).items, partial(_row, _Kept.of(page.asked), languages), _known_key)


def facts(row: Row) -> CallFacts:
    """Parse one call, in the first of the wanted languages that it has. Raises ParseError (no_title, model, date)."""
    call = Record(KEY, row.key, row.record)
    language, title = _title(call, row.record.get(PREFERRED, ()))
    model = MODELS.get(call.text("hakuTyyppi"))
    if model is None:
        raise ParseError(KEY, "model", f"{row.key} has the type {call.text('hakuTyyppi')!r}")
    opens_at = call.instant(OPENS, HELSINKI)
    closes_at = None if model == CONTINUOUS and call.text(CLOSES) >= NEVER else call.instant(CLOSES, HELSINKI)
    return CallFacts(
        source=KEY,
        key=row.key,
        kind=CallKind.NATIONAL,
        identifier=row.key,
        title=title,
        opens_on=opens_at.date() if opens_at else None,
        deadlines=() if model == CONTINUOUS and _is_endless(opens_at, closes_at) else _deadlines(closes_at),
        deadline_model=model,
        url=f"{SOURCE.home}fi/haku/{quote(row.key, safe='')}",
        language=language,
        text=_text(call, language),
    )


# --- paging -----------------------------------------------------------------------------------------------------------


async def _pass(fetch: Fetch, settings: Settings, pass_no: int) -> AsyncIterator[tuple[Page, _Listed]]:
    authorities = [*settings.authorities, *settings.regional_authorities]
    fields = {authority: list(words) for authority, words in settings.national_grants.items()}
    kept = {"authorities": authorities, "words": list(settings.words), "national_grants": fields}
    asked = kept | {"languages": [language.value for language in settings.languages]}
    number, last = 1, 1
    while number <= last:
        answer = await fetch.get(f"{settings.site_url.rstrip('/')}/api/haku/list-items", params=_query(number))
        listed = _listed(answer.body)
        last = listed.pages
        if last > MOST_PAGES:
            raise RunQuarantined(KEY, "too_many_pages", f"{last} pages announced, {MOST_PAGES} are believed")
        if not listed.items and listed.total > (number - 1) * PAGE_SIZE:
            raise ParseError(KEY, "no_rows", f"page {number} of {last} is empty, with {listed.total} calls announced")
        yield Page(answer.url, answer.body, pass_no=pass_no, number=number, asked=asked), listed
        number += 1


def _query(number: int) -> dict[str, str | int]:
    return {
        "Pagination.Page": number,
        "Pagination.PageSize": PAGE_SIZE,
        "Language": "fi",
        "SearchTerm": "",
        "VaOrgLyhenne": "",
        "ShowFuture": "true",
        "ShowOngoing": "true",
        "ShowEnded": "false",
        "HideExternal": "false",
    }


def _listed(body: bytes) -> _Listed:
    answer = object_of(KEY, body)
    items = list_of(KEY, answer, "hakuilmoitukset")
    total, count = answer.get("totalCount"), answer.get("pageCount")
    if not isinstance(total, int) or not isinstance(count, int):
        raise ParseError(KEY, "not_an_answer", f"totalCount {total!r}, pageCount {count!r}")
    return _Listed(total, count, items)


def _known_key(item: Any) -> str:
    return key_or_none(item, NUMBER)


def _row(kept: "_Kept", languages: Sequence[str], item: Any) -> Row | None:
    """Make the row of a call; None if it has nothing to do with the EU, the region or a field of its own."""
    call = Record(KEY, keyed(KEY, item, NUMBER), item)
    if not kept.is_of(call):
        return None
    read = {field: item.get(field) for field in FIELDS} | {PREFERRED: languages}
    return Row(call.key, record_fingerprint(read), read)


# --- which calls are kept ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the settings keep; names of authorities are case-folded."""

    authorities: frozenset[str]
    words: tuple[re.Pattern[str], ...]
    fields: Mapping[str, tuple[re.Pattern[str], ...]]  # by authority: the words of which its grant must have one

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        return cls(
            frozenset(name.casefold() for name in asked["authorities"]),
            tuple(map(_pattern, asked["words"])),
            {n.casefold(): tuple(map(_pattern, of_field)) for n, of_field in asked.get("national_grants", {}).items()},
        )

    def is_of(self, call: Record) -> bool:
        """Whether a call is kept: by its authority, by a word, or as a national grant of a field."""
        authority = call.record(AUTHORITY)
        names = {name.casefold() for name in (authority.text("lyhenne"), *_translations(authority, "nimi"))}
        text = " ".join([*_translations(call, "nimi"), *_translations(call, "kuvaus")])
        if not names.isdisjoint(self.authorities) or any(word.search(text) for word in self.words):
            return True
        of_fields = [self.fields[name] for name in names & self.fields.keys()]
        return any(not words or any(word.search(text) for word in words) for words in of_fields)


def _pattern(word: str) -> re.Pattern[str]:
    stem = re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")
    return re.compile(rf"(?<!\w){stem}(?!\w)", 0 if word.isupper() else re.IGNORECASE)


# --- fields -----------------------------------------------------------------------------------------------------------


def _translations(call: Record, field: str) -> list[str]:
    """Return a text in every language that has it; each may be null, and so may the whole."""
    by_language = call.record(field)
    return [text for language in LANGUAGES if (text := by_language.text(language))]


def _title(call: Record, languages: Sequence[str]) -> tuple[str, str]:
    """Return the language to read the call in, the wanted ones first, and its title."""
    names = call.record("nimi")
    for language in (*languages, *LANGUAGES):
        if title := line_of(names.text(language)):
            return language, title
    raise ParseError(KEY, "no_title", f"{call.key} has no name in any language")


def _text(call: Record, language: str) -> str | None:
    """Join the description and the authority's name, in one language."""
    about = without_contacts(text_of(call.record("kuvaus").text(language)))
    authority = call.record(AUTHORITY).record("nimi").text(language)
    headings = {"fi": "Myöntäjä:", "sv": "Bidragsgivare:", "en": "Granted by:"}
    return "\n".join(filter(None, [about, f"{headings[language]}\n{authority}" if authority else ""])) or None


def _deadlines(closes_at: datetime | None) -> tuple[Deadline, ...]:
    """Read the end as a deadline: an instant, usually 23:59; midnight sharp is the end of the day before."""
    if closes_at is None:
        return ()
    if (closes_at.hour, closes_at.minute) == (0, 0):
        return (Deadline(on=closes_at.date() - timedelta(days=1)),)
    return (Deadline(on=closes_at.date(), at=closes_at),)


def _is_endless(opens_at: datetime | None, closes_at: datetime | None) -> bool:
    """Tell whether a rolling call's end is a placeholder; a call without a start has no end either."""
    return closes_at is not None and (opens_at is None or closes_at.year - opens_at.year >= ENDLESS_YEARS)
