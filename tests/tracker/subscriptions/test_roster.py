"""Rosters: a CSV is taken whole, and every fault has its line."""

from pathlib import Path

import pytest

from tests.tracker.subscriptions.test_requests import KNOWN
from tracker.errors import InputFaults
from tracker.refusals import said
from tracker.subscriptions.roster import CELL_KEYS, COLUMN_KEYS, plain_word, read_roster
from tracker.subscriptions.roster_words import CELL_WORDS, COLUMN_WORDS


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
        ("adddress,spearheads\n", "line 1: there is no column 'adddress'; there are address, language"),
        ("address,address\n", "line 1: the column 'address' appears twice"),
        ("address,spearheads\na@lahti.example,food,circular\n", "line 2: more cells than the first line has"),
        ('address,spearheads\n"a"b@lahti.example,food\n', "line 2: not CSV: "),
    ],
)
def test_a_file_that_cannot_be_read_is_told_where(text: str, fault: str) -> None:
    assert faults(text)[0].startswith(fault)


def test_a_line_that_wants_nothing_is_a_fault() -> None:
    assert faults("address\nanna@lahti.example\n")[0].startswith("line 2: an interest needs a spearhead")


# --- as spreadsheets and people write them ----------------------------------------------------------------------------

ANNA_EATS = ("anna@lahti.example", ("food",), None)


def read(text: str) -> list[tuple[int, str, tuple[str, ...], int | None]]:
    lines = read_roster(text, KNOWN)
    return [
        (line.number, line.wanted.address, wants.spearheads, wants.money_max)
        for line in lines
        for wants in line.wanted.interests
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("address;spearheads\nanna@lahti.example;food\n;\n;;;\n\n ; \n", 2),  # rows that hold nothing
        ("address;spearheads;;\nanna@lahti.example;food;;\n", 2),  # columns that hold nothing
        ("address;spearheads\nanna@lahti.example;food;;;\n", 2),
        ("\n;\naddress;spearheads\n\nanna@lahti.example;food\n", 5),
        ("\ufeffsep=;\r\naddress;spearheads\r\nanna@lahti.example;food\r\n", 3),
        ('"SEP=|"\naddress|spearheads\nanna@lahti.example|food\n', 3),
        ("address\tspearheads\nanna@lahti.example\tfood\n", 2),
        ("Address; Spearheads \n Anna@Lahti.example ;food\n", 2),
        ("ADDRESS,\u00a0SPEARHEADS\nanna@lahti.example\u00a0,food\u202f\n", 2),
        ("address;spearheads\n\ufeffanna@lahti.example\u200b;\u00adfood\n", 2),
        ("Sähköposti;Kärjet\nanna@lahti.example;food\n", 2),
        ("Sa\u0308hko\u0308postiosoite;Ka\u0308rki\nanna@lahti.example;food\n", 2),
        ("E-postadress;Spetsområden\nanna@lahti.example;food\n", 2),
        ("E-mail;spear-heads\nanna@lahti.example;food\n", 2),
        ('address;spearheads\n"anna@lahti.example\n";"food"\n', 2),
    ],
)
def test_a_spreadsheets_habits_change_nothing(text: str, line: int) -> None:
    assert read(text) == [(line, *ANNA_EATS)]


def test_fixed_words_may_be_finnish_or_swedish() -> None:
    head = "sähköposti;kieli;rytmi;toimija;toimijatyyppi;kunta;kiireelliset;kärjet;tulevat;oma alue\n"
    anna, berit = read_roster(
        head + "a@lahti.example;Suomi;Viikoittain;Lahti;Kunta;Lahti;kyllä;food;ei;ei\n"
        "b@lahti.example;svenska;dagligen;Ab;Företag;;nej;food;ja;ja\n",
        KNOWN,
    )
    assert (anna.wanted.language, anna.wanted.cadence, anna.wanted.actor_type) == ("fi", "weekly", "municipality")
    assert (anna.wanted.urgent, anna.wanted.interests[0].forthcoming) == (True, False)
    assert (anna.wanted.own_region, berit.wanted.own_region) == (False, True)
    assert (berit.wanted.language, berit.wanted.cadence, berit.wanted.actor_type) == ("sv", "daily", "company")
    assert (berit.wanted.urgent, berit.wanted.interests[0].forthcoming) == (False, True)


@pytest.mark.parametrize(
    "written", ["500000", "500 000", "500\u00a0000", "500\u202f000 €", "€500 000", "500 000 euroa", "500000 EUR"]
)
def test_a_sum_may_have_blanks_and_its_currency(written: str) -> None:
    assert read(f"address;spearheads;money_max\nanna@lahti.example;food;{written}\n")[0][3] == 500_000


@pytest.mark.parametrize("written", ["500.000", "500,000.00", "5 00", "1.5e6", "-5", "0.5 M€", "５"])
def test_a_sum_is_never_guessed(written: str) -> None:
    text = f"address;spearheads;money_max\nanna@lahti.example;foood;{written}\n"
    given = f"line 2: money_max: '{written}' is not a whole number; write digits only"
    assert faults(text) == [
        given,
        "line 2: spearheads: there is no spearhead foood; there are circular, food; did you mean food?",
    ]


def test_a_line_break_in_a_cell_is_a_blank_and_the_line_that_is_named_is_the_rows_first() -> None:
    text = 'address,actor,spearheads\na@lahti.example,"Hämeen\nsäätiö",food\nb@lahti.example,"x\n\ny",foood\n'
    assert faults(text) == [
        "line 4: spearheads: there is no spearhead foood; there are circular, food; did you mean food?"
    ]
    [line] = read_roster(text.partition("b@")[0], KNOWN)
    assert (line.number, line.wanted.actor) == (2, "Hämeen säätiö")
    assert faults('address,spearheads\na@lahti.example,food\n"b@lahti\n.example,food\n')[0].startswith(
        "line 3: not CSV"
    )


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a@lahti.example;food;perhaps;", "forthcoming"),
        ("a@lahti.example;food;;much", "money_max"),
        (";food;;", "address"),
    ],
)
def test_one_fault_is_told_once_by_its_column(row: str, column: str) -> None:
    [fault] = faults(f"address;spearheads;forthcoming;money_max\n{row}\n")
    assert fault.startswith(f"line 2: {column}: ")


def test_a_column_with_another_name_is_not_said_to_be_missing_too() -> None:
    assert [line[:35] for line in faults("adress mail;spearheads\n")] == ["line 1: there is no column 'adress "]


def test_one_mailbox_is_known_by_either_form_of_its_domain() -> None:
    text = "address;spearheads\ninfo@päijäthäme.example;food\nInfo@xn--pijthme-5wacc.example;food\n"
    assert faults(text) == ["line 3: info@xn--pijthme-5wacc.example is already on line 2"]


SHARED_FILES = {
    "a-trailing-rows": [2],
    "e-sep-line": [3],
    "f-nbsp": [2],
    "h-finnish-header": [2],
    "i-header-case": [2],
    "p-idn": [2, 3],
    "r-money-spaces": [2],
}


@pytest.mark.parametrize("name", SHARED_FILES)
def test_files_of_strangers_are_read(shared: Path, name: str) -> None:
    text = (shared / "cases/csv" / f"{name}.csv").read_text("utf-8")
    assert [line.number for line in read_roster(text, KNOWN)] == SHARED_FILES[name]


@pytest.mark.parametrize(
    ("words", "keys"), [(COLUMN_WORDS, COLUMN_KEYS), *((CELL_WORDS[name], CELL_KEYS[name]) for name in CELL_WORDS)]
)
def test_no_word_means_two_things(words: dict[str, tuple[str, ...]], keys: dict[str, str]) -> None:
    assert [word for name in words for word in words[name] if keys[plain_word(word)] != name] == []
    assert words.keys() <= {*keys.values()}


@pytest.mark.parametrize("between", [", ", ",", "; ", " "])
def test_the_values_of_a_cell_may_have_commas_or_semicolons_between(between: str) -> None:
    text = f'address\tspearheads\tlead_days\nanna@lahti.example\tfood{between}circular\t"28{between}7"\n'
    [line] = read_roster(text, KNOWN)
    assert (line.wanted.interests[0].spearheads, line.wanted.lead_days) == (("food", "circular"), (28, 7))
