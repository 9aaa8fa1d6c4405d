"""tracker rules masks: words that are hidden before the rules read a text, for they mean something else.

Does not match anything.
"""

import typer

from db import revisions, strategies
from db.revisions import Kind
from db.subscribers import Language
from jobs.cli.invocation import AUTHOR, Invocation
from jobs.cli.previews import ANNOUNCE, MOST, REASON, REVISION, SAID_IN, save_edit, show_trial
from jobs.cli.rules import LANGUAGE
from jobs.cli.rules import group as rules_group
from jobs.rulebook import drafts
from jobs.rulebook.drafts import AskedMask

group = typer.Typer(no_args_is_help=True, help="Words that are hidden before rules read a text.")
KEY = typer.Argument(metavar="MASK", help="The mask's key: small letters, digits and -.")
TEXT = typer.Option(None, help="The line: '\"circular letter\"'; written like a rule's.")
SPEARHEAD = typer.Option(None, help="The only spearhead whose rules do not see the words; any: nobody's do.")


def add_to(app: typer.Typer) -> None:
    """They are commands of `tracker rules`, which adds itself."""
    rules_group.add_typer(group, name="masks")


@group.command("list")
def list_masks(context: typer.Context) -> None:
    """Every mask as it stands now."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        rows = [mask.model_dump() for mask in strategies.all_masks(session)]
    asked.show(rows, ("key", "spearhead", "language", "text"))


@group.command("preview")
def preview_mask(
    context: typer.Context,
    key: str = KEY,
    text: str = TEXT,
    spearhead: str = SPEARHEAD,
    language: str = LANGUAGE,
    off: bool = typer.Option(False, "--off", help="What if the mask were not there."),
    most: int = MOST,
    said_in: Language = SAID_IN,
) -> None:
    """What a new or other mask would do to the archive and to readers; saves nothing."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        edit = drafts.tried_mask(session, AskedMask(key, text, spearhead, language), off)
        show_trial(asked, app, session, edit, said_in, most)


@group.command("save")
def save_mask(
    context: typer.Context,
    key: str = KEY,
    text: str = TEXT,
    spearhead: str = SPEARHEAD,
    language: str = LANGUAGE,
    reason: str = REASON,
    author: str = AUTHOR,
    announce: bool = ANNOUNCE,
    said_in: Language = SAID_IN,
) -> None:
    """Save a mask, new or otherwise than it stands, and tag what it reaches; silently, unless it is announced."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            edit = drafts.saved_mask(session, AskedMask(key, text, spearhead, language), said_in.value)
        save_edit(asked, app, edit, asked.signed(app, reason, author), announce=announce)


@group.command("remove")
def remove_mask(
    context: typer.Context,
    key: str = KEY,
    reason: str = REASON,
    author: str = AUTHOR,
    announce: bool = ANNOUNCE,
) -> None:
    """Take a mask out; its history stays, and a rollback brings it back."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            edit = drafts.removed_mask(session, key)
        save_edit(asked, app, edit, asked.signed(app, reason, author), announce=announce)


@group.command("history")
def show_mask_history(context: typer.Context, key: str = KEY) -> None:
    """Every revision of a mask, oldest first."""
    asked: Invocation = context.obj
    with asked.app() as app, app.db.read() as session:
        kept = revisions.revisions_of(session, Kind.MASK, key)
    rows = [one.model_dump(exclude={"id", "state"}) | (one.state or {"text": "(taken out)"}) for one in kept]
    asked.show(rows, ("revision", "at", "author", "reason", "spearhead", "language", "text"))


@group.command("rollback")
def roll_back_mask(
    context: typer.Context, key: str = KEY, to: int = REVISION, reason: str = REASON, author: str = AUTHOR
) -> None:
    """Save a mask as it was at an earlier revision; of a mask with one revision only, take it out."""
    asked: Invocation = context.obj
    with asked.app() as app:
        with app.db.read() as session:
            edit = drafts.restored_mask(session, key, to)
        save_edit(asked, app, edit, asked.signed(app, reason, author))
