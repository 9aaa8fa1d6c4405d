"""tracker bounces: read and list mails that came back, and let a mailbox have mail again.

Does not decide what follows from a bounce (`jobs.delivery.bounces`).
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError

from db.bounces import BounceKind, list_bounces
from jobs.base.app import App
from jobs.cli.invocation import Invocation, limit_option, reason_option
from jobs.delivery.bounces import let_back, note_bounces, read_bounces
from tracker.emails.mailboxes import ReturnedMail, in_imap, in_maildir, piped, unread

TRY_LATER = 75  # sysexits.h EX_TEMPFAIL: the mail server that pipes to us keeps the mail and tries again
group = typer.Typer(no_args_is_help=True, help="Mails that came back.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="bounces")


@group.command("read")
def read_returned(
    context: typer.Context,
    maildir: Path = typer.Option(None, help="Read this Maildir; by default the place that the configuration names."),
    stdin: bool = typer.Option(False, "--stdin", help="Read one mail on standard input, from a mail server's pipe."),
    imap: bool = typer.Option(False, "--imap", help="Read the IMAP folder that the configuration names."),
) -> None:
    """Record returned mails, each once; mailboxes that are gone or whose owners complained get no more mail."""
    invocation: Invocation = context.obj
    if (maildir is not None) + stdin + imap > 1:
        raise typer.BadParameter("name only one of --maildir, --stdin and --imap")
    if stdin:
        _read_piped(invocation)
        return
    with invocation.app() as app:
        _show_counts(invocation, read_bounces(app, _mails(app, maildir, imap)))


def _mails(app: App, maildir: Path | None, imap: bool) -> Iterable[ReturnedMail]:
    settings = app.settings.bounces
    if maildir is not None:
        return in_maildir(maildir)
    if not imap and not settings.source:
        raise typer.BadParameter("the configuration names no bounces.source; name --maildir, --stdin or --imap")
    return in_imap(settings) if imap else unread(settings)


def _read_piped(invocation: Invocation) -> None:
    try:
        with invocation.app() as app:
            note_bounces(app, piped(sys.stdin.buffer.read()))
    except (DBAPIError, OSError) as error:
        typer.echo(f"not recorded: {type(error).__name__}", err=True)
        raise typer.Exit(TRY_LATER) from None


def _show_counts(invocation: Invocation, counts: dict[BounceKind, int]) -> None:
    invocation.show([{"kind": kind, "mails": count} for kind, count in counts.items()], ("kind", "mails"))


@group.command("list")
def show_bounces(
    context: typer.Context,
    kind: list[BounceKind] = typer.Option([], help="Only these; may be given more than once."),
    limit: int = limit_option(100),
) -> None:
    """List returned mails, newest first; those that the program could not make sense of are `unreadable`."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        bounces = list_bounces(session, kind, invocation.rows(limit))
        rows = [bounce.model_dump() | {"address": reader and reader.address} for bounce, reader in bounces]
    invocation.show(rows, ("at", "kind", "address", "delivery_id", "detail"))


@group.command("unban")
def unban_mailbox(
    context: typer.Context,
    address: str = typer.Argument(help="The mailbox."),
    reason: str = reason_option("Kept in the mailbox's history."),
) -> None:
    """Let a mailbox that was banned have mail again, from now on."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        let_back(app, address, invocation.signed(app, reason))
