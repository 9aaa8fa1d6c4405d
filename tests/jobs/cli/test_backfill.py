"""tracker backfill as its users run it: how far it is, how it is stopped, and the command that goes on."""

import json
import os
import random
import shlex
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.base.app import App
from tests.jobs.backfilling import FIRST, LAST, BrokenPortal, Days, archived, broken_portal, closed_rows, configured
from tests.jobs.processes import run_tracker, tracker
from tests.jobs.world import Clock, collect, reading
from tracker.demo.history import HISTORY, portal_rows

DAYS = ("--from", f"{FIRST}", "--to", f"{LAST}")
QUIET = {"TRACKER_LOG__LEVEL": "error"}


@pytest.fixture
def portal() -> Iterator[BrokenPortal]:
    with broken_portal(0) as portal:
        portal.tell(Days(closed_rows(portal_rows(0), 60, random.Random(1))).rows(0))
        yield portal


@pytest.fixture
def config(app: App, portal: BrokenPortal, clock: Clock, tmp_path: Path) -> Path:
    clock.now = HISTORY[0].at
    own = reading(app, portal.url)
    collect(own)
    return configured(own, portal.url, tmp_path / "config.toml")


def options(config: Path) -> list[str]:
    return ["--config", str(config), "--now", HISTORY[0].at.isoformat()]


def test_a_backfill_says_how_far_it_is_and_how_long_it_takes(config: Path) -> None:
    done = run_tracker(["backfill", "portal", *DAYS, *options(config)], config.parent, QUIET)
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines)) == (0, 9)
    assert lines[0].startswith("portal: part 1 of 9 (1/2024): ")
    assert "left" in lines[0]
    assert lines[-1].startswith("portal: part 9 of 9 (2/2026-01-01..2026-05-31): ")
    assert done.stdout.splitlines()[1].split("\t")[:4] == ["portal", "accepted", "60", "60"]


def test_a_backfill_that_has_nothing_to_do_says_so(config: Path) -> None:
    for _ in range(2):
        done = run_tracker(["backfill", "portal", *DAYS, *options(config)], config.parent, QUIET)
    assert (done.returncode, done.stderr) == (
        0,
        "nothing of these days is left to read; --again reads what is stored once more\n",
    )


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_backfill_that_is_stopped_names_the_command_that_goes_on(
    app: App, config: Path, portal: BrokenPortal, stop: signal.Signals, tmp_path: Path
) -> None:
    portal.held_at, err = portal.answers + 10, tmp_path / "err"
    with tracker("backfill", "portal", *DAYS, *options(config), "--again", environment=QUIET, err=str(err)) as process:
        while portal.answers < portal.held_at:
            time.sleep(0.002)
        os.kill(process.pid or 0, stop)
        process.join(10)
        portal.goes_on.set()
        assert process.exitcode == 1
    last = err.read_text("utf-8").splitlines()[-1]
    told, _, command = last.partition("; go on with: tracker ")
    assert (told, 0 < len(archived(app)) < 60) == ("portal: stopped; what is stored stays", True)
    listed = run_tracker(["runs", "list", "--json", *options(config)], config.parent, QUIET)
    assert json.loads(listed.stdout.splitlines()[0])["verdict"] == "interrupted"
    assert run_tracker(shlex.split(command), config.parent, QUIET).returncode == 0
    assert len(archived(app)) == 60


def test_a_source_without_a_past_is_refused_and_the_list_shows_which_have_one(config: Path) -> None:
    refused = run_tracker(["backfill", "aka", *options(config)], config.parent, QUIET)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "aka has no past to read: it shows only what a reading brings; these have one: eura, portal\n"
    )
    listed = run_tracker(["sources", "list", "--json", *options(config)], config.parent, QUIET)
    pasts = {row["key"]: row["past"] for row in map(json.loads, listed.stdout.splitlines())}
    assert {key for key, past in pasts.items() if past} == {"eura", "portal"}
