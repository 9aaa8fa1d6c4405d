"""Rate limit per host: one request at a time, with a gap in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0


class Hosts:
    """The turns at each host. Made once per tick and shared by its fetchers, as two sources may use one host."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    @asynccontextmanager
    async def turn(self, host: str, gap_seconds: float) -> AsyncIterator[None]:
        """Hold the host exclusively; the next holder waits until `gap_seconds` after this one is done."""
        turn = self._turns.setdefault(host, _Turn())
        clock = asyncio.get_running_loop().time
        async with turn.lock:
            await asyncio.sleep(max(0.0, turn.free_at - clock()))
            try:
                yield
            finally:
                turn.free_at = clock() + gap_seconds
