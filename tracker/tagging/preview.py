"""The pure half of a preview: which calls would gain or lose a spearhead, and how widely a rule would match.

The other half, which reads the archive, is `jobs.rulebook.preview`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from db.calls import Call, CallStatus
from db.strategies import Rule
from tracker.calls.changes import brussels_day
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import Index, SpearheadScore, spearhead_scores
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.rulebook_edits import Edit

SAMPLE = 200  # calls from which a common rule's share is estimated; right to about 3 in 100
COMMON = 0.10  # of the archive: a rule that matches more is warned of; the share of rarer ones is not measured
TOO_COMMON = 0.25  # one that matches more than this is refused
WEEKS = 26  # by which the calls per week are averaged


@dataclass(frozen=True, slots=True)
class Shift:
    """A call that gains or loses a spearhead by an edit, with the words that match (for a loss: matched so far)."""

    call: Call
    spearhead: str
    score: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """How many calls a new or changed rule would match.

    `hits` is how many of the `archive`'s calls match: counted (`measure` is ""), estimated from a sample ("about "), or
    bounded by the words that they must contain ("at most "). Among the calls that the edit can touch, `beside` counts
    the spearhead's other rules that match with it, and `alone` the calls where no other does.
    """

    rule: Rule
    hits: int
    measure: str
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
    `broken` are examples that pass now and would fail, or that come with the edit and would fail.
    """

    edit: Edit
    touched: frozenset[str]
    gained: tuple[Shift, ...]
    lost: tuple[Shift, ...]
    archive: int
    uses: tuple[Use, ...]
    broken: tuple[Example, ...]
    reached: tuple[int, ...]


@dataclass(slots=True)
class _Tally:
    """What a preview has counted so far; hits, alone and beside are by rule key."""

    pins: Collection[tuple[int, str]]
    gained: list[Shift] = field(default_factory=list)
    lost: list[Shift] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    beside: dict[str, Counter[str]] = field(default_factory=dict)


def _count(tally: _Tally, call: Call, old: Index, new: Index, rules: Collection[Rule]) -> None:
    document = from_facts(call)
    before, after = (
        {score.spearhead.key: score for score in spearhead_scores(index, document)} for index in (old, new)
    )
    _part(call, before, after, tally)
    for rule in rules:
        score = after.get(rule.spearhead)
        matching = {hit.rule.key for hit in score.hits} if score else set()
        if rule.key in matching:
            tally.hits[rule.key] += 1
            tally.alone[rule.key] += len(matching) == 1
            tally.beside.setdefault(rule.key, Counter()).update(matching - {rule.key})


def _part(call: Call, before: Mapping[str, SpearheadScore], after: Mapping[str, SpearheadScore], tally: _Tally) -> None:
    """Add what the call gains and loses; a pinned spearhead stays as it is."""
    for key in before.keys() | after.keys():
        old, new = _tagged(before.get(key)), _tagged(after.get(key))
        if (call.id, key) in tally.pins:
            continue
        if new and not old:
            tally.gained.append(_shift(call, new))
        if old and not new:
            tally.lost.append(_shift(call, old))


def _tagged(score: SpearheadScore | None) -> SpearheadScore | None:
    return score if score and score.is_tagged else None


def _shift(call: Call, score: SpearheadScore) -> Shift:
    return Shift(call, score.spearhead.key, score.score, quoted_words(score.evidence))


def _can_be_kept(example: Example, book: Rulebook) -> bool:
    """Whether an example still counts: not if its rule is switched off or its spearhead is gone."""
    if example.rule and example.must:
        return any(rule.key == example.rule and rule.enabled for rule in book.rules)
    return any(spearhead.key == example.spearhead for spearhead in book.spearheads)


def weekly(preview: Preview, on: date) -> float:
    """Average the calls per week that the edit would have added to readers' mail in the last 26 weeks."""
    first = on - timedelta(weeks=WEEKS)
    return sum(first < news_on(shift.call) <= on for shift in preview.gained) / WEEKS


def news_on(call: Call) -> date:
    """Return the day on which a call would have been news: its opening, or the day we first saw it if earlier."""
    seen_on = brussels_day(call.first_seen_at)
    return min(call.opens_on, seen_on) if call.opens_on else seen_on


def counted(preview: Preview, by: Callable[[Shift], str]) -> list[str]:
    """Count the shifts by a group, the largest first: ["portal open +3 −1", …]."""
    gained, lost = (Counter(map(by, shifts)) for shifts in (preview.gained, preview.lost))
    groups = sorted(gained | lost, key=lambda group: (-gained[group] - lost[group], group))
    return [f"{group} +{gained[group]} −{lost[group]}" for group in groups]


def of_source_and_status(shift: Shift) -> str:
    """Group a shift by its call's source and status: "portal open"."""
    return f"{shift.call.source} {shift.call.status.value}"


def is_open(call: Call, on: date) -> bool:
    """Whether one can apply to the call on this day."""
    is_over = call.closes_on is not None and call.closes_on < on
    return call.status is CallStatus.OPEN and call.withdrawn_at is None and not is_over
