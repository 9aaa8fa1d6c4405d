"""tracker serve: run every job on its schedule."""

import asyncio

import typer

from jobs.cli.invocation import Invocation, failed
from jobs.cli.wording import say
from jobs.running.serve import serve
from jobs.web.serving import ServedSite, warm_up


def add_to(app: typer.Typer) -> None:
    app.command("serve")(run)


def run(context: typer.Context) -> None:
    """Run every job on its schedule, in this process, until SIGTERM; mails under way are finished first.

    Tells what it does on standard error: for a person on a terminal, else as one JSON object a line.
    """
    invocation: Invocation = context.obj
    with invocation.app(serves=True) as app:
        site = ServedSite(app)
        warm_up(app)
        if not asyncio.run(serve(app, asyncio.Event(), site)):
            raise failed(say("another process already serves this database; stop it first"))
