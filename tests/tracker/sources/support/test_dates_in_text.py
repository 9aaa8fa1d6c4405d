"""Date fields of running text: all that belongs to a field is found, so that nothing of it is guessed."""

from datetime import date

import pytest

from tests.tracker.sources.support.test_dates import END, at
from tracker.errors import ParseError
from tracker.sources.support.dates import BRUSSELS, HELSINKI, Day
from tracker.sources.support.dates_in_text import labelled

LABELS = ("Call closes", "Deadline for applications", "Deadline")


def test_a_date_behind_a_label_is_found_in_running_text() -> None:
    text = "Two partners are needed.\nCall closes: 31 March 2026 17:00 CET. Results come in June 2026.\nApply now."
    assert labelled("a source", text, LABELS, HELSINKI) == (at(BRUSSELS, 17),)


def test_a_date_may_stand_on_the_line_below_its_label() -> None:
    assert labelled("a source", "Deadline for applications:\n31 March 2026", LABELS, BRUSSELS) == (Day(END),)


def test_a_label_said_twice_is_one_date_and_cut_offs_come_in_order() -> None:
    text = "Deadline: 31 March 2026\nDeadline: 1 February 2026\nThe Deadline: 31 March 2026"
    assert labelled("a source", text, LABELS, BRUSSELS) == (Day(date(2026, 2, 1)), Day(END))


def test_a_heading_over_running_text_is_no_label() -> None:
    assert labelled("a source", "Deadline:\nApplications are read as they come.", LABELS, BRUSSELS) == ()


def test_an_unread_date_below_a_heading_is_a_fault() -> None:
    with pytest.raises(ParseError, match="spring 2027"):
        labelled("a source", "Deadline:\nspring 2027", LABELS, BRUSSELS)


def test_a_label_that_says_in_words_that_there_is_no_date_gives_none() -> None:
    assert labelled("a source", "Deadline: rolling basis", LABELS, BRUSSELS) == ()


def test_a_label_within_a_sentence_is_no_label() -> None:
    assert labelled("a source", "After the Deadline 5 March 2020 nothing counts.", LABELS, BRUSSELS) == ()


def test_a_label_with_an_unread_date_is_a_fault() -> None:
    with pytest.raises(ParseError, match="unread: 'spring 2027'"):
        labelled("a source", "Deadline: spring 2027", LABELS, BRUSSELS)


@pytest.mark.parametrize("zone", ["EST", "(London time)", "local time"])
def test_a_clock_elsewhere_behind_a_label_is_a_fault_too(zone: str) -> None:
    with pytest.raises(ParseError, match="an unknown zone"):
        labelled("a source", f"Deadline: 31 March 2026 17:00 {zone}. Apply early.", ["Deadline"], HELSINKI)


def test_of_two_dates_side_by_side_the_first_is_not_taken_for_the_field() -> None:
    for text in ("15 January 2026 31 March 2026", "15.1.2026 (1. vaihe), 31.3.2026"):
        with pytest.raises(ParseError):
            labelled("a source", f"Deadline: {text}", ["Deadline"], HELSINKI)


@pytest.mark.parametrize("text", ["31.3.2026 alkaen", "31.3.2026 –"])
def test_a_word_or_sign_behind_a_date_belongs_to_the_field(text: str) -> None:
    with pytest.raises(ParseError, match="a day that opens"):
        labelled("a source", f"Hakuaika: {text}\nHae pian.", ["Hakuaika"], HELSINKI)


@pytest.mark.parametrize("offset", ["GMT+2", "UTC+02:00", "+02:00", "UTC−12"])
def test_an_offset_behind_a_label_is_not_cut_off(offset: str) -> None:
    with pytest.raises(ParseError):
        labelled("a source", f"Deadline: 31 March 2026 17:00 {offset}. Apply.", ["Deadline"], HELSINKI)
