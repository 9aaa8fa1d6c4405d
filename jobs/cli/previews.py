"""What an edit would do and what a save did, printed; the options that every edit has.

Does not know what is edited: rules, masks, thresholds and imports print alike.
"""

from dataclasses import asdict
from typing import Any

import typer
from sqlmodel import Session

from db.audit import Signed
from db.subscribers import Language
from jobs.base.app import App
from jobs.cli.invocation import OUTPUT, Invocation, reason_option
from jobs.rulebook import saving
from jobs.rulebook.saving import Saved
from jobs.rulebook.summaries import CHANGES, Summary, saved_in_words, summarised
from tracker.refusals import worded
from tracker.tagging.rulebook_edits import Edit

REASON = reason_option("Why; it is kept with the revision.")
FORCE = typer.Option(False, "--force", help="Also a weak rule that holds for more than a quarter of all calls.")
ANNOUNCE = typer.Option(False, "--announce", help='Tell readers of the newly tagged open calls, as "added late".')
SAID_IN = typer.Option(Language.EN, "--in", help="The language of explanations and faults.")
MOST = typer.Option(10, min=0, help="So many calls of each sort; with --json every one.")
REVISION = typer.Option(None, "--to", help="The revision to go back to; the last but one, if none is named.")


def show_trial(asked: Invocation, app: App, session: Session, edit: Edit, said_in: Language, most: int) -> None:
    """Try an edit, and print what it would do."""
    with asked.working("trying it on the archive"):
        tried = summarised(session, app, edit, said_in.value)
    if asked.as_json:
        asked.show_one(summary_row(tried.summary) | {"shifts": [asdict(one) for one in tried.shifts]})
        return
    asked.show_one(summary_row(tried.summary))
    shown = tried.shortened(most)
    asked.show([asdict(one) for one in shown], CHANGES)
    if len(shown) < len(tried.shifts):
        typer.echo(f"and {len(tried.shifts) - len(shown)} more; --most {len(tried.shifts)} shows them")


def summary_row(told: Summary) -> dict[str, Any]:
    """A summary as a row: what each line is called."""
    row = {
        "difference": told.difference,
        "by spearhead": told.by_spearhead,
        "by source and status": told.by_source_and_status,
        "a week": told.a_week,
        "readers": told.readers,
        "examples": told.examples,
    }
    if (rule := told.rule) is None:
        return row
    whole = {"rule": rule.text, "words": rule.words} | row
    return whole | {"matches": rule.matches, "alone": rule.alone, "beside": rule.beside}


def save_edit(
    asked: Invocation, app: App, edit: Edit, whose: Signed, force: bool = False, announce: bool = False
) -> None:
    """Save an edit, and print what came of it."""
    with asked.working("saving, and tagging what it reaches"):
        saved = saving.save(app, edit, whose, force=force, announce=announce)
    for warning in saved.warnings:
        typer.echo(worded(warning, OUTPUT), err=True)
    if asked.as_json:
        asked.show_one(saved_row(saved))
    else:
        typer.echo(saved_in_words(saved))


def saved_row(saved: Saved) -> dict[str, Any]:
    """What a save did, as a row."""
    preview = saved.preview
    shifts = {"gained": len(preview.gained), "lost": len(preview.lost), "retagged": len(preview.reached)}
    return {"what": preview.edit.subject} | saved.counts | shifts | {"told": len(saved.told)}
