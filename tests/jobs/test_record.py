"""Recording a page of a publisher of our own into a checkout of our own."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.record import record
from tests.sources.own_site import Headed, site
from tracker import config
from tracker.errors import TrackerError

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LIST = b"""<!DOCTYPE html>
<html><body><h1>Calls</h1><p>Everything that one can apply for at present, and some words more than a shell has.</p>
<article><h2><a href="/calls/forest">Forest call</a></h2><time>15.1.2027</time></article>
<article><h2><a href="/calls/lake">Lake call</a></h2><time>1.2.2027</time></article></body></html>
"""
ANSWER = b'{"results": [{"id": 7, "title": "A call"}]}'
FEED = b'<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>'
Recorder = Callable[..., list[str]]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as a new source needs to be found and tested."""
    for folder in ("tracker/sources", "tests/sources"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "db").symlink_to(ROOT / "db")
    for inside in ("tracker", "tracker/sources"):
        for file in (ROOT / inside).iterdir():
            if file.name not in ("sources", "__pycache__"):
                (tmp_path / inside / file.name).symlink_to(file)
    (tmp_path / "tests/sources/own_site.py").symlink_to(ROOT / "tests/sources/own_site.py")
    return tmp_path


@pytest.fixture
def recorded(checkout: Path) -> Recorder:
    """Records `body` as this source's page; gives back the files written, below the checkout."""

    def found(key: str, body: bytes = LIST) -> list[str]:
        with site(lambda asked: Headed(body, {"ETag": '"7"', "Set-Cookie": "who=me"})) as here:
            url = f"{here.url}/calls"
            files = asyncio.run(record(config.given({"fetch": {"gap_seconds": 0}}), lambda: NOW, checkout, key, url))
            return [file.relative_to(checkout).as_posix() for file in files]

    return found


@pytest.mark.parametrize(("body", "kind"), [(LIST, "html"), (ANSWER, "json")])
def test_a_new_source_begins_with_its_page_as_it_came_its_module_and_its_test(
    checkout: Path, recorded: Recorder, body: bytes, kind: str
) -> None:
    page = f"tests/sources/fresh/page.{kind}"
    beside = ["tests/sources/fresh/expected.json", "tracker/sources/fresh.py", "tests/sources/test_fresh.py"]
    assert recorded("fresh", body) == [page, f"{page}.answer.json", *beside]
    assert (checkout / page).read_bytes() == body
    said = json.loads((checkout / f"{page}.answer.json").read_bytes())
    assert (said["status"], said["received_at"], said["headers"]["etag"]) == (200, NOW.isoformat(), '"7"')
    assert "set-cookie" not in said["headers"]


@pytest.mark.parametrize("body", [LIST, ANSWER])
def test_what_is_written_is_in_its_form(checkout: Path, recorded: Recorder, body: bytes) -> None:
    written = [checkout / file for file in recorded("fresh", body) if file.endswith(".py")]
    command = [sys.executable, "-m", "ruff", "format", "--check", "--config", ROOT / "pyproject.toml", *written]
    formed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert formed.returncode == 0, formed.stdout + formed.stderr


@pytest.mark.slow
def test_the_test_of_a_new_source_waits_for_a_review_and_then_holds(checkout: Path, recorded: Recorder) -> None:
    recorded("fresh")

    def tested() -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:xdist",
            "-p",
            "no:cacheprovider",
            "tests/sources",
        ]
        return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)

    waiting = tested()
    assert (waiting.returncode, "Forest call" in waiting.stdout) == (1, True)
    reviewed = {
        f"/calls/{name}": {
            "source": "fresh",
            "key": f"/calls/{name}",
            "kind": "national",
            "title": f"{name.capitalize()} call",
            "deadlines": [{"on": on}],
            "url": f"{url_in(checkout)}/{name}",
        }
        for name, on in (("forest", "2027-01-15"), ("lake", "2027-02-01"))
    }
    (checkout / "tests/sources/fresh/expected.json").write_text(json.dumps(reviewed))
    held = tested()
    assert held.returncode == 0, held.stdout


def url_in(checkout: Path) -> str:
    """The address that was recorded; it has another port every time."""
    return str(json.loads((checkout / "tests/sources/fresh/page.html.answer.json").read_bytes())["url"])


def test_a_page_of_a_source_that_there_is_leaves_its_module_alone(checkout: Path, recorded: Recorder) -> None:
    page = "tests/sources/nordforsk/recorded_2026-11-23.html"
    assert recorded("nordforsk") == [page, f"{page}.answer.json"]


def test_a_feed_needs_no_module(recorded: Recorder) -> None:
    page = "tests/sources/fresh/recorded_2026-11-23.xml"
    assert recorded("fresh", FEED) == [page, f"{page}.answer.json"]


def test_nothing_is_overwritten(checkout: Path, recorded: Recorder) -> None:
    recorded("fresh")
    (checkout / "tracker/sources/fresh.py").unlink()
    with pytest.raises(TrackerError, match="there already; nothing was written"):
        recorded("fresh", b"<html>other</html>")
    assert not (checkout / "tracker/sources/fresh.py").exists()
    assert (checkout / "tests/sources/fresh/page.html").read_bytes() == LIST


@pytest.mark.parametrize("key", ["Fresh", "a/b", "../x", "", "class"])
def test_a_name_that_is_none_is_refused(recorded: Recorder, key: str) -> None:
    with pytest.raises(TrackerError, match="small letters"):
        recorded(key)


def test_an_empty_answer_is_not_kept(checkout: Path, recorded: Recorder) -> None:
    with pytest.raises(TrackerError, match="an empty answer"):
        recorded("fresh", b" \n")
    assert not (checkout / "tests/sources/fresh").exists()


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrackerError, match="no checkout"):
        asyncio.run(record(config.given({}), lambda: NOW, tmp_path, "fresh", "http://127.0.0.1:9/"))
