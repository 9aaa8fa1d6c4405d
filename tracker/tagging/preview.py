"""What an edit would do to calls: the pure half of a preview."""

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

SAMPLE = 200  # calls by which a common rule's share is reckoned; right to some 3 in 100


COMMON = 0.10  # of the archive; of rarer rules it is enough to know that they are


WEEKS = 26


@dataclass(frozen=True, slots=True)
class Shift:
    """A spearhead that a call gains or loses by an edit, with the words that matched (of a loss: those that did)."""

    call: Call
    spearhead: str
    score: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """How widely a rule would hold that is new or other than now.

    `hits` of the archive's calls hold it: counted (`measure` is ""), "at most", by the words that they must have, or
    "about", reckoned from a sample. `beside` counts the other rules of its spearhead that hold where it does, `alone`
    the calls where none does, both among those that the edit can touch.
    """

    rule: Rule
    hits: int
    measure: str
    archive: int
    beside: tuple[tuple[str, int], ...]
    alone: int

    @property
    def share(self) -> float:
        """The part of the archive that holds the rule."""
        return self.hits / self.archive if self.archive else 0.0


@dataclass(frozen=True, slots=True)
class Preview:
    """An edit against the whole archive.

    `touched` are the spearheads and `reached` the ids of the calls that it can change. `broken` are examples that were
    kept and would not be, or that come with the edit and would not be kept.
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
    """What a trial has counted so far; by rule, where it is a rule's."""

    pins: Collection[tuple[int, str]]
    gained: list[Shift] = field(default_factory=list)
    lost: list[Shift] = field(default_factory=list)
    hits: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    beside: dict[str, Counter[str]] = field(default_factory=dict)


def _count(tally: _Tally, call: Call, was: Index, now: Index, rules: Collection[Rule]) -> None:
    document = from_facts(call)
    before, after = ({one.spearhead.key: one for one in spearhead_scores(index, document)} for index in (was, now))
    _part(call, before, after, tally)
    for rule in rules:
        standing = after.get(rule.spearhead)
        holding = {hit.rule.key for hit in standing.hits} if standing else set()
        if rule.key in holding:
            tally.hits[rule.key] += 1
            tally.alone[rule.key] += len(holding) == 1
            tally.beside.setdefault(rule.key, Counter()).update(holding - {rule.key})


def _part(call: Call, before: Mapping[str, SpearheadScore], after: Mapping[str, SpearheadScore], tally: _Tally) -> None:
    """Add what the call gains and loses; what a pin decides does not shift."""
    for key in before.keys() | after.keys():
        was, now = _tagged(before.get(key)), _tagged(after.get(key))
        if (call.id, key) in tally.pins:
            continue
        if now and not was:
            tally.gained.append(_shift(call, now))
        if was and not now:
            tally.lost.append(_shift(call, was))


def _tagged(standing: SpearheadScore | None) -> SpearheadScore | None:
    return standing if standing and standing.is_tagged else None


def _shift(call: Call, standing: SpearheadScore) -> Shift:
    return Shift(call, standing.spearhead.key, standing.score, quoted_words(standing.evidence))


def _can_be_kept(example: Example, book: Rulebook) -> bool:
    """A rule that is switched off takes its own examples with it, and so does a spearhead that is gone."""
    if example.rule and example.must:
        return any(rule.key == example.rule and rule.enabled for rule in book.rules)
    return any(one.key == example.spearhead for one in book.spearheads)


def weekly(trial: Preview, on: date) -> float:
    """The calls a week that the edit would have added to readers' mail in the last 26 weeks."""
    first = on - timedelta(weeks=WEEKS)
    return sum(first < news_on(shift.call) <= on for shift in trial.gained) / WEEKS


def news_on(call: Call) -> date:
    """The day on which a call would have been news: its opening, or earlier if we saw it before."""
    seen_on = brussels_day(call.first_seen_at)
    return min(call.opens_on, seen_on) if call.opens_on else seen_on


def counted(trial: Preview, by: Callable[[Shift], str]) -> list[str]:
    """The difference in parts, the largest first: ["portal open +3 −1", …]."""
    gained, lost = (Counter(map(by, shifts)) for shifts in (trial.gained, trial.lost))
    both = sorted(gained | lost, key=lambda what: (-gained[what] - lost[what], what))
    return [f"{what} +{gained[what]} −{lost[what]}" for what in both]


def of_source_and_status(shift: Shift) -> str:
    """Whose call it is, and whether one can apply: "portal open"."""
    return f"{shift.call.source} {shift.call.status.value}"


def is_open(call: Call, on: date) -> bool:
    """Whether one can apply to it on this day."""
    is_over = call.closes_on is not None and call.closes_on < on
    return call.status is CallStatus.OPEN and call.withdrawn_at is None and not is_over
