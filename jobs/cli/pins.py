"""tracker pins: decisions by hand that override all rules.

Where a name fits several calls, our id is asked for.
"""

from typing import Any

import typer

from db.calls import Call
from db.strategies import Pin
from jobs.cli.invocation import AUTHOR, Invocation, failed
from jobs.cli.previews import REASON
from jobs.cli.tables import print_text
from jobs.cli.wording import T_, say
from jobs.publishing.catalogue import one_call
from jobs.rulebook.pins import list_pins, pin_call, pin_several, unpin_call

group = typer.Typer(no_args_is_help=True, help="Decisions by hand on a call's spearheads; they override all rules.")
IS, IS_NOT = T_("%(title)s: is %(spearhead)s"), T_("%(title)s: is not %(spearhead)s")
CALL = typer.Argument(metavar="CALL", help="Our id, the source's key, or the official identifier.")
SPEARHEAD = typer.Argument(help="The spearhead's key.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="pins")


@group.command("list")
def show_pins(context: typer.Context) -> None:
    """List every decision by hand, newest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [pin_row(pinned.pin, pinned.call) for pinned in list_pins(session)]
    invocation.show(
        rows,
        ("id", "spearhead", "decision", "at", "author", "reason", "title"),
        say("nothing was decided by hand; tracker pins add does so"),
    )


def pin_row(pin: Pin, call: Call) -> dict[str, Any]:
    """A pin as a row of a list; `id` is the call's."""
    decision = "include" if pin.is_included else "exclude"
    named = {"id": pin.call_id, "identifier": call.identifier, "title": call.title, "spearhead": pin.spearhead}
    return named | {"decision": decision, "at": pin.at, "author": pin.author, "reason": pin.reason}


@group.command("add")
def add_pin(
    context: typer.Context,
    name: str = CALL,
    spearhead: str = SPEARHEAD,
    include: bool = typer.Option(..., "--include/--exclude", help="Whether the call gets the spearhead, or does not."),
    as_example: bool = typer.Option(
        False, "--example", help="Keep the call as an example too; no later edit may break it."
    ),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Decide by hand whether a call gets a spearhead; it is tagged again at once. Makes no news."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            call = one_call(session, name)
        number = pin_call(app, call, spearhead, include, invocation.signed(app, reason, author), as_example)
    if invocation.as_json:
        invocation.show([{"id": call.id, "spearhead": spearhead, "is_included": include, "example": number}], ())
        return
    print_text(say(IS if include else IS_NOT, title=call.title, spearhead=spearhead))
    print_text(kept_as(number) if number else offer(call, spearhead, include))


def kept_as(number: int) -> str:
    """The sentence that a call has become an example."""
    return say("example %(n)d: once the rules keep it, no edit may break it; see tracker rules examples list", n=number)


def offer(call: Call, spearhead: str, include: bool) -> str:
    """The sentence with the command that makes a pinned call an example."""
    must = "--must" if include else "--must-not"
    command = f'tracker rules examples add {spearhead} {must} --call {call.id} --reason "…"'
    return say("to make it an example: %(command)s", command=command)


@group.command("several")
def pin_many(
    context: typer.Context,
    names: list[str] = typer.Argument(metavar="CALL...", help="Our ids, keys or identifiers."),
    spearhead: str = typer.Option("", help="The spearhead's key; none with --exclude: all that each call has."),
    include: bool = typer.Option(..., "--include/--exclude", help="Whether the calls get the spearhead, or do not."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Decide alike on several calls, at most 100 at once; each is tagged again. Makes no news."""
    invocation: Invocation = context.obj
    if include and not spearhead:
        raise typer.BadParameter(say("name the spearhead that the calls get"), param_hint="--spearhead")
    with invocation.app() as app:
        with app.db.read() as session:
            ids = [one_call(session, name).id or 0 for name in names]
        pins = pin_several(app, ids, spearhead or None, include, invocation.signed(app, reason, author))
    invocation.show([{"calls": len(ids), "pins": pins}], ("calls", "pins"))


@group.command("remove")
def remove_pin(context: typer.Context, name: str = CALL, spearhead: str = SPEARHEAD) -> None:
    """Undo a decision by hand: the rules decide again, and the call is tagged again at once."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            call = one_call(session, name)
        if not unpin_call(app, call.id or 0, spearhead, invocation.signed(app, "")):
            raise failed(
                say(
                    "%(call)s: no decision by hand on %(spearhead)s; tracker pins list shows them",
                    call=name,
                    spearhead=spearhead,
                )
            )
    print_text(say("%(title)s: the rules decide on %(spearhead)s again", title=call.title, spearhead=spearhead))
