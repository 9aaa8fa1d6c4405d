"""Inflection, compounds, acronyms and hyphens."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.tagging.rulebooks import matches, said
from tracker.tagging.lemmas import Lemmas, joined_words, split_text

WITH_AND_WITHOUT_VOIKKO = True


@pytest.mark.parametrize(
    ("language", "word", "forms"),
    [
        ("fi", "kiertotalous", "kiertotalouden kiertotaloutta kiertotaloushanke kiertotaloushankkeissa kierto-talous"),
        ("fi", "ruoka", "ruoan ruuan ruokaa ruoantuotanto lähiruokaa"),
        ("fi", "tehdas", "tehtaan tehtaassa tehtaiden"),
        ("fi", "jäte", "jätteen jätteitä jätehuolto"),
        ("fi", "mallas", "maltaan maltaita"),
        ("fi", "muotoilu", "muotoilun palvelumuotoilu palvelumuotoilun"),
        ("fi", "sivuvirta", "sivuvirran sivuvirtojen"),
        ("fi", "elämys", "elämyksiä elämysten"),
        ("fi", "viljaketju", "viljaketjun viljaketjut"),
        ("fi", "hyvinvointialue", "hyvinvointialueen hyvinvointialueella"),
        ("fi", "valmistus", "valmistuksen valmistusta"),
        ("fi", "Bauhaus", "Bauhausin Bauhausia Bauhausissa Bauhausiin Bauhaus-aloite"),
        ("fi", "Interreg", "Interregin Interregiä Interregistä"),
        ("sv", "Interreg", "Interregs Interregprogrammet"),
        ("sv", "interregional", "interregionala interregionalt"),
        ("sv", "livsmedel", "livsmedlet livsmedelsindustri livsmedelsindustrin"),
        ("sv", "avfall", "avfallet avfallshantering"),
        ("sv", "bioekonomi", "bioekonomin"),
        ("sv", "sport", "sporten sports"),
        ("sv", "malt", "malten maltet"),
        ("sv", "dryck", "drycker dryckerna"),
        ("en", "recycle", "recycling recycled recycles"),
        ("en", "child", "children child's"),
        ("en", "brewery", "breweries"),
        ("en", "analysis", "analyses"),
        ("en", "SME", "SMEs sme"),
        ("en", "co-design", "codesign co-design co-designed"),
        ("en", "agrifood", "agri-food Agrifood"),
    ],
)
def test_a_word_matches_its_forms(lemmas: Lemmas, language: str, word: str, forms: str) -> None:
    missed = [form for form in forms.split(" ") if not matches(lemmas, word, said(form, language), language)]
    assert not missed


@pytest.mark.parametrize(
    ("language", "word", "others"),
    [
        ("fi", "valmistus", "valmistelu valmistelun valmisteilla valmistua valmistautuminen"),
        ("fi", "tehdas", "tehtävä tehtävän tehdä tehdään"),
        ("fi", "jäte", "jätetään jätetty jättää jättäminen"),
        ("fi", "liikunta", "liikkuvuus liikkuvuuden liikenne liikkuminen"),
        ("fi", "muotoilu", "muotoiltu muotoillaan"),
        ("fi", "ruoka", "ruokkia ruokkii"),
        ("fi", "kierto", "kierros kierroksen"),
        ("fi", "sivuvirta", "sivu sivun sivuilla"),
        ("fi", "viljaketju", "vilja viljan"),
        ("fi", "palvelumuotoilu", "palvelu palvelumuoto"),
        ("en", "sport", "transport passport support"),
        ("en", "experience", "experiment experimental"),
        ("en", "design", "designation"),
        ("en", "organic", "organisation organ"),
        ("en", "hospitality", "hospital"),
        ("en", "food", "foot"),
    ],
)
def test_a_word_does_not_match_its_lookalikes(lemmas: Lemmas, language: str, word: str, others: str) -> None:
    taken = [other for other in others.split(" ") if matches(lemmas, word, said(other, language), language)]
    assert not taken


def test_letters_with_dots_are_letters_of_their_own(lemmas: Lemmas) -> None:
    assert not matches(lemmas, "=talo", said("tälö", "fi"), "fi")


def test_a_decomposed_letter_and_a_soft_hyphen_make_no_difference(lemmas: Lemmas) -> None:
    assert matches(lemmas, "jäte", said("ja\u0308tteen", "fi"), "fi")
    assert matches(lemmas, "kiertotalous", said("kierto\u00adtalouden", "fi"), "fi")


def test_a_text_in_a_language_we_do_not_know_is_compared_as_it_stands(lemmas: Lemmas) -> None:
    assert matches(lemmas, "interreg", said("programme Interreg Europe", "fr"))
    assert not matches(lemmas, "food", said("foods", "fr"))


def test_the_dictionaries_are_kept_where_they_are_told_to(dictionaries: Path, tmp_path: Path) -> None:
    for kept in ("fi.dic", "sv.dic"):  # as they are made on a machine's first use; the small one is made here
        shutil.copy(dictionaries / kept, tmp_path)
    Lemmas(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["en.dic", "fi.dic", "sv.dic"]
    assert (tmp_path / "en.dic").read_bytes() == (dictionaries / "en.dic").read_bytes()


def test_a_hyphen_joins_words_but_not_numbers() -> None:
    assert joined_words(*split_text("agri-food in 2026-01 and farm-to-fork")) == [
        (0, 1, "agrifood"),
        (6, 7, "farmto"),
        (7, 8, "tofork"),
    ]


@given(st.text())
def test_the_pieces_of_a_text_put_together_are_the_text(text: str) -> None:
    words, pieces = split_text(text)
    assert "".join(pieces) == text
    assert len(pieces) == 2 * len(words) + 1


@pytest.mark.parametrize(
    ("language", "word", "part"),
    [
        ("fi", "luontomatkailuhankkeiden", "matkailu"),
        ("fi", "tärkkelysperunahanke", "peruna"),
        ("fi", "ruokamatkailuhankehaku", "matkailu"),
        ("sv", "naturturismprojekt", "turism"),
        ("sv", "livsmedelsindustriprojekt", "livsmedel"),
    ],
)
def test_a_compound_of_three_words_has_the_middle_one_too(lemmas: Lemmas, language: str, word: str, part: str) -> None:
    assert part in lemmas.analyse(word, language)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("AgriTourism4All", ["Agri", "Tourism"]),
        ("AquaLoops4Med and NetZeroCities", ["Aqua", "Loops", "Zero", "Cities"]),
        ("SMEs of the EU", []),
        ("HORIZON-CL6-2027", []),
    ],
)
def test_a_name_in_camel_case_is_read_by_its_parts_too(text: str, parts: list[str]) -> None:
    assert [word for *_, word in joined_words(*split_text(text))] == parts
