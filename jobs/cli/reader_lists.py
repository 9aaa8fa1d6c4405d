"""tracker subscribers invite, counts, take-list, feedback: many readers at once. Sends nothing itself."""

from pathlib import Path
from typing import Any

import typer

from db.subscribers import Cadence, Language
from db.types import LARGEST
from jobs.cli.invocation import Invocation, reason_option, text_in_file
from jobs.cli.subscribers import group
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.readers.invitations import invite, read_invitations
from jobs.readers.lists import reader_counts, take_list
from jobs.rulebook.unwanted import close_unwanted, unwanted_calls
from tracker.files import write_whole


@group.command("invite")
def invite_readers(
    context: typer.Context,
    file: Path = typer.Argument(help="Addresses, one on a line; or a CSV as for import."),
    spearhead: list[str] = typer.Option([], help="What they would follow; may be given more than once."),
    language: Language | None = typer.Option(None, help="The language of the mails; else the region's first."),
    cadence: Cadence = typer.Option(Cadence.WEEKLY, help="How often the digest would come."),
    reason: str = reason_option("Why you may write to them; kept in the audit."),
    yes: bool = typer.Option(False, "--yes", help="Invite; without it, the file is only checked."),
) -> None:
    """Ask many mailboxes whether they want the digest, each by one letter; those who left are not asked."""
    invocation: Invocation = context.obj
    settings: dict[str, Any] = {"cadence": cadence, "interests": [{"spearheads": spearhead}]}
    settings |= {"language": language} if language else {}
    with invocation.app() as app:
        lines = read_invitations(app, text_in_file(file), settings)
        if not yes:
            print_text(say("nothing was changed; mailboxes that --yes would ask: %(n)d", n=len(lines)), err=True)
            return
        done = invite(app, lines, invocation.signed(app, reason))
    rows = [{"line": one.line, "address": one.address, "done": one.outcome} for one in done]
    invocation.show(rows, ("line", "address", "done"))


@group.command("counts")
def show_counts(context: typer.Context) -> None:
    """Count the readers by type of organisation and municipality."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [one._asdict() for one in reader_counts(session).by_both]
    invocation.show(rows, ("type", "municipality", "readers"), say("nobody gets mail yet"))


@group.command("take-list")
def take_readers(
    context: typer.Context,
    out: Path = typer.Option(Path("readers.csv"), help="The file to write to."),
    reason: str = reason_option("Why; kept in the audit."),
) -> None:
    """Write every reader to a CSV, with what they chose; the audit keeps that it was taken."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        write_whole(out, take_list(app, invocation.signed(app, reason)))
    invocation.show([{"file": str(out)}], ("file",))


@group.command("feedback")
def show_feedback(context: typer.Context) -> None:
    """List the calls to which readers answered "not for us", with the rules behind them."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [
            {"call": one.call.id, "title": one.call.title, "readers": len(one.answers), "rules": list(one.rules)}
            for one in unwanted_calls(session)
        ]
    invocation.show(rows, ("call", "title", "readers", "rules"), say("no answer waits"))


@group.command("close-feedback")
def close_feedback(
    context: typer.Context,
    call: int = typer.Argument(metavar="CALL", max=LARGEST, help="Our id of the call."),
    reason: str = reason_option("What came of it; kept in the audit."),
) -> None:
    """Close the answers of readers on a call."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        count = close_unwanted(app, call, invocation.signed(app, reason))
    invocation.show([{"call": call, "readers": count}], ("call", "readers"))
