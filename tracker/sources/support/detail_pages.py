"""Detail pages of calls: requested within a limit, no more often than needed, and never failing the run.

Does not keep the pages itself (`tracker.fetching.http_cache`).
"""

from collections.abc import Callable, Sized
from typing import Any

from tracker.errors import FetchError, ParseError
from tracker.fetching.asking import Fetch
from tracker.sources import Way
from tracker.sources.walls import walled

GONE = ("http_404", "http_410")


def way_of(body: bytes | None, contents: Sized) -> Way:
    """Tell how far a call came, from `body` as `read` returns it and the contents parsed from it."""
    return Way.LISTED if body is None else Way.LOADED if contents else Way.OPENED


class DetailPages:
    """A run's detail pages: at most `most` requests; pages from the HTTP cache come on top."""

    def __init__(self, fetch: Fetch, most: int) -> None:
        self._fetch = fetch
        self._left = most

    async def read(self, url: str, row: str) -> bytes | None:
        """Return the detail page of the call whose row has this fingerprint; empty if gone, None if unavailable.

        Once the limit is reached, it is the page as cached last time.
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

    def parsed(
        self, source: str, url: str, body: bytes | None, parse: Callable[[bytes], dict[str, Any]]
    ) -> dict[str, Any]:
        """Parse a detail page; one that cannot be read counts as empty, and is requested again in the next run."""
        if not body:
            return {}
        try:
            with walled(source):
                return parse(body)
        except ParseError:
            self._fetch.forget(url)
            return {}
