"""The send journal: which mails a delivering run has begun and what became of each, in a file beside the ledger.

Each run has its own file, `journal/RUN`, which its process keeps locked as long as it lives. A line is appended before
a mail's first byte leaves and after its outcome. Lines survive a killed process, as the system has them by then. They
may not survive a power cut, so a journal from another boot of the machine is not believed.
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
BEFORE = "flights"  # the only journal of versions before schema 0006, whose rows do not name their run
ENTRIES_BEFORE = 5  # of one outcome there: a single text for the reason and the server's reply


class SendJournal:
    """The open journal of a living run. Its first line names the machine's boot and the run."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        self._is_torn = False

    def append(self, lines: bytes) -> None:
        """Append whole lines. OSError if they cannot all be written, and for every later call."""
        if self._is_torn or self._file.write(lines) != len(lines):
            self._is_torn = True  # a line appended to half a line would be read as something else
            raise OSError(errno.EIO, "a line was not written whole", str(self._file.name))


@contextmanager
def open_journal(data: Path, run: Run) -> Iterator[SendJournal]:
    """Open a new journal for this run, and remove it if the run ends well: then the ledger knows everything."""
    file = data / FOLDER / str(run.id)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b", buffering=0) as opened:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        opened.truncate(0)
        journal = SendJournal(opened)
        journal.append(_line(_head(run)))
        yield journal
        file.unlink()


class JournalWriter:
    """Writes one sender thread's lines. A mail's end is written together with the next mail's beginning.

    A kill between the two leaves the ended mail unknown, but no begun one: so it is at most one mail for each thread.
    """

    def __init__(self, journal: SendJournal) -> None:
        self._journal = journal
        self._ended = b""

    def begin(self, number: int) -> None:
        """Record that a delivery's first byte may leave from now on. OSError if that cannot be written."""
        self._journal.append(self._ended + _line(number))
        self._ended = b""

    def end(self, outcome: Outcome) -> None:
        """Record what became of a delivery; written with the next `begin`, or at `rest`."""
        retry_at = outcome.retry_at.isoformat() if outcome.retry_at else None
        self._ended = _line([*outcome[:4], retry_at, outcome.untried])

    def rest(self) -> None:
        """Write the last outcome if it is not written yet: the next mail may not come soon."""
        if self._ended:
            self._journal.append(self._ended)
            self._ended = b""


# --- what dead runs left ----------------------------------------------------------------------------------------------

RunOf = Callable[[int | None], Run | None]


@dataclass(frozen=True, slots=True)
class Left:
    """The living runs, and the journals of dead ones by run id; None is an older version's, which named no run."""

    living: frozenset[int | None]
    dead: Mapping[int | None, tuple[Path, list[Any]]]

    def fates(self, rows: Sequence[InFlight], run_of: RunOf) -> list[Outcome]:
        """The outcomes of the deliveries that dead runs were sending; `run_of` finds a run by its id.

        A delivery that its run's journal shows as ended has that outcome. One that the journal does not show was
        certainly never begun, and waits again. All others may have been sent: unknown.
        """
        journals = {run_id: self._journal(run_id, run_of(run_id)) for run_id in {row.run_id for row in rows}}
        return [_fate(row.id, journals[row.run_id]) for row in rows]

    def _journal(self, run_id: int | None, run: Run | None) -> dict[int, Outcome] | None:
        """The last entry of each delivery in a run's journal; None if it is missing or another run's or boot's."""
        _, lines = self.dead.get(run_id, (None, []))
        if run is None or not BOOT.exists() or lines[:1] != [_head(run)]:
            return None
        return dict(map(_entry, lines[1:]))

    def remove(self) -> None:
        """Delete the journals of dead runs, once the ledger holds their outcomes."""
        for file, _ in self.dead.values():
            file.unlink(missing_ok=True)


@contextmanager
def left_behind(data: Path) -> Iterator[Left]:
    """Find what dead runs left in this folder, and lock it: nobody else reads or removes it meanwhile."""
    with ExitStack() as stack:
        files = {run_id: stack.enter_context(file.open("rb", buffering=0)) for run_id, file in _journals(data)}
        dead = {run_id: file for run_id, file in files.items() if _is_dead(file)}
        yield Left(
            frozenset(files.keys() - dead.keys()),
            {run_id: (Path(str(file.name)), _lines(file)) for run_id, file in dead.items()},
        )


def _journals(data: Path) -> Iterator[tuple[int | None, Path]]:
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
    """Every whole line; none if the file is no journal. The last line of a process that died may be cut off."""
    try:
        return [orjson.loads(line) for line in file.readall().split(b"\n")[:-1]]
    except orjson.JSONDecodeError:
        return []


def _line(value: object) -> bytes:
    return orjson.dumps(value) + b"\n"


def _head(run: Run) -> list[object]:
    return [BOOT.read_text().strip() if BOOT.exists() else "", run.id, run.started_at.timestamp()]


def _fate(number: int, journal: Mapping[int, Outcome] | None) -> Outcome:
    if journal is None:
        return _unknown(number)
    return journal.get(number, Outcome(number, DeliveryState.RENDERED, untried=True))


def _entry(line: Any) -> tuple[int, Outcome]:
    """A delivery's id and its outcome by this line; a line of the id alone says that it was begun."""
    if isinstance(line, int):
        return line, _unknown(line)
    number, state, reason, detail, retry_at, untried = line if len(line) > ENTRIES_BEFORE else _as_now(line)
    again = datetime.fromisoformat(retry_at) if retry_at else None
    why = DeliveryReason(reason) if reason else None
    return number, Outcome(number, DeliveryState(state), why, detail, again, untried)


def _as_now(line: list[Any]) -> list[Any]:
    """An older version's outcome in today's form: our reason and the server's reply apart."""
    number, state, reply, *rest = line
    if state == DeliveryState.SKIPPED:
        return [number, state, DeliveryReason.NOT_ALLOWED, None, *rest]
    return [number, state, DeliveryReason.MAIL_SERVER if reply else None, reply, *rest]


def _unknown(number: int) -> Outcome:
    return Outcome(number, DeliveryState.UNKNOWN, DeliveryReason.DIED)
