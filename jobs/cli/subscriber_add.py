"""tracker subscribers add, import: mailboxes whose owners' word the operator has, or who are to be asked for it.

Does not read a roster itself (`tracker.subscriptions.roster`).
"""

from pathlib import Path
from typing import Any

import typer

from db.calls import CallKind
from db.subscribers import ActorType, Cadence, Language
from jobs.cli.invocation import Invocation, reason_option
from jobs.cli.subscribers import group
from jobs.readers import optin
from jobs.readers.preferences import checked_sign_up
from tracker.errors import Code, Refusal


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker subscribers`, which adds itself."""
    group.command("add")(add_subscriber)
    group.command("import")(import_roster)


def add_subscriber(
    context: typer.Context,
    address: str = typer.Argument(help="The mailbox."),
    spearhead: list[str] = typer.Option([], help="A spearhead to follow; may be given more than once."),
    cadence: Cadence = typer.Option(Cadence.WEEKLY),
    language: Language = typer.Option(Language.FI),
    actor: str = typer.Option("", help="The organisation."),
    actor_type: ActorType = typer.Option(ActorType.OTHER),
    municipality: str = typer.Option(""),
    programme: list[str] = typer.Option(
        [], help="Only calls of this programme, e.g. HORIZON; may be given more than once."
    ),
    source: list[str] = typer.Option([], help="Only calls of this source; may be given more than once."),
    kind: list[CallKind] = typer.Option([], help="Only calls of this kind; may be given more than once."),
    audience: list[str] = typer.Option(
        [], help="Only calls for these, e.g. municipality; may be given more than once."
    ),
    query: str | None = typer.Option(None, help="Only calls that this line of the rules' language finds."),
    money_min: int | None = typer.Option(None, min=0, help="Only calls with at least so much per project; whole euro."),
    money_max: int | None = typer.Option(None, min=0, help="Only calls with at most so much per project; whole euro."),
    open_only: bool = typer.Option(False, "--open-only", help="No calls that are not open yet."),
    urgent: bool = typer.Option(False, "--urgent", help="What cannot wait for the next edition comes at once."),
    lead_days: list[int] = typer.Option([28, 7], help="Remind so many days before a call closes; more than once."),
    reason: str = reason_option("How the person's word was given; kept with the consent.", "added by the operator"),
) -> None:
    """Add a mailbox with one interest; it is told what is open, and then what happens from now on."""
    wants = {
        "spearheads": spearhead,
        "programmes": programme,
        "sources": source,
        "kinds": [one.value for one in kind],
        "audience": audience,
        "query": query,
        "money_min": money_min,
        "money_max": money_max,
        "forthcoming": not open_only,
    }
    reader = {"actor": actor, "actor_type": actor_type, "municipality": municipality}
    digest = {"cadence": cadence, "language": language, "urgent": urgent, "lead_days": lead_days}
    given: dict[str, Any] = {"address": address, "interests": [wants]} | reader | digest
    asked: Invocation = context.obj
    with asked.app() as app:
        added = optin.add_by_operator(app, checked_sign_up(app, given), asked.signed(app, reason))
    asked.show([{"id": added.id, "address": added.address}], ("id", "address"))


def import_roster(
    context: typer.Context,
    file: Path = typer.Argument(help="A CSV in UTF-8; docs/subscribers.md names its columns."),
    reason: str = reason_option("How the persons' word was given, or why they are asked; kept with each."),
    ask: bool = typer.Option(False, "--ask", help="Ask each mailbox by a letter first, as at sign-up."),
    yes: bool = typer.Option(False, "--yes", help="Do it; without it the file is checked and nothing changes."),
) -> None:
    """Add every mailbox of a file, or none; all faults are listed with their lines."""
    asked: Invocation = context.obj
    with asked.app() as app:
        lines = optin.checked_roster(app, _text_of(file))
        if yes:
            optin.add_all(app, lines, asked.signed(app, f"import of {file.name}: {reason}"), ask)
    done = ("asked" if ask else "added") if yes else ("would be asked" if ask else "would be added")
    rows = [{"line": line.number, "address": line.wanted.address, "done": done} for line in lines]
    asked.show(rows, ("line", "address", "done"))
    if not yes:
        typer.echo(f"nothing was changed; --yes does it for {len(lines)} mailboxes", err=True)


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except UnicodeDecodeError:
        raise Refusal(Code.FILE_NOT_TEXT, file=file) from None
