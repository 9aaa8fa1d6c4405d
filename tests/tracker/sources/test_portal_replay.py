"""The portal's recorded days, served by the replay: paging, and every fault that it knows."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from tests.support.replay import replay_server, tell
from tests.tracker.sources.test_portal import NOW, day_rows
from tracker.errors import RunQuarantined, SourceError
from tracker.fetching.asking import Answer, FetchSettings
from tracker.fetching.fetch import Fetcher
from tracker.sources import Page, Row, Wanted
from tracker.sources.portal import search as portal

pytestmark = [pytest.mark.slow, pytest.mark.together("a portal replayed")]


@pytest.fixture(scope="module")
def replay(shared: Path) -> Iterator[str]:
    """The replay server on a free port, at 2026-04-21."""
    with replay_server(shared) as address:
        yield address


class Deaf:
    """A fetcher whose filter does not reach the API."""

    def __init__(self, fetch: Fetcher) -> None:
        self.fetch, self.note_retry = fetch, fetch.note_retry

    async def post_parts(self, url: str, *, params: Mapping[str, Any], parts: Mapping[str, Any]) -> Answer:
        heard = {name: part for name, part in parts.items() if name != "query"}
        return await self.fetch.post_parts(url, params=params, parts=heard)


def replayed(url: str, deaf: bool = False, topic_pages: int = 0) -> tuple[dict[str, Row], list[Page]]:
    settings = FetchSettings(gap_seconds=0, attempts=2, retry_min_seconds=0, retry_max_seconds=0.5, read_seconds=1)

    async def within() -> tuple[dict[str, Row], list[Page]]:
        async with Fetcher(settings, "portal", now=lambda: NOW, allow_hosts=["127.0.0.1"]) as fetch:
            asks = cast(Fetcher, Deaf(fetch)) if deaf else fetch
            found = [
                page
                async for page in portal.pages(
                    asks, portal.Settings(api_url=url, details_per_run=topic_pages), Wanted()
                )
            ]
            return {row.key: row for page in found for row in portal.rows(page)}, found

    return asyncio.run(within())


def test_every_reference_of_a_recorded_day_is_read(replay: str, shared: Path) -> None:
    found, pages = replayed(replay, topic_pages=50)
    assert set(found) == {row["reference"] for row in day_rows(shared, "2026-04-21")}
    assert {page.pass_no for page in pages} == {1}
    assert all(portal.facts(row).title for row in found.values())


@pytest.mark.parametrize("kind", ["http500", "http503", "html", "throwable", "truncated", "empty", "reset"])
def test_a_fault_that_passes_costs_nothing(replay: str, shared: Path, kind: str) -> None:
    tell(replay, "_fault", kind=kind, times=1)
    found, _ = replayed(replay)
    assert len(found) == len({row["reference"] for row in day_rows(shared, "2026-04-21")})


@pytest.mark.parametrize(
    ("kind", "times", "reason"),
    [
        ("http500", 2, "http_500"),
        ("http503", 2, "http_503"),
        ("reset", 2, "timeout"),  # the replay leaves such a connection open and silent
        ("slow", 2, "timeout"),
        ("ratelimit", 1, "http_429"),
        ("html", 3, "html"),
        ("throwable", 3, "throwable"),
        ("truncated", 3, "truncated"),
    ],
)
def test_a_fault_that_stays_has_a_name(replay: str, kind: str, times: int, reason: str) -> None:
    tell(replay, "_fault", kind=kind, times=times)
    with pytest.raises(SourceError) as caught:
        replayed(replay)
    assert caught.value.reason == reason


def test_pages_that_stay_empty_are_made_up_for_by_the_next_pass(replay: str) -> None:
    tell(replay, "_fault", kind="empty", times=3)
    found, pages = replayed(replay)
    assert [page.pass_no for page in pages if page.scan == "1"] == [1] * 7 + [2] * 7
    assert len(found) == 800


def test_an_unfiltered_index_is_not_believed(replay: str) -> None:
    with pytest.raises(RunQuarantined) as caught:
        replayed(replay, deaf=True)
    assert caught.value.reason == "filter_ignored"


def test_vanished_calls_are_looked_up_by_their_keys(replay: str) -> None:
    keys = ["51144508TOPICSen", "13862COMPETITIVE_CALLen", "185838PROSPECTSEN", "1TOPICSen"]

    async def within() -> list[Row]:
        quick = FetchSettings(gap_seconds=0)
        async with Fetcher(quick, "portal", now=lambda: NOW, allow_hosts=["127.0.0.1"]) as fetch:
            return await portal.lookup(fetch, portal.Settings(api_url=replay), keys)

    assert sorted(row.key for row in asyncio.run(within())) == sorted(keys[:3])
