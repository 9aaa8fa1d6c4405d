"""tracker bounces: mails that came back: read them, list them, and let a mailbox have mail again.

Does not decide what follows from a bounce (`jobs.delivery.bounces`).
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError

from db.bounces import BounceKind, list_bounces
from jobs.base.app import App
from jobs.cli.invocation import Invocation, reason_option
from jobs.delivery.bounces import let_back, note_bounces, read_bounces
from tracker.emails.mailboxes import ReturnedMail, in_imap, in_maildir, piped, unread

TRY_LATER = 75  # sysexits.h EX_TEMPFAIL: the mail server that pipes to us keeps the mail and comes again
group = typer.Typer(no_args_is_help=True, help="Mails that came back.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="bounces")


@group.command("read")
def read_returned(
    context: typer.Context,
    maildir: Path = typer.Option(None, help="A Maildir; the one of the configuration if nothing is named."),
    stdin: bool = typer.Option(False, "--stdin", help="One mail on standard input, from a mail server's pipe."),
    imap: bool = typer.Option(False, "--imap", help="The IMAP folder of the configuration."),
) -> None:
    """Note returned mails, each once; mailboxes that are gone or whose owners complained get no more mail."""
    asked: Invocation = context.obj
    if (maildir is not None) + stdin + imap > 1:
        raise typer.BadParameter("name one place: --maildir, --stdin or --imap")
    if stdin:
        _read_piped(asked)
        return
    with asked.app() as app:
        _report(asked, read_bounces(app, _mails(app, maildir, imap)))


def _mails(app: App, maildir: Path | None, imap: bool) -> Iterable[ReturnedMail]:
    settings = app.settings.bounces
    if maildir is not None:
        return in_maildir(maildir)
    if not imap and not settings.source:
        raise typer.BadParameter("the configuration names no bounces.source; name --maildir, --stdin or --imap")
    return in_imap(settings) if imap else unread(settings)


def _read_piped(asked: Invocation) -> None:
    try:
        with asked.app() as app:
            note_bounces(app, piped(sys.stdin.buffer.read()))
    except (DBAPIError, OSError) as error:
        typer.echo(f"not noted: {type(error).__name__}", err=True)
        raise typer.Exit(TRY_LATER) from None


def _report(asked: Invocation, told: dict[BounceKind, int]) -> None:
    asked.show([{"kind": kind, "mails": count} for kind, count in told.items()], ("kind", "mails"))


@group.command("list")
def show_bounces(
    context: typer.Context,
    kind: list[BounceKind] = typer.Option([], help="Only these; may be given more than once."),
    most: int = typer.Option(100, min=1, help="The newest so many; with --json every one."),
) -> None:
    """Returned mails, newest first; those that nobody could read are `unreadable`."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = list_bounces(session, kind, None if asked.as_json else most)
        rows = [row.model_dump() | {"address": reader and reader.address} for row, reader in found]
    asked.show(rows, ("at", "kind", "address", "delivery_id", "detail"))


@group.command("unban")
def unban_mailbox(
    context: typer.Context,
    address: str = typer.Argument(help="The mailbox."),
    reason: str = reason_option("Kept in the mailbox's history."),
) -> None:
    """Let a mailbox that bounced have mail again, from now on."""
    asked: Invocation = context.obj
    with asked.app() as app:
        let_back(app, address, asked.signed(app, reason))
