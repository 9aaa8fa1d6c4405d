"""tracker rules thresholds: how many points a call needs to be a spearhead's.

Does not match anything.
"""

import typer

from db import revisions, strategies
from db.revisions import Kind
from db.subscribers import Language
from jobs.cli.invocation import AUTHOR, Invocation
from jobs.cli.previews import ANNOUNCE, MOST, REASON, REVISION, SAID_IN, save_edit, show_trial
from jobs.cli.rules import group as rules_group
from jobs.rulebook.drafts import restored_threshold, set_threshold

group = typer.Typer(no_args_is_help=True, help="How many points a call needs to be a spearhead's.")
SPEARHEAD = typer.Argument(help="The spearhead's key.")
POINTS = typer.Argument(min=1, max=100, help="From so many points on a call is the spearhead's.")


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker rules`, which adds itself."""
    rules_group.add_typer(group, name="thresholds")


@group.command("list")
def list_thresholds(context: typer.Context) -> None:
    """Every spearhead's threshold as it stands now."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [one.model_dump(include={"key", "level", "threshold"}) for one in strategies.all_spearheads(session)]
    asked.show(rows, ("key", "level", "threshold"))


@group.command("preview")
def preview_threshold(
    context: typer.Context,
    spearhead: str = SPEARHEAD,
    points: int = POINTS,
    most: int = MOST,
    said_in: Language = SAID_IN,
) -> None:
    """What another threshold would do to the archive and to readers; saves nothing."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        show_trial(asked, app, session, set_threshold(session, spearhead, points), said_in, most)


@group.command("save")
def save_threshold(
    context: typer.Context,
    spearhead: str = SPEARHEAD,
    points: int = POINTS,
    reason: str = REASON,
    author: str = AUTHOR,
    announce: bool = ANNOUNCE,
) -> None:
    """Save another threshold, and tag what it reaches; silently, unless it is announced."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            edit = set_threshold(session, spearhead, points)
        save_edit(asked, app, edit, asked.signed(app, reason, author), announce=announce)


@group.command("history")
def show_threshold_history(context: typer.Context, spearhead: str = SPEARHEAD) -> None:
    """Every revision of a spearhead with its threshold, oldest first."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        kept = revisions.revisions_of(session, Kind.SPEARHEAD, spearhead)
    rows = [one.model_dump(exclude={"id", "state"}) | {"threshold": (one.state or {}).get("threshold")} for one in kept]
    asked.show(rows, ("revision", "at", "author", "reason", "threshold"))


@group.command("rollback")
def roll_back_threshold(
    context: typer.Context, spearhead: str = SPEARHEAD, to: int = REVISION, reason: str = REASON, author: str = AUTHOR
) -> None:
    """Save the threshold as it was at an earlier revision."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            edit = restored_threshold(session, spearhead, to)
        save_edit(asked, app, edit, asked.signed(app, reason, author))
