"""tracker jobs: what runs on the schedule, and asking the service to run it now."""

import typer

from jobs.cli.invocation import AUTHOR, Invocation, reason_option
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.running.schedule import ask_job, jobs_standing

group = typer.Typer(no_args_is_help=True, help="The jobs of the schedule: when each ran and runs next.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="jobs")


@group.command("list")
def list_jobs(context: typer.Context) -> None:
    """List every job with its crontab line, its newest run and its next time."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [
            {
                "job": one.name,
                "schedule": one.line,
                "ran_at": one.last and one.last.started_at,
                "verdict": one.last and one.last.verdict,
                "next_run_at": one.next_at,
                "asked_by": one.asked and one.asked.author,
            }
            for one in jobs_standing(session, app)
        ]
    invocation.show(rows, ("job", "schedule", "ran_at", "verdict", "next_run_at", "asked_by"), say("no job"))


@group.command("ask")
def ask_now(
    context: typer.Context,
    job: str = typer.Argument(help="Its name in tracker jobs list."),
    reason: str = reason_option("Why; kept in the log.", ""),
    author: str = AUTHOR,
) -> None:
    """Ask the process that serves to run a job within a minute; tracker deliver and the like run it right here."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        ask_job(app, job, invocation.signed(app, reason, author))
    print_text(say("%(job)s: runs within a minute, where tracker serve runs", job=job))
