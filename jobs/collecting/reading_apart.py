"""Read a source in a process of its own, which may take only so much processor time and memory.

Whatever a publisher sends, a page that takes minutes or gigabytes ends this process and nothing else: the event loop
goes on, and being told to stop ends the process at once. It is forked from a small process that has only the parsers
(`multiprocessing`'s fork server). Fetching stays here, where turns at hosts, the HTTP cache and the page archive are;
the process asks for it over a pipe. It ends with whoever started it, even if that is killed.
"""

import asyncio
import fcntl
import gc
import multiprocessing
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import reduction
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from traceback import format_exception
from types import ModuleType
from typing import IO, Any, NamedTuple, cast

import structlog

from jobs.collecting.desk import in_thread
from jobs.collecting.reading_here import Assignment, Found, Keep, read_here
from jobs.collecting.spool import Spool
from tracker import sources
from tracker.errors import ParseError, SourceError
from tracker.fetching.asking import Answer, Fetch
from tracker.readings.limits import ReadingSettings
from tracker.sources import Page
from tracker.sources.walls import UNFORESEEN

ASKED = frozenset({"get", "post_parts", "post_json", "remembered", "forget", "note_retry", "keep"})
DEAD = (EOFError, ConnectionError, BrokenPipeError)
MB = 1_000_000
PATIENCE = 10  # times its processor time that a child may be silent: on a busy machine it gets little of it

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload([__name__, *sources.module_names()])  # what children are forked from, at the first one
_starting = threading.Lock()


class _Ended(NamedTuple):
    """A child's last message: what it found, and how it failed if it did."""

    found: Found
    fault: SourceError | None = None
    trace: str = ""  # of what nobody foresaw


class _Handed:
    """An open file on its way to a child."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened, (reduction.DupFd(self.file.fileno()),)


def _opened(handed: Any) -> IO[bytes]:
    return open(handed.detach(), "r+b")


# --- here -------------------------------------------------------------------------------------------------------------


async def read_apart(
    assignment: Assignment, limits: ReadingSettings, fetch: Fetch, keep: Keep, spool: Spool
) -> tuple[Found | None, SourceError | None]:
    """Read a source in a child; return what it found, and the error that ended it if one did.

    An error of ours (too_long, too_big, died) ended the child before it could say what it had found.
    """
    pipe, other_end = context.Pipe()
    child = context.Process(target=_read, args=(other_end, _Handed(spool.file), limits), daemon=True)
    with pipe:
        try:
            await in_thread(_start, child, other_end, pipe, assignment)
            ended = await _attend(pipe, fetch, keep, PATIENCE * limits.cpu_seconds)
        except TimeoutError:  # it waits for what never comes, or was stopped
            detail = f"the process that read its pages was silent for {PATIENCE * limits.cpu_seconds:g} seconds"
            return None, ParseError(assignment.key, "too_long", detail)
        except DEAD:
            await in_thread(child.join)
            return None, _cause(assignment.key, child.exitcode, limits)
        finally:
            if child.pid is not None:
                child.kill()
                child.join()
    spool.count += ended.found.spooled
    if ended.trace:
        structlog.get_logger().error("reading failed", source=assignment.key, exception=ended.trace)
    return ended.found, ended.fault


def _start(child: ForkServerProcess, other_end: Connection, pipe: Connection, assignment: Assignment) -> None:
    begun_apart(child, other_end)
    pipe.send(assignment)


def begun_apart(child: ForkServerProcess, other_end: Connection) -> None:
    """Start a child and close its end of the pipe here."""
    with other_end, _starting, _without_main():
        child.start()


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the program's main module, which multiprocessing would run again in every child."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


async def _attend(pipe: Connection, fetch: Fetch, keep: Keep, most_seconds: float) -> _Ended:
    """Do what the child asks for until it has ended. TimeoutError if it is silent for so long."""
    while True:
        async with asyncio.timeout(most_seconds):
            asked = await _received(pipe)
        if isinstance(asked, _Ended):
            return asked
        name, args, options = asked
        if name not in ASKED:
            raise ValueError(f"a child asks for {name!r}")
        try:
            answer = keep(*args) if name == "keep" else getattr(fetch, name)(*args, **options)
            pipe.send(await answer if asyncio.iscoroutine(answer) else answer)
        except SourceError as error:
            pipe.send(error)


async def _received(pipe: Connection) -> Any:
    loop = asyncio.get_running_loop()
    is_there = asyncio.Event()
    loop.add_reader(pipe.fileno(), is_there.set)
    try:
        await is_there.wait()
    finally:
        loop.remove_reader(pipe.fileno())
    return pipe.recv()


def _cause(source: str, code: int | None, limits: ReadingSettings) -> ParseError:
    if code == -signal.SIGXCPU:
        return ParseError(source, "too_long", f"reading its pages takes over {limits.cpu_seconds} seconds of processor")
    return ParseError(source, "died", f"the process that read its pages ended with {code}")


# --- in the child -----------------------------------------------------------------------------------------------------


def _read(pipe: Connection, file: IO[bytes], limits: ReadingSettings) -> None:
    """Read what is assigned, and say what was found; end quietly if nobody listens any more."""
    bound(limits)
    with suppress(*DEAD):
        _read_and_tell(pipe, file, limits)


def _read_and_tell(pipe: Connection, file: IO[bytes], limits: ReadingSettings) -> None:
    assignment: Assignment = pipe.recv()
    file.seek(0, 2)
    spool = Spool(file)
    reading = assignment.begin(spool)
    fault, trace = None, ""
    far = FarFetcher(pipe)
    try:
        asyncio.run(read_here(assignment, reading, far, far.keep))
    except SourceError as error:
        fault, trace = error, "".join(format_exception(error)) if error.reason == UNFORESEEN else ""
    except MemoryError:
        detail = f"reading its pages takes over {limits.memory_mb} MB"
        fault = ParseError(assignment.key, "too_big", detail)
    file.flush()
    pipe.send(_Ended(Found.of(reading), fault, trace))


def bound(limits: ReadingSettings) -> None:
    """Set the limits of this process, and let it end with the one that started it."""
    gc.freeze()  # what was inherited stays shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; whoever started us ends us
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    most_bytes = _data_bytes() + limits.memory_mb * MB
    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))
    parent = multiprocessing.parent_process()
    if parent is not None:  # its end of this pipe closes when it dies; the signal's default is to end us
        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, multiprocessing.current_process().pid or 0)
        fcntl.fcntl(parent.sentinel, fcntl.F_SETFL, fcntl.fcntl(parent.sentinel, fcntl.F_GETFL) | fcntl.FASYNC)


def _data_bytes() -> int:
    """What this process has taken of the memory that is limited, as inherited."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmData:")[2].split()[0]) * 1024


class FarFetcher:
    """The fetcher of the process that started this one, asked over a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def _ask(self, name: str, *args: Any, **options: Any) -> Any:
        self._pipe.send((name, args, options))
        answer = self._pipe.recv()
        if isinstance(answer, SourceError):
            raise answer
        return answer

    async def get(self, url: str, **options: Any) -> Answer:
        return cast(Answer, self._ask("get", url, **options))

    async def post_parts(self, url: str, **options: Any) -> Answer:
        return cast(Answer, self._ask("post_parts", url, **options))

    async def post_json(self, url: str, **options: Any) -> Answer:
        return cast(Answer, self._ask("post_json", url, **options))

    def remembered(self, url: str, row: str | None = None) -> bytes | None:
        return cast("bytes | None", self._ask("remembered", url, row))

    def forget(self, url: str) -> None:
        self._ask("forget", url)

    def note_retry(self, reason: str) -> None:
        self._ask("note_retry", reason)

    async def keep(self, page: Page) -> None:
        self._ask("keep", page)
