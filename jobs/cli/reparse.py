"""tracker reparse: today's parser over the kept pages of a source.

Does not ask the publisher anything.
"""

from datetime import datetime

import typer

from jobs.cli.invocation import Invocation
from jobs.collecting.reparse import apply, rehearse
from jobs.collecting.status import known_sources


def add_to(app: typer.Typer) -> None:
    app.command("reparse")(reparse)


def reparse(
    context: typer.Context,
    source: str = typer.Argument(help="The source whose kept pages to read again."),
    from_on: datetime | None = typer.Option(
        None, "--from", formats=["%Y-%m-%d"], help="Readings of this day and later; else all that are kept."
    ),
    store: bool = typer.Option(False, "--apply", help="Store the facts, without news, instead of showing events."),
) -> None:
    """Read the kept pages of a source again: show the events that today's parser would have made of them."""
    asked: Invocation = context.obj
    day = from_on.date() if from_on else None
    with asked.app() as app:
        [key] = known_sources(app, [source])
        if store:
            run = apply(app, key, day)
            asked.show([run.counts | {"run": run.id}], ("runs", "calls", "new", "versions", "unread", "run"))
            return
        found = rehearse(app, key, day)
    rows = [
        {"run": one.run_id, "at": one.at, "kind": one.news.kind, "key": one.key, "title": one.title}
        | {"old": one.news.old, "new": one.news.new}
        for one in found.events
    ]
    asked.show(rows, ("run", "at", "kind", "key", "title"))
    typer.echo(f"{len(found.runs)} runs read, {len(rows)} events, {len(found.unread)} rows unreadable", err=True)
