"""Words: days, times, money, counts and EU terms in three languages."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from db.calls import Deadline
from tracker import l10n
from tracker.digests import periods
from tracker.sources.portal import codes as portal_codes

HELSINKI = ZoneInfo("Europe/Helsinki")
NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("language", "text"), [("fi", "pe 5.3.2027"), ("sv", "fre 5.3.2027"), ("en", "Fri 5 March 2027")]
)
def test_a_day_is_written_with_its_weekday_and_without_leading_zeros(language: str, text: str) -> None:
    assert l10n.day(date(2027, 3, 5), language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fi", "pe 5.3.2027 klo 18.00 Suomen aikaa"),
        ("sv", "fre 5.3.2027 kl. 18.00 finsk tid"),
        ("en", "Fri 5 March 2027 at 18.00 Finnish time"),
    ],
)
def test_five_in_brussels_is_six_in_finland(language: str, text: str) -> None:
    deadline = Deadline(on=date(2027, 3, 5), at=datetime(2027, 3, 5, 16, tzinfo=UTC))
    assert l10n.deadline(deadline, language, HELSINKI) == text


def test_five_in_brussels_is_six_in_finland_in_summer_too() -> None:
    deadline = Deadline(on=date(2027, 7, 1), at=datetime(2027, 7, 1, 15, tzinfo=UTC))
    assert l10n.deadline(deadline, "fi", HELSINKI) == "to 1.7.2027 klo 18.00 Suomen aikaa"


def test_where_only_a_date_is_known_no_time_is_invented() -> None:
    assert l10n.deadline(Deadline(on=date(2027, 3, 5)), "fi", HELSINKI) == "pe 5.3.2027"


def test_a_deadline_at_midnight_keeps_its_publishers_date_and_is_told_in_finnish_time_too() -> None:
    deadline = Deadline(on=date(2027, 3, 5), at=datetime(2027, 3, 5, 22, 59, tzinfo=UTC))
    told = l10n.deadline(deadline, "fi", HELSINKI)
    assert told == "pe 5.3.2027 klo 23.59 Brysselin aikaa (la 6.3.2027 klo 0.59 Suomen aikaa)"


def test_a_zone_without_a_name_of_its_own_is_named_by_its_city() -> None:
    assert l10n.zone_name(ZoneInfo("Europe/Stockholm"), "fi") == "paikallista aikaa (Tukholma)"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (0, "tänään"),
        (1, "huomenna"),
        (2, "2 päivää jäljellä"),
        (12, "12 päivää jäljellä"),
        (-1, "mennyt"),
    ],
)
def test_days_left_are_words_where_they_are_near(days: int, text: str) -> None:
    assert l10n.days_left(days, "fi") == text


@pytest.mark.parametrize(
    ("euro", "language", "text"),
    [
        (3_300_000, "fi", "3,3_milj._€"),
        (3_300_000, "sv", "3,3_miljoner_euro"),
        (1_000_000, "sv", "1_miljon_euro"),
        (1_000_000, "fi", "1_milj._€"),
        (3_300_000, "en", "€3.3 million"),
        (950_000, "fi", "950_000_€"),
        (950_000, "en", "€950,000"),
        (2_125_000, "fi", "2,125_milj._€"),
        (1_234_567, "fi", "1_234_567_€"),
        (422_000_000, "fi", "422_milj._€"),
        (1_500_000_000, "fi", "1_500_milj._€"),
    ],
)
def test_money_is_written_in_millions_where_nothing_is_rounded_away(euro: int, language: str, text: str) -> None:
    assert l10n.money(euro, language) == text.replace("_", NBSP)


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [
        (2_000_000, 3_500_000, "2–3,5_milj._€"),
        (120_000, 400_000, "120_000–400_000_€"),
        (600_000, 1_200_000, "600_000_€ – 1,2_milj._€"),
        (3_000_000, 3_000_000, "3_milj._€"),
    ],
)
def test_a_range_of_money_names_its_unit_once_where_it_is_one(least: int, most: int, text: str) -> None:
    assert l10n.money_range(least, most, "fi") == text.replace("_", NBSP)


@pytest.mark.parametrize(
    ("from_on", "to_on", "language", "text"),
    [
        (date(2026, 11, 16), date(2026, 11, 22), "fi", "16.–22.11.2026"),
        (date(2026, 11, 30), date(2026, 12, 6), "sv", "30.11.–6.12.2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "fi", "28.12.2026–3.1.2027"),
        (date(2026, 11, 16), date(2026, 11, 22), "en", "16–22 November 2026"),
        (date(2026, 8, 30), date(2026, 9, 6), "en", "30 August – 6 September 2026"),
        (date(2026, 12, 28), date(2027, 1, 3), "en", "28 December 2026 – 3 January 2027"),
        (date(2026, 11, 23), date(2026, 11, 23), "fi", "23.11.2026"),
    ],
)
def test_a_span_of_days_says_month_and_year_only_as_often_as_needed(
    from_on: date, to_on: date, language: str, text: str
) -> None:
    assert l10n.span(from_on, to_on, language) == text


@pytest.mark.parametrize(
    ("cadence", "period", "language", "text"),
    [
        ("weekly", "2026-W48", "fi", "48/2026"),
        ("weekly", "2027-W01", "sv", "1/2027"),
        ("monthly", "2026-11", "fi", "marraskuu 2026"),
        ("monthly", "2026-11", "en", "November 2026"),
        ("daily", "2026-11-23", "fi", "23.11.2026"),
    ],
)
def test_an_issue_is_called_by_its_period(cadence: str, period: str, language: str, text: str) -> None:
    assert periods.period_name(cadence, period, language) == text


def test_an_issue_of_a_cadence_that_nobody_knows_is_an_error_that_names_it() -> None:
    with pytest.raises(KeyError, match="fortnightly"):
        periods.period_name("fortnightly", "2026-11-23", "fi")  # type: ignore[arg-type]


def test_an_instant_is_told_on_the_regions_clock() -> None:
    at = datetime(2026, 11, 22, 22, 5, tzinfo=UTC)
    assert l10n.instant(at, "fi", HELSINKI) == "ma 23.11. klo 0.05"


def test_a_programme_has_its_own_name_in_each_language() -> None:
    names = [l10n.programme("HORIZON", language) for language in l10n.FORMS]
    assert names == ["Horisontti Eurooppa", "Horisont Europa", "Horizon Europe"]


@pytest.mark.parametrize("language", list(l10n.FORMS))
def test_every_programme_of_the_portal_since_2021_has_a_name(language: str) -> None:
    codes = {code for code in portal_codes.PROGRAMMES.values() if not code.endswith(l10n.OLD_PROGRAMME)}
    named = {code for code in codes if code in l10n.PROGRAMMES and l10n.programme(code, language)}
    assert codes - named == set()


def test_an_older_programme_has_the_name_of_the_one_that_followed_and_its_years() -> None:
    assert l10n.programme("CREA14", "fi") == "Luova Eurooppa 2014–2020"


def test_a_programme_that_we_have_no_name_for_stands_as_its_code() -> None:
    assert l10n.programme("NEWFUND", "fi") == "NEWFUND"


@pytest.mark.parametrize(
    "given",
    [
        "RIA",
        "HORIZON-RIA",
        "HORIZON-JU-RIA",
        "HORIZON  Research and Innovation Actions",
        "HORIZON JU Research and Innovation Actions",
        "Research and Innovation action",
    ],
)
def test_a_type_of_action_has_one_name_however_the_source_writes_it(given: str) -> None:
    assert l10n.type_of_action(given, "fi") == "tutkimus- ja innovaatiotoimi (RIA)"


def test_an_innovation_action_is_not_taken_for_a_research_and_innovation_action() -> None:
    assert l10n.type_of_action("HORIZON Innovation Actions", "fi") == "innovaatiotoimi (IA)"


def test_a_type_of_action_without_a_name_stays_as_given_but_for_its_programme() -> None:
    assert l10n.type_of_action("HORIZON EIC  Accelerator", "fi") == "EIC Accelerator"


def test_who_may_apply_is_translated_where_we_know_the_word() -> None:
    assert l10n.audience(["company", "municipality", "Kansanopistot"], "fi") == "yritykset, kunnat, Kansanopistot"


def test_too_many_days_in_a_row_end_in_a_count() -> None:
    days = [date(2027, month, 1) for month in range(1, 7)]
    assert l10n.days(days, "fi", 4) == "1.1.2027, 1.2.2027, 1.3.2027, 1.4.2027 ja 2 muuta"


@pytest.mark.parametrize(
    ("typed", "language", "text"),
    [
        ("1.10.2026", "en", "1 October 2026"),
        ("2026-10-01", "en", "1 October 2026"),
        ("2026-10-01", "sv", "1.10.2026"),
        ("01.10.2026 klo 17.00", "fi", "1.10.2026 klo 17.00"),
        ("31.2.2026, 1.2.3.2026, HORIZON-2026-01-02-03", "en", "31.2.2026, 1.2.3.2026, HORIZON-2026-01-02-03"),
    ],
)
def test_days_that_an_admin_typed_are_told_as_each_language_writes_them(typed: str, language: str, text: str) -> None:
    assert l10n.redated(typed, language) == text
