"""What full-text search holds of a call, and what an edited rule can reach."""

import pytest

from db.strategies import Mask, Rule
from tests.tracker.tagging.rulebooks import rule, rulebook, said, titled
from tracker.tagging.documents import Document
from tracker.tagging.index import Index, compile_rules
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.search import Reach, lemma_text, query_lemmas, reach


@pytest.fixture(scope="module")
def empty(lemmas: Lemmas) -> Index:
    return compile_rules(rulebook(rule("food")), lemmas)


def test_the_lemmas_stand_in_the_texts_order(empty: Index) -> None:
    title, body = lemma_text(empty, titled("Foods", "Breweries recycled their wastes"))
    assert title.startswith("food")
    assert body.startswith("breweri recycl their wast ")


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("kiertotalous", "kiertotaloushankkeet", "fi"),
        ("kiertotalouden hankkeet", "hankkeita kiertotaloudessa", "fi"),
        ("ruoka", "ruuan vienti", "fi"),
        ("mat och dryck", "Dryck och mat", "sv"),
        ("SMEs", "for every SME", "en"),
        ("circular economies", "the circular economy", "en"),
        ("agrifood", "agri-food", "en"),
        ("agri-food", "Agri-food", "en"),
        ("Raute", "Raute and LAB", "en"),
    ],
)
def test_a_query_finds_every_form(empty: Index, query: str, text: str, language: str) -> None:
    _, body = lemma_text(empty, said(text, language))
    assert set(query_lemmas(query, empty.lemmas)) <= set(body.split(" "))


def test_a_call_is_found_by_its_code_and_programme(empty: Index) -> None:
    document = Document(id="1", title="Call", identifier="HORIZON-CL6-2026-CIRCBIO-01", programme="HORIZON")
    assert {"circbio", "horizon"} <= set(lemma_text(empty, document)[1].split(" "))


@pytest.mark.parametrize(
    ("line", "groups"),
    [
        (rule("breweries"), ["breweri"]),
        (rule("recycl* OR wine"), ["recycl*", "wine"]),
        (rule("=LIFE"), ["life"]),
        (rule('"food waste" AND beer'), ["food wast beer"]),
        (rule("food NEAR/3 (waste OR wine) AND NOT beer"), ["food wast", "food wine"]),
        (rule("co-design"), ["co design", "codesign"]),
        (rule("id:*-CL6-*-CIRCBIO-*"), ["cl6 circbio"]),
        (Mask(key="m", text="ruoan", language="fi"), ["ruoka"]),
    ],
)
def test_a_rule_reaches_calls_that_hold_its_words(lemmas: Lemmas, line: Rule | Mask, groups: list[str]) -> None:
    assert reach(line, lemmas) == Reach(frozenset(frozenset(group.split()) for group in groups))


@pytest.mark.parametrize("text", ["id:*CIRC*", "food OR id:*CIRC*"])
def test_a_rule_without_a_whole_word_reaches_everything(lemmas: Lemmas, text: str) -> None:
    assert reach(rule(text), lemmas).everything


def test_many_alternatives_are_not_spelled_out(lemmas: Lemmas) -> None:
    sides = [" OR ".join(f"{letter}{n}" for n in range(40)) for letter in "ab"]
    assert len(reach(rule(f"({sides[0]}) AND ({sides[1]})"), lemmas).groups) == 40


def test_an_edit_reaches_what_the_rule_was_and_what_it_is(lemmas: Lemmas) -> None:
    both = reach(rule("food"), lemmas) | reach(rule("wine"), lemmas)
    assert both.holds("", "old food")
    assert both.holds("wine", "")
    assert not both.holds("beer", "bread")
