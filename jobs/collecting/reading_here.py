"""Read a source in this process: its pages, or calls that are looked up by their keys.

The process is usually a child of its own (`jobs.collecting.reading_apart`), which has neither the database nor the web:
what it fetches and keeps goes through whoever started it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from db.calls import KnownCall
from jobs.collecting.reading import Reading
from jobs.collecting.spool import Spool
from tracker import sources
from tracker.fetching.asking import Fetch
from tracker.readings.health import Tally
from tracker.readings.seasons import Opening
from tracker.sources import Page, SourceSettings, Tables, Wanted
from tracker.sources.walls import walled

Keep = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What is to be read: a source as configured, with the calls that we know of it."""

    key: str
    tables: Tables
    settings: SourceSettings
    now: datetime
    known: dict[str, KnownCall]
    keys: tuple[str, ...] = ()  # look up these calls instead of reading the pages
    tally: Tally = field(default_factory=Tally)  # what was counted before

    def begin(self, spool: Spool) -> Reading:
        """Begin a reading of it, whose changed calls go to this spool."""
        return Reading(sources.module_of(self.key, self.tables), self.known, self.now, spool, self.tally)


class Found(NamedTuple):
    """What a reading has counted; its changed calls are in the spool."""

    tally: Tally
    identifiers: set[str]
    openings: list[Opening]
    has_nameless: bool
    spooled: int

    @classmethod
    def of(cls, reading: Reading) -> "Found":
        """What this reading has counted so far."""
        return cls(reading.tally, reading.identifiers, reading.openings, reading.has_nameless, reading.spool.count)


async def read_here(assignment: Assignment, reading: Reading, fetch: Fetch, keep: Keep) -> None:
    """Read the pages, or look up the keys; every page is kept before it is read. Raises SourceError."""
    with walled(assignment.key):
        if assignment.keys:
            for row in await reading.module.lookup(fetch, assignment.settings, assignment.keys):
                reading.tally.seen.add(row.key)
                reading.put_aside(row)
            return
        async for page in reading.module.pages(fetch, assignment.settings, Wanted()):
            await keep(page)
            reading.take(page)
