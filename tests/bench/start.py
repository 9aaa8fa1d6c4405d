"""Benchmark the start of the command line: what a command takes before and with its first word.

    python tests/bench/start.py [--runs 7]

Processor time of whole processes, the best of several; the floor is a process that imports sqlmodel and nothing else.
The database is a fresh one of the shipped region, without calls.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from figures import figure

COMMANDS = ("--version", "--help", "rules --help", "sources list", "calls list", "rules list")
RUN = "import sys; from jobs.cli import main; main()"


def process(folder: str, code: str, *words: str) -> float:
    """The processor seconds, of user and system, of one process."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TRACKER_DATA__DIR": folder}
    command = [sys.executable, "-c", code, *words]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as run:
        _, _, used = os.wait4(run.pid, 0)
        run.returncode = 0  # it was waited for
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        process(folder, RUN, "calls", "list")  # sets the database up
        times: dict[str, list[float]] = {}
        for _ in range(runs):
            times.setdefault("", []).append(process(folder, "import sqlmodel"))
            for command in COMMANDS:
                times.setdefault(command, []).append(process(folder, RUN, *command.split()))
    floor = min(times[""])
    for command in COMMANDS:
        name = command.replace(" ", "_").strip("-").replace("-", "")
        figure(f"start.{name}_s", min(times[command]), f"import sqlmodel: {floor:.3f}")


if __name__ == "__main__":
    main()
