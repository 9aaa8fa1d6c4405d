"""What a source is, and where its modules are found.

A source is a module of this folder with

    SOURCE = Source(key=..., publisher=..., ...)
    class Settings(SourceSettings)                    its keys under [sources.<key>] of the configuration, with defaults
    async def pages(fetch, settings, wanted) -> AsyncIterator[Page]   reads, as politely as `fetch` makes it
    def rows(page) -> Iterable[Row]                   cuts a page into the publisher's own records, checking that
                                                      they are what was asked for (RunQuarantined, ParseError)
    def facts(row) -> CallFacts                       reads one record (ParseError)

and, where the publisher has one, `async def lookup(fetch, settings, keys) -> list[Row]`: direct look-up of calls
that have vanished. Rows carry a fingerprint over the fields that `facts` reads, so that an unchanged record is never
read twice. Adding a source means adding a file here; nothing else is edited.

Does not fetch, store or judge anything.
"""

import importlib
import pkgutil
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many calls a healthy reading holds; a violated bound is a signal to explain the run."""

    least: int
    most: int


class SourceSettings(BaseModel):
    """What can be configured of every source; a source's own `Settings` adds its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    least: int | None = Field(
        None, ge=0, description="fewest calls of a healthy reading; empty: the source's own bound"
    )
    most: int | None = Field(None, ge=1, description="most calls of a healthy reading; empty: the source's own bound")

    def bounds(self, own: Bounds) -> Bounds:
        """The bounds to hold a reading against: as configured, else the source's own."""
        return Bounds(own.least if self.least is None else self.least, own.most if self.most is None else self.most)


@dataclass(frozen=True, slots=True)
class Source:
    """One place we read. `version` goes up whenever `rows` or `facts` read something differently."""

    key: str
    name: str  # as readers know it
    publisher: str
    home: str
    licence: str
    version: int
    bounds: Bounds
    schedule: str = "daily"  # a hint for config.toml
    never_seen_live: str = ""  # what of it was built from recorded answers or contracts only


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read: today's calls, or for a backfill also closed ones that opened in [from_on, to_on].

    `done` are names of scans that an interrupted backfill has stored whole; they are not read again.
    """

    closed: bool = False
    from_on: date | None = None
    to_on: date | None = None
    done: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of one answer. A scan is a series of pages that announce a total; a rescan is its next pass."""

    url: str
    body: bytes
    scan: str = ""
    pass_no: int = 1
    number: int = 1
    announced: int | None = None  # the total that the scan announced, where the publisher says one
    asked: dict[str, Any] = field(default_factory=dict)  # the filter that was sent; rows are held against it
    details: dict[str, Any] = field(default_factory=dict)  # what was read beside the page for some rows, by their key


@dataclass(frozen=True, slots=True)
class Row:
    """One record in its publisher's own shape."""

    key: str
    fingerprint: str
    record: Any


@cache
def modules() -> dict[str, ModuleType]:
    """Every source module in this folder by its source's key, in the folder's order."""
    found = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        if hasattr(module, "SOURCE"):
            found[module.SOURCE.key] = module
    return found
