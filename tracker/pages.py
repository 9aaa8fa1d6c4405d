"""Kept pages: what a publisher answered in a run, compressed on disk, to be read again or to show what went wrong.

Does not fetch, and does not read what a page says.
"""

import gzip
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tracker.fetch import Answer
from tracker.sources import Page

INDEX = "index.jsonl"
NAMED = ("url", "scan", "pass_no", "number", "announced", "asked", "details", "ways")


class PageStore:
    """Keeps one run's pages under `<data dir>/pages/<source>/<run id>/`.

    `received` is handed to the Fetcher as its `keep`, so that an answer is on disk before anybody trips over it; `add`
    tells what page of which scan it turned out to be. Each body is a gzip file moved into place whole; the index has a
    line when an answer comes (file, url, status, received_at) and one when it is named (file, scan, pass and so on).
    """

    def __init__(self, data_dir: Path, source: str, run_id: str, now: Callable[[], datetime]) -> None:
        self.dir = pages_dir(data_dir) / source / run_id
        self._now = now
        self._files: dict[bytes, str] = {}  # by digest of the body

    def __enter__(self) -> Self:
        self.dir.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.clear()

    def received(self, answer: Answer) -> None:
        """Keep an answer as it came."""
        self._keep(answer.url, answer.status, answer.body)

    def add(self, page: Page) -> None:
        """Say what page an answer is; one that was not received through the Fetcher is kept now."""
        file = self._files.get(_digest(page.body)) or self._keep(page.url, 200, page.body)
        self._note({"file": file} | {name: getattr(page, name) for name in NAMED})

    def _keep(self, url: str, status: int, body: bytes) -> str:
        file = self._files.setdefault(_digest(body), f"{len(self._files) + 1:04d}.gz")
        beside = self.dir / f"{file}.part"
        beside.write_bytes(gzip.compress(body, compresslevel=3, mtime=0))
        beside.replace(self.dir / file)
        self._note({"file": file, "url": url, "status": status, "received_at": self._now().isoformat()})
        return file

    def _note(self, line: dict[str, Any]) -> None:
        with (self.dir / INDEX).open("a", encoding="utf-8") as index:
            index.write(json.dumps(line, ensure_ascii=False) + "\n")


def pages_dir(data_dir: Path) -> Path:
    """Where kept pages live."""
    return data_dir / "pages"


def read_pages(run_dir: Path) -> Iterator[Page]:
    """The pages of one kept run as its source gave them; answers that never became a page are left out."""
    for line in _lines(run_dir / INDEX):
        if "scan" in line:
            body = gzip.decompress((run_dir / line["file"]).read_bytes())
            yield Page(body=body, **{name: line[name] for name in NAMED if name in line})


def _lines(index: Path) -> Iterator[dict[str, Any]]:
    with index.open(encoding="utf-8") as lines:
        for line in lines:
            if line.endswith("\n"):  # a line without its end is where the process died
                yield json.loads(line)


def drop_old(data_dir: Path, keep_days: int, now: datetime) -> int:
    """Remove the pages of runs whose first answer came more than `keep_days` ago; gives back how many runs."""
    old = [index.parent for index in pages_dir(data_dir).glob(f"*/*/{INDEX}") if _age(index, now).days >= keep_days]
    for run_dir in old:
        shutil.rmtree(run_dir)
    return len(old)


def _age(index: Path, now: datetime) -> timedelta:
    first = next(_lines(index), None)
    return now - datetime.fromisoformat(first["received_at"]) if first else timedelta(0)


def _digest(body: bytes) -> bytes:
    return sha256(body).digest()
