"""Trouble: a source's runs in words, when it is tried again, and whose fault an outage is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.runs import OUR_OUTAGE, Run, RunReason, Verdict
from tracker.readings.source_status import history, is_broken, is_due, is_our_outage, outcome_in_words, wait

TUESDAY = datetime(2026, 6, 9, 4, tzinfo=UTC)
HELSINKI = ZoneInfo("Europe/Helsinki")
ACCEPTED, QUARANTINED, FAILED = Verdict.ACCEPTED, Verdict.QUARANTINED, Verdict.FAILED


def run(verdict: Verdict, *names: str, at: datetime = TUESDAY) -> Run:
    reasons = tuple(RunReason(name=name, detail="") for name in names)
    return Run(job="collect", subject="portal", started_at=at, verdict=verdict, reasons=reasons)


def runs(*verdicts: Verdict) -> list[Run]:
    return [run(verdict) for verdict in verdicts]


# --- in words ---------------------------------------------------------------------------------------------------------


def test_dates_that_vanished_are_told_with_their_day() -> None:
    [spell] = history([run(QUARANTINED, "dates_lost")])
    assert spell.sentence(HELSINKI) == "pages load, but dates vanished on Tuesday 9.6.2026"


def test_readings_that_came_to_the_same_are_one_spell_with_both_its_days() -> None:
    days = [run(QUARANTINED, "drop", at=TUESDAY + timedelta(days=n)) for n in (2, 1, 0)]
    [spell] = history(days)
    assert spell.sentence(HELSINKI) == (
        "pages load, but many calls vanished from Tuesday 9.6.2026 to Thursday 11.6.2026 (3 runs)"
    )


def test_a_spell_counts_its_days_where_the_region_is() -> None:
    [spell] = history([run(ACCEPTED, at=datetime(2026, 6, 9, 22, tzinfo=UTC))])
    assert spell.sentence(HELSINKI).endswith("Wednesday 10.6.2026")


def test_a_history_tells_the_newest_spell_first_and_leaves_out_what_is_under_way() -> None:
    found = history([run(Verdict.RUNNING), run(FAILED, "http_500"), run(ACCEPTED), run(ACCEPTED)])
    assert [(spell.words, spell.runs) for spell in found] == [
        ("the site answers with error 500", 1),
        ("read and believed", 2),
    ]


def test_a_reading_that_a_person_believed_is_told_so() -> None:
    assert outcome_in_words(run(ACCEPTED, "drop")) == "read and believed by hand"


def test_a_failure_of_our_own_network_is_not_told_as_the_sources() -> None:
    assert outcome_in_words(run(FAILED, "unreachable", OUR_OUTAGE)) == "our own network was down"


def test_a_reason_without_words_of_its_own_is_named() -> None:
    assert outcome_in_words(run(FAILED, "throwable")) == "the reading broke off (throwable)"


def test_a_reading_whose_process_died_is_told_so() -> None:
    assert outcome_in_words(run(Verdict.INTERRUPTED)) == "the reading was stopped half-way"
    assert outcome_in_words(run(Verdict.INTERRUPTED, "throwable")) == "the reading was stopped half-way"


def test_a_reading_that_failed_without_a_reason_is_told_so() -> None:
    assert outcome_in_words(run(FAILED)) == "the reading failed"


# --- whose outage -----------------------------------------------------------------------------------------------------


def test_two_of_three_sources_without_an_answer_are_our_own_outage() -> None:
    assert is_our_outage(runs(FAILED, FAILED, ACCEPTED))


def test_half_of_the_sources_without_an_answer_are_their_own_fault() -> None:
    assert not is_our_outage(runs(FAILED, FAILED, ACCEPTED, ACCEPTED))


def test_two_sources_cannot_tell_whose_outage_it_is() -> None:
    assert not is_our_outage(runs(FAILED, FAILED))


def test_a_reading_that_came_and_is_not_believed_is_no_outage() -> None:
    assert not is_our_outage(runs(QUARANTINED, QUARANTINED, FAILED))


# --- when it is tried again -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("troubled", "hours"), [(0, 0), (2, 0), (3, 11), (5, 11), (6, 23), (600, 23)])
def test_a_source_is_left_alone_for_longer_the_longer_its_trouble_lasts(troubled: int, hours: int) -> None:
    assert wait(troubled) == timedelta(hours=hours)


@given(st.integers(0, 10_000))
def test_no_source_is_ever_given_up(troubled: int) -> None:
    assert is_due(troubled, TUESDAY, TUESDAY + timedelta(days=1))


def test_a_source_that_was_never_tried_is_due() -> None:
    assert is_due(0, None, TUESDAY)


def test_a_source_in_trouble_is_not_due_before_its_time() -> None:
    assert not is_due(6, TUESDAY, TUESDAY + timedelta(hours=22))


# --- what an admin hears of -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("troubled", "broken"),
    [((), False), ((FAILED,), False), ((FAILED, FAILED), True), ((QUARANTINED,), True)],
)
def test_one_failed_reading_is_the_weather_and_all_else_is_a_break(troubled: tuple[Verdict, ...], broken: bool) -> None:
    assert is_broken(runs(*troubled)) is broken


@pytest.mark.parametrize(
    ("reason", "broken"),
    [
        ("timeout", False),
        ("http_503", False),
        ("reset", False),
        ("html", False),
        ("too_long", True),
        ("too_big", True),
        ("too_deep", True),
        ("coding", True),
        ("unforeseen", True),
        ("error", True),
        ("shape", True),
    ],
)
def test_a_reading_that_fails_over_what_came_is_a_break_at_once(reason: str, broken: bool) -> None:
    [run] = runs(FAILED)
    run.reasons = (RunReason(name=reason, detail=""),)
    assert is_broken([run]) is broken
