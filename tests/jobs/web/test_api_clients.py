"""The clients that docs/api.md shows are run as they stand there, on a real server."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from db.event_log import EventKind
from jobs.base.app import App
from tests.jobs.web.windows import shown
from tests.jobs.world import MONDAY, add_call, add_event, facts
from tests.support.places import ROOT


def client(language: str) -> str:
    found = re.search(rf"(?ms)^```{language}\n(.*?)^```", (ROOT / "docs/api.md").read_text("utf-8"))
    assert found
    return found[1]


def run(app: App, command: list[str], folder: Path) -> str:
    environment = os.environ | {"API": f"{app.settings.mail.base_url}/api/v1", "no_proxy": "*"}
    return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not here")
def test_the_client_of_curl_gets_every_event_once_and_goes_on(app: App, tmp_path: Path) -> None:
    number = add_call(app.db, MONDAY, facts("bread"))
    for _ in range(70):
        add_event(app.db, MONDAY, number, EventKind.RETITLED, {"title": "a"}, {"title": "b"})
    with shown(app) as served:
        run(served, ["bash", "-c", client("sh")], tmp_path)
        assert len((tmp_path / "events.ndjson").read_text().splitlines()) == 70
        add_event(app.db, MONDAY, number)
        run(served, ["bash", "-c", client("sh")], tmp_path)
        assert len((tmp_path / "events.ndjson").read_text().splitlines()) == 71


def test_the_client_of_python_lists_every_call(app: App, tmp_path: Path) -> None:
    for n in range(120):
        add_call(app.db, MONDAY, facts(f"c{n}", title=f"Bread {n}"), "food")
    with shown(app) as served:
        lines = run(served, [sys.executable, "-c", client("python")], tmp_path).splitlines()
    assert len(set(lines)) == len(lines) == 120
