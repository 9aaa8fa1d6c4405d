"""The index agrees with a plain evaluator on random rules and texts, and nothing crashes it."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from db.strategies import Mask, Rule, Weight
from tests.tracker.tagging.plain import glob_by_letters, points, tags
from tests.tracker.tagging.rulebooks import rulebook
from tracker.errors import RuleError
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import Document
from tracker.tagging.index import compile_rules, spearhead_scores, tag
from tracker.tagging.language import DEEPEST, parse_rule
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.matching import glob_matches
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.search import lemma_text, reach

ENGLISH = [
    *("food", "foods", "waste", "wasted", "circular", "Circular", "agri", "agrifood"),
    *("co", "design", "designed", "codesign", "SME", "SMEs", "EU", "eu"),
]
FINNISH = [
    *("ruoka", "ruoan", "ruokaa", "jäte", "jätteen", "jätehuolto", "jätetään"),
    *("kierto", "talous", "kiertotalous", "kiertotalouden", "EU"),
]
SWEDISH = ["mat", "maten", "livsmedel", "livsmedlet", "livsmedelsindustrin", "avfall", "avfallet", "avfallshantering"]
STRANGE = ["Straße", "STRASSE", "e\u0301tude", "étude", "\u0130stanbul", "so\u00adft", "ﬁsh", "食品", "١٢٣", "x" * 70]
CODES = ("HORIZON-CL6-2026-CIRCBIO-01", "I3-2023-INV1", "LIFE-2026-SAP", "")


def texts(words: list[str]) -> st.SearchStrategy[str]:
    mark = st.sampled_from([" ", " ", " ", "-", ". ", " - ", ", "])
    pairs = st.lists(st.tuples(st.sampled_from(words), mark), max_size=12)
    return pairs.map(lambda many: "".join(word + after for word, after in many))


def rules(words: list[str]) -> st.SearchStrategy[str]:
    word = st.sampled_from(words)
    term = st.one_of(
        word,
        word.map("={}".format),
        word.filter(lambda w: len(w) > 3).map(lambda w: f"{w[:4]}*"),
        st.lists(word, min_size=2, max_size=3).map(lambda many: f'"{" ".join(many)}"'),
        st.tuples(word, word).map("-".join),
    )
    either = st.lists(term, min_size=1, max_size=2).map(lambda many: f"({' OR '.join(many)})")
    near = st.tuples(either, st.integers(0, 3), either).map(lambda t: f"({t[0]} NEAR/{t[1]} {t[2]})")
    fields = ["title", "text", "call", "destination", "programme", "action", "source", "audience"]
    fielded = st.tuples(st.sampled_from(fields), st.one_of(either, near)).map(":".join)
    code = st.sampled_from(["id:*-CIRCBIO-*", "id:I3", "id:*6*", "id:HORIZON*", "id:LIFE-2026", "id:*-0*"])
    leaf = st.one_of(term, near, fielded, code)
    return st.recursive(
        leaf,
        lambda part: st.one_of(
            st.lists(part, min_size=2, max_size=3).map(lambda many: f"({' AND '.join(many)})"),
            st.lists(part, min_size=2, max_size=3).map(lambda many: f"({' OR '.join(many)})"),
            st.tuples(part, part).map(lambda two: f"({two[0]} AND NOT {two[1]})"),
        ),
        max_leaves=6,
    )


def documents(language: str, words: list[str]) -> st.SearchStrategy[Document]:
    return st.builds(
        Document,
        id=st.just("1"),
        title=texts(words),
        text=texts(words),
        call_title=texts(words),
        destination=texts(words),
        programme=st.sampled_from(words),
        type_of_action=st.sampled_from(words),
        source=st.sampled_from(words),
        audience=st.lists(st.sampled_from(words), max_size=2).map(tuple),
        identifier=st.sampled_from(CODES),
        language=st.just(language),
    )


def masks(words: list[str]) -> st.SearchStrategy[tuple[Mask, ...]]:
    phrase = st.tuples(st.sampled_from(words), st.sampled_from(words)).map(lambda two: f'"{two[0]} {two[1]}"')
    text = st.one_of(st.sampled_from(words), phrase)
    return st.lists(text, max_size=2).map(lambda many: tuple(Mask(key=f"m{n}", text=one) for n, one in enumerate(many)))


def nested(words: list[str]) -> st.SearchStrategy[str]:
    """A rule within as many brackets and NOTs as are allowed, beside a word that must be there."""
    depth = st.integers(0, DEEPEST - 6)
    return st.tuples(rules(words), depth, st.sampled_from(words)).map(
        lambda made: f"{'(NOT ' * made[1]}{made[0]}{')' * made[1]} AND {made[2]}"
    )


def books(words: list[str], language: str) -> st.SearchStrategy[Rulebook]:
    """Two spearheads with thresholds, rules and masks of their own, in one language or in any."""
    own = st.sampled_from(["food", "design"])
    spoken = st.sampled_from([None, language if language in LANGUAGES else None, "sv"])
    rule = st.builds(
        Rule,
        key=st.uuids().map(str),
        spearhead=own,
        text=rules(words) | nested(words),
        weight=st.sampled_from(Weight),
        language=spoken,
    )
    word = st.sampled_from(words).filter(lambda word: not word.isdigit())
    mask = st.builds(Mask, key=st.uuids().map(str), text=word, spearhead=own | st.none(), language=spoken)
    return st.builds(
        lambda some, hidden, threshold: replace(
            rulebook(*some, masks=tuple(hidden), threshold=threshold), masks=tuple(hidden)
        ),
        st.lists(rule, min_size=1, max_size=5),
        st.lists(mask, max_size=2),
        st.integers(1, 9),
    )


LANGUAGE_CASES = st.sampled_from([("en", ENGLISH), ("fi", FINNISH), ("sv", SWEDISH), ("xx", STRANGE), ("fi", STRANGE)])
CASES = st.sampled_from([("en", ENGLISH), ("fi", FINNISH), ("sv", SWEDISH), ("xx", STRANGE)]).flatmap(
    lambda case: st.tuples(documents(*case), st.lists(rules(case[1]), min_size=1, max_size=4), masks(case[1]))
)


@settings(max_examples=60, deadline=None)
@given(CASES)
def test_the_index_agrees_with_a_plain_evaluator(
    lemmas: Lemmas, case: tuple[Document, list[str], tuple[Mask, ...]]
) -> None:
    document, lines, blanked = case
    weights = (Weight.STRONG, Weight.MEDIUM, Weight.WEAK)
    book = [Rule(key=f"r{n}", spearhead="food", text=line, weight=weights[n % 3]) for n, line in enumerate(lines)]
    index = compile_rules(rulebook(*book, masks=blanked), lemmas)
    found = {hit.rule.key: hit.points for standing in spearhead_scores(index, document) for hit in standing.hits}
    expected = {one.key: points(one, document, blanked, lemmas) for one in book}
    assert found == {key: value for key, value in expected.items() if value}


@settings(max_examples=60, deadline=None)
@given(LANGUAGE_CASES.flatmap(lambda case: st.tuples(documents(*case), books(case[1], case[0]))))
def test_spearheads_thresholds_languages_and_masks_of_their_own_agree_too(
    lemmas: Lemmas, case: tuple[Document, Rulebook]
) -> None:
    document, book = case
    index = compile_rules(book, lemmas)
    known = {spearhead.key for spearhead in book.spearheads}
    book = replace(book, masks=tuple(mask for mask in book.masks if mask.spearhead in (None, *known)))
    assert {one.spearhead: one.score for one in tag(index, document)} == tags(book, document, lemmas)


@pytest.mark.parametrize("line", ['"food waste" NEAR/3 design', "food AND NOT (waste NEAR/1 design)", "food* OR =EU"])
def test_a_very_long_text_is_read_like_a_short_one(lemmas: Lemmas, line: str) -> None:
    one = Rule(key="r", spearhead="food", text=line, weight=Weight.STRONG)
    text = "circular foods wasted on design, " * 300
    document = Document("1", "EU", text + "food waste for good design")
    found = {
        hit.rule.key: hit.points
        for s in spearhead_scores(compile_rules(rulebook(one), lemmas), document)
        for hit in s.hits
    }
    expected = points(one, document, (), lemmas)
    assert found == ({"r": expected} if expected else {})


@settings(max_examples=40, deadline=None)
@given(CASES)
def test_a_call_out_of_reach_of_a_rule_never_matches_it(
    lemmas: Lemmas, case: tuple[Document, list[str], tuple[Mask, ...]]
) -> None:
    document, lines, _ = case
    for line in lines:
        one = Rule(key="r", spearhead="food", text=line, weight=Weight.STRONG)
        index = compile_rules(rulebook(one), lemmas)
        if spearhead_scores(index, document):
            assert reach(one, lemmas).holds(*lemma_text(index, document))


@settings(max_examples=150, deadline=None)
@given(st.text(), st.text(), st.sampled_from(["en", "fi", "sv", "fr", ""]), st.booleans())
@example("ß\u0130\u0307", "\u00ad\u0300a\u0300", "fi", True)
@example("a" * 100_000, "- -- a- -b \u2011", "fi", False)
def test_no_text_crashes_the_index(lemmas: Lemmas, title: str, text: str, language: str, of_parent: bool) -> None:
    line = 'a OR bcd* OR "c d" OR =E OR (a NEAR/3 b) OR id:*a*'
    book = rulebook(Rule(key="r", spearhead="food", text=line, weight=Weight.STRONG))
    document = Document("1", title, text, identifier=title, call_title=text, language=language, of_parent=of_parent)
    for found in tag(compile_rules(book, lemmas), document):
        for one in found.evidence:
            source = {"title": title, "text": text, "call": text, "id": title}[one.field]
            assert tuple(source[start:end] for start, end in one.spans) == one.words


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), texts(ENGLISH))
def test_a_rule_that_parses_can_be_matched(lemmas: Lemmas, line: str, text: str) -> None:
    try:
        parse_rule(line)
    except RuleError:
        return
    book = rulebook(Rule(key="r", spearhead="food", text=line, weight=Weight.STRONG))
    tag(compile_rules(book, lemmas), Document("1", line, text + line))


@given(st.text("a-*", min_size=1, max_size=8), st.text("a-b", max_size=8))
def test_globs_agree_with_a_letter_by_letter_reading(pattern: str, text: str) -> None:
    assert glob_matches(pattern, text) == glob_by_letters(pattern, text)
