"""Evidence and near misses in a reader's words."""

from db.strategies import Weight
from tests.tracker.tagging.rulebooks import rule, rulebook, said, titled
from tracker.tagging.documents import Document
from tracker.tagging.evidence import Evidence
from tracker.tagging.explain import WordPlace, near_misses, quoted_words, words_by_place
from tracker.tagging.index import compile_rules, tag
from tracker.tagging.lemmas import Lemmas


def evidence(field: str, *words: str, points: int = 4) -> Evidence:
    return Evidence("r", field, points, tuple((0, len(word)) for word in words), words)


def test_words_are_quoted_once_whatever_their_case() -> None:
    assert quoted_words([evidence("title", "Food"), evidence("text", "food", "FOOD")]) == ("Food",)


def test_the_strongest_rule_and_the_title_come_first() -> None:
    found = [evidence("text", "waste", points=2), evidence("text", "wine"), evidence("title", "beer")]
    assert quoted_words(found) == ("beer", "wine", "waste")


def test_a_word_within_a_longer_quote_is_left_out() -> None:
    assert quoted_words([evidence("text", "food", "food waste", "food\nwaste")]) == ("food waste",)


def test_a_code_is_quoted_only_where_no_words_matched() -> None:
    code = evidence("id", "HORIZON-CL6-CIRCBIO-01")
    assert quoted_words([code]) == ("HORIZON-CL6-CIRCBIO-01",)
    assert quoted_words([code, evidence("text", "waste")]) == ("waste",)


def test_no_more_words_are_quoted_than_asked_for() -> None:
    assert len(quoted_words([evidence("text", "a", "b", "c", "d", "e", "f", "g")], 3)) == 3


def test_stored_evidence_is_told_like_fresh_evidence(lemmas: Lemmas) -> None:
    (found,) = tag(compile_rules(rulebook(rule("food OR wine")), lemmas), titled("Foods", "and wines"))
    assert quoted_words([one._asdict() for one in found.evidence]) == quoted_words(found.evidence) == ("Foods", "wines")


def test_a_near_miss_names_what_matched_and_the_rules_that_would_do(lemmas: Lemmas) -> None:
    book = rulebook(
        rule("food", Weight.MEDIUM, key="core"),
        rule('"food waste" OR "food web"', Weight.MEDIUM, key="close"),
        rule("brewery", Weight.STRONG, key="far"),
        rule("kitchen", Weight.WEAK, key="too-little"),
    )
    (miss,) = near_misses(compile_rules(book, lemmas), said("Foods"))
    assert (miss.spearhead, miss.score, miss.missing, miss.words) == ("food", 2, 2, ("Foods",))
    assert [(one.rule.key, one.present) for one in miss.would_do] == [("close", 1), ("far", 0)]


def test_weak_hits_alone_are_a_near_miss_however_many(lemmas: Lemmas) -> None:
    weak = [rule(word, Weight.WEAK, key=word) for word in ("food", "wine", "beer", "bread")]
    book = rulebook(*weak, rule("malt", Weight.MEDIUM, key="malt"))
    (miss,) = near_misses(compile_rules(book, lemmas), titled("food wine beer bread"))
    assert (miss.score, miss.missing) == (8, 0)
    assert [one.rule.key for one in miss.would_do] == ["malt"]


def test_a_tagged_call_and_a_far_one_are_no_near_misses(lemmas: Lemmas) -> None:
    index = compile_rules(rulebook(rule("food"), rule("wine", Weight.WEAK, key="w")), lemmas)
    assert near_misses(index, said("food")) == ()
    assert near_misses(index, said("wine")) == ()
    assert near_misses(index, Document(id="1", title="")) == ()


def test_evidence_says_where_in_the_text_it_stands(lemmas: Lemmas) -> None:
    text = (
        f"Expected Outcome: waste is food.\nScope:\n{'Words of other trades. ' * 70}\nObjective: beer and beer.\nFood."
    )
    rules = [rule(word, key=word) for word in ("food", "waste", "beer")]
    (found,) = tag(compile_rules(rulebook(*rules, full_until=1500), lemmas), titled("Food of the north", text))
    assert words_by_place([one._asdict() for one in found.evidence]) == {
        WordPlace("title", "", False): ("Food",),
        WordPlace("text", "Expected Outcome", False): ("food", "waste"),
        WordPlace("text", "Objective", True): ("beer",),
    }


def test_evidence_stored_before_it_said_where_is_told_as_well() -> None:
    old = {"rule": "r", "field": "text", "points": 4, "spans": [[0, 4]], "words": ["Food"]}
    assert words_by_place([old]) == {WordPlace("text", "", False): ("Food",)}
