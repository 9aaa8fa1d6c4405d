"""tracker sources: the places we read.

Does not read calls from them.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from sqlmodel import Session

from db import runs
from db.runs import Coverage, Run, Verdict, coverage
from jobs import sources_page
from jobs.cli.collect import known_sources
from jobs.cli.invocation import Invocation, failed
from jobs.completeness import check_portal
from jobs.desk import Desk
from jobs.record import record
from jobs.scheduler import next_tick
from tracker import sources
from tracker.health import STAGES, funnel_share
from tracker.sources import Source, portal
from tracker.trouble import history, wait

group = typer.Typer(no_args_is_help=True, help="The places we read.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")


@group.command("list")
def list_sources(context: typer.Context) -> None:
    """Every source with its publisher and terms, its last run and its next, and what of it was never seen live."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        rows = [described(session, desk, module.SOURCE) for module in sources.modules(desk.settings.sources).values()]
    columns = ("key", "publisher", "licence", "last_run_at", "last_verdict", "next_run_at", "never_seen_live")
    asked.show(rows, columns)


def described(session: Session, desk: Desk, source: Source) -> dict[str, Any]:
    """A source as a row."""
    read, last = coverage(session, source.key), next(iter(runs.readings(session, source.key, 1)), None)
    is_enabled = desk.settings.source(source.key).enabled
    return {
        "key": source.key,
        "name": source.name,
        "enabled": is_enabled,
        "publisher": source.publisher,
        "home": source.home,
        "licence": source.licence,
        "last_run_at": last.started_at if last else None,
        "last_verdict": last.verdict if last else "never read",
        "next_run_at": next_run_at(desk, read) if is_enabled else "off",
        "read_at": read.accepted_at,
        "blind_since": read.blind_since,
        "never_seen_live": source.never_seen_live,
    }


def next_run_at(desk: Desk, read: Coverage) -> datetime | None:
    """The tick at which the schedule reads a source next."""
    now = desk.clock()
    return next_tick(desk.settings.schedule.collect, desk.region.zone, max(now, next_try_at(read) or now))


@group.command("health")
def show_health(
    context: typer.Context,
    keys: list[str] = typer.Argument(None, metavar="[SOURCE]...", help="Only these."),
    most: int = typer.Option(50, min=1, help="How many of a source's newest readings to look back at."),
) -> None:
    """How each source fared, in words, since when it is blind, and what its last reading asked it to bear."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        chosen = known_sources(desk, keys or []) or list(sources.modules(desk.settings.sources))
        rows = [health(session, desk, key, most) for key in chosen]
    asked.show(rows, ("key", "accepted_at", "blind_since", "next_try_at", "history", "funnel", "checked", "receipt"))


def health(session: Session, desk: Desk, key: str, most: int) -> dict[str, Any]:
    """A source's readings as a row."""
    found, read = runs.readings(session, key, most), coverage(session, key)
    spells = [spell.sentence(desk.region.zone) for spell in history(found)]
    last = next((run for run in found if run.receipt), None)
    checked = next(iter(runs.checks(session, key, most=1)), None)
    return {
        "key": key,
        "accepted_at": read.accepted_at,
        "blind_since": read.blind_since,
        "troubled_runs": read.troubled_runs,
        "next_try_at": next_try_at(read),
        "history": spells if spells else ["never read"],
        "funnel": funnel(last.counts) if last else "",
        "checked": in_full(checked, desk.region.zone) if checked else "",
        "receipt": receipt(last.receipt | {"last_429_at": last_429_at(found)}) if last else "",
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
    with asked.desk() as desk, asked.working(f"checking {source} against its bulk list"):
        run = asyncio.run(check_portal(desk))
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
    asked.show([{"file": sources_page.write(into, sources.modules())}], ("file",))


def in_full(check: Run, zone: ZoneInfo) -> str:
    """What a check against the publisher's own list found, in words."""
    said = check.counts
    on = check.started_at.astimezone(zone)
    missing = f" (not {', '.join(said['missing_examples'][:3])})" if said["missing"] else ""
    held = said["listed"] - said["missing"]
    return f"{held} of {said['listed']} current topics of its own list held on {on.day}.{on.month}.{on.year}{missing}"


def funnel(counts: dict[str, Any]) -> str:
    """How many calls came how far from a list to readers, each step with its share of the one before."""
    told = counts.get("funnel") or {}
    steps = [f"{told[STAGES[0]]} {STAGES[0]}"] if told else []
    for before, stage in pairwise(STAGES if told else ()):
        share = funnel_share(counts, before, stage)
        steps.append(f"{told[stage]} {stage}" + ("" if share is None else f" ({share:.0%})"))
    return " → ".join(steps)


def last_429_at(newest_first: Sequence[Run]) -> str | None:
    """When the publisher asked for patience last, as a run's receipt keeps it."""
    return next((at for run in newest_first if (at := run.receipt.get("last_429_at"))), None)


def next_try_at(read: Coverage) -> datetime | None:
    """Before when the schedule leaves a source in trouble alone; None where it does not."""
    pause = wait(read.troubled_runs)
    return read.tried_at + pause if read.tried_at and pause else None


def receipt(said: dict[str, Any]) -> str:
    """What a reading asked a publisher to bear, in words."""
    requests, saved = said["requests"], said["not_modified"]
    robots = ", ".join(f"{host}: {word}" for host, word in said["robots"].items()) or "not asked"
    told = [
        f"{requests} requests",
        f"{said['bytes']} bytes",
        f"{saved / requests:.0%} not modified" if requests else "",
        f"{said['remembered']} pages not asked for again" if said.get("remembered") else "",
    ]
    told += [f"429 at {said['last_429_at']}" if said["last_429_at"] else "no 429", f"robots.txt: {robots}"]
    return "; ".join(word for word in told if word)
