"""Judged calls as lines of a file, and what was judged of them."""

import json

import pytest

from tests.tracker.tagging.rulebooks import rule, rulebook, said
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Judged, evaluate, judged_line, read_judged
from tracker.tagging.index import compile_rules
from tracker.tagging.lemmas import Lemmas

TOPIC = Document(
    id="portal:1TOPICSen",
    title="Leipomoiden haku",
    text="Leipää ja olutta.",
    identifier="HORIZON-CL6-2026-01",
    call_title="Call 1",
    destination="Fair food",
    programme="HORIZON",
    type_of_action="Research and Innovation Actions",
    source="portal",
    language="fi",
)
CASCADE = Document(
    id="portal:2COMPETITIVE_CALLen",
    title="Second open call",
    identifier="HORIZON-CL6-2022-FARM2FORK",
    call_title="Farming in practice",
    programme="HORIZON",
    source="portal",
    of_parent=True,
)
NOTICE = Document(id="eura:3", title="Haku", source="eura", audience=("municipality",), language="fi")
ELSEWHERE = Document(
    id="eccp:4", title="Own", call_title="Parent", programme="SMP", source="eccp", language="en", of_parent=True
)


@pytest.mark.parametrize("document", [TOPIC, CASCADE, NOTICE, ELSEWHERE])
@pytest.mark.parametrize("judged", [None, frozenset({"food"})])
def test_a_judged_call_is_read_as_it_was_written(
    document: Document, judged: frozenset[str] | None, lemmas: Lemmas
) -> None:
    call = Judged(document, {"food": 2}, judged)
    assert read_judged([json.dumps(judged_line(call), ensure_ascii=False)], lemmas) == [call]


@pytest.mark.parametrize(("judged", "wrong"), [(None, 1), (["design"], 0), (["food"], 1)])
def test_a_spearhead_that_nobody_judged_counts_neither_way(
    judged: list[str] | None, wrong: int, lemmas: Lemmas
) -> None:
    line = {"id": "1", "title": "Food for all", "grades": {}} | ({"judged": judged} if judged else {})
    index = compile_rules(rulebook(rule("food")), lemmas)
    score = evaluate(index, read_judged([json.dumps(line)], lemmas), ["food"])["food"]
    assert (score.hits, len(score.false)) == (0, wrong)


def test_who_judged_nothing_judged_every_spearhead() -> None:
    assert Judged(said("food"), {"food": 2}).grade("design") == 0
    assert Judged(said("food"), {"food": 2}, frozenset({"food"})).grade("design") == 1


@pytest.mark.parametrize("judged", ["food", [1], {"food": 2}])
def test_what_names_no_spearheads_is_told_of(judged: object, lemmas: Lemmas) -> None:
    with pytest.raises(ValueError, match="judged is a list"):
        read_judged([json.dumps({"id": "1", "judged": judged})], lemmas)
