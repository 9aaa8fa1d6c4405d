"""Preview an edit on the whole archive before it is saved: which calls would gain or lose a spearhead, and why.

An edit is a whole rulebook as it would be, whether a rule, a mask, a threshold or a strategy differs. Reads the
database only; the counting is `tracker.tagging.preview`, saving is `jobs.rulebook.saving`.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import replace
from datetime import date

from sqlmodel import Session

from db import calls, rule_points, search, strategies, subscribers
from db.strategies import Level, Rule
from db.subscribers import InterestRow
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.tagging import BATCH
from tracker.digests.interests import InterestQuery, Reason, queries_of
from tracker.errors import Code
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import Example, broken
from tracker.tagging.index import Index, compile_rules, rulebook_fingerprint
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.preview import (
    Moved,
    Preview,
    Shift,
    Trial,
    Use,
    _can_be_kept,
    counted_points,
    is_open,
    stored_points,
)
from tracker.tagging.rulebook_edits import Difference, Edit, check_lines, differing, narrowed
from tracker.tagging.search import Reach, lemma_text, reach_of


def preview_edit(
    session: Session, compiled: CompiledRules, edit: Edit, language: str = "en", most: int | None = None
) -> Preview:
    """Work out what an edit would do; changes nothing. With `most`, of more calls than these only some are tried.

    RuleError (in this language) if a line does not parse; NotFound if it names an unknown spearhead.
    """
    check_lines(edit.before, edit.book, language)
    difference = differing(edit.before, edit.book)
    trial = _trial(session, compiled.lemmas, edit, difference)
    within = reach_of(difference.lines, compiled.lemmas)
    reached = _reached(session, within)
    outdated = rule_points.not_given_by(session, rulebook_fingerprint(edit.before, compiled.lemmas))
    tried = reached if most is None or len(reached) <= most else reached[:: -(-len(reached) // most)]
    for batch in batches(tried):
        _try_on(session, trial, batch, outdated)
    preview = Preview(
        edit=edit,
        touched=difference.spearheads,
        gained=_shifts(session, trial.gained, trial.new),
        lost=_shifts(session, trial.lost, trial.old),
        archive=calls.count_calls(session),
        uses=(),
        broken=_newly_broken(session, trial, edit, within),
        reached=tuple(reached),
        tried=len(tried),
    )
    return replace(preview, uses=tuple(_use(session, trial, rule, preview, outdated) for rule in difference.rules))


def _trial(session: Session, lemmas: Lemmas, edit: Edit, difference: Difference) -> Trial:
    given = {example.spearhead for example in (*edit.examples, *(edit.of_file or ()))}
    before, after = (narrowed(book, difference.spearheads | given) for book in (edit.before, edit.book))
    anew = replace(after, rules=tuple(rule for rule in after.rules if rule.key in difference.recount))
    return Trial(
        old=compile_rules(before, lemmas),
        new=compile_rules(after, lemmas),
        anew=compile_rules(anew, lemmas),
        difference=difference,
        pins={(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)},
    )


def _try_on(session: Session, trial: Trial, ids: Sequence[int], outdated: Collection[int]) -> None:
    """Try an edit on these calls: by what is stored of them, and reading only what must be counted anew."""
    stored = stored_points(trial.old, rule_points.points_of(session, ids))
    to_read = ids if trial.difference.recount else [call_id for call_id in ids if call_id in outdated]
    documents = {call.id: from_facts(call) for call in calls.calls_to_try(session, to_read)}
    for call_id in ids:
        document = documents.get(call_id)
        is_unsure = document and call_id in outdated
        was = counted_points(trial.old, document) if document and is_unsure else stored.get(call_id, [])
        trial.try_on(call_id, was, document)


def _shifts(session: Session, moved: Sequence[Moved], rules: Index) -> tuple[Shift, ...]:
    found = {call.id: call for call in calls.calls_to_try(session, {one.call_id for one in moved})}
    return tuple(Shift(found[call_id], spearhead, score, rules) for call_id, spearhead, score in moved)


def _reached(session: Session, within: Reach) -> list[int]:
    """The ids of the calls within reach, ascending."""
    return sorted(search.indexed(session) if within.everything else search.reached(session, within.groups))


def _use(session: Session, trial: Trial, rule: Rule, preview: Preview, outdated: Set[int]) -> Use:
    """How many calls a rule matches: of those that the edit reaches as counted, of the rest as stored."""
    known = any(known.key == rule.key for known in trial.old.rulebook.rules)
    others = rule_points.calls_given(session, rule.key).difference(preview.reached) if known else ()
    hits = round(preview.estimated(trial.hits[rule.key])) + len(others)
    at_least = Code.AT_LEAST if known and not outdated <= set(preview.reached) else None
    measure = Code.ABOUT if preview.tried < len(preview.reached) else at_least
    beside = tuple(trial.beside.get(rule.key, Counter()).most_common(5))
    return Use(rule, hits, measure, preview.archive, beside, trial.alone[rule.key])


def _newly_broken(session: Session, trial: Trial, edit: Edit, within: Reach) -> tuple[Example, ...]:
    """Find the examples that come with the edit and would fail, and the stored ones that pass now and would fail."""
    stored = kept_examples(session, None if edit.of_file is None else False, trial.difference.spearheads)
    can_be_kept = [example for example in stored if _can_be_kept(example, edit.book)]
    affected = [one for one in can_be_kept if within.holds(*lemma_text(trial.new, one.document))]
    failing = broken(trial.new, affected)
    already = broken(trial.old, failing)
    newly = [example for example in failing if example not in already]
    return (*broken(trial.new, [*edit.examples, *(edit.of_file or ())]), *newly)


def readers(session: Session, preview: Preview, on: date) -> dict[int, int]:
    """Count the open calls that each active follower of a touched spearhead would gain: subscriber id → calls."""
    gained = [shift for shift in preview.gained if is_open(shift.call, on)]
    own = [spearhead.key for spearhead in preview.edit.book.spearheads if spearhead.level is Level.OWN]
    theirs: dict[int, int] = {}
    for alike, interest_queries in asked_by_readers(session, own):
        if any(preview.touched.intersection(query.spearheads) for query in interest_queries):
            ids = {shift.call.id for shift in gained if any(_meets(query, shift) for query in interest_queries)}
            theirs |= dict.fromkeys(alike, round(preview.estimated(len(ids))))
    return theirs


def asked_by_readers(session: Session, own: Sequence[str]) -> Iterator[tuple[Sequence[int], tuple[InterestQuery, ...]]]:
    """What active readers want, where `own` are the region's own tags: the ids of those who want the same, and it."""
    rows: dict[tuple[int, bool], list[InterestRow]] = {}
    for reader, own_region, row in subscribers.active_interests(session):
        rows.setdefault((reader, own_region), []).append(row)
    alike: dict[tuple[tuple[InterestRow, ...], bool], list[int]] = {}
    for (reader, own_region), interests in rows.items():
        alike.setdefault((tuple(interests), own_region), []).append(reader)
    for (interests_alike, own_region), ids in alike.items():
        yield ids, queries_of(interests_alike, tuple(own) if own_region else ())


def _meets(interest_query: InterestQuery, shift: Shift) -> bool:
    return bool(interest_query.reasons(shift.call, [Reason(shift.spearhead, (), ())]))


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split ids into batches small enough for one query."""
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]
