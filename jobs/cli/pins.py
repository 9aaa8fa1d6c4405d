"""tracker pins: decisions by hand, above all rules.

Does not decide which call is meant where several are: it asks for our id.
"""

from typing import Any

import typer

from db.calls import Call
from db.strategies import Pin
from jobs.cli.invocation import AUTHOR, Invocation, failed
from jobs.cli.previews import REASON
from jobs.publishing.catalogue import one_call
from jobs.rulebook.pins import list_pins, pin_call, unpin_call

group = typer.Typer(no_args_is_help=True, help="Decisions by hand on which call is whose, above all rules.")
CALL = typer.Argument(metavar="CALL", help="Our id, the source's key, or the identifier.")
SPEARHEAD = typer.Argument(help="The spearhead's key.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="pins")


@group.command("list")
def show_pins(context: typer.Context) -> None:
    """Every decision by hand, newest first."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [pin_row(one.pin, one.call) for one in list_pins(session)]
    asked.show(rows, ("id", "spearhead", "decision", "at", "author", "reason", "title"))


def pin_row(pin: Pin, call: Call) -> dict[str, Any]:
    """A pin as a row of a list; `id` is the call's."""
    decision = "include" if pin.is_included else "exclude"
    whose = {"id": pin.call_id, "identifier": call.identifier, "title": call.title, "spearhead": pin.spearhead}
    return whose | {"decision": decision, "at": pin.at, "author": pin.author, "reason": pin.reason}


@group.command("add")
def add_pin(
    context: typer.Context,
    name: str = CALL,
    spearhead: str = SPEARHEAD,
    include: bool = typer.Option(..., "--include/--exclude", help="The call is the spearhead's, or is not."),
    as_example: bool = typer.Option(False, "--example", help="Also an example: no later edit may decide otherwise."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Decide by hand; the call is tagged anew at once, silently. With --example, later edits are tried on it, too."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            call = one_call(session, name)
        number = pin_call(app, call, spearhead, include, asked.signed(app, reason, author), as_example)
    if asked.as_json:
        asked.show([{"id": call.id, "spearhead": spearhead, "is_included": include, "example": number}], ())
        return
    typer.echo(f"{call.title}: {'is' if include else 'is not'} {spearhead}")
    typer.echo(kept_as(number) if number else offer(call, spearhead, include))


def kept_as(number: int) -> str:
    """That a call has become an example."""
    return f"example {number}: once the rules keep it, no edit may break it; see tracker rules examples list"


def offer(call: Call, spearhead: str, include: bool) -> str:
    """The command that makes a pinned call an example, to be tried on every later edit."""
    must = "--must" if include else "--must-not"
    return f'to make it an example: tracker rules examples add {spearhead} {must} --call {call.id} --reason "…"'


@group.command("remove")
def remove_pin(context: typer.Context, name: str = CALL, spearhead: str = SPEARHEAD) -> None:
    """Leave the call to the rules again; it is tagged anew at once."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            call = one_call(session, name)
        if not unpin_call(app, call.id or 0, spearhead):
            raise failed(f"{name}: no decision by hand on {spearhead}; tracker pins list has them")
    typer.echo(f"{call.title}: left to the rules of {spearhead}")
