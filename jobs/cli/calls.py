"""tracker calls: the calls we remember.

Does not read sources.
"""

from typing import Any

import typer

from db.calls import CallStatus
from db.overrides import FieldOverride
from jobs.cli.invocation import Invocation, reason_option
from jobs.collecting.overrides import lift_override, set_field
from jobs.publishing import catalogue
from jobs.publishing.catalogue import CallInFull, ListedCall

group = typer.Typer(no_args_is_help=True, help="The calls we remember.")
EDIT_COLUMNS = ("field", "value", "said", "source_agrees", "author", "reason", "at")
COLUMNS = ("id", "status", "closes_on", "programme", "spearheads", "identifier", "title")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="calls")


def listed_row(one: ListedCall) -> dict[str, Any]:
    """A call as a row of a list, with its spearheads."""
    return one.call.model_dump(mode="json") | {"status": one.status, "spearheads": list(one.spearheads)}


@group.command("list")
def show_calls(
    context: typer.Context,
    status: list[CallStatus] = typer.Option([], help="Only these; may be given more than once."),
    source: str = typer.Option("", help="Only of this source."),
    spearhead: str = typer.Option("", help="Only those tagged with this spearhead."),
    most: int = typer.Option(100, min=1, help="So many rows; with --json every one."),
) -> None:
    """Calls by their closing date, those that close first at the top."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        found = catalogue.listed_calls(session, app, status, source, spearhead, None if asked.as_json else most)
        rows = [listed_row(one) for one in found]
    asked.show(rows, COLUMNS)


@group.command("show")
def show_call(
    context: typer.Context,
    name: str = typer.Argument(metavar="CALL", help="Our id, the source's key, or the identifier."),
) -> None:
    """One call whole: facts, spearheads with their evidence, its events, edits by hand, and the same call elsewhere."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [_whole(one) for one in catalogue.calls_in_full(session, app, name)]
    lines = rows if asked.as_json else [{"what": k, "value": v} for found_row in rows for k, v in found_row.items()]
    asked.show(lines, ("what", "value"))


def _whole(one: CallInFull) -> dict[str, Any]:
    return listed_row(one.listed) | {
        "taggings": [tagging.model_dump(mode="json") for tagging in one.taggings],
        "events": [event.model_dump(mode="json") for event in one.events],
        "edits": [_edit_row(edit) for edit in one.edits],
        "same_as": list(one.same_as),
    }


def _edit_row(one: FieldOverride) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"id", "call_id"}) | {"source_agrees": one.agrees}


@group.command("edit")
def edit_call(
    context: typer.Context,
    name: str = typer.Argument(metavar="CALL", help="Our id, the source's key, or the identifier."),
    field: str = typer.Argument(help="A field as tracker calls show names it."),
    value: str = typer.Argument("", help="ISO days, whole euro, words; several with commas between them."),
    reason: str = reason_option("Why; it is kept with the field and in the audit."),
    to_source: bool = typer.Option(False, "--lift", help="Give the field back to its source instead."),
) -> None:
    """Set a field of a call above its source: every reading keeps it, until it is lifted. Makes no news."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            call_id = catalogue.one_call(session, name).id or 0
        if to_source:
            lift_override(app, call_id, field, asked.signed(app, reason))
        else:
            asked.show([_edit_row(set_field(app, call_id, field, value, asked.signed(app, reason)))], EDIT_COLUMNS)


@group.command("search")
def search_calls(
    context: typer.Context,
    words: list[str] = typer.Argument(help="Words in Finnish, Swedish or English; every inflected form is found."),
    most: int = typer.Option(50, min=1, help="The best so many."),
) -> None:
    """Calls that hold all the words, best first."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [listed_row(one) for one in catalogue.calls_with_words(session, app, words, most)]
    asked.show(rows, COLUMNS)
