"""tracker export, tracker feeds: calls as files for other programs, and the private links of interests.

Does not choose or write calls itself (`jobs.publishing.feeds`).
"""

from pathlib import Path

import typer

from db.calls import CallStatus
from db.subscribers import Language
from db.types import LARGEST
from jobs.cli.invocation import Invocation, reason_option
from jobs.publishing import feeds
from jobs.publishing.catalogue import CallQuery
from jobs.publishing.feeds import FeedLink
from tracker.feeds.addresses import FeedFormat

exports = typer.Typer(no_args_is_help=True, help="What we remember, for other programs.")
group = typer.Typer(no_args_is_help=True, help="The private feeds of readers.")
STANDARD_OUTPUT = Path("-")


def add_to(app: typer.Typer) -> None:
    app.add_typer(exports, name="export")
    app.add_typer(group, name="feeds")


@exports.command("calls")
def export_calls(
    context: typer.Context,
    form: FeedFormat = typer.Option(
        FeedFormat.CSV, "--format", help="csv or ndjson: a row a call; ics: deadlines; atom: events."
    ),
    spearhead: str = typer.Option("", help="Only those tagged with this spearhead."),
    interest: int | None = typer.Option(
        None, max=LARGEST, help="Only those that this reader's interest meets, by its id."
    ),
    source: str = typer.Option("", help="Only of this source."),
    status: list[CallStatus] = typer.Option([], help="Only these; may be given more than once."),
    language: Language = typer.Option(Language.FI, help="Of what is said beside the facts, in ics and atom."),
    out: Path = typer.Option(STANDARD_OUTPUT, help="Where to write; - is standard output."),
) -> None:
    """Calls as a table, a calendar or a feed: the very ones that a digest would hold."""
    if spearhead and interest is not None:
        raise typer.BadParameter("give a spearhead or an interest, not both", param_hint="--interest")
    asked: Invocation = context.obj
    with asked.app() as app:
        made = feeds.export(app, form, CallQuery(spearhead, interest, source, tuple(status)), language.value)
    if out == STANDARD_OUTPUT:
        typer.echo(made, nl=False)
    else:
        out.write_bytes(made)


@group.command("link")
def show_links(context: typer.Context, interest: int = typer.Argument(metavar="INTEREST_ID", max=LARGEST)) -> None:
    """The private addresses of an interest: whoever has them can read the feed, so give them to its reader alone."""
    asked: Invocation = context.obj
    with asked.app() as app:
        _show(asked, feeds.links_of(app, interest))


@group.command("rotate")
def replace_links(
    context: typer.Context,
    interest: int = typer.Argument(metavar="INTEREST_ID", max=LARGEST),
    reason: str = reason_option("Why; it is kept in the subscription's history."),
) -> None:
    """Replace the private addresses of an interest; those given out before are dead from now on."""
    asked: Invocation = context.obj
    with asked.app() as app:
        _show(asked, feeds.rotate(app, interest, asked.signed(app, reason)))


def _show(asked: Invocation, links: list[FeedLink]) -> None:
    asked.show([{"format": link.form.value, "url": link.url} for link in links], ("format", "url"))
