"""A publisher of our own on this machine, read through the real Fetcher; and what every source must answer for.

Does not know any one source.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from db.calls import CallFacts
from tracker.errors import SourceError
from tracker.fetching.asking import FetchSettings
from tracker.fetching.fetch import Fetcher
from tracker.sources import Page, Row, SourceSettings, Wanted, walls

HERE = Path(__file__).parent
OWN_TESTS = {"portal"}  # whose records are checked one by one, in tests of its own
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `query` has one value a name, `body` is None or the JSON that was sent."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Headed:
    """A body that comes with headers."""

    body: bytes
    headers: Mapping[str, str]


Answers = Callable[[Request], bytes | int | Headed]  # a body, or a status that has none


@dataclass
class Site:
    url: str
    asked: list[Request] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]


@contextmanager
def site(answers: Answers) -> Iterator[Site]:
    """A local server; it has no robots.txt, and remembers everything else that it is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def answer(self) -> None:
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Request(self.command, parts.path, query, headers, json.loads(sent) if sent else None)
            if asked.path == "/robots.txt":
                found: bytes | int | Headed = 404
            else:
                here.asked.append(asked)
                found = answers(asked)
            body = found.body if isinstance(found, Headed) else b"" if isinstance(found, int) else found
            self.send_response_only(found if isinstance(found, int) else 200)
            self.send_header("Date", format_datetime(NOW, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            for name, value in found.headers.items() if isinstance(found, Headed) else ():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetcher(source: str) -> Fetcher:
    """The real one, that neither waits nor tries again."""
    settings = FetchSettings(gap_seconds=0, attempts=1, retry_min_seconds=0)
    return Fetcher(settings, source, now=lambda: NOW, allow_hosts=["127.0.0.1"])


def pages_of(module: ModuleType, settings: SourceSettings, wanted: Wanted | None = None) -> list[Page]:
    """Everything that one reading brings."""

    async def within() -> list[Page]:
        async with fetcher(module.SOURCE.key) as fetch:
            return [page async for page in module.pages(fetch, settings, wanted or Wanted())]

    return asyncio.run(within())


def looked_up(module: ModuleType, settings: SourceSettings, keys: list[str]) -> list[Row]:
    """What a direct look-up of these keys finds."""

    async def within() -> list[Row]:
        async with fetcher(module.SOURCE.key) as fetch:
            found: list[Row] = await module.lookup(fetch, settings, keys)
            return found

    return asyncio.run(within())


def calls_of(module: ModuleType, pages: list[Page]) -> dict[str, CallFacts]:
    """The facts of every row by its key, the first reading of a key as `jobs.collecting.collect` takes it."""
    found: dict[str, CallFacts] = {}
    for page in pages:
        for row in module.rows(page):
            found.setdefault(row.key, walls.facts_of(module, row))
    return found


def reason_of(read: Callable[[], object]) -> str:
    """The name of the error that a reading ends with."""
    with pytest.raises(SourceError) as caught:
        read()
    return caught.value.reason


def expected(key: str) -> dict[str, dict[str, Any]]:
    """The reviewed facts of a source's pages: by key, the fields that are not at their default."""
    return _said(key, "calls")


def recorded(key: str) -> dict[str, dict[str, Any]]:
    """Where a source's pages lie: by the address that is asked, its file and what it came with where that is known."""
    return _said(key, "pages")


def _said(key: str, part: str) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, dict[str, Any]]] = json.loads((HERE / key / "expected.json").read_bytes())
    return read[part]


def told(calls: dict[str, CallFacts]) -> dict[str, dict[str, Any]]:
    """Facts in the shape of `expected`."""
    return {key: facts.model_dump(mode="json", exclude_defaults=True) for key, facts in calls.items()}
