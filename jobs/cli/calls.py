"""tracker calls: the calls we remember.

Does not read sources.
"""

from typing import Any

import typer

from db import calls, search, strategies
from db.calls import Call, CallStatus
from jobs.cli.invocation import Invocation, failed
from tracker.tagging.search import query_lemmas

group = typer.Typer(no_args_is_help=True, help="The calls we remember.")
COLUMNS = ("id", "status", "closes_on", "programme", "spearheads", "identifier", "title")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="calls")


def row(call: Call, tags: list[strategies.Tagging]) -> dict[str, Any]:
    """A call as a row of a list, with its spearheads."""
    facts = call.model_dump(mode="json")
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
        tagged = strategies.tagged_with(spearhead) if spearhead else None
        found = calls.list_calls(session, status, source, tagged, None if asked.as_json else most)
        tags = strategies.taggings_of(session, [call.id for call in found if call.id])
        rows = [row(call, tags.get(call.id or 0, [])) for call in found]
    asked.show(rows, COLUMNS)


@group.command("show")
def show_call(
    context: typer.Context,
    name: str = typer.Argument(metavar="CALL", help="Our id, the source's key, or the identifier."),
) -> None:
    """One call whole: facts, spearheads with their evidence, and its events."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        found = calls.calls_named(session, name)
        if not found:
            raise failed(f"{name}: no call has this id, key or identifier; tracker calls search finds by words")
        tags = strategies.taggings_of(session, [call.id for call in found if call.id])
        rows = []
        for call in found:
            told = [event.model_dump(mode="json") for event in calls.events_of(session, call.id or 0)]
            evidence = [tagging.model_dump(mode="json") for tagging in tags.get(call.id or 0, [])]
            rows.append(row(call, tags.get(call.id or 0, [])) | {"taggings": evidence, "events": told})
    lines = rows if asked.as_json else [{"what": k, "value": v} for found_row in rows for k, v in found_row.items()]
    asked.show(lines, ("what", "value"))


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
        rows = [row(found[call_id], tags.get(call_id, [])) for call_id in ids]
    asked.show(rows, COLUMNS)
