"""Retag: hold calls against the rules as they stand, and write their spearheads and their lemmas down.

Does not decide what matches (`tracker.tagging`); pins, the decisions by hand, stand above what it finds.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlmodel import Session

from db import search, strategies
from db.calls import CallFacts
from db.runs import Run
from db.strategies import NewTagging, Pin
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from jobs.base.runs import recorded
from tracker.calls.changes import remembered
from tracker.tagging.documents import from_facts
from tracker.tagging.index import Index, Tag, tag
from tracker.tagging.search import lemma_text

BATCH = 500


def tag_calls(session: Session, compiled: CompiledRules, facts: Mapping[int, CallFacts], now: datetime) -> int:
    """Tag these calls (id → facts) and index their words; gives back how many taggings they have."""
    if not facts:
        return 0
    index, name = compiled.index(session)
    documents = {call_id: from_facts(one) for call_id, one in facts.items()}
    pins = strategies.pins_of(session, list(facts))
    taggings = [
        new_tagging(call_id, found, now)
        for call_id, document in documents.items()
        for found in pinned(tag(index, document), pins.get(call_id, ()), index)
    ]
    strategies.replace_taggings(session, list(facts), taggings)
    search.put(session, [(i, *lemma_text(index, document)) for i, document in documents.items()])
    strategies.note_tagged(session, list(facts), name)
    return len(taggings)


def pinned(found: Sequence[Tag], pins: Iterable[Pin], index: Index) -> list[Tag]:
    """The tags with the decisions by hand above them: those excluded gone, those included there with what is found."""
    tags = {one.spearhead: one for one in found}
    for pin in pins:
        if not pin.is_included:
            tags.pop(pin.spearhead, None)
        elif pin.spearhead not in tags and pin.spearhead in index.homes:
            spearhead = index.spearheads[pin.spearhead]
            tags[pin.spearhead] = Tag(index.homes[pin.spearhead].key, pin.spearhead, spearhead.level, 0, ())
    return list(tags.values())


def new_tagging(call_id: int, found: Tag, now: datetime) -> NewTagging:
    """A tag as a tagging of this call."""
    evidence = [one._asdict() for one in found.evidence]
    return NewTagging(
        call_id=call_id,
        strategy=found.strategy,
        spearhead=found.spearhead,
        score=found.score,
        evidence=evidence,
        tagged_at=now,
    )


def retag_all(app: App) -> Run:
    """Tag every call that the rules as they stand have not tagged yet; makes no news. A batch is a transaction."""
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
