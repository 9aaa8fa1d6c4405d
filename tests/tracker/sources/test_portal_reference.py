"""The portal's bulk list: objects of our own in chunks of every size, and the recorded seven where they are at hand."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.sources.own_site import reason_of
from tracker.sources.portal.bulk_list import Completeness, ListedTopic, completeness, listed_topics

ON = date(2026, 11, 23)
OPEN, FORTHCOMING, CLOSED = 31094502, 31094501, 31094503
MARCH, OCTOBER = 1805760000000, 1790812800000  # 23 March 2027, 1 October 2026


def topic(number: int, status: int = OPEN, deadline: int | None = MARCH, **other: Any) -> dict[str, Any]:
    said = {"type": 1, "ccm2Id": number, "identifier": f"CALL-{number}", "status": {"id": status}}
    return (
        said
        | {"title": 'A "quoted" [title] with ümlauts }', "deadlineDatesLong": [deadline] if deadline else []}
        | other
    )


def document(*objects: Any) -> bytes:
    return json.dumps({"fundingData": {"GrantTenderObj": objects}}, ensure_ascii=False, indent=1).encode()


async def chunks(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def compared(body: bytes, held: dict[str, str | None]) -> Completeness:
    return asyncio.run(completeness(chunks(body, 64), held, ON))


def listed_in(body: bytes, size: int = 64) -> list[ListedTopic]:
    async def within() -> list[ListedTopic]:
        return [topic async for topic in listed_topics(chunks(body, size))]

    return asyncio.run(within())


@pytest.mark.parametrize("size", [1, 7, 100, 1_000_000])
def test_the_list_reads_the_same_in_chunks_of_any_size(size: int) -> None:
    body = document(topic(1), topic(2, FORTHCOMING), topic(3, CLOSED))
    assert [found.number for found in listed_in(body, size)] == ["1", "2", "3"]


def test_only_topics_are_read() -> None:
    body = document(topic(1), topic(2, type=0))
    assert [found.identifier for found in listed_in(body)] == ["CALL-1"]


def test_a_current_topic_that_is_not_held_is_missing() -> None:
    found = compared(document(topic(1), topic(2, FORTHCOMING)), {"1TOPICSen": "CALL-1"})
    assert ([missing.identifier for missing in found.missing], found.listed, found.share) == (["CALL-2"], 2, 0.5)


def test_a_topic_is_held_by_its_number_or_by_its_identifier() -> None:
    held: dict[str, str | None] = {"1TOPICSen": "RENAMED-1", "9LIFEProjectGrants1646784000000": "CALL-2"}
    found = compared(document(topic(1), topic(2)), held)
    assert (found.missing, found.unlisted) == ((), ())


def test_what_is_closed_or_past_its_last_deadline_is_not_missed() -> None:
    found = compared(document(topic(1, CLOSED), topic(2, deadline=OCTOBER)), {})
    assert (found.listed, found.missing, found.share) == (0, (), 1.0)


def test_a_topic_without_a_deadline_is_current_as_long_as_its_status_says_so() -> None:
    assert compared(document(topic(1, deadline=None)), {}).listed == 1


def test_a_held_topic_that_is_not_listed_is_named() -> None:
    assert compared(document(topic(1)), {"1TOPICSen": "CALL-1", "7TOPICSen": "CALL-7"}).unlisted == ("7TOPICSen",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "no_rows"),
        (b"<html><body><app-root></app-root></body></html>", "no_rows"),
        (document(topic(1))[:-60], "truncated"),
        (b'{"GrantTenderObj": [{"type": 1, "title": }]}', "truncated"),
        (document(None), "not_an_answer"),
        (document({"type": 1, "ccm2Id": 5}), "not_an_answer"),
        (document(topic(1, deadline=10**30)), "date"),
    ],
)
def test_a_list_that_is_not_what_it_was_ends_in_a_named_reason(body: bytes, reason: str) -> None:
    assert reason_of(lambda: compared(body, {})) == reason


def test_the_recorded_list_misses_what_is_taken_from_it(shared: Path) -> None:
    body = (shared / "recorded/portal/raw/grantsTenders-7.json").read_bytes()
    listed = listed_in(body, 4096)
    assert len(listed) == 6  # and one old tender
    held: dict[str, str | None] = {f"{found.number}TOPICSen": found.identifier for found in listed[1:]}
    found = asyncio.run(completeness(chunks(body, 4096), held, date(2026, 9, 1)))
    assert [missing.identifier for missing in found.missing] == ["HORIZON-MISS-2026-02-CANCER-05"]
    assert (found.listed, found.unlisted) == (5, ("43493632TOPICSen",))  # closed in 2021
    assert [str(missing.closes_on) for missing in found.missing] == ["2026-09-15"]
