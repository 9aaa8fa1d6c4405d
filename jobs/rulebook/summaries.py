"""Summaries: what an edit would do and what a save did, as rows and words.

Does not try or save anything itself (`jobs.rulebook.preview`, `jobs.rulebook.saving`), and does not print.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from jobs.base.app import App
from jobs.rulebook import preview, saving
from jobs.rulebook.saving import Saved
from tracker.tagging.language import parse_rule, rule_in_words
from tracker.tagging.preview import WEEKS, Preview, Shift, Use, counted, of_source_and_status, weekly
from tracker.tagging.rulebook_edits import Edit

CHANGES = ("change", "status", "source", "spearhead", "score", "title", "words")  # of a shift, in a list


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """How widely a rule would hold that is new or other than now, in words."""

    text: str
    words: str
    matches: str
    alone: str
    beside: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A trial in a few lines; `rule` where the edit is of one rule."""

    difference: str
    by_spearhead: str
    by_source_and_status: str
    a_week: str
    readers: str
    examples: str
    rule: RuleSummary | None = None


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A call that gains (+) or loses (-) a spearhead, with the words that matched."""

    change: str
    id: int | None
    source: str
    status: str
    identifier: str | None
    title: str
    spearhead: str
    score: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summarised:
    """What an edit would do: in a few lines, and to which calls."""

    summary: Summary
    shifts: tuple[ShiftRow, ...]

    def shortened(self, most: int) -> list[ShiftRow]:
        """At most so many of the calls that gain a spearhead, and of those that lose one."""
        return [row for sign in "+-" for row in [one for one in self.shifts if one.change == sign][:most]]


def summarised(session: Session, app: App, edit: Edit, language: str) -> Summarised:
    """Try an edit on the whole archive; words and faults are in this language."""
    trial = preview.preview_edit(session, app.compiled, edit, language)
    return Summarised(summary(session, trial, app, language), tuple(shift_rows(trial)))


def summary(session: Session, trial: Preview, app: App, language: str) -> Summary:
    """A trial in a few lines."""
    readers = preview.readers(session, trial, app.today())
    touched = [count for count in readers.values() if count]
    return Summary(
        difference=f"+{len(trial.gained)} −{len(trial.lost)} of {trial.archive} calls",
        by_spearhead=", ".join(counted(trial, lambda shift: shift.spearhead)),
        by_source_and_status=", ".join(counted(trial, of_source_and_status)),
        a_week=f"{weekly(trial, app.today()):.1f} more calls (last {WEEKS} weeks)",
        readers=f"{len(readers)} follow it; {len(touched)} gain open calls, at most {max(touched, default=0)} each",
        examples="; ".join(f"would break: {saving.told_example(one)}" for one in trial.broken) or "all kept",
        rule=_rule(trial.uses[0], language) if len(trial.uses) == 1 else None,
    )


def _rule(use: Use, language: str) -> RuleSummary:
    return RuleSummary(
        text=use.rule.text,
        words=rule_in_words(parse_rule(use.rule.text), language),
        matches=f"{use.measure}{use.hits} calls ({use.share:.1%})",
        alone=f"{use.alone} of the calls tried have no other rule of {use.rule.spearhead}",
        beside=", ".join(f"{key} {count}" for key, count in use.beside),
    )


def shift_rows(trial: Preview) -> list[ShiftRow]:
    """The calls that a trial gives or takes a spearhead, those that can be applied to first."""
    gained, lost = by_status(trial.gained), by_status(trial.lost)
    return [shift_row("+", one) for one in gained] + [shift_row("-", one) for one in lost]


def by_status(shifts: Sequence[Shift]) -> list[Shift]:
    """Open calls first, closed ones last."""
    order = ("open", "forthcoming", "closed")
    return sorted(shifts, key=lambda one: (order.index(one.call.status.value), one.call.id or 0))


def shift_row(change: str, shift: Shift) -> ShiftRow:
    """A call that gains or loses a spearhead, with the words that matched."""
    call = shift.call
    return ShiftRow(
        change=change,
        id=call.id,
        source=call.source,
        status=call.status.value,
        identifier=call.identifier,
        title=call.title,
        spearhead=shift.spearhead,
        score=shift.score,
        words=shift.words,
    )


def saved_in_words(saved: Saved) -> str:
    """What a save did, in a line."""
    trial, told = saved.trial, f"told to readers: {len(saved.told)}" if saved.told else "nobody is told"
    done = f"{len(trial.reached)} calls tagged anew, +{len(trial.gained)} −{len(trial.lost)}; {told}"
    return f"{trial.edit.subject} is saved: {done}"
