"""tracker calls, tracker events: the calls that we remember, and the changes of them that are news."""

from typing import Any

import typer

from db.call_rows import unread_calls_named
from db.calls import CallStatus
from db.event_log import events_after
from db.overrides import FieldOverride
from db.readable import unread_rows
from jobs.cli.invocation import Invocation, limit_option, reason_option
from jobs.collecting.overrides import lift_override, set_field
from jobs.publishing import catalogue
from jobs.publishing.catalogue import CallInFull, ListedCall

group = typer.Typer(no_args_is_help=True, help="The calls that we remember.")
CALL = typer.Argument(metavar="CALL", help="Our id, the source's key, or the official identifier.")
EDIT_COLUMNS = ("field", "value", "said", "source_agrees", "author", "reason", "at")
COLUMNS = ("id", "status", "closes_on", "programme", "spearheads", "identifier", "title")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="calls")
    app.command("events")(list_events)


def listed_row(listed: ListedCall) -> dict[str, Any]:
    """A call as a row of a list, with its spearheads."""
    return listed.call.model_dump(mode="json") | {"status": listed.status, "spearheads": list(listed.spearheads)}


@group.command("list")
def show_calls(
    context: typer.Context,
    status: list[CallStatus] = typer.Option([], help="Only these; may be given more than once."),
    source: str = typer.Option("", help="Only calls of this source."),
    spearhead: str = typer.Option("", help="Only calls tagged with this spearhead."),
    limit: int = limit_option(100, "First N rows"),
) -> None:
    """List calls by closing date, the earliest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        calls = catalogue.listed_calls(session, app, status, source, spearhead, invocation.rows(limit))
        rows = [listed_row(call) for call in calls]
        unreadable = unread_rows(session)
    invocation.show(rows, COLUMNS)
    for row, why in unreadable.items():
        typer.echo(f"call {row.id} cannot be read ({why}); look at it with: tracker calls show {row.id}", err=True)


@group.command("show")
def show_call(context: typer.Context, name: str = CALL) -> None:
    """Show one call in full: facts, spearheads with evidence, events, hand-set fields, and the same call elsewhere."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        stored = unread_calls_named(session, name)
        whole = [] if stored else catalogue.calls_in_full(session, app, name)
    invocation.show_fields(*stored, *map(_full_record, whole))


def _full_record(call: CallInFull) -> dict[str, Any]:
    return listed_row(call.listed) | {
        "taggings": [tagging.model_dump(mode="json") for tagging in call.taggings],
        "events": [event.model_dump(mode="json") for event in call.events],
        "edits": [_override_row(override) for override in call.edits],
        "same_as": list(call.same_as),
    }


def _override_row(override: FieldOverride) -> dict[str, Any]:
    return override.model_dump(mode="json", exclude={"id", "call_id"}) | {"source_agrees": override.agrees}


@group.command("edit")
def edit_call(
    context: typer.Context,
    name: str = CALL,
    field: str = typer.Argument(help="A field as tracker calls show names it."),
    value: str = typer.Argument("", help="ISO days, whole euro or words; separate several with commas."),
    reason: str = reason_option("Why; kept with the field and in the audit."),
    lift: bool = typer.Option(False, "--lift", help="Give the field back to its source instead."),
) -> None:
    """Set a field of a call by hand; it overrides the source until it is lifted. Makes no news."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            call_id = catalogue.one_call(session, name).id or 0
        signed = invocation.signed(app, reason)
        if lift:
            lift_override(app, call_id, field, signed)
        else:
            invocation.show([_override_row(set_field(app, call_id, field, value, signed))], EDIT_COLUMNS)


@group.command("search")
def search_calls(
    context: typer.Context,
    words: list[str] = typer.Argument(help="Words in Finnish, Swedish or English; every inflected form is found."),
    limit: int = typer.Option(50, min=1, metavar="N", help="Best N rows."),
) -> None:
    """Find calls that contain all the words, the best match first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [listed_row(call) for call in catalogue.calls_with_words(session, app, words, limit)]
    invocation.show(rows, COLUMNS)


def list_events(
    context: typer.Context, since: int = typer.Option(0, min=0, help="Only events with a number above this.")
) -> None:
    """List every event in order: seq, at, kind, source, key, identifier, title, old, new."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [
            {
                "seq": event.seq,
                "at": event.at,
                "kind": event.kind,
                "source": call.source,
                "key": call.key,
                "identifier": call.identifier,
                "title": call.title,
                "old": event.old,
                "new": event.new,
            }
            for event, call in events_after(session, since)
        ]
    invocation.show(rows, ("seq", "at", "kind", "source", "key", "identifier", "old", "new"))
