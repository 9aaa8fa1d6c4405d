"""tracker runs: what the service did and what came of it; accept or reject a quarantined reading."""

from typing import Any

import typer

from db.runs import Run, recent_runs
from db.types import LARGEST
from jobs.base.runs import give_up_killed_backfills, run_of
from jobs.cli.collect import foreseen_rows, show_readings
from jobs.cli.invocation import Invocation, limit_option, reason_option
from jobs.cli.wording import say
from jobs.collecting.quarantine import accept_reading, foresee_acceptance, reject_reading

group = typer.Typer(no_args_is_help=True, help="What the service did, and what came of it.")
RUN = typer.Argument(metavar="RUN", max=LARGEST, help="Its number in tracker runs list.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="runs")


def run_row(run: Run) -> dict[str, Any]:
    """A run as a row of a list."""
    return run.model_dump() | {"reasons": [reason.model_dump() for reason in run.reasons]}


@group.command("list")
def list_runs(
    context: typer.Context,
    subject: str = typer.Option("", help="Only runs of this source, or of this edition."),
    limit: int = limit_option(50),
) -> None:
    """List runs, newest first, with verdict and reasons."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        give_up_killed_backfills(app.db, app.clock())
        with app.db.read() as session:
            rows = [run_row(run) for run in recent_runs(session, invocation.rows(limit), subject or None)]
    if not invocation.as_json:
        rows = [row | {"reasons": [reason["name"] for reason in row["reasons"]]} for row in rows]
    nothing = (
        say("no run of %(subject)s yet", subject=subject)
        if subject
        else say("nothing has run yet; tracker collect reads")
    )
    invocation.show(rows, ("id", "job", "subject", "started_at", "verdict", "reasons"), nothing)


@group.command("show")
def show_run(context: typer.Context, run_id: int = RUN) -> None:
    """Show one run in full: counts, reasons, and the load that it put on the publisher."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        give_up_killed_backfills(app.db, app.clock())
        with app.db.read() as session:
            record = run_row(run_of(session, run_id))
    if not invocation.as_json:
        record |= {"reasons": [f"{reason['name']}: {reason['detail']}" for reason in record["reasons"]]}
    invocation.show_fields(record)


@group.command("foresee")
def foresee_run(context: typer.Context, run_id: int = RUN) -> None:
    """Show what accepting a quarantined reading would do: calls that appear, change and vanish, and readers told."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        seen = foresee_acceptance(app, run_id)
    if not invocation.as_json:
        invocation.show_fields(seen.numbers | {"readers": seen.readers})
    invocation.show(list(foreseen_rows(seen)), ("change", "call", "title", "fields", "news"))


@group.command("accept")
def accept_run(
    context: typer.Context,
    run_id: int = RUN,
    reason: str = reason_option("Why it can be believed after all; kept in the audit."),
) -> None:
    """Accept a quarantined reading: read its kept pages again and store them, with the news that they make."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        show_readings(invocation, [accept_reading(app, run_id, invocation.signed(app, reason))])


@group.command("reject")
def reject_run(
    context: typer.Context,
    run_id: int = RUN,
    reason: str = reason_option("What is wrong with it; kept with the run and in the audit."),
) -> None:
    """Reject a quarantined reading: record that it was rightly not believed."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        show_readings(invocation, [reject_reading(app, run_id, invocation.signed(app, reason))])
