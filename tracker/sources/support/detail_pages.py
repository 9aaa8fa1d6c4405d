"""Calls' own pages beside their list: read within limits, no oftener than need be, and never at the run's expense.

Does not know what such a page says, and remembers nothing itself (`tracker.fetching.http_cache`).
"""

from collections.abc import Sized

from tracker.errors import FetchError
from tracker.fetching.fetch import Fetcher
from tracker.sources import Way

GONE = ("http_404", "http_410")


def way_of(body: bytes | None, contents: Sized) -> Way:
    """How far it came: `body` as `read` gives it, and what was found in it."""
    return Way.LISTED if body is None else Way.LOADED if contents else Way.OPENED


class DetailPages:
    """Asks for at most so many pages in one run; those that it need not ask for come on top."""

    def __init__(self, fetch: Fetcher, most: int) -> None:
        self._fetch = fetch
        self._left = most

    async def read(self, url: str, row: str) -> bytes | None:
        """The page of the call whose row has this fingerprint, empty where it is gone; None where it cannot be had.

        Where there is no room to ask, it is the page as it was last time.
        """
        if self._fetch.remembered(url, row) is None:
            if self._left <= 0:
                return self._fetch.remembered(url)
            self._left -= 1
        try:
            return (await self._fetch.get(url, attempts=1, row=row)).body
        except FetchError as error:
            if error.reason in GONE:
                return b""
            self._left = 0  # the host is in trouble; the calls stay as they are until the next run
            return self._fetch.remembered(url)

    def forget(self, url: str) -> None:
        """An odd page says nothing about the next, and is asked for again in the next run."""
        self._fetch.forget(url)
