"""Who may apply in one line of a mail."""

from typing import Any

import pytest

from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding
from tracker.eligibility.claims import ORGANISATIONS
from tracker.eligibility.programmes import load_table
from tracker.emails.eligibility_view import PLACES, place_of_applicants, terms, who_may_apply

SME, LARGE, PUBLIC, NGO = Applicant.SME, Applicant.LARGE_COMPANY, Applicant.PUBLIC, Applicant.NGO


def known(usual: tuple[str, ...] = (), **given: Any) -> Eligibility:
    found = Finding(facts=usual, basis=Basis.PROGRAMME, evidence="a row", certainty=Certainty.GENERAL)
    return Eligibility(findings=(found,) if usual else (), **given)


@pytest.mark.parametrize(
    ("eligibility", "finnish"),
    [
        (known(yes=(SME, PUBLIC)), "pk-yritykset, julkiset toimijat"),
        (known(yes=(SME, LARGE, NGO)), "yritykset, järjestöt"),
        (known(yes=ORGANISATIONS), "kaikenlaiset organisaatiot"),
        (known(yes=tuple(Applicant)), "kaikenlaiset organisaatiot, yksityishenkilöt"),
        (known(yes=(SME, PUBLIC), usual=("public",)), "pk-yritykset, yleensä julkiset toimijat"),
        (known(yes=(SME, PUBLIC), usual=("sme", "public")), "yleensä pk-yritykset, julkiset toimijat"),
        (known(no=(SME, LARGE, Applicant.PERSON)), "eivät yritykset"),
        (known(no=(SME, LARGE), usual=("sme", "large_company")), "yleensä eivät yritykset"),
        (known(no=tuple(Applicant)), "vain ennalta nimetty taho"),
        (known(no=(Applicant.PERSON,)), ""),
    ],
)
def test_who_may_apply_is_told_shortly(eligibility: Eligibility, finnish: str) -> None:
    assert who_may_apply(eligibility, "fi") == finnish


@pytest.mark.parametrize(("basis", "told"), [(Basis.WORDS, "paikka: ”BANOS countries”"), (Basis.PROGRAMME, "")])
def test_a_place_is_told_in_the_calls_own_words(basis: Basis, told: str) -> None:
    found = Finding(facts=("place",), basis=basis, evidence="…", certainty=Certainty.OFFICIAL)
    assert terms(Eligibility(place="BANOS countries", findings=(found,)), "fi") == told


@pytest.mark.parametrize(
    ("eligibility", "language", "told"),
    [
        (known(consortium=(3, 3), rate=(70,)), "fi", "konsortio ≥ 3 maasta · tuki 70\xa0%"),
        (known(consortium=(3, 3), rate=(70, 100)), "sv", "konsortium från ≥ 3 länder · stöd 70–100\xa0%"),
        (known(consortium=(5, 3), lump_sum=True), "en", "consortium ≥ 5 from ≥ 3 countries · lump sum"),
        (known(consortium=(1, 1), trl=(6, 8)), "en", "also alone · TRL 6–8"),
        (known(consortium=(2, 1)), "fi", "vähintään 2 hakijaa"),
        (known(alone=False, rate=(90,), usual=("rate",)), "fi", "vain yhdessä muiden kanssa · yleensä tuki 90\xa0%"),
        (known(), "fi", ""),
    ],
)
def test_terms_are_told_shortly(eligibility: Eligibility, language: str, told: str) -> None:
    assert terms(eligibility, language) == told


def test_where_applicants_must_be_is_said_in_each_language_or_in_the_calls_own_words() -> None:
    said = {row.place for row in load_table().rows if row.place}
    assert said == set(PLACES)
    by_table = Eligibility(place="third country of the call")
    assert place_of_applicants(by_table, "fi", 60) == ("haun kohteena oleva EU:n ulkopuolinen maa", False)
    theirs = Finding(facts=("place",), basis=Basis.WORDS, evidence="…", certainty=Certainty.OFFICIAL)
    of_call = Eligibility(place="third country of the call", findings=(theirs,))
    assert place_of_applicants(of_call, "fi", 60) == ("third country of the call", True)
    assert place_of_applicants(Eligibility(), "sv", 60) == ("", False)
