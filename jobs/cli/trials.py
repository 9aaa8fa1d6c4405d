"""What an edit would do and what a save did, as rows; the options that every edit has.

Does not know what is edited: rules, masks, thresholds and imports print alike.
"""

from collections.abc import Sequence
from typing import Any

import typer
from sqlmodel import Session

from db.revisions import Signed
from db.subscribers import Language
from jobs import rules, trials
from jobs.cli.invocation import Invocation, reason_option
from jobs.desk import Desk
from jobs.rules import Saved
from jobs.trials import Edit, Shift, Trial
from tracker.tagging.language import in_words, parse_rule

REASON = reason_option("Why; it is kept with the revision.")
FORCE = typer.Option(False, "--force", help="Also a weak rule that holds for more than a quarter of all calls.")
ANNOUNCE = typer.Option(False, "--announce", help='Tell readers of the newly tagged open calls, as "added late".')
SAID_IN = typer.Option(Language.EN, "--in", help="The language of explanations and faults.")
MOST = typer.Option(10, min=0, help="So many calls of each sort; with --json every one.")
REVISION = typer.Option(None, "--to", help="The revision to go back to; the last but one, if none is named.")
CHANGES = ("change", "status", "source", "spearhead", "score", "title", "words")


def show_trial(asked: Invocation, desk: Desk, session: Session, edit: Edit, said_in: Language, most: int) -> None:
    """Try an edit, and print what it would do."""
    with asked.working("trying it on the archive"):
        trial = trials.try_edit(session, desk.tagger, edit, said_in.value)
        told = summary(session, trial, desk, said_in.value)
    rows = shift_rows(trial)
    if asked.as_json:
        asked.show_one(told | {"shifts": rows})
        return
    asked.show_one(told)
    shown = [row for sign in "+-" for row in [one for one in rows if one["change"] == sign][:most]]
    asked.show(shown, CHANGES)
    if len(shown) < len(rows):
        typer.echo(f"and {len(rows) - len(shown)} more; --most {len(rows)} shows them")


def summary(session: Session, trial: Trial, desk: Desk, language: str) -> dict[str, Any]:
    """A trial in a few lines."""
    readers = trials.readers(session, trial, desk.today())
    touched = [count for count in readers.values() if count]
    told = {
        "difference": f"+{len(trial.gained)} −{len(trial.lost)} of {trial.archive} calls",
        "by spearhead": ", ".join(trials.counted(trial, lambda shift: shift.spearhead)),
        "by source and status": ", ".join(trials.counted(trial, trials.by_source_and_status)),
        "a week": f"{trials.weekly(trial, desk.today()):.1f} more calls (last {trials.WEEKS} weeks)",
        "readers": f"{len(readers)} follow it; {len(touched)} gain open calls, at most {max(touched, default=0)} each",
        "examples": "; ".join(f"would break: {rules.told_example(one)}" for one in trial.broken) or "all kept",
    }
    if len(trial.uses) != 1:
        return told
    [use] = trial.uses
    return {
        "rule": use.rule.text,
        "words": in_words(parse_rule(use.rule.text), language),
        **told,
        "matches": f"{use.measure}{use.hits} calls ({use.share:.1%})",
        "alone": f"{use.alone} of the calls tried have no other rule of {use.rule.spearhead}",
        "beside": ", ".join(f"{key} {count}" for key, count in use.beside),
    }


def shift_rows(trial: Trial) -> list[dict[str, Any]]:
    """The calls that a trial gives or takes a spearhead, those that can be applied to first."""
    gained, lost = by_status(trial.gained), by_status(trial.lost)
    return [shift_row("+", one) for one in gained] + [shift_row("-", one) for one in lost]


def by_status(shifts: Sequence[Shift]) -> list[Shift]:
    """Open calls first, closed ones last."""
    order = ("open", "forthcoming", "closed")
    return sorted(shifts, key=lambda one: (order.index(one.call.status.value), one.call.id or 0))


def shift_row(change: str, shift: Shift) -> dict[str, Any]:
    """A call that gains or loses a spearhead, with the words that matched."""
    call = shift.call
    return {
        "change": change,
        "id": call.id,
        "source": call.source,
        "status": call.status.value,
        "identifier": call.identifier,
        "title": call.title,
        "spearhead": shift.spearhead,
        "score": shift.score,
        "words": list(shift.words),
    }


def save(asked: Invocation, desk: Desk, edit: Edit, whose: Signed, force: bool = False, announce: bool = False) -> None:
    """Save an edit, and print what came of it."""
    with asked.working("saving, and tagging what it reaches"):
        saved = rules.save(desk, edit, whose, force=force, announce=announce)
    for warning in saved.warnings:
        typer.echo(warning, err=True)
    if asked.as_json:
        asked.show_one(saved_row(saved))
    else:
        typer.echo(told_of(saved))


def told_of(saved: Saved) -> str:
    """What a save did, in a line."""
    trial, told = saved.trial, f"told to readers: {len(saved.told)}" if saved.told else "nobody is told"
    done = f"{len(trial.reached)} calls tagged anew, +{len(trial.gained)} −{len(trial.lost)}; {told}"
    return f"{trial.edit.subject} is saved: {done}"


def saved_row(saved: Saved) -> dict[str, Any]:
    """What a save did, as a row."""
    trial = saved.trial
    shifts = {"gained": len(trial.gained), "lost": len(trial.lost), "retagged": len(trial.reached)}
    return {"what": trial.edit.subject} | saved.counts | shifts | {"told": len(saved.told)}
