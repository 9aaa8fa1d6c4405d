"""tracker bounces: read and list mails that came back, let mailboxes have mail again, decide on what the brake holds.

Does not decide what follows from a bounce (`jobs.delivery.bounces`).
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import typer
from sqlalchemy.exc import DBAPIError

from db.bounces import BounceEffect, BounceKind, is_any_held, list_bounces
from db.types import LARGEST
from jobs.base.app import App
from jobs.cli.invocation import Invocation, limit_option, reason_option, text_in_file
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.delivery.bans import Decided, apply_held, drop_held, held_in_words, let_back, undo_reading
from jobs.delivery.bounces import read_bounces
from tracker.addresses import addresses_in
from tracker.emails.mailboxes import ReturnedMail, in_imap, in_maildir, piped, unread

TRY_LATER = 75  # sysexits.h EX_TEMPFAIL: the mail server that pipes to us keeps the mail and tries again
READING = typer.Option(None, "--reading", max=LARGEST, help="Only of this reading of bounces; by default, all.")
DECIDED = reason_option("Why; kept in the mailboxes' history.")
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
        raise typer.BadParameter(say("name only one of --maildir, --stdin and --imap"))
    if stdin:
        _read_piped(invocation)
        return
    with invocation.app() as app:
        _show_counts(invocation, read_bounces(app, _mails(app, maildir, imap)))
        say_what_is_held(app)


def _mails(app: App, maildir: Path | None, imap: bool) -> Iterable[ReturnedMail]:
    settings = app.settings.bounces
    if maildir is not None:
        return in_maildir(maildir)
    if not imap and not settings.source:
        raise typer.BadParameter(say("the configuration names no bounces.source; name --maildir, --stdin or --imap"))
    return in_imap(settings) if imap else unread(settings)


def _read_piped(invocation: Invocation) -> None:
    try:
        with invocation.app() as app:
            read_bounces(app, piped(sys.stdin.buffer.read()))
    except (DBAPIError, OSError) as error:
        print_text(say("not recorded: %(error)s", error=type(error).__name__), err=True)
        raise typer.Exit(TRY_LATER) from None


def _show_counts(invocation: Invocation, counts: dict[BounceKind, int]) -> None:
    invocation.show([{"kind": kind, "mails": count} for kind, count in counts.items()], ("kind", "mails"))


@group.command("list")
def show_bounces(
    context: typer.Context,
    kind: list[BounceKind] = typer.Option([], help="Only these; may be given more than once."),
    effect: list[BounceEffect] = typer.Option([], help="Only what had this effect; may be given more than once."),
    limit: int = limit_option(100),
) -> None:
    """List returned mails, newest first; those that the program could not make sense of are `unreadable`."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        bounces = list_bounces(session, kind, invocation.rows(limit), effect)
        rows = [
            bounce.model_dump() | {"address": reader and reader.address, "reading": bounce.run_id}
            for bounce, reader in bounces
        ]
    invocation.show(
        rows,
        ("at", "kind", "effect", "address", "delivery_id", "reading", "detail"),
        say("no returned mail fits; tracker bounces read looks for them"),
    )


@group.command("unban")
def unban_mailboxes(
    context: typer.Context,
    addresses: list[str] = typer.Argument(None, metavar="[ADDRESS]...", help="The mailboxes."),
    file: Path = typer.Option(None, help="Every address in this file, a list or a CSV."),
    reading: int = typer.Option(None, max=LARGEST, help="Undo all that this reading of bounces did, by its number."),
    reason: str = reason_option("Kept in the mailboxes' history."),
) -> None:
    """Let mailboxes have mail again; what they missed, and what came back, is told by their next edition."""
    invocation: Invocation = context.obj
    named = [*(addresses or []), *(addresses_in(text_in_file(file)) if file else [])]
    if bool(named) == (reading is not None):
        raise typer.BadParameter(say("name mailboxes, or a file of them with --file, or a reading with --reading"))
    with invocation.app() as app:
        signed = invocation.signed(app, reason)
        decided = let_back(app, named, signed) if named else undo_reading(app, reading, signed)
    _show_decided(invocation, decided)


@group.command("drop")
def drop_bans(context: typer.Context, reading: int = READING, reason: str = DECIDED) -> None:
    """Ban none of the mailboxes that the brake holds; what came back is told again by their next edition."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        _show_decided(invocation, drop_held(app, reading, invocation.signed(app, reason)))


@group.command("apply")
def apply_bans(context: typer.Context, reading: int = READING, reason: str = DECIDED) -> None:
    """Ban the mailboxes that the brake holds: they are gone, and our own mail is well."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        _show_decided(invocation, apply_held(app, reading, invocation.signed(app, reason)))


def _show_decided(invocation: Invocation, decided: Sequence[Decided]) -> None:
    invocation.show([one._asdict() for one in decided], Decided._fields, say("there was nothing to decide"))


def say_what_is_held(app: App) -> None:
    """Say on standard error that bans wait for a person, if any do."""
    with app.db.read() as session:
        words = held_in_words(session, app, app.clock()) if is_any_held(session) else ""
    if words:
        print_text(words, err=True)
