"""Every source but the portal in each of five faults: a verdict with a name, nothing stored, coverage that says so.

The publishers are of our own, on this machine (`tests.tracker.sources.publishers`). The portal has tests of its own.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import pytest

from db import runs
from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.collecting.collect import collect_all
from tests.jobs.world import clock_of, events, stored, why, with_settings
from tests.tracker.sources.own_site import OWN_TESTS, Headed, Request, expected, site
from tests.tracker.sources.publishers import BY_HAND, PUBLISHERS, Mood, Publisher
from tracker import sources

NAMES = {  # what each is called, whichever source it befalls
    Mood.EMPTY: {"no_rows", "count_out_of_bounds"},
    Mood.SHELL: {"shell", "html", "no_rows"},
    Mood.HALF: {"calls_lost", "half_a_list"},
    Mood.RENAMED: {"no_rows", "not_an_answer", "calls_lost"},
    Mood.ERROR: {"http_500"},
}
QUICK = {"gap_seconds": 0, "attempts": 1, "retry_min_seconds": 0}


@dataclass(slots=True)
class Rehearsal:
    """One publisher, and the app that reads it."""

    app: App
    publisher: Publisher
    mood: Mood = Mood.WELL
    is_tagging: bool = False  # whether pages come with an ETag

    def read(self, mood: Mood = Mood.WELL) -> Run:
        self.mood = mood
        clock_of(self.app).now += timedelta(hours=6)
        [run] = asyncio.run(collect_all(self.app, [self.publisher.key]))
        return run

    def answer(self, asked: Request) -> bytes | int | Headed:
        found = self.publisher.answer(asked, self.mood)
        if not self.is_tagging or isinstance(found, int) or asked.method != "GET":
            return found
        body, headers = (found.body, found.headers) if isinstance(found, Headed) else (found, {})
        tag = f'"{sha256(body).hexdigest()}"'
        return 304 if asked.headers.get("if-none-match") == tag else Headed(body, {**headers, "ETag": tag})


@pytest.fixture
def rehearsal(app: App, key: str) -> Iterator[Rehearsal]:
    """A source that was read once, and believed."""
    found = Rehearsal(app, PUBLISHERS[key])
    with site(found.answer) as here:
        clock_of(app).now = found.publisher.now
        table = found.publisher.settings_at(here.url)
        found.app = with_settings(app, sources={key: table}, fetch=QUICK)
        first = found.read()
        assert (first.verdict, first.reasons) == (Verdict.ACCEPTED, ())
        yield found


def test_every_source_is_rehearsed_once_its_calls_are_reviewed() -> None:
    reviewed = {key for key in sources.modules().keys() - OWN_TESTS if expected(key)}
    assert set(PUBLISHERS) == reviewed, f"nobody plays the publisher of {reviewed - set(PUBLISHERS)}: {BY_HAND}"


@pytest.mark.parametrize("key", PUBLISHERS)
def test_each_fault_has_a_name_and_changes_nothing_and_is_no_news_afterwards(rehearsal: Rehearsal) -> None:
    app, key = rehearsal.app, rehearsal.publisher.key
    before, read_at = stored(app.db), clock_of(app).now
    for fault in NAMES:
        run = rehearsal.read(fault)
        assert run.verdict is (Verdict.QUARANTINED if run.counts["whole"] else Verdict.FAILED), fault
        assert NAMES[fault] & set(why(run)), (fault, run.reasons)
        with app.db.read() as session:
            read = runs.coverage(session, key)
        assert (read.accepted_at, read.blind_since) == (read_at, read_at + timedelta(hours=6))
    assert stored(app.db) == before
    assert rehearsal.read().verdict is Verdict.ACCEPTED
    assert events(app.db) == []


@pytest.mark.parametrize("key", sorted(PUBLISHERS.keys() - {"ted"}))  # which is asked by POST alone
def test_a_page_that_has_not_changed_costs_little_and_is_no_empty_list(rehearsal: Rehearsal) -> None:
    rehearsal.is_tagging = True
    first, second = rehearsal.read(), rehearsal.read()
    assert second.verdict is Verdict.ACCEPTED
    assert (second.counts["calls"], second.counts["changed"]) == (first.counts["calls"], 0)
    assert second.receipt["not_modified"] > 0
    assert second.receipt["bytes"] <= first.receipt["bytes"] / 2 or rehearsal.publisher.key == "interreg"


@pytest.mark.parametrize("key", ["business_finland", "eccp", "eucf", "oph"])
def test_calls_own_pages_are_not_asked_for_again_while_their_list_shows_them_unchanged(rehearsal: Rehearsal) -> None:
    again = rehearsal.read()
    assert (again.verdict, again.counts["changed"]) == (Verdict.ACCEPTED, 0)
    assert again.receipt["remembered"] == again.counts["funnel"]["opened"] > 3
    assert again.receipt["requests"] < 5  # robots.txt and the list
