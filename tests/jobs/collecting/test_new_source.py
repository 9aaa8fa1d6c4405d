"""Recording a page of a publisher of our own into a checkout of our own."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.collecting.new_source import Place, keep_page, record
from jobs.collecting.skeletons import ASKED
from tests.support.places import ROOT
from tests.support.refused import refused
from tests.tracker.sources.own_site import Headed, site
from tracker import config
from tracker.errors import Refusal
from tracker.fetching.asking import Answer

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
LIST = b"""<!DOCTYPE html>
<html><body><h1>Calls</h1><p>Everything that one can apply for at present, and some words more than a shell has.</p>
<article><h2><a href="/calls/forest">Forest call</a></h2><time>15.1.2027</time></article>
<article><h2><a href="/calls/lake">Lake call</a></h2><time>1.2.2027</time></article></body></html>
"""
ANSWER = b'{"results": [{"id": 7, "title": "A call"}]}'
FEED = b'<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>'
Recorder = Callable[..., list[str]]


FOUND = {  # what the skeleton of a module reads of these, as somebody would review it
    "html": {
        f"/calls/{name}": {
            "source": "fresh",
            "key": f"/calls/{name}",
            "kind": "national",
            "title": f"{name.capitalize()} call",
            "deadlines": [{"on": on}],
            "url": f"https://publisher.example/calls/{name}",
        }
        for name, on in (("forest", "2027-01-15"), ("lake", "2027-02-01"))
    },
    "json": {
        "7": {
            "source": "fresh",
            "key": "7",
            "kind": "national",
            "title": "A call",
            "url": "https://publisher.example/calls",
        }
    },
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as recording asks for."""
    for folder in ("tracker/sources", "tests/tracker/sources", "docs"):
        (tmp_path / folder).mkdir(parents=True)
    for module in ("__init__", "nordforsk"):
        (tmp_path / f"tracker/sources/{module}.py").touch()
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


def expected_in(checkout: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((checkout / "tests/tracker/sources/fresh/expected.json").read_bytes())
    return read


@pytest.mark.parametrize(("body", "kind"), [(LIST, "html"), (ANSWER, "json")])
def test_a_new_source_is_three_files_and_the_page_of_sources_tells_of_it(
    checkout: Path, recorded: Recorder, body: bytes, kind: str
) -> None:
    page = f"tests/tracker/sources/fresh/page.{kind}"
    files = [page, "tests/tracker/sources/fresh/expected.json", "tracker/sources/fresh.py"]
    assert recorded("fresh", body) == [*files, "docs/sources.md"]
    assert (checkout / page).read_bytes() == body
    assert "(`fresh`)" in (checkout / "docs/sources.md").read_text("utf-8")


def test_what_a_page_came_with_stands_by_its_address_beside_the_calls_to_be_reviewed(
    checkout: Path, recorded: Recorder
) -> None:
    recorded("fresh")
    [(url, said)] = expected_in(checkout)["pages"].items()
    assert (said["file"], said["url"], said["status"], said["received_at"]) == ("page.html", url, 200, NOW.isoformat())
    assert said["headers"]["etag"] == '"7"'
    assert "set-cookie" not in said["headers"]
    assert expected_in(checkout)["calls"] == {}


def test_one_more_page_of_a_source_is_kept_by_its_address(checkout: Path) -> None:
    first, second = "https://publisher.example/calls", "https://publisher.example/calls?page=2"
    for url in (first, second):
        written = keep_page(Place(checkout, "fresh"), Answer(url, 200, {}, LIST), url, NOW)
    assert [file.name for file in written] == ["page_2.html", "expected.json"]
    pages = expected_in(checkout)["pages"]
    assert {url: said["file"] for url, said in pages.items()} == {first: "page.html", second: "page_2.html"}


def test_a_new_source_is_read_at_a_secure_address(checkout: Path) -> None:
    url = "http://publisher.example/calls"
    with refused(Refusal, "begins with https://"):
        keep_page(Place(checkout, "fresh"), Answer(url, 200, {}, LIST), url, NOW)


@pytest.mark.parametrize("body", [LIST, ANSWER])
def test_what_is_written_is_in_its_form(checkout: Path, recorded: Recorder, body: bytes) -> None:
    written = [checkout / file for file in recorded("fresh", body) if file.endswith(".py")]
    command = [sys.executable, "-m", "ruff", "format", "--check", "--config", ROOT / "pyproject.toml", *written]
    formed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert formed.returncode == 0, formed.stdout + formed.stderr


def in_full(into: Path) -> Path:
    """A checkout of its own, with everything that the tests of sources touch."""
    for name in ("db", "tracker", "jobs", "tests", "docs"):
        shutil.copytree(ROOT / name, into / name)  # with what is compiled: files keep their times
    for name in ("pyproject.toml", "config.toml", "README.md"):
        shutil.copy(ROOT / name, into)
    return into


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # no worker of ours
    environment = ours | {"PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": ""}  # it runs there again
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def outcome(checkout: Path) -> subprocess.CompletedProcess[str]:
    """What the tests of sources say of the fresh one, and of all together."""
    files = (
        "tests/tracker/sources",
        "tests/jobs/collecting/test_sources_page.py",
        "tests/jobs/collecting/test_source_faults.py",
    )
    chosen = "not postgresql and (fresh or every_source_is_rehearsed or page_of_sources or page_tells)"
    return run(checkout, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *files, "-k", chosen)


FRESH = {"fresh_list": (LIST, "html"), "fresh_api": (ANSWER, "json")}


def reviewed(checkout: Path, key: str, kind: str) -> None:
    """Do by hand what was asked for: words in place of the capitals, and the calls that are to be read."""
    module = checkout / f"tracker/sources/{key}.py"
    text = module.read_text("utf-8")
    for words in ASKED.values():
        text = text.replace(words, words.lower())
    module.write_text(text, "utf-8")
    file = checkout / f"tests/tracker/sources/{key}/expected.json"
    calls = {name: call | {"source": key} for name, call in FOUND[kind].items()}
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"calls": calls}), "utf-8")


@pytest.mark.slow
def test_recording_leaves_the_two_expectations_that_it_asks_for_and_these_met_every_test_holds(tmp_path: Path) -> None:
    checkout, url = in_full(tmp_path / "checkout"), "https://publisher.example/calls"
    for key, (body, _) in FRESH.items():
        keep_page(Place(checkout, key), Answer(url, 200, {}, body), url, NOW)

    asking = outcome(checkout)
    asked = (
        "a_sources_pages_read_as_they_were_reviewed",
        "nothing_stands_in_capitals_any_more_that_a_new_source_was_asked_for",
    )
    failed = re.findall(r"(?m)^FAILED \S+::(\w+)\[(\w+)\]|^ERROR", asking.stdout)
    assert sorted(failed) == [(f"test_{name}", key) for name in asked for key in sorted(FRESH)], asking.stdout
    for key in FRESH:
        assert f"tests/tracker/sources/{key}/expected.json: nobody has reviewed its calls yet." in asking.stdout
        assert f"tracker/sources/{key}.py: say what stands in capitals" in asking.stdout

    for key, (_, kind) in FRESH.items():
        reviewed(checkout, key, kind)
    written = run(checkout, "-c", "from jobs.cli import main; main()", "sources", "page")
    assert written.returncode == 0, written.stderr

    met = outcome(checkout)
    assert met.returncode == 0, met.stdout
    before, after = (int(re.findall(r"(\d+) passed", one.stdout)[0]) for one in (asking, met))
    assert after > before + 2 * len(FRESH)  # the tests that waited for the review hold, too


def test_a_page_of_a_source_that_there_is_leaves_its_module_alone(checkout: Path, recorded: Recorder) -> None:
    page = "tests/tracker/sources/nordforsk/recorded_2026-11-23.html"
    assert recorded("nordforsk") == [page, f"{page}.answer.json"]


def test_a_feed_needs_no_module(recorded: Recorder) -> None:
    page = "tests/tracker/sources/fresh/recorded_2026-11-23.xml"
    assert recorded("fresh", FEED) == [page, f"{page}.answer.json"]


def test_nothing_is_overwritten(checkout: Path, recorded: Recorder) -> None:
    recorded("fresh")
    (checkout / "tracker/sources/fresh.py").unlink()
    with refused(Refusal, r"nothing was written; these files already exist: .*fresh"):
        recorded("fresh", b"<html>other</html>")
    assert not (checkout / "tracker/sources/fresh.py").exists()
    assert (checkout / "tests/tracker/sources/fresh/page.html").read_bytes() == LIST


@pytest.mark.parametrize("key", ["Fresh", "a/b", "../x", "", "class"])
def test_a_name_that_is_none_is_refused(recorded: Recorder, key: str) -> None:
    with refused(Refusal, "small letters"):
        recorded(key)


def test_an_empty_answer_is_not_kept(checkout: Path, recorded: Recorder) -> None:
    with refused(Refusal, "an empty answer"):
        recorded("fresh", b" \n")
    assert not (checkout / "tests/tracker/sources/fresh").exists()


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with refused(Refusal, "is not a checkout"):
        asyncio.run(record(config.given({}), lambda: NOW, tmp_path, "fresh", "http://127.0.0.1:9/"))
