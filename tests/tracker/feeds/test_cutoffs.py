"""Cut-offs: which date of a call is which, whatever moves, comes or goes."""

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.feeds.samples import call, day, event, moved
from tracker.feeds.cutoffs import Cutoff, Fate, cutoffs

LATER = datetime(2026, 8, 3, 4, tzinfo=UTC)
DAYS = [f"{month:02}-{number:02}" for month in (5, 6, 7, 8, 9) for number in (1, 15)]


def test_dates_that_never_moved_are_numbered_in_their_order() -> None:
    assert cutoffs(call("09-01", "07-01"), []) == (Cutoff(1, day("07-01")), Cutoff(2, day("09-01")))


def test_a_date_keeps_its_number_each_time_it_moves() -> None:
    events = [moved(1, ["07-01"], ["08-01"]), moved(2, ["08-01"], ["07-15"])]
    assert cutoffs(call("07-15"), events) == (Cutoff(1, day("07-15"), moves=2),)


def test_of_three_dates_the_one_that_moves_keeps_its_number_and_the_others_are_not_touched() -> None:
    events = [moved(1, ["07-01", "08-01", "09-01"], ["07-01", "09-01", "09-15"])]
    assert cutoffs(call("07-01", "09-01", "09-15"), events) == (
        Cutoff(1, day("07-01")),
        Cutoff(2, day("09-15"), moves=1),
        Cutoff(3, day("09-01")),
    )


def test_a_date_that_is_taken_back_before_its_day_is_dropped_and_a_new_one_gets_a_new_number() -> None:
    events = [
        moved(1, ["07-01", "08-01"], ["08-01"]),
        moved(2, ["08-01"], ["08-01", "09-01"]),
    ]
    assert cutoffs(call("08-01", "09-01"), events) == (
        Cutoff(1, day("07-01"), fate=Fate.DROPPED),
        Cutoff(2, day("08-01")),
        Cutoff(3, day("09-01")),
    )


def test_a_date_that_passed_and_is_no_longer_listed_does_not_become_a_later_one() -> None:
    events = [moved(1, ["07-01", "09-01"], ["09-01", "09-15"], LATER)]
    assert cutoffs(call("09-01", "09-15"), events) == (
        Cutoff(1, day("07-01"), fate=Fate.PASSED),
        Cutoff(2, day("09-01")),
        Cutoff(3, day("09-15")),
    )


def test_a_deadline_that_is_extended_when_it_has_passed_has_moved() -> None:
    events = [moved(1, ["08-01", "09-15"], ["09-01", "09-15"], LATER)]
    assert cutoffs(call("09-01", "09-15"), events)[0] == Cutoff(1, day("09-01"), moves=1)


def test_where_one_date_stands_for_two_it_is_the_last_that_moved() -> None:
    events = [moved(1, ["07-01", "08-01"], ["09-01"])]
    assert cutoffs(call("09-01"), events) == (
        Cutoff(1, day("07-01"), fate=Fate.DROPPED),
        Cutoff(2, day("09-01"), moves=1),
    )


def test_dates_that_a_person_set_are_followed_though_no_event_tells_of_them() -> None:
    assert cutoffs(call("09-01"), [moved(1, ["07-01"], ["08-01"])]) == (Cutoff(1, day("09-01"), moves=1),)


def test_a_call_whose_first_date_came_late_has_it_by_its_number() -> None:
    events = [event(1, moved(1, [], []).kind, new={"deadlines": ["2026-08-01"]})]
    assert cutoffs(call("08-01"), events) == (Cutoff(1, day("08-01")),)


@given(st.lists(st.sets(st.sampled_from(DAYS), min_size=1, max_size=4).map(sorted), min_size=1, max_size=6))
def test_what_is_listed_are_always_the_calls_own_dates_and_numbers_are_never_used_twice(lists: list[list[str]]) -> None:
    events = [moved(seq, old, new) for seq, (old, new) in enumerate(pairwise(lists), 1)]
    for known in range(len(events) + 1):
        now = cutoffs(call(*lists[known]), events[:known])
        assert sorted(one.on for one in now if one.fate is Fate.LISTED) == [day(text) for text in lists[known]]
        assert [one.number for one in now] == list(range(1, len(now) + 1))
        before = cutoffs(call(*lists[known - 1]), events[: known - 1]) if known else ()
        assert all(one.moves >= was.moves for was, one in zip(before, now, strict=False))
        assert all(one.moves > was.moves for was, one in zip(before, now, strict=False) if one.on != was.on)
