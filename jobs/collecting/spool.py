"""The spool: changed calls of a reading, on disk until it is judged, so that memory does not grow with the source."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO

import orjson

from db.calls import CallFacts
from db.types import Json

BATCH = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """One changed row, parsed; `fingerprint` is that of the row."""

    fingerprint: str
    facts: CallFacts
    written: Json | None = None  # these facts, as the spool wrote them

    def as_json(self) -> Json:
        """The facts as JSON; those that come from a spool are not written again."""
        return self.written or Json(_written(self.facts).decode())

    def with_facts(self, facts: CallFacts) -> "Seen":
        """The same row with other facts."""
        return self if facts is self.facts else Seen(self.fingerprint, facts)


class Spool:
    """A queue of changed calls: written as one JSON line each, read in batches, emptied before it is used again."""

    def __init__(self, file: IO[bytes], halted: threading.Event | None = None) -> None:
        self.file = file
        self.halted = halted or threading.Event()  # set: nobody waits for the rest any more
        self.count = 0

    def add(self, seen: Seen) -> None:
        """Write a call down."""
        self.file.write(b"%b %b\n" % (seen.fingerprint.encode(), _written(seen.facts)))
        self.count += 1

    def empty(self) -> None:
        """Discard everything that was added."""
        self.file.seek(0)
        self.file.truncate()
        self.count = 0

    def batches(self) -> Iterator[list[Seen]]:
        """Yield everything that was added, in order, in batches of BATCH."""
        self.file.seek(0)
        while lines := list(islice(self.file, BATCH)):
            if self.halted.is_set():
                raise InterruptedError("given up between two batches")
            yield [_seen(line) for line in lines]


# By orjson both ways: pydantic's own writer and reader of JSON take two and three times as long, for the same text.


def _written(facts: CallFacts) -> bytes:
    return orjson.dumps(vars(facts), default=vars, option=orjson.OPT_UTC_Z)


def _seen(line: bytes) -> Seen:
    fingerprint, _, written = line[:-1].partition(b" ")
    return Seen(fingerprint.decode(), CallFacts.model_validate(orjson.loads(written)), Json(written, "utf-8"))


@contextmanager
def spooled(halted: threading.Event | None = None) -> Iterator[Spool]:
    """Open a spool in a nameless temporary file, which disappears with the process."""
    with tempfile.TemporaryFile(prefix="karkivahti-") as file:
        yield Spool(file, halted)
