"""The desk: one writes at a time, off the event loop, and ends early when nobody waits for it any more."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

import pytest

from jobs.collecting.desk import Desk
from jobs.collecting.spool import BATCH, Seen, spooled
from tests.jobs.world import facts


def test_one_writes_at_a_time_and_the_loop_goes_on_meanwhile() -> None:
    busy, ticks = threading.Lock(), 0

    def write() -> int:
        with busy:  # a second one at once would wait here for ever
            time.sleep(0.05)
        return threading.get_ident()

    async def within() -> list[int]:
        nonlocal ticks
        desk = Desk()
        writing = asyncio.gather(*(desk.do(write) for _ in range(3)))
        while not writing.done():
            ticks += 1
            await asyncio.sleep(0.001)
        return await writing

    assert threading.get_ident() not in asyncio.run(within())
    assert ticks > 10


def test_work_that_is_given_up_ends_before_anything_else_goes_on() -> None:
    has_ended = threading.Event()

    async def within() -> None:
        desk = Desk()

        def store() -> None:
            with spooled(desk.halted) as spool:
                for number in range(BATCH * 3):
                    spool.add(Seen("f", facts(str(number))))
                with contextlib.suppress(InterruptedError):
                    for _ in spool.batches():
                        desk.halted.wait(10)
                    return
            has_ended.set()

        doing = asyncio.create_task(desk.do(store))
        await asyncio.sleep(0.3)
        doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await doing
        assert has_ended.is_set()

    asyncio.run(within())


def test_a_context_is_left_at_the_desk_and_may_swallow_what_happened() -> None:
    left: list[object] = []

    @contextlib.contextmanager
    def recorded() -> Iterator[str]:
        try:
            yield "run"
        except ValueError as error:
            left.append(error)
        left.append(threading.get_ident())

    async def within() -> None:
        async with Desk().within(recorded()) as run:
            assert run == "run"
            raise ValueError("a verdict")

    asyncio.run(within())
    assert isinstance(left[0], ValueError)
    assert left[1] != threading.get_ident()
