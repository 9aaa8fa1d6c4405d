"""The command line in processes of its own, to be read or killed: forked from one that has imported everything already.

A real `tracker deliver` spends nearly all of its time on imports; many of them would take minutes. Does not hold tests.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs import cli
from jobs.base.app import App

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.jobs.processes"])


def write_config(app: App, port: int, file: Path, **schedule: str) -> Path:
    """The configuration of an app whose mail goes to the server at this port, as a file."""
    lines = [
        "[data]",
        f"dir = '{app.settings.data.dir}'",
        "[database]",
        f"url = '{app.settings.database.url}'",
        "[mail]",
        "transport = 'smtp'",
        "host = '127.0.0.1'",
        f"port = {port}",
        "stale_days = 10000",  # a process has the real clock, and the tests' editions are of 2026-06
        "secret = 'a secret of the tests'",
        "[schedule]",
        *(f"{name} = '{line}'" for name, line in schedule.items()),
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


@dataclass(frozen=True, slots=True)
class Completed:
    """What a process of the command line left behind."""

    returncode: int | None
    stdout: str
    stderr: str


def _run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], out: str, err: str) -> None:
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(folder)
    for number, name in ((1, out), (2, err)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    sys.argv = ["tracker", *arguments]
    cli.main()


@contextmanager
def tracker(
    *arguments: str,
    folder: Path = Path("/"),
    environment: Mapping[str, str] | None = None,
    out: str = os.devnull,
    err: str = os.devnull,
) -> Iterator[BaseProcess]:
    """`tracker ARGUMENTS` in a process of its own; killed at the end of the block if it runs still."""
    process = SERVER.Process(target=_run, args=[arguments, folder, environment or {}, out, err])
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        process.close()


def run_tracker(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Completed:
    """`tracker ARGUMENTS` in a folder, to its end; its environment holds only these of our variables."""
    with TemporaryDirectory() as outputs:
        out, err = Path(outputs) / "out", Path(outputs) / "err"
        with tracker(*arguments, folder=folder, environment=environment, out=str(out), err=str(err)) as process:
            process.join(60)
            code = process.exitcode
        return Completed(code, out.read_text("utf-8"), err.read_text("utf-8"))
