"""Where in a text a word stands decides what it counts, and what stands around it whether it counts at all."""

import pytest

from db.strategies import Hides, Mask, Weight
from tests.tracker.tagging.rulebooks import matches, rule, rulebook, said, titled
from tracker.tagging.documents import Document
from tracker.tagging.index import compile_rules, spearhead_scores
from tracker.tagging.lemmas import Lemmas, split_text
from tracker.tagging.sentences import around

FAR = "Words about other things. " * 80  # 2,080 characters


def points_of(lemmas: Lemmas, text: str, document: Document, full_until: int | None, weight: Weight) -> list[float]:
    index = compile_rules(rulebook(rule(text, weight), threshold=1, full_until=full_until), lemmas)
    return [hit.points for score in spearhead_scores(index, document) for hit in score.hits]


@pytest.mark.parametrize(
    ("line", "document", "points"),
    [
        ("food", said(f"Food. {FAR}"), 2),
        ("food", said(f"{FAR} Food."), 1),
        ("food", said(f"Food. {FAR} Food."), 2),
        ("food", titled("Food", f"{FAR} Food."), 4),
        ("food AND wine", said(f"Food. {FAR} Wine."), 1),  # both are needed, and one stands far down
        ("food OR wine", said(f"Wine. {FAR} Food."), 2),
        ("food AND NOT wine", said(f"Food. {FAR} Wine."), None),
        ('"food waste"', said(f"{FAR} food waste"), 1),
        ("id:CIRCBIO", Document("1", "Call", FAR, identifier="HORIZON-CIRCBIO-1"), 2),
    ],
)
def test_a_hit_further_down_counts_half(lemmas: Lemmas, line: str, document: Document, points: float | None) -> None:
    assert points_of(lemmas, line, document, 1500, Weight.MEDIUM) == ([] if points is None else [points])


def test_every_character_up_to_the_border_counts_in_full(lemmas: Lemmas) -> None:
    for border, points in ((4, 0.5), (5, 0.5), (6, 1)):
        assert points_of(lemmas, "food", said("Some food of the north"), border, Weight.WEAK) == [points]
    assert points_of(lemmas, "food", said(f"{FAR} food"), None, Weight.WEAK) == [1]


def test_the_border_is_found_in_texts_of_any_length(lemmas: Lemmas) -> None:
    text = FAR * 5
    reading = compile_rules(rulebook(rule("food")), lemmas).reader("en").read(said(text))
    words, pieces = split_text(text)
    starts = [sum(map(len, pieces[: 2 * n + 1])) for n in range(len(words))]
    for character in (0, 1, 6, 7, 1500, 1501, len(text) - 2, len(text)):
        assert reading.word_at(1, character) == sum(start < character for start in starts)


def test_half_a_point_that_is_left_over_counts_nothing(lemmas: Lemmas) -> None:
    rules = [rule("food", Weight.MEDIUM, key="a"), rule("wine", Weight.WEAK, key="b")]
    index = compile_rules(rulebook(*rules, full_until=1500), lemmas)
    [score] = spearhead_scores(index, titled("Wine", f"{FAR} Food and wine."))
    assert (score.score, score.is_tagged) == (3, False)
    [score] = spearhead_scores(index, said(f"{FAR} Food and wine."))
    assert score.score == 1


def test_the_parents_words_count_half(lemmas: Lemmas) -> None:
    cascade = Document("1", "Open call", call_title="Foods", identifier="LIFE-ENV", of_parent=True)
    assert points_of(lemmas, "call:food", cascade, None, Weight.WEAK) == [0.5]
    assert points_of(lemmas, "id:LIFE-*", cascade, None, Weight.STRONG) == [2]


OUT = Mask(key="out", text='"out of scope" OR "ei kuulu"', hides=Hides.SENTENCE)
NOT = Mask(key="not", text='"do not include" OR excluding OR "ei koske" OR "omfattar inte"', hides=Hides.REST)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Food is out of scope. Bread is not.", False),
        ("Food is supported. Wine is out of scope.", True),
        ("Out of scope are:\n- wine;\n- food.\nThe rest may apply.", False),
        ("Out of scope\n• wine\n• food\n\nBread", False),
        ("Out of scope: wine, food", False),
        ("Out of scope (e.g. wine, food and so on). Bread", False),
        ("The actions do not include food.", False),
        ("The actions do not include wine. Food is included.", True),
        ("Food is a theme that actions do not include.", True),  # what stands before the words is not theirs
        ("The actions do not include wine but food.", True),
        ("All trades, excluding food and wine", False),
        ("Excluding wine\nFood of the north", True),  # a line of its own
        ("Wine is out of scope! Food is not.", True),
        ("", False),
    ],
)
def test_what_is_shut_out_counts_nothing(lemmas: Lemmas, text: str, holds: bool) -> None:
    assert matches(lemmas, "food", said(text), None, OUT, NOT) is holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Avustus ei koske ruokaa.", False),
        ("Avustus ei koske viiniä vaan ruokaa.", True),
        ("Ruoka ei kuulu avustuksen piiriin.", False),
    ],
)
def test_what_is_shut_out_in_finnish(lemmas: Lemmas, text: str, holds: bool) -> None:
    assert matches(lemmas, "ruoka", said(text, "fi"), None, OUT, NOT) is holds


def test_a_title_can_shut_out_too(lemmas: Lemmas) -> None:
    assert not matches(lemmas, "food", titled("All trades, excluding food", "Wine"), None, NOT)


def test_a_spearheads_own_mask_hides_sentences_from_it_alone(lemmas: Lemmas) -> None:
    own = OUT.model_copy(update={"spearhead": "food"})
    index = compile_rules(
        rulebook(rule("food"), rule("food", key="o").model_copy(update={"spearhead": "wine"}), masks=(own,)), lemmas
    )
    assert [score.spearhead.key for score in spearhead_scores(index, said("Food is out of scope."))] == ["wine"]


def test_a_text_without_full_stops_is_no_sentence(lemmas: Lemmas) -> None:
    words = "word " * 400
    _, pieces = split_text(words)
    assert around(pieces, 200, 200) == (100, 300)
    assert around(pieces, 0, 0) == (0, 100)
    assert around(pieces, 399, 399) == (299, 399)


@pytest.mark.parametrize(
    ("document", "points"),
    [
        (said("Food."), 2),
        (said("Food is good, and food is dear."), 4),
        (said("Food and wine."), 4),  # two words of one rule are two places
        (said("Food-wine."), 2),  # one word
        (said(f"Food. {FAR} Food."), 2),
        (said(f"{FAR} Food and wine."), 2),
        (said(f"{FAR} Food."), 1),
        (titled("Food"), 4),
        (titled("Food and wine", "Food and wine."), 4),
        (titled("Fish", "Food and wine."), 4),
    ],
)
def test_what_is_said_again_is_meant(lemmas: Lemmas, document: Document, points: float) -> None:
    assert points_of(lemmas, "food OR wine", document, 1500, Weight.REPEATED) == [points]
