"""Judging: how often what is derived agrees with judged calls.

A line of a judged file has `id`, `set` (topic, cascade, europeaid, finnish), `identifier`, `title`, `actionType`,
`language`, `text`, and what was judged: `may` (kind of applicant → yes, no, unknown), `consortium`, `single_allowed`
and `cofunding_rate`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from db.calls import CallFacts, CallKind
from db.eligibility import Eligibility
from tracker.eligibility.deriving import eligibility_of
from tracker.eligibility.programmes import ProgrammeTable

SETS = {
    "topic": CallKind.TOPIC,
    "cascade": CallKind.CASCADE,
    "europeaid": CallKind.EXTERNAL,
    "finnish": CallKind.NATIONAL,
}
YES, NO, UNKNOWN = "yes", "no", "unknown"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One fact of a judged call that was derived otherwise; `said` is empty if nothing was."""

    call: str
    fact: str
    judged: str
    said: str


@dataclass(slots=True)
class Figures:
    """Counts over judged calls: kinds of applicant by what was judged and said, and the terms said right and wrong."""

    applicants: Counter[tuple[str, str]] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def said(self) -> float:
        """The share said yes or no of what was judged yes or no."""
        pairs = [(judged, said) for judged in (YES, NO) for said in (YES, NO)]
        return self._share(pairs, [*pairs, (YES, UNKNOWN), (NO, UNKNOWN)])

    def share(self, judged: str, said: str) -> float:
        """The share of what was judged so that was said so."""
        return self._share([(judged, said)], [(judged, answer) for answer in (YES, NO, UNKNOWN)])

    def is_right(self, term: str) -> float:
        """The share of what was said of a term and judged that is right."""
        said = self.right[term] + self.wrong[term]
        return self.right[term] / said if said else 1.0

    def _share(self, part: Iterable[tuple[str, str]], whole: Iterable[tuple[str, str]]) -> float:
        total = sum(self.applicants[pair] for pair in whole)
        return sum(self.applicants[pair] for pair in part) / total if total else 1.0


def figures_on(lines: Iterable[str], table: ProgrammeTable) -> Figures:
    """Derive each judged call of a file (JSON lines) and compare.

    Raises ValueError for a line that is not JSON, KeyError for one that lacks what a judged line has.
    """
    figures = Figures()
    for line in filter(str.strip, lines):
        judged = json.loads(line)
        _compare(figures, judged, eligibility_of(facts_of_judged(judged), table))
    return figures


def facts_of_judged(line: Mapping[str, Any]) -> CallFacts:
    """The facts of a judged call, as a source would state them."""
    kind, identifier = SETS[line["set"]], line.get("identifier") or None
    return CallFacts(
        source="judged",
        key=str(line["id"]),
        kind=kind,
        identifier=identifier,
        title=line["title"],
        programme=(identifier or "").partition("-")[0] or None,
        type_of_action=line["actionType"] if kind is CallKind.TOPIC else None,
        url="",
        language=line.get("language") or "en",
        text=line.get("text") or None,
    )


def _compare(figures: Figures, line: Mapping[str, Any], derived: Eligibility) -> None:
    name = line.get("identifier") or line["title"]
    for kind, judged in line["may"].items():
        said = YES if kind in derived.yes else NO if kind in derived.no else UNKNOWN
        figures.applicants[judged, said] += 1
        if judged not in (UNKNOWN, said):
            figures.disagreements.append(Disagreement(name, kind, judged, "" if said == UNKNOWN else said))
    for term, right, found in _terms(line, derived):
        (figures.right if right == found else figures.wrong)[term] += 1
        if right != found:
            figures.disagreements.append(Disagreement(name, term, str(right), str(found)))


def _terms(line: Mapping[str, Any], derived: Eligibility) -> Iterator[tuple[str, Any, Any]]:
    """The terms that were both judged and said: name, judged, said."""
    least, alone, rate = line.get("consortium"), line.get("single_allowed"), line.get("cofunding_rate")
    if least and derived.consortium:
        yield "consortium", (least["min_entities"], least["min_countries"]), derived.consortium
    if alone is not None and derived.alone is not None:
        yield "alone", alone, derived.alone
    if rate is not None and derived.rate:
        yield "rate", tuple(rate) if isinstance(rate, list) else (rate,), derived.rate
