"""tracker backfill: read a source's past into the archive, and say how far it is."""

import asyncio
import contextlib
import shlex
import signal
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.cli.collect import DAY, show_readings
from jobs.cli.invocation import Invocation, failed
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.collecting.backfill import PartRead, Report, backfill
from jobs.collecting.status import known_sources


def add_to(app: typer.Typer) -> None:
    app.command("backfill")(backfill_source)


def backfill_source(
    context: typer.Context,
    source: str = typer.Argument(help="The source whose past to read; tracker sources list shows which have one."),
    from_on: datetime | None = typer.Option(
        None, "--from", formats=[DAY], help="Calls that opened on or after this day; by default as far back as it goes."
    ),
    to_on: datetime | None = typer.Option(
        None, "--to", formats=[DAY], help="Calls that opened on or before this day; by default until today."
    ),
    again: bool = typer.Option(False, "--again", help="Read days that are stored once more."),
    closed: bool = typer.Option(False, "--closed", hidden=True, help="A backfill reads nothing but closed calls."),
    resume: bool = typer.Option(False, "--resume", hidden=True, help="A backfill always goes on where it was."),
) -> None:
    """Read a source's closed calls into the archive. Makes no news, and goes on where an earlier one stopped."""
    invocation: Invocation = context.obj
    first, last = (day.date() if day else None for day in (from_on, to_on))
    if first and last and first > last:
        raise typer.BadParameter(say("the first day is later than the last one"), param_hint="--from")
    with invocation.app() as app:
        [key] = known_sources(app, [source])
        goes_on = say("go on with: %(command)s", command=_command(invocation, key, first, last))
        try:
            with _stopped_by_sigterm(), _shown(key) as report:
                run = asyncio.run(backfill(app, key, first, last, report, again=again))
        except (KeyboardInterrupt, asyncio.CancelledError):
            raise failed(f"{key}: {say('stopped; what is stored stays')}; {goes_on}") from None
        _show(invocation, app, run)
    if run.verdict is not Verdict.ACCEPTED:
        stored = say("parts stored: %(parts)d of %(of)d", parts=run.counts["parts"], of=run.counts["of"])
        raise failed(f"{key}: {stored}; {goes_on}")


def _command(invocation: Invocation, key: str, first: date | None, last: date | None) -> str:
    """The command that goes on."""
    options = {"--from": first, "--to": last, "--config": invocation.config_file, "--now": invocation.now}
    words = [word for option, value in options.items() if value for word in (option, str(value))]
    return shlex.join(["tracker", "backfill", key, *words])


def _show(invocation: Invocation, app: App, run: Run) -> None:
    if not run.counts["of"] and run.verdict is Verdict.ACCEPTED:
        print_text(say("nothing of these days is left to read; --again reads what is stored once more"), err=True)
    show_readings(invocation, [run])


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM stop the command as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# --- how far it is ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _shown(key: str) -> Iterator[Report]:
    """Show parts, counts and the time left on standard error: a bar on a terminal, else a line for each part."""
    console, begun = Console(stderr=True), time.monotonic()
    if not console.is_terminal:
        yield lambda step: print_text(f"{key}: {_in_words(step)}{_time_left(step, begun)}", err=True)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(say("reading the past of %(source)s", source=key), total=None)

        def report(step: PartRead) -> None:
            bar.console.print(_in_words(step), markup=False, highlight=False)
            bar.update(task, completed=step.number, total=step.of)

        yield report


def _in_words(step: PartRead) -> str:
    stored = say(
        "calls %(calls)d, new %(new)d, unreadable %(unread)d", calls=step.calls, new=step.new, unread=step.unread
    )
    what = "; ".join(say("left out, %(reason)s", reason=reason.name) for reason in step.reasons) or stored
    if step.cut:
        reasons = ", ".join(reason.name for reason in step.reasons)
        what = say("%(reasons)s; is read again in smaller parts: %(count)d", reasons=reasons, count=step.cut)
    return say(
        "part %(number)d of %(of)d (%(part)s): %(what)s", number=step.number, of=step.of, part=step.part, what=what
    )


def _time_left(step: PartRead, begun: float) -> str:
    seconds = (time.monotonic() - begun) / step.number * (step.of - step.number)
    left = say("time left: %(time)s", time=timedelta(seconds=round(seconds)))
    return f"; {left}" if step.of > step.number else ""
