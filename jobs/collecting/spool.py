"""Changed calls of a reading, on disk until the reading is judged, so that memory does not grow with the source.

Does not know what is done with them.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO

import orjson

from db.calls import CallFacts

BATCH = 500


@dataclass(frozen=True, slots=True)
class Seen:
    """One changed record, read; `fingerprint` is its source row's."""

    fingerprint: str
    facts: CallFacts


class Spool:
    """A queue of changed calls: written a JSON line each, read in batches, then emptied for the next ones."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.count = 0

    def add(self, seen: Seen) -> None:
        self.file.write(f"{seen.fingerprint} {seen.facts.model_dump_json()}\n".encode())
        self.count += 1

    def empty(self) -> None:
        """Forget everything that was added."""
        self.file.seek(0)
        self.file.truncate()
        self.count = 0

    def batches(self) -> Iterator[list[Seen]]:
        """Everything that was added, in its order, a few hundred at a time."""
        self.file.seek(0)
        while lines := list(islice(self.file, BATCH)):
            yield [_seen(line) for line in lines]


def _seen(line: bytes) -> Seen:
    fingerprint, _, facts = line.partition(b" ")
    return Seen(fingerprint.decode(), CallFacts.model_validate(orjson.loads(facts)))


@contextmanager
def spooled() -> Iterator[Spool]:
    """A spool in a file without a name, gone with the process."""
    with tempfile.TemporaryFile(prefix="karkivahti-") as file:
        yield Spool(file)
