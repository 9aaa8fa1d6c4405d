"""Wait for a server that may never answer, but no longer than until the process is told to stop."""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")
LISTENS_SECONDS = 0.2  # whether we are told to stop


def done_unless_stopped(stop: threading.Event, work: Callable[[], Result]) -> Result:
    """Do work that can be left undone at any time, such as opening a session; what it raises is raised here.

    It is done in a thread of its own. InterruptedError if `stop` is set first: nobody waits for the thread then.
    """
    done: SimpleQueue[tuple[Result | None, Exception | None]] = SimpleQueue()

    def do() -> None:
        try:
            done.put((work(), None))
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=do, name="may be left", daemon=True).start()
    while True:
        try:
            result, fault = done.get(timeout=LISTENS_SECONDS)
            break
        except Empty:
            if stop.is_set():
                raise InterruptedError("told to stop") from None
    if fault:
        raise fault
    return result  # type: ignore[return-value]
