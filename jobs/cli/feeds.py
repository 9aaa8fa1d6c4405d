"""tracker export, tracker feeds: calls as files for other programs, and the private links of interests."""

from pathlib import Path

import typer

from db.calls import CallStatus
from db.subscribers import Language
from db.types import LARGEST
from jobs.cli.invocation import Invocation, reason_option
from jobs.cli.wording import say
from jobs.publishing import feeds
from jobs.publishing.catalogue import CallQuery
from jobs.publishing.feeds import FeedLink
from tracker.feeds.addresses import FeedFormat
from tracker.files import write_whole

exports = typer.Typer(no_args_is_help=True, help="Calls as files for other programs.")
group = typer.Typer(no_args_is_help=True, help="The private feeds of readers.")
INTEREST = typer.Argument(
    metavar="INTEREST_ID", max=LARGEST, help="The interest's id in tracker subscribers list --json."
)
STANDARD_OUTPUT = Path("-")
SEPARATORS = {",": ",", ";": ";", "tab": "\t"}


def add_to(app: typer.Typer) -> None:
    app.add_typer(exports, name="export")
    app.add_typer(group, name="feeds")


@exports.command("calls")
def export_calls(
    context: typer.Context,
    form: FeedFormat = typer.Option(
        FeedFormat.CSV, "--format", help="csv, xlsx or ndjson: one row for each call; ics: deadlines; atom: events."
    ),
    spearhead: str = typer.Option("", help="Only calls tagged with this spearhead."),
    interest: int | None = typer.Option(
        None, max=LARGEST, help="Only calls that match this interest of a reader, by its id."
    ),
    source: str = typer.Option("", help="Only calls of this source."),
    status: list[CallStatus] = typer.Option([], help="Only these; may be given more than once."),
    language: Language = typer.Option(Language.FI, help="The language of labels and sentences in ics and atom."),
    separator: str = typer.Option(
        ",", help="What stands between the cells of a csv: , or ; (for Excel in Finnish or Swedish) or tab."
    ),
    out: Path = typer.Option(STANDARD_OUTPUT, help="The file to write; - is standard output."),
) -> None:
    """Export calls as a table, a calendar or a feed: the same calls that a digest would hold."""
    if spearhead and interest is not None:
        raise typer.BadParameter(say("give a spearhead or an interest, not both"), param_hint="--interest")
    if separator not in SEPARATORS:
        raise typer.BadParameter(say("write , or ; or tab"), param_hint="--separator")
    invocation: Invocation = context.obj
    query = CallQuery(spearhead, interest, source, tuple(status))
    with invocation.app() as app:
        content = feeds.export(app, form, query, language.value, SEPARATORS[separator])
    if out == STANDARD_OUTPUT:
        typer.echo(content, nl=False)
    else:
        write_whole(out, content)


@group.command("link")
def show_links(context: typer.Context, interest: int = INTEREST) -> None:
    """Show an interest's private links. Whoever has them can read the feed: give them to its reader only."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        _show(invocation, feeds.links_of(app, interest))


@group.command("rotate")
def replace_links(
    context: typer.Context,
    interest: int = INTEREST,
    reason: str = reason_option("Why; kept in the subscription's history."),
) -> None:
    """Replace an interest's private links; the old ones stop working at once."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        _show(invocation, feeds.rotate(app, interest, invocation.signed(app, reason)))


def _show(invocation: Invocation, links: list[FeedLink]) -> None:
    invocation.show([{"format": link.form.value, "url": link.url} for link in links], ("format", "url"))
