"""tracker aliases: calls that two sources tell of.

Does not decide which are the same.
"""

from typing import Any

import typer

from db.calls import Call
from db.duplicates import Duplicate, DuplicateState, list_duplicates
from jobs.cli.invocation import Invocation, reason_option
from jobs.collecting.duplicates import decide, find_all

group = typer.Typer(no_args_is_help=True, help="Calls that two sources tell of.")
KEPT = "Why; kept with the pair."
COLUMNS = ("id", "state", "ground", "first", "second", "decided_by", "reason")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="aliases")


def duplicate_row(duplicate: Duplicate, first: Call, second: Call) -> dict[str, Any]:
    """A pair as a row of a list."""
    told = {name: f"{c.source} {c.key}: {c.title}" for name, c in (("first", first), ("second", second))}
    return duplicate.model_dump(mode="json") | told | {"links": [first.url, second.url]}


@group.command("list")
def list_pairs(
    context: typer.Context,
    state: list[DuplicateState] = typer.Option([], help="Only these; may be given more than once."),
) -> None:
    """Pairs of calls, the newest first: proposed ones wait for a word, joined ones are shown as one call."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [duplicate_row(*pair) for pair in list_duplicates(session, state)]
    asked.show(rows, COLUMNS)


@group.command("find")
def find_pairs(context: typer.Context) -> None:
    """Look through every call that is not over; readings do so for the calls that they bring."""
    asked: Invocation = context.obj
    with asked.app() as app:
        asked.show([{"pairs": find_all(app)}], ("pairs",))


@group.command("accept")
def accept_pair(
    context: typer.Context,
    duplicate_id: int = typer.Argument(metavar="ALIAS"),
    reason: str = reason_option(KEPT, ""),
) -> None:
    """The two are the same call: join them. Makes no news."""
    _decide(context, duplicate_id, "accept", reason)


@group.command("reject")
def reject_pair(
    context: typer.Context,
    duplicate_id: int = typer.Argument(metavar="ALIAS"),
    reason: str = reason_option(KEPT, ""),
) -> None:
    """The two are different calls; they are not proposed again."""
    _decide(context, duplicate_id, "reject", reason)


@group.command("split")
def split_pair(
    context: typer.Context,
    duplicate_id: int = typer.Argument(metavar="ALIAS"),
    reason: str = reason_option(KEPT),
) -> None:
    """The two were joined and are different calls. Makes no news."""
    _decide(context, duplicate_id, "split", reason)


def _decide(context: typer.Context, duplicate_id: int, decision: str, reason: str) -> None:
    asked: Invocation = context.obj
    with asked.app() as app:
        decided = decide(app, duplicate_id, decision, asked.signed(app, reason))
    asked.show([decided.model_dump(mode="json")], ("id", "state", "ground", "first_id", "second_id"))
