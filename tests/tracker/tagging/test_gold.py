"""The region's rules on judged calls, and the arithmetic of their scores."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tracker.tagging.rulebooks import rule, rulebook, said
from tracker.tagging.evaluate import Judged, Score, evaluate, read_judged
from tracker.tagging.index import Index, compile_rules
from tracker.tagging.lemmas import Lemmas

WITH_AND_WITHOUT_VOIKKO = True
SPEARHEADS = ("sport", "food", "manufacturing", "circular", "design", "experiences")
ENOUGH = 8  # positives, below which a spearhead's own figures mean little


@pytest.fixture(scope="module")
def judged(shared: Path, lemmas: Lemmas) -> list[Judged]:
    file = shared / "gold" / "portal-dev.jsonl"
    if not file.exists():
        pytest.skip("../shared/gold/portal-dev.jsonl (judged calls) is not here")
    return read_judged(file.read_text("utf-8").splitlines(), lemmas)


@pytest.fixture(scope="module")
def scores(index: Index, judged: list[Judged]) -> dict[str, Score]:
    return evaluate(index, judged, SPEARHEADS)


def test_most_of_what_is_tagged_is_right_and_most_that_is_right_is_tagged(scores: dict[str, Score]) -> None:
    assert scores["micro"].precision >= 0.95
    assert scores["micro"].recall >= 0.93


@pytest.mark.parametrize("spearhead", SPEARHEADS)
def test_each_spearhead_with_enough_positives_holds_its_own(scores: dict[str, Score], spearhead: str) -> None:
    score = scores[spearhead]
    if score.hits + len(score.missed) >= ENOUGH:
        assert score.precision >= 0.85
        assert score.recall >= 0.85


@pytest.mark.parametrize("half", [0, 1])
def test_either_half_of_the_judged_calls_is_tagged_well(index: Index, judged: list[Judged], half: int) -> None:
    assert evaluate(index, judged[half::2], SPEARHEADS)["micro"].f1 >= 0.90


def test_a_call_without_its_text_is_mostly_known_by_its_title_and_codes(index: Index, judged: list[Judged]) -> None:
    """Cascade calls come so; and what a title or a code says holds for calls not seen yet."""
    bare = [Judged(replace(one.document, text=""), one.grades) for one in judged]
    score = evaluate(index, bare, SPEARHEADS)["micro"]
    assert score.precision >= 0.95
    assert score.recall >= 0.90


def test_borderline_grades_count_neither_way(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food")), lemmas)
    graded = [("food", 2), ("food", 1), ("food", 0), ("wine", 2), ("wine", 1), ("wine", 0)]
    judged = [Judged(said(text), {"food": grade}) for text, grade in graded]
    score = evaluate(index, judged, ["food"])["food"]
    assert (score.hits, len(score.false), len(score.missed)) == (1, 1, 1)
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)


def test_nothing_tagged_and_nothing_wanted_is_a_full_score() -> None:
    assert (Score(0, (), ()).precision, Score(0, (), ()).recall) == (1.0, 1.0)
    assert Score(0, ("x",), ("y",)).f1 == 0.0
