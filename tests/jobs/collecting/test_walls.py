"""One source never stops another, whatever it sends: forty at once, ten of them hostile; limits, kills and stops."""

import asyncio
import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlmodel import select

from db.calls import Call
from db.runs import Run, Verdict
from db.sources import NoticeKind, list_notices
from jobs.base.app import App
from jobs.collecting import reading_apart
from jobs.collecting.collect import collect_all
from jobs.running.scheduler import unless_stopped
from tests.jobs.hostile import CALLS, HOSTILE, descendants, good, processor_seconds, publishers, tables
from tests.jobs.processes import run_tracker, tracker, write_config
from tests.jobs.world import why, with_settings
from tracker.sources.kinds import wordpress

pytestmark = pytest.mark.slow
QUICK = {"gap_seconds": 0, "attempts": 1, "obey_robots": False}


def hostile(app: App, port: int, keys: list[str], **limits: object) -> App:
    return with_settings(app, sources=tables(port, keys), fetch=QUICK, reading=limits)


def read(app: App, *keys: str) -> dict[str | None, Run]:
    return {run.subject: run for run in asyncio.run(collect_all(app, keys))}


def test_of_forty_sources_the_thirty_good_ones_are_stored_and_the_ten_hostile_ones_named(bare_app: App) -> None:
    keys = [*HOSTILE, *good()]
    with publishers() as port:
        app = hostile(bare_app, port, keys)
        runs = read(app, *keys)
    assert {key: run.verdict for key, run in runs.items() if key in good()} == dict.fromkeys(good(), Verdict.ACCEPTED)
    named = {key: why(runs[key]) for key in HOSTILE}
    assert named == {key: [name] for key, (_, _, name) in HOSTILE.items()}
    with app.db.read() as session:
        stored = Counter(session.exec(select(Call.source)))
        notices = {notice.source for notice in list_notices(session, 100) if notice.kind is NoticeKind.BROKE}
    assert stored == dict.fromkeys(good(), CALLS)
    assert notices == set(HOSTILE)


@pytest.mark.parametrize(("limit", "name"), [({"memory_mb": 20}, "too_big"), ({"cpu_seconds": 2}, "too_long")])
def test_a_source_that_takes_too_much_is_ended_and_named(bare_app: App, limit: dict[str, int], name: str) -> None:
    with publishers() as port:
        run = read(hostile(bare_app, port, ["hog"], **limit), "hog")["hog"]
    assert (run.verdict, why(run)) == (Verdict.FAILED, [name])


def test_a_process_that_says_nothing_for_long_is_ended(bare_app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_apart, "PATIENCE", 0.05)
    with publishers() as port:
        run = read(hostile(bare_app, port, ["hog"], cpu_seconds=20), "hog")["hog"]
    assert (run.verdict, why(run)) == (Verdict.FAILED, ["too_long"])
    assert run.reasons[0].detail.endswith("was silent for 1 seconds")
    assert multiprocessing.active_children() == []


def test_a_reading_that_is_given_up_ends_at_once_and_says_so(bare_app: App) -> None:
    async def stopped_in_the_middle(app: App) -> float:
        stop = asyncio.Event()
        doing = asyncio.create_task(unless_stopped(stop, collect_all(app, ["hog", "good_1"])))
        await busy_child()
        stop.set()
        began = time.monotonic()
        await doing
        return time.monotonic() - began

    with publishers() as port:
        app = hostile(bare_app, port, ["hog", "good_1"])
        assert asyncio.run(stopped_in_the_middle(app)) < 5
    with app.db.read() as session:
        verdicts = {run.subject: run.verdict for run in session.exec(select(Run))}
    assert verdicts["hog"] is Verdict.INTERRUPTED
    assert [child for child in multiprocessing.active_children() if child.daemon] == []


async def busy_child() -> None:
    """Return once a child of this process has read for a while."""
    while not any(processor_seconds(child.pid or 0) > 0.5 for child in multiprocessing.active_children()):
        await asyncio.sleep(0.05)


def test_the_process_that_reads_ends_with_a_program_that_is_killed(bare_app: App, tmp_path: Path) -> None:
    with publishers() as port:
        configured(bare_app, port, tmp_path, "hog")
        with tracker("collect", "hog", folder=tmp_path, err=str(tmp_path / "err")) as program:
            readers = []
            while not (readers := [pid for pid in descendants(program.pid or 0) if processor_seconds(pid) > 2]):
                assert program.is_alive(), (tmp_path / "err").read_text()
                time.sleep(0.1)
            os.kill(program.pid or 0, signal.SIGKILL)
            program.join()
        until = time.monotonic() + 10
        while time.monotonic() < until and any(map(is_alive, readers)):
            time.sleep(0.05)
        assert [pid for pid in readers if is_alive(pid)] == []


def configured(app: App, port: int, folder: Path, *keys: str) -> None:
    """Write the configuration of these sources for the command line."""
    lines = [write_config(app, 9, folder / "config.toml").read_text()]
    lines += ["[fetch]", "gap_seconds = 0", "obey_robots = false", "[reading]", "cpu_seconds = 20"]
    for key, table in tables(port, list(keys)).items():
        lines += [f"[sources.{key}]", *(f"{name} = {json.dumps(value)}" for name, value in table.items())]
    (folder / "config.toml").write_text("\n".join(lines))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_a_parser_did_not_expect_ends_its_own_run_alone_and_has_a_name(
    bare_app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise TypeError("nobody thought of this")

    monkeypatch.setattr(wordpress, "posts", broken)  # both are read in this process, where this shows
    with publishers() as port:
        runs = read(hostile(bare_app, port, ["odd_shapes", "good_1"], apart=False), "odd_shapes", "good_1")
    assert (runs["odd_shapes"].verdict, why(runs["odd_shapes"])) == (Verdict.FAILED, ["unforeseen"])
    assert "TypeError at test_walls.py" in runs["odd_shapes"].reasons[0].detail
    assert runs["good_1"].verdict is Verdict.ACCEPTED


def test_the_command_prints_the_good_readings_and_names_the_bad_one(bare_app: App, tmp_path: Path) -> None:
    with publishers() as port:
        configured(bare_app, port, tmp_path, "deep", "good_1")
        done = run_tracker(["collect", "deep", "good_1", "--json"], tmp_path, {})
    read = {row["source"]: row["verdict"] for row in map(json.loads, done.stdout.splitlines())}
    assert read == {"deep": "failed", "good_1": "accepted"}
    assert (done.returncode, "not believed: deep" in done.stderr) == (1, True)
