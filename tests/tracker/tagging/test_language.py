"""What officials may write, and what they are told when they miswrite."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import RuleError
from tracker.tagging.language import DEEPEST, check_line, parse_rule, rule_in_words
from tracker.tagging.messages import FAULTS, PHRASES
from tracker.tagging.query import And, Glob, How, Near, Not, Or, Phrase, Within, Word

FOOD, WASTE, WINE = Word("food"), Word("waste"), Word("wine")


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("food", FOOD),
        ("=EU", Word("EU", How.EXACT)),
        ("Recycl*", Word("recycl", How.PREFIX)),
        ('"food waste"', Phrase((FOOD, WASTE))),
        ('="food waste"', Phrase((Word("food", How.EXACT), Word("waste", How.EXACT)))),
        ('"food wast*"', Phrase((FOOD, Word("wast", How.PREFIX)))),
        ("food OR waste AND wine", Or((FOOD, And((WASTE, WINE))))),
        ("(food OR waste) AND NOT wine", And((Or((FOOD, WASTE)), Not(WINE)))),
        ("food NEAR/5 waste", Near(FOOD, WASTE, 5)),
        ("title:food", Within("title", FOOD)),
        ("title:(food OR waste)", Within("title", Or((FOOD, WASTE)))),
        ("id:*-CIRCBIO-*", Glob("*-circbio-*")),
        ("id:FARM2FORK", Within("id", Phrase((Word("farm2fork", How.EXACT),)))),
        ("food-waste", Phrase((FOOD, WASTE), "foodwaste")),
        ("”food waste”", Phrase((FOOD, WASTE))),
        ("R&D", Phrase((Word("R"), Word("D")), "RD")),
        ("Erasmus+", Word("Erasmus")),
        ("ORGANIC", Word("ORGANIC")),
    ],
)
def test_a_rule_reads_as_it_is_written(text: str, query: object) -> None:
    assert parse_rule(text) == query


@pytest.mark.parametrize(
    ("text", "column", "fault"),
    [
        ("", 1, "empty"),
        ('food OR "circular economy', 9, "unclosed_quote"),
        ("(food OR waste", 1, "unclosed_bracket"),
        ("food)", 5, "extra_bracket"),
        ("circular economy", 10, "no_operator"),
        ("food OR OR waste", 9, "nothing_before"),
        ("OR food", 1, "nothing_before"),
        ("food AND", 9, "nothing_after"),
        ("title:", 7, "empty_field"),
        ("food OR ()", 10, "empty_brackets"),
        ("a NEAR/2 b NEAR/2 c", 12, "near_chain"),
        ("food NEAR waste", 6, "near_number"),
        ("food NEAR/900 waste", 6, "near_wide"),
        ("(food AND wine) NEAR/3 waste", 17, "near_words"),
        ("food and waste", 6, "small_operator"),
        ("ruoka tai juoma", 7, "small_operator"),
        ("5:1", 2, "stray_colon"),
        ("tittle:food", 1, "unknown_field"),
        ("title:text:food", 1, "field_in_field"),
        ("re*cycle", 1, "star_inside"),
        ("ma*", 1, "short_prefix"),
        ("id:*", 1, "open_glob"),
        ("food OR id:*-*", 9, "open_glob"),
        ("&", 1, "no_letters"),
        ("NOT food", 1, "only_not"),
        ("food OR NOT waste", 9, "only_not"),
        ("(" * 30 + "a" + ")" * 30, DEEPEST + 1, "too_deep"),
        ("NOT " * 30 + "a", 1, "too_deep"),
    ],
)
def test_a_fault_names_its_column_and_what_to_do(text: str, column: int, fault: str) -> None:
    with pytest.raises(RuleError) as caught:
        parse_rule(text)
    assert caught.value.column == column
    assert FAULTS["en"][fault][0].split("{0}")[-1] in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("^food$", 1),
        ("wine OR [a-z]+", 9),
        (r"\bfood", 1),
        ("food|feed", 1),
        ("food,feed", 1),
        ("food AND !feed", 10),
        ("food AND -feed", 10),
        ("food\x01", 1),
    ],
)
def test_marks_of_other_languages_are_not_saved_and_are_passed_over_where_they_were(text: str, column: int) -> None:
    with pytest.raises(RuleError, match="a mark that means nothing") as caught:
        check_line(text)
    assert caught.value.column == column
    assert parse_rule(text)


@pytest.mark.parametrize(
    "text", ["R&D", "Erasmus+", "agri-food", '"what, why?" OR id:*-X-*', "don't", "title:(a OR b)"]
)
def test_marks_within_words_and_phrases_are_saved(text: str) -> None:
    check_line(text)


def test_a_fault_is_told_in_the_admins_language() -> None:
    with pytest.raises(RuleError, match=r"lainausmerkki puuttuu \(merkki 1\)"):
        parse_rule('"kiertotalous', "fi")
    with pytest.raises(RuleError, match="ett citattecken saknas"):
        parse_rule('"cirkulär', "sv")


def test_every_language_has_every_message() -> None:
    assert FAULTS["fi"].keys() == FAULTS["sv"].keys() == FAULTS["en"].keys()
    assert PHRASES["fi"].keys() == PHRASES["sv"].keys() == PHRASES["en"].keys()


LINE = '("circular economy" OR recycl* OR waste OR by-product OR reuse) AND NOT title:=EU'


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            "a call that has (one of the phrases “circular economy” or “by-product” or a word that begins with “recycl”"
            " or one of the words “waste” or “reuse” in any form),"
            " but not in its title: the word “EU” exactly as written",
        ),
        (
            "fi",
            "haku, jossa on (jokin ilmauksista ”circular economy” tai ”by-product” tai ”recycl”-alkuinen sana"
            " tai jokin sanoista ”waste” tai ”reuse” missä tahansa muodossa), mutta ei tätä: otsikossa: sana ”EU”"
            " juuri näin kirjoitettuna",
        ),
        (
            "sv",
            "en utlysning som har (någon av fraserna ”circular economy” eller ”by-product” eller ett ord som börjar på"
            " ”recycl” eller något av orden ”waste” eller ”reuse” i någon form), men inte i rubriken: ordet ”EU”"
            " precis så",
        ),
    ],
)
def test_a_rule_is_told_back_in_plain_words(language: str, told: str) -> None:
    assert rule_in_words(parse_rule(LINE), language) == told


def test_a_rule_of_a_thousand_words_is_read() -> None:
    query = parse_rule(" OR ".join(f"w{number}" for number in range(999)))
    assert isinstance(query, Or)
    assert len(query.parts) == 999


@given(st.text(alphabet='ab ()"*=:/ANDORTNE5-äid\n”', max_size=60) | st.text(max_size=60))
def test_no_line_does_worse_than_a_named_fault(text: str) -> None:
    with contextlib.suppress(RuleError):
        rule_in_words(parse_rule(text), "fi")
