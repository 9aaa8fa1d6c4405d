"""Remembered answers: what a publisher said last at an address, so that what has not changed costs it little.

Does not ask anybody, does not decide what is asked again (`tracker.fetching.fetch`), and does not know where answers
lie (`tracker.kept_files`).
"""

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Self

from tracker.kept_files import KeptFiles

GONE = (404, 410)
UNREADABLE = (OSError, EOFError, ValueError, zlib.error)  # not there, or cut short by a loss of power


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """One answer: a page (200), or that there is none (404, 410). Header names are lower-case."""

    url: str  # where redirects led to
    status: int
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime
    row: str = ""  # the fingerprint of the list's row for which a call's own page was asked

    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed (RFC 9110, 13.1)."""
        validators = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        return {name: self.headers[header] for name, header in validators.items() if header in self.headers}

    def confirmed(self, headers: Mapping[str, str], asked_at: datetime, row: str) -> Self:
        """The same page after a 304, whose headers replace those that were held (RFC 9111, 4.3.4)."""
        newer = {name: value for name, value in headers.items() if name != "content-length"}
        return replace(self, headers={**self.headers, **newer}, asked_at=asked_at, row=row)


class HttpCache:
    """One source's answers, a file an address under `answers/<source>/`.

    What is noted becomes what we remember when its reading was believed: `keep`.
    """

    def __init__(self, files: KeptFiles, source: str) -> None:
        self._files, self._source = files, source
        self._noted: dict[str, CachedResponse | None] = {}

    def recall(self, address: str) -> CachedResponse | None:
        """What we know of an address, this reading's word first."""
        if address in self._noted:
            return self._noted[address]
        try:
            return _opened(self._files.read(self._name(address)))
        except UNREADABLE:
            return None

    def note(self, address: str, answer: CachedResponse) -> None:
        self._noted[address] = answer

    def forget(self, address: str) -> None:
        """What came from there is no page: it is asked again next time."""
        self._noted[address] = None

    def keep(self) -> None:
        """Remember from now on what was noted, one answer at a time."""
        for address, answer in self._noted.items():
            if answer is None:
                self._files.remove(self._name(address))
            else:
                self._files.write(self._name(address), _packed(answer))
        self._noted.clear()

    def _name(self, address: str) -> str:
        return f"answers/{self._source}/{sha256(address.encode()).hexdigest()[:32]}.gz"


def drop_unused_responses(files: KeptFiles, keep_days: int, now: datetime) -> int:
    """Forget answers that nobody asked for in so many days; gives back how many."""
    old = [name for name in files.find("answers/*/*.gz") if _age(files, name, now) >= timedelta(days=keep_days)]
    for name in old:
        files.remove(name)
    return len(old)


def _age(files: KeptFiles, name: str, now: datetime) -> timedelta:
    try:
        return now - _opened(files.read(name)).asked_at
    except UNREADABLE:
        return timedelta.max


def _packed(answer: CachedResponse) -> bytes:
    """A line of JSON, then the body, compressed."""
    head = asdict(answer) | {"asked_at": answer.asked_at.isoformat()}
    head.pop("body")
    return gzip.compress(json.dumps(head).encode() + b"\n" + answer.body, compresslevel=3, mtime=0)


def _opened(packed: bytes) -> CachedResponse:
    head, _, body = gzip.decompress(packed).partition(b"\n")
    fields: dict[str, Any] = json.loads(head)
    return CachedResponse(**fields | {"asked_at": datetime.fromisoformat(fields["asked_at"])}, body=body)
