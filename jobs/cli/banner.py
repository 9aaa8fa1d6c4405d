"""tracker banner: words on top of the public pages, such as of an outage that is planned."""

from datetime import datetime

import typer

from db.banners import list_banners
from db.types import LARGEST
from jobs.cli.invocation import AUTHOR, Invocation, failed, limit_option, reason_option
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.publishing.banner import end_banner, set_banner

group = typer.Typer(no_args_is_help=True, help="Words on top of the public pages, such as of a planned outage.")
DAY = ["%Y-%m-%d"]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="banner")


@group.command("set")
def set_now(
    context: typer.Context,
    words: list[str] = typer.Option(..., help="LANGUAGE=WORDS, once for each language: fi='Huoltokatko illalla.'"),
    until: datetime = typer.Option(..., formats=DAY, help="The last day on which it is shown."),
    since: datetime = typer.Option(None, formats=DAY, help="The first day; by default today."),
    reason: str = reason_option("Why; kept in the log."),
    author: str = AUTHOR,
) -> None:
    """Show a line on top of every public page, from a day to a day."""
    invocation: Invocation = context.obj
    if unclear := [one for one in words if "=" not in one]:
        raise failed(say("write --words as LANGUAGE=WORDS, not %(given)s", given=unclear[0]))
    said = dict(one.split("=", 1) for one in words)
    with invocation.app() as app:
        first = since.date() if since else app.today()
        number = set_banner(app, said, first, until.date(), invocation.signed(app, reason, author))
    print_text(say("banner %(id)s: shown until %(day)s", id=number, day=until.date()))


@group.command("list")
def show_banners(context: typer.Context, limit: int = limit_option(20)) -> None:
    """List banners, the newest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [one.model_dump(exclude={"region"}) for one in list_banners(session, invocation.rows(limit))]
    invocation.show(rows, ("id", "from_on", "until_on", "ended_at", "set_by", "words"), say("no banner yet"))


@group.command("end")
def end_now(
    context: typer.Context,
    number: int = typer.Argument(metavar="BANNER", max=LARGEST, help="The banner's number in tracker banner list."),
    reason: str = reason_option("Why; kept in the log."),
    author: str = AUTHOR,
) -> None:
    """Take a banner down before its last day."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        end_banner(app, number, invocation.signed(app, reason, author))
    print_text(say("banner %(id)s: taken down", id=number))
