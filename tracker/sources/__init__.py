"""Sources: what a source is, and where sources come from: modules of this folder and entries of the configuration.

A source is a module of this folder with

    SOURCE = Source(key=..., publisher=..., ...)
    class Settings(SourceSettings)                    its keys under [sources.<key>] in the configuration, with defaults
    async def pages(fetch, settings, wanted) -> AsyncIterator[Page]   fetches the publisher's pages
    def rows(page) -> Iterable[Row]                   splits a page into the publisher's own records, checking that
                                                      they match the filter (RunQuarantined, ParseError)
    def facts(row) -> CallFacts                       parses one record (ParseError)

and, if the publisher offers it, `async def lookup(fetch, settings, keys) -> list[Row]`: direct look-up of calls that
have vanished. Rows carry a fingerprint over the fields that `facts` reads, so that an unchanged record is never parsed
twice. Adding a source means adding a file here, its recorded page and its reviewed calls under
`tests/tracker/sources`; `tracker sources record` writes all three, and nothing else is edited.

A publisher with an archive has `SOURCE.past` and `def past_scans(settings) -> Sequence[str]`. Its `pages` then also
fetch a part of the past (`Wanted.part`), and its `lookup` proves that the index is today's.

A kind is a module of `kinds` that reads many sites in the same way (`listing`, `feed`, `wordpress`, `watch`), with

    KIND = "listing"
    class Entry(Described)                            a table [sources.<key>] of the configuration, or of the region's
                                                      file below it (`tracker.config`), that names the kind
    def reader(source, spec) -> SourceReader          pages, rows and facts of one such site

Sources of this folder call a kind's `reader`; it also turns an entry of the configuration into a module.
"""

import importlib
import pkgutil
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple

from pydantic import Field

from db.calls import CallFacts
from tracker.crontab import Crontab
from tracker.strict import Strict


@dataclass(frozen=True, slots=True)
class Bounds:
    """The number of calls that a healthy reading holds; a violated bound is a signal to explain the run."""

    least: int
    most: int
    past: float = 0.10  # usual share of past deadlines, until the source has accepted readings; archives have more
    own_pages_count: bool = True  # False: detail pages only add to a list that is complete without them


class SourceSettings(Strict):
    """The settings that every source has; a source's own `Settings` adds its keys."""

    enabled: bool = True
    least: int | None = Field(
        None, ge=0, description="fewest calls of a healthy reading; empty: the source's own bound"
    )
    most: int | None = Field(None, ge=1, description="most calls of a healthy reading; empty: the source's own bound")

    schedule: Crontab | None = Field(
        None, description="crontab line of its own, as in [schedule]; empty: schedule.collect"
    )
    canaries: tuple[str, ...] = Field(
        (), description="keys or identifiers of calls that every reading must hold for as long as they are not over"
    )
    season: bool = Field(
        True, description="whether families of calls that opened in these weeks of earlier years must be seen again"
    )
    gone_after_days: int = Field(
        4, ge=0, description="how long a call must be missing, from two readings in a row at least, to be withdrawn"
    )

    def doubts(self) -> list[str]:
        """What can be read so and is hardly meant, for whoever checks a region's file."""
        return []

    def bounds(self, own: Bounds) -> Bounds:
        """Return the bounds for judging a reading: as configured, else the source's own."""
        least, most = (own.least if self.least is None else self.least), (own.most if self.most is None else self.most)
        return replace(own, least=least, most=most)


@dataclass(frozen=True, slots=True)
class Past:
    """What a publisher still shows of closed calls, for `tracker backfill`."""

    what: str  # in words, with what it is found by
    since: date  # nothing opened earlier
    by_year: bool = True  # False: the publisher sends all years at once


@dataclass(frozen=True, slots=True)
class Source:
    """One place where calls are read. `version` goes up whenever `rows` or `facts` read something differently."""

    key: str
    name: str  # as readers know it
    publisher: str
    home: str
    licence: str
    version: int
    bounds: Bounds
    never_seen_live: str = ""  # which parts were built only from recorded responses or contracts
    for_admins: bool = False  # makes no calls: readers never see it, not even that it was read
    past: Past | None = None  # None: there is nothing but what a reading shows


@dataclass(frozen=True, slots=True)
class Part:
    """What a backfill reads and stores at once: the closed calls of one scan that opened in these days, ends included.

    Without days: those whose opening day is not stated.
    """

    scan: str
    from_on: date | None = None
    to_on: date | None = None

    def __str__(self) -> str:
        """`1/2023` for a whole year, else with its first and last day."""
        if self.from_on is None or self.to_on is None:
            return f"{self.scan}/undated"
        is_year = (self.from_on, self.to_on) == (date(self.from_on.year, 1, 1), date(self.from_on.year, 12, 31))
        return f"{self.scan}/{self.from_on.year if is_year else f'{self.from_on}..{self.to_on}'}"

    def holds(self, opens_on: date | None) -> bool:
        """Tell whether a call that opened on this day belongs here."""
        if self.from_on is None or self.to_on is None or opens_on is None:
            return opens_on is None and self.from_on is None
        return self.from_on <= opens_on <= self.to_on


@dataclass(frozen=True, slots=True)
class Wanted:
    """The calls to read: those that are open or coming, or the closed ones of a part of the past."""

    part: Part | None = None


class Way(StrEnum):
    """How far a reading came with one call that has a detail page."""

    LISTED = "listed"
    OPENED = "opened"  # requested, now or recently
    LOADED = "loaded"  # and it had content
    PAST = "past"  # and it says that the call is over


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of one response. A scan is a series of pages that announce a total; a rescan is its next pass."""

    url: str
    body: bytes
    scan: str = ""
    pass_no: int = 1
    number: int = 1
    announced: int | None = None  # the total that the scan announced, if the publisher states one
    asked: dict[str, Any] = field(default_factory=dict)  # the filter that was sent; rows are checked against it
    details: dict[str, Any] = field(default_factory=dict)  # what detail pages say of some rows, by row key
    ways: Mapping[str, Way] = field(default_factory=dict)  # of calls that have detail pages, by call key


@dataclass(frozen=True, slots=True)
class Row:
    """One record in the publisher's own shape."""

    key: str
    fingerprint: str
    record: Any


class SourceReader(NamedTuple):
    """The three steps of reading one site, as in a source's module."""

    pages: Callable[..., AsyncIterator[Page]]
    rows: Callable[[Page], Iterable[Row]]
    facts: Callable[[Row], CallFacts]


class Described(SourceSettings):
    """An entry of the configuration that describes a site; each kind adds the keys that say how to read it."""

    kind: str
    name: str = Field(min_length=1, description="as readers know it")
    publisher: str = Field(min_length=1)
    home: str = Field(pattern=r"^https://", description="the page that people are sent to")
    licence: str = Field("not stated", description="terms under which its facts are used")
    past: float = Field(0.1, ge=0, le=1, description="usual share of past deadlines; near 1 where old calls stay")
    version: int = Field(
        1, ge=1, description="goes up when the entry reads something differently, so that it is no news"
    )

    def source(self, key: str) -> Source:
        """Return the entry as a source."""
        return Source(
            key=key,
            name=self.name,
            publisher=self.publisher,
            home=self.home,
            licence=self.licence,
            version=self.version,
            bounds=self.bounds(Bounds(least=1, most=2000, past=self.past)),
            never_seen_live="configured here; its page was not seen when the program was written",
        )


Tables = Mapping[str, Mapping[str, Any]]  # [sources.*] of the configuration
NO_TABLES: Tables = MappingProxyType({})
ADDRESS = r"^(?:https://|http://(?:127\.0\.0\.1|localhost)[:/])"  # https, or a rehearsal on this machine
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


def modules(tables: Tables = NO_TABLES) -> dict[str, ModuleType]:
    """Return every source by its key: the modules of this folder in order, then the entries of these checked tables."""
    own = {module.SOURCE.key: module for module in _folder() if hasattr(module, "SOURCE")}
    return own | {key: _made(key, table) for key, table in tables.items() if key not in own}


def module_of(key: str, tables: Tables = NO_TABLES) -> ModuleType:
    """Return one source, and import no other: all of them take half a second."""
    return _own(key) or _made(key, tables[key])


def settings_type(key: str, table: Mapping[str, Any], tables: Tables) -> type[SourceSettings]:
    """Return the type that validates a table [sources.<key>]. Raises ValueError if there is no such source."""
    if module := _own(key):
        own: type[SourceSettings] = module.Settings
        return own
    if not table.get("kind"):
        entries = (key for key, table in tables.items() if table.get("kind"))
        known = dict.fromkeys([*modules(), *entries])
        raise ValueError(f"no such source; there are {', '.join(known)}. A site of your own needs a kind")
    if table["kind"] not in _kinds():
        raise ValueError(f"no such kind {table['kind']!r}; there are {', '.join(_kinds())}")
    if not KEY.fullmatch(key):
        raise ValueError("a source's key is of small letters, digits and _, 40 at most")
    entry: type[SourceSettings] = _kind(table["kind"]).Entry
    return entry


def module_names() -> list[str]:
    """The dotted names of all modules below this folder, also in subfolders: a source of several files has its own."""
    return [info.name for info in pkgutil.walk_packages(__path__, f"{__name__}.")]


@cache
def _folder() -> tuple[ModuleType, ...]:
    return tuple(map(importlib.import_module, module_names()))


@cache
def _own(key: str) -> ModuleType | None:
    """The source of this folder whose file, or whose folder, is named after its key; None if there is none."""
    named = [name for name in module_names() if key in name.removeprefix(f"{__name__}.").split(".")]
    sources = [module for module in map(importlib.import_module, named) if hasattr(module, "SOURCE")]
    return next((module for module in sources if module.SOURCE.key == key), None)


@cache
def _kinds() -> list[str]:
    return [info.name for info in pkgutil.iter_modules([f"{__path__[0]}/kinds"])]


def _kind(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.kinds.{name}")


def _made(key: str, table: Mapping[str, Any]) -> ModuleType:
    """Make the module of a configured entry, with the same names as a source written by hand."""
    kind = _kind(table["kind"])
    entry = kind.Entry.model_validate(table)
    module = ModuleType(f"{__name__}.{key}", f"{entry.name}: an entry of the configuration.")
    source = entry.source(key)
    vars(module).update(SOURCE=source, Settings=kind.Entry, **kind.reader(source, entry)._asdict())
    return module
