"""The command line in processes of its own that can be killed: forked from one that has imported everything already.

A real `tracker deliver` spends nearly all of its time on imports; many kills would take minutes. Does not hold tests.
"""

import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from jobs import cli
from jobs.desk import Desk

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.jobs.processes"])


def write_config(desk: Desk, port: int, file: Path, **schedule: str) -> Path:
    """The configuration of a desk whose mail goes to the server at this port, as a file."""
    lines = [
        "[data]",
        f"dir = '{desk.settings.data.dir}'",
        "[database]",
        f"url = '{desk.settings.database.url}'",
        "[mail]",
        "transport = 'smtp'",
        "host = '127.0.0.1'",
        f"port = {port}",
        "secret = 'a secret of the tests'",
        "[schedule]",
        *(f"{name} = '{line}'" for name, line in schedule.items()),
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def _run(arguments: Sequence[str]) -> None:
    sys.argv = ["tracker", *arguments]
    sys.stdout = sys.stderr = Path("/dev/null").open("w")  # noqa: SIM115  (until the process ends)
    cli.main()


@contextmanager
def tracker(*arguments: str) -> Iterator[BaseProcess]:
    """`tracker ARGUMENTS` in a process of its own; killed at the end of the block if it runs still."""
    process = SERVER.Process(target=_run, args=[arguments])
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        process.close()
