"""The weekly check of the portal's topics against its own bulk list, from a server of our own."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from db.runs import Run, Verdict
from db.sources import list_notices
from jobs.base.app import App
from jobs.collecting.portal_audit import check_portal
from tests.jobs.world import Clock, add_call, facts, stored, why, with_settings
from tests.tracker.sources.own_site import Request, site
from tests.tracker.sources.test_portal_reference import OPEN, document, topic

PATH = "/info/funding-tenders/opportunities/data/referenceData/grantsTenders.json"


@dataclass(slots=True)
class Library:
    """The bulk list as it is served today: a document, or a status."""

    app: App
    body: bytes | int = 404

    def check(self) -> Run:
        return asyncio.run(check_portal(self.app))


@pytest.fixture
def library(app: App, clock: Clock) -> Iterator[Library]:
    """Twenty topics that we know, by number."""
    for number in range(20):
        add_call(app.db, clock.now, facts(f"{number}TOPICSen", identifier=f"CALL-{number}"))
    found = Library(app)
    with site(lambda asked: answer(found, asked)) as here:
        found.app = with_settings(app, sources={"portal": {"details_url": here.url}}, fetch={"attempts": 1})
        yield found


def answer(library: Library, asked: Request) -> bytes | int:
    return library.body if asked.path == PATH else 404


def bulk(*numbers: int) -> bytes:
    return document(*(topic(number, OPEN) for number in numbers))


def notices(app: App) -> list[tuple[str, str]]:
    with app.db.read() as session:
        return [(one.kind.value, one.detail) for one in list_notices(session)]


def test_a_list_of_what_is_known_is_complete_and_changes_nothing(library: Library) -> None:
    library.body = bulk(*range(20))
    before = stored(library.app.db)
    run = library.check()
    assert (run.verdict, run.reasons, run.counts["share"]) == (Verdict.DONE, (), 1.0)
    assert (run.counts["listed"], run.receipt["requests"]) == (20, 2)  # robots.txt, too
    assert (stored(library.app.db), notices(library.app)) == (before, [])


def test_a_slip_is_counted_and_told_to_nobody(library: Library) -> None:
    library.body = bulk(*range(25))
    run = library.check()
    assert (run.counts["missing"], run.reasons, notices(library.app)) == (5, (), [])


def test_topics_that_the_search_never_told_are_named_and_told_to_admins_once(library: Library) -> None:
    library.body = bulk(*range(1, 30))
    runs = [library.check() for _ in range(2)]
    assert [why(run) for run in runs] == [["topics_missing"]] * 2
    assert runs[0].counts["missing_examples"][0] == "CALL-20"
    assert runs[0].counts["unlisted_examples"] == ["0TOPICSen"]
    [(kind, detail)] = notices(library.app)
    assert (kind, "10 of 29 current topics" in detail) == ("incomplete", True)


@pytest.mark.parametrize(("body", "reason"), [(404, "http_404"), (b"<html></html>", "no_rows"), (500, "http_500")])
def test_a_list_that_cannot_be_had_is_a_failed_check_with_a_name(
    library: Library, body: bytes | int, reason: str
) -> None:
    library.body = body
    run = library.check()
    assert (run.verdict, why(run)) == (Verdict.FAILED, [reason])


def test_a_list_that_ends_early_says_nothing_of_what_is_missing(library: Library) -> None:
    library.body = bulk(*range(20))[:-80]
    run = library.check()
    assert (run.verdict, why(run), run.counts) == (Verdict.FAILED, ["truncated"], {})


def test_a_list_larger_than_a_page_may_be_is_read_whole(library: Library) -> None:
    fetch = library.app.settings.fetch.model_copy(update={"max_bytes": 1000})
    settings = library.app.settings.model_copy(update={"fetch": fetch})
    library.app = replace(library.app, settings=settings)
    padded: dict[str, Any] = json.loads(bulk(*range(20)))
    for one in padded["fundingData"]["GrantTenderObj"]:
        one["latestInfos"] = "x" * 10_000
    library.body = json.dumps(padded).encode()
    assert library.check().counts["listed"] == 20
