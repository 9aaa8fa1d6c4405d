"""The edits that would mend a mistake of the rules, as they are tried on judged calls."""

import pytest

from db.strategies import Mask, Rule, Weight
from tests.tracker.tagging.rulebooks import rule, rulebook
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Judged, evaluate
from tracker.tagging.index import compile_rules
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.mending import Mistake, TriedMend, mistakes
from tracker.tagging.mends import MendKind

Texts = list[tuple[str, int]]
TWO = (rule("bakery OR brewery", Weight.MEDIUM, key="trades"), rule("food", key="words"))


def judged(*texts: tuple[str, int], language: str = "en") -> list[Judged]:
    """Calls of these texts, each with its grade for food, named by their place."""
    documents = [
        Document(id=str(number), title="", text=text, language=language) for number, (text, _) in enumerate(texts)
    ]
    return [Judged(document, {"food": grade}) for document, (_, grade) in zip(documents, texts, strict=True)]


def found(lemmas: Lemmas, rules: tuple[Rule, ...], calls: list[Judged], *masks: Mask) -> list[Mistake]:
    return mistakes(compile_rules(rulebook(*rules, masks=masks), lemmas), calls, ["food"])


def mend_of(mistake: Mistake, kind: MendKind, words: str = "") -> TriedMend:
    [mend] = [one for one in mistake.mends if one.mend.kind is kind and words in ("", one.mend.words)]
    return mend


def test_a_call_that_lacks_points_is_mended_by_a_weightier_rule(lemmas: Lemmas) -> None:
    [missed] = found(lemmas, TWO, judged(("A bakery in town", 2), ("Food for all", 2), ("Bridges", 0)))
    assert (missed.document.id, missed.is_missed, missed.score, missed.threshold) == ("0", True, 2, 4)
    assert (missed.words, missed.rules) == (("bakery",), ("trades",))
    mend = mend_of(missed, MendKind.WEIGHT)
    assert (mend.mend.subject, mend.mend.old, mend.mend.new) == ("trades", Weight.MEDIUM, Weight.STRONG)
    assert (mend.mended, mend.broken, mend.net) == (1, 0, 1)


def test_what_an_edit_breaks_is_counted_on_the_whole_set(lemmas: Lemmas) -> None:
    calls = judged(("A bakery in town", 2), ("A brewery at sea", 2), ("A bakery of bricks", 0), ("Brewery bricks", 1))
    mend = mend_of(found(lemmas, TWO, calls)[0], MendKind.WEIGHT)
    assert (mend.mended, mend.broken) == (2, 1)


def test_a_word_that_more_judged_calls_of_the_spearhead_have_comes_before_one_that_fits_this_call_alone(
    lemmas: Lemmas,
) -> None:
    calls = judged(("Mushrooms beneath Lahti", 2), ("Food from mushrooms", 2), ("Bridges beneath rivers", 0))
    [missed] = found(lemmas, (rule("food"),), calls)
    best = missed.mends[0]
    assert (best.mend.kind, best.mend.subject, best.mend.words) == (MendKind.WORD, "rule", "mushrooms")
    assert (best.mend.inside, best.mend.outside, best.mended, best.broken) == (2, 0, 1, 0)
    assert [one.mend.fits_one for one in missed.mends] == [False, True, True]


def test_a_word_goes_into_a_rule_that_reads_the_calls_language_in_its_base_form(lemmas: Lemmas) -> None:
    rules = (rule("food OR bread OR beer"), rule("ruoka", language="fi", key="fi"))
    calls = judged(("Leipomoiden tukeminen", 2), ("Leipomoille ruokaa", 2), ("Siltoja", 0), language="fi")
    best = found(lemmas, rules, calls)[0].mends[0]
    assert (best.mend.subject, best.mend.words) == ("fi", "leipomo")


def test_a_call_without_text_is_mended_by_a_word_of_its_parents_title(lemmas: Lemmas) -> None:
    parents = (
        ("Open call", "Mushrooms in practice", 2),
        ("Second call", "Mushrooms again", 2),
        ("Third call", "Roads", 0),
    )
    documents = [Document(id=title, title=title, call_title=parent, of_parent=True) for title, parent, _ in parents]
    calls = [Judged(document, {"food": grade}) for document, (*_, grade) in zip(documents, parents, strict=True)]
    best = found(lemmas, (rule("food"),), calls)[0].mends[0]
    assert (best.mend.words, best.mended, best.broken) == ("mushrooms", 2, 0)


def test_a_wrong_tag_is_mended_by_a_mask_that_leaves_the_right_ones(lemmas: Lemmas) -> None:
    calls = judged(("The food poisoning of wells", 0), ("Food poisoning again", 0), ("Food for all", 2))
    false = found(lemmas, (rule("food"),), calls)
    assert [one.is_missed for one in false] == [False, False]
    best = false[0].mends[0]
    assert (best.mend.kind, best.mend.words, best.mended, best.broken) == (MendKind.MASK, '"food poisoning"', 2, 0)


def test_an_alternative_that_only_misleads_can_be_taken_out(lemmas: Lemmas) -> None:
    calls = judged(("Plants that feed turbines", 0), ("Feed for engines", 0), ("Food for all", 2))
    best = found(lemmas, (rule("food OR feed"),), calls)[0].mends[0]
    assert (best.mend.kind, best.mend.words, best.mended) == (MendKind.ALTERNATIVE, "feed", 2)


def test_a_mask_that_hides_too_much_can_be_removed(lemmas: Lemmas) -> None:
    mask = Mask(key="web", text='"food web"')
    [missed] = found(lemmas, (rule("food"),), judged(("The food web", 2), ("Bridges", 0)), mask)
    assert mend_of(missed, MendKind.UNMASK).mend.subject == "web"


@pytest.mark.parametrize(("grade", "asked"), [(2, 2), (0, 5)])
def test_a_threshold_can_be_moved(lemmas: Lemmas, grade: int, asked: int) -> None:
    """Where it is the call's own points that would have to do, or to be too few."""
    weight = Weight.MEDIUM if grade == 2 else Weight.STRONG
    calls = judged(("Aa bb food cc", grade))
    mends = {one.mend.kind: one.mend for one in found(lemmas, (rule("food", weight),), calls)[0].mends}
    assert (mends[MendKind.THRESHOLD].old, mends[MendKind.THRESHOLD].new) == (4, asked)


def test_a_borderline_call_is_no_mistake_and_breaks_nothing(lemmas: Lemmas) -> None:
    calls = judged(("Food for all", 1), ("A bakery", 1), ("Bakery town", 2))
    [missed] = found(lemmas, TWO, calls)
    assert (mend_of(missed, MendKind.WEIGHT).mended, mend_of(missed, MendKind.WEIGHT).broken) == (1, 0)


def test_the_effect_that_is_told_is_what_the_edited_rules_score(lemmas: Lemmas) -> None:
    calls = judged(("A bakery in town", 2), ("A brewery at sea", 2), ("A bakery of bricks", 0), ("Food", 2))
    mend = mend_of(found(lemmas, TWO, calls)[0], MendKind.WEIGHT)
    edited = rulebook(TWO[0].model_copy(update={"weight": Weight(mend.mend.new)}), TWO[1])
    before = evaluate(compile_rules(rulebook(*TWO), lemmas), calls, ["food"])["food"]
    after = evaluate(compile_rules(edited, lemmas), calls, ["food"])["food"]
    wrong = [len(score.false) + len(score.missed) for score in (before, after)]
    assert wrong[0] - wrong[1] == mend.net == 1
