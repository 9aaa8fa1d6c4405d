"""Tag calls: match them against the present rules, apply pins, and store their spearheads and their lemmas.

Matching is `tracker.tagging`. A pin, which is a decision by hand, overrides what the rules find.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from db import calls, contexts, search, strategies
from db.calls import CallFacts
from db.eligibility import eligibility_of_calls
from db.rule_points import PointsGiven, replace_points
from db.runs import Run
from db.strategies import NewTagging, Pin
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from jobs.base.runs import recorded
from tracker.calls.changes import remembered
from tracker.tagging.documents import LITTLE_TEXT, from_facts
from tracker.tagging.index import Index, Tag, spearhead_scores, tags_of
from tracker.tagging.search import lemma_text

BATCH = 500


def tag_calls(session: Session, compiled: CompiledRules, facts: Mapping[int, CallFacts], now: datetime) -> int:
    """Tag these calls (id → facts) and index their words for search; returns how many taggings they have.

    Projects' own calls with little text are tagged with them where the text of their topic came or changed.
    """
    if not facts:
        return 0
    index, name = compiled.index(session)
    facts = _with_their_projects(session, facts)
    known, said = eligibility_of_calls(session, list(facts)), contexts.contexts_of(session, list(facts))
    pins = strategies.pins_of(session, list(facts))
    taggings, points, lemmas = [], [], []
    for call_id, fact in facts.items():  # each call's words are split once for both
        document = from_facts(fact, known[call_id].yes if call_id in known else (), said.get(call_id))
        scores = spearhead_scores(index, document)
        tags = pinned(tags_of(index, scores), pins.get(call_id, ()), index)
        taggings += [new_tagging(call_id, tagged, now) for tagged in tags]
        hits = [hit for score in scores for hit in score.hits]
        points += [PointsGiven(call_id, hit.rule.key, hit.points, hit.is_of_context) for hit in hits]
        lemmas.append((call_id, *lemma_text(index, document)))
    strategies.replace_taggings(session, list(facts), taggings)
    replace_points(session, list(facts), points)
    search.put(session, lemmas)
    strategies.note_tagged(session, list(facts), name)
    return len(taggings)


def _with_their_projects(session: Session, facts: Mapping[int, CallFacts]) -> Mapping[int, CallFacts]:
    """Add the calls of projects that are read with the text of one of these topics, if it is new there."""
    changed = contexts.note_contexts(session, list(facts), LITTLE_TEXT)
    others = calls.calls_by_id(session, set(changed) - facts.keys())
    return {**facts, **{call_id: remembered(call) for call_id, call in others.items()}}


def pinned(tags: Sequence[Tag], pins: Iterable[Pin], index: Index) -> list[Tag]:
    """Apply pins to tags: excluded spearheads go; included ones stay, or are added with score 0 and no evidence."""
    by_spearhead = {tagged.spearhead: tagged for tagged in tags}
    for pin in pins:
        if not pin.is_included:
            by_spearhead.pop(pin.spearhead, None)
        elif pin.spearhead not in by_spearhead and pin.spearhead in index.homes:
            spearhead = index.spearheads[pin.spearhead]
            home = index.homes[pin.spearhead]
            by_spearhead[pin.spearhead] = Tag(home.key, pin.spearhead, spearhead.level, 0, ())
    return list(by_spearhead.values())


def new_tagging(call_id: int, tagged: Tag, now: datetime) -> NewTagging:
    """Turn a tag into a tagging of this call."""
    evidence = [matched._asdict() for matched in tagged.evidence]
    return NewTagging(
        call_id=call_id,
        strategy=tagged.strategy,
        spearhead=tagged.spearhead,
        score=tagged.score,
        evidence=evidence,
        tagged_at=now,
    )


def retag_all(app: App) -> Run:
    """Tag every call that the present rules have not tagged yet; makes no news. Each batch is one transaction."""
    with recorded(app.db, "retag", None, app.clock) as run:
        run.counts = {"calls": 0, "taggings": 0}
        while True:
            with app.db.write() as session:
                _, name = app.compiled.index(session)
                due = strategies.not_tagged_with(session, name, BATCH)
                if not due:
                    return run
                facts = {call.id: remembered(call) for call in due if call.id is not None}
                run.counts["taggings"] += tag_calls(session, app.compiled, facts, app.clock())
                run.counts["calls"] += len(facts)
