"""tracker audit: who did what, when and why."""

import typer

from db.audit import list_audit
from jobs.cli.invocation import Invocation, limit_option, parse_instant
from jobs.cli.wording import say


def add_to(app: typer.Typer) -> None:
    app.command("audit")(show_audit)


def show_audit(
    context: typer.Context,
    who: str = typer.Option("", help="Only what this person did."),
    subject: str = typer.Option("", help="Only of this subject, by its beginning, like 'run 12' or 'rule'."),
    since: str = typer.Option("", help="Only from this time on: ISO with a zone, like 2026-04-21T06:00Z."),
    limit: int = limit_option(50, "Newest N entries"),
) -> None:
    """List what people did, newest first: who, what, to what, and why."""
    invocation: Invocation = context.obj
    from_at = parse_instant(since, "--since") if since else None
    with invocation.app() as app, app.db.read() as session:
        entries = list_audit(session, invocation.rows(limit), who=who, subject=subject, since=from_at)
        rows = [entry.model_dump(exclude={"region"}) | {"reason": entry.detail.get("reason")} for entry in entries]
    invocation.show(rows, ("id", "at", "who", "action", "subject", "reason"), say("nobody has done anything that fits"))
