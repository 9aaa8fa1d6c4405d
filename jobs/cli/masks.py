"""tracker rules masks, thresholds: words hidden from the rules, and what points count and suffice for a spearhead."""

import typer

from db import revisions, strategies
from db.revisions import Kind
from db.strategies import Hides
from db.subscribers import Language
from db.types import LARGEST
from jobs.cli.invocation import AUTHOR, Invocation
from jobs.cli.previews import ANNOUNCE, LANGUAGE, LIMIT, REASON, REVISION, save_edit, show_preview
from jobs.cli.rules import TEXT_LANGUAGE
from jobs.cli.rules import group as rules_group
from jobs.cli.wording import say
from jobs.rulebook import drafts
from jobs.rulebook.drafts import AskedMask

masks = typer.Typer(no_args_is_help=True, help="Words that are hidden before the rules read a text.")
rules_group.add_typer(masks, name="masks")
KEY = typer.Argument(metavar="MASK", help="The mask's key: lower-case letters, digits and -.")
TEXT = typer.Option(None, help="The mask's line, written like a rule's: '\"circular letter\"'.")
HIDDEN_FROM = typer.Option(None, help="Hide the words from this spearhead's rules only; any: from all rules.")

HIDES = typer.Option(None, help="Hide the words, the rest of the sentence from them on, or the whole sentence.")

thresholds = typer.Typer(no_args_is_help=True, help="How points are counted, and how many a call needs.")
rules_group.add_typer(thresholds, name="thresholds")
SPEARHEAD = typer.Argument(help="The spearhead's key.")
OR_ANY = typer.Argument(help="The spearhead's key; any: all of them.")
POINTS = typer.Argument(None, min=1, max=100, help="The points from which a call gets the spearhead.")
FULL_UNTIL = typer.Option(
    None, min=0, max=LARGEST, metavar="N", help="Hits count half beyond the text's first N characters; 0: never."
)


# --- masks ------------------------------------------------------------------------------------------------------------


@masks.command("list")
def list_masks(context: typer.Context) -> None:
    """List every mask as it is now."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [mask.model_dump() for mask in strategies.all_masks(session)]
    invocation.show(
        rows, ("key", "spearhead", "language", "hides", "text"), say("no mask yet; tracker rules masks save makes one")
    )


@masks.command("preview")
def preview_mask(
    context: typer.Context,
    key: str = KEY,
    text: str = TEXT,
    spearhead: str = HIDDEN_FROM,
    text_language: str = TEXT_LANGUAGE,
    hides: Hides = HIDES,
    off: bool = typer.Option(False, "--off", help="Preview removing the mask."),
    limit: int = LIMIT,
    language: Language = LANGUAGE,
) -> None:
    """Preview a new or edited mask: what it would do to all calls and to readers. Saves nothing."""
    draft = AskedMask(key, text, spearhead, text_language, hides)
    show_preview(context.obj, lambda session, _: drafts.tried_mask(session, draft, off), language, limit)


@masks.command("save")
def save_mask(
    context: typer.Context,
    key: str = KEY,
    text: str = TEXT,
    spearhead: str = HIDDEN_FROM,
    text_language: str = TEXT_LANGUAGE,
    hides: Hides = HIDES,
    reason: str = REASON,
    author: str = AUTHOR,
    announce: bool = ANNOUNCE,
    language: Language = LANGUAGE,
) -> None:
    """Add or change a mask, and tag the calls that it affects. Makes no news unless announced."""
    draft = AskedMask(key, text, spearhead, text_language, hides)
    save_edit(
        context.obj,
        lambda session, _: drafts.saved_mask(session, draft, language.value),
        reason,
        author,
        announce=announce,
    )


@masks.command("remove")
def remove_mask(
    context: typer.Context,
    key: str = KEY,
    reason: str = REASON,
    author: str = AUTHOR,
    announce: bool = ANNOUNCE,
) -> None:
    """Remove a mask; its history stays, and a rollback restores it."""
    save_edit(context.obj, lambda session, _: drafts.removed_mask(session, key), reason, author, announce=announce)


@masks.command("history")
def show_mask_history(context: typer.Context, key: str = KEY) -> None:
    """List every revision of a mask, oldest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        kept = revisions.revisions_of(session, Kind.MASK, key)
    rows = [
        revision.model_dump(exclude={"id", "state"}) | (revision.state or {"text": "(removed)"}) for revision in kept
    ]
    invocation.show(
        rows,
        ("revision", "at", "author", "reason", "spearhead", "language", "hides", "text"),
        say("there is no such mask, and never was; tracker rules masks list shows them"),
    )


@masks.command("rollback")
def roll_back_mask(
    context: typer.Context, key: str = KEY, to: int = REVISION, reason: str = REASON, author: str = AUTHOR
) -> None:
    """Restore a mask as it was at an earlier revision; a mask with only one revision is removed."""
    save_edit(context.obj, lambda session, _: drafts.restored_mask(session, key, to), reason, author)


# --- thresholds -------------------------------------------------------------------------------------------------------


@thresholds.command("list")
def list_thresholds(context: typer.Context) -> None:
    """List how every spearhead's points are counted now."""
    invocation: Invocation = context.obj
    columns = ("key", "level", "threshold", "full_until")
    with invocation.app() as app, app.db.read() as session:
        rows = [spearhead.model_dump(include=set(columns)) for spearhead in strategies.all_spearheads(session)]
    invocation.show(rows, columns)


@thresholds.command("preview")
def preview_threshold(
    context: typer.Context,
    spearhead: str = OR_ANY,
    points: int = POINTS,
    full_until: int = FULL_UNTIL,
    limit: int = LIMIT,
    language: Language = LANGUAGE,
) -> None:
    """Preview another threshold or scoring: what it would do to all calls and to readers. Saves nothing."""
    show_preview(
        context.obj, lambda session, _: drafts.set_scoring(session, spearhead, points, full_until), language, limit
    )


@thresholds.command("save")
def save_threshold(
    context: typer.Context,
    spearhead: str = OR_ANY,
    points: int = POINTS,
    full_until: int = FULL_UNTIL,
    reason: str = REASON,
    author: str = AUTHOR,
    announce: bool = ANNOUNCE,
) -> None:
    """Change a threshold or the scoring, and tag the calls that it affects. Makes no news unless announced."""
    save_edit(
        context.obj,
        lambda session, _: drafts.set_scoring(session, spearhead, points, full_until),
        reason,
        author,
        announce=announce,
    )


@thresholds.command("history")
def show_threshold_history(context: typer.Context, spearhead: str = SPEARHEAD) -> None:
    """List every revision of how a spearhead's points are counted, oldest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        kept = revisions.revisions_of(session, Kind.SPEARHEAD, spearhead)
    counted = ("threshold", "full_until")
    rows = [
        revision.model_dump(exclude={"id", "state"}) | {name: (revision.state or {}).get(name) for name in counted}
        for revision in kept
    ]
    invocation.show(rows, ("revision", "at", "author", "reason", *counted))


@thresholds.command("rollback")
def roll_back_threshold(
    context: typer.Context, spearhead: str = SPEARHEAD, to: int = REVISION, reason: str = REASON, author: str = AUTHOR
) -> None:
    """Restore the threshold and the scoring of an earlier revision."""
    save_edit(context.obj, lambda session, _: drafts.restored_scoring(session, spearhead, to), reason, author)
