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


# What the rules are held to on each judged set: precision, recall.
WANTED = {"portal-dev": (0.97, 0.95), "portal-full-dev": (0.96, 0.96), "finnish-dev": (0.95, 0.95)}
SETS = pytest.mark.parametrize("name", WANTED)


@pytest.fixture(scope="module")
def judged(shared: Path, lemmas: Lemmas) -> dict[str, list[Judged]]:
    folder = shared / "gold"
    if not folder.exists():
        pytest.skip("../shared/gold (judged calls) is not here")
    return {name: read_judged((folder / f"{name}.jsonl").read_text("utf-8").splitlines(), lemmas) for name in WANTED}


@pytest.fixture(scope="module")
def scores(index: Index, judged: dict[str, list[Judged]]) -> dict[str, dict[str, Score]]:
    return {name: evaluate(index, calls, SPEARHEADS) for name, calls in judged.items()}


@SETS
def test_most_of_what_is_tagged_is_right_and_most_that_is_right_is_tagged(
    scores: dict[str, dict[str, Score]], name: str
) -> None:
    micro = scores[name]["micro"]
    assert micro.precision >= WANTED[name][0]
    assert micro.recall >= WANTED[name][1]


@SETS
@pytest.mark.parametrize("spearhead", SPEARHEADS)
def test_each_spearhead_with_enough_positives_holds_its_own(
    scores: dict[str, dict[str, Score]], name: str, spearhead: str
) -> None:
    score = scores[name][spearhead]
    if score.hits + len(score.missed) >= ENOUGH:
        assert score.precision >= 0.88
        assert score.recall >= 0.88


@SETS
@pytest.mark.parametrize("half", [0, 1])
def test_either_half_of_the_judged_calls_is_tagged_well(
    index: Index, judged: dict[str, list[Judged]], name: str, half: int
) -> None:
    assert evaluate(index, judged[name][half::2], SPEARHEADS)["micro"].f1 >= 0.94


def test_a_call_that_came_without_a_text_is_known_by_its_name_its_topic_and_its_code(
    index: Index, judged: dict[str, list[Judged]]
) -> None:
    bare = [one for one in judged["portal-dev"] if not one.document.text]
    score = evaluate(index, bare, SPEARHEADS)["micro"]
    assert score.precision >= 0.95
    assert score.recall >= 0.92


def test_a_call_without_its_text_is_mostly_known_by_its_title_and_codes(
    index: Index, judged: dict[str, list[Judged]]
) -> None:
    """What a title or a code says holds for calls not seen yet."""
    bare = [Judged(replace(one.document, text=""), one.grades) for one in judged["portal-dev"]]
    score = evaluate(index, bare, SPEARHEADS)["micro"]
    assert score.precision >= 0.95
    assert score.recall >= 0.90


def test_notices_that_were_judged_before_the_rules_were_read(index: Index, lemmas: Lemmas) -> None:
    """They were written and judged by somebody who had not seen the rules; the worst kinds were mended afterwards."""
    notices = (Path(__file__).parent / "written_notices.jsonl").read_text("utf-8").splitlines()
    score = evaluate(index, read_judged(notices, lemmas), SPEARHEADS)["micro"]
    assert score.precision >= 0.95
    assert score.recall >= 0.94


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
