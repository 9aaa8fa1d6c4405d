"""Edits tried on the whole archive before they are saved: which calls would gain and lose a spearhead, and why.

An edit is a rulebook as it would stand, whatever of it is other than now: a rule, a mask, a threshold or a whole
strategy. Does not save (`jobs.rules`), match (`tracker.tagging`) or print.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session

from db import calls, search, strategies, subscribers
from db.calls import Call, CallStatus
from db.strategies import Mask, Rule, Spearhead
from db.subscribers import Interest, SubscriberState
from jobs.examples import kept_examples
from jobs.retag import BATCH
from jobs.tagger import Tagger
from tracker.changes import today
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, RuleError
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import Index, Standing, compile_rules, standings
from tracker.tagging.language import check_line, parse_rule
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.search import Reach, reach
from tracker.tagging.strategies import Rulebook, home_of
from tracker.wishes import Reason, wish_of

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
TOKENS = re.compile(r'[^\s()"]*"[^"]*"|[()]|[^\s()"]+')
SAMPLE = 200  # calls by which a common rule's share is reckoned; right to some 3 in 100
COMMON = 0.10  # of the archive; of rarer rules it is enough to know that they are
WEEKS = 26


@dataclass(frozen=True, slots=True)
class Edit:
    """What would be saved under the name of `subject` (a rule's key, a file): the rulebook as it would stand.

    `before` is how it stood when the edit was made. `examples` come with it. `of_file` take the place of the region
    file's, where an import brings them.
    """

    subject: str
    before: Rulebook
    book: Rulebook
    examples: tuple[Example, ...] = ()
    of_file: tuple[Example, ...] | None = None


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
class Trial:
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


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two rulebooks can tag differently: for these spearheads, calls that one of these lines reaches."""

    spearheads: frozenset[str]
    lines: tuple[Rule | Mask, ...]
    rules: tuple[Rule, ...]  # that hold otherwise than before, as they would stand

    def is_read(self, example: Example) -> bool:
        """Whether an example is one of these spearheads', in a language that one of the lines reads."""
        languages = {line.language for line in self.lines}
        return example.spearhead in self.spearheads and not languages.isdisjoint({None, example.document.language})


def try_edit(session: Session, tagger: Tagger, edit: Edit, language: str = "en") -> Trial:
    """What an edit would do if it stood; changes nothing.

    RuleError, in the language, where a line does not parse; NotFound where it names no spearhead.
    """
    before, after = edit.before, edit.book
    check_lines(before, after, language)
    difference = differing(before, after)
    spearheads = difference.spearheads.union(one.spearhead for one in (*edit.examples, *(edit.of_file or ())))
    was, now = (compile_rules(narrowed(book, spearheads), tagger.lemmas) for book in (before, after))
    reached = reached_by(session, tagger.lemmas, difference.lines)
    tally = _Tally({(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)})
    for call in calls.calls_to_try(session, reached):
        _count(tally, call, was, now, difference.rules)
    archive = calls.count_calls(session)
    return Trial(
        edit=edit,
        touched=difference.spearheads,
        gained=tuple(tally.gained),
        lost=tuple(tally.lost),
        archive=archive,
        uses=tuple(_use(session, now, rule, before, archive, reached, tally) for rule in difference.rules),
        broken=_newly_broken(session, was, now, edit, difference),
        reached=tuple(reached),
    )


def check_lines(before: Rulebook, after: Rulebook, language: str) -> None:
    """Refuse a rule or mask that is new or other and cannot stand so; what the grammar says is in the language."""
    known = sorted(one.key for one in after.spearheads)
    lines: set[Rule | Mask] = {*after.rules, *after.masks}
    for line in sorted(lines.difference(before.rules, before.masks), key=lambda line: line.key):
        if not KEY.fullmatch(line.key):
            raise InputFaults(Fault(Code.BAD_KEY, "key", {"given": line.key}))
        if line.spearhead is not None and line.spearhead not in known:
            raise NotFound(Noun.SPEARHEAD, line.spearhead, known)
        if isinstance(line, Rule) and not line.enabled:  # what was saved in another age can be switched off
            parse_rule(line.text, language)
        else:
            check_line(line.text, language)


def differing(before: Rulebook, after: Rulebook) -> Difference:
    """Where two rulebooks can tag differently."""
    lines: list[Rule | Mask] = []
    spearheads: set[str] = set()
    rules = []
    for old, new in _paired(_in_force(before), _in_force(after)):
        lines += changed(old, new)
        spearheads |= {one.spearhead for one in (old, new) if one}
        rules += [new] if new else []
    every = {one.key for book in (before, after) for one in book.spearheads}
    for mask in {*before.masks} ^ {*after.masks}:
        lines.append(mask)
        spearheads |= {mask.spearhead} if mask.spearhead else every
    for key in every:
        if _bar(before, key) != _bar(after, key):
            spearheads.add(key)
            lines += [rule for book in (before, after) for rule in _in_force(book).values() if rule.spearhead == key]
    return Difference(frozenset(spearheads), tuple(dict.fromkeys(lines)), tuple(rules))


def _in_force(book: Rulebook) -> dict[str, Rule]:
    return {rule.key: rule for rule in book.rules if rule.enabled}


def _paired(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> Iterator[tuple[Rule | None, Rule | None]]:
    """The rules that are on one side only, or other there than here, by key."""
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield old.get(key), new.get(key)


def _bar(book: Rulebook, key: str) -> tuple[Any, ...] | None:
    """What besides its lines decides on a spearhead's tags, and whose they are; None where it is not tagged at all."""
    home = home_of(book.strategies, key)
    found = [one for one in book.spearheads if one.key == key]
    return (found[0].threshold, found[0].level, home.key) if found and home else None


def changed(old: Rule | None, new: Rule | None) -> list[Rule]:
    """The lines that reach whatever an edit can touch: both as a whole, or the alternatives that only one of them has.

    What both have holds or does not hold as before, wherever none of the others stands.
    """
    if old is None or new is None:
        return [one for one in (old, new) if one]
    if old.model_copy(update={"text": new.text}) != new:  # its points, texts or spearhead differ
        return [old, new]
    differing = sorted(alternatives(old.text) ^ alternatives(new.text))
    try:
        for text in differing:
            parse_rule(text)
    except RuleError:  # written in a way that does not part so simply
        return [old, new]
    return [new.model_copy(update={"text": text}) for text in differing]


def alternatives(text: str) -> frozenset[str]:
    """The parts of a line that stand between its outermost ORs."""
    parts: list[list[str]] = [[]]
    depth = 0
    for piece in TOKENS.findall(text):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "OR" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(piece)
    return frozenset(" ".join(part) for part in parts)


def with_rule(book: Rulebook, rule: Rule) -> Rulebook:
    """The rulebook with this rule in place of the one of its key, or added."""
    return replace(book, rules=(*(one for one in book.rules if one.key != rule.key), rule))


def with_mask(book: Rulebook, key: str, mask: Mask | None) -> Rulebook:
    """The rulebook with this mask in place of the one of the key, or added; without it, where it is None."""
    others = tuple(one for one in book.masks if one.key != key)
    return replace(book, masks=(*others, mask) if mask else others)


def with_threshold(book: Rulebook, spearhead: str, points: int) -> Rulebook:
    """The rulebook with another threshold of a spearhead."""

    def moved(one: Spearhead) -> Spearhead:
        return one.model_copy(update={"threshold": points}) if one.key == spearhead else one

    return replace(book, spearheads=tuple(map(moved, book.spearheads)))


def narrowed(book: Rulebook, spearheads: Collection[str]) -> Rulebook:
    """The rulebook of some spearheads: they tag as in the whole one, and it is compiled and asked in less time."""
    return replace(
        book,
        spearheads=tuple(one for one in book.spearheads if one.key in spearheads),
        rules=tuple(rule for rule in book.rules if rule.spearhead in spearheads),
        masks=tuple(mask for mask in book.masks if mask.spearhead is None or mask.spearhead in spearheads),
    )


def reached_by(session: Session, lemmas: Lemmas, lines: Iterable[Rule | Mask]) -> list[int]:
    """The ids of the calls whose tags may depend on these lines, by the words that they must hold; in order."""
    reached = Reach()
    for line in lines:
        reached |= reach(line, lemmas)
    if reached.everything:
        return sorted(search.indexed(session))
    return sorted(search.reached(session, reached.groups))


def _count(tally: _Tally, call: Call, was: Index, now: Index, rules: Collection[Rule]) -> None:
    document = from_facts(call)
    before, after = ({one.spearhead.key: one for one in standings(index, document)} for index in (was, now))
    _part(call, before, after, tally)
    for rule in rules:
        standing = after.get(rule.spearhead)
        holding = {hit.rule.key for hit in standing.hits} if standing else set()
        if rule.key in holding:
            tally.hits[rule.key] += 1
            tally.alone[rule.key] += len(holding) == 1
            tally.beside.setdefault(rule.key, Counter()).update(holding - {rule.key})


def _part(call: Call, before: Mapping[str, Standing], after: Mapping[str, Standing], tally: _Tally) -> None:
    """Add what the call gains and loses; what a pin decides does not shift."""
    for key in before.keys() | after.keys():
        was, now = _tagged(before.get(key)), _tagged(after.get(key))
        if (call.id, key) in tally.pins:
            continue
        if now and not was:
            tally.gained.append(_shift(call, now))
        if was and not now:
            tally.lost.append(_shift(call, was))


def _tagged(standing: Standing | None) -> Standing | None:
    return standing if standing and standing.is_tagged else None


def _shift(call: Call, standing: Standing) -> Shift:
    return Shift(call, standing.spearhead.key, standing.score, quoted_words(standing.evidence))


def _use(
    session: Session, now: Index, rule: Rule, before: Rulebook, archive: int, tried: Collection[int], tally: _Tally
) -> Use:
    hits, measure = tally.hits[rule.key], ""
    if any(one.key == rule.key for one in before.rules):
        hits, measure = _measured(session, now, rule, archive, tried, hits)
    beside = tuple(tally.beside.get(rule.key, Counter()).most_common(5))
    return Use(rule, hits, measure, archive, beside, tally.alone[rule.key])


def _measured(
    session: Session, now: Index, rule: Rule, archive: int, tried: Collection[int], hits: int
) -> tuple[int, str]:
    """How many calls hold a rule of which only the edited part was tried; no more is looked at than it takes."""
    ids = reached_by(session, now.lemmas, [rule])
    if set(ids) <= set(tried):
        return hits, ""
    if len(ids) <= max(COMMON * archive, hits):
        return max(len(ids), hits), "at most " if len(ids) > hits else ""
    sample = ids[:: -(-len(ids) // SAMPLE)]
    held = sum(
        any(hit.rule.key == rule.key for one in standings(now, from_facts(call)) for hit in one.hits)
        for call in calls.calls_to_try(session, sample)
    )
    return max(hits, round(len(ids) * held / len(sample))), "about " if len(sample) < len(ids) else ""


def _newly_broken(session: Session, was: Index, now: Index, edit: Edit, difference: Difference) -> tuple[Example, ...]:
    """The examples that come with the edit and would not be kept, and those that are kept and would not be any more."""
    kept = kept_examples(session, from_file=None if edit.of_file is None else False)
    stood = [one for one in kept if difference.is_read(one) and _can_be_kept(one, edit.book)]
    unkept = broken(now, stood)
    already = broken(was, unkept)
    newly = [one for one in unkept if one not in already]
    return (*broken(now, [*edit.examples, *(edit.of_file or ())]), *newly)


def _can_be_kept(example: Example, book: Rulebook) -> bool:
    """A rule that is switched off takes its own examples with it, and so does a spearhead that is gone."""
    if example.rule and example.must:
        return any(rule.key == example.rule and rule.enabled for rule in book.rules)
    return any(one.key == example.spearhead for one in book.spearheads)


def weekly(trial: Trial, on: date) -> float:
    """The calls a week that the edit would have added to readers' mail in the last 26 weeks."""
    first = on - timedelta(weeks=WEEKS)
    return sum(first < news_on(shift.call) <= on for shift in trial.gained) / WEEKS


def news_on(call: Call) -> date:
    """The day on which a call would have been news: its opening, or earlier if we saw it before."""
    seen_on = today(call.first_seen_at)
    return min(call.opens_on, seen_on) if call.opens_on else seen_on


def counted(trial: Trial, by: Callable[[Shift], str]) -> list[str]:
    """The difference in parts, the largest first: ["portal open +3 −1", …]."""
    gained, lost = (Counter(map(by, shifts)) for shifts in (trial.gained, trial.lost))
    both = sorted(gained | lost, key=lambda what: (-gained[what] - lost[what], what))
    return [f"{what} +{gained[what]} −{lost[what]}" for what in both]


def by_source_and_status(shift: Shift) -> str:
    """Whose call it is, and whether one can apply: "portal open"."""
    return f"{shift.call.source} {shift.call.status.value}"


def is_open(call: Call, on: date) -> bool:
    """Whether one can apply to it on this day."""
    is_over = call.closes_on is not None and call.closes_on < on
    return call.status is CallStatus.OPEN and call.withdrawn_at is None and not is_over


def readers(session: Session, trial: Trial, on: date) -> dict[int, int]:
    """The active subscribers who follow a touched spearhead, and how many open calls each of them would gain."""
    active = [one.id or 0 for one in subscribers.all_subscribers(session) if one.state is SubscriberState.ACTIVE]
    gained = [shift for shift in trial.gained if is_open(shift.call, on)]
    return {
        reader: len({shift.call.id for shift in gained if any(_meets(interest, shift) for interest in interests)})
        for some in batches(active)
        for reader, interests in subscribers.interests_of(session, some).items()
        if any(trial.touched.intersection(interest.spearheads) for interest in interests)
    }


def _meets(interest: Interest, shift: Shift) -> bool:
    wish = wish_of(interest)
    return bool(wish.reasons(shift.call, [Reason(shift.spearhead, (), ())]))


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids, so many at a time that a query can name them."""
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]
