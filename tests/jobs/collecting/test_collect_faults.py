"""Collect against the replay of recorded days: every fault it knows has its verdict, and none makes news.

What a fault leads to is decided above the database, so these run on one kind. Left out by name where ../shared is not.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from db.calls import Call, CallVersion
from db.engine import Database
from db.runs import Run, Verdict
from db.strategies import Tagging
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from tests.jobs.world import Clock, add_rules, collect, events, reading, stored, why
from tests.support.replay import NO_CERTIFICATES, tell
from tracker import config
from tracker.regions import Region

pytestmark = [pytest.mark.slow, pytest.mark.together("faults of a day")]
DAY, MORNING, EVENING = "2026-04-21", datetime(2026, 4, 21, 6, tzinfo=UTC), datetime(2026, 4, 21, 18, tzinfo=UTC)
ALWAYS = 12  # as often as a reading asks, and a little more


@pytest.fixture(scope="session")
def read_once(
    replay: str,
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    region: Region,
    compiled: CompiledRules,
) -> App:
    """An app whose database holds the first recorded day; its file is copied for each test."""
    folder = tmp_path_factory.mktemp("read-once")
    shutil.copy(sqlite_template, folder / "tracker.sqlite3")
    url = f"sqlite:///{folder / 'tracker.sqlite3'}"
    settings = config.given({"data": {"dir": folder}, "database": {"url": url}})
    app = App(Database(url, region.key), settings, region, b"a secret of the tests", Clock(MORNING), compiled)
    add_rules(app.db, MORNING)
    show(replay, DAY)  # another module may have left it at a later one
    assert collect(reading(app, replay)).verdict is Verdict.ACCEPTED
    app.db.dispose()
    return app


@pytest.fixture
def app(read_once: App, replay: str, tmp_path: Path) -> Iterator[App]:
    """An app that has read the first day in the morning, in the evening of that day."""
    show(replay, DAY)
    shutil.copy(read_once.settings.data.dir / "tracker.sqlite3", tmp_path / "tracker.sqlite3")
    url = f"sqlite:///{tmp_path / 'tracker.sqlite3'}"
    settings = config.given({"data": {"dir": tmp_path}, "database": {"url": url}})
    db = Database(url, read_once.region.key)
    yield reading(replace(read_once, db=db, settings=settings, clock=Clock(EVENING)), replay, page_attempts=2)
    db.dispose()


def show(replay: str, day: str) -> None:
    tell(replay, "_day", day=day)


def trouble(replay: str, kind: str, times: int) -> None:
    tell(replay, "_fault", kind=kind, times=times)


def clear_up(replay: str) -> None:
    """Use up the faults that a reading left over."""
    while tell(replay, "_fault", kind="none", times=0)["pending"]:
        httpx.post(f"{replay}/search-api/prod/rest/search", verify=NO_CERTIFICATES)


@pytest.mark.parametrize("kind", ["http500", "http503", "html", "throwable", "truncated", "empty", "reset", "slow"])
def test_a_fault_that_passes_leaves_the_run_accepted_and_makes_no_news(app: App, replay: str, kind: str) -> None:
    before = stored(app.db)
    trouble(replay, kind, 1)
    run = collect(app)
    assert (run.verdict, run.counts["calls"], run.counts["changed"]) == (Verdict.ACCEPTED, 800, 0)
    assert stored(app.db) == before


@pytest.mark.parametrize(
    ("kind", "times", "verdict", "reason"),
    [
        ("http500", 2, Verdict.FAILED, "http_500"),
        ("http503", 2, Verdict.FAILED, "http_503"),
        ("html", 2, Verdict.FAILED, "html"),
        ("throwable", 2, Verdict.FAILED, "throwable"),
        ("truncated", 2, Verdict.FAILED, "truncated"),
        ("reset", 2, Verdict.FAILED, "timeout"),  # the replay leaves such a connection open and silent
        ("slow", 2, Verdict.FAILED, "timeout"),
        ("ratelimit", 1, Verdict.FAILED, "http_429"),  # it asks for a longer wait than is configured here
        ("empty", 21, Verdict.QUARANTINED, "incomplete"),  # seven pages in each of three passes
        ("rollback", ALWAYS, Verdict.QUARANTINED, "past_deadlines"),
        ("rollback", 1, Verdict.QUARANTINED, "past_deadlines"),
    ],
)
def test_a_fault_that_stays_names_the_run_and_changes_nothing(
    app: App, replay: str, kind: str, times: int, verdict: Verdict, reason: str
) -> None:
    before = stored(app.db)
    trouble(replay, kind, times)
    run = collect(reading(app, replay, page_attempts=1) if kind == "empty" else app)
    clear_up(replay)
    assert run.verdict is verdict
    assert reason in why(run)
    assert stored(app.db) == before


@pytest.mark.parametrize("times", [1, ALWAYS])
def test_an_old_index_is_no_baseline(app: App, replay: str, times: int) -> None:
    with app.db.write() as session:
        for table in (CallVersion, Tagging, Call, Run):  # as if nothing had been read yet
            session.execute(sa.delete(table))
    trouble(replay, "rollback", times)
    run = collect(app)
    clear_up(replay)
    assert (run.verdict, "past_deadlines" in why(run)) == (Verdict.QUARANTINED, True)
    assert (collect(app).baseline, events(app.db)) == (True, [])


@pytest.mark.parametrize("kind", ["http500", "rollback"])
def test_the_first_good_reading_after_a_fault_tells_what_happened_meanwhile(app: App, replay: str, kind: str) -> None:
    trouble(replay, kind, ALWAYS)
    collect(app)
    clear_up(replay)
    show(replay, "2026-04-22")
    run = collect(app, datetime(2026, 4, 22, 6, tzinfo=UTC))
    assert run.verdict is Verdict.ACCEPTED
    assert len(events(app.db)) == run.counts["events"] > 0


def test_a_publisher_that_asks_for_patience_gets_it(app: App, replay: str) -> None:
    trouble(replay, "ratelimit", 1)
    fetch = app.settings.fetch.model_copy(update={"retry_max_seconds": 2.0})
    patient = replace(app, settings=app.settings.model_copy(update={"fetch": fetch}))
    run = collect(patient)
    assert (run.verdict, run.receipt["retries"]) == (Verdict.ACCEPTED, {"http_429": 1})


def test_over_recorded_days_no_call_is_announced_new_twice(app: App, replay: str) -> None:
    for day in range(22, 26):
        show(replay, f"2026-04-{day}")
        collect(app, datetime(2026, 4, day, 6, tzinfo=UTC))
    new = [key for kind, key in events(app.db) if kind == "new"]
    assert len(new) == len(set(new)) > 0
