"""Deliver, killed: whatever dies and whenever, nobody gets a mail twice and nobody's is lost without a word."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from db.deliveries import DeliveryState
from db.runs import Run, Verdict
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.readers.optin import sign_up
from tests.jobs.killing import Killing
from tests.jobs.processes import run_tracker, tracker, write_config
from tests.jobs.subscribing import all_letters, sign_up_form
from tests.jobs.world import (
    MONDAY,
    Clock,
    PostOffice,
    a_run,
    add_news,
    enrol,
    newest_deliveries,
    post_office,
    states,
)

pytestmark = pytest.mark.slow
READERS = 60
LETTERS = 20
KILLS = {"sqlite": 6, "postgresql": 4}


@pytest.fixture
def due(app: App, clock: Clock) -> App:
    """An app with a rendered edition for many readers."""
    for number in range(READERS):
        enrol(app.db, clock.now, f"reader{number}")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    return app


def wait_for_mails(office: PostOffice, more: int, is_running: Callable[[], bool]) -> None:
    """Until so many more mails have come, or no more will."""
    wanted = office.copies.total() + more
    while office.copies.total() < wanted and is_running():
        time.sleep(0.002)


def wait_for_lock(app: App) -> None:
    """Until another process serves the database, and a moment more."""
    patience = time.monotonic() + 20
    while time.monotonic() < patience:
        with app.db.only_one("serve") as is_free:
            if not is_free:
                break
        time.sleep(0.05)
    time.sleep(0.2)


@pytest.mark.both_kinds
def test_after_many_kills_nobody_got_two_copies_and_all_in_flight_is_listed_as_unknown(
    due: App, tmp_path: Path
) -> None:
    with post_office(PostOffice(slow_seconds=0.03)) as office:
        config = write_config(due, office.port, tmp_path / "killed.toml")
        for number in range(KILLS[due.db.url.get_backend_name()]):
            with tracker("deliver", "--config", str(config)) as running:
                wait_for_mails(office, number % 6, running.is_alive)
                time.sleep(random.uniform(0, 0.03))
                running.kill()
        with tracker("deliver", "--config", str(config)) as running:
            running.join(30)
        found = states(due.db)
        unknown = {name for name, one in newest_deliveries(due.db).items() if one.state is DeliveryState.UNKNOWN}
    assert set(office.copies.values()) == {1}
    assert found.keys() == {DeliveryState.SENT, DeliveryState.UNKNOWN}
    assert found.total() == READERS
    assert {f"reader{number}" for number in range(READERS)} - office.copies.keys() <= unknown


def test_what_was_in_flight_is_listed_by_the_command_line(due: App, tmp_path: Path) -> None:
    with post_office(PostOffice(slow_seconds=0.2)) as office:
        config = write_config(due, office.port, tmp_path / "killed.toml")
        with tracker("deliver", "--config", str(config)) as running:
            wait_for_mails(office, 5, running.is_alive)
            running.kill()
        office.slow_seconds = 0
        run_tracker(["deliver", "--config", str(config)], tmp_path, {})
        listing = ["deliveries", "list", "--state", "unknown", "--json", "--config", str(config)]
        lines = run_tracker(listing, tmp_path, {}).stdout.splitlines()
    listed = {json.loads(line)["recipient"].partition("@")[0] for line in lines}
    unknown = {name for name, one in newest_deliveries(due.db).items() if one.state is DeliveryState.UNKNOWN}
    assert listed == unknown != set()
    assert set(office.copies.values()) == {1}


@pytest.mark.both_kinds
def test_after_kills_over_every_job_nothing_is_told_twice_or_lost_and_the_ledger_is_right(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    found = Killing(app, clock, tmp_path, readers=30, chance=random.Random(random.random())).run(kills=12)
    assert (found.told_twice, found.lost, found.without_reason, found.misjudged) == ([], [], [], [])
    assert found.unproved == []
    assert found.mails > 0


@pytest.mark.both_kinds
def test_two_processes_at_once_send_no_mail_twice(due: App, tmp_path: Path) -> None:
    with post_office(PostOffice(slow_seconds=0.02)) as office:
        config = write_config(due, office.port, tmp_path / "both.toml")
        with (
            tracker("deliver", "--config", str(config)) as one,
            tracker("deliver", "--config", str(config)) as other,
        ):
            one.join(30)
            other.join(30)
            assert (one.exitcode, other.exitcode) == (0, 0)
    assert (set(office.copies.values()), states(due.db)) == ({1}, {DeliveryState.SENT: READERS})


def test_a_service_that_is_told_to_end_does_so_in_time_and_leaves_nothing_half_sent(due: App, tmp_path: Path) -> None:
    config = write_config(due, 9, tmp_path / "serve.toml")
    with tracker("serve", "--config", str(config)) as serving:
        wait_for_lock(due)
        serving.terminate()
        serving.join(10)
        assert serving.exitcode == 0
    assert DeliveryState.SENDING not in states(due.db)


def test_a_second_service_on_one_database_is_refused(due: App, tmp_path: Path) -> None:
    config = write_config(due, 9, tmp_path / "serve.toml")
    with due.db.only_one("serve"), tracker("serve", "--config", str(config)) as second:
        second.join(10)
        assert second.exitcode == 1


def test_what_a_killed_service_had_begun_is_marked_interrupted_by_the_next(due: App, tmp_path: Path) -> None:
    with due.db.write() as session:
        run_id = a_run(session, MONDAY, Verdict.RUNNING)
    config = write_config(due, 9, tmp_path / "serve.toml")
    with tracker("serve", "--config", str(config)) as serving:
        wait_for_lock(due)
        serving.terminate()
        serving.join(10)
    with due.db.read() as session:
        begun = session.get_one(Run, run_id)
    assert begun.verdict is Verdict.INTERRUPTED


@pytest.mark.both_kinds
def test_after_many_kills_no_letter_came_twice_and_all_in_flight_are_unknown(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    for number in range(LETTERS):
        sign_up(app, sign_up_form(f"reader{number}"))
    with post_office(PostOffice(slow_seconds=0.03)) as office:
        config = write_config(app, office.port, tmp_path / "killed.toml")
        for number in range(5):
            with tracker("deliver", "--config", str(config)) as running:
                wait_for_mails(office, number, running.is_alive)
                time.sleep(random.uniform(0, 0.03))
                running.kill()
        with tracker("deliver", "--config", str(config)) as running:
            running.join(30)
        found = {str(one.recipient).partition("@")[0]: one.state for one in all_letters(app)}
    unknown = {name for name, state in found.items() if state is DeliveryState.UNKNOWN}
    assert set(office.copies.values()) == {1}
    assert set(found.values()) <= {DeliveryState.SENT, DeliveryState.UNKNOWN}
    assert found.keys() - office.copies.keys() <= unknown
