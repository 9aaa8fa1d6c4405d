"""tracker collect, tracker backfill, tracker retag: read sources, fetch the past, tag again.

Does not judge or store anything itself.
"""

import asyncio
from datetime import datetime

import typer

from db.runs import Run, Verdict
from jobs.cli.invocation import Invocation, failed
from jobs.collecting.backfill import backfill
from jobs.collecting.collect import collect_all, due_sources
from jobs.collecting.status import known_sources
from jobs.rulebook.tagging import retag_all


def add_to(app: typer.Typer) -> None:
    app.command("collect")(collect_sources)
    app.command("backfill")(backfill_source)
    app.command("retag")(retag_all_calls)


def collect_sources(
    context: typer.Context,
    keys: list[str] = typer.Argument(
        None, metavar="[SOURCE]...", help="Sources to read; if none, all that are enabled and due."
    ),
) -> None:
    """Read sources now: check, compare, tag and store what they say."""
    asked: Invocation = context.obj
    with asked.app() as app:
        chosen = known_sources(app, keys or []) or due_sources(app)
        with asked.working(f"reading {', '.join(chosen)}"):
            found = asyncio.run(collect_all(app, chosen))
        report(asked, found)
    if any(run.verdict is not Verdict.ACCEPTED for run in found):
        raise failed(f"not believed: {', '.join(str(r.subject) for r in found if r.verdict is not Verdict.ACCEPTED)}")


def report(asked: Invocation, found: list[Run]) -> None:
    """What each run came to, a line each."""
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
        for run in found
    ]
    asked.show(rows, ("source", "verdict", "calls", "new", "versions", "events", "reasons", "run"))


def backfill_source(
    context: typer.Context,
    source: str = typer.Argument(help="The source whose past to read."),
    from_on: datetime | None = typer.Option(
        None,
        "--from",
        formats=["%Y-%m-%d"],
        help="Closed calls that opened on this day or later; what is open now is read whole.",
    ),
    to_on: datetime | None = typer.Option(
        None, "--to", formats=["%Y-%m-%d"], help="Closed calls that opened on this day or earlier."
    ),
    closed: bool = typer.Option(False, "--closed", help="Closed calls too."),
    resume: bool = typer.Option(False, "--resume", help="Skip the parts that an interrupted backfill has stored."),
) -> None:
    """Read a source's past into the archive, without making any news."""
    asked: Invocation = context.obj
    with asked.app() as app:
        [key] = known_sources(app, [source])
        days = (from_on.date() if from_on else None, to_on.date() if to_on else None)
        if from_on and to_on and from_on > to_on:
            raise typer.BadParameter("the first day lies after the last one", param_hint="--from")
        with asked.working(f"reading the past of {key}"):
            run = asyncio.run(backfill(app, key, *days, closed=closed, resume=resume))
        report(asked, [run])
    if run.verdict is not Verdict.ACCEPTED:
        raise failed(f"{key}: the backfill is not whole; mend the cause and go on with --resume")


def retag_all_calls(context: typer.Context) -> None:
    """Tag every call again by the rules as they stand; makes no news."""
    asked: Invocation = context.obj
    with asked.app() as app, asked.working("tagging every call again"):
        run = retag_all(app)
    asked.show([run.counts], ("calls", "taggings"))
