"""tracker serve: run every job on its schedule.

Does not decide when; config.toml does.
"""

import asyncio

import typer

from jobs.cli.invocation import Invocation, failed
from jobs.running.serve import serve


def add_to(app: typer.Typer) -> None:
    app.command("serve")(run)


def run(context: typer.Context) -> None:
    """Run every job on its schedule in this process until SIGTERM, which lets running jobs finish."""
    asked: Invocation = context.obj
    with asked.app() as app:
        if not asyncio.run(serve(app, asyncio.Event())):
            raise failed("another process serves this database already; stop it first")
