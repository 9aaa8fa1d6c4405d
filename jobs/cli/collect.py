"""tracker collect, reparse, retag: read sources, read kept pages again, tag again."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import typer

from db.runs import Run, Verdict
from jobs.cli.invocation import Invocation, failed, reason_option
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.collecting import reparse
from jobs.collecting.collect import collect_all, due_sources
from jobs.collecting.foreseeing import Foreseen
from jobs.collecting.reparse import ReplayedEvent
from jobs.collecting.status import known_sources
from jobs.rulebook.eligibility import derive_all
from jobs.rulebook.tagging import retag_all

DAY = "%Y-%m-%d"


def add_to(app: typer.Typer) -> None:
    app.command("collect")(collect_sources)
    app.command("reparse")(reparse_source)
    app.command("retag")(retag_all_calls)


def collect_sources(
    context: typer.Context,
    keys: list[str] = typer.Argument(
        None, metavar="[SOURCE]...", help="Sources to read; by default all that are enabled and due."
    ),
) -> None:
    """Read sources now: check, compare, tag and store what they publish."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        chosen = known_sources(app, keys or []) or due_sources(app)
        with invocation.progress(say("reading %(sources)s", sources=", ".join(chosen))):
            runs = asyncio.run(collect_all(app, chosen))
        show_readings(invocation, runs)
    if doubted := [str(run.subject) for run in runs if run.verdict is not Verdict.ACCEPTED]:
        raise failed(say("not believed: %(sources)s", sources=", ".join(doubted)))


def show_readings(invocation: Invocation, runs: list[Run]) -> None:
    """Print what came of each reading, one line each."""
    rows = [
        {
            "source": run.subject,
            "verdict": run.verdict,
            "calls": run.counts.get("calls"),
            "new": run.counts.get("new"),
            "versions": run.counts.get("versions"),
            "events": run.counts.get("events"),
            "baseline": run.baseline,
            "reasons": [f"{reason.name}: {reason.detail}" for reason in run.reasons],
            "run": run.id,
        }
        for run in runs
    ]
    invocation.show(rows, ("source", "verdict", "calls", "new", "versions", "events", "reasons", "run"))


def foreseen_rows(seen: Foreseen) -> Iterator[dict[str, Any]]:
    """What storing a reading would do, as rows; of each change the first calls."""
    for change, found in (("new", seen.new), ("withdrawn", seen.withdrawn)):
        yield from ({"change": change, "call": call.id, "title": call.title} for call in found)
    for one in seen.changed:
        told = {"fields": list(one.fields), "news": list(one.news)}
        yield {"change": "changed", "call": one.call.id, "title": one.call.title} | told


def reparse_source(
    context: typer.Context,
    source: str = typer.Argument(help="The source whose kept pages to read again."),
    from_on: datetime | None = typer.Option(
        None, "--from", formats=[DAY], help="Readings of this day and later; by default all that are kept."
    ),
    store: bool = typer.Option(False, "--apply", help="Store the facts, without news, instead of showing events."),
    preview: bool = typer.Option(False, "--preview", help="Show what --apply would change, and store nothing."),
    reason: str = reason_option("Why, with --apply; kept in the audit.", ""),
) -> None:
    """Read a source's kept pages again and show the events that today's parser would have made; asks nobody."""
    invocation: Invocation = context.obj
    day = from_on.date() if from_on else None
    with invocation.app() as app:
        [key] = known_sources(app, [source])
        if preview:
            seen = reparse.foresee(app, key, day)
            invocation.show(
                list(foreseen_rows(seen)), ("change", "call", "title", "fields"), say("nothing would change")
            )
            return
        if store:
            run = reparse.apply(app, key, day, invocation.signed(app, reason))
            invocation.show([run.counts | {"run": run.id}], ("runs", "calls", "new", "versions", "unread", "run"))
            return
        replayed = reparse.rehearse(app, key, day)
    rows = [_replayed_row(event) for event in replayed.events]
    invocation.show(rows, ("run", "at", "kind", "key", "title"))
    counts = {"runs": len(replayed.runs), "events": len(rows), "unread": len(replayed.unread)}
    print_text(say("runs read: %(runs)d, events: %(events)d, rows unreadable: %(unread)d", **counts), err=True)


def _replayed_row(event: ReplayedEvent) -> dict[str, Any]:
    row = {"run": event.run_id, "at": event.at, "kind": event.news.kind, "key": event.key, "title": event.title}
    return row | {"old": event.news.old, "new": event.news.new}


def retag_all_calls(context: typer.Context) -> None:
    """Tag every call again by the rules as they are now, and find out anew who may apply. Makes no news."""
    invocation: Invocation = context.obj
    with invocation.app() as app, invocation.progress(say("tagging every call again")):
        derived = derive_all(app)
        run = retag_all(app)
    row = {"calls": run.counts["calls"], "tags": run.counts["taggings"], "who_may_apply": derived}
    invocation.show([row], tuple(row))
