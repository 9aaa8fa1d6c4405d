"""Web pages of our own at their publishers' addresses, handed out as `tracker.fetching.fetch` does; and the reviewed
facts.

Does not open a socket: how the real fetcher behaves is told in tests/tracker/fetching/test_fetch.py.
"""

import asyncio
from collections.abc import Mapping
from types import ModuleType
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from db.calls import CallFacts
from tests.tracker.sources.own_site import HERE, expected, recorded
from tracker import config
from tracker.errors import FetchError, SourceError
from tracker.fetching.asking import Answer, Fetch
from tracker.sources import Page, SourceSettings, Wanted, walls

SHELL = b"<!DOCTYPE html><html><head><title>Calls</title></head><body><app-root></app-root></body></html>"
BARE = (
    b"<!DOCTYPE html><html><body><main><h1>Calls</h1><p>"
    + b"Here is a page with many words and no calls at all. " * 8
    + b"</p></main></body></html>"
)


class OwnWeb:
    """What lies at some addresses: a body, an answer with headers, or an error's status. All else is a 404."""

    def __init__(self, answers: Mapping[str, bytes | int | Answer]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []

    async def get(
        self, url: str, *, params: Mapping[str, str | int] | None = None, attempts: int | None = None, row: str = ""
    ) -> Answer:
        address = f"{url}?{urlencode(params)}" if params else url
        self.asked.append(address)
        found = self.answers.get(address, 404)
        if isinstance(found, int):
            raise FetchError("own web", f"http_{found}", address)
        return found if isinstance(found, Answer) else Answer(address, 200, {}, found)

    def remembered(self, url: str, row: str | None = None) -> bytes | None:
        return None

    def forget(self, url: str) -> None:
        pass


def settings_of(module: ModuleType, **changed: Any) -> SourceSettings:
    """A source's settings as the first region's file has them."""
    key = module.SOURCE.key
    return config.given({"sources": {key: changed}}).source(key)


def gathered(
    module: ModuleType, answers: Mapping[str, bytes | int | Answer], settings: SourceSettings | None = None
) -> list[Page]:
    """Every page of one reading."""
    return gathered_from(module, OwnWeb(answers), settings)


def gathered_from(module: ModuleType, web: OwnWeb, settings: SourceSettings | None = None) -> list[Page]:
    async def within() -> list[Page]:
        found = module.pages(cast(Fetch, web), settings or settings_of(module), Wanted())
        return [page async for page in found]

    return asyncio.run(within())


def facts_of(module: ModuleType, pages: list[Page]) -> list[CallFacts]:
    """The facts of every row, in order."""
    return [walls.facts_of(module, row) for page in pages for row in module.rows(page)]


def reason(module: ModuleType, answers: Mapping[str, bytes | int | Answer]) -> str:
    """How a reading of these answers ends."""
    with pytest.raises(SourceError) as caught:
        facts_of(module, gathered(module, answers))
    return caught.value.reason


def fixture(key: str, name: str = "page.html") -> bytes:
    return (HERE / key / name).read_bytes()


def reviewed(key: str) -> list[dict[str, Any]]:
    """What a source's pages say: a call's facts but for defaults, in the page's order."""
    return list(expected(key).values())


def told(facts: list[CallFacts]) -> list[dict[str, Any]]:
    """Facts in the shape of `reviewed`."""
    return [one.model_dump(mode="json", exclude_defaults=True) for one in facts]


def web_of(key: str) -> dict[str, bytes | int | Answer]:
    """A source's own pages at its publisher's addresses, with what they came with."""
    return {
        url: Answer(page.get("url", url), 200, page.get("headers", {}), fixture(key, page["file"]))
        for url, page in recorded(key).items()
    }
