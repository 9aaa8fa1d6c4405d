"""What all edits of the rulebook share: their options, and how a preview and a save are printed."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import typer
from sqlmodel import Session

from db.audit import Signed
from db.proposals import Proposal
from db.subscribers import Language
from db.types import LARGEST
from jobs.approvals.proposing import Person, person_of, save_edit_or_propose
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from jobs.cli.invocation import Invocation, reason_option
from jobs.cli.tables import print_text
from jobs.cli.wording import SPOKEN, say
from jobs.rulebook.saving import Saved
from jobs.rulebook.summaries import CHANGES, Summary, saved_in_words, summarised
from tracker.refusals import worded
from tracker.tagging.rulebook_edits import Edit

REASON = reason_option("Why; kept with the revision.")
FORCE = typer.Option(False, "--force", help="Save a weak rule even if it matches more than a quarter of all calls.")
ANNOUNCE = typer.Option(False, "--announce", help='Tell readers of open calls that are newly tagged, as "added late".')
# This module is imported when a command of rules is typed, after the language was found.
LANGUAGE = typer.Option(Language(SPOKEN.get()), "--language", help="The language of explanations and error messages.")
LIMIT = typer.Option(
    10, "--limit", min=0, max=LARGEST, metavar="N", help="First N calls gained, first N lost (ignored with --json)."
)
EditMaker = Callable[[Session, CompiledRules], Edit]  # makes an edit of the rulebook as it stands
REVISION = typer.Option(
    None, "--to", max=LARGEST, help="The revision to go back to; by default the one before the last."
)


def show_preview(invocation: Invocation, edit_of: EditMaker, language: Language, limit: int) -> None:
    """Try an edit, and print what it would do."""
    with invocation.app() as app, app.db.read() as session:
        edit = edit_of(session, app.compiled)
        with invocation.progress(say("trying the edit on all calls")):
            preview = summarised(session, app, edit, language.value)
    if invocation.as_json:
        invocation.show_fields(summary_row(preview.summary) | {"shifts": [asdict(shift) for shift in preview.rows()]})
        return
    invocation.show_fields(summary_row(preview.summary))
    shown = preview.rows(limit)
    invocation.show([asdict(shift) for shift in shown], CHANGES)
    if hidden := preview.shifts - len(shown):
        print_text(say("and %(n)d more; --limit %(all)d shows them all", n=hidden, all=preview.shifts))


def summary_row(summary: Summary) -> dict[str, Any]:
    """A summary as a record, each line under its label."""
    row = {
        "difference": summary.difference,
        "by spearhead": summary.by_spearhead,
        "by source and status": summary.by_source_and_status,
        "a week": summary.a_week,
        "readers": summary.readers,
        "examples": summary.examples,
        "saving": summary.saving,
    }
    if (rule := summary.rule) is None:
        return row
    whole = {"rule": rule.text, "words": rule.words} | row
    return whole | {"matches": rule.matches, "alone": rule.alone, "beside": rule.beside}


def save_edit(
    invocation: Invocation,
    edit_of: EditMaker,
    reason: str,
    author: str,
    force: bool = False,
    announce: bool = False,
) -> None:
    """Save an edit, and print what it did."""
    with invocation.app() as app:
        with app.db.read() as session:
            edit = edit_of(session, app.compiled)
        with invocation.progress(say("saving, and tagging the calls that it affects")):
            by = signer(app, invocation.signed(app, reason, author))
            saved = save_edit_or_propose(app, edit, by, force=force, announce=announce)
    if isinstance(saved, Proposal):
        show_proposed(invocation, saved)
        return
    for warning in saved.warnings:
        print_text(worded(warning, SPOKEN.get()), err=True)
    if invocation.as_json:
        invocation.show_fields(saved_row(saved))
    else:
        print_text(saved_in_words(saved, SPOKEN.get()))


def signer(app: App, signed: Signed) -> Person:
    """Who does something that two persons may be needed for: whoever has an account at the desk acts as that."""
    with app.db.read() as session:
        return person_of(session, signed)


def show_proposed(invocation: Invocation, proposal: Proposal) -> None:
    """Say that something is proposed, and waits for another's approval."""
    if invocation.as_json:
        invocation.show_fields({"proposal": proposal.id, "what": proposal.subject, "state": proposal.state.value})
        return
    told = {"n": proposal.id, "what": proposal.subject}
    print_text(say("%(what)s is proposed as number %(n)d: it takes effect when somebody else approves it", **told))


def saved_row(saved: Saved) -> dict[str, Any]:
    """What a save did, as a record."""
    preview = saved.preview
    shifts = {"gained": len(preview.gained), "lost": len(preview.lost), "retagged": len(preview.reached)}
    return {"what": preview.edit.subject} | saved.counts | shifts | {"told": len(saved.told)}
