"""Record: keep a page as its publisher sends it, beside the tests, and write what a new source begins with.

Does not read what the page says, and overwrites nothing.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from keyword import iskeyword
from pathlib import Path
from urllib.parse import urlsplit

from jobs.desk import Clock
from jobs.skeletons import DATA, TEST, WEB
from tracker.config import Settings
from tracker.errors import Code, Refusal
from tracker.fetch import Answer, Fetcher
from tracker.sources import KEY

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
    def test(self) -> Path:
        return self.root / "tests" / "sources" / f"test_{self.key}.py"

    @property
    def pages(self) -> Path:
        return self.root / "tests" / "sources" / self.key


async def record(settings: Settings, clock: Clock, root: Path, key: str, url: str) -> list[Path]:
    """Ask for the page, politely, and keep it with its status, its headers and when it came; the files written.

    For a source that there is not yet, its module, its test and an empty expectation too. Raises FetchError, and
    Refusal where there is no checkout, the name is none or the page is empty.
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
    return keep(place, answer, url, clock())


def keep(place: Place, answer: Answer, url: str, now: datetime) -> list[Path]:
    """Write the page and what it came with; for a new source all that it begins with."""
    kind = kind_of(answer.body)
    is_new = not place.module.exists() and kind != "xml"
    page = place.pages / (f"page.{kind}" if is_new else f"recorded_{now:%Y-%m-%d}.{kind}")
    said = {
        "url": answer.url,
        "status": answer.status,
        "received_at": now.isoformat(),
        "headers": {name: value for name, value in answer.headers.items() if name not in OURS},
    }
    files = {page: answer.body, page.with_name(f"{page.name}.answer.json"): _json(said)}
    if is_new:
        words = {"key": place.key, "url": url, "home": url, "host": urlsplit(url).hostname, "on": f"{now:%Y-%m-%d}"}
        skeleton = WEB if kind == "html" else DATA
        files[place.pages / "expected.json"] = _json({})
        files[place.module] = skeleton.substitute(words).encode()
        files[place.test] = TEST.substitute(words, page=page.name).encode()
    return _written(files)


def kind_of(body: bytes) -> str:
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
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"
