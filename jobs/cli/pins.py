"""tracker pins: decisions by hand, above all rules.

Does not decide which call is meant where several are: it asks for our id.
"""

import getpass
import json
from typing import Any

import typer
from sqlmodel import Session

from db import calls, strategies
from db.calls import Call
from db.strategies import Pin
from jobs import rules
from jobs.cli.invocation import Invocation, failed
from jobs.rules import Signed

group = typer.Typer(no_args_is_help=True, help="Decisions by hand on which call is whose, above all rules.")
CALL = typer.Argument(metavar="CALL", help="Our id, the source's key, or the identifier.")
SPEARHEAD = typer.Argument(help="The spearhead's key.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="pins")


@group.command("list")
def list_pins(context: typer.Context) -> None:
    """Every decision by hand, newest first."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        pins = strategies.all_pins(session)
        named = calls.calls_by_id(session, {pin.call_id for pin in pins})
        rows = [row(pin, named[pin.call_id]) for pin in pins]
    asked.show(rows, ("id", "spearhead", "decision", "at", "author", "reason", "title"))


def row(pin: Pin, call: Call) -> dict[str, Any]:
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
    reason: str = typer.Option(..., help="Why; it is kept with the pin."),
    author: str = typer.Option("", help="Who; by default whoever is logged in."),
) -> None:
    """Decide by hand; the call is tagged anew at once. Prints what would make it an example in the region file."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            call = one_call(session, name)
        rules.pin_call(desk, call.id or 0, spearhead, include, Signed(author or getpass.getuser(), reason))
    if asked.as_json:
        asked.show([{"id": call.id, "spearhead": spearhead, "example": example_of(call, include)}], ())
        return
    typer.echo(f"{call.title}: {'is' if include else 'is not'} {spearhead}")
    typer.echo(f"To try every later edit on it, add this to the region file, below the spearhead {spearhead}:\n")
    typer.echo(example_of(call, include))


def one_call(session: Session, name: str) -> Call:
    """The one call of this name; fails where there is none, or are several."""
    found = calls.calls_named(session, name)
    if not found:
        raise failed(f"{name}: no call has this id, key or identifier; tracker calls search finds by words")
    if len(found) > 1:
        raise failed(f"{name}: several calls have this identifier; name one by its id: {[call.id for call in found]}")
    return found[0]


def example_of(call: Call, must: bool) -> str:
    """The lines of a region file that make a call an example of a spearhead."""
    given = {"must": must, "title": call.title, "text": call.text, "identifier": call.identifier}
    given |= {"language": call.language} if call.language in ("fi", "sv", "en") else {}
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in given.items() if value not in (None, "")
    ]
    return "\n".join(["[[spearheads.examples]]", *lines])


@group.command("remove")
def remove_pin(context: typer.Context, name: str = CALL, spearhead: str = SPEARHEAD) -> None:
    """Leave the call to the rules again; it is tagged anew at once."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            call = one_call(session, name)
        if not rules.unpin_call(desk, call.id or 0, spearhead):
            raise failed(f"{name}: no decision by hand on {spearhead}; tracker pins list has them")
    typer.echo(f"{call.title}: left to the rules of {spearhead}")
