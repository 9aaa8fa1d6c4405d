"""The tags of EU partnerships and missions on calls that were read and judged before any rule of these tags."""

from pathlib import Path

import pytest

from tests.support.second_level import judgements, recorded, written
from tracker.regions import Region
from tracker.tagging.evaluate import Judged, evaluate
from tracker.tagging.index import Index
from tracker.tagging.lemmas import Lemmas

WITH_AND_WITHOUT_VOIKKO = True
ENOUGH = 8  # positives, below which a tag's own figures mean little


@pytest.fixture(scope="module")
def tags(region: Region) -> tuple[str, ...]:
    return next(strategy.spearheads for strategy in region.rulebook.strategies if strategy.key == "eu")


@pytest.fixture(scope="module")
def real(shared: Path, lemmas: Lemmas) -> list[Judged]:
    if not (shared / "recorded/portal/days").exists():
        pytest.skip("../shared/recorded (recorded calls) is not here")
    return recorded(shared, lemmas)


def test_real_calls_are_tagged_as_they_were_judged(index: Index, real: list[Judged], tags: tuple[str, ...]) -> None:
    score = evaluate(index, real, tags)["micro"]
    assert score.precision >= 0.95, score.false
    assert score.recall >= 0.95, score.missed


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_notices_are_tagged_as_they_were_judged_in_three_languages(
    index: Index, lemmas: Lemmas, tags: tuple[str, ...], language: str
) -> None:
    notices = [one for one in written(lemmas) if one.document.language == language]
    score = evaluate(index, notices, tags)["micro"]
    assert score.precision >= 0.95, score.false
    assert score.recall >= 0.95, score.missed


def test_each_tag_with_enough_positives_holds_its_own(
    index: Index, lemmas: Lemmas, real: list[Judged], tags: tuple[str, ...]
) -> None:
    scores = evaluate(index, [*real, *written(lemmas)], tags)
    enough = {tag: scores[tag] for tag in tags if scores[tag].hits + len(scores[tag].missed) >= ENOUGH}
    assert len(enough) >= 7
    assert all(min(score.precision, score.recall) >= 0.88 for score in enough.values()), enough


def test_the_judged_set_is_large_and_says_why(tags: tuple[str, ...]) -> None:
    lines = judgements()
    assert sum(line["from"] != "written" for line in lines) >= 100
    assert all(line["why"] and line["grades"].keys() <= set(tags) for line in lines)
    assert {line["language"] for line in lines} == {"fi", "sv", "en"}
