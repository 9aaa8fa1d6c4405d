"""tracker calls: the calls we remember.

Does not read sources.
"""

import getpass
from datetime import date
from typing import Any

import typer

from db import aliases, calls, edits, search, strategies
from db.calls import Call, CallStatus
from jobs.cli.invocation import Invocation, failed
from jobs.edits import edit, lift
from tracker.changes import remembered, status_of, today
from tracker.tagging.search import query_lemmas

group = typer.Typer(no_args_is_help=True, help="The calls we remember.")
EDIT_COLUMNS = ("field", "value", "said", "source_agrees", "author", "reason", "at")
COLUMNS = ("id", "status", "closes_on", "programme", "spearheads", "identifier", "title")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="calls")


def row(call: Call, tags: list[strategies.Tagging], on: date) -> dict[str, Any]:
    """A call as a row of a list, with its spearheads; its status is that of the day `on`."""
    facts = call.model_dump(mode="json") | {"status": status_of(remembered(call), on)}
    return facts | {"spearheads": sorted({tagging.spearhead for tagging in tags})}


@group.command("list")
def list_calls(
    context: typer.Context,
    status: list[CallStatus] = typer.Option([], help="Only these; may be given more than once."),
    source: str = typer.Option("", help="Only of this source."),
    spearhead: str = typer.Option("", help="Only those tagged with this spearhead."),
    most: int = typer.Option(100, min=1, help="So many rows; with --json every one."),
) -> None:
    """Calls by their closing date, those that close first at the top."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        tagged = strategies.tagged_with(session, spearhead) if spearhead else None
        found = calls.list_calls(session, status, source, tagged, None if asked.as_json else most, today(desk.clock()))
        tags = strategies.taggings_of(session, [call.id for call in found if call.id])
        rows = [row(call, tags.get(call.id or 0, []), today(desk.clock())) for call in found]
    asked.show(rows, COLUMNS)


@group.command("show")
def show_call(
    context: typer.Context,
    name: str = typer.Argument(metavar="CALL", help="Our id, the source's key, or the identifier."),
) -> None:
    """One call whole: facts, spearheads with their evidence, its events, edits by hand, and the same call elsewhere."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        found = calls.calls_named(session, name)
        if not found:
            raise failed(f"{name}: no call has this id, key or identifier; tracker calls search finds by words")
        ids = [call.id for call in found if call.id]
        tags, held, joined = (
            strategies.taggings_of(session, ids),
            edits.edits_of(session, ids),
            aliases.partners(session, ids),
        )
        rows = []
        for call in found:
            told = [event.model_dump(mode="json") for event in calls.events_of(session, call.id or 0)]
            evidence = [tagging.model_dump(mode="json") for tagging in tags.get(call.id or 0, [])]
            by_hand = [_edit_row(one) for one in held.get(call.id or 0, [])]
            same = sorted(joined.get(call.id or 0, ()))
            more = {"taggings": evidence, "events": told, "edits": by_hand, "same_as": same}
            rows.append(row(call, tags.get(call.id or 0, []), today(desk.clock())) | more)
    lines = rows if asked.as_json else [{"what": k, "value": v} for found_row in rows for k, v in found_row.items()]
    asked.show(lines, ("what", "value"))


def _edit_row(one: edits.FieldEdit) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"id", "call_id"}) | {"source_agrees": one.agrees}


@group.command("edit")
def edit_call(
    context: typer.Context,
    name: str = typer.Argument(metavar="CALL", help="Our id, the source's key, or the identifier."),
    field: str = typer.Argument(help="A field as tracker calls show names it."),
    value: str = typer.Argument("", help="ISO days, whole euro, words; several with commas between them."),
    reason: str = typer.Option(..., help="Why; it is kept with the field and in the audit."),
    to_source: bool = typer.Option(False, "--lift", help="Give the field back to its source instead."),
) -> None:
    """Set a field of a call above its source: every reading keeps it, until it is lifted. Makes no news."""
    asked: Invocation = context.obj
    with asked.desk() as desk:
        with desk.db.read() as session:
            found = calls.calls_named(session, name)
        if len(found) != 1:
            raise failed(f"{name}: {len(found)} calls have this id, key or identifier; name one by our id")
        call_id = found[0].id or 0
        if to_source:
            lift(desk, call_id, field, getpass.getuser(), reason)
        else:
            asked.show([_edit_row(edit(desk, call_id, field, value, getpass.getuser(), reason))], EDIT_COLUMNS)


@group.command("search")
def search_calls(
    context: typer.Context,
    words: list[str] = typer.Argument(help="Words in Finnish, Swedish or English; every inflected form is found."),
    most: int = typer.Option(50, min=1, help="The best so many."),
) -> None:
    """Calls that hold all the words, best first."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        ids = search.find(session, query_lemmas(" ".join(words), desk.tagger.lemmas), most)
        found = calls.calls_by_id(session, ids)
        tags = strategies.taggings_of(session, ids)
        rows = [row(found[call_id], tags.get(call_id, []), today(desk.clock())) for call_id in ids]
    asked.show(rows, COLUMNS)
