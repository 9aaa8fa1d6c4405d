"""Record: keep a page as its publisher sends it, beside the tests, and write what a new source begins with.

A new source is three files: its module, the recorded page, and `expected.json`, which says at which address the page
lies, what it came with, and the calls that somebody reviewed. All tests of sources find it by these. docs/sources.md
is written anew.

Does not read what the page says, and overwrites no page and no module.
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
from tracker.fetching.fetch import Answer, Fetcher
from tracker.sources import ADDRESS, KEY

OURS = ("set-cookie", "set-cookie2")  # headers that say nothing of the page


@dataclass(frozen=True, slots=True)
class Place:
    """A checkout, and where a source's files are in it."""

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
    """Ask for the page, politely, and keep it with its status, its headers and when it came; the files written.

    For a source that there is not yet, its module and an empty expectation too. Raises FetchError, and Refusal where
    there is no checkout, the name is none or the page is empty.
    """
    place = Place(root, key)
    if not KEY.fullmatch(key) or iskeyword(key):
        raise Refusal(Code.BAD_SOURCE_KEY, given=key)
    if not place.module.with_name("__init__.py").exists():
        raise Refusal(Code.NO_CHECKOUT, folder=root)
    hosts = [urlsplit(url).hostname or ""]  # named by hand, so it may be a private one
    async with Fetcher(settings.fetch, key, now=clock, allow_hosts=hosts) as fetch:
        answer = await fetch.get(url)
    if not answer.body.strip():
        raise Refusal(Code.EMPTY_ANSWER, url=url)
    return keep_page(place, answer, url, clock())


def keep_page(place: Place, answer: Answer, url: str, now: datetime) -> list[Path]:
    """Write the page and what it came with; for a new source all that it begins with."""
    kind, said = body_kind(answer.body), _said(answer, now)
    if not place.module.exists() and kind != "xml":
        return _begin(place, answer, url, said)
    if place.expected.exists() and url not in json.loads(place.expected.read_bytes())["pages"]:
        return _add(place, answer, url, said)
    page = place.pages / f"recorded_{now:%Y-%m-%d}.{kind}"
    return _written({page: answer.body, page.with_name(f"{page.name}.answer.json"): _json(said)})


def _begin(place: Place, answer: Answer, url: str, said: dict[str, Any]) -> list[Path]:
    """The three files of a new source, and the page of sources that tells of it."""
    if not re.match(ADDRESS, url):
        raise Refusal(Code.NOT_SECURE, url=url)
    kind = body_kind(answer.body)
    page, skeleton = place.pages / f"page.{kind}", WEB if kind == "html" else DATA
    home = urlsplit(url)._replace(scheme="https").geturl()
    words = ASKED | {"key": place.key, "url": url, "home": home, "on": said["received_at"][:10]}
    files = {
        page: answer.body,
        place.expected: _json({"pages": {url: {"file": page.name} | said}, "calls": {}}),
        place.module: skeleton.substitute(words).encode(),
    }
    written = _written(files)
    modules = sources.modules() | {place.key: _loaded(place)}
    return [*written, sources_page.write_sources_page(place.root, dict(sorted(modules.items())))]


def _add(place: Place, answer: Answer, url: str, said: dict[str, Any]) -> list[Path]:
    """One more page of a source: where its list goes on, or what a call says on its own page."""
    expected = json.loads(place.expected.read_bytes())
    page = place.pages / f"page_{len(expected['pages']) + 1}.{body_kind(answer.body)}"
    written = _written({page: answer.body})
    expected["pages"][url] = {"file": page.name} | said
    place.expected.write_bytes(_json(expected))
    return [*written, place.expected]


def _said(answer: Answer, now: datetime) -> dict[str, Any]:
    return {
        "url": answer.url,
        "status": answer.status,
        "received_at": now.isoformat(),
        "headers": {name: value for name, value in answer.headers.items() if name not in OURS},
    }


def _loaded(place: Place) -> ModuleType:
    """The module that was just written; the folder was walked before it was there."""
    module = ModuleType(f"{sources.__name__}.{place.key}")
    SourceFileLoader(module.__name__, str(place.module)).exec_module(module)
    return module


def body_kind(body: bytes) -> str:
    """What a body is by its beginning: html, json, xml or txt. A feed needs no module but an entry of its kind."""
    start = body[:2000].lstrip().lower()
    if start.startswith((b"{", b"[")):
        return "json"
    if b"<html" in start or b"<!doctype html" in start:
        return "html"
    return "xml" if b"<?xml" in start or b"<rss" in start or b"<feed" in start else "txt"


def _written(files: dict[Path, bytes]) -> list[Path]:
    if there := tuple(file for file in files if file.exists()):
        raise Refusal(Code.FILES_THERE, files=there)
    for file, body in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    return list(files)


def _json(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n"
