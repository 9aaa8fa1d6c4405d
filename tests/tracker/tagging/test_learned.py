"""A model of what was judged, and where it and the rules differ."""

from pathlib import Path

import pytest

from tests.tracker.tagging.rulebooks import rule, rulebook
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Judged, read_judged
from tracker.tagging.index import Index, compile_rules
from tracker.tagging.learned import crossed, disagreements, learnable
from tracker.tagging.lemmas import Lemmas

pytest.importorskip("sklearn", reason="the extra learn is not installed")
PLACES = ("north", "south", "east", "west", "coast", "forest")
Told = list[tuple[str, str, bool, str]]


@pytest.fixture(scope="module")
def plain(lemmas: Lemmas) -> Index:
    return compile_rules(rulebook(rule("food")), lemmas)


def call(title: str, grade: int | None = None) -> Judged:
    return Judged(Document(id=title, title=title), {} if grade is None else {"food": grade})


BAKERIES = [call(f"Bakeries of the {place}", 2) for place in PLACES]
JUDGED = BAKERIES + [call(f"Bridges in the {place}") for place in PLACES]


def told(index: Index, judged: list[Judged], *titles: str) -> Told:
    found = disagreements(index, judged, [call(title).document for title in titles], ["food"])
    return [(one.document.title, one.spearhead, one.is_tagged, one.words[0]) for one in found]


def test_a_call_like_those_that_were_judged_its_own_and_that_no_rule_tags_is_found_with_the_word(plain: Index) -> None:
    titles = ("A bakery upstream", "A bridge upstream")
    assert told(plain, JUDGED, *titles) == [("A bakery upstream", "food", False, "bakery")]


def test_a_call_like_those_that_were_judged_not_its_own_and_that_a_rule_tags_is_found(plain: Index) -> None:
    titles = ("Food over bridges", "Food from bakeries")
    assert told(plain, JUDGED, *titles) == [("Food over bridges", "food", True, "bridges")]


def test_the_most_certain_comes_first_and_the_same_comes_each_time_in_whatever_order_it_was_judged(
    plain: Index,
) -> None:
    titles = ("Bakeries and many other trades upstream", "Bakeries", "Bridges of food")
    first = told(plain, JUDGED, *titles)
    assert [title for title, *_ in first][:1] == ["Bakeries"]
    assert len(first) == 3
    assert told(plain, JUDGED[::-1], *titles) == told(plain, JUDGED, *titles[::-1]) == first


def test_what_the_rules_are_sure_of_comes_later(plain: Index) -> None:
    """Eight points of the title, which are as much as a doubtful tag and some certainty less."""
    sure, unsure = Document(id="a", title="Food, bridges"), Document(id="b", title="Bridges", text="Food")
    found = disagreements(plain, JUDGED, [sure, unsure], ["food"])
    assert [(one.document.id, one.points) for one in found] == [("b", 4), ("a", 8)]


def test_borderline_and_unjudged_calls_teach_nothing(plain: Index) -> None:
    unsure = [call(f"Bridges on the {place}", 1) for place in PLACES]
    unjudged = [Judged(one.document, {}, frozenset({"design"})) for one in unsure]
    others = [call("Roads upstream"), call("Harbours upstream")]
    assert told(plain, [*JUDGED, *others], "Food over bridges") != []
    for more in (unsure, unjudged):
        assert told(plain, [*BAKERIES, *more, *others], "Food over bridges") == []


@pytest.mark.parametrize(("positives", "negatives"), [(2, 6), (6, 0)])
def test_a_spearhead_of_which_too_little_is_judged_is_not_learned(plain: Index, positives: int, negatives: int) -> None:
    judged = JUDGED[:positives] + JUDGED[6 : 6 + negatives]
    assert learnable(judged, ["food"]) == []
    assert told(plain, judged, "A bakery upstream") == []


def test_a_judged_call_is_told_by_a_model_that_has_not_seen_it(plain: Index) -> None:
    """Else the odd ones, judged food, would be told so by a word that only they have."""
    odd = [Judged(Document(id="odd", title=title), {"food": 2}) for title in ("Zymurgy now", "Zymurgy then")]
    found = {one.document.title for one in crossed(plain, [*JUDGED, *odd], ["food"])}
    assert found == {one.document.title for one in BAKERIES}


def test_a_call_without_a_word_that_was_learned_is_not_found(plain: Index) -> None:
    assert told(plain, JUDGED, "Zymurgy", "Food") == []


def test_of_calls_that_share_no_word_nothing_is_learned(plain: Index) -> None:
    judged = [call(title, 2) for title in ("Alder", "Birch", "Cedar")] + [call("Dogwood")]
    assert told(plain, judged, "Alder") == []


def test_on_the_judged_calls_of_the_region_it_is_the_same_each_time(index: Index, lemmas: Lemmas, shared: Path) -> None:
    file = shared / "gold" / "finnish-dev.jsonl"
    if not file.exists():
        pytest.skip("../shared/gold/finnish-dev.jsonl (judged calls) is not here")
    judged = read_judged(file.read_text("utf-8").splitlines(), lemmas)
    first = crossed(index, judged, ["experiences", "circular"])
    assert first
    assert crossed(index, judged, ["experiences", "circular"]) == first
