"""Templates for the module of a new source. What its author must still fill in is in capitals."""

from string import Template

ASKED = {
    "what": "WHAT IT PUBLISHES, IN ONE LINE",
    "name": "ITS NAME AS READERS KNOW IT",
    "who": "WHO PUBLISHES IT",
    "terms": "THE TERMS OF ITS FACTS",
    "unknown": "WHAT OF IT IS STILL NOT KNOWN",
    "left_out": "WHAT IT LEAVES OUT, OR NOTHING",
    "many": "TEN TIMES AS MANY AS TODAY?",
    "language": "THE LANGUAGE OF ITS TITLES?",
}


def unsaid(text: str) -> list[str]:
    """The placeholders that a module's author has not filled in yet."""
    return [words for words in ASKED.values() if words in text]


HEAD = '''"""$name: $what.

Publisher: $who, $home
How it is asked: $url
Terms: $terms

Never seen live: recorded on $on. Not known: $unknown.

Left out: $left_out.
"""

'''
SOURCE = """
SOURCE = Source(
    key="$key",
    name="$name",
    publisher="$who",
    home="$home",
    licence="$terms",
    version=1,
    bounds=Bounds(least=1, most=1000),  # $many
    never_seen_live="one page was recorded on $on",
)
"""
WEB = Template(
    HEAD
    + """from tracker.sources import Bounds, Source
from tracker.sources.kinds.listing import Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]
"""
    + SOURCE
    + """LISTING = Listing(
    url="$url",
    card="article",  # one call of the list; these two are guesses, and `Listing` has more keys
    closes="time",  # what of the card says when it closes; or `period`, if it says both days
    language="en",  # $language
)
pages, rows, facts = reader(SOURCE, LISTING)
"""
)
DATA = Template(
    HEAD
    + """from collections.abc import AsyncIterator, Iterator
from typing import Any

from pydantic import Field

from db.calls import CallFacts, CallKind
from tracker.fetching.asking import Fetch
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.support.json_records import Record, key_or_none, keyed, list_of, object_of, record_fingerprint
from tracker.sources.support.plaintext import line_of
from tracker.sources.walls import rows_from

KEY = "$key"
"""
    + SOURCE.replace('"$key"', "KEY", 1)
    + '''FIELDS = ("title",)  # what `facts` reads of a record, and nothing else


class Settings(SourceSettings):
    """Where the calls are."""

    url: str = Field("$url", description="the address that is read")


async def pages(fetch: Fetch, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """The one answer. Raises FetchError."""
    answer = await fetch.get(settings.url)
    yield Page(answer.url, answer.body)


def rows(page: Page) -> Iterator[Row]:
    """Every record of the answer. Raises ParseError (html, truncated, not_json, not_an_answer)."""
    listed = list_of(KEY, object_of(KEY, page.body), "results")
    return rows_from(KEY, listed, _row, lambda record: key_or_none(record, "id"))


def _row(record: Any) -> Row:
    key = keyed(KEY, record, "id")
    read = {field: record.get(field) for field in FIELDS}
    return Row(key, record_fingerprint(read), read)


def facts(row: Row) -> CallFacts:
    """What one record says. Raises ParseError."""
    record = Record(KEY, row.key, row.record)
    return CallFacts(
        source=KEY, key=row.key, kind=CallKind.NATIONAL, title=line_of(record.text("title")), url=SOURCE.home
    )
'''
)
