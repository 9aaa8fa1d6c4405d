"""The HTTP cache: the last response of each address, so that unchanged pages cost their publisher little.

Does not decide what is requested again (`tracker.fetching.fetch`).
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
UNREADABLE = (OSError, EOFError, ValueError, zlib.error)  # missing, or cut short by a power loss


@dataclass(frozen=True, slots=True)
class CachedResponse:
    """One response: a page (200), or the fact that there is none (404, 410). Header names are lower-case."""

    url: str  # after redirects
    status: int
    headers: Mapping[str, str]
    body: bytes
    asked_at: datetime
    row: str = ""  # the fingerprint of the list row that the detail page belongs to

    def conditions(self) -> dict[str, str]:
        """Return the headers that request the page only if it has changed (RFC 9110, 13.1)."""
        validators = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        return {name: self.headers[header] for name, header in validators.items() if header in self.headers}

    def confirmed(self, headers: Mapping[str, str], asked_at: datetime, row: str) -> Self:
        """Return the same page after a 304, whose headers replace the cached ones (RFC 9111, 4.3.4)."""
        newer = {name: value for name, value in headers.items() if name != "content-length"}
        return replace(self, headers={**self.headers, **newer}, asked_at=asked_at, row=row)


class HttpCache:
    """One source's cached responses, one file per address under `answers/<source>/`.

    What is noted during a reading is written only when the reading was believed: `keep`.
    """

    def __init__(self, files: KeptFiles, source: str) -> None:
        self._files, self._source = files, source
        self._noted: dict[str, CachedResponse | None] = {}

    def recall(self, address: str) -> CachedResponse | None:
        """Return the response of an address: this reading's own, else the cached one."""
        if address in self._noted:
            return self._noted[address]
        try:
            return _opened(self._files.read(self._name(address)))
        except UNREADABLE:
            return None

    def note(self, address: str, answer: CachedResponse) -> None:
        self._noted[address] = answer

    def forget(self, address: str) -> None:
        """Drop an unusable response, so that its address is requested again next time."""
        self._noted[address] = None

    def keep(self) -> None:
        """Write the noted responses to the cache, one at a time."""
        for address, answer in self._noted.items():
            if answer is None:
                self._files.remove(self._name(address))
            else:
                self._files.write(self._name(address), _packed(answer))
        self._noted.clear()

    def _name(self, address: str) -> str:
        return f"answers/{self._source}/{sha256(address.encode()).hexdigest()[:32]}.gz"


def drop_unused_responses(files: KeptFiles, keep_days: int, now: datetime) -> int:
    """Remove responses not requested for `keep_days` days; return how many."""
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
    """Pack a response as one line of JSON and the body, compressed."""
    head = asdict(answer) | {"asked_at": answer.asked_at.isoformat()}
    head.pop("body")
    return gzip.compress(json.dumps(head).encode() + b"\n" + answer.body, compresslevel=3, mtime=0)


def _opened(packed: bytes) -> CachedResponse:
    head, _, body = gzip.decompress(packed).partition(b"\n")
    fields: dict[str, Any] = json.loads(head)
    return CachedResponse(**fields | {"asked_at": datetime.fromisoformat(fields["asked_at"])}, body=body)
