"""What can be asked for: every fault is named with what to write instead, and an interest reads as a sentence would."""

from dataclasses import replace
from typing import Any

import pytest

from db.subscribers import Wants
from tests.support.refused import refused
from tracker.errors import InputFaults
from tracker.refusals import said
from tracker.subscriptions.requests import (
    Known,
    SignUp,
    address_of,
    interest_in_words,
    preferences_of,
    sign_up_of,
    wants_faults,
)

KNOWN = Known(frozenset({"food", "circular"}), frozenset({"portal", "eura"}), frozenset({"HORIZON", "LIFE"}))
NAMES = {"food": "Ruoka ja juoma", "circular": "Kiertotalous"}
SOURCES = {"portal": "EU Funding & Tenders Portal"}


def faults(**given: Any) -> list[str]:
    """What is wrong with a sign-up that would be sound but for this."""
    with pytest.raises(InputFaults) as caught:
        signed_up(**given)
    return said(caught.value, "en")


def signed_up(**given: Any) -> SignUp:
    return sign_up_of({"address": "anna@lahti.example", "interests": [{"spearheads": ["food"]}]} | given, KNOWN)


def test_an_address_is_one_mailbox_however_it_is_written() -> None:
    assert signed_up(address="Anna.Virtanen@LAHTI.example").address == "anna.virtanen@lahti.example"
    assert address_of("anna@päijät.example") == "anna@xn--pijt-loac.example"


@pytest.mark.parametrize("word", ["anna", "anna@", "anna@lahti", "a b@lahti.example", "änna@lahti.example", "a@b.test"])
def test_what_is_no_address_is_refused_by_name(word: str) -> None:
    [fault] = faults(address=word)
    assert fault.startswith("address: ")
    with refused(InputFaults, repr(word)):
        address_of(word)


def test_every_fault_is_listed_at_once() -> None:
    assert [fault.partition(":")[0] for fault in faults(address="x", language="de", lead_days=[0])] == [
        "language",
        "lead_days",
        "address",
    ]


@pytest.mark.parametrize(
    ("wants", "fault"),
    [
        ({}, "an interest needs a spearhead, a programme, a source, a kind of call, an audience or a query"),
        ({"money_min": 5}, "an interest needs a spearhead"),
        ({"spearheads": ["skiing"]}, "spearheads: there is no spearhead skiing; there are circular, food"),
        ({"sources": ["ted"]}, "sources: there is no source ted; there are eura, portal"),
        ({"programmes": ["HORIZN"]}, "programmes: there is no programme HORIZN; there are HORIZON, LIFE"),
        ({"kinds": ["talk"]}, "kinds: there is no kind of call talk; there are cascade, external, interreg,"),
        ({"audience": ["cats"]}, "audience: there is no audience cats; there are association, "),
        ({"query": "hydrogen AND ("}, "query: "),
        ({"query": "NOT hydrogen"}, "query: "),
        ({"query": ""}, "query: "),
        ({"spearheads": ["food"], "money_min": -1}, "money: whole euro per project, from 0 to"),
        ({"spearheads": ["food"], "money_max": 10**15}, "money: whole euro per project, from 0 to"),
        ({"spearheads": ["food"], "money_min": 5, "money_max": 4}, "money: the minimum 5 is above the maximum 4"),
    ],
)
def test_a_faulty_interest_is_told_what_to_write(wants: dict[str, Any], fault: str) -> None:
    assert faults(interests=[wants])[0].startswith(fault)


def test_an_interest_with_any_one_thing_is_sound() -> None:
    sound = [
        Wants(spearheads=("food",)),
        Wants(programmes=("LIFE",)),
        Wants(sources=("eura",)),
        Wants(kinds=("cascade",)),
        Wants(audience=("municipality",)),
        Wants(query="hydrogen* OR vety*"),
    ]
    assert [wants_faults(one, KNOWN) for one in sound] == [[]] * 6


def test_a_sign_up_needs_an_interest() -> None:
    assert faults(interests=[])[0].startswith("interests: ")


def test_a_reader_chooses_among_the_regions_languages() -> None:
    given = {"address": "anna@lahti.example", "language": "sv", "interests": [{"spearheads": ["food"]}]}
    with refused(InputFaults, "there is no language 'sv'; there are en, fi"):
        sign_up_of(given, replace(KNOWN, languages=frozenset({"fi", "en"})))


def test_lead_times_are_kept_once_and_longest_first() -> None:
    assert signed_up(lead_days=[7, 28, 7]).lead_days == (28, 7)
    assert signed_up(lead_days=[]).lead_days == ()


def test_an_organisations_name_is_one_line() -> None:
    assert faults(actor="Lahti\nBcc: x") == ["actor: write this on one line"]


@pytest.mark.parametrize(
    ("wants", "said"),
    [
        (Wants(spearheads=("food", "circular")), "Ruoka ja juoma tai Kiertotalous"),
        (Wants(programmes=("LIFE",), forthcoming=False), "LIFE-ohjelma, vain avoimet haut"),
        (
            Wants(sources=("portal",), kinds=("cascade",)),
            "EU Funding & Tenders Portal, EU-hankkeiden avoimet haut (ketjutettu rahoitus)",
        ),
        (
            Wants(query="vety*", audience=("municipality", "association")),
            "kohderyhmänä kunnat tai yhdistykset, hakusanat ”vety*”",
        ),
        (Wants(spearheads=("food",), money_max=500_000), "Ruoka ja juoma, enintään 500 000 € hanketta kohti"),
        (Wants(spearheads=("food",), money_min=500_000), "Ruoka ja juoma, vähintään 500 000 € hanketta kohti"),
    ],
)
def test_an_interest_is_said_in_words(wants: Wants, said: str) -> None:
    assert interest_in_words(wants, NAMES, SOURCES, "fi").replace("\N{NO-BREAK SPACE}", " ") == said


def test_preferences_are_checked_whole_as_a_sign_up_is() -> None:
    given = {"language": "sv", "cadence": "daily", "interests": [{"spearheads": ["food"]}]}
    assert preferences_of(given, KNOWN).interests[0].spearheads == ("food",)
    with pytest.raises(InputFaults) as faults:
        preferences_of(
            given | {"interests": [{"spearheads": ["space"]}, {"money_min": -1, "sources": ["eura"]}]}, KNOWN
        )
    assert len(faults.value.faults) == 2
