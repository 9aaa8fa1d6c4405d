"""Remembered answers: what a publisher said last at an address, so that what has not changed costs it little.

Does not ask anybody, and does not decide what is asked again (`tracker.fetch`).
"""

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, Self

GONE = (404, 410)
UNREADABLE = (OSError, EOFError, ValueError, zlib.error)  # a file that a loss of power cut short


@dataclass(frozen=True, slots=True)
class Remembered:
    """One answer: a page (200), or that there is none (404, 410). Header names are lower-case."""

    url: str  # where redirects led to
    status: int
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime
    row: str = ""  # the fingerprint of the list's row for which a call's own page was asked

    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed (RFC 9110, 13.1)."""
        sent = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        return {name: self.headers[held] for name, held in sent.items() if held in self.headers}

    def confirmed(self, headers: Mapping[str, str], asked_at: datetime, row: str) -> Self:
        """The same page after a 304, whose headers replace those that were held (RFC 9111, 4.3.4)."""
        kept = {name: value for name, value in headers.items() if name != "content-length"}
        return replace(self, headers={**self.headers, **kept}, asked_at=asked_at, row=row)


class AnswerStore:
    """One source's answers, a file an address under `<data dir>/answers/<source>/`.

    What is noted becomes what we remember when its reading was believed: `keep`.
    """

    def __init__(self, data_dir: Path, source: str) -> None:
        self._dir = answers_dir(data_dir) / source
        self._noted: dict[str, Remembered | None] = {}

    def recall(self, address: str) -> Remembered | None:
        """What we know of an address, this reading's word first."""
        if address in self._noted:
            return self._noted[address]
        file = self._file(address)
        try:
            return _opened(file) if file.exists() else None
        except UNREADABLE:
            return None

    def note(self, address: str, answer: Remembered) -> None:
        self._noted[address] = answer

    def forget(self, address: str) -> None:
        """What came from there is no page: it is asked again next time."""
        self._noted[address] = None

    def keep(self) -> None:
        """Remember from now on what was noted; each file is moved into place whole."""
        self._dir.mkdir(parents=True, exist_ok=True)
        for address, answer in self._noted.items():
            file = self._file(address)
            if answer is None:
                file.unlink(missing_ok=True)
                continue
            beside = file.with_suffix(f".{token_hex(4)}.part")
            beside.write_bytes(gzip.compress(_packed(answer), compresslevel=3, mtime=0))
            beside.replace(file)
        self._noted.clear()

    def _file(self, address: str) -> Path:
        return self._dir / f"{sha256(address.encode()).hexdigest()[:32]}.gz"


def answers_dir(data_dir: Path) -> Path:
    """Where remembered answers live."""
    return data_dir / "answers"


def drop_old(data_dir: Path, keep_days: int, now: datetime) -> int:
    """Forget answers that nobody asked for in so many days; gives back how many."""
    old = [file for file in answers_dir(data_dir).glob("*/*.gz") if _age(file, now) >= timedelta(days=keep_days)]
    for file in old:
        file.unlink()
    return len(old)


def _age(file: Path, now: datetime) -> timedelta:
    try:
        return now - _opened(file).asked_at
    except UNREADABLE:
        return timedelta.max


def _packed(answer: Remembered) -> bytes:
    """A line of JSON, then the body."""
    said = asdict(answer) | {"asked_at": answer.asked_at.isoformat()}
    said.pop("body")
    return json.dumps(said).encode() + b"\n" + answer.body


def _opened(file: Path) -> Remembered:
    head, _, body = gzip.decompress(file.read_bytes()).partition(b"\n")
    said: dict[str, Any] = json.loads(head)
    return Remembered(**said | {"asked_at": datetime.fromisoformat(said["asked_at"])}, body=body)
