"""tracker inbox: what waits for a person."""

import typer

from jobs.cli.invocation import Invocation
from jobs.cli.wording import say
from jobs.running.inbox import all_waiting


def add_to(app: typer.Typer) -> None:
    app.command("inbox")(show_inbox)


def show_inbox(context: typer.Context) -> None:
    """List what waits for a person: readings, editions, mails and bans to decide on."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [one._asdict() for one in all_waiting(session, app)]
    invocation.show(rows, ("kind", "subject", "since", "why"), say("nothing waits"))
