"""tracker strategies: today's strategies, and those of next periods that are prepared beside today's rules."""

from datetime import datetime
from typing import Any

import typer

from db import next_strategies, strategies
from db.next_strategies import NextState, NextStrategy
from db.proposals import Proposal
from db.subscribers import Language
from db.types import LARGEST
from jobs.approvals.proposing import schedule_or_propose
from jobs.cli.invocation import AUTHOR, Invocation, reason_option
from jobs.cli.previews import LANGUAGE, LIMIT, show_preview, show_proposed, signer
from jobs.cli.wording import say
from jobs.rulebook.next_strategy import drop_strategy, next_named, prepare_strategy, switching_edit

DAY = "%Y-%m-%d"
group = typer.Typer(no_args_is_help=True, help="Strategies, and those of next periods prepared beside today's rules.")
NUMBER = typer.Argument(metavar="STRATEGY", min=1, max=LARGEST, help="Its number in tracker strategies next.")
REASON = reason_option("Why; kept with it and in the audit.")
COLUMNS = ("id", "name", "state", "starts_on", "announce", "trouble", "author", "reason")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="strategies")


@group.command("list")
def show_strategies(context: typer.Context) -> None:
    """List the strategies that calls are tagged by, in order of their periods."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [one.model_dump() for one in strategies.all_strategies(session)]
    invocation.show(rows, ("key", "starts_on", "ends_on", "switched_on", "spearheads"))


@group.command("next")
def show_next(context: typer.Context) -> None:
    """List the strategies of next periods, newest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [next_row(one) for one in next_strategies.list_next(session, list(NextState))]
    invocation.show(rows, COLUMNS, say("no strategy is prepared; tracker strategies prepare makes one"))


def next_row(one: NextStrategy) -> dict[str, Any]:
    """The strategy of a next period as a row of a list."""
    return one.model_dump(exclude={"base"})


@group.command("prepare")
def prepare_next(
    context: typer.Context,
    name: str = typer.Argument(help="What it is called."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Copy today's rules into the strategy of a next period; the desk edits it beside today's."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        made = prepare_strategy(app, name, invocation.signed(app, reason, author))
    invocation.show([next_row(made)], COLUMNS)


@group.command("preview")
def preview_next(
    context: typer.Context, number: int = NUMBER, limit: int = LIMIT, language: Language = LANGUAGE
) -> None:
    """Show what a next strategy would do to all calls and to readers if it took over. Saves nothing."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            strategy = next_named(session, number)
        edit = switching_edit(app, strategy, strategy.starts_on or app.today())
    show_preview(invocation, lambda _, __: edit, language, limit)


@group.command("schedule")
def schedule_next(
    context: typer.Context,
    number: int = NUMBER,
    on: datetime = typer.Option(..., "--on", formats=[DAY], help="The day on which it takes over."),
    announce: bool = typer.Option(False, "--announce", help="Tell readers of open calls that are tagged by it."),
    reason: str = REASON,
    author: str = AUTHOR,
) -> None:
    """Choose the day on which a next strategy takes over; the scheduler switches it then."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        by = signer(app, invocation.signed(app, reason, author))
        chosen = schedule_or_propose(app, number, on.date(), announce, by)
    if isinstance(chosen, Proposal):
        show_proposed(invocation, chosen)
    else:
        invocation.show([next_row(chosen)], COLUMNS)


@group.command("drop")
def drop_next(context: typer.Context, number: int = NUMBER, reason: str = REASON, author: str = AUTHOR) -> None:
    """Give up a next strategy."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        dropped = drop_strategy(app, number, invocation.signed(app, reason, author))
    invocation.show([next_row(dropped)], COLUMNS)
