"""Preview an edit on the whole archive before it is saved: which calls would gain or lose a spearhead, and why.

An edit is a whole rulebook as it would be, whether a rule, a mask, a threshold or a strategy differs. Reads the
database only; the counting is `tracker.tagging.preview`, saving is `jobs.rulebook.saving`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from sqlmodel import Session

from db import calls, search, strategies, subscribers
from db.strategies import Level, Mask, Rule
from db.subscribers import SubscriberState
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.tagging import BATCH
from tracker.digests.interests import InterestQuery, Reason, query_of, with_own_region
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.index import Index, compile_rules, spearhead_scores
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.preview import COMMON, SAMPLE, Preview, Shift, Use, _can_be_kept, _count, _Tally, is_open
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.rulebook_edits import Difference, Edit, check_lines, differing, narrowed
from tracker.tagging.search import Reach, reach

FEWER = 5  # of a sample, every fifth call is looked at first
ROUGHLY = 0.09  # how far a share of so few may be off, near the share that is warned of


def preview_edit(session: Session, compiled: CompiledRules, edit: Edit, language: str = "en") -> Preview:
    """Work out what an edit would do; changes nothing.

    RuleError (in this language) if a line does not parse; NotFound if it names an unknown spearhead.
    """
    before, after = edit.before, edit.book
    check_lines(before, after, language)
    difference = differing(before, after)
    spearheads = difference.spearheads.union(example.spearhead for example in (*edit.examples, *(edit.of_file or ())))
    old, new = (compile_rules(narrowed(book, spearheads), compiled.lemmas) for book in (before, after))
    reached = reached_by(session, compiled.lemmas, difference.lines)
    tally = _Tally({(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)})
    for call in calls.calls_to_try(session, reached):
        _count(tally, call, old, new, difference.rules)
    archive = calls.count_calls(session)
    return Preview(
        edit=edit,
        touched=difference.spearheads,
        gained=tuple(tally.gained),
        lost=tuple(tally.lost),
        archive=archive,
        uses=tuple(_use(session, new, rule, before, archive, reached, tally) for rule in difference.rules),
        broken=_newly_broken(session, old, new, edit, difference),
        reached=tuple(reached),
    )


def reached_by(session: Session, lemmas: Lemmas, lines: Iterable[Rule | Mask]) -> list[int]:
    """Find the ids of the calls whose tags may depend on these lines, by the words they must contain; ascending."""
    reached = Reach()
    for line in lines:
        reached |= reach(line, lemmas)
    if reached.everything:
        return sorted(search.indexed(session))
    return sorted(search.reached(session, reached.groups))


def _use(
    session: Session, new: Index, rule: Rule, before: Rulebook, archive: int, reached: Collection[int], tally: _Tally
) -> Use:
    hits, measure = tally.hits[rule.key], ""
    if any(known.key == rule.key for known in before.rules):
        hits, measure = _measured(session, new, rule, archive, reached, hits)
    beside = tuple(tally.beside.get(rule.key, Counter()).most_common(5))
    return Use(rule, hits, measure, archive, beside, tally.alone[rule.key])


def _measured(
    session: Session, new: Index, rule: Rule, archive: int, reached: Collection[int], hits: int
) -> tuple[int, str]:
    """Count or estimate the calls that match a rule, where only the `reached` ones were tried.

    Returns the number and how it was measured, as in `Use.measure`.
    """
    in_reach = reached_by(session, new.lemmas, [rule])
    if set(in_reach) <= set(reached):
        return hits, ""
    if len(in_reach) <= max(COMMON * archive, hits):
        return max(len(in_reach), hits), "at most " if len(in_reach) > hits else ""
    sample = in_reach[:: -(-len(in_reach) // SAMPLE)]
    few = sample[::FEWER] if len(sample) < len(in_reach) else sample
    share = _matching(session, new, rule, few)
    if (share + ROUGHLY) * len(in_reach) > COMMON * archive and few is not sample:
        share = _matching(session, new, rule, sample)  # a few do not tell that it is surely not common
    return max(hits, round(len(in_reach) * share)), "about " if len(sample) < len(in_reach) else ""


def _matching(session: Session, new: Index, rule: Rule, ids: Sequence[int]) -> float:
    """The share of these calls that match a rule."""
    matching = sum(
        any(hit.rule.key == rule.key for score in spearhead_scores(new, from_facts(call)) for hit in score.hits)
        for call in calls.calls_to_try(session, ids)
    )
    return matching / len(ids)


def _newly_broken(session: Session, old: Index, new: Index, edit: Edit, difference: Difference) -> tuple[Example, ...]:
    """Find the examples that come with the edit and would fail, and the stored ones that pass now and would fail."""
    stored = kept_examples(session, from_file=None if edit.of_file is None else False)
    affected = [example for example in stored if difference.is_read(example) and _can_be_kept(example, edit.book)]
    failing = broken(new, affected)
    already = broken(old, failing)
    newly = [example for example in failing if example not in already]
    return (*broken(new, [*edit.examples, *(edit.of_file or ())]), *newly)


def readers(session: Session, preview: Preview, on: date) -> dict[int, int]:
    """Count the open calls that each active follower of a touched spearhead would gain: subscriber id → calls."""
    gained = [shift for shift in preview.gained if is_open(shift.call, on)]
    return {
        reader: len({shift.call.id for shift in gained if any(_meets(query, shift) for query in interest_queries)})
        for reader, interest_queries in _asked(session, preview.edit.book)
        if any(preview.touched.intersection(query.spearheads) for query in interest_queries)
    }


def _asked(session: Session, book: Rulebook) -> Iterator[tuple[int, tuple[InterestQuery, ...]]]:
    """What each active reader would want under a rulebook: subscriber id and queries."""
    own = [spearhead.key for spearhead in book.spearheads if spearhead.level is Level.OWN]
    everyone = subscribers.all_subscribers(session)
    active = {reader.id or 0: reader for reader in everyone if reader.state is SubscriberState.ACTIVE}
    for batch in batches(list(active)):
        for reader, interests in subscribers.interests_of(session, batch).items():
            yield reader, with_own_region(list(map(query_of, interests)), own if active[reader].own_region else ())


def _meets(interest_query: InterestQuery, shift: Shift) -> bool:
    return bool(interest_query.reasons(shift.call, [Reason(shift.spearhead, (), ())]))


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split ids into batches small enough for one query."""
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]
