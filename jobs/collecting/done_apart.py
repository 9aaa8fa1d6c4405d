"""Do one piece of work in a process of its own, which may take only so much time and memory, and ends with it.

For pages that somebody at the desk names: what they hold may take minutes or gigabytes to parse.
"""

from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple, ParamSpec, TypeVar

from jobs.collecting.reading_apart import DEAD, begun_apart, bound, context
from tracker.errors import ParseError, SourceError
from tracker.readings.limits import ReadingSettings
from tracker.sources.walls import walled

Given = ParamSpec("Given")
Result = TypeVar("Result")
PATIENCE = 2  # times its processor time that the work may last, on a busy machine


class _Done(NamedTuple):
    result: Any
    fault: SourceError | None = None


def done_apart(
    source: str, limits: ReadingSettings, work: Callable[Given, Result], *args: Given.args, **options: Given.kwargs
) -> Result:
    """Do the work, which raises SourceError alone. ParseError (too_long, too_big, died) where it takes too much."""
    pipe, other_end = context.Pipe()
    child = context.Process(target=_do, args=(other_end, source, limits, work, args, options), daemon=True)
    with pipe:
        try:
            begun_apart(child, other_end)
            if not pipe.poll(PATIENCE * limits.cpu_seconds):
                raise ParseError(source, "too_long", f"reading the page takes over {limits.cpu_seconds} seconds")
            done: _Done = pipe.recv()
        except DEAD:
            raise ParseError(source, "too_long", "reading the page took too much time or memory") from None
        finally:
            if child.pid is not None:
                child.kill()
                child.join()
    if done.fault:
        raise done.fault
    result: Result = done.result
    return result


def _do(pipe: Connection, source: str, limits: ReadingSettings, work: Any, args: Any, options: Any) -> None:
    bound(limits)
    with suppress(*DEAD):
        try:
            with walled(source):
                done = _Done(work(*args, **options))
        except SourceError as error:
            done = _Done(None, error)
        except MemoryError:
            done = _Done(None, ParseError(source, "too_big", f"reading the page takes over {limits.memory_mb} MB"))
        pipe.send(done)
