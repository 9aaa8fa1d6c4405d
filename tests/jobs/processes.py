"""Run the command line in separate processes, forked from one that has imported everything and read the region.

A real `tracker deliver` spends nearly all of its time on imports; many of them would take minutes.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from jobs import cli
from jobs.base.app import App
from tests.support.command_line import whole_command_line

whole_command_line()  # imports the module of every noun, once for all processes
SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.jobs.processes", "tests.jobs.warmed"])


def write_config(app: App, port: int, file: Path, **schedule: str) -> Path:
    """Write the configuration of an app whose mail goes to the server at this port."""
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
        "[web]",
        "port = 0",
        "[schedule]",
        *(f"{name} = '{line}'" for name, line in schedule.items()),
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished process of the command line: exit code and output."""

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
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # ignored where the suite runs in the background of a shell
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
    """Run `tracker ARGUMENTS` in a separate process; kill it at the end of the block if it still runs."""
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
    """Run `tracker ARGUMENTS` in a folder to its end; its environment holds only these of our variables."""
    with TemporaryDirectory() as outputs:
        out, err = Path(outputs) / "out", Path(outputs) / "err"
        with tracker(*arguments, folder=folder, environment=environment, out=str(out), err=str(err)) as process:
            process.join(60)
            code = process.exitcode
        return Completed(code, out.read_text("utf-8"), err.read_text("utf-8"))
