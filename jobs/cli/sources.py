"""tracker sources: the places we read.

Does not read calls from them.
"""

import asyncio
from pathlib import Path
from typing import Any

import typer

from db.runs import Verdict
from jobs.cli.invocation import Invocation, failed
from jobs.collecting import sources_page
from jobs.collecting.new_source import record
from jobs.collecting.portal_audit import check_portal
from jobs.collecting.status import ListedSource, SourceHealth, list_health, list_sources
from tracker import sources
from tracker.sources.portal import search as portal

group = typer.Typer(no_args_is_help=True, help="The places we read.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")


@group.command("list")
def show_sources(context: typer.Context) -> None:
    """Every source with its publisher and terms, its last run and its next, and what of it was never seen live."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [_described(one) for one in list_sources(session, app)]
    columns = ("key", "publisher", "licence", "last_run_at", "last_verdict", "next_run_at", "never_seen_live")
    asked.show(rows, columns)


def _described(one: ListedSource) -> dict[str, Any]:
    source, last = one.source, one.last
    return {
        "key": source.key,
        "name": source.name,
        "enabled": one.is_enabled,
        "publisher": source.publisher,
        "home": source.home,
        "licence": source.licence,
        "last_run_at": last.started_at if last else None,
        "last_verdict": last.verdict if last else "never read",
        "next_run_at": one.next_run_at if one.is_enabled else "off",
        "read_at": one.read.accepted_at,
        "blind_since": one.read.blind_since,
        "never_seen_live": source.never_seen_live,
    }


@group.command("health")
def show_health(
    context: typer.Context,
    keys: list[str] = typer.Argument(None, metavar="[SOURCE]...", help="Only these."),
    most: int = typer.Option(50, min=1, help="How many of a source's newest readings to look back at."),
) -> None:
    """How each source fared, in words, since when it is blind, and what its last reading asked it to bear."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [_health(one) for one in list_health(session, app, keys or [], most)]
    asked.show(rows, ("key", "accepted_at", "blind_since", "next_try_at", "history", "funnel", "checked", "receipt"))


def _health(one: SourceHealth) -> dict[str, Any]:
    return {
        "key": one.read.source,
        "accepted_at": one.read.accepted_at,
        "blind_since": one.read.blind_since,
        "troubled_runs": one.read.troubled_runs,
        "next_try_at": one.next_try_at,
        "history": list(one.history),
        "funnel": one.funnel,
        "checked": one.checked,
        "receipt": one.receipt,
    }


@group.command("check")
def check_source(
    context: typer.Context,
    source: str = typer.Argument(help="The source to check; the portal is the one that publishes a list of its own."),
) -> None:
    """Hold what is known of a source against its publisher's own list; changes no call."""
    asked: Invocation = context.obj
    if source != portal.SOURCE.key:
        raise typer.BadParameter(f"{source!r} publishes no list of its own; the portal does", param_hint="SOURCE")
    with asked.app() as app, asked.working(f"checking {source} against its bulk list"):
        run = asyncio.run(check_portal(app))
    row = run.counts | {"verdict": run.verdict, "reasons": [f"{one.name}: {one.detail}" for one in run.reasons]}
    asked.show([row | {"run": run.id}], ("listed", "missing", "unlisted", "share", "verdict", "reasons", "run"))
    if run.verdict is not Verdict.DONE or run.reasons:
        raise failed(f"{source}: not complete, or not to be had; tracker runs show {run.id}")


@group.command("record")
def record_page(
    context: typer.Context,
    source: str = typer.Argument(help="The key of the source, an old one's or a new one's."),
    url: str = typer.Argument(help="The page to keep."),
    into: Path = typer.Option(Path("."), help="The checkout."),
) -> None:
    """Keep a page beside the tests as it comes; for a new source, write its module and what else it begins with."""
    asked: Invocation = context.obj
    with asked.working(f"asking for {url}"):
        written = asyncio.run(record(asked.settings(), asked.clock(), into, source, url))
    asked.show([{"file": file} for file in written], ("file",))


@group.command("page")
def write_page(
    context: typer.Context, into: Path = typer.Option(Path("."), help="The checkout that this program runs from.")
) -> None:
    """Write docs/sources.md anew from what the modules say of themselves."""
    asked: Invocation = context.obj
    if not (into / sources_page.PAGE).exists():
        raise typer.BadParameter(f"{into} is no checkout of this program", param_hint="--into")
    asked.show([{"file": sources_page.write_sources_page(into, sources.modules())}], ("file",))
