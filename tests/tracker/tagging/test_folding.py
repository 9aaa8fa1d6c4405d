"""What looks the same to the eye is the same to rules, calls and searches, whatever signs either is written with."""

import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.tagging.rulebooks import rule as a_rule
from tests.tracker.tagging.rulebooks import rulebook
from tracker.folding import folded, folded_text
from tracker.sources.support.plaintext import text_of
from tracker.tagging.documents import Document
from tracker.tagging.index import compile_rules, tag
from tracker.tagging.lemmas import Lemmas, joined_words, split_text
from tracker.tagging.search import lemma_text, query_lemmas

INVISIBLE = "\u00ad\u034f\u200b\u200c\u200d\u2060\ufeff\ufe0f\ufff9\ufffb"
LOWERED = dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True))
RAISED = dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
WIDE = {chr(code): chr(code + 0xFEE0) for code in range(0x30, 0x7B) if chr(code).isalnum()}
WORDS = ("kiertotalous", "CO2", "H2", "ﬁshery", "öljykasvit", "förädling", "étude", "biofuels", "EU", "PM10")


def quotes(lemmas: Lemmas, rule: str, text: str, language: str = "en", title: str = "") -> tuple[str, ...]:
    """The words that a rule finds in a text, as they stand there."""
    found = tag(
        compile_rules(rulebook(a_rule(rule, language=None)), lemmas), Document("a", title, text, language=language)
    )
    evidence = [matched for one in found for matched in one.evidence]
    for matched in evidence:
        field = title if matched.field == "title" else text
        assert tuple(field[start:end] for start, end in matched.spans) == matched.words
    return tuple(word for matched in evidence for word in matched.words)


@pytest.mark.parametrize(
    ("rule", "text", "language", "quote"),
    [
        ("CO2", "Hydrogen and CO₂ networks", "en", "CO₂"),
        ("co2*", "Hydrogen and CO₂ networks", "en", "CO₂"),
        ("=CO2", "Hydrogen and CO₂ networks", "en", "CO₂"),
        ('"CO2 networks"', "Hydrogen and CO₂ networks", "en", "CO₂ networks"),
        ("CO₂", "Hydrogen and CO2 networks", "en", "CO2"),
        ("CO²", "Hydrogen and CO2 networks", "en", "CO2"),
        ("CO2", "Hydrogen and CO² networks", "en", "CO"),
        ("H2", "of H₂.", "en", "H₂"),
        ("fish", "ﬁsh and chips", "en", "ﬁsh"),
        ("malt", "ｍａｌｔ", "en", "ｍａｌｔ"),
        ('"circular economy"', "a circular economy¹ for all", "en", "circular economy"),
        ('"economy for"', "a circular economy¹ for all", "en", "economy¹ for"),
        ("kiertotalous", "kierto\u200btaloutta", "fi", "kierto\u200btaloutta"),
        ("kierto\u200btalous", "kiertotaloutta", "fi", "kiertotaloutta"),
        ("kiertotalous", "kierto-\ntalous", "fi", "kierto-\ntalous"),
        ("agri-food", "agri‑food", "en", "agri‑food"),
        ("agri-food", "agri-\u2060food", "en", "agri-\u2060food"),
        ("öljy", "o\u0308ljy", "fi", "o\u0308ljy"),
        ("öljy", "o\u034f\u0308ljy", "fi", "o\u034f\u0308ljy"),
    ],
)
def test_what_looks_the_same_matches_and_is_quoted_as_it_stands(
    lemmas: Lemmas, rule: str, text: str, language: str, quote: str
) -> None:
    assert quotes(lemmas, rule, text, language) == (quote,)


@pytest.mark.parametrize(("rule", "text"), [("economy1", "economy 1"), ("CO2", "CO 2"), ("malt", "ma\u2009lt")])
def test_what_stands_apart_stays_apart(lemmas: Lemmas, rule: str, text: str) -> None:
    assert quotes(lemmas, rule, text) == ()


def test_an_identifier_is_found_whatever_hyphens_it_has(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(a_rule("id:HORIZON-CL6-*", language=None)), lemmas)
    assert tag(index, Document("a", "x", identifier="HORIZON‑CL6‑2026\u200b‑01"))


@st.composite
def spellings(draw: st.DrawFn, word: str) -> str:
    """The word as another keyboard, converter or typesetter may write it."""
    letters: list[str] = []
    for letter in draw(st.sampled_from([word, unicodedata.normalize("NFD", word)])):
        alike = [letter, letter, *(table[letter] for table in (LOWERED, WIDE) if letter in table)]
        letters.append(draw(st.sampled_from(alike)) + draw(st.sampled_from(["", "", "", *INVISIBLE])))
    return "".join(letters)


@given(data=st.data(), word=st.sampled_from(WORDS))
def test_rule_and_call_agree_however_either_is_spelled(lemmas: Lemmas, data: st.DataObject, word: str) -> None:
    rule, written = data.draw(spellings(word)), data.draw(spellings(word))
    spoken = f"before {written}, after"
    plain = folded(word)
    for line in (rule, f"={rule}", f'"before {rule}"', f"{plain[:3]}*" if len(plain) > 3 else rule):
        [quote] = quotes(lemmas, line, spoken, "xx")
        assert plain in folded_text(quote)
    index = compile_rules(rulebook(a_rule(rule, language=None)), lemmas)
    words = lemma_text(index, Document("a", "", spoken, language="fi"))[1].split()
    assert set(query_lemmas(rule, lemmas, "fi")) <= set(words)


@given(st.text(st.one_of(st.characters(), st.sampled_from([*INVISIBLE, *RAISED.values(), *"-\n ab1"])), max_size=60))
def test_the_pieces_of_any_text_are_the_text_and_its_words_are_folded(text: str) -> None:
    words, pieces = split_text(text)
    assert len("".join(pieces)) == len(text)
    assert words == [folded(word) for word in words]
    assert all(0 <= first <= last < len(words) for first, last, _ in joined_words(words, pieces))


def test_marks_without_end_on_one_letter_take_no_time_and_the_others_stay() -> None:
    began = time.thread_time()
    assert len(folded("a" + "\u0301\u0316" * 100_000)) <= 31
    assert time.thread_time() - began < 1
    assert folded("a" + "\u0308" * 3) == "\u00e4\u0308\u0308"


def test_folding_twice_changes_nothing_more() -> None:
    for text in ("CO₂ – ﬁsh™ ½ №5", "kierto\u200btalous\u00ad", "economy¹ (m²)"):
        assert folded_text(folded_text(text)) == folded_text(text)
    assert folded_text("Foo™ № 5 … ½") == "Foo™ № 5 … 1⁄2"


@pytest.mark.parametrize(
    ("file", "rule", "language"),
    [
        ("footnote.html", '"circular economy"', "en"),
        ("zwsp.html", "kiertotalous", "fi"),
        ("co2-title.txt", "CO2", "en"),
    ],
)
def test_the_samples_of_strangers_match(shared: Path, lemmas: Lemmas, file: str, rule: str, language: str) -> None:
    sample = (shared / "cases/texts" / file).read_text("utf-8")
    line = next(line for line in sample.splitlines() if line.startswith(("title:", "<p>")))
    assert quotes(lemmas, rule, text_of(line.removeprefix("title:")), language)
