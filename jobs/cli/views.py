"""tracker views: lists of calls that have a name at the desk."""

from urllib.parse import parse_qsl

import typer

from db.saved_views import all_views
from db.types import LARGEST
from jobs.cli.invocation import Invocation
from jobs.cli.wording import say
from jobs.publishing.saved_views import remove_view, save_view
from jobs.web.list_address import read_address

group = typer.Typer(no_args_is_help=True, help="Lists of calls that have a name at the desk.")
COLUMNS = ("id", "name", "query", "author", "at")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="views")


@group.command("list")
def list_views(context: typer.Context) -> None:
    """List the lists that have a name."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [view.model_dump(mode="json") for view in all_views(session)]
    invocation.show(rows, COLUMNS, say("no list has a name yet"))


@group.command("save")
def save_list(
    context: typer.Context,
    name: str = typer.Argument(help="The name; one that is taken gets this list."),
    query: str = typer.Argument(help="The list's address after the question mark: spearheads=food&status=open"),
) -> None:
    """Give a list of calls a name."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        address = read_address(parse_qsl(query))
        view = save_view(app, name, address.query(), invocation.signed(app, ""))
        invocation.show([view.model_dump(mode="json")], COLUMNS)


@group.command("remove")
def remove_list(
    context: typer.Context, number: int = typer.Argument(max=LARGEST, help="Its number in tracker views list.")
) -> None:
    """Take a list's name away."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        remove_view(app, number, invocation.signed(app, ""))
