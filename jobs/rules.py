"""Edits of rules: tried on the whole archive, saved as revisions, and their calls retagged; pins, decided by hand.

The functions behind `tracker rules` and `tracker pins`. Does not match (`tracker.tagging`), print, or import a whole
region (`jobs.tagger`).
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlmodel import Session

from db import calls, search, strategies, subscribers
from db.calls import Call, CallStatus, EventKind
from db.strategies import Pin, Rule, Weight
from db.subscribers import Interest, SubscriberState
from jobs.desk import Desk
from jobs.retag import BATCH, tag_calls
from jobs.runs import recorded
from jobs.tagger import Tagger, stored_rulebook
from tracker.changes import remembered, today
from tracker.errors import RuleError
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import Index, Standing, compile_rules, standings
from tracker.tagging.language import parse_rule
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.search import Reach, reach
from tracker.tagging.strategies import Rulebook
from tracker.wishes import Reason, wish_of

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
TOKENS = re.compile(r'[^\s()"]*"[^"]*"|[()]|[^\s()"]+')
LEAST_ARCHIVE = 100  # of fewer calls a share says nothing
SAMPLE = 200  # calls by which a common rule's share is reckoned; right to some 3 in 100
WARNED_SHARE = 0.10
REFUSED_SHARE = 0.25
WEEKS = 26


@dataclass(frozen=True, slots=True)
class Signed:
    """Who saves, and why; kept with every revision and pin."""

    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A spearhead that a call gains or loses by an edit, with the words that matched (of a loss: those that did)."""

    call: Call
    spearhead: str
    score: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """An edited rule against the whole archive, before it is saved.

    `reached` are the ids of all calls that the edit can touch. `hits` of the `archive`'s calls hold the rule: counted
    (`measure` is ""), "at most", by the words that they must have, or "about", reckoned from a sample. `beside` counts
    the other rules of its spearhead that hold where it does, `alone` the calls where none does, both among those
    reached. `broken` are examples that were kept and would not be.
    """

    old: Rule | None
    new: Rule
    gained: tuple[Shift, ...]
    lost: tuple[Shift, ...]
    hits: int
    measure: str
    archive: int
    beside: tuple[tuple[str, int], ...]
    alone: int
    broken: tuple[Example, ...]
    reached: tuple[int, ...]

    @property
    def share(self) -> float:
        """The part of the archive that holds the rule."""
        return self.hits / self.archive if self.archive else 0.0


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: `told` are the ids of the calls that became news as "added late"."""

    trial: Trial
    revision: int
    warnings: tuple[str, ...]
    retagged: int
    told: tuple[int, ...]


@dataclass(slots=True)
class _Tally:
    """What a trial has counted so far."""

    gained: list[Shift]
    lost: list[Shift]
    beside: Counter[str]
    hits: int = 0
    alone: int = 0


def try_rule(
    session: Session, tagger: Tagger, new: Rule, examples: Iterable[Example] = (), language: str = "en"
) -> Trial:
    """What a rule would do if it stood so; changes nothing.

    RuleError, in the language, where it does not parse or names no spearhead.
    """
    parse_rule(new.text, language)
    old, book = strategies.rule_named(session, new.key), stored_rulebook(session)
    _check_names(new, book)
    touched = {one.spearhead for one in (old, new) if one}
    before = compile_rules(narrowed(book, touched), tagger.lemmas)
    after = compile_rules(narrowed(edited(book, new), touched), tagger.lemmas)
    archive = calls.count_calls(session)
    reached = reached_by(session, tagger.lemmas, changed(old, new))
    tally = _Tally([], [], Counter())
    pins = {(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)}
    for call in calls.calls_to_try(session, reached):
        _count(tally, call, new, (before, after), pins)
    hits, measure = _measured(session, after, old, new, archive, reached, tally.hits)
    return Trial(
        old=old,
        new=new,
        gained=tuple(tally.gained),
        lost=tuple(tally.lost),
        hits=hits,
        measure=measure,
        archive=archive,
        beside=tuple(tally.beside.most_common(5)),
        alone=tally.alone,
        broken=_newly_broken(before, after, new, examples, touched),
        reached=tuple(reached),
    )


def _measured(
    session: Session, after: Index, old: Rule | None, new: Rule, archive: int, tried: Collection[int], hits: int
) -> tuple[int, str]:
    """How many calls hold a rule of which only the edited part was tried; no more is looked at than it takes."""
    if old is None or not new.enabled:
        return hits, ""
    ids = reached_by(session, after.lemmas, [new])
    if set(ids) <= set(tried):
        return hits, ""
    if len(ids) <= max(WARNED_SHARE * archive, hits):
        return max(len(ids), hits), "at most " if len(ids) > hits else ""
    sample = ids[:: -(-len(ids) // SAMPLE)]
    held = sum(
        any(hit.rule.key == new.key for one in standings(after, from_facts(call)) for hit in one.hits)
        for call in calls.calls_to_try(session, sample)
    )
    return max(hits, round(len(ids) * held / len(sample))), "about " if len(sample) < len(ids) else ""


def changed(old: Rule | None, new: Rule) -> list[Rule]:
    """The lines that reach whatever an edit can touch: both as a whole, or the alternatives that only one of them has.

    What both have holds or does not hold as before, wherever none of the others stands.
    """
    if old is None:
        return [new]
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


def _check_names(rule: Rule, book: Rulebook) -> None:
    if not KEY.fullmatch(rule.key):
        raise RuleError(f"{rule.key!r} is no key for a rule", hint="Use small letters, digits and -: food-farming-en")
    known = sorted(one.key for one in book.spearheads)
    if rule.spearhead not in known:
        raise RuleError(f"there is no spearhead {rule.spearhead!r}", hint=f"There are {', '.join(known)}")


def edited(book: Rulebook, rule: Rule) -> Rulebook:
    """The rulebook with this rule in place of the one of its key, or added."""
    others = tuple(one for one in book.rules if one.key != rule.key)
    return replace(book, rules=(*others, rule))


def narrowed(book: Rulebook, spearheads: Collection[str]) -> Rulebook:
    """The rulebook of some spearheads: they tag as in the whole one, and it is compiled and asked in less time."""
    return replace(
        book,
        spearheads=tuple(one for one in book.spearheads if one.key in spearheads),
        rules=tuple(rule for rule in book.rules if rule.spearhead in spearheads),
        masks=tuple(mask for mask in book.masks if mask.spearhead is None or mask.spearhead in spearheads),
    )


def reached_by(session: Session, lemmas: Lemmas, lines: Iterable[Rule]) -> list[int]:
    """The ids of the calls whose tags may depend on these rules, by the words that they must hold; in order."""
    reached = Reach()
    for line in lines:
        reached |= reach(line, lemmas)
    if reached.everything:
        return sorted(search.indexed(session))
    return sorted(search.reached(session, reached.groups))


def _count(
    tally: _Tally, call: Call, rule: Rule, indexes: tuple[Index, Index], pins: Collection[tuple[int, str]]
) -> None:
    document = from_facts(call)
    before, after = ({one.spearhead.key: one for one in standings(index, document)} for index in indexes)
    _part(call, before, after, pins, tally.gained, tally.lost)
    standing = after.get(rule.spearhead)
    holding = {hit.rule.key for hit in standing.hits} if standing else set()
    if rule.key in holding:
        tally.hits += 1
        tally.beside.update(holding - {rule.key})
        tally.alone += len(holding) == 1


def _part(
    call: Call,
    before: Mapping[str, Standing],
    after: Mapping[str, Standing],
    pins: Collection[tuple[int, str]],
    gained: list[Shift],
    lost: list[Shift],
) -> None:
    """Add what the call gains and loses; what a pin decides does not shift."""
    for key in before.keys() | after.keys():
        was, now = _tagged(before.get(key)), _tagged(after.get(key))
        if (call.id, key) in pins:
            continue
        if now and not was:
            gained.append(_shift(call, now))
        if was and not now:
            lost.append(_shift(call, was))


def _tagged(standing: Standing | None) -> Standing | None:
    return standing if standing and standing.is_tagged else None


def _shift(call: Call, standing: Standing) -> Shift:
    return Shift(call, standing.spearhead.key, standing.score, quoted_words(standing.evidence))


def _newly_broken(
    before: Index, after: Index, rule: Rule, examples: Iterable[Example], spearheads: Collection[str]
) -> tuple[Example, ...]:
    """Examples that would no longer be kept; a rule that is switched off takes its own with it."""
    tried = [
        one
        for one in examples
        if one.spearhead in spearheads and (rule.enabled or one.rule != rule.key or not one.must)
    ]
    was = broken(before, tried)
    return tuple(one for one in broken(after, tried) if one not in was or one.rule == rule.key)


def checked(trial: Trial, force: bool) -> tuple[str, ...]:
    """What the admin should know of an edit that may be saved; RuleError where it may not.

    Refused: an edit that breaks an example, and a rule that holds for more than a quarter of the archive; the
    latter passes by force if it is weak, for it never tags alone.
    """
    if trial.broken:
        names = "; ".join(told_example(one) for one in trial.broken)
        raise RuleError(f"{trial.new.key} would break {len(trial.broken)} example(s): {names}")
    if trial.archive < LEAST_ARCHIVE or trial.share <= WARNED_SHARE:
        return ()
    common = f"it holds for {trial.measure}{trial.hits} of {trial.archive} calls ({trial.share:.0%})"
    is_weak = trial.new.weight == Weight.WEAK
    if trial.share > REFUSED_SHARE and not (force and is_weak):
        hint = "Make it narrower with AND, a phrase or title:" + (", or use --force" if is_weak else "")
        raise RuleError(f"{trial.new.key} is too common: {common}", hint=hint)
    return (f"{trial.new.key} is common: {common}",)


def told_example(example: Example) -> str:
    """An example in a line: whose it is, and its words."""
    whose = f"{example.spearhead} (rule {example.rule})" if example.rule else example.spearhead
    must = "must match" if example.must else "must not match"
    return f"{whose} {must}: {example.document.title or example.document.text}"


def weekly(trial: Trial, on: date) -> float:
    """The calls a week that the edit would have added to readers' mail in the last 26 weeks."""
    first = on - timedelta(weeks=WEEKS)
    return sum(first < news_on(shift.call) <= on for shift in trial.gained) / WEEKS


def news_on(call: Call) -> date:
    """The day on which a call would have been news: its opening, or earlier if we saw it before."""
    seen_on = today(call.first_seen_at)
    return min(call.opens_on, seen_on) if call.opens_on else seen_on


def counted(trial: Trial) -> list[str]:
    """The difference by source and status, the largest first: ["portal open +3 −1", …]."""
    gained, lost = (
        Counter((shift.call.source, shift.call.status.value) for shift in shifts)
        for shifts in (trial.gained, trial.lost)
    )
    both = sorted(gained | lost, key=lambda what: (-gained[what] - lost[what], what))
    return [f"{source} {status} +{gained[source, status]} −{lost[source, status]}" for source, status in both]


def compared(session: Session, lemmas: Lemmas, old: Rulebook, new: Rulebook) -> tuple[list[Shift], list[Shift]]:
    """The spearheads that calls of the whole archive gain and lose from one rulebook to another, pins heeded."""
    before, after = compile_rules(old, lemmas), compile_rules(new, lemmas)
    pins = {(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)}
    gained: list[Shift] = []
    lost: list[Shift] = []
    for call in calls.calls_to_try(session):
        document = from_facts(call)
        was, now = ({one.spearhead.key: one for one in standings(i, document)} for i in (before, after))
        _part(call, was, now, pins, gained, lost)
    return gained, lost


def is_open(call: Call, on: date) -> bool:
    """Whether one can apply to it on this day."""
    is_over = call.closes_on is not None and call.closes_on < on
    return call.status is CallStatus.OPEN and call.withdrawn_at is None and not is_over


def readers(session: Session, trial: Trial, on: date) -> dict[int, int]:
    """The active subscribers who follow the rule's spearhead, and how many open calls each of them would gain."""
    active = [one.id or 0 for one in subscribers.all_subscribers(session) if one.state is SubscriberState.ACTIVE]
    gained = [shift for shift in trial.gained if is_open(shift.call, on)]
    return {
        reader: len({shift.call.id for shift in gained if any(_meets(interest, shift) for interest in interests)})
        for some in _batches(active)
        for reader, interests in subscribers.interests_of(session, some).items()
        if any(trial.new.spearhead in interest.spearheads for interest in interests)
    }


def _meets(interest: Interest, shift: Shift) -> bool:
    wish = wish_of(interest)
    return bool(wish.reasons(shift.call, [Reason(shift.spearhead, (), ())]))


def save(
    desk: Desk, new: Rule, signed: Signed, examples: Iterable[Example], *, force: bool = False, announce: bool = False
) -> Saved:
    """Save a rule as a new revision, and retag the calls it can reach; silently, unless it is announced.

    RuleError where it may not be saved (`checked`), stands so already, or was changed while it was tried.
    """
    with desk.db.read() as session:
        trial = try_rule(session, desk.tagger, new, examples)
    warnings = checked(trial, force)
    with recorded(desk.db, "retag", new.key, desk.clock) as run, desk.db.write() as session:
        if strategies.rule_named(session, new.key) != trial.old:
            raise RuleError(f"{new.key} was changed by somebody else meanwhile", hint="Look at it and try again")
        _, before = desk.tagger.index(session)
        if not strategies.save_rule(session, new, signed.author, signed.reason, desk.clock()):
            raise RuleError(f"{new.key} stands so already", hint="tracker rules show it")
        touched = {one.spearhead for one in (trial.old, new) if one}
        gained = retag(session, desk.tagger, trial.reached, touched, desk.clock())
        calls.note_retagged(session, before, desk.tagger.index(session)[1])
        told = _announce(session, gained, run.id or 0, desk.clock()) if announce else ()
        run.counts = {"calls": len(trial.reached), "gained": len(gained), "told": len(told)}
        revision = strategies.revisions_of(session, new.key)[-1].revision
    return Saved(trial, revision, warnings, len(trial.reached), told)


def retag(
    session: Session, tagger: Tagger, ids: Sequence[int], spearheads: Collection[str], now: datetime
) -> dict[int, list[str]]:
    """Tag these calls anew; gives back those that have any of these spearheads now and had it not, with which."""
    gained: dict[int, list[str]] = {}
    for some in _batches(ids):
        had = strategies.spearheads_of(session, some)
        tag_calls(session, tagger, {i: remembered(c) for i, c in calls.calls_by_id(session, some).items()}, now)
        for call_id, has in strategies.spearheads_of(session, some).items():
            if new := (has - had.get(call_id, set())).intersection(spearheads):
                gained[call_id] = sorted(new)
    return gained


def _announce(session: Session, gained: dict[int, list[str]], run_id: int, now: datetime) -> tuple[int, ...]:
    """Make the open ones of these calls news, to those who had no reason to be told of them before."""
    told = [call for call in calls.calls_to_try(session, gained) if is_open(call, today(now))]
    rows = [
        {"call_id": call.id, "run_id": run_id, "kind": EventKind.LATE, "at": now, "old": None}
        | {"new": {"spearheads": gained[call.id or 0]}}
        for call in told
    ]
    calls.add_events(session, rows)
    return tuple(call.id or 0 for call in told)


def rolled_back(session: Session, key: str, revision: int | None = None) -> Rule:
    """A rule as it was at a revision, by default at the last but one; one that has no earlier is switched off.

    RuleError where there is no such revision.
    """
    kept = {one.revision: one for one in strategies.revisions_of(session, key)}
    newest = max(kept, default=0)
    wanted = max(newest - 1, 1) if revision is None else revision
    if wanted not in kept:
        numbers = f"There are revisions {', '.join(map(str, kept))}" if kept else "tracker rules list has the keys"
        raise RuleError(f"{key} has no revision {wanted}", hint=numbers)
    rule = Rule(key=key, **{name: getattr(kept[wanted], name) for name in Rule.model_fields if name != "key"})
    is_undone = revision is None and newest == 1  # before its first revision there was no such rule
    return rule.model_copy(update={"enabled": rule.enabled and not is_undone})


def pin_call(desk: Desk, call_id: int, spearhead: str, is_included: bool, signed: Signed) -> None:
    """Decide by hand whether a call is a spearhead's, above all rules; the call is tagged anew at once, silently."""
    with desk.db.write() as session:
        known = sorted(one.key for one in strategies.all_spearheads(session))
        if spearhead not in known:
            raise RuleError(f"there is no spearhead {spearhead!r}", hint=f"There are {', '.join(known)}")
        decided = Pin(
            call_id=call_id,
            spearhead=spearhead,
            is_included=is_included,
            author=signed.author,
            at=desk.clock(),
            reason=signed.reason,
        )
        strategies.pin(session, decided)
        retag(session, desk.tagger, [call_id], [spearhead], desk.clock())


def unpin_call(desk: Desk, call_id: int, spearhead: str) -> bool:
    """Leave a call to the rules again, and tag it anew at once, silently; False where there was no pin."""
    with desk.db.write() as session:
        is_gone = strategies.unpin(session, call_id, spearhead)
        if is_gone:
            retag(session, desk.tagger, [call_id], [spearhead], desk.clock())
    return is_gone


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]
