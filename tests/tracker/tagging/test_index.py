"""Points, thresholds, masks, fields and evidence."""

from dataclasses import replace
from datetime import date

import pytest

from db.strategies import Mask, Rule, Spearhead, Strategy, Weight
from tests.tracker.tagging.rulebooks import matches, rule, rulebook, said, tags_of, titled
from tracker.errors import RuleError
from tracker.tagging.documents import Document
from tracker.tagging.evidence import MOST_SPANS
from tracker.tagging.index import compile_rules, rulebook_fingerprint, tag
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.rulebook import Rulebook, home_of, in_force

CASCADE = Document(
    id="1",
    title="Second open call",
    identifier="HORIZON-CL6-2027-02-FARM2FORK-01",
    call_title="New food systems",
    of_parent=True,
)


def test_a_strong_rule_tags_by_one_mention(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food")), lemmas)
    assert tags_of(index, said("Foods of the north")) == {"food": 4}


def test_a_title_hit_counts_double(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food", Weight.MEDIUM)), lemmas)
    assert tags_of(index, titled("Food")) == {"food": 4}
    assert tags_of(index, said("food")) == {}


def test_a_rule_counts_once_however_often_it_holds(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food", Weight.MEDIUM), threshold=1), lemmas)
    assert tags_of(index, said("food food food")) == {"food": 2}


def test_a_title_counts_double_only_where_it_alone_fulfils_the_rule(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food AND waste")), lemmas)
    assert tags_of(index, titled("Food", "waste")) == {"food": 4}
    assert tags_of(index, titled("Food waste")) == {"food": 8}


def test_what_must_not_be_there_is_looked_for_in_the_text_too(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food AND NOT feed")), lemmas)
    assert tags_of(index, titled("Food", "and feed")) == {}


def test_weak_rules_alone_never_tag(lemmas: Lemmas) -> None:
    weak = [rule(word, Weight.WEAK, key=word) for word in ("food", "wine", "beer", "bread")]
    text = titled("food wine beer bread")
    assert tags_of(compile_rules(rulebook(*weak), lemmas), text) == {}
    with_medium = compile_rules(rulebook(*weak, rule("malt", Weight.MEDIUM)), lemmas)
    assert tags_of(with_medium, replace(text, text="malt")) == {"food": 10}


def test_a_spearhead_has_its_own_threshold(lemmas: Lemmas) -> None:
    assert tags_of(compile_rules(rulebook(rule("food"), threshold=5), lemmas), said("food")) == {}


def test_a_rule_reads_only_texts_in_its_language(lemmas: Lemmas) -> None:
    swedish = compile_rules(rulebook(rule("mat", language="sv")), lemmas)
    assert tags_of(swedish, said("a mat on the floor")) == {}
    assert tags_of(swedish, said("mat och dryck", "sv")) == {"food": 4}


def test_a_rule_without_a_language_reads_every_text(lemmas: Lemmas) -> None:
    anyones = compile_rules(rulebook(rule("interreg", language=None)), lemmas)
    for language in ("fi", "sv", "en", "fr"):
        assert tags_of(anyones, said("Interreg", language)) == {"food": 4}


def test_a_rule_that_is_switched_off_is_not_heard(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food").model_copy(update={"enabled": False})), lemmas)
    assert tags_of(index, said("food")) == {}


def test_a_mask_blanks_words_for_every_spearhead(lemmas: Lemmas) -> None:
    book = rulebook(rule("food"), masks=(Mask(key="m", text='"food web"'),))
    index = compile_rules(book, lemmas)
    assert tags_of(index, said("Food webs of lakes")) == {}
    assert tags_of(index, said("Food webs give food")) == {"food": 4}


def test_a_spearheads_mask_leaves_the_others_alone(lemmas: Lemmas) -> None:
    rules = (rule("food"), Rule(key="other", spearhead="nature", text="food", weight=Weight.STRONG, language="en"))
    index = compile_rules(rulebook(*rules, masks=(Mask(key="m", text='"food web"', spearhead="food"),)), lemmas)
    assert tags_of(index, said("food webs")) == {"nature": 4}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("id:*-CIRCBIO-*", {"identifier": "HORIZON-CL6-2026-01-CIRCBIO-01"}),
        ("id:CIRCBIO", {"identifier": "HORIZON-CL6-2026-01-CIRCBIO-01"}),
        ("id:horizon-cl6*", {"identifier": "HORIZON-CL6-2026-01-CIRCBIO-01"}),
        ("id:I3-*-MANU", {"identifier": "I3-2021-INV1-MANU"}),
        ('call:"food system"', {"call_title": "Sustainable food systems"}),
        ("destination:circular", {"destination": "Circular economy"}),
        ("programme:HORIZON", {"programme": "HORIZON"}),
        ("action:RIA", {"type_of_action": "HORIZON-RIA"}),
        ("source:portal", {"source": "portal"}),
        ("audience:SME", {"audience": ("university", "SME")}),
    ],
)
def test_a_field_is_looked_for_where_it_is_named(lemmas: Lemmas, text: str, field: dict[str, str]) -> None:
    bare = Document(id="1", title="Call", text="horizon circbio RIA portal SME circular food system")
    assert matches(lemmas, text, replace(bare, **field))
    assert not matches(lemmas, text, bare)


@pytest.mark.parametrize("code", ["HORIZON-CL6-2026-01-BIODIV-01", "HORIZON-CIRCBIO", "I3-2021-INV1-MANUX", ""])
def test_a_glob_holds_the_whole_identifier(lemmas: Lemmas, code: str) -> None:
    document = Document(id="1", title="Call", identifier=code)
    assert not matches(lemmas, "id:*-CIRCBIO-* OR id:I3-*-MANU", document)


def test_words_without_a_field_are_not_looked_for_in_call_and_destination(lemmas: Lemmas) -> None:
    document = Document(id="1", title="Call", call_title="Food", destination="Food")
    assert not matches(lemmas, "food", document)


@pytest.mark.parametrize(
    ("text", "said_there", "holds"),
    [
        ("food NEAR/2 waste", "food one two waste", True),
        ("food NEAR/2 waste", "waste one two food", True),
        ("food NEAR/2 waste", "food one two three waste", False),
        ('"food system" NEAR/0 waste', "waste food systems", True),
        ("food NEAR/9 food", "food", False),
        ("food NEAR/9 food", "food and more food", True),
        ("(food OR drink) NEAR/1 waste", "drink of waste", True),
    ],
)
def test_near_counts_the_words_between(lemmas: Lemmas, text: str, said_there: str, holds: bool) -> None:
    assert matches(lemmas, text, said(said_there)) is holds


def test_nothing_is_near_across_title_and_text(lemmas: Lemmas) -> None:
    assert not matches(lemmas, '"food waste" OR food NEAR/100 waste', titled("Food", "waste"))


@pytest.mark.parametrize(
    ("text", "said_there", "holds"),
    [
        ("=LIFE", "LIFE programme", True),
        ("=LIFE", "life in lakes", False),
        ("=life", "LIFE programme", True),
        ("=recycled", "recycling", False),
        ("recycl*", "Recyclability", True),
        ("recycl*", "unrecycled", False),
    ],
)
def test_exact_words_and_beginnings(lemmas: Lemmas, text: str, said_there: str, holds: bool) -> None:
    assert matches(lemmas, text, said(said_there)) is holds


def test_evidence_quotes_the_original_text(lemmas: Lemmas) -> None:
    text = "Kiertotaloushankkeet: ruoan, juomien ja agri-food-alan."
    index = compile_rules(rulebook(rule("ruoka OR juoma OR food", language="fi")), lemmas)
    (found,) = tag(index, titled("Ruokaa!", text, "fi"))
    assert [(one.field, one.words) for one in found.evidence] == [
        ("title", ("Ruokaa",)),
        ("text", ("ruoan", "juomien", "agri-food-alan")),
    ]
    for one in found.evidence:
        source = {"title": "Ruokaa!", "text": text}[one.field]
        assert tuple(source[start:end] for start, end in one.spans) == one.words
        assert one.points == 8


def test_evidence_of_one_rule_is_bounded(lemmas: Lemmas) -> None:
    (found,) = tag(compile_rules(rulebook(rule("food")), lemmas), said("food " * 500))
    assert len(found.evidence[0].spans) == MOST_SPANS


def test_what_is_only_the_parents_counts_half(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("id:FARM2FORK"), threshold=1), lemmas)
    assert tags_of(index, CASCADE) == {"food": 2}
    assert tags_of(index, replace(CASCADE, of_parent=False)) == {"food": 4}


def test_a_parents_title_counts_as_text(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food"), threshold=1), lemmas)
    assert tags_of(index, CASCADE) == {"food": 4}
    assert tags_of(index, replace(CASCADE, title="Food")) == {"food": 8}
    assert tags_of(index, replace(CASCADE, of_parent=False)) == {}


def test_a_tag_belongs_to_the_newest_strategy_that_names_its_spearhead(lemmas: Lemmas) -> None:
    old = Strategy(key="old", starts_on=date(2018, 1, 1), ends_on=date(2021, 12, 31), spearheads=("food",))
    new = Strategy(key="new", starts_on=date(2022, 1, 1), ends_on=None, spearheads=("food",))
    book = replace(rulebook(rule("food")), strategies=(old, new))
    assert [found.strategy for found in tag(compile_rules(book, lemmas), said("food"))] == ["new"]
    assert in_force((old, new), date(2020, 5, 1)) == (old,)
    assert in_force((old, new), date(2022, 1, 1)) == (new,)


def test_a_spearhead_of_a_strategy_that_is_switched_off_is_not_tagged(lemmas: Lemmas) -> None:
    old = Strategy(
        key="old", starts_on=date(2018, 1, 1), ends_on=date(2021, 12, 31), spearheads=("food",), switched_on=False
    )
    book = replace(rulebook(rule("food")), strategies=(old,))
    assert home_of(book.strategies, "food") is None
    assert tags_of(compile_rules(book, lemmas), said("food")) == {}


def test_a_rule_that_cannot_be_read_is_refused_when_the_index_is_made(lemmas: Lemmas) -> None:
    with pytest.raises(RuleError):
        compile_rules(rulebook(rule('"food')), lemmas)


def test_the_fingerprint_tells_what_can_tag_differently(lemmas: Lemmas) -> None:
    def name(book: Rulebook) -> str:
        return rulebook_fingerprint(book, lemmas)

    book = rulebook(rule("food"))
    named = replace(book, spearheads=(book.spearheads[0].model_copy(update={"names": (("en", "Food"),)}),))
    assert len(name(book)) == 64
    assert name(named) == name(book)
    assert name(rulebook(rule("food"), threshold=5)) != name(book)
    assert name(rulebook(rule("foods"))) != name(book)
    assert name(rulebook(rule("food"), masks=(Mask(key="m", text="feed"),))) != name(book)
    assert name(replace(book, rules=(book.rules[0].model_copy(update={"enabled": False}),))) != name(book)


def test_texts_read_by_another_dictionary_are_tagged_anew(lemmas: Lemmas) -> None:
    with_voikko = Lemmas()
    if with_voikko.name == lemmas.name:
        pytest.skip("Voikko is not on this machine")
    assert with_voikko.name.startswith("Voikko")
    assert rulebook_fingerprint(rulebook(rule("food")), with_voikko) != rulebook_fingerprint(
        rulebook(rule("food")), lemmas
    )


def test_an_empty_rulebook_tags_nothing(lemmas: Lemmas) -> None:
    book = Rulebook((), (Spearhead(key="food"),), ())
    assert tag(compile_rules(book, lemmas), said("food")) == ()


def test_one_alternative_is_enough_beside_one_that_asks_for_a_word_to_be_missing(lemmas: Lemmas) -> None:
    line = "circular AND (food OR NOT waste)"
    assert matches(lemmas, line, said("circular food waste"))
    assert matches(lemmas, line, said("circular design"))
    assert not matches(lemmas, line, said("circular waste"))
