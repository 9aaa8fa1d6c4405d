"""A line of the rulebook as it was and as it is, field by field in words; for proposals, histories and the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from db import strategies
from db.strategies import Hides, Weight
from jobs.rulebook.histories import SavedStep
from jobs.web.admin.words import HIDES, WEIGHTS
from jobs.web.pages import LANGUAGE_NAMES
from tracker import l10n
from tracker.calls.word_diff import DiffPiece, word_diff
from tracker.l10n import N_
from tracker.tagging.rulebook_lines import BookPart, ChangedLine

FIELDS = {
    "text": N_("The line"),
    "weight": N_("Weight"),
    "language": N_("Texts in which language"),
    "spearhead": N_("Spearhead"),
    "enabled": N_("In use"),
    "hides": N_("What it hides"),
    "threshold": N_("Points that a call needs"),
    "full_until": N_("Characters in which words count in full"),
    "names": N_("Name"),
    "starts_on": N_("Begins"),
    "ends_on": N_("Ends"),
    "switched_on": N_("Tags calls"),
    "spearheads": N_("Spearheads"),
}
PARTS = {
    BookPart.STRATEGY: N_("Strategy"),
    BookPart.SPEARHEAD: N_("Spearhead"),
    BookPart.RULE: N_("Rule"),
    BookPart.MASK: N_("Mask"),
}
ABSENT = "–"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field as it was and as it is, in words; of a text also what was cut and added."""

    name: str
    old: str
    new: str
    pieces: Sequence[DiffPiece] = ()


@dataclass(frozen=True, slots=True)
class LineView:
    """A line that changes: what it is, and its fields that differ."""

    part: str
    key: str
    is_new: bool
    is_gone: bool
    fields: Sequence[FieldChange]


Described = tuple[SavedStep, list[FieldChange]]


class LineWords:
    """Words for lines of the rulebook, in a language."""

    def __init__(self, session: Session, language: str) -> None:
        self._said = l10n.catalogue(language).gettext
        heads = strategies.all_spearheads(session)
        self._heads = {head.key: head.name_in(language) for head in heads}
        self._language = language

    def spearhead(self, key: str) -> str:
        """The name of a spearhead; the key itself where there is none."""
        return self._heads.get(key, key)

    def line(self, changed: ChangedLine) -> LineView:
        """A line of a rulebook as it was and would be."""
        fields = self.fields(changed.before, changed.after)
        named = dict((changed.after or changed.before or {}).get("names", ()))
        head = named.get(self._language, changed.key)
        return LineView(self._said(PARTS[changed.part]), head, changed.before is None, changed.after is None, fields)

    def fields(self, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[FieldChange]:
        """The fields that differ, in words; all of them where one side is not there."""
        old, new = before or {}, after or {}
        return [
            self._changed(name, old.get(name), new.get(name), name in old, name in new)
            for name in FIELDS
            if (name in old or name in new) and old.get(name) != new.get(name)
        ]

    def _changed(self, name: str, old: Any, new: Any, was: bool, is_there: bool) -> FieldChange:
        words = [self._value(name, value) if known else "" for value, known in ((old, was), (new, is_there))]
        pieces = word_diff(*words) if name == "text" and was and is_there else []
        return FieldChange(self._said(FIELDS[name]), words[0], words[1], pieces)

    def _value(self, name: str, value: Any) -> str:
        if name == "weight" and value is not None:
            return self._said(WEIGHTS[Weight(value)]).partition(":")[0]
        if name == "language":
            return LANGUAGE_NAMES[value] if value else self._said(N_("All texts"))
        if name == "spearhead":
            return self._heads.get(value, value) if value else self._said(N_("All spearheads"))
        if name == "spearheads":
            return ", ".join(self._heads.get(key, key) for key in value)
        if name == "hides":
            return self._said(HIDES[Hides(value)])
        if name == "names":
            return str(dict(value).get(self._language, ""))
        if name in ("starts_on", "ends_on") and value:
            return l10n.day(date.fromisoformat(value), self._language)
        if isinstance(value, bool):
            return self._said(N_("yes")) if value else self._said(N_("no"))
        return ABSENT if value in (None, "") else str(value)


def described(words: LineWords, steps: Sequence[SavedStep]) -> list[Described]:
    """A history, each step with the fields that it changed."""
    return [(step, words.fields(step.before, step.after)) for step in steps]
