"""Contact persons are taken out of texts, and nothing else is."""

import pytest

from tests.tracker.sources.own_site import reason_of
from tracker.sources.support.contacts import without_contacts
from tracker.sources.support.json_records import Record, json_of, list_of, object_of, record_fingerprint


@pytest.mark.parametrize(
    "said",
    [
        "Lisätietoja: Testi Henkilö, puh. 040 000 0000",
        "Ota yhteyttä: testi.henkilo@liitto.example",
        "Testi Henkilö, erityisasiantuntija, +358 40 000 0000",
        "Testi Henkilö, testi.henkilo(at)liitto.example.",
        "Testi Henkilö, puh. 040 000 0000",
        "Testi Henkilö, p. 0295 000 000.",
        "Testi Henkilö, tel. +358 (0)40 000 0000",
        "Testi Henkilö 040/0000000",
        "Testi Henkilö, testi.henkilo (ät) liitto.example",
        "Testi Henkilö, testi.henkilo[at]liitto[.]example",
        "Lisätietoa antaa Testi Henkilö",
        "Tiedustelut: Testi Henkilö",
        "Ytterligare information: Test Person",
        "Lisätietoja antavat rahoitusasiantuntija Testi Henkilö ja ylitarkastaja Toinen Henkilö liitosta sekä muut.",
        "Mer information: Test Person, tfn 019 000 00 00",
        "Contact\nTesti Henkilö\nSenior adviser\nTest Agency",
        "Yhteyshenkilöt\nTesti Henkilö\nToinen Henkilö",
    ],
)
def test_whom_to_ask_is_left_out_with_name_and_title(said: str) -> None:
    assert without_contacts(f"Haku on auki.\n{said}") == "Haku on auki."


def test_a_sentence_that_names_whom_to_ask_is_left_out_of_a_paragraph() -> None:
    said = "Haku on auki. Lisätietoja antaa asiantuntija Testi Henkilö. Tuki on enintään 70 %. 50 hanketta valitaan."
    assert without_contacts(said) == "Haku on auki. Tuki on enintään 70 %. 50 hanketta valitaan."


def test_only_the_sentence_with_an_address_is_left_out_of_a_paragraph() -> None:
    said = "Haussa on kaksi teemaa. Kysy lisää Testi Henkilöltä, testi@liitto.example. Tuki on enintään 70 %."
    assert without_contacts(said) == "Haussa on kaksi teemaa. Tuki on enintään 70 %."


def test_what_follows_the_next_heading_or_a_long_line_stays() -> None:
    long = "Hankkeessa kehitetään kiertotalouden ratkaisuja yhdessä alueen yritysten, kuntien ja korkeakoulujen kanssa."
    said = f"Lisätietoja\nTesti Henkilö\nRahoitus:\n1,5 miljoonaa euroa\nYhteyshenkilö\nToinen Henkilö\n{long}"
    assert without_contacts(said) == f"Rahoitus:\n1,5 miljoonaa euroa\n{long}"


@pytest.mark.parametrize(
    "said",
    [
        "Haku on auki 2.2.–31.3.2026 klo 16.15 asti.",
        "Ohjelmakausi 2021–2027, budjetti 1 500 000 euroa.",
        "Tuen määrä on 50 000–120 000 euroa, 07 on maakunnan koodi.",
        "Haku päättyy 01.02.2026. Lisätietoja hausta on Rakennerahastot.fi-sivulla, jossa on myös usein kysyttyä.",
        "Topic HORIZON-CL6-2026-01 has 0.5 million and 2027-03-01 as its day.",
    ],
)
def test_dates_sums_and_codes_are_no_telephones(said: str) -> None:
    assert without_contacts(said) == said


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"  <!DOCTYPE html>", "html"),
        (b'{"a": [1, ', "truncated"),
        (b"", "truncated"),
        (b"callback({})", "not_json"),
        (b"[" * 100_000 + b"]" * 100_000, "truncated"),
        (b"[]", "not_an_answer"),
    ],
)
def test_an_answer_that_is_no_object_has_a_named_fault(body: bytes, reason: str) -> None:
    assert reason_of(lambda: object_of("own", body)) == reason


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'["\\ud800", "\\ud83d\\ude00"]', ["\ufffd", "\U0001f600"]),
        (b'["\xff", "a\nb"]', ["\ufffd", "a\nb"]),
        (b"[NaN, -Infinity, 1e999, 5]", ["NaN", "-Infinity", "1e999", 5]),
        (b"[" + b"9" * 5000 + b"]", ["9" * 5000]),
    ],
)
def test_a_value_that_is_no_json_is_odd_and_the_others_are_read(body: bytes, read: list[object]) -> None:
    assert json_of("own", body) == read


@pytest.mark.parametrize("amount", ["1e99999999", "9" * 5000, "NaN", "-Infinity", 1e300])
def test_an_amount_that_is_none_is_a_fault_at_once(amount: object) -> None:
    assert reason_of(lambda: Record("own", "1", {"amount": amount}).euro("amount")) == "budget"


@pytest.mark.parametrize("answer", [{}, {"calls": None}, {"calls": {"1": {}}}])
def test_a_list_that_is_none_is_a_fault(answer: dict[str, object]) -> None:
    assert reason_of(lambda: list_of("own", answer, "calls")) == "not_an_answer"


def test_a_fingerprint_does_not_depend_on_the_order_of_fields() -> None:
    assert record_fingerprint({"a": 1, "b": [1, 2]}) == record_fingerprint({"b": [1, 2], "a": 1})
    assert record_fingerprint({"a": 1, "b": [1, 2]}) != record_fingerprint({"a": 1, "b": [2, 1]})
