"""Summaries: what an edit would do and what a save did, in rows and words.

Previewing and saving themselves are in `jobs.rulebook.preview` and `jobs.rulebook.saving`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlmodel import Session

from jobs.base.app import App
from jobs.rulebook import saving
from jobs.rulebook.preview import preview_edit, readers
from jobs.rulebook.saving import Saved
from tracker import l10n, sources
from tracker.errors import Fault, Refusal
from tracker.refusals import said, worded
from tracker.tagging.evaluate import Example
from tracker.tagging.language import parse_rule, rule_in_words
from tracker.tagging.preview import WEEKS, Preview, Shift, Use, counted, weekly
from tracker.tagging.rulebook_edits import Edit

CHANGES = ("change", "status", "source", "spearhead", "score", "title", "words")  # the columns of a list of shifts


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """How many calls a new or changed rule would match, in words."""

    text: str
    words: str
    matches: str
    alone: str
    beside: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A preview in a few lines; `rule` is there if the edit is of one rule."""

    difference: str
    by_spearhead: str
    by_source_and_status: str
    a_week: str
    readers: str
    examples: str
    saving: str  # whether a save would be refused or warned of, and why
    rule: RuleSummary | None = None


@dataclass(frozen=True, slots=True)
class ShiftRow:
    """A call that gains (change "+") or loses ("-") a spearhead, with the words that matched."""

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
    """What an edit would do: a few lines, and the calls it would change."""

    summary: Summary
    preview: Preview

    @property
    def shifts(self) -> int:
        """How many calls would gain or lose a spearhead."""
        return round(self.preview.estimated(len(self.preview.gained) + len(self.preview.lost)))

    def rows(self, most: int | None = None) -> list[ShiftRow]:
        """The calls that gain, then those that lose a spearhead, at most this many of each; open ones come first."""
        gained, lost = by_status(self.preview.gained)[:most], by_status(self.preview.lost)[:most]
        return [shift_row("+", shift) for shift in gained] + [shift_row("-", shift) for shift in lost]


def summarised(session: Session, app: App, edit: Edit, language: str, most: int | None = None) -> Summarised:
    """Preview an edit on the whole archive, or on at most so many calls; words and faults are in this language."""
    preview = preview_edit(session, app.compiled, edit, language, most)
    return Summarised(summary(session, preview, app, language), preview)


def summary(session: Session, preview: Preview, app: App, language: str) -> Summary:
    """Sum up a preview in a few lines."""
    t, names = l10n.catalogue(language), {one.key: one.name_in(language) for one in preview.edit.book.spearheads}
    preview = replace(preview, broken=tuple(_named(example, names) for example in preview.broken))
    open_calls = readers(session, preview, app.today())
    gains = [count for count in open_calls.values() if count]
    touched = {"readers": len(open_calls), "gain": len(gains), "most": max(gains, default=0)}
    return Summary(
        difference=_difference(preview, language),
        by_spearhead=", ".join(counted(preview, lambda shift: names.get(shift.spearhead, shift.spearhead))),
        by_source_and_status=", ".join(counted(preview, partial(_source_and_status, app, language))),
        a_week=t.gettext("%(more)s more calls (last %(weeks)d weeks)")
        % {"more": l10n.decimal(weekly(preview, app.today()), language), "weeks": WEEKS},
        readers=t.gettext("%(readers)d follow it; %(gain)d gain open calls, at most %(most)d each") % touched,
        examples="; ".join(_breaks(example, language) for example in preview.broken) or t.gettext("all kept"),
        saving=_saving(preview, language),
        rule=_rule(preview.uses[0], names, language) if len(preview.uses) == 1 else None,
    )


def _difference(preview: Preview, language: str) -> str:
    t = l10n.catalogue(language)
    sides = {"gained": preview.gained, "lost": preview.lost}
    moves = {side: round(preview.estimated(len(shifts))) for side, shifts in sides.items()}
    said = t.gettext("+%(gained)d −%(lost)d of %(archive)d calls") % (moves | {"archive": preview.archive})
    if preview.tried == len(preview.reached):
        return said
    some = t.gettext("about %(difference)s: %(tried)d were read of %(reached)d that have the words")
    return some % {"difference": said, "tried": preview.tried, "reached": len(preview.reached)}


def _named(example: Example, names: Mapping[str, str]) -> Example:
    """An example that names its spearhead by its name."""
    return replace(example, spearhead=names.get(example.spearhead, example.spearhead))


def _breaks(example: Example, language: str) -> str:
    said = saving.told_example(example, language)
    return l10n.catalogue(language).gettext("would break: %(example)s") % {"example": said}


def _saving(preview: Preview, language: str) -> str:
    """Say beforehand what a save would answer: refused, with the reason; or the warnings, if there are any."""
    t = l10n.catalogue(language)
    try:
        warnings = saving.checked(preview, force=False)
    except Refusal as refusal:
        return t.gettext("would be refused: %(why)s") % {"why": "; ".join(said(refusal, language))}
    return "; ".join(worded(warning, language) for warning in warnings) or t.gettext("possible")


def _source_and_status(app: App, language: str, shift: Shift) -> str:
    """A call's source and status in words, for counting."""
    modules = sources.modules(app.settings.sources)
    name = modules[shift.call.source].SOURCE.name if shift.call.source in modules else shift.call.source
    return f"{name}, {l10n.catalogue(language).gettext(l10n.STATUSES[shift.call.status])}"


def _rule(use: Use, names: Mapping[str, str], language: str) -> RuleSummary:
    t = l10n.catalogue(language)
    hits = worded(Fault(use.measure, "", {"hits": use.hits}), language) if use.measure else use.hits
    return RuleSummary(
        text=use.rule.text,
        words=rule_in_words(parse_rule(use.rule.text), language),
        matches=t.ngettext("%(hits)s call (%(percent)s %%)", "%(hits)s calls (%(percent)s %%)", use.hits)
        % {"hits": hits, "percent": l10n.decimal(use.share * 100, language)},
        alone=t.gettext("%(alone)d of the calls tried have no other rule of %(spearhead)s")
        % {"alone": use.alone, "spearhead": names.get(use.rule.spearhead, use.rule.spearhead)},
        beside=", ".join(f"{key} {count}" for key, count in use.beside),
    )


def by_status(shifts: Sequence[Shift]) -> list[Shift]:
    """Sort shifts by their call: open first, closed last."""
    order = ("open", "forthcoming", "closed")
    return sorted(shifts, key=lambda shift: (order.index(shift.call.status.value), shift.call.id or 0))


def shift_row(change: str, shift: Shift) -> ShiftRow:
    """Make the row of a shift; `change` is "+" or "-"."""
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


def saved_in_words(saved: Saved, language: str) -> str:
    """Say in one line what a save did."""
    t, preview = l10n.catalogue(language), saved.preview
    news = t.gettext("told to readers: %(n)d") % {"n": len(saved.told)} if saved.told else t.gettext("nobody is told")
    done = t.gettext("%(what)s is saved: calls tagged anew %(reached)d, +%(gained)d −%(lost)d; %(news)s")
    moves = {"reached": len(preview.reached), "gained": len(preview.gained), "lost": len(preview.lost)}
    return done % {"what": preview.edit.subject, "news": news, **moves}
