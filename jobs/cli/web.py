"""tracker web: show the pages for readers and for anybody."""

import asyncio

import typer

from jobs.cli.invocation import Invocation
from jobs.running.scheduler import stop_by_signals
from jobs.web.serving import ServedSite, warm_up


def add_to(app: typer.Typer) -> None:
    app.command("web")(run_web)


def run_web(context: typer.Context) -> None:
    """Serve the pages that the links in mails lead to, until SIGTERM. tracker serve does so beside its jobs."""
    invocation: Invocation = context.obj
    with invocation.app(serves=True) as app:
        site = ServedSite(app)
        warm_up(app)
        asyncio.run(until_stopped(site))


async def until_stopped(site: ServedSite) -> None:
    """Show the site until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    stop_by_signals(stop)
    await site(stop)
