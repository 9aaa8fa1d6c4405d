"""Changes: what a new reading of a call means, one behaviour a test."""

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.calls import Call, CallFacts, CallKind, CallStatus, Deadline, Note
from db.event_log import EventKind
from tracker.calls import changes
from tracker.calls.changes import Move, News, compare, deadline_move, is_retitled, merge, status_of
from tracker.calls.passages import difference

TODAY = date(2026, 5, 20)
NOW = datetime(2026, 5, 20, 6, 0, tzinfo=UTC)
FORTHCOMING, OPEN, CLOSED = CallStatus.FORTHCOMING, CallStatus.OPEN, CallStatus.CLOSED


def days(*said: str) -> tuple[Deadline, ...]:
    return tuple(Deadline(on=date.fromisoformat(day)) for day in said)


def facts(**said: Any) -> CallFacts:
    """An open topic that closes on 15 September."""
    usual: dict[str, Any] = {
        "source": "portal",
        "key": "70000001TOPICSen",
        "kind": CallKind.TOPIC,
        "title": "Reused timber in buildings",
        "claimed_status": OPEN,
        "opens_on": date(2026, 5, 1),
        "deadlines": days("2026-09-15"),
        "deadline_model": "single-stage",
        "url": "https://example.org/70000001",
    }
    return CallFacts(**usual | said)


def remembered(said: CallFacts, at: datetime = NOW, **ours: Any) -> Call:
    """A call as it would be remembered after a reading at this time."""
    found = compare(None, said, at, quiet=True)
    usual: dict[str, Any] = {
        "fingerprint": "",
        "parser_version": 1,
        "status": found.status,
        "closes_on": found.closes_on,
        "first_seen_at": at,
        "changed_at": at,
        "withdrawn_at": None,
    }
    return Call(**{name: getattr(said, name) for name in CallFacts.model_fields} | usual | ours)


def news(known: Call | None, seen: CallFacts, now: datetime = NOW) -> tuple[News, ...]:
    return compare(known, seen, now, quiet=False).news


def told(known: Call | None, seen: CallFacts, now: datetime = NOW) -> list[EventKind]:
    return [one.kind for one in news(known, seen, now)]


def moved(before: Iterable[str], after: Iterable[str], now: datetime = NOW) -> list[EventKind]:
    """What is told where a call known since April has other cut-off days now."""
    opened = date(2026, 1, 10)
    known = remembered(facts(deadlines=days(*before), opens_on=opened), at=datetime(2026, 4, 1, 6, tzinfo=UTC))
    return told(known, facts(deadlines=days(*after), opens_on=opened), now)


# --- status and the day that binds ------------------------------------------------------------------------------------


def test_a_call_is_open_from_its_first_to_its_last_day() -> None:
    said = facts(opens_on=date(2026, 5, 1), deadlines=days("2026-09-15"))
    on_days = (date(2026, 4, 30), date(2026, 5, 1), date(2026, 9, 15), date(2026, 9, 16))
    assert [status_of(said, on) for on in on_days] == [FORTHCOMING, OPEN, OPEN, CLOSED]


def test_a_call_that_its_source_calls_open_is_closed_when_its_dates_are_past() -> None:
    assert status_of(facts(deadlines=days("2025-01-10"), claimed_status=OPEN), TODAY) is CLOSED


def test_a_call_that_its_source_still_calls_forthcoming_is_held_back_after_its_opening_day() -> None:
    assert status_of(facts(opens_on=date(2026, 5, 1), claimed_status=FORTHCOMING), TODAY) is FORTHCOMING


def test_a_call_that_its_source_calls_forthcoming_is_closed_when_its_dates_are_past() -> None:
    assert status_of(facts(deadlines=days("2025-06-11"), claimed_status=FORTHCOMING), TODAY) is CLOSED


def test_a_call_that_its_source_calls_open_too_early_waits_for_its_opening_day() -> None:
    assert status_of(facts(opens_on=date(2026, 5, 21), claimed_status=OPEN), TODAY) is FORTHCOMING


def test_a_call_that_its_source_calls_closed_is_closed_before_its_deadline() -> None:
    assert status_of(facts(claimed_status=CLOSED), TODAY) is CLOSED


def test_a_call_without_dates_or_word_is_open() -> None:
    assert status_of(facts(opens_on=None, deadlines=(), claimed_status=None), TODAY) is OPEN


def test_the_first_stage_binds_a_two_stage_call() -> None:
    said = facts(deadlines=days("2026-05-06", "2026-09-17"), deadline_model="two-stage")
    assert changes.closes_on(said) == date(2026, 5, 6)
    assert status_of(said, date(2026, 5, 7)) is CLOSED


def test_the_last_cut_off_binds_a_call_with_several() -> None:
    said = facts(deadlines=days("2026-05-06", "2026-09-17"), deadline_model="multiple cut-off")
    assert changes.closes_on(said) == date(2026, 9, 17)
    assert status_of(said, date(2026, 5, 7)) is OPEN


def test_a_call_without_a_deadline_does_not_close_by_the_clock() -> None:
    assert changes.closes_on(facts(deadlines=())) is None


def test_the_day_is_the_one_in_brussels() -> None:
    assert changes.brussels_day(datetime(2026, 5, 19, 22, 30, tzinfo=UTC)) == TODAY
    assert changes.brussels_day(datetime(2026, 12, 19, 22, 30, tzinfo=UTC)) == date(2026, 12, 19)


# --- new, and quiet ---------------------------------------------------------------------------------------------------


def test_a_call_that_was_never_seen_is_new_with_its_dates() -> None:
    found = compare(None, facts(), NOW, quiet=False)
    assert found.news == (News(EventKind.NEW, None, {"opens_on": "2026-05-01", "deadlines": ["2026-09-15"]}),)
    assert (found.status, found.closes_on, found.differs) == (OPEN, date(2026, 9, 15), True)


def test_a_forthcoming_call_is_new_too() -> None:
    assert told(None, facts(claimed_status=FORTHCOMING)) == [EventKind.NEW]


def test_a_call_that_is_over_when_it_is_first_seen_is_remembered_and_not_told() -> None:
    found = compare(None, facts(deadlines=days("2025-01-10")), NOW, quiet=False)
    assert (found.status, found.differs, found.news) == (CLOSED, True, ())


def test_a_quiet_reading_makes_a_version_of_a_new_call_and_no_news() -> None:
    found = compare(None, facts(), NOW, quiet=True)
    assert (found.differs, found.news) == (True, ())


def test_a_quiet_reading_makes_a_version_of_a_moved_deadline_and_no_news() -> None:
    found = compare(remembered(facts()), facts(deadlines=days("2026-10-01")), NOW, quiet=True)
    assert (found.differs, found.closes_on, found.news) == (True, date(2026, 10, 1), ())


# --- silence ----------------------------------------------------------------------------------------------------------


def test_silence_does_not_overwrite_what_was_said() -> None:
    rich = facts(text="Builders reuse beams.", budget_total=9_000_000, keywords=("wood",), note=Note(text="Corrected"))
    thin = facts(deadlines=(), opens_on=None, claimed_status=None)
    assert merge(remembered(rich), thin) == rich


def test_silence_is_neither_a_version_nor_news() -> None:
    known = remembered(facts(text="Builders reuse beams.", budget_total=9_000_000))
    found = compare(known, facts(), NOW, quiet=False)
    assert (found.differs, found.news) == (False, ())


def test_a_new_word_overwrites_the_old_one() -> None:
    assert merge(remembered(facts(destination="Soil")), facts(destination="Circular")).destination == "Circular"


def test_a_fact_that_nobody_compares_makes_a_version_and_no_news() -> None:
    found = compare(remembered(facts(expected_grants=324)), facts(expected_grants=294), NOW, quiet=False)
    assert (found.differs, found.facts.expected_grants, found.news) == (True, 294, ())


# --- deadlines --------------------------------------------------------------------------------------------------------


def test_a_deadline_that_comes_earlier_is_told_with_both_days() -> None:
    (one,) = news(remembered(facts(deadlines=days("2027-01-20"))), facts(deadlines=days("2026-09-30")))
    assert one.kind is EventKind.DEADLINE_EARLIER
    assert one.old == {"deadline": "2027-01-20", "deadlines": ["2027-01-20"]}
    assert one.new == {"deadline": "2026-09-30", "deadlines": ["2026-09-30"]}


def test_a_deadline_that_comes_later_is_told() -> None:
    assert moved(["2026-05-26"], ["2026-05-29"]) == [EventKind.DEADLINE_LATER]


def test_a_deadline_set_for_the_first_time_is_told_as_a_cut_off() -> None:
    (one,) = news(remembered(facts(deadlines=())), facts(deadlines=days("2026-09-15")))
    assert (one.kind, one.old) == (EventKind.CUTOFFS, None)


def test_a_deadline_set_for_the_first_time_in_the_past_is_history() -> None:
    assert moved([], ["2026-05-19"]) == []


def test_the_next_of_several_cut_offs_is_the_one_that_moves() -> None:
    known = remembered(facts(deadlines=days("2026-04-30", "2026-10-12")))
    (one,) = news(known, facts(deadlines=days("2026-04-30", "2026-10-14", "2027-04-28", "2027-10-14")))
    assert one.kind is EventKind.DEADLINE_LATER
    assert one.old is not None
    assert one.new is not None
    assert (one.old["deadline"], one.new["deadline"]) == ("2026-10-12", "2026-10-14")


def test_a_cut_off_added_behind_the_next_one_is_told_as_cut_offs() -> None:
    assert moved(["2026-09-15"], ["2026-09-15", "2027-03-04"]) == [EventKind.CUTOFFS]


def test_a_cut_off_added_before_the_next_one_takes_no_time_from_anybody() -> None:
    assert moved(["2026-09-15"], ["2026-06-15", "2026-09-15"]) == [EventKind.CUTOFFS]


def test_a_cut_off_taken_away_is_told_as_cut_offs() -> None:
    assert moved(["2026-09-15", "2027-03-04"], ["2027-03-04"]) == [EventKind.CUTOFFS]


def test_the_second_date_of_a_two_stage_call_is_told_as_cut_offs() -> None:
    known = remembered(facts(deadlines=days("2026-09-03"), deadline_model="two-stage"))
    assert told(known, facts(deadlines=days("2026-09-03", "2027-03-04"), deadline_model="two-stage")) == [
        EventKind.CUTOFFS
    ]


def test_past_cut_offs_that_drop_from_a_list_are_nothing() -> None:
    assert moved(["2026-03-01", "2026-09-01"], ["2026-09-01"]) == []


def test_past_cut_offs_that_come_into_a_list_are_nothing() -> None:
    assert moved(["2026-09-01"], ["2026-03-01", "2026-09-01"]) == []


def test_a_past_cut_off_that_makes_room_for_one_at_the_end_has_not_moved() -> None:
    assert moved(["2026-03-01", "2026-09-01"], ["2026-09-01", "2027-03-01"]) == [EventKind.CUTOFFS]


def test_history_put_right_is_nothing() -> None:
    assert moved(["2026-03-01"], ["2026-03-15"]) == []


def test_a_deadline_extended_the_day_after_it_passed_came_later_and_the_call_was_never_gone() -> None:
    known = remembered(facts(deadlines=days("2026-05-19")), at=NOW)
    assert known.status is CLOSED
    found = compare(known, facts(deadlines=days("2026-05-21")), NOW, quiet=False)
    assert [one.kind for one in found.news] == [EventKind.DEADLINE_LATER]
    assert found.status is OPEN


def test_an_extension_that_comes_back_after_some_readings_without_the_call_came_later() -> None:
    known = remembered(facts(deadlines=days("2026-05-16")), absent_runs=3)
    assert told(known, facts(deadlines=days("2026-05-28"))) == [EventKind.DEADLINE_LATER]


def test_a_first_stage_extended_after_it_passed_did_not_come_earlier_than_the_second() -> None:
    known = remembered(facts(deadlines=days("2026-05-19", "2026-09-17"), deadline_model="two-stage"))
    (one,) = news(known, facts(deadlines=days("2026-05-26", "2026-09-17"), deadline_model="two-stage"))
    assert one.kind is EventKind.DEADLINE_LATER
    assert one.old is not None
    assert one.old["deadline"] == "2026-05-19"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["2026-03-01", "2026-05-19"], ["2026-03-01", "2026-05-26"]),
        (["2026-03-01", "2026-05-19", "2026-09-17"], ["2026-05-26", "2026-09-17"]),
    ],
)
def test_it_is_the_last_of_several_past_days_that_is_extended(before: list[str], after: list[str]) -> None:
    move = deadline_move({date.fromisoformat(day) for day in before}, {date.fromisoformat(day) for day in after}, TODAY)
    assert move == Move(EventKind.DEADLINE_LATER, date(2026, 5, 19), date(2026, 5, 26))


def test_a_closed_call_that_gets_another_cut_off_is_open_again() -> None:
    known = remembered(facts(deadlines=days("2026-03-01")))
    assert told(known, facts(deadlines=days("2026-03-01", "2026-09-01"))) == [EventKind.REOPENED, EventKind.CUTOFFS]


def test_a_deadline_put_right_on_its_last_day_still_matters() -> None:
    assert moved(["2026-05-19"], ["2026-05-20"]) == [EventKind.DEADLINE_LATER]


def test_a_deadline_moved_to_a_day_that_is_past_came_earlier() -> None:
    assert moved(["2026-09-15"], ["2026-05-19"]) == [EventKind.DEADLINE_EARLIER]


@pytest.mark.parametrize("shift", [timedelta(seconds=4), timedelta(minutes=30), timedelta(hours=-5)])
def test_other_hours_of_the_same_day_are_no_news(shift: timedelta) -> None:
    at = datetime(2026, 9, 15, 8, 0, 55, tzinfo=UTC)
    known = remembered(facts(deadlines=(Deadline(on=at.date(), at=at),)))
    found = compare(known, facts(deadlines=(Deadline(on=at.date(), at=at + shift),)), NOW, quiet=False)
    assert (found.differs, found.news) == (True, ())


# --- opened, reopened -------------------------------------------------------------------------------------------------


def test_a_forthcoming_call_that_opens_is_told_with_its_dates() -> None:
    (one,) = news(remembered(facts(claimed_status=FORTHCOMING)), facts())
    assert (one.kind, one.new) == (EventKind.OPENED, {"opens_on": "2026-05-01", "deadlines": ["2026-09-15"]})


def test_an_open_call_that_is_called_forthcoming_again_is_no_news() -> None:
    assert told(remembered(facts()), facts(claimed_status=FORTHCOMING)) == []


def test_a_forthcoming_call_that_is_closed_unseen_is_no_news() -> None:
    assert told(remembered(facts(claimed_status=FORTHCOMING)), facts(claimed_status=CLOSED)) == []


def test_a_withdrawn_call_that_comes_back_is_reopened_and_not_new() -> None:
    (one,) = news(remembered(facts(), withdrawn_at=NOW), facts())
    assert (one.kind, one.new) == (EventKind.REOPENED, {"status": "open"})


def test_a_withdrawn_call_that_comes_back_with_a_later_deadline_is_told_for_both() -> None:
    known = remembered(facts(), withdrawn_at=NOW)
    assert told(known, facts(deadlines=days("2026-10-01"))) == [EventKind.REOPENED, EventKind.DEADLINE_LATER]


def test_a_call_withdrawn_while_forthcoming_that_comes_back_open_has_opened_too() -> None:
    known = remembered(facts(claimed_status=FORTHCOMING), withdrawn_at=NOW)
    assert told(known, facts()) == [EventKind.REOPENED, EventKind.OPENED]


def test_a_withdrawn_call_that_comes_back_over_is_no_news() -> None:
    known = remembered(facts(), withdrawn_at=NOW)
    assert told(known, facts(), datetime(2026, 9, 16, 6, tzinfo=UTC)) == []


def test_a_call_that_its_source_had_closed_and_opens_again_is_reopened() -> None:
    assert told(remembered(facts(claimed_status=CLOSED)), facts()) == [EventKind.REOPENED]


def test_a_closed_call_that_is_listed_on_is_not_reopened() -> None:
    known = remembered(facts(deadlines=days("2026-05-19")))
    assert told(known, facts(deadlines=days("2026-05-19"))) == []


# --- money, title, text -----------------------------------------------------------------------------------------------


def test_another_budget_is_told_in_euro() -> None:
    (one,) = news(remembered(facts(budget_total=9_000_000)), facts(budget_total=12_000_000))
    assert (one.kind, one.old, one.new) == (
        EventKind.BUDGET,
        {"budget_total": 9_000_000},
        {"budget_total": 12_000_000},
    )


def test_other_money_for_a_project_is_told_as_a_budget() -> None:
    (one,) = news(remembered(facts(project_max=2_000_000)), facts(project_max=3_000_000))
    assert (one.kind, one.old) == (EventKind.BUDGET, {"project_max": 2_000_000})


def test_a_budget_stated_for_the_first_time_is_no_news() -> None:
    assert told(remembered(facts()), facts(budget_total=9_000_000)) == []


def test_another_title_is_told() -> None:
    (one,) = news(
        remembered(facts(title="Innovation open call")), facts(title="Innovation open call - Amended version")
    )
    assert one.kind is EventKind.RETITLED
    assert one.new == {"title": "Innovation open call - Amended version"}


@pytest.mark.parametrize(
    "same",
    [
        "Research  &  innovation:\u00a0ports",
        "Research &amp; innovation: ports",
        "research & Innovation – ports.",
        "Research & innovation: ports Research & innovation: ports",
        "Research & innovation: ports\nResearch & innovation: ports\nResearch & innovation: ports",
    ],
)
def test_blanks_entities_case_and_repeats_do_not_make_another_title(same: str) -> None:
    assert not is_retitled("Research & innovation: ports", same)
    assert not is_retitled(same, "Research & innovation: ports")


def test_letters_and_their_accents_written_apart_are_the_same_title() -> None:
    assert not is_retitled("Appui à l'éducation", "Appui a\u0300 l'e\u0301ducation")


def test_a_description_pasted_below_a_title_does_not_make_another_title() -> None:
    title = "Fighting human trafficking and violence against women in three regions"
    pasted = f"{title} {title} more services that stand by victims, and fewer cases"
    assert not is_retitled(title, pasted)
    assert not is_retitled(pasted, title)


def test_a_long_title_that_grows_a_little_is_another_title() -> None:
    title = "Fighting human trafficking and violence against women in three regions"
    assert is_retitled(title, f"{title} - Amended version")


def test_a_long_title_in_place_of_another_is_another_title() -> None:
    title = "Fighting human trafficking and violence against women in three regions"
    assert is_retitled(
        title, "Support for observers of elections, for what is taught of politics and for free media " * 2
    )


def test_a_short_title_that_grows_is_another_title() -> None:
    assert is_retitled("Erasmus charter", "Erasmus charter for higher education")


LONG = " ".join(f"word{n}" for n in range(200))


def differs(one: str, other: str) -> bool:
    return difference(one, other) is not None


def test_a_rewritten_text_is_told_with_its_length_and_with_what_it_says_now() -> None:
    (one,) = news(remembered(facts(text=LONG)), facts(text="Everything is said in other words. " * 20))
    assert one.kind is EventKind.TEXT
    assert one.old == {"words": 200, "cut": LONG[:600]}
    assert one.new == {"words": 120, "added": ("Everything is said in other words. " * 20)[:600]}


SENTENCES = [f"Sentence {n} says what clause {n} of the conditions asks of those who apply." for n in range(40)]
PARTNERS = "Applicants need at least two municipalities as partners."
WHOLE = " ".join(SENTENCES)


@pytest.mark.parametrize(
    ("new", "added"),
    [
        (f"{WHOLE} {PARTNERS}", PARTNERS),  # at the end
        (f"{PARTNERS} {WHOLE}", PARTNERS),
        (" ".join([*SENTENCES[:20], PARTNERS, *SENTENCES[20:]]), PARTNERS),
        (f"{WHOLE}\n- at least two municipalities as partners", "- at least two municipalities as partners"),
        (f"{WHOLE[:-1]}, with at least two municipalities as partners.", f"{SENTENCES[-1][:-1]}, with at least two"),
        (f"{WHOLE} {PARTNERS} {'More is said of this and of that and of what else is wanted. ' * 25}", PARTNERS),
    ],
)
def test_a_passage_that_was_added_is_news_and_so_is_one_that_was_cut(new: str, added: str) -> None:
    there, back = difference(WHOLE, new), difference(new, WHOLE)
    assert there is not None
    assert back is not None
    assert there.added.startswith(added)
    assert back.cut == there.added


@pytest.mark.parametrize(
    "excerpt",
    [
        " ".join(SENTENCES[:20]) + " Sentence 20 says what",  # within a sentence
        " ".join(SENTENCES[:20]) + " […]",
        " ".join(SENTENCES[:20]) + " ...",
        SENTENCES[5][30:] + " " + " ".join(SENTENCES[6:]),
        " ".join(SENTENCES[:3]),  # a teaser, though of whole sentences
    ],
)
def test_an_excerpt_is_no_passage_that_was_cut(excerpt: str) -> None:
    assert not differs(WHOLE, excerpt)
    assert not differs(excerpt, WHOLE)


def test_a_sentence_put_in_other_words_is_no_passage() -> None:
    assert not differs(WHOLE, WHOLE.replace("clause 7 of the conditions asks", "point 7 of these conditions wants"))


def test_a_long_text_is_compared_in_time_that_grows_with_it() -> None:
    def taken(size: int) -> float:
        old, new = (" ".join(f"{word}{n} is said." for n in range(size)) for word in ("one", "two"))
        began = time.process_time()
        assert differs(old, new)
        return time.process_time() - began

    taken(1000)
    assert taken(40_000) < 40 * taken(4_000)


def test_a_text_given_for_the_first_time_is_no_news() -> None:
    assert told(remembered(facts()), facts(text=LONG)) == []


def test_an_excerpt_of_a_text_is_not_another_text() -> None:
    assert not differs(LONG, LONG[:700])  # ends within a word
    assert not differs(LONG[LONG.index("word90") :], LONG)


def test_a_few_words_in_place_of_a_text_are_no_excerpt() -> None:
    assert differs("See the website of word7", f"{LONG} see the website of word7")


def test_another_format_is_not_another_text() -> None:
    assert not differs("Scope:\n- Ports\n- Cranes & hoists", "SCOPE – ports; cranes &amp;  hoists.")


def test_paragraphs_in_another_order_are_not_another_text() -> None:
    first, second = LONG[:800], LONG[800:]
    assert not differs(f"{first} {second}", f"{second} {first}")


def test_a_few_words_put_right_are_not_another_text() -> None:
    assert not differs(LONG, LONG.replace("word7 ", "seven ").replace("word9 ", "nine "))


def test_more_than_a_twentieth_of_the_words_exchanged_is_another_text() -> None:
    exchanged = [" ".join(["other"] * number + LONG.split()[number:]) for number in (10, 11)]
    assert [differs(LONG, text) for text in exchanged] == [False, True]


# --- what always holds ------------------------------------------------------------------------------------------------

near_days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
day_sets = st.frozensets(near_days, min_size=1, max_size=5)
money = st.none() | st.integers(1, 10**9)
said_facts = st.builds(
    facts,
    title=st.text(min_size=1, max_size=40),
    text=st.none() | st.text(max_size=200),
    claimed_status=st.none() | st.sampled_from(CallStatus),
    opens_on=st.none() | near_days,
    deadlines=day_sets.map(lambda on: tuple(Deadline(on=day) for day in sorted(on))) | st.just(()),
    deadline_model=st.sampled_from([None, "single-stage", "two-stage", "multiple cut-off"]),
    budget_total=money,
    project_min=money,
    project_max=money,
)


@given(said_facts)
def test_a_reading_held_against_itself_is_nothing(said: CallFacts) -> None:
    found = compare(remembered(said), said, NOW, quiet=False)
    assert (found.differs, found.news) == (False, ())


@given(said_facts, said_facts)
def test_a_quiet_reading_differs_from_a_loud_one_in_its_news_alone(before: CallFacts, after: CallFacts) -> None:
    known = remembered(before)
    loud, quiet = (compare(known, after, NOW, quiet=is_quiet) for is_quiet in (False, True))
    assert (loud.facts, loud.status, loud.closes_on, loud.differs) == (
        quiet.facts,
        quiet.status,
        quiet.closes_on,
        quiet.differs,
    )


@given(said_facts, said_facts)
def test_what_was_stored_is_not_news_a_second_time(before: CallFacts, after: CallFacts) -> None:
    found = compare(remembered(before), after, NOW, quiet=False)
    stored = remembered(found.facts)
    assert told(stored, after) == []


@given(day_sets, st.randoms(use_true_random=False), near_days)
def test_the_order_of_deadlines_says_nothing(on_days: frozenset[date], chance: Any, today: date) -> None:
    mixed = sorted(on_days)
    chance.shuffle(mixed)
    known = remembered(facts(deadlines=tuple(Deadline(on=day) for day in sorted(on_days))))
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    seen = facts(deadlines=tuple(Deadline(on=day) for day in mixed))
    assert not {EventKind.CUTOFFS, EventKind.DEADLINE_EARLIER, EventKind.DEADLINE_LATER} & set(told(known, seen, now))
    assert changes.closes_on(seen) == known.closes_on


@given(day_sets, day_sets, near_days)
def test_a_move_names_two_days_in_the_order_of_its_kind(old: frozenset[date], new: frozenset[date], on: date) -> None:
    move = deadline_move(old, new, on)
    match move.kind if move else None:
        case EventKind.DEADLINE_EARLIER:
            assert move is not None
            assert move.new < move.old
            assert move.old in old - new
        case EventKind.DEADLINE_LATER:
            assert move is not None
            assert move.new > move.old
            assert move.old in old - new
        case EventKind.CUTOFFS:
            assert old ^ new
        case None:
            assert all(day < on for day in old ^ new)


@given(day_sets, near_days)
def test_a_deadline_comes_earlier_only_where_a_day_that_readers_counted_on_is_gone(
    old: frozenset[date], on: date
) -> None:
    ahead = [day for day in old if day >= on]
    added = frozenset({on, *old})
    move = deadline_move(old, added, on)
    assert move is None or move.kind is EventKind.CUTOFFS or not ahead


@given(st.text(max_size=60), st.text(max_size=60))
def test_titles_differ_alike_in_both_directions(one: str, other: str) -> None:
    assert is_retitled(one, other) == is_retitled(other, one)


@given(st.text(max_size=300), st.text(max_size=300))
def test_texts_differ_alike_in_both_directions(one: str, other: str) -> None:
    assert differs(one, other) == differs(other, one)
