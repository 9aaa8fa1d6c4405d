"""Serve: which jobs there are, on which lines, and what a process says from its start to its stop."""

import asyncio
import json
import time
from pathlib import Path

from jobs.base.app import App
from jobs.running.serve import jobs
from tests.jobs.processes import tracker, write_config
from tests.jobs.world import Clock, enrol, free_port, with_settings

HOURLY = "5 * * * *"


def test_a_source_with_a_line_of_its_own_is_read_on_it_and_the_others_on_the_common_one(app: App) -> None:
    sources = {"portal": {"schedule": HOURLY}, "eura": {"enabled": True}}
    lines = {name: line for name, (line, _) in jobs(with_settings(app, sources=sources), asyncio.Event()).items()}
    assert (lines["collect portal"], lines["collect"]) == (HOURLY, app.settings.schedule.collect)
    assert "collect eura" not in lines


def test_a_process_that_serves_says_what_and_until_when_as_json_where_nobody_sits(
    app: App, clock: Clock, tmp_path: Path
) -> None:
    enrol(app.db, clock.now, "anna")
    config, err = write_config(app, free_port(), tmp_path / "config.toml", deliver=HOURLY), tmp_path / "err"
    with tracker("serve", "--config", str(config), err=str(err)) as process:
        while not (err.exists() and b'"started"' in err.read_bytes()):
            assert process.is_alive()
            time.sleep(0.02)
        assert process.pid is not None
        process.terminate()
        process.join(20)
        assert process.exitcode == 0
    lines = [json.loads(line) for line in err.read_text("utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["started", "site started", "stopping", "stopped"]
    [started, *_] = lines
    assert (started["region"], started["schedule"]["deliver"], started["mail"]) == ("paijat_hame", HOURLY, "smtp")
    assert started["version"]
    assert started["database"].startswith("sqlite:///")
    assert "@" not in err.read_text("utf-8")
