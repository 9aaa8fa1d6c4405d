"""Record a publisher's page beside the tests, and start a new source.

A new source is three files: its module, the recorded page, and `expected.json`, which has the page's address, its
response headers, and the calls that somebody reviewed. The tests of all sources find it by these files. docs/sources.md
is regenerated.

Never parses the page and never overwrites a page or a module.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from importlib.machinery import SourceFileLoader
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from jobs.base.app import Clock
from jobs.collecting import sources_page
from jobs.collecting.skeletons import ASKED, DATA, WEB
from tracker import sources
from tracker.config import Settings
from tracker.errors import Code, Refusal
from tracker.fetching.asking import Answer
from tracker.fetching.fetch import Fetcher
from tracker.sources import ADDRESS, KEY

OURS = ("set-cookie", "set-cookie2")  # headers that are about our session, not about the page


@dataclass(frozen=True, slots=True)
class Place:
    """A checkout, and the places of a source's files in it."""

    root: Path
    key: str

    @property
    def module(self) -> Path:
        return self.root / "tracker" / "sources" / f"{self.key}.py"

    @property
    def pages(self) -> Path:
        return self.root / "tests" / "tracker" / "sources" / self.key

    @property
    def expected(self) -> Path:
        return self.pages / "expected.json"


async def record(settings: Settings, clock: Clock, root: Path, key: str, url: str) -> list[Path]:
    """Fetch a page and store it with its status, headers and time; return the files written.

    For a source that does not exist yet, also write its module and an empty expectation. Raises FetchError, and Refusal
    if there is no checkout, the key is not valid or the page is empty.
    """
    place = Place(root, key)
    if not KEY.fullmatch(key) or iskeyword(key):
        raise Refusal(Code.BAD_SOURCE_KEY, given=key)
    if not place.module.with_name("__init__.py").exists():
        raise Refusal(Code.NO_CHECKOUT, folder=root)
    hosts = [urlsplit(url).hostname or ""]  # a person typed it, so it may be private
    async with Fetcher(settings.fetch, key, now=clock, allow_hosts=hosts) as fetch:
        answer = await fetch.get(url)
    if not answer.body.strip():
        raise Refusal(Code.EMPTY_ANSWER, url=url)
    return keep_page(place, answer, url, clock())


def keep_page(place: Place, answer: Answer, url: str, now: datetime) -> list[Path]:
    """Write the page and its metadata; for a new source also its other files. Return the files written."""
    kind, metadata = body_kind(answer.body), _metadata(answer, now)
    if not place.module.exists() and kind != "xml":  # a feed needs no module, only an entry in the configuration
        return _begin(place, answer, url, metadata)
    if place.expected.exists() and url not in json.loads(place.expected.read_bytes())["pages"]:
        return _add(place, answer, url, metadata)
    page = place.pages / f"recorded_{now:%Y-%m-%d}.{kind}"
    return _write_new({page: answer.body, page.with_name(f"{page.name}.answer.json"): _json(metadata)})


def _begin(place: Place, answer: Answer, url: str, metadata: dict[str, Any]) -> list[Path]:
    """Write the three files of a new source, and docs/sources.md."""
    if not re.match(ADDRESS, url):
        raise Refusal(Code.NOT_SECURE, url=url)
    kind = body_kind(answer.body)
    page, skeleton = place.pages / f"page.{kind}", WEB if kind == "html" else DATA
    home = urlsplit(url)._replace(scheme="https").geturl()
    words = ASKED | {"key": place.key, "url": url, "home": home, "on": metadata["received_at"][:10]}
    files = {
        page: answer.body,
        place.expected: _json({"pages": {url: {"file": page.name} | metadata}, "calls": {}}),
        place.module: skeleton.substitute(words).encode(),
    }
    written = _write_new(files)
    modules = sources.modules() | {place.key: _load_module(place)}
    return [*written, sources_page.write_sources_page(place.root, dict(sorted(modules.items())))]


def _add(place: Place, answer: Answer, url: str, metadata: dict[str, Any]) -> list[Path]:
    """Add a page to a source's expectations: a further page of its list, or a call's own page."""
    expected = json.loads(place.expected.read_bytes())
    page = place.pages / f"page_{len(expected['pages']) + 1}.{body_kind(answer.body)}"
    written = _write_new({page: answer.body})
    expected["pages"][url] = {"file": page.name} | metadata
    place.expected.write_bytes(_json(expected))
    return [*written, place.expected]


def _metadata(answer: Answer, now: datetime) -> dict[str, Any]:
    return {
        "url": answer.url,
        "status": answer.status,
        "received_at": now.isoformat(),
        "headers": {name: value for name, value in answer.headers.items() if name not in OURS},
    }


def _load_module(place: Place) -> ModuleType:
    """Import the module that was just written: `sources.modules` may have listed the folder before."""
    module = ModuleType(f"{sources.__name__}.{place.key}")
    SourceFileLoader(module.__name__, str(place.module)).exec_module(module)
    return module


def body_kind(body: bytes) -> str:
    """The type of a body, by its first bytes: html, json, xml or txt."""
    start = body[:2000].lstrip().lower()
    if start.startswith((b"{", b"[")):
        return "json"
    if b"<html" in start or b"<!doctype html" in start:
        return "html"
    return "xml" if b"<?xml" in start or b"<rss" in start or b"<feed" in start else "txt"


def _write_new(files: dict[Path, bytes]) -> list[Path]:
    if existing := tuple(file for file in files if file.exists()):
        raise Refusal(Code.FILES_THERE, files=existing)
    for file, body in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return list(files)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"
