"""How well rules tag: scores on judged calls, and the examples that rules must keep.

Does not read files or print tables.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracker.tagging.documents import Document, from_judged
from tracker.tagging.index import Index, spearhead_scores, tag

SQUARELY = 2  # the judge's grade; 1 is borderline and counts neither way


@dataclass(frozen=True, slots=True)
class Judged:
    """A call with a judge's grades by spearhead; an absent spearhead is grade 0."""

    document: Document
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over judged calls; `false` and `missed` name the documents."""

    hits: int
    false: tuple[str, ...]
    missed: tuple[str, ...]

    @property
    def precision(self) -> float:
        """Hits among what was tagged and judged clearly; 1 where nothing was tagged."""
        tagged = self.hits + len(self.false)
        return self.hits / tagged if tagged else 1.0

    @property
    def recall(self) -> float:
        """Hits among what should have been tagged; 1 where there was nothing."""
        wanted = self.hits + len(self.missed)
        return self.hits / wanted if wanted else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def read_judged(lines: Iterable[str]) -> list[Judged]:
    """Judged calls from JSON lines (`from_judged` and `grades`); empty lines are passed over.

    Raises ValueError for a line that is not JSON or whose grades are no numbers, KeyError for one without an id.
    """
    records = [json.loads(line) for line in lines if line.strip()]
    return [Judged(from_judged(record), _grades(record.get("grades") or {})) for record in records]


def _grades(given: object) -> Mapping[str, int]:
    if isinstance(given, dict) and all(isinstance(grade, int) for grade in given.values()):
        return given
    raise ValueError('grades are {"food": 2, …} with 0, 1 or 2')


def evaluate(index: Index, judged: Iterable[Judged], spearheads: Iterable[str]) -> dict[str, Score]:
    """A score per spearhead, and under "micro" that of all of them together."""
    found = [(one, {found.spearhead for found in tag(index, one.document)}) for one in judged]
    scores = {key: _score(key, found) for key in spearheads}
    scores["micro"] = Score(
        hits=sum(score.hits for score in scores.values()),
        false=tuple(f"{key}: {name}" for key, score in scores.items() for name in score.false),
        missed=tuple(f"{key}: {name}" for key, score in scores.items() for name in score.missed),
    )
    return scores


def _score(key: str, found: list[tuple[Judged, set[str]]]) -> Score:
    tagged = [one for one, keys in found if key in keys]
    untagged = [one for one, keys in found if key not in keys]
    return Score(
        hits=sum(one.grades.get(key, 0) == SQUARELY for one in tagged),
        false=tuple(one.document.id for one in tagged if one.grades.get(key, 0) == 0),
        missed=tuple(one.document.id for one in untagged if one.grades.get(key, 0) == SQUARELY),
    )


@dataclass(frozen=True, slots=True)
class Example:
    """A call that must, or must not, be tagged with a spearhead; with `rule`, by that rule."""

    spearhead: str
    document: Document
    must: bool
    rule: str | None = None


def broken(index: Index, examples: Iterable[Example]) -> tuple[Example, ...]:
    """The examples that the rules do not keep. With a rule named, it is that rule which must, or must not, hold."""
    return tuple(example for example in examples if _holds(index, example) != example.must)


def _holds(index: Index, example: Example) -> bool:
    for standing in spearhead_scores(index, example.document):
        if standing.spearhead.key == example.spearhead:
            return standing.is_tagged if example.rule is None else example.rule in {h.rule.key for h in standing.hits}
    return False
