"""How the sources fare: what is told of each, read or not."""

import pytest

from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.collecting.status import known_sources, list_health, list_sources
from tests.jobs.world import clock_of, with_settings
from tracker.errors import InputFaults
from tracker.fetching.receipt import Receipt


def remember(app: App, verdict: Verdict) -> None:
    """A reading of the portal that asked for two pages."""
    with app.db.write() as session:
        receipt = Receipt(requests=2, bytes=10).as_dict()
        run = Run(job="collect", subject="portal", started_at=app.clock(), verdict=verdict, receipt=receipt)
        session.add(run)


def test_a_source_that_was_never_read_is_listed_with_its_next_tick(app: App) -> None:
    with app.db.read() as session:
        portal = next(one for one in list_sources(session, app) if one.source.key == "portal")
    assert (portal.is_enabled, portal.last, portal.read.accepted_at) == (True, None, None)
    assert portal.next_run_at == clock_of(app).now.replace(hour=9, minute=15)


def test_a_source_that_is_switched_off_has_no_next_tick(app: App) -> None:
    off = with_settings(app, sources={"portal": {"enabled": False}})
    with app.db.read() as session:
        portal = next(one for one in list_sources(session, off) if one.source.key == "portal")
    assert (portal.is_enabled, portal.next_run_at) == (False, None)


def test_the_health_of_a_source_tells_its_past_in_words_and_what_it_was_asked_to_bear(app: App) -> None:
    at = clock_of(app).now
    remember(app, Verdict.ACCEPTED)
    with app.db.read() as session:
        [found] = list_health(session, app, ["portal"], 50)
    assert (found.read.source, found.read.accepted_at, found.next_try_at) == ("portal", at, None)
    assert found.receipt == "2 requests; 10 bytes; 0% not modified; no 429; robots.txt: not asked"
    assert (len(found.history), "read and believed" in found.history[0], found.checked) == (1, True, "")


def test_the_health_of_a_source_that_was_never_read_says_so(app: App) -> None:
    with app.db.read() as session:
        found = list_health(session, app, [], 50)
    assert "portal" in [one.read.source for one in found]
    assert {one.history for one in found} == {("never read",)}
    assert {(one.funnel, one.receipt) for one in found} == {("", "")}


def test_named_sources_are_each_there_once_and_all_that_are_none_are_listed(app: App) -> None:
    assert known_sources(app, ["portal", "portal"]) == ["portal"]
    with pytest.raises(InputFaults) as caught:
        known_sources(app, ["nowhere", "portal", "elsewhere"])
    assert [fault.values["given"] for fault in caught.value.faults] == ["nowhere", "elsewhere"]
