"""Benchmark a backfill: closed calls stored for each second of work; then killed at random, on a broken index.

    python tests/bench/backfill.py [--calls 20000] [--kills 5] [--share 0.03] [--seed N]

The portal serves recorded days (../shared) and an archive made of their rows under new keys. Every backfill is a
process of its own, as `tracker backfill`, and its work is the processor time of that process, less what it takes to
start: waiting for the portal, which runs here, does not count. The floor is `json.loads` of the pages, once, and
`executemany` of the same rows into the same tables. The killed backfills go on between readings of the recorded days;
what came of these is held against the same days without any backfill. Exits with 1 if any event is lost or made,
anything false is stored, or a closed call is missing.
"""

import argparse
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from collect import floor_of_storing
from figures import figure, no_log_lines
from sqlmodel import select

from db.calls import Call
from jobs.base.app import App
from jobs.opening import open_app
from jobs.rulebook.tagging import BATCH, tag_calls
from tests.jobs.backfilling import FIRST, LAST, BrokenPortal, archived, broken_portal, closed_rows, configured, outcome
from tests.jobs.backfilling import opens_on as opened
from tests.jobs.world import Clock, clock_of, collect
from tests.support.recorded_days import rows_of_day
from tracker import config
from tracker.calls.changes import remembered
from tracker.demo.history import Row
from tracker.sources import Page

SHARED = ROOT.parent / "shared"
DAYS = [datetime.fromisoformat(f"2026-06-{day:02d}T06:00Z") for day in (1, 3, 5, 8, 10, 12)]
PAGE = 100
FULL = ("rollback", "overlap", "truncated", "unfiltered", "unranged")


def opened_app(folder: Path, portal: BrokenPortal) -> tuple[App, Path]:
    """Open an app with the region's rules in a folder of its own, and write the configuration that it has."""
    given = {"data": {"dir": folder}, "database": {"url": f"sqlite:///{folder}/tracker.sqlite3"}}
    file = folder.with_suffix(".toml")
    app = open_app(config.given(given), Clock(DAYS[0]))
    configured(app, portal.url, file)
    app.db.dispose()
    return open_app(config.load(file), Clock(DAYS[0])), file


def backfill(file: Path, at: datetime) -> subprocess.Popen[bytes]:
    code = "from jobs import cli; cli.main()"
    words = [
        "backfill",
        "portal",
        "--from",
        f"{FIRST}",
        "--to",
        f"{LAST}",
        "--config",
        str(file),
        "--now",
        at.isoformat(),
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TRACKER_LOG__LEVEL": "error"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, "-c", code, *words], env=environment, **quiet)


def worked(file: Path) -> float:
    """Let a backfill come to its end; return the seconds of processor time that it took."""
    process = backfill(file, DAYS[-1])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("the backfill did not end well")
    return usage.ru_utime + usage.ru_stime


def throughput(folder: Path, portal: BrokenPortal, archive: list[Row]) -> None:
    """Backfill everything once, undisturbed."""
    app, file = opened_app(folder, portal)
    portal.tell([*rows_of_day(SHARED, DAYS[-1].date()), *archive])
    collect(app, DAYS[-1])
    seconds = worked(file) - worked(file)  # the second one finds everything stored
    if len(archived(app)) != len(archive):
        sys.exit(f"{len(archived(app))} of {len(archive)} calls are stored")
    tagging = tagged_again(app)
    app.db.dispose()
    bodies = [json.dumps({"results": archive[n : n + PAGE]}).encode() for n in range(0, len(archive), PAGE)]
    floor = floor_of_storing([Page(url="bench", body=body) for body in bodies], str(folder))
    of_work = f"none; {len(archive)} calls in {seconds:.1f} s of work, {tagging:.1f} of them tagging"
    figure("backfill.calls_a_second", len(archive) / seconds, of_work)
    figure("backfill.calls_a_second_without_tagging", len(archive) / (seconds - tagging), of_work)
    figure("backfill.work_over_floor", seconds / floor, f"json.loads + executemany of the same rows, {floor:.2f} s")


def tagged_again(app: App) -> float:
    """Measure the processor time of tagging every archived call once more; nothing of it is kept."""
    with app.db.rehearse() as session:
        facts = {call.id: remembered(call) for call in session.exec(select(Call)) if call.backfilled}
        ids, begun = list(facts), time.thread_time()
        for first in range(0, len(ids), BATCH):
            tag_calls(session, app.compiled, {i: facts[i] for i in ids[first : first + BATCH]}, app.clock())
        return time.thread_time() - begun


def days(app: App, portal: BrokenPortal, archive: list[Row], share: float, between: object = None) -> None:
    """Read every day without faults, and do something before each, with them."""
    for at in DAYS:
        portal.tell([*rows_of_day(SHARED, at.date()), *archive])
        clock_of(app).now = at
        if callable(between):
            portal.share = share
            between(at)
            portal.share = 0.0
        if reasons := collect(app, at).reasons:
            print(f"the reading of {at} is not believed: {reasons}")


def killed(folder: Path, portal: BrokenPortal, archive: list[Row], kills: int, share: float, seed: int) -> list[str]:
    """Kill backfills between the readings of some days, then let one come to its end; return what is wrong."""
    chance = random.Random(seed)
    app, file = opened_app(folder / "killed", portal)
    undisturbed, _ = opened_app(folder / "undisturbed", portal)
    days(undisturbed, portal, archive, 0.0)

    def kill(at: datetime) -> None:
        nonlocal kills
        if kills > 0:
            kills -= 1
            enough = portal.answers + chance.randrange(50, 500)
            process = backfill(file, at)
            while process.poll() is None and portal.answers < enough:
                time.sleep(0.01)
            process.kill()
            process.wait()

    days(app, portal, archive, share, kill)
    (expected, known), (events, seen) = outcome(undisturbed), outcome(app)
    truth = {row["reference"]: opened(row) for row in archive}
    faults = [f"lost: {event}" for event in expected - events] + [f"made: {event}" for event in events - expected]
    faults += [f"false: {key}" for key, on in archived(app).items() if truth.get(key) != on]
    faults += ["calls that readings have seen differ"] if known != seen else []
    halfway = len(archived(app))
    worked(file)
    faults += [f"missing or false: {key}" for key, _ in truth.items() ^ archived(app).items()]
    print(f"{len(expected)} events; {halfway} of {len(truth)} calls were stored by the killed backfills")
    for one in (app, undisturbed):
        one.db.dispose()
    return faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.03, help="of the answers that are broken while it is killed")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    if not SHARED.exists():
        sys.exit("../shared (recorded answers) is not here")
    no_log_lines()
    archive = closed_rows(rows_of_day(SHARED, DAYS[0].date()), options.calls, random.Random(1))
    with tempfile.TemporaryDirectory() as folder, broken_portal(options.seed) as portal:
        portal.page_size, portal.kinds = PAGE, FULL
        throughput(Path(folder) / "undisturbed-once", portal, archive)
        faults = killed(Path(folder), portal, archive, options.kills, options.share, options.seed)
    against = f"0; {options.kills} kills, {options.share:.0%} of the answers broken, seed {options.seed}"
    figure("backfill.lost_or_false", len(faults), against)
    for fault in faults[:20]:
        print(fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
