"""Evaluate rules: score them on judged calls, and check the examples that they must pass."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from db.calls import CallKind
from db.strategies import Level
from tracker.tagging.documents import Document, from_judged
from tracker.tagging.index import Index, spearhead_scores, tag
from tracker.tagging.lemmas import Lemmas

NOT, BORDERLINE, SQUARELY = 0, 1, 2  # grades: not about a spearhead; counts neither way; squarely about it
MICRO = "micro"  # stands for all spearheads together


@dataclass(frozen=True, slots=True)
class Judged:
    """A call with a judge's grade (0 to 2) per spearhead; an absent spearhead has grade 0.

    If not every spearhead was judged, `judged` names those that were.
    """

    document: Document
    grades: Mapping[str, int]
    judged: frozenset[str] | None = None

    def grade(self, spearhead: str) -> int:
        """The grade for a spearhead; where nobody judged it, the one that counts neither way."""
        is_judged = self.judged is None or spearhead in self.judged
        return self.grades.get(spearhead, NOT) if is_judged else BORDERLINE


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over judged calls; `false` and `missed` hold the ids of wrongly tagged and of untagged documents."""

    hits: int
    false: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float:
        """The share of hits among the calls tagged and clearly judged; 1 if none was tagged."""
        tagged = self.hits + len(self.false)
        return self.hits / tagged if tagged else 1.0

    @property
    def recall(self) -> float:
        """The share of hits among the calls that should be tagged; 1 if there are none."""
        relevant = self.hits + len(self.missed)
        return self.hits / relevant if relevant else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def read_judged(lines: Iterable[str], lemmas: Lemmas) -> list[Judged]:
    """Read judged calls from JSON lines (`from_judged` and `grades`); empty lines are skipped.

    Raises ValueError for a line that is not JSON or whose grades are no numbers, KeyError for one without an id.
    """
    records = [json.loads(line) for line in lines if line.strip()]
    return [
        Judged(from_judged(record, lemmas), _grades(record.get("grades") or {}), _judged(record.get("judged")))
        for record in records
    ]


def _grades(given: object) -> Mapping[str, int]:
    if isinstance(given, dict) and all(isinstance(grade, int) for grade in given.values()):
        return given
    raise ValueError('grades are {"food": 2, …} with 0, 1 or 2')


def _judged(given: object) -> frozenset[str] | None:
    if given is None or (isinstance(given, list) and all(isinstance(key, str) for key in given)):
        return None if given is None else frozenset(given)
    raise ValueError('judged is a list of spearheads: ["food", …]')


def judged_line(judged: Judged) -> dict[str, Any]:
    """Write a judged call as `read_judged` reads it; what is empty is left out.

    A cascade call has its parent's title in `title` and its own in `callTitle`, as in `from_judged`.
    """
    document = judged.document
    title, call_title = document.title, document.call_title
    if document.of_parent:
        title, call_title = call_title, title
    line = {
        "id": document.id,
        "identifier": document.identifier,
        "title": title,
        "callTitle": call_title,
        "abstract": document.text,
        "destination": document.destination,
        "actionType": document.type_of_action,
        "kind": CallKind.CASCADE.value if document.of_parent else "",
        "context": document.context,
        "source": document.source,
        "programmeCode": document.programme,
        "audience": list(document.audience),
        "language": document.language,
    }
    graded = {"grades": dict(judged.grades)} | ({} if judged.judged is None else {"judged": sorted(judged.judged)})
    return {name: value for name, value in line.items() if value} | graded


def judged_spearheads(index: Index, judged: Iterable[Judged]) -> list[str]:
    """The spearheads that a set measures: the region's own, and those of the EU level that have a grade in it."""
    graded = {key for call in judged for key in call.grades}
    return [key for key, one in index.spearheads.items() if one.level is Level.SPEARHEAD or key in graded]


def evaluate(index: Index, judged: Iterable[Judged], spearheads: Iterable[str]) -> dict[str, Score]:
    """Score each spearhead, and under "micro" all of them together."""
    with_keys = [(call, {tagged.spearhead for tagged in tag(index, call.document)}) for call in judged]
    scores = {key: _score(key, with_keys) for key in spearheads}
    scores[MICRO] = Score(
        hits=sum(score.hits for score in scores.values()),
        false=tuple(f"{key}: {name}" for key, score in scores.items() for name in score.false),
        missed=tuple(f"{key}: {name}" for key, score in scores.items() for name in score.missed),
    )
    return scores


def _score(key: str, calls: list[tuple[Judged, set[str]]]) -> Score:
    tagged = [call for call, keys in calls if key in keys]
    untagged = [call for call, keys in calls if key not in keys]
    return Score(
        hits=sum(call.grade(key) == SQUARELY for call in tagged),
        false=tuple(call.document.id for call in tagged if call.grade(key) == NOT),
        missed=tuple(call.document.id for call in untagged if call.grade(key) == SQUARELY),
    )


@dataclass(frozen=True, slots=True)
class Example:
    """A call that must, or must not, be tagged with a spearhead; with `rule`, matched by that one rule."""

    spearhead: str
    document: Document
    must: bool
    rule: str | None = None


def broken(index: Index, examples: Iterable[Example]) -> tuple[Example, ...]:
    """Find the examples that the rules fail; an example that names a rule is about that rule's match alone."""
    return tuple(example for example in examples if _holds(index, example) != example.must)


def _holds(index: Index, example: Example) -> bool:
    for score in spearhead_scores(index, example.document):
        if score.spearhead.key == example.spearhead:
            return score.is_tagged if example.rule is None else example.rule in {hit.rule.key for hit in score.hits}
    return False
