"""The desk: where readings that go on at once write to the database, one at a time and off the event loop.

SQLite has one writer; and while a long reading is stored, the process must still hear that it is to stop.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def in_thread(work: Callable[Given, Result], *args: Given.args, **options: Given.kwargs) -> Result:
    """Do one piece of work in a thread. Given up, it has still ended when this returns: it may be in a transaction."""
    return await _finished(None, lambda: None, partial(work, *args, **options))


async def _finished(hand: ThreadPoolExecutor | None, stop: Callable[[], None], work: Callable[[], Result]) -> Result:
    doing = asyncio.get_running_loop().run_in_executor(hand, work)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait([doing])
        raise


class Desk:
    """One writes at a time, in one thread. `halted` is set when work is given up: what takes long then ends early."""

    def __init__(self) -> None:
        self.halted = threading.Event()
        self._hand = ThreadPoolExecutor(1)

    async def do(self, work: Callable[Given, Result], *args: Given.args, **options: Given.kwargs) -> Result:
        """Do one piece of work when it is its turn."""
        return await _finished(self._hand, self.halted.set, partial(work, *args, **options))

    @asynccontextmanager
    async def within(self, manager: AbstractContextManager[Result]) -> AsyncIterator[Result]:
        """Enter and leave a context at the desk; what is within it need not be there."""
        value = await self.do(manager.__enter__)
        try:
            yield value
        except BaseException as error:
            if not await self.do(manager.__exit__, type(error), error, error.__traceback__):
                raise
        else:
            await self.do(manager.__exit__, None, None, None)
