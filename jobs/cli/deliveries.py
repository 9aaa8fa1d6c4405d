"""tracker deliveries: which edition came to whom, and how; a person's word on those in doubt.

Does not send anything.
"""

from pathlib import Path

import typer

from db.deliveries import DeliveryState, list_deliveries
from jobs.cli.invocation import Invocation, reason_option
from jobs.delivery.resolutions import Resolution, delivery_in_full, resend, resolve
from jobs.editions.dry_run import replay

group = typer.Typer(no_args_is_help=True, help="Which edition came to whom, and how.")
REASON = reason_option("Kept in the audit.")


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
    with asked.app() as app, app.db.read() as session:
        found = list_deliveries(session, state, edition or None, None if asked.as_json else most)
        rows = [delivery.model_dump() for delivery in found]
    columns = ("id", "edition_id", "recipient", "state", "reason", "detail", "attempts", "settled_at", "message_id")
    asked.show(rows, columns)


@group.command("show")
def show_delivery(context: typer.Context, delivery_id: int = typer.Argument(metavar="DELIVERY")) -> None:
    """One delivery whole: to whom, of which edition, what became of it, and what it told."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = delivery_in_full(session, delivery_id)
        whole = {"edition": f"{found.edition.kind.value} {found.edition.period}"} | found.delivery.model_dump()
    told = [item._asdict() for item in found.told]
    if asked.as_json:
        asked.show([whole | {"told": told}], ())
        return
    lines = [" · ".join(str(value) for value in item.values() if value) for item in told]
    asked.show(
        [{"what": k, "value": v} for k, v in [*whole.items(), *(("told", line) for line in lines)]], ("what", "value")
    )


@group.command("replay")
def replay_delivery(
    context: typer.Context,
    delivery_id: int = typer.Argument(metavar="DELIVERY"),
    out: Path = typer.Option(Path("digests"), help="Where its .eml and .html are written."),
) -> None:
    """Write an old mail once more, the same to the last byte, from what is kept of it; sends nothing."""
    asked: Invocation = context.obj
    with asked.app() as app:
        written = replay(app, delivery_id, out)
    asked.show([{"subject": written.subject, "file": str(written.path)}], ("subject", "file"))


@group.command("resolve")
def resolve_delivery(
    context: typer.Context,
    delivery_id: int = typer.Argument(metavar="DELIVERY"),
    word: Resolution = typer.Option(..., "--as", help="What the mail server's log says of it."),
    reason: str = REASON,
) -> None:
    """Say what became of a delivery in doubt; one that was lost may be sent again."""
    asked: Invocation = context.obj
    with asked.app() as app:
        resolve(app, delivery_id, word, asked.signed(app, reason))


@group.command("resend")
def resend_delivery(
    context: typer.Context, delivery_id: int = typer.Argument(metavar="DELIVERY"), reason: str = REASON
) -> None:
    """Let a mail leave once more, the same to the last byte; tracker deliver sends it."""
    asked: Invocation = context.obj
    with asked.app() as app:
        resend(app, delivery_id, asked.signed(app, reason))
