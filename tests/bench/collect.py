"""Benchmark collecting: a first reading of many calls, then the same reading unchanged.

    python tests/bench/collect.py [--calls 20000] [--peak-calls 10000,100000]

Rows are recorded ones (../shared) under new keys. Tagging is left out. The floor of the first reading is `json.loads`
of the same pages and `executemany` of the same rows into the same tables; that of the unchanged one is `json.loads` and
a SHA-256 of every row. Peak memory is measured in a separate process for each size.
"""

import argparse
import gc
import gzip
import hashlib
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from figures import figure, pairs, seconds

from db import calls
from db.engine import Database, upgrade
from db.runs import Run, Verdict
from jobs.collecting.reading import Reading
from jobs.collecting.spool import spooled
from jobs.collecting.storing import Stored, store_batch
from tracker.readings import health
from tracker.readings.health import Tally
from tracker.sources import Bounds, Page
from tracker.sources.portal import search as portal

DAY = ROOT.parent / "shared" / "recorded" / "portal" / "days" / "2026-05-05.jsonl.gz"
NOW = datetime(2026, 5, 5, 6, 0, tzinfo=UTC)
PAGE = 100
TABLES = ("calls", "call_versions")
BOUNDS = Bounds(1, 1_000_000)


def pages(count: int) -> Iterator[Page]:
    """Yield `count` recorded rows of all three types under new keys, a hundred per page."""
    with gzip.open(DAY, "rt", encoding="utf-8") as lines:
        recorded = list({row["reference"]: row for row in map(json.loads, lines)}.values())
    for first in range(0, count, PAGE):
        rows = [varied(recorded[n % len(recorded)], n) for n in range(first, min(first + PAGE, count))]
        body = json.dumps({"totalResults": count, "results": rows}).encode()
        yield Page(url="bench", body=body, scan="all", number=first // PAGE + 1, announced=count)


def varied(row: dict, n: int) -> dict:  # type: ignore[type-arg]
    key = f"{n}X{row['reference']}"
    return row | {"reference": key, "metadata": row["metadata"] | {"REFERENCE": [key]}}


def collect(db: Database, given: Iterator[Page]) -> Stored:
    """Parse, check, compare and store, as `jobs.collecting.collect` does it, without fetching and tagging."""
    stored = Stored()
    with spooled() as spool:
        with db.read() as session:
            known = calls.known_calls(session, "portal")
        reading = Reading(portal, known, NOW, spool, Tally())
        for page in given:
            reading.take(page)
        reasons = health.check(BOUNDS, reading.counts(is_whole=True), [])
        if reasons:
            sys.exit(f"the bench's reading is not believed: {reasons}")
        with db.write() as session:
            run = Run(job="collect", subject="portal", started_at=NOW, verdict=Verdict.RUNNING, parser_version=1)
            session.add(run)
            session.flush()
            for batch in spool.batches():
                stored += store_batch(session, reading, batch, run, quiet=True)[1]
    return stored


def new_database(folder: str) -> Database:
    for file in Path(folder).glob("tracker.sqlite3*"):
        file.unlink()
    db = Database(f"sqlite:///{folder}/tracker.sqlite3", "paijat_hame")
    upgrade(db)
    return db


def first_reading(given: list[Page], folder: str) -> float:
    """Measure the seconds of a reading into an empty database."""
    db = new_database(folder)
    taken = seconds(lambda: collect(db, iter(given)))
    db.dispose()
    return taken


def floor_of_storing(given: list[Page], folder: str) -> float:
    """Measure json.loads of the pages and executemany of what the reading stored, into the same columns."""
    target = Path(folder) / "floor.sqlite3"
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(f"{folder}/tracker.sqlite3")) as source, closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA journal_mode=WAL")
        made = source.execute("SELECT sql FROM sqlite_master WHERE tbl_name IN ('calls', 'call_versions') AND sql > ''")
        for (statement,) in made.fetchall():
            copy.execute(statement)
        rows = {table: source.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608
        return seconds(lambda: load_and_insert(given, copy, rows))


def load_and_insert(given: list[Page], copy: sqlite3.Connection, rows: dict[str, list[tuple]]) -> None:  # type: ignore[type-arg]
    for page in given:
        json.loads(page.body)
    for table, table_rows in rows.items():
        copy.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(table_rows[0]))})", table_rows)  # noqa: S608
    copy.commit()


def floor_of_recognising(given: list[Page]) -> None:
    for page in given:
        for row in json.loads(page.body)["results"]:
            hashlib.sha256(json.dumps(row).encode()).digest()


def peak(count: int) -> None:
    """Print the peak memory in MB of this process after a first and an unchanged reading, for the parent."""
    with tempfile.TemporaryDirectory() as folder:
        db = new_database(folder)
        collect(db, pages(count))
        collect(db, pages(count))
        db.dispose()
    status = Path("/proc/self/status").read_text()  # ru_maxrss would begin with the parent's
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def peak_of(count: int) -> float:
    command = [sys.executable, __file__, "--measure-peak", str(count)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3, help="the best of this many runs counts")
    parser.add_argument("--peak-calls", default="10000,100000")
    parser.add_argument("--measure-peak", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not DAY.exists():
        sys.exit("../shared (recorded answers) is not here")
    if options.measure_peak:
        return peak(options.measure_peak)
    recorded_pages = list(pages(options.calls))
    gc.freeze()  # as in the process that reads (`jobs.collecting.reading_apart`)
    with tempfile.TemporaryDirectory() as folder:
        first, storing = pairs(
            options.runs,
            lambda: first_reading(recorded_pages, folder),
            lambda: floor_of_storing(recorded_pages, folder),
        )
        db = Database(f"sqlite:///{folder}/tracker.sqlite3", "paijat_hame")
        again, recognising = pairs(
            options.runs,
            lambda: seconds(lambda: collect(db, iter(recorded_pages))),
            lambda: seconds(lambda: floor_of_recognising(recorded_pages)),
        )
        db.dispose()
    figure("collect.first_over_floor", first / storing, f"json.loads + executemany of the same rows, {storing:.2f} s")
    figure("collect.unchanged_over_floor", again / recognising, f"json.loads + sha256, {recognising:.2f} s")
    small, large = (peak_of(int(count)) for count in options.peak_calls.split(","))
    figure("collect.peak_growth", large / small, f"peak at {options.peak_calls.split(',')[0]} calls, {small:.0f} MB")
    return None


if __name__ == "__main__":
    main()
