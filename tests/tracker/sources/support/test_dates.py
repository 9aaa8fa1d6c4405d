"""Dates as publishers write them: each form is read, and whatever is not certain is a named fault."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.errors import ParseError
from tracker.sources.support.date_words import ANYWHERE_ON_EARTH
from tracker.sources.support.dates import (
    BRUSSELS,
    HELSINKI,
    DateForm,
    DateRange,
    Day,
    is_undated,
    read_cutoffs,
    read_day,
    read_days,
    read_opening,
    read_period,
)
from tracker.sources.support.dates_in_text import labelled

MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta "
    "marraskuuta joulukuuta",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
END = date(2026, 3, 31)


def at(zone: ZoneInfo, hour: int, minute: int = 0, on: date = END) -> Day:
    return Day(on, datetime(on.year, on.month, on.day, hour, minute, tzinfo=zone))


def fault(text: str, **options: frozenset[DateForm]) -> str:
    with pytest.raises(ParseError) as caught:
        read_period("a source", text, HELSINKI, **options)
    assert (caught.value.source, caught.value.reason) == ("a source", "date")
    return caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "31.3.2026",
        "31. 3. 2026",
        "31.03.2026",
        "31/03/2026",
        "31-03-2026",
        "2026-03-31",
        "2026-03-31+02:00",
        "2026-03-31Z",
        "2026-03-31T00:00:00Z",
        "2026-03-31T00:00:00.000Z",
        "2026-03-31 00:00",
        "2026-03-30T21:00:00Z",
        "1774915200000",
        "31 March 2026",
        "31 Mar 2026",
        "31st of March, 2026",
        "March 31, 2026",
        "March 31st 2026",
        "31. maaliskuuta 2026",
        "31 maaliskuu 2026",
        "den 31 mars 2026",
        "Tuesday 31 March 2026",
        "viimeistään 31.3.2026",
        "Hakuaika päättyy 31.3.2026",
        "Deadline: 31 March 2026, 12:00 AM",
        "31.3.2026 klo 0.00",
    ],
)
def test_a_day_without_a_time_is_a_day_alone(text: str) -> None:
    assert read_day("a source", text, HELSINKI) == Day(END)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31.3.2026 klo 16.15", at(HELSINKI, 16, 15)),
        ("31.3.2026 klo 16:15", at(HELSINKI, 16, 15)),
        ("31.03.2026 16:15", at(HELSINKI, 16, 15)),
        ("31.3.2026 klo 16 Suomen aikaa", at(HELSINKI, 16)),
        ("31 mars 2026 kl. 16.15", at(HELSINKI, 16, 15)),
        ("31 March 2026, 17:00 (Brussels time)", at(BRUSSELS, 17)),
        ("31 March 2026 at 17.00 Brussels local time", at(BRUSSELS, 17)),
        ("2026-03-31 17:00 CEST", at(BRUSSELS, 17)),
        ("17:00 CET on 31 March 2026", at(BRUSSELS, 17)),
        ("31 March 2026 - 17h00 CET", at(BRUSSELS, 17)),
        ("31 March 2026 5 p.m. (CEST)", at(BRUSSELS, 17)),
        ("31 March 2026 12:30 PM", at(HELSINKI, 12, 30)),
        ("2026-03-31T17:00:00", at(HELSINKI, 17)),
        ("31 March 2026 23:59 UTC", at(ZoneInfo("UTC"), 23, 59)),
    ],
)
def test_a_written_time_stands_in_the_zone_that_the_text_names_or_in_the_sources_own(text: str, day: Day) -> None:
    read = read_day("a source", text, HELSINKI)
    assert read == day
    assert read.at is not None
    assert day.at is not None
    assert read.at.tzinfo is day.at.tzinfo


@pytest.mark.parametrize("text", ["2026-03-31T13:15:00Z", "2026-03-31T15:15:00+02:00", "1774962900000"])
def test_an_instant_is_shown_on_the_wall_of_the_source(text: str) -> None:
    read = read_day("a source", text, HELSINKI)
    assert read.at == datetime(2026, 3, 31, 13, 15, tzinfo=UTC)
    assert read.at.tzinfo is HELSINKI


@pytest.mark.parametrize(
    "text",
    [
        *("31.3.2026 klo 12.00 Brysselin aikaa", "31.3.2026 klo 12 (Keski-Euroopan aikaa)"),
        *("31 mars 2026 kl. 12.00 Brysseltid", "31 mars 2026 kl. 12.00 svensk tid"),
        *("31 March 2026, 12:00 noon CEST – Paris time", "Deadline Time: 31 March 2026 12:00 Brussels time"),
    ],
)
def test_the_zone_that_a_text_names_counts_in_every_language(text: str) -> None:
    assert read_day("a source", text, HELSINKI) == at(BRUSSELS, 12)


def test_the_end_of_a_day_is_still_that_day() -> None:
    assert read_day("a source", "31.3.2026 klo 24.00", HELSINKI) == Day(END, datetime(2026, 4, 1, tzinfo=HELSINKI))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2.2.–31.3.2026", (2026, 2, 2), (2026, 3, 31)),
        ("2.2.-31.3.2026", (2026, 2, 2), (2026, 3, 31)),
        ("28.8. – 29.9.2023", (2023, 8, 28), (2023, 9, 29)),
        ("28.–29.9.2023", (2023, 9, 28), (2023, 9, 29)),
        ("15.12.–31.1.2027", (2026, 12, 15), (2027, 1, 31)),
        ("Haku 21.1.-30.6.2022", (2022, 1, 21), (2022, 6, 30)),
        ("19.11.2025–5.3.2026", (2025, 11, 19), (2026, 3, 5)),
        ("3–28 March 2026", (2026, 3, 3), (2026, 3, 28)),
        ("3 March – 5 April 2026", (2026, 3, 3), (2026, 4, 5)),
        ("15 December – 5 January 2027", (2026, 12, 15), (2027, 1, 5)),
        ("from 3 March 2026 to 5 April 2026", (2026, 3, 3), (2026, 4, 5)),
        ("2026-03-03 – 2026-04-05", (2026, 3, 3), (2026, 4, 5)),
        ("avataan 30.1.2024 ja se on avoinna 1.3.2024 saakka", (2024, 1, 30), (2024, 3, 1)),
        ("03/03/2026 - 05/04/2026", (2026, 3, 3), (2026, 4, 5)),
    ],
)
def test_a_period_takes_what_its_first_day_lacks_from_the_second(
    text: str, first: tuple[int, int, int], last: tuple[int, int, int]
) -> None:
    assert read_period("a source", text, HELSINKI) == DateRange(Day(date(*first)), Day(date(*last)))


def test_the_time_of_a_period_belongs_to_the_day_before_it() -> None:
    found = read_period("a source", "19.11.2025 – 31.3.2026 klo 13:00", HELSINKI)
    assert found == DateRange(Day(date(2025, 11, 19)), at(HELSINKI, 13))


def test_both_days_of_a_period_may_have_a_time() -> None:
    found = read_period("a source", "1.12.2025 klo 9.00 – 31.3.2026 klo 16.15", HELSINKI)
    assert found == DateRange(at(HELSINKI, 9, on=date(2025, 12, 1)), at(HELSINKI, 16, 15))


@pytest.mark.parametrize(
    "text",
    [
        *("Jatkuva haku 31.3.2026 alkaen", "opens 31 March 2026", "Start Date: 31 March 2026", "31.3.2026 lähtien"),
        *("31.3.2026–", "31.3.2026 -", "Haku avattu 31.3.2026", "från 31 mars 2026", "fr.o.m. 31 mars 2026"),
    ],
)
def test_one_date_opens_where_its_words_say_so(text: str) -> None:
    assert read_period("a source", text, HELSINKI) == DateRange(opens=Day(END))


@pytest.mark.parametrize(
    "text",
    [
        "31.3.2026",
        "31.3.2026 saakka",
        "open until 31 March 2026",
        "Deadline 31/03/2026",
        "–31.3.2026",
        "t.o.m. 31.3.2026",
    ],
)
def test_one_date_closes_otherwise(text: str) -> None:
    assert read_period("a source", text, HELSINKI) == DateRange(closes=Day(END))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "huomenna",
        "tomorrow",
        "May",
        "klo 16.15",
        "Q1 2027",
        "5.3.",
        "5 March",
        "1.3.26",
        "3/4/26",
        "20260331",
        "31.2.2026",
        "31.13.2026",
        "03/31/2026",
        "2026-13-01",
        "31.3.1926",
        "31.3.2026 klo 25.00",
        "31.3.2026 klo 9:00–11:00",
        "31 March 2026 17:00 EST",
        "31 March 2026 17:00 CET, 18:00 EET",
        "31 March 2026 (GMT+2)",
        "31 March 2026, 17:00 London time",
        "31 March 2026 (17:00 Eastern Standard Time)",
        "31 March 2026 (Lisbon) 17:00",
        "31 March 2026, 5 pm local time",
        "31.3.2026 klo 17.00 Lissabonin aikaa",
        "31.3.2026 klo 17.00 paikallista aikaa",
        "31 mars 2026 kl. 17.00 lokal tid",
        "julkaistu 31.3.2026",
        "Published: 31 March 2026",
        "noin 31.3.2026",
        "Arvio: päättyy lokakuun alkupuolella 2024",
        "early March 2026",
        "around 31 March 2026",
        "9.9.2026–2.2.2026",
        "1.1.2026, 2.2.2026, 3.3.2026",
        "1.1.2026 kokous, haku 3.3.2026",
        "opens 31 March 2026, closes later",
        "Call 11: 31 March 2026",
        "31 March 2026 " + "and more " * 50,
    ],
)
def test_what_is_not_certain_is_a_named_fault(text: str) -> None:
    assert fault(text)


def test_a_fault_shows_what_could_not_be_read() -> None:
    assert fault("Q1 2027") == "'Q1 2027': unread: 'Q1 2027'"


def test_a_form_that_a_source_does_not_use_is_refused() -> None:
    assert fault("31/03/2026", forms=frozenset({DateForm.DOTTED, DateForm.NAMED})).endswith("a date written as slashed")


def test_several_dates_are_no_single_day() -> None:
    with pytest.raises(ParseError, match="2 dates where one is expected"):
        read_day("a source", "1.3.2026 – 2.3.2026", HELSINKI)


def test_cut_offs_are_read_in_their_order() -> None:
    found = read_days("a source", "15 May 2026, 15 September 2026 and 15 January 2027", BRUSSELS)
    assert [day.on.month for day in found] == [5, 9, 1]


@pytest.mark.parametrize("language", MONTHS)
@given(on=st.dates(date(2000, 1, 1), date(2199, 12, 31)))
def test_every_day_of_the_calendar_is_read_in_every_language(language: str, on: date) -> None:
    month = MONTHS[language].split()[on.month - 1]
    dot = "." if language == "fi" else ""
    assert read_day("a source", f"{on.day}{dot} {month} {on.year}", HELSINKI) == Day(on)


@given(first=st.dates(date(2001, 1, 1), date(2199, 12, 31)), days=st.integers(0, 360))
def test_a_finnish_period_loses_nothing_without_its_first_year(first: date, days: int) -> None:
    last = date.fromordinal(min(first.toordinal() + days, date(2199, 12, 31).toordinal()))
    text = f"{first.day}.{first.month}.–{last.day}.{last.month}.{last.year}"
    assert read_period("a source", text, HELSINKI) == DateRange(Day(first), Day(last))


def days_or_reason(text: str) -> tuple[Day, ...] | str:
    try:
        return read_days("a source", text, HELSINKI)
    except ParseError as error:
        return error.reason


@given(st.text("0123456789./-: –klotMar2026", max_size=40))
def test_no_text_ends_in_anything_but_days_or_the_named_fault(text: str) -> None:
    found = days_or_reason(text)
    assert found == "date" or all(isinstance(day, Day) and (day.at is None or day.at.tzinfo) for day in found)


@pytest.mark.parametrize("text", ["Jatkuva haku", "rolling", "Open all year", "tarkentuu", "TBC"])
def test_words_may_say_that_there_is_no_date(text: str) -> None:
    assert is_undated(text)


@pytest.mark.parametrize("text", ["Jatkuva haku 1.9.2026 alkaen", "31.3.2026", "", "soon"])
def test_other_words_do_not_say_so(text: str) -> None:
    assert not is_undated(text)


@pytest.mark.parametrize(
    ("file", "text", "day"),
    [
        ("oph_ka210-adu_2026.txt", "19.11.2025 – 5.3.2026 klo 13:00", at(HELSINKI, 13, on=date(2026, 3, 5))),
        ("rakennerahastot_hakuaikasuunnitelma_keski-pohjanmaa_2026.txt", "2.2.–31.3.2026", Day(END)),
        ("businessfinland_haku_2022_vahahiilinen.txt", "Haku 21.1.-30.6.2022", Day(date(2022, 6, 30))),
        ("urbact_get-involved_2023.txt", "31 March 2023 at 15:00 CEST", at(BRUSSELS, 15, on=date(2023, 3, 31))),
    ],
)
def test_dates_as_they_stand_on_real_pages(shared: Path, file: str, text: str, day: Day) -> None:
    assert text in (shared / "recorded/sources/page-texts" / file).read_text("utf-8")
    assert read_period("a source", text, HELSINKI).closes == day


# --- what strangers found ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31.3.2026 klo 23.59 Brysselin aikaa", at(BRUSSELS, 23, 59)),
        ("31.3.2026 16.15", at(HELSINKI, 16, 15)),
        ("31.3.2026 kello 16.15", at(HELSINKI, 16, 15)),
        ("31 mars 2026 klockan 16.00", at(HELSINKI, 16)),
        ("31:a mars 2026", Day(END)),
        ("31 maalis 2026", Day(END)),
        ("31 March 2026 12 noon", at(HELSINKI, 12)),
        ("31 March 2026, 17.00h", at(HELSINKI, 17)),
        ("31 March 2026 17:00 hours CET", at(BRUSSELS, 17)),
        ("31. Mai 2026, 17 Uhr MESZ".replace("Mai", "März"), at(BRUSSELS, 17)),
        ("31.maaliskuuta 2026 klo: 16.15", at(HELSINKI, 16, 15)),
        ("maaliskuun 31. päivänä 2026", Day(END)),
        ("31-Mar-2026", Day(END)),
        ("31 March 2026 | 17:00 | Brussels", at(BRUSSELS, 17)),
        ("31.3.2026 klo 17 (Bryssel)", at(BRUSSELS, 17)),
        ("31.3.2026 klo 17 Brysselin kesäaikaa", at(BRUSSELS, 17)),
        ("31 March 2026 17:00 (CET/CEST)", at(BRUSSELS, 17)),
        ("31 March 2026 17:00 C.E.T.", at(BRUSSELS, 17)),
        ("31 mars 2026 kl. 17.00 centraleuropeisk sommartid", at(BRUSSELS, 17)),
        ("31 March 2026 23:59 AoE", at(ANYWHERE_ON_EARTH, 23, 59)),
        ("31 March 2026, 23:59 (Anywhere on Earth)", at(ANYWHERE_ON_EARTH, 23, 59)),
    ],
)
def test_the_forms_that_people_write_are_read(text: str, day: Day) -> None:
    assert read_day("a source", text, HELSINKI) == day


def test_days_of_the_week_may_stand_before_both_dates_of_a_period() -> None:
    found = read_period("a source", "ma 2.3.–ti 31.3.2026", HELSINKI)
    assert found == DateRange(Day(date(2026, 3, 2)), Day(END))


@pytest.mark.parametrize(
    "place",
    [
        *(
            "Pacific",
            "MSK",
            "(Lisbon)",
            "(Pacific Time)",
            "WEST",
            "(paikallinen)",
            "msk",
            "lisbon time",
            "in Lisbon",
            "UK",
        ),
        *(
            "uk time",
            "Lissabonin kesäaikaa",
            "New York time",
            "| Lisbon",
            "Europe/Lisbon",
            "Z",
            "local",
            "norsk tid",
            "Lontoon aikaa",
            "[Dublin]",
        ),
    ],
)
def test_a_place_whose_clock_is_unknown_is_never_taken_for_the_sources_own(place: str) -> None:
    assert "an unknown zone" in fault(f"31 March 2026 17:00 {place}")
    with pytest.raises(ParseError, match="an unknown zone"):
        labelled("a source", f"Deadline: 31 March 2026 17:00 {place}. Apply early.", ["Deadline"], HELSINKI)


@pytest.mark.parametrize(
    "text",
    [
        *("28 February 2026 extended to 31 March 2026", "28 February 2026 → 31 March 2026", "28.2.2026 -> 31.3.2026"),
        *("28.2.2026 jatkettu 31.3.2026", "28.2.2026 siirretty: ti 31.3.2026", "28.2. → 31.3.2026"),
        *("28 februari 2026 förlängd till 31 mars 2026", "28 February 2026 (now extended to 31 March 2026)"),
        *(
            "28 February 2026 ➜ 31 March 2026",
            "28 February 2026 >> 31 March 2026",
            "28 February 2026 NEW: 31 March 2026",
        ),
        *(
            "28 February 2026 deadline extended to 31 March 2026",
            "28 February 2026 is now 31 March 2026",
            "28 February 2026!! NEW DEADLINE 31 March 2026!!",
        ),
        *(
            "28.2.2026, jatkettu 31.3.2026 asti",
            "28.2.2026 hakuaikaa jatkettu 31.3.2026",
            "28.2.2026, uusi määräaika 31.3.2026",
        ),
        *("28 februari 2026 förlängd t.o.m. 31 mars 2026", "28. Februar 2026 verlängert bis 31. März 2026"),
        *("moved from 28 February 2026 to 31 March 2026", "Extended from 28 February 2026 to 31 March 2026"),
        *("31 March 2026 (extended from 28 February 2026)", "31 March 2026 (previously 28 February 2026)"),
        *(
            "31 March 2026 instead of 28 February 2026",
            "31.3.2026 (alun perin 28.2.2026)",
            "31 mars 2026 (tidigare 28 februari 2026)",
        ),
        *("hakuaikaa on jatkettu 31.3.2026 asti", "förlängd till 31 mars 2026", "extended until 31 March 2026"),
    ],
)
def test_of_a_moved_date_the_new_one_is_read_and_never_the_old(text: str) -> None:
    assert read_cutoffs("a source", text, HELSINKI) == (Day(END),)
    assert read_day("a source", text, HELSINKI) == Day(END)
    assert labelled("a source", f"Deadline: {text}\nNext line", ["Deadline"], HELSINKI) == (Day(END),)


@pytest.mark.parametrize(
    "text",
    [
        *("31 March 2026 cancelled", "haku 31.3.2026 peruttu", "31 mars 2026 inställd", "31 March 2026 (postponed)"),
        *("31 March 2026 extended to 28 February 2026", "31 March 2026?", "~31 March 2026", "n. 31.3.2026"),
    ],
)
def test_a_date_that_no_longer_holds_or_is_in_doubt_is_a_fault(text: str) -> None:
    for read in (read_cutoffs, read_day, read_opening):
        with pytest.raises(ParseError, match=r"not certain|earlier day"):
            read("a source", text, HELSINKI)
    with pytest.raises(ParseError, match=r"not certain|earlier day"):
        labelled("a source", f"Deadline: {text}\nNext line", ["Deadline"], HELSINKI)


@pytest.mark.parametrize(
    "join",
    [" and ", ", ", " | ", " & ", "; ", " ja ", " och ", " tai ", " (first cut-off), ", ", second cut-off: ", " / "],
)
def test_two_listed_dates_are_cut_offs_and_no_period(join: str) -> None:
    text = f"15 January 2026{join}31 March 2026"
    both = (Day(date(2026, 1, 15)), Day(END))
    assert read_cutoffs("a source", text, HELSINKI) == both
    assert labelled("a source", f"Deadline: {text}", ["Deadline"], HELSINKI) == both
    assert fault(text).endswith("2 dates that are no period")


@pytest.mark.parametrize(
    "text",
    [
        *("15 January 2026 31 March 2026", "15 January 2026 meeting 31 March 2026", "15.1.2026 … 31.3.2026"),
        *("Closes 31 March 2026, opens 15 January 2026", "Closes 31 March 2026 (published 15 January 2026)"),
    ],
)
def test_two_dates_without_a_sign_or_a_word_between_them_are_a_fault(text: str) -> None:
    assert fault(text)
    with pytest.raises(ParseError, match="neither a period nor a list"):
        read_cutoffs("a source", text, HELSINKI)


def test_a_list_without_years_takes_them_from_its_last_day() -> None:
    found = read_cutoffs("a source", "15 January, 1 March and 31 March 2026", HELSINKI)
    assert found == (Day(date(2026, 1, 15)), Day(date(2026, 3, 1)), Day(END))


@pytest.mark.parametrize(
    "text",
    [
        *("1 March – 31 March 2026", "Opens 1 March 2026 | Closes 31 March 2026"),
        *(
            "between 1 March 2026 and 31 March 2026",
            "1 mars t.o.m. 31 mars 2026",
            "1.3.2026 ja 31.3.2026 välisenä aikana",
            "vom 1. März bis 31. März 2026",
        ),
        *("Avautuu 1.3.2026, sulkeutuu 31.3.2026", "Öppnar 1 mars 2026 och stänger 31 mars 2026"),
    ],
)
def test_of_a_period_the_last_day_is_the_deadline_and_the_first_one_the_opening(text: str) -> None:
    assert read_cutoffs("a source", text, HELSINKI) == (Day(END),)
    assert read_opening("a source", text, HELSINKI) == Day(date(2026, 3, 1))


@pytest.mark.parametrize(
    "text",
    [
        *("Opens 31 March 2026", "Haku avautuu 31.3.2026", "Öppnar 31 mars 2026", "31.3.2026 alkaen", "31.3.2026 –"),
        *("Haku aukeaa 31.3.2026", "Haku käynnistyy 31.3.2026", "Ansökningstiden börjar 31 mars 2026"),
        *("Launch date: 31 March 2026", "as of 31 March 2026", "not before 31 March 2026", "ab 31. März 2026"),
    ],
)
def test_a_day_that_opens_is_no_deadline(text: str) -> None:
    with pytest.raises(ParseError, match="a day that opens"):
        read_cutoffs("a source", text, HELSINKI)
    assert read_opening("a source", text, HELSINKI) == Day(END)


@pytest.mark.parametrize("text", ["after 31 March 2026", "31.3.2026 jälkeen", "efter 31 mars 2026"])
def test_some_day_after_a_date_is_no_day(text: str) -> None:
    assert fault(text).endswith("some day after this one")


@pytest.mark.parametrize(
    "text",
    [
        *("Published 2 March 2026", "Päivitetty 2.3.2026", "Publication date: 2 March 2026", "Julkaisupäivä 2.3.2026"),
        *(
            "Senast uppdaterad 2 mars 2026",
            "Veröffentlicht am 2. März 2026",
            "Info day 2 March 2026",
            "Webinar 2 March 2026",
        ),
        *("Results: 2 March 2026", "Questions by 2 March 2026", "Päätökset 2.3.2026"),
    ],
)
def test_the_day_of_something_else_is_neither(text: str) -> None:
    for read in (read_cutoffs, read_opening):
        with pytest.raises(ParseError, match="the day of something else"):
            read("a source", text, HELSINKI)


def test_of_two_days_one_of_which_is_for_something_else_neither_is_taken() -> None:
    for text in ("Published 2 March 2026, deadline 31 March 2026", "Julkaistu 2.3.2026, haku päättyy 31.3.2026"):
        with pytest.raises(ParseError, match="the day of something else"):
            read_cutoffs("a source", text, HELSINKI)


@pytest.mark.parametrize("text", ["closes 31 March 2026", "Haku sulkeutuu 31.3.2026", "Sista dag 31 mars 2026"])
def test_a_day_that_closes_is_no_opening(text: str) -> None:
    with pytest.raises(ParseError, match="a day that closes"):
        read_opening("a source", text, HELSINKI)


@pytest.mark.parametrize(("text", "zone"), [("29.3.2026 klo 3.30", HELSINKI), ("29.3.2026 klo 2.30", BRUSSELS)])
def test_a_time_that_the_clocks_skip_is_a_fault(text: str, zone: ZoneInfo) -> None:
    with pytest.raises(ParseError, match="the clocks skip"):
        read_day("a source", text, zone)


def test_a_time_that_comes_twice_is_the_earlier_one() -> None:
    read = read_day("a source", "25.10.2026 klo 3.30", HELSINKI)
    assert read.at is not None
    assert read.at.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-03-31T23:59:59Z", "2026-03-31T23:59:59.999Z", "2026-03-31T23:59:00+00:00"])
def test_the_last_minute_in_utc_stands_for_a_day_without_a_time(text: str) -> None:
    for zone in (HELSINKI, BRUSSELS, ZoneInfo("America/New_York")):
        assert read_day("a source", text, zone) == Day(END)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "9999-12-31T23:59:59+00:00",
            "0001-01-01T00:00:00+02:00",
            "9999-12-31T23:59:59-12:00",
            "31.12.9999 klo 24.00",
        ),
        *("0026-05-31", "2026-03-31T17:00:00+99:99", "9999999999999"),
    ],
)
def test_the_ends_of_time_are_a_fault_by_name(text: str) -> None:
    assert fault(text)


SIGNS = "0123456789./-:–,T Z()→\u200b²?~"
WORDS = "T23:59:59Z|+02:00|-12:00|T00:00|0001|9999|2026|2027|31|30|12|1|1e9|1.3.2026|31 March 2026|2026-03-31"
PHRASES = " klo | CET| AoE| and | March | maalis | extended to | noon|Opens | (was | uusi | till |published "
PIECES = st.sampled_from([*SIGNS, *WORDS.split("|"), *PHRASES.split("|")])


def is_written(on: date, text: str) -> bool:
    """Whether a person finds the day in a text: its number and its year, or those of the day beside it in another zone.

    The year may stand with the next date of the text, one later at most: 15.12.–31.1.2027.
    """
    numbers = {int(digits) for digits in re.findall(r"\d+", text)}
    beside = [on + timedelta(days=days) for days in (-1, 0, 1)]
    is_stamp = any(number > 10**12 for number in numbers)
    return is_stamp or any(day.day in numbers and {day.year, day.year + 1} & numbers for day in beside)


@pytest.mark.parametrize("read", [read_days, read_cutoffs, read_opening, read_period])
@given(pieces=st.lists(PIECES, max_size=14))
def test_every_text_is_days_that_a_person_would_read_there_or_the_named_fault(read: Any, pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        found = read("a source", text, HELSINKI)
    except ParseError:
        return
    days = (
        (found.opens, found.closes) if isinstance(found, DateRange) else found if isinstance(found, tuple) else (found,)
    )
    assert all(is_written(day.on, text) for day in days if day)
    assert any(days)
