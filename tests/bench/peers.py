"""Benchmark peers: a first reading of the portal by us and by a Scrapy spider, from the same server, into SQLite.

    python3 -m venv ~/scrapy && ~/scrapy/bin/pip install scrapy
    python tests/bench/peers.py --python ~/scrapy/bin/python [--calls 12000] [--runs 3]

Scrapy belongs to no lock file: the Python that has it is named. The spider (`peer_spider.py`) stores each item and
commits at the end. Both read robots.txt, ask for one page at a time and do not wait in between; neither's time includes
starting its interpreter and importing. Ours is `collect` whole: each page is kept, read in a process of its own, the
reading is judged, and calls and versions are stored. The spider has nothing like tagging, which here has no rules and
still finds every word's lemma for the search; the first figure leaves out what it takes when it is done again. The
portal serves 10,000 rows for a query, so more calls than about 12,000 cannot be read at once.
"""

import argparse
import asyncio
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from collect import DAY, NOW, PAGE, pages
from figures import figure, no_log_lines, seconds
from sources import KINDS, Slow, app_in, check, kind_of, serving
from sqlmodel import select

from db.calls import Call
from jobs.base.app import App
from jobs.collecting.collect import collect_all
from jobs.rulebook.tagging import BATCH, tag_calls
from tests.tracker.sources.own_site import Request
from tracker.calls.changes import remembered

SPIDER = "from peer_spider import main; main()"


@contextmanager
def portal(calls: int) -> Iterator[str]:
    """Serve so many calls, each page made beforehand; yield the address."""
    rows = [row for page in pages(calls) for row in json.loads(page.body)["results"]]
    answers = {
        (kind, number): body
        for kind in KINDS
        for number, body in enumerate(bodies([row for row in rows if row["metadata"]["type"] == [kind]]), start=1)
    }

    def answer(request: Request) -> bytes:
        return answers[kind_of(request.body), int(request.query["pageNumber"])]

    with serving(Slow("127.0.0.1", answer), 0) as server:
        yield server.url


def bodies(rows: list[object]) -> list[bytes]:
    return [
        json.dumps({"totalResults": len(rows), "results": rows[first : first + PAGE]}).encode()
        for first in range(0, max(len(rows), 1), PAGE)
    ]


def ours(url: str, calls: int) -> tuple[float, float]:
    """Measure the seconds of a first reading, and those of its tagging."""
    with tempfile.TemporaryDirectory() as folder:
        table = {"api_url": url, "most": 1_000_000, "details_per_run": 0}
        app = replace(app_in(folder, {"portal": table}), clock=lambda: NOW)
        runs = []
        taken = seconds(lambda: runs.extend(asyncio.run(collect_all(app, ["portal"]))))
        tagging = tagged_again(app)
        app.db.dispose()
        check(runs)
        compare(stored(f"{folder}/tracker.sqlite3"), calls)
    return taken, tagging


def tagged_again(app: App) -> float:
    """Measure the seconds of tagging every call once more, by no rules; nothing of it is kept."""
    with app.db.rehearse() as session:
        facts = {call.id or 0: remembered(call) for call in session.exec(select(Call))}
        ids, begun = list(facts), time.perf_counter()
        for first in range(0, len(ids), BATCH):
            tag_calls(session, app.compiled, {i: facts[i] for i in ids[first : first + BATCH]}, app.clock())
        return time.perf_counter() - begun


def theirs(python: str, url: str, calls: int) -> float:
    """Measure the seconds of the spider's crawl."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/scrapy.sqlite3"
        command = [python, "-c", SPIDER, url, file]
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent)
        compare(stored(file), calls)
    return float(ran.stdout)


def stored(file: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("SELECT count(*) FROM calls").fetchone()[0])


def compare(found: int, calls: int) -> None:
    if found != calls:
        sys.exit(f"{found} of {calls} calls are stored")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", help="a Python that has Scrapy")
    parser.add_argument("--calls", type=int, default=12_000)
    parser.add_argument("--runs", type=int, default=3, help="the best of this many runs counts")
    options = parser.parse_args()
    if not DAY.exists():
        sys.exit("../shared (recorded answers) is not here")
    if not options.python:
        return print("peers: left out; --python names a Python that has Scrapy, and --help says how to make one")
    no_log_lines()
    with portal(options.calls) as url:
        ours(url, options.calls)  # starts the process that readers are forked from
        both = [(ours(url, options.calls), theirs(options.python, url, options.calls)) for _ in range(options.runs)]
    whole, stored_alone = min(own for (own, _), _ in both), min(own - tagging for (own, tagging), _ in both)
    peer = min(peer for _, peer in both)
    read = f"our first reading of {options.calls} calls"
    figure("peers.scrapy_over_ours", peer / stored_alone, f"{read} without tagging, {stored_alone:.2f} s")
    figure("peers.scrapy_over_ours_with_tagging", peer / whole, f"{read}, {whole:.2f} s")
    return None


if __name__ == "__main__":
    main()
