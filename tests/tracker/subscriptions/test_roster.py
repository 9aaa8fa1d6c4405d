"""Rosters: a CSV is taken whole, and every fault has its line."""

import pytest

from tests.tracker.subscriptions.test_requests import KNOWN
from tracker.errors import InputFaults
from tracker.refusals import said
from tracker.subscriptions.roster import read_roster


def faults(text: str) -> list[str]:
    with pytest.raises(InputFaults) as refused:
        read_roster(text, KNOWN)
    return said(refused.value, "en")


def test_a_line_is_a_mailbox_with_one_interest_and_an_empty_cell_is_the_default() -> None:
    text = (
        "address,language,cadence,actor,actor_type,municipality,urgent,lead_days,spearheads,query,money_max,forthcoming\n"
        "Anna@lahti.example,sv,daily,Lahti Oy,company,Lahti,yes,14 3,food circular,,500000,no\n"
        "\n"
        'bertta@lahti.example,,,"Me, myself",,,,,,"hydrogen OR ""green gas""",,\n'
    )
    anna, bertta = read_roster(text, KNOWN)
    assert (anna.number, anna.wanted.address, anna.wanted.language, anna.wanted.cadence) == (
        2,
        "anna@lahti.example",
        "sv",
        "daily",
    )
    assert (anna.wanted.urgent, anna.wanted.lead_days, anna.wanted.actor_type) == (True, (14, 3), "company")
    [wants] = anna.wanted.interests
    assert (wants.spearheads, wants.money_max, wants.forthcoming) == (("food", "circular"), 500_000, False)
    assert (bertta.number, bertta.wanted.actor, bertta.wanted.lead_days) == (4, "Me, myself", (28, 7))
    assert bertta.wanted.interests[0].query == 'hydrogen OR "green gas"'


def test_semicolons_may_stand_between_cells_as_spreadsheets_in_finland_write_them() -> None:
    [line] = read_roster("address;spearheads\r\nanna@lahti.example;food circular\r\n", KNOWN)
    assert line.wanted.interests[0].spearheads == ("food", "circular")


def test_every_fault_of_every_line_is_listed_with_its_line() -> None:
    text = "address,spearheads,language\nanna,food,fi\nbertta@lahti.example,skiing,fi\ncecilia@lahti.example,food,de\n"
    assert [fault.partition(": ")[:3:2] for fault in faults(text)] == [
        ("line 2", faults(text)[0].removeprefix("line 2: ")),
        ("line 3", "spearheads: there is no spearhead skiing; there are circular, food"),
        ("line 4", "language: 'de' is not one of fi, sv, en"),
    ]


def test_one_mailbox_stands_on_one_line() -> None:
    text = "address,spearheads\nanna@lahti.example,food\nANNA@lahti.example,circular\n"
    assert faults(text) == ["line 3: anna@lahti.example is already on line 2"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "line 1: the column address is missing"),
        ("mail,spearheads\n", "line 1: there is no column 'mail'; there are address, language"),
        ("address,address\n", "line 1: the column 'address' appears twice"),
        ("address,spearheads\na@lahti.example,food,circular\n", "line 2: more cells than the first line has"),
        ('address,spearheads\n"a"b@lahti.example,food\n', "line 2: not CSV: "),
    ],
)
def test_a_file_that_cannot_be_read_is_told_where(text: str, fault: str) -> None:
    assert faults(text)[0].startswith(fault)


def test_a_line_that_wants_nothing_is_a_fault() -> None:
    assert faults("address\nanna@lahti.example\n")[0].startswith("line 2: an interest needs a spearhead")
