"""The page archive: the pages that each run received, compressed, to be parsed again or to show what went wrong.

Does not choose where files lie (`tracker.kept_files`).
"""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from types import TracebackType
from typing import Any, NamedTuple, Self

from tracker.errors import ParseError
from tracker.fetching.asking import Answer
from tracker.kept_files import KeptFiles
from tracker.sources import Page

INDEX = "index.jsonl"
NAMED = ("url", "scan", "pass_no", "number", "announced", "asked", "details", "ways")


class PageStore:
    """The archive of one run's pages, under `pages/<source>/<run id>/`.

    `received` is handed to the Fetcher as its `keep`, so that a response is archived before parsing can fail; `add`
    records which page of which scan it is. Each body is a gzip file written whole; the index gets one line when a
    response arrives (file, url, status, received_at) and one when it is named (file, scan, pass and so on).
    """

    def __init__(self, files: KeptFiles, source: str, run_id: str, now: Callable[[], datetime]) -> None:
        self._kept = files
        self._folder = _folder(source, run_id)
        self._now = now
        self._files: dict[bytes, str] = {}  # by digest of the body

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.clear()

    def received(self, answer: Answer) -> None:
        """Archive a response as received."""
        self._keep(answer.url, answer.status, answer.body)

    def add(self, page: Page) -> None:
        """Record which page a response is; one that did not come through the Fetcher is archived now."""
        file = self._files.get(_digest(page.body)) or self._keep(page.url, 200, page.body)
        self._note({"file": file} | {name: getattr(page, name) for name in NAMED})

    def _keep(self, url: str, status: int, body: bytes) -> str:
        file = self._files.setdefault(_digest(body), f"{len(self._files) + 1:04d}.gz")
        self._kept.write(f"{self._folder}/{file}", gzip.compress(body, compresslevel=3, mtime=0))
        self._note({"file": file, "url": url, "status": status, "received_at": self._now().isoformat()})
        return file

    def _note(self, line: dict[str, Any]) -> None:
        self._kept.append(f"{self._folder}/{INDEX}", json.dumps(line, ensure_ascii=False).encode() + b"\n")


def kept_runs(files: KeptFiles, source: str) -> frozenset[str]:
    """Return the ids of a source's runs whose pages are archived."""
    return frozenset(index.split("/")[-2] for index in files.find(f"{_folder(source, '*')}/{INDEX}"))


def read_pages(files: KeptFiles, source: str, run_id: str) -> Iterator[Page]:
    """Read the pages of one archived run as its source gave them; responses that never became a page are left out.

    Raises FileNotFoundError where the run is not archived, ParseError where its files are damaged.
    """
    folder = _folder(source, run_id)
    for line in _lines(files, source, f"{folder}/{INDEX}"):
        if "scan" in line:
            body = _body(files, source, f"{folder}/{line['file']}")
            yield Page(body=body, url=str(line.get("url")), **{name: line[name] for name in NAMED[1:] if name in line})


class ReceivedAnswer(NamedTuple):
    """One answer of a run as it was kept: its file, the address that was asked, the answer's status and time."""

    file: str
    url: str
    status: int
    received_at: str


def kept_answers(files: KeptFiles, source: str, run_id: str) -> list[ReceivedAnswer]:
    """List the answers of a run in order, each once; none where they are gone. ParseError where the list is damaged."""
    try:
        lines = [line for line in _lines(files, source, f"{_folder(source, run_id)}/{INDEX}") if "status" in line]
    except FileNotFoundError:
        return []
    found = (ReceivedAnswer(*(line.get(name, "") for name in ReceivedAnswer._fields)) for line in lines)
    return list({answer.file: answer for answer in found}.values())


def kept_body(files: KeptFiles, source: str, run_id: str, file: str) -> bytes:
    """The bytes of one answer of a run, by its file's name as listed. ParseError where they are gone or damaged."""
    return _body(files, source, f"{_folder(source, run_id)}/{file}")


def _body(files: KeptFiles, source: str, file: str) -> bytes:
    try:
        if content := files.read(file):
            return gzip.decompress(content)
        raise EOFError("it is empty")
    except (OSError, EOFError, zlib.error) as error:
        raise ParseError(source, "damaged", f"{file}: {error}") from None


def drop_old_pages(files: KeptFiles, keep_days: int, now: datetime) -> int:
    """Remove the pages of runs whose first response is `keep_days` days old or older; return how many runs.

    Pages whose index is damaged go, too: nobody can read them again.
    """
    indexes = files.find(f"{_folder('*', '*')}/{INDEX}")
    old = [index for index in indexes if (age := _age(files, index, now)) is None or age.days >= keep_days]
    for index in old:
        files.remove_folder(index.removesuffix(f"/{INDEX}"))
    return len(old)


def _folder(source: str, run_id: str) -> str:
    return f"pages/{source}/{run_id}"


def _lines(files: KeptFiles, source: str, index: str) -> Iterator[dict[str, Any]]:
    """The entries of an index. ParseError for a line that is none."""
    for number, line in enumerate(files.lines(index), 1):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            raise ParseError(source, "damaged", f"{index}: line {number} is no entry")
        yield entry


def _age(files: KeptFiles, index: str, now: datetime) -> timedelta | None:
    """How long ago an index was begun; None if it is damaged."""
    try:
        first = next(_lines(files, "", index), None)
        return now - datetime.fromisoformat(first["received_at"]) if first else timedelta(0)
    except (ParseError, LookupError, TypeError, ValueError):
        return None


def _digest(body: bytes) -> bytes:
    return sha256(body).digest()
