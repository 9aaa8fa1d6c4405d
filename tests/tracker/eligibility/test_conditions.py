"""The publisher's conditions say who may apply where the call's own words do not, and go before the table."""

import pytest

from db.calls import CallKind
from db.eligibility import Basis
from tests.tracker.eligibility.calls import call
from tracker.eligibility.deriving import eligibility_of
from tracker.eligibility.programmes import load_table

RIA = {"type_of_action": "HORIZON  Research and Innovation Actions", "identifier": "HORIZON-CL6-2026-01"}


@pytest.mark.parametrize(
    ("conditions", "fact", "value"),
    [
        ("Eligible applicants are public authorities only.", "no", "sme"),
        ("At least one legal entity from a Member State and at least two other legal entities.", "consortium", (3, 3)),
        ("The funding rates are: 100% for non-profit organisations and 90% for for-profit ones.", "rate", (90, 100)),
        ("Eligible costs will take the form of a lump sum.", "lump_sum", True),
        ("Model grant agreement: HORIZON-AG-LS", "lump_sum", True),
    ],
)
def test_conditions_go_before_the_table(conditions: str, fact: str, value: object) -> None:
    derived = eligibility_of(call(CallKind.TOPIC, language="en", conditions=conditions, **RIA), load_table())
    known = getattr(derived, fact)
    assert value in known if fact == "no" else known == value
    assert Basis.CONDITIONS in {found.basis for found in derived.findings}


def test_the_calls_own_words_go_before_its_conditions() -> None:
    text, conditions = "The maximum funding rate: 60%.", "The maximum funding rate: 80%."
    derived = eligibility_of(call(CallKind.TOPIC, language="en", text=text, conditions=conditions), load_table())
    assert derived.rate == (60,)


def test_a_consortium_that_is_set_by_hand_decides() -> None:
    least = "at least three partners from two countries"
    derived = eligibility_of(call(CallKind.TOPIC, language="en", consortium=least), load_table())
    assert (derived.consortium, derived.alone) == ((3, 2), False)
