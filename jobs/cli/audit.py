"""tracker audit: who did what, when and why."""

import typer

from db.audit import list_audit
from db.proposals import Proposal
from db.types import LARGEST
from jobs.cli.invocation import AUTHOR, Invocation, limit_option, parse_instant, reason_option
from jobs.cli.previews import show_proposed, signer
from jobs.cli.tables import print_text
from jobs.cli.wording import say


def add_to(app: typer.Typer) -> None:
    app.command("audit")(show_audit)
    app.command("undo")(undo_entry)


def show_audit(
    context: typer.Context,
    who: str = typer.Option("", help="Only what this person did."),
    subject: str = typer.Option("", help="Only of this subject, by its beginning, like 'run 12' or 'rule'."),
    act: str = typer.Option("", help="Only this act, as the list names it."),
    since: str = typer.Option("", help="Only from this time on: ISO with a zone, like 2026-04-21T06:00Z."),
    limit: int = limit_option(50, "Newest N entries"),
) -> None:
    """List what people did, newest first: who, what, to what, and why."""
    invocation: Invocation = context.obj
    from_at = parse_instant(since, "--since") if since else None
    with invocation.app() as app, app.db.read() as session:
        entries = list_audit(session, invocation.rows(limit), who=who, subject=subject, act=act, since=from_at)
        rows = [entry.model_dump(exclude={"region"}) | {"reason": entry.detail.get("reason")} for entry in entries]
    invocation.show(rows, ("id", "at", "who", "action", "subject", "reason"), say("nobody has done anything that fits"))


def undo_entry(
    context: typer.Context,
    number: int = typer.Argument(metavar="ENTRY", min=1, max=LARGEST, help="Its number in tracker audit."),
    reason: str = reason_option("Why; kept in the audit."),
    author: str = AUTHOR,
) -> None:
    """Undo an edit of rules, an example, a pin or a fact set by hand, if nothing else happened to it since."""
    from jobs.running.undo import undo_act  # stands on what collects calls, which the list does not need

    invocation: Invocation = context.obj
    with invocation.app() as app:
        did = undo_act(app, number, signer(app, invocation.signed(app, reason, author)))
    if isinstance(did, Proposal):
        show_proposed(invocation, did)
    else:
        print_text(say("entry %(n)d is undone", n=number))
