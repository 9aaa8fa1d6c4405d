"""tracker notices: what admins are told of the sources: which broke or healed, and what to look at.

Does not say why in full; tracker sources health does.
"""

import typer

from db.sources import list_notices
from jobs.cli.invocation import Invocation


def add_to(app: typer.Typer) -> None:
    app.command("notices")(notices)


def notices(
    context: typer.Context,
    most: int = typer.Option(50, min=1, help="The newest so many; with --json every one."),
) -> None:
    """Sources that broke or healed, watched pages that changed, gaps that a check found; a healthy week has none."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [one.model_dump() for one in list_notices(session, None if asked.as_json else most)]
    asked.show(rows, ("at", "source", "kind", "detail", "run_id"))
