"""Edits tried on the whole archive before they are saved: which calls would gain and lose a spearhead, and why.

An edit is a rulebook as it would stand, whatever of it is other than now: a rule, a mask, a threshold or a whole
strategy. Does not save (`jobs.rulebook.saving`), match (`tracker.tagging`) or print.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from sqlmodel import Session

from db import calls, search, strategies, subscribers
from db.strategies import Mask, Rule
from db.subscribers import Interest, SubscriberState
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.tagging import BATCH
from tracker.digests.interests import Reason, query_of
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.index import Index, compile_rules, spearhead_scores
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.preview import COMMON, SAMPLE, Preview, Shift, Use, _can_be_kept, _count, _Tally, is_open
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.rulebook_edits import Difference, Edit, check_lines, differing, narrowed
from tracker.tagging.search import Reach, reach


def preview_edit(session: Session, compiled: CompiledRules, edit: Edit, language: str = "en") -> Preview:
    """What an edit would do if it stood; changes nothing.

    RuleError, in the language, where a line does not parse; NotFound where it names no spearhead.
    """
    before, after = edit.before, edit.book
    check_lines(before, after, language)
    difference = differing(before, after)
    spearheads = difference.spearheads.union(one.spearhead for one in (*edit.examples, *(edit.of_file or ())))
    was, now = (compile_rules(narrowed(book, spearheads), compiled.lemmas) for book in (before, after))
    reached = reached_by(session, compiled.lemmas, difference.lines)
    tally = _Tally({(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)})
    for call in calls.calls_to_try(session, reached):
        _count(tally, call, was, now, difference.rules)
    archive = calls.count_calls(session)
    return Preview(
        edit=edit,
        touched=difference.spearheads,
        gained=tuple(tally.gained),
        lost=tuple(tally.lost),
        archive=archive,
        uses=tuple(_use(session, now, rule, before, archive, reached, tally) for rule in difference.rules),
        broken=_newly_broken(session, was, now, edit, difference),
        reached=tuple(reached),
    )


def reached_by(session: Session, lemmas: Lemmas, lines: Iterable[Rule | Mask]) -> list[int]:
    """The ids of the calls whose tags may depend on these lines, by the words that they must hold; in order."""
    reached = Reach()
    for line in lines:
        reached |= reach(line, lemmas)
    if reached.everything:
        return sorted(search.indexed(session))
    return sorted(search.reached(session, reached.groups))


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
        any(hit.rule.key == rule.key for one in spearhead_scores(now, from_facts(call)) for hit in one.hits)
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


def readers(session: Session, trial: Preview, on: date) -> dict[int, int]:
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
    interest_query = query_of(interest)
    return bool(interest_query.reasons(shift.call, [Reason(shift.spearhead, (), ())]))


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids, so many at a time that a query can name them."""
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]
