"""Who may apply as a call's own words say it: negation, "only", who is helped, in three languages."""

from typing import Any

import pytest

from db.calls import CallKind
from db.eligibility import Applicant, Basis
from tests.tracker.eligibility.calls import call
from tracker.eligibility.deriving import eligibility_of
from tracker.eligibility.programmes import ProgrammeTable

NO_TABLE = ProgrammeTable((), "")
EVERY = set(Applicant)
NATIONAL, CASCADE, TOPIC = CallKind.NATIONAL, CallKind.CASCADE, CallKind.TOPIC


def who(kind: CallKind, text: str, language: str = "en", title: str = "A call") -> tuple[set[str], set[str]]:
    derived = eligibility_of(call(kind, text=text, language=language, title=title), NO_TABLE)
    return set(derived.yes), set(derived.no)


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("Avustusta voivat hakea kunnat, yhdistykset ja yritykset.", "public ngo sme large_company", "person"),
        ("Avustusta voivat hakea säätiöt. Kunnat eivät voi hakea avustusta.", "ngo", "*"),
        ("Kunnat ja kuntayhtymät voivat hakea, mutta yritykset eivät voi hakea.", "public", "*"),
        ("Avustusta myönnetään vain kunnille.", "public", "*"),
        ("Hakijana voi olla esimerkiksi kunta tai oppilaitos.", "public education", ""),
        ("Yritykset ja kunnat voivat hakea vain kerran.", "sme large_company public", "person"),
        ("Avustusta voivat hakea myös yksityishenkilöt.", "person", ""),
        ("Avustusta voi hakea yritysten toiminnan kehittämiseen.", "", ""),  # whose work is developed
        ("Tavoitteena on lisätä pk-yritysten kilpailukykyä.", "", ""),  # who is helped
        ("Tukea ei myönnetä asunto-osakeyhtiöille tai maatiloille.", "", ""),  # not all companies
        ("Tukea voidaan myöntää yrityksille ja yhteisöille, kuten kunnille.", "sme large_company ngo public", ""),
        ("Avustusta voidaan myöntää voittoa tavoittelemattomille yhteisöille.", "public ngo", "person"),
        ("Valtionavustusta myönnetään vain hankkeisiin, jotka kunnat toteuttavat yhdessä.", "public", "*"),
    ],
)
def test_finnish_words_say_who_applies(text: str, yes: str, no: str) -> None:
    agrees(who(NATIONAL, text, "fi"), yes, no)


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("Understöd som beviljas kommuner kan sökas i augusti.", "public", "*"),
        ("Högskolor, föreningar och företag kan ansöka om stöd.", "research education ngo sme large_company", "person"),
        ("Även företag kan söka stödet.", "sme large_company", ""),
        ("Endast kommuner kan söka.", "public", "*"),
        ("Företag kan inte söka stödet.", "", "sme large_company"),
        ("Bidraget stärker företagens konkurrenskraft.", "", ""),
    ],
)
def test_swedish_words_say_who_applies(text: str, yes: str, no: str) -> None:
    agrees(who(NATIONAL, text, "sv"), yes, no)


@pytest.mark.parametrize(
    ("kind", "text", "yes", "no"),
    [
        (TOPIC, "Only public authorities may apply.", "public", "*"),
        (TOPIC, "The call is open only to universities.", "research education", "*"),
        (TOPIC, "Natural persons are not eligible.", "", "person"),
        (TOPIC, "Applicants must be a natural person.", "person", "*"),
        (TOPIC, "SMEs may apply only once.", "sme", ""),
        (TOPIC, "Universities may apply, not only companies.", "research education", ""),
        (TOPIC, "To be eligible, the applicants must:be a natural person below 50.", "person", "*"),
        (TOPIC, "Applicants must be a natural person or a legal person.", " ".join(Applicant), ""),
        (TOPIC, "Grants are available only to Principal Investigators.", "person", ""),  # with a host
        (TOPIC, "The project will support SMEs in the region.", "", ""),  # who is helped
        (TOPIC, "The open calls for third parties should be open to SMEs only.", "", ""),
        (TOPIC, "Proposals should involve cities and their associations.", "", ""),
        (CASCADE, "This open call supports SMEs in the region.", "sme", "*"),
        (CASCADE, "Eligible applicants are NGOs, schools and companies.", "ngo education sme large_company", "person"),
        (CASCADE, "We support business services and the business environment.", "", ""),  # whose
        (CASCADE, "Solutions which aim to support small farms are piloted. Selected sites get money.", "", ""),
        (TOPIC, "The call for proposals for action grants under the Citizens programme is open to applicants.", "", ""),
        (CASCADE, "The call is open to organisations, including SMEs.", "sme", "person"),
        (CASCADE, "Start-ups can also apply.", "sme", ""),
        (CASCADE, "CSOs will be supported to empower youth.", "ngo", "*"),
        (CASCADE, "The call helps start-ups and other entities. Partnerships of 2 to 5 legal entities apply.", "", ""),
    ],
)
def test_english_words_say_who_applies(kind: CallKind, text: str, yes: str, no: str) -> None:
    agrees(who(kind, text), yes, no)


@pytest.mark.parametrize("title", ["A scholarship for masters", "Robots Summer School 2026", "Third Individual Grants"])
def test_a_cascade_call_for_students_and_artists_is_for_persons(title: str) -> None:
    assert who(CASCADE, "", title=title) == ({"person"}, EVERY - {"person"})


def test_a_call_for_schools_of_students_is_for_who_applies_for_them() -> None:
    text = "Proposals may be submitted by individual applicants or consortia."
    assert who(CASCADE, text, title="Master School Open Call") == (set(), set())


def agrees(found: tuple[set[str], set[str]], yes: str, no: str) -> None:
    expected = set(yes.split())
    assert found == (expected, EVERY - expected if no == "*" else set(no.split()))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "Proposals must be submitted by at least 3 applicants from 3 different eligible countries.",
            {"consortium": (3, 3), "alone": False},
        ),
        (
            "en",
            "The consortium must consist of at least four independent legal entities, each established in a different "
            "Member State.",
            {"consortium": (4, 4), "alone": False},
        ),
        ("en", "Eligible applicants are individual entities or consortia of three.", {"alone": True}),
        ("en", "Operating grants are always mono-beneficiary grants.", {"consortium": (1, 1), "alone": True}),
        ("en", "Applicants: at least three case studies must be shown.", {"consortium": (), "alone": None}),
        ("en", "Maximum funding rate: 90%.", {"rate": (90,)}),
        ("en", "In 2024, 90 % of the applicants were SMEs.", {"rate": ()}),
        ("en", "The grant will be paid to beneficiaries as a lump sum.", {"lump_sum": True}),
        (
            "en",
            "Applicants know TRL 3. Activities are expected to start at TRL 5 and achieve TRL 7-8 by the end.",
            {"trl": (5, 8)},
        ),
        (
            "en",
            "Applicants must be registered in one or more BANOS countries.",
            {"place": "one or more BANOS countries"},
        ),
        ("en", "Applicants established in an EU Member State apply.", {"place": None}),
        ("fi", "Hakijoita on oltava vähintään kolme organisaatiota kahdesta maasta.", {"consortium": (3, 2)}),
        (
            "fi",
            "Hankkeessa tulee olla vähintään kaksi organisaatiota kahdesta eri EU:n jäsenvaltiosta.",
            {"consortium": (2, 2)},
        ),
        ("fi", "Tuki on enintään 70 % hankkeen hyväksyttävistä kustannuksista.", {"rate": (70,)}),
        ("sv", "Minst två partner från två länder ska söka tillsammans.", {"consortium": (2, 2), "alone": False}),
        ("sv", "Stöd beviljas för högst 50 % av projektets godkända kostnader.", {"rate": (50,)}),
    ],
)
def test_words_say_on_what_terms_one_applies(language: str, text: str, expected: dict[str, Any]) -> None:
    derived = eligibility_of(call(text=text, language=language), NO_TABLE)
    assert {name: getattr(derived, name) for name in expected} == expected


def test_evidence_is_the_sentence_that_says_it() -> None:
    text = "Rahaa on jaossa.\nAvustusta voivat hakea kunnat.\nHaku päättyy."
    found = eligibility_of(call(text=text), NO_TABLE).findings[0]
    assert (found.basis, found.evidence) == (Basis.WORDS, "Avustusta voivat hakea kunnat.")


def test_the_publishers_own_list_goes_before_words_and_is_whole_only_where_every_word_is_ours() -> None:
    whole = eligibility_of(call(audience=("municipality",), text="Yritykset voivat hakea."), NO_TABLE)
    assert (set(whole.yes), set(whole.no)) == ({"public"}, EVERY - {"public"})
    assert whole.shut() == frozenset()  # nobody is surely shut out by a list
    part = eligibility_of(call(audience=("municipality", "Kansanopistot")), NO_TABLE)
    assert (part.yes, part.no) == (("public",), ())
