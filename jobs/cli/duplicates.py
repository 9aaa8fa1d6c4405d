"""tracker duplicates: calls that two sources announce."""

from typing import Any

import typer

from db.calls import Call
from db.duplicates import Duplicate, DuplicateState, list_duplicates
from db.types import LARGEST
from jobs.cli.invocation import Invocation, reason_option
from jobs.cli.wording import say
from jobs.collecting.duplicates import decide, find_all

group = typer.Typer(no_args_is_help=True, help="Calls that two sources announce.")
DUPLICATE = typer.Argument(metavar="DUPLICATE", max=LARGEST, help="The pair's number in tracker duplicates list.")
REASON = "Why; kept with the pair."
COLUMNS = ("id", "state", "ground", "first", "second", "decided_by", "reason")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="duplicates")


def duplicate_row(duplicate: Duplicate, first: Call, second: Call) -> dict[str, Any]:
    """A pair as a row of a list."""
    calls = {"first": first, "second": second}
    named = {name: f"{call.source} {call.key}: {call.title}" for name, call in calls.items()}
    return duplicate.model_dump(mode="json") | named | {"links": [first.url, second.url]}


@group.command("list")
def list_pairs(
    context: typer.Context,
    state: list[DuplicateState] = typer.Option([], help="Only these; may be given more than once."),
) -> None:
    """List pairs of calls, newest first: proposed ones wait for a decision, joined ones are shown as one call."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [duplicate_row(*pair) for pair in list_duplicates(session, state)]
    invocation.show(rows, COLUMNS, say("no pair fits; tracker duplicates find looks for them"))


@group.command("find")
def find_pairs(context: typer.Context) -> None:
    """Look for duplicates among all calls that are not over; a reading does so for the calls that it brings."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        invocation.show([{"pairs": find_all(app)}], ("pairs",))


@group.command("accept")
def accept_pair(
    context: typer.Context,
    duplicate_id: int = DUPLICATE,
    reason: str = reason_option(REASON, ""),
) -> None:
    """Join the two: they are the same call. Makes no news."""
    _decide(context, duplicate_id, "accept", reason)


@group.command("reject")
def reject_pair(
    context: typer.Context,
    duplicate_id: int = DUPLICATE,
    reason: str = reason_option(REASON, ""),
) -> None:
    """Keep the two apart: they are different calls, and are not proposed again."""
    _decide(context, duplicate_id, "reject", reason)


@group.command("split")
def split_pair(
    context: typer.Context,
    duplicate_id: int = DUPLICATE,
    reason: str = reason_option(REASON),
) -> None:
    """Separate two calls that were joined by mistake. Makes no news."""
    _decide(context, duplicate_id, "split", reason)


def _decide(context: typer.Context, duplicate_id: int, decision: str, reason: str) -> None:
    invocation: Invocation = context.obj
    with invocation.app() as app:
        decided = decide(app, duplicate_id, decision, invocation.signed(app, reason))
    invocation.show([decided.model_dump(mode="json")], ("id", "state", "ground", "first_id", "second_id"))
