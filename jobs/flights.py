"""The flight log: which mails the delivering process has begun, and what became of each, beside the ledger.

Lines are appended before a mail's first byte and after its outcome, and outlive a process that is killed: they are with
the system by then. They do not outlive a power cut for certain, so a log of another boot of the machine says nothing.
Does not send, and decides nothing of a mail that it does not know.
"""

import errno
import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

from db.claims import Outcome
from db.deliveries import DeliveryState
from db.runs import Run

BOOT = Path("/proc/sys/kernel/random/boot_id")
DIED = "the process died while it was sending; look in the mail server's log"


class FlightLog:
    """An open log, held by this process alone. Its first line names the machine's boot and the run that it is of."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._is_torn = False

    def fates(self, ids: Iterable[int], run: Run | None) -> list[Outcome]:
        """What became of the deliveries that a dead process was sending; `run` is the newest run that delivered.

        Those that the log of that run shows as ended have their outcome; those that it does not show were certainly
        never begun, and wait again; all others may have been sent.
        """
        lines = self._lines()
        if run is None or not BOOT.exists() or lines[:1] != [_head(run)]:
            return [_in_doubt(number) for number in ids]
        last = dict(map(_flight, lines[1:]))
        return [last.get(number, Outcome(number, DeliveryState.RENDERED, untried=True)) for number in ids]

    def start(self, run: Run) -> None:
        """Forget what was; from here on the log belongs to this run."""
        self._file.truncate(0)
        self.append(_line(_head(run)))

    def append(self, lines: bytes) -> None:
        """Add whole lines; OSError where they cannot all be noted, and from then on."""
        if self._is_torn or self._file.write(lines) != len(lines):
            self._is_torn = True  # what is appended to half a line would be read as another one
            raise OSError(errno.EIO, "a line was not written whole", str(self._file.name))

    def clear(self) -> None:
        """Forget all: the ledger knows it."""
        self._file.truncate(0)

    def _lines(self) -> list[Any]:
        """Every whole line, and none of a file that is no log; the last one of a process that died may be torn."""
        self._file.seek(0)
        try:
            return [orjson.loads(line) for line in self._file.readall().split(b"\n")[:-1]]
        except orjson.JSONDecodeError:
            return []


class Pen:
    """What one sender thread writes into the log. A mail's end is written together with the next one's beginning.

    Between the two a kill leaves the mail that has ended in doubt, and none that is begun: one a thread, as ever.
    """

    def __init__(self, log: FlightLog) -> None:
        self._log = log
        self._ended = b""

    def begin(self, number: int) -> None:
        """Note that a delivery's first byte may leave from now on; OSError where it cannot be noted."""
        self._log.append(self._ended + _line(number))
        self._ended = b""

    def end(self, outcome: Outcome) -> None:
        """Note what became of a delivery, at the latest when this thread rests."""
        retry_at = outcome.retry_at.isoformat() if outcome.retry_at else None
        self._ended = _line([outcome.id, outcome.state, outcome.reason, retry_at, outcome.untried])

    def rest(self) -> None:
        """Write what is not written yet: the next mail may be long in coming."""
        if self._ended:
            self._log.append(self._ended)
            self._ended = b""


def _line(what: object) -> bytes:
    return orjson.dumps(what) + b"\n"


@contextmanager
def open_flights(file: Path) -> Iterator[FlightLog | None]:
    """The log in this file, for one process at a time: None while a living one has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b", buffering=0) as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield FlightLog(opened)


def _head(run: Run) -> list[object]:
    return [BOOT.read_text().strip() if BOOT.exists() else "", run.id, run.started_at.timestamp()]


def _flight(line: Any) -> tuple[int, Outcome]:
    """A delivery and what is known of it from this line on: only its number says that it was begun."""
    if isinstance(line, int):
        return line, _in_doubt(line)
    number, state, reason, retry_at, untried = line
    again = datetime.fromisoformat(retry_at) if retry_at else None
    return number, Outcome(number, DeliveryState(state), reason, again, untried)


def _in_doubt(number: int) -> Outcome:
    return Outcome(number, DeliveryState.UNKNOWN, DIED)
