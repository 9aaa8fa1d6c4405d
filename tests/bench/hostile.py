"""Benchmark a hostile tick: 40 sources of which 10 are hostile, against the 30 good ones alone.

    python tests/bench/hostile.py [--runs 3]

The world is `tests/jobs/hostile.py`, tagged by the region's rules. Each tick runs in a process of its own, into a
database of its own. Memory is the proportional set size (PSS) of that process and everything that it started, looked at
five times a second. The last figure is the seconds from SIGTERM in the middle of a tick, while a page that takes
minutes is being read, until the service and all that it started have ended.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from figures import figure, no_log_lines

from jobs.base.app import App
from jobs.collecting.collect import collect_all
from jobs.opening import open_app
from jobs.running.scheduler import unless_stopped
from tests.jobs.hostile import HOG, HOSTILE, descendants, good, processor_seconds, publishers, tables
from tracker import config

LOOKS = 0.2  # seconds between two looks at the memory


def tick(keys: Sequence[str], port: int, folder: str) -> dict[str, object]:
    """Read these sources once, until SIGTERM; the seconds that it took, and the verdicts."""
    settings = config.given(
        {
            "data": {"dir": folder},
            "fetch": {"gap_seconds": 0, "attempts": 1, "obey_robots": False},
            "sources": tables(port, list(keys)),
        }
    )
    app = open_app(settings, lambda: datetime.now(UTC))
    began = time.perf_counter()
    runs = asyncio.run(stoppable(app, keys)) or []
    taken = time.perf_counter() - began
    app.db.dispose()
    return {"seconds": taken, "runs": {run.subject: [run.verdict, *(one.name for one in run.reasons)] for run in runs}}


async def stoppable(app: App, keys: Sequence[str]) -> object:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return await unless_stopped(stop, collect_all(app, keys))


def begun(keys: Sequence[str], port: int, folder: str) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--tick", json.dumps([list(keys), port, folder])]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def measured(keys: Sequence[str], port: int) -> tuple[dict[str, object], float]:
    """A tick in a process of its own: what came of it, and the most memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        program = begun(keys, port, folder)
        most = [0.0]
        looking = threading.Thread(target=look, args=(program, most))
        looking.start()
        out, _ = program.communicate()
        looking.join()
    return json.loads(out.splitlines()[-1]), most[0]  # what is not believed was logged before


def look(program: subprocess.Popen[str], most: list[float]) -> None:
    while program.poll() is None:
        most[0] = max(most[0], sum(map(pss, [program.pid, *descendants(program.pid)])) / 1000)
        time.sleep(LOOKS)


def pss(pid: int) -> float:
    """The proportional set size of a process in kB; 0 if it has ended."""
    try:
        return float(Path(f"/proc/{pid}/smaps_rollup").read_text().partition("Pss:")[2].split()[0])
    except (OSError, IndexError):
        return 0.0


def stopped(port: int) -> float:
    """The seconds from SIGTERM until a tick, and all that it started, have ended."""
    with tempfile.TemporaryDirectory() as folder:
        program = begun([*HOG, *good()], port, folder)
        while not any(processor_seconds(pid) > 2 for pid in readers(program.pid)):
            if program.poll() is not None:
                sys.exit("the tick ended before it could be stopped")
            time.sleep(LOOKS)
        family = [program.pid, *descendants(program.pid)]
        began = time.perf_counter()
        program.send_signal(signal.SIGTERM)
        program.communicate()
        while any(Path(f"/proc/{pid}/exe").exists() for pid in family):
            time.sleep(0.01)
        return time.perf_counter() - began


def readers(pid: int) -> list[int]:
    """The processes that read sources: those that the fork server has started."""
    return [below for child in descendants(pid) for below in descendants(child)]


def check(found: dict[str, object]) -> None:
    runs = found["runs"]
    assert isinstance(runs, dict)
    wrong = {key: said for key, said in runs.items() if key not in HOSTILE and said != ["accepted"]}
    wrong |= {key: runs.get(key) for key, (_, _, name) in HOSTILE.items() if key in runs and name not in runs[key]}
    if wrong:
        sys.exit(f"not as it should be: {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="the best of this many runs counts")
    parser.add_argument("--tick", help=argparse.SUPPRESS)
    options = parser.parse_args()
    no_log_lines()
    if options.tick:
        print(json.dumps(tick(*json.loads(options.tick))))
        return
    with publishers() as port:
        ticks = []
        for _ in range(options.runs):
            alone, _ = measured(good(), port)
            whole, memory = measured([*HOSTILE, *good()], port)
            check(alone)
            check(whole)
            ticks.append((float(str(whole["seconds"])), float(str(alone["seconds"])), memory))
        taken, floor, _ = min(ticks, key=lambda one: one[0] / one[1])
        figure("hostile.tick_over_good_alone", taken / floor, f"the 30 good sources alone, {floor:.2f} s")
        figure("hostile.peak_mb", max(memory for *_, memory in ticks), "PSS of all processes")
        figure("hostile.stop_seconds", stopped(port), "SIGTERM until all processes have ended")


if __name__ == "__main__":
    main()
