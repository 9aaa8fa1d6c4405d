"""The desk's words for a pair of calls: what they have in common, and their facts side by side."""

from dataclasses import dataclass

from db.calls import Call
from db.duplicates import DuplicateState, Ground
from jobs.web.version_view import NAMES, fact_value
from tracker import l10n
from tracker.l10n import N_

GROUNDS = {
    Ground.IDENTIFIER: N_("The official identifier is the same"),
    Ground.LINK: N_("The official page is the same"),
    Ground.TITLE_DEADLINE: N_("Title and last day are the same"),
}
PAIR_STATES = {
    DuplicateState.PROPOSED: N_("Possibly the same"),
    DuplicateState.JOINED: N_("Joined"),
    DuplicateState.APART: N_("Kept apart"),
}
COMPARED = ("title", "opens_on", "deadlines", "budget_total", "project_min", "project_max", "programme", "audience")


@dataclass(frozen=True, slots=True)
class PairRow:
    """One fact of two calls."""

    name: str
    values: tuple[str, str]

    @property
    def differs(self) -> bool:
        return self.values[0] != self.values[1]


@dataclass(frozen=True, slots=True)
class PairWords:
    """Words for the templates of pairs."""

    language: str

    def _said(self, text: str) -> str:
        return l10n.catalogue(self.language).gettext(text)

    def ground(self, ground: Ground) -> str:
        return self._said(GROUNDS[ground])

    def state(self, state: DuplicateState) -> str:
        return self._said(PAIR_STATES[state])

    def rows(self, first: Call, second: Call) -> list[PairRow]:
        """The facts of two calls side by side; those that neither states are left out."""
        both = (first, second)
        named = [(N_("Identifier"), [call.identifier or "–" for call in both])]
        named += [(N_("Status"), [self._said(l10n.STATUSES[call.status]) for call in both])]
        named += [
            (NAMES[name], [fact_value(name, getattr(call, name), self.language) for call in both]) for name in COMPARED
        ]
        named += [(NAMES["text"], [self._length(call) for call in both])]
        return [PairRow(self._said(name), (one, other)) for name, (one, other) in named if (one, other) != ("–", "–")]

    def _length(self, call: Call) -> str:
        n, t = len(call.text or ""), l10n.catalogue(self.language)
        text = t.ngettext("%(n)s letter", "%(n)s letters", n)
        return text % {"n": l10n.number(n, self.language)} if n else "–"
