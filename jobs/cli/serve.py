"""tracker serve: run every job on its schedule."""

import asyncio

import typer

from jobs.cli.invocation import Invocation, failed
from jobs.running.serve import serve


def add_to(app: typer.Typer) -> None:
    app.command("serve")(run)


def run(context: typer.Context) -> None:
    """Run every job on its schedule, in this process, until SIGTERM; running jobs are finished first."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        if not asyncio.run(serve(app, asyncio.Event())):
            raise failed("another process already serves this database; stop it first")
