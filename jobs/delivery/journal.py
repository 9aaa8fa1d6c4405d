"""The flight log: which mails a delivering run has begun, and what became of each, beside the ledger.

Each run has a file of its own, `journal/RUN`, which its process holds as long as it lives. Lines are appended before a
mail's first byte and after its outcome, and outlive a process that is killed: they are with the system by then. They do
not outlive a power cut for certain, so a log of another boot of the machine says nothing. Does not send, and decides
nothing of a mail that it does not know.
"""

import errno
import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

import orjson

from db.deliveries import DeliveryReason, DeliveryState
from db.runs import Run
from db.send_queue import InFlight, Outcome

BOOT = Path("/proc/sys/kernel/random/boot_id")
FOLDER = "journal"
BEFORE = "flights"  # the one log of versions before the schema 0006, whose rows do not name their run
ENTRIES_BEFORE = 5  # in an outcome of theirs: one text for the reason and the server's answer


class SendJournal:
    """The open log of a run that lives. Its first line names the machine's boot and the run."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._is_torn = False

    def append(self, lines: bytes) -> None:
        """Add whole lines; OSError where they cannot all be noted, and from then on."""
        if self._is_torn or self._file.write(lines) != len(lines):
            self._is_torn = True  # what is appended to half a line would be read as another one
            raise OSError(errno.EIO, "a line was not written whole", str(self._file.name))


@contextmanager
def open_journal(data: Path, run: Run) -> Iterator[SendJournal]:
    """A new log of this run. Where the run ends well, the ledger knows all, and the log is removed."""
    file = data / FOLDER / str(run.id)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b", buffering=0) as opened:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        opened.truncate(0)
        log = SendJournal(opened)
        log.append(_line(_head(run)))
        yield log
        file.unlink()


class JournalWriter:
    """What one sender thread writes into the log. A mail's end is written together with the next one's beginning.

    Between the two a kill leaves the mail that has ended in doubt, and none that is begun: one a thread, as ever.
    """

    def __init__(self, log: SendJournal) -> None:
        self._log = log
        self._ended = b""

    def begin(self, number: int) -> None:
        """Note that a delivery's first byte may leave from now on; OSError where it cannot be noted."""
        self._log.append(self._ended + _line(number))
        self._ended = b""

    def end(self, outcome: Outcome) -> None:
        """Note what became of a delivery, at the latest when this thread rests."""
        retry_at = outcome.retry_at.isoformat() if outcome.retry_at else None
        self._ended = _line([*outcome[:4], retry_at, outcome.untried])

    def rest(self) -> None:
        """Write what is not written yet: the next mail may be long in coming."""
        if self._ended:
            self._log.append(self._ended)
            self._ended = b""


# --- what dead runs left ----------------------------------------------------------------------------------------------

RunOf = Callable[[int | None], Run | None]


@dataclass(frozen=True, slots=True)
class Left:
    """Which runs live, and the logs of dead ones, by the run's id; None is of a version that did not name its run."""

    living: frozenset[int | None]
    dead: Mapping[int | None, tuple[Path, list[Any]]]

    def fates(self, rows: Sequence[InFlight], run_of: RunOf) -> list[Outcome]:
        """What became of the deliveries that dead runs were sending; `run_of` knows a run by its id.

        Those that the log of their run shows as ended have their outcome; those that it does not show were certainly
        never begun, and wait again; all others may have been sent.
        """
        journal = {run_id: self._journal(run_id, run_of(run_id)) for run_id in {row.run_id for row in rows}}
        return [_fate(row.id, journal[row.run_id]) for row in rows]

    def _journal(self, run_id: int | None, run: Run | None) -> dict[int, Outcome] | None:
        """The last that a run's log says of each delivery; None where it is missing, or another's."""
        _, lines = self.dead.get(run_id, (None, []))
        if run is None or not BOOT.exists() or lines[:1] != [_head(run)]:
            return None
        return dict(map(_entry, lines[1:]))

    def remove(self) -> None:
        """Forget all: the ledger knows it."""
        for file, _ in self.dead.values():
            file.unlink(missing_ok=True)


@contextmanager
def left_behind(data: Path) -> Iterator[Left]:
    """What dead runs left in this folder; nobody else reads or removes it meanwhile."""
    with ExitStack() as held:
        files = {run_id: held.enter_context(file.open("rb", buffering=0)) for run_id, file in _logs(data)}
        dead = {run_id: file for run_id, file in files.items() if _is_dead(file)}
        yield Left(
            frozenset(files.keys() - dead.keys()),
            {run_id: (Path(str(file.name)), _lines(file)) for run_id, file in dead.items()},
        )


def _logs(data: Path) -> Iterator[tuple[int | None, Path]]:
    if (data / BEFORE).exists():
        yield None, data / BEFORE
    if (data / FOLDER).exists():
        yield from ((int(file.name), file) for file in (data / FOLDER).iterdir() if file.name.isdecimal())


def _is_dead(file: FileIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lines(file: FileIO) -> list[Any]:
    """Every whole line, and none of a file that is no log; the last one of a process that died may be torn."""
    try:
        return [orjson.loads(line) for line in file.readall().split(b"\n")[:-1]]
    except orjson.JSONDecodeError:
        return []


def _line(what: object) -> bytes:
    return orjson.dumps(what) + b"\n"


def _head(run: Run) -> list[object]:
    return [BOOT.read_text().strip() if BOOT.exists() else "", run.id, run.started_at.timestamp()]


def _fate(number: int, journal: Mapping[int, Outcome] | None) -> Outcome:
    if journal is None:
        return _in_doubt(number)
    return journal.get(number, Outcome(number, DeliveryState.RENDERED, untried=True))


def _entry(line: Any) -> tuple[int, Outcome]:
    """A delivery and what is known of it from this line on: only its number says that it was begun."""
    if isinstance(line, int):
        return line, _in_doubt(line)
    number, state, reason, detail, retry_at, untried = line if len(line) > ENTRIES_BEFORE else _as_now(line)
    again = datetime.fromisoformat(retry_at) if retry_at else None
    why = DeliveryReason(reason) if reason else None
    return number, Outcome(number, DeliveryState(state), why, detail, again, untried)


def _as_now(line: list[Any]) -> list[Any]:
    """An outcome that a version before noted, with our word parted from the server's."""
    number, state, said, *rest = line
    if state == DeliveryState.SKIPPED:
        return [number, state, DeliveryReason.NOT_ALLOWED, None, *rest]
    return [number, state, DeliveryReason.MAIL_SERVER if said else None, said, *rest]


def _in_doubt(number: int) -> Outcome:
    return Outcome(number, DeliveryState.UNKNOWN, DeliveryReason.DIED)
