"""tracker deliveries: what became of each mail; settle one in doubt, or have one sent again."""

from pathlib import Path

import typer

from db.deliveries import DeliveryState, list_deliveries
from db.types import LARGEST
from jobs.cli.invocation import Invocation, limit_option, reason_option
from jobs.cli.wording import say
from jobs.delivery.resolutions import Resolution, delivery_in_full, resend, resend_all, resolve, resolve_all
from jobs.editions.dry_run import replay

group = typer.Typer(no_args_is_help=True, help="What became of each mail.")
DELIVERY = typer.Argument(metavar="DELIVERY", max=LARGEST, help="Its number in tracker deliveries list.")
EDITION = typer.Argument(metavar="EDITION", max=LARGEST, help="Its number in tracker editions list.")
REASON = reason_option("Kept in the audit.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="deliveries")


@group.command("list")
def show_deliveries(
    context: typer.Context,
    state: list[DeliveryState] = typer.Option([], help="Only these; may be given more than once."),
    edition: int = typer.Option(0, min=0, max=LARGEST, help="Only deliveries of this edition."),
    limit: int = limit_option(100),
) -> None:
    """List deliveries with state and reason, newest first; those in doubt are `unknown`."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        deliveries = list_deliveries(session, state, edition or None, invocation.rows(limit))
        rows = [delivery.model_dump() for delivery in deliveries]
    columns = ("id", "edition_id", "recipient", "state", "reason", "detail", "attempts", "settled_at", "message_id")
    invocation.show(
        rows,
        columns,
        say("no delivery fits; tracker digest makes an edition, and tracker editions list shows those there are"),
    )


@group.command("show")
def show_delivery(context: typer.Context, delivery_id: int = DELIVERY) -> None:
    """Show one delivery in full: to whom, of which edition, what became of it, and what it told."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        full = delivery_in_full(session, delivery_id)
        record = {"edition": f"{full.edition.kind.value} {full.edition.period}"} | full.delivery.model_dump()
    told = [item._asdict() for item in full.told]
    if invocation.as_json:
        invocation.show_fields(record | {"told": told})
        return
    lines = [" · ".join(str(value) for value in item.values() if value) for item in told]
    invocation.show_fields(record, *({"told": line} for line in lines))


@group.command("replay")
def replay_delivery(
    context: typer.Context,
    delivery_id: int = DELIVERY,
    out: Path = typer.Option(Path("digests"), help="Where to write its .eml and .html."),
) -> None:
    """Write an old mail to a file, identical to the last byte; sends nothing."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        mail = replay(app, delivery_id, out)
    invocation.show([{"subject": mail.subject, "file": str(mail.path)}], ("subject", "file"))


@group.command("resolve")
def resolve_delivery(
    context: typer.Context,
    delivery_id: int = DELIVERY,
    outcome: Resolution = typer.Option(..., "--as", help="What became of it, by the mail server's log."),
    reason: str = REASON,
) -> None:
    """Settle a delivery whose outcome is unknown; one that was lost may be sent again."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        resolve(app, delivery_id, outcome, invocation.signed(app, reason))


@group.command("resend")
def resend_delivery(context: typer.Context, delivery_id: int = DELIVERY, reason: str = REASON) -> None:
    """Queue a mail to be sent once more, identical to the last byte; tracker deliver sends it."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        resend(app, delivery_id, invocation.signed(app, reason))


@group.command("resolve-all")
def resolve_deliveries(
    context: typer.Context,
    edition_id: int = EDITION,
    outcome: Resolution = typer.Option(..., "--as", help="What became of them, by the mail server's log."),
    reason: str = REASON,
) -> None:
    """Settle at once every delivery of an edition whose outcome is unknown."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        count = resolve_all(app, edition_id, outcome, invocation.signed(app, reason))
    invocation.show([{"edition": edition_id, "mails": count}], ("edition", "mails"))


@group.command("resend-all")
def resend_deliveries(context: typer.Context, edition_id: int = EDITION, reason: str = REASON) -> None:
    """Queue every mail of an edition again whose outcome is unknown; tracker deliver sends them."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        count = resend_all(app, edition_id, invocation.signed(app, reason))
    invocation.show([{"edition": edition_id, "mails": count}], ("edition", "mails"))
