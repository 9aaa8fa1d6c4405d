"""The pure half of a preview: which calls would gain or lose a spearhead, and how widely a rule would match.

The other half, which reads the archive, is `jobs.rulebook.preview`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from db.calls import Call, CallStatus
from db.rule_points import PointsGiven
from db.strategies import Rule
from tracker.calls.changes import brussels_day
from tracker.errors import Code
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.evaluate import Example
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import Index, spearhead_scores
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.rulebook_edits import Difference, Edit
from tracker.tagging.scoring import GivenPoints, is_enough, total

COMMON = 0.10  # of the archive: a rule that matches more is warned of
TOO_COMMON = 0.25  # one that matches more than this is refused
WEEKS = 26  # by which the calls per week are averaged


@dataclass(frozen=True, slots=True)
class Shift:
    """A call that gains or loses a spearhead by an edit. `rules` are those that match: as they would be, or were."""

    call: Call
    spearhead: str
    score: int
    rules: Index

    @property
    def words(self) -> tuple[str, ...]:
        """The words that match; the call is read for it."""
        scores = spearhead_scores(self.rules, from_facts(self.call))
        return next((quoted_words(score.evidence) for score in scores if score.spearhead.key == self.spearhead), ())


@dataclass(frozen=True, slots=True)
class Use:
    """How many calls a new or changed rule would match.

    `hits` is how many of the `archive`'s calls match: counted (`measure` is None), estimated (ABOUT), or AT_LEAST that
    many, where calls wait to be tagged anew. Among the calls that were tried, `beside` counts the spearhead's other
    rules that match with it, and `alone` the calls where no other does.
    """

    rule: Rule
    hits: int
    measure: Code | None
    archive: int
    beside: tuple[tuple[str, int], ...]
    alone: int

    @property
    def share(self) -> float:
        """The share of the archive that matches the rule; 0 for an empty archive."""
        return self.hits / self.archive if self.archive else 0.0


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edit would do to the whole archive.

    `touched` are the spearheads and `reached` the ids of the calls that it can change. `archive` counts all calls.
    `broken` are examples that pass now and would fail, or that come with the edit and would fail. Of very many calls
    only some were `tried`: those that shift among them stand for the others too.
    """

    edit: Edit
    touched: frozenset[str]
    gained: tuple[Shift, ...]
    lost: tuple[Shift, ...]
    archive: int
    uses: tuple[Use, ...]
    broken: tuple[Example, ...]
    reached: tuple[int, ...]
    tried: int

    def estimated(self, count: float) -> float:
        """What a count among the calls tried comes to among all within reach."""
        return count * len(self.reached) / self.tried if self.tried else count


class Moved(NamedTuple):
    """A call that gains or loses a spearhead, by its id."""

    call_id: int
    spearhead: str
    score: int


@dataclass(slots=True)
class Trial:
    """An edit that is tried on one call after the other, and what was counted so far; by rule key.

    `old` and `new` are the rules of the spearheads that it touches, `anew` those whose points must be counted anew.
    """

    old: Index
    new: Index
    anew: Index
    difference: Difference
    pins: Collection[tuple[int, str]]
    gained: list[Moved] = field(default_factory=list)
    lost: list[Moved] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    beside: dict[str, Counter[str]] = field(default_factory=dict)

    def try_on(self, call_id: int, was: Sequence[GivenPoints], document: Document | None) -> None:
        """Count what changes for a call that has these points now; `document` is read if points must be counted."""
        kept = [given for given in was if given.rule.key not in self.difference.recount]
        now = [*kept, *counted_points(self.anew, document)] if document else kept
        for key in self.difference.spearheads:
            before, after = ([given for given in side if given.rule.spearhead == key] for side in (was, now))
            self._count_rules(key, after)
            if (call_id, key) not in self.pins:
                is_tagged, would_be = _is_tagged(self.old, key, before), _is_tagged(self.new, key, after)
                self.gained += [Moved(call_id, key, total(after))] if would_be and not is_tagged else []
                self.lost += [Moved(call_id, key, total(before))] if is_tagged and not would_be else []

    def _count_rules(self, spearhead: str, given: Sequence[GivenPoints]) -> None:
        matching = {one.rule.key for one in given}
        for rule in self.difference.rules:
            if rule.spearhead == spearhead and rule.key in matching:
                self.hits[rule.key] += 1
                self.alone[rule.key] += len(matching) == 1
                self.beside.setdefault(rule.key, Counter()).update(matching - {rule.key})


def counted_points(index: Index, document: Document) -> list[GivenPoints]:
    """Read a document and count what each rule gives it."""
    hits = [hit for score in spearhead_scores(index, document) for hit in score.hits]
    return [GivenPoints(hit.rule, hit.points, hit.is_of_context) for hit in hits]


def stored_points(index: Index, stored: Iterable[PointsGiven]) -> dict[int, list[GivenPoints]]:
    """What the rules of an index give, as it is stored: by call id."""
    by_key = {rule.key: rule for rule in index.rulebook.rules}
    by_call: dict[int, list[GivenPoints]] = {}
    for call_id, key, points, is_of_context in stored:
        if key in by_key:
            by_call.setdefault(call_id, []).append(GivenPoints(by_key[key], points, is_of_context))
    return by_call


def _is_tagged(index: Index, spearhead: str, given: Sequence[GivenPoints]) -> bool:
    return spearhead in index.spearheads and is_enough(index.spearheads[spearhead], given)


def _can_be_kept(example: Example, book: Rulebook) -> bool:
    """Whether an example still counts: not if its rule is switched off or its spearhead is gone."""
    if example.rule and example.must:
        return any(rule.key == example.rule and rule.enabled for rule in book.rules)
    return any(spearhead.key == example.spearhead for spearhead in book.spearheads)


def weekly(preview: Preview, on: date) -> float:
    """Average the calls per week that the edit would have added to readers' mail in the last 26 weeks."""
    first = on - timedelta(weeks=WEEKS)
    return preview.estimated(sum(first < news_on(shift.call) <= on for shift in preview.gained)) / WEEKS


def news_on(call: Call) -> date:
    """Return the day on which a call would have been news: its opening, or the day we first saw it if earlier."""
    seen_on = brussels_day(call.first_seen_at)
    return min(call.opens_on, seen_on) if call.opens_on else seen_on


def counted(preview: Preview, by: Callable[[Shift], str]) -> list[str]:
    """Count the shifts by a group, the largest first: ["portal open +3 −1", …]."""
    gained, lost = (Counter(map(by, shifts)) for shifts in (preview.gained, preview.lost))
    groups = sorted(gained | lost, key=lambda group: (-gained[group] - lost[group], group))
    estimated = {group: [round(preview.estimated(side[group])) for side in (gained, lost)] for group in groups}
    return [f"{group} +{more} −{fewer}" for group, (more, fewer) in estimated.items()]


def is_open(call: Call, on: date) -> bool:
    """Whether one can apply to the call on this day."""
    is_over = call.closes_on is not None and call.closes_on < on
    return call.status is CallStatus.OPEN and call.withdrawn_at is None and not is_over
