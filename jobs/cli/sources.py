"""tracker sources: the places we read.

Does not read them.
"""

from datetime import datetime
from typing import Any

import typer
from sqlmodel import Session

from db import runs
from db.runs import Coverage, coverage
from jobs.cli.invocation import Invocation
from jobs.desk import Desk
from tracker import sources
from tracker.trouble import history, wait

group = typer.Typer(no_args_is_help=True, help="The places we read.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")


@group.command("list")
def list_sources(context: typer.Context) -> None:
    """Every source with its publisher, its terms, and how well it was read last."""
    asked: Invocation = context.obj
    rows = []
    with asked.desk() as desk, desk.db.read() as session:
        for key, module in sources.modules(desk.settings.sources).items():
            source, read = module.SOURCE, coverage(session, key)
            rows.append(
                {
                    "key": key,
                    "name": source.name,
                    "enabled": desk.settings.source(key).enabled,
                    "publisher": source.publisher,
                    "home": source.home,
                    "licence": source.licence,
                    "read_at": read.accepted_at,
                    "blind_since": read.blind_since,
                    "never_seen_live": source.never_seen_live,
                }
            )
    asked.show(rows, ("key", "name", "enabled", "publisher", "read_at", "blind_since"))


@group.command("health")
def show_health(
    context: typer.Context,
    keys: list[str] = typer.Argument(None, metavar="[SOURCE]...", help="Only these."),
    most: int = typer.Option(50, min=1, help="How many of a source's newest readings to look back at."),
) -> None:
    """How each source fared, in words, since when it is blind, and what its last reading asked it to bear."""
    asked: Invocation = context.obj
    with asked.desk() as desk, desk.db.read() as session:
        chosen = keys or list(sources.modules(desk.settings.sources))
        rows = [health(session, desk, key, most) for key in chosen]
    asked.show(rows, ("key", "accepted_at", "blind_since", "next_try_at", "history", "receipt"))


def health(session: Session, desk: Desk, key: str, most: int) -> dict[str, Any]:
    """A source's readings as a row."""
    found, read = runs.readings(session, key, most), coverage(session, key)
    spells = [spell.sentence(desk.region.zone) for spell in history(found)]
    last = next((run for run in found if run.receipt), None)
    return {
        "key": key,
        "accepted_at": read.accepted_at,
        "blind_since": read.blind_since,
        "troubled_runs": read.troubled_runs,
        "next_try_at": next_try_at(read),
        "history": spells if spells else ["never read"],
        "receipt": receipt(last.receipt) if last else "",
    }


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
    ]
    told += [f"429 at {said['last_429_at']}" if said["last_429_at"] else "no 429", f"robots.txt: {robots}"]
    return "; ".join(word for word in told if word)
