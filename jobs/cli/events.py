"""tracker events: the changes worth telling, by their numbers.

Does not decide who is told.
"""

import typer

from db.event_log import events_after
from jobs.cli.invocation import Invocation


def add_to(app: typer.Typer) -> None:
    app.command("events")(list_events)


def list_events(
    context: typer.Context, since: int = typer.Option(0, min=0, help="Only events numbered above this.")
) -> None:
    """Every event in order: seq, at, kind, source, key, identifier, title, old, new."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [
            {
                "seq": event.seq,
                "at": event.at,
                "kind": event.kind,
                "source": call.source,
                "key": call.key,
                "identifier": call.identifier,
                "title": call.title,
                "old": event.old,
                "new": event.new,
            }
            for event, call in events_after(session, since)
        ]
    asked.show(rows, ("seq", "at", "kind", "source", "key", "identifier", "old", "new"))
