"""tracker deliveries: which edition came to whom, and how.

Does not send anything.
"""

import typer

from db.deliveries import DeliveryState, list_deliveries
from jobs.cli.invocation import Invocation

group = typer.Typer(no_args_is_help=True, help="Which edition came to whom, and how.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="deliveries")


@group.command("list")
def show_deliveries(
    context: typer.Context,
    state: list[DeliveryState] = typer.Option([], help="Only these; may be given more than once."),
    edition: int = typer.Option(0, min=0, help="Only of this edition."),
    most: int = typer.Option(100, min=1, help="The newest so many; with --json every one."),
) -> None:
    """Deliveries with their states and reasons, newest first; those in doubt are `unknown`."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        found = list_deliveries(session, state, edition or None, None if asked.as_json else most)
        rows = [delivery.model_dump() for delivery in found]
    columns = ("id", "edition_id", "recipient", "state", "reason", "attempts", "settled_at", "message_id")
    asked.show(rows, columns)
