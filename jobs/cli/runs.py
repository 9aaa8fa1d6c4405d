"""tracker runs: what the service did, what came of it, and a person's word on what was not believed.

Does not judge runs itself.
"""

from typing import Any

import typer

from db.runs import Run, recent_runs
from jobs.base.runs import run_of
from jobs.cli.collect import report
from jobs.cli.invocation import Invocation, reason_option
from jobs.collecting.quarantine import accept_reading, reject_reading

group = typer.Typer(no_args_is_help=True, help="What the service did, and what came of it.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="runs")


def run_row(run: Run) -> dict[str, Any]:
    """A run as a row of a list."""
    return run.model_dump() | {"reasons": [reason.model_dump() for reason in run.reasons]}


@group.command("list")
def list_runs(
    context: typer.Context,
    subject: str = typer.Option("", help="Only this source, or this edition."),
    most: int = typer.Option(50, min=1, help="The newest so many; with --json every one."),
) -> None:
    """The newest runs first, with verdict and reasons."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = recent_runs(session, None if asked.as_json else most, subject or None)
        rows = [
            run_row(run) | {"reasons": run_row(run)["reasons"] if asked.as_json else [r.name for r in run.reasons]}
            for run in found
        ]
    asked.show(rows, ("id", "job", "subject", "started_at", "verdict", "reasons"))


@group.command("show")
def show_run(context: typer.Context, run_id: int = typer.Argument(metavar="RUN")) -> None:
    """One run whole: counts, reasons, and what it asked the publisher to bear."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = run_row(run_of(session, run_id))
    asked.show([found] if asked.as_json else [{"what": k, "value": v} for k, v in found.items()], ("what", "value"))


@group.command("accept")
def accept_run(
    context: typer.Context,
    run_id: int = typer.Argument(metavar="RUN"),
    reason: str = reason_option("Why it is to be believed after all; kept in the audit."),
) -> None:
    """Believe a quarantined reading after all: its kept pages are read again and stored, with the news they make."""
    asked: Invocation = context.obj
    with asked.app() as app:
        report(asked, [accept_reading(app, run_id, asked.signed(app, reason))])


@group.command("reject")
def reject_run(
    context: typer.Context,
    run_id: int = typer.Argument(metavar="RUN"),
    reason: str = reason_option("What is wrong with it; kept with the run and in the audit."),
) -> None:
    """Write down that a quarantined reading was rightly not believed."""
    asked: Invocation = context.obj
    with asked.app() as app:
        report(asked, [reject_reading(app, run_id, asked.signed(app, reason))])
