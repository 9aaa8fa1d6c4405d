"""Skeletons: what the module and the test of a new source begin with.

Does not write files (`jobs.record`). What is still to be said stands in them in capitals.
"""

from string import Template

HEAD = '''"""$key: WHAT IT PUBLISHES, IN ONE LINE.

Publisher: WHO, $home
How it is asked: $url
Terms: NOT SEEN

Never seen live: recorded on $on; WHAT IS STILL NOT KNOWN.

Does not WHAT IT LEAVES OUT.
"""

'''
SOURCE = """
SOURCE = Source(
    key="$key",
    name="$key",
    publisher="$host",
    home="$home",
    licence="not seen",
    version=1,
    bounds=Bounds(least=1, most=1000),
    never_seen_live="one page was recorded on $on",
)
"""
WEB = Template(
    HEAD
    + """from tracker.sources import Bounds, Source
from tracker.sources.listing import Listing, Settings, reader

__all__ = ["SOURCE", "Settings", "facts", "pages", "rows"]
"""
    + SOURCE
    + """LISTING = Listing(
    url="$url",
    card="article",  # one call of the list; then what of it says when it closes
    closes="time",
)
pages, rows, facts = reader(SOURCE, LISTING)
"""
)
DATA = Template(
    HEAD
    + """from collections.abc import AsyncIterator, Iterator

from pydantic import Field

from db.calls import CallFacts, CallKind
from tracker.fetch import Fetcher
from tracker.plaintext import line_of
from tracker.sources import Bounds, Page, Row, Source, SourceSettings, Wanted
from tracker.sources.json_answers import fingerprint, object_of, records_of

KEY = "$key"
"""
    + SOURCE.replace('"$key"', "KEY", 1)
    + '''FIELDS = ("title",)  # what `facts` reads of a record, and nothing else


class Settings(SourceSettings):
    """Where the calls are."""

    url: str = Field("$url", description="the address that is read")


async def pages(fetch: Fetcher, settings: Settings, wanted: Wanted) -> AsyncIterator[Page]:
    """The one answer. Raises FetchError."""
    answer = await fetch.get(settings.url)
    yield Page(answer.url, answer.body)


def rows(page: Page) -> Iterator[Row]:
    """Every record of the answer. Raises ParseError (html, truncated, not_json, not_an_answer)."""
    for record in records_of(KEY, object_of(KEY, page.body), "results"):
        read = {field: record.get(field) for field in FIELDS}
        yield Row(str(record["id"]), fingerprint(read), read)


def facts(row: Row) -> CallFacts:
    """What one record says."""
    return CallFacts(
        source=KEY, key=row.key, kind=CallKind.NATIONAL, title=line_of(row.record["title"]), url=SOURCE.home
    )
'''
)
TEST = Template(
    '''"""$key: the page as it was recorded on $on."""

from tests.sources.own_site import HERE, calls_of, expected, told
from tracker.sources import Page, $key

PAGE = Page("$url", (HERE / "$key" / "$page").read_bytes())


def test_the_page_reads_as_it_was_reviewed() -> None:
    assert told(calls_of($key, [PAGE])) == expected("$key")
'''
)
