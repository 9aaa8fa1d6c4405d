"""Backfills that are killed, and that meet a broken index: no news is lost, nothing false is stored, nothing missed.

Drawn by chance; the seed is in the test's name.
"""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from db.engine import Database
from db.runs import Verdict, recent_runs
from jobs.base.app import App
from tests.jobs.backfilling import (
    FAULTS,
    Days,
    archived,
    backfilling,
    broken_portal,
    closed_rows,
    configured,
    fill,
    kill_a_backfill,
    live,
    outcome,
)
from tests.jobs.world import Clock, clock_of, reading, with_settings
from tests.support.databases import REGION
from tracker.demo.history import HISTORY, portal_rows

pytestmark = pytest.mark.slow
ARCHIVE = 300


@pytest.fixture
def days() -> Days:
    return Days(closed_rows(portal_rows(len(HISTORY) - 1), ARCHIVE, random.Random(1)))


@pytest.fixture
def expected(app: App, days: Days, ruled: Path, tmp_path: Path) -> object:
    """What comes of the same days without any backfill."""
    file = shutil.copy(ruled, tmp_path / "undisturbed.sqlite3")
    own = with_settings(app, data={"dir": tmp_path / "undisturbed"})
    with broken_portal(0) as portal:
        undisturbed = reading(replace(own, db=Database(f"sqlite:///{file}", REGION), clock=Clock()), portal.url)
        live(undisturbed, portal, days)
        found = outcome(undisturbed)
    undisturbed.db.dispose()
    return found


def complete(app: App, days: Days) -> None:
    """Backfill without faults until everything is stored, and once more, which has nothing to ask for."""
    runs = [fill(app), fill(app)]
    assert [run.reasons for run in runs] == [(), ()]
    assert ([run.verdict for run in runs], runs[1].counts["of"]) == ([Verdict.ACCEPTED] * 2, 0)
    assert archived(app) == days.in_the_archive()


def test_two_calls_go_to_and_fro_in_these_days(days: Days, expected: tuple[set[tuple[str, str]], object]) -> None:
    """So that the tests below would notice: the one is new, though the archive has it; the other is extended."""
    assert {("new", days.again["reference"]), ("deadline_later", days.shut["reference"])} <= expected[0]


@pytest.mark.parametrize("moments", [{1, 2}, {3}, set(range(6))])
def test_a_backfill_at_any_moment_leaves_all_news_to_the_readings(
    app: App, days: Days, expected: object, moments: set[int]
) -> None:
    with broken_portal(0) as portal:
        own = reading(app, portal.url)
        live(own, portal, days, lambda moment: fill(own) if moment in moments else None)
        assert outcome(own) == expected
        complete(own, days)


@pytest.mark.parametrize("seed", range(3))
def test_a_broken_index_neither_loses_news_nor_gets_anything_false_in(
    app: App, days: Days, expected: object, seed: int
) -> None:
    with broken_portal(seed) as portal:
        portal.share = (0.05, 0.1, 0.2)[seed]
        own = reading(app, portal.url)
        live(own, portal, days, lambda _: fill(own))
        assert outcome(own) == expected
        assert archived(own).items() <= days.in_the_archive().items()
        complete(own, days)


@pytest.mark.parametrize("kind", FAULTS)
def test_an_index_that_stays_broken_is_not_believed(app: App, days: Days, kind: str) -> None:
    with broken_portal(0) as portal:
        own = reading(app, portal.url)
        live(own, portal, days)
        portal.share, portal.kinds = 1.0, [kind]
        assert fill(own).verdict in (Verdict.QUARANTINED, Verdict.FAILED)
        assert archived(own).items() <= days.in_the_archive().items()
        portal.share = 0.0
        complete(own, days)


@pytest.mark.both_kinds
def test_a_backfill_beside_the_readings_takes_no_news_from_them(
    app: App, days: Days, expected: object, tmp_path: Path
) -> None:
    with broken_portal(0) as portal:
        own = reading(app, portal.url)
        config = configured(own, portal.url, tmp_path / "beside.toml")
        with backfilling(config, HISTORY[0].at) as process:
            live(own, portal, days)
            process.join(60)
        assert outcome(own) == expected
        complete(own, days)


@pytest.mark.both_kinds
@pytest.mark.parametrize("seed", range(2))
def test_a_backfill_that_is_killed_at_random_goes_on(
    app: App, days: Days, expected: object, seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    with broken_portal(seed) as portal:
        portal.share = 0.1
        own = reading(app, portal.url)
        config = configured(own, portal.url, tmp_path / "killed.toml")
        live(own, portal, days, lambda _: kill_a_backfill(config, clock_of(own).now, portal, chance.randrange(5, 50)))
        assert outcome(own) == expected
        assert archived(own).items() <= days.in_the_archive().items()
        complete(own, days)
    with own.db.read() as session:
        assert Verdict.RUNNING not in [run.verdict for run in recent_runs(session)]
