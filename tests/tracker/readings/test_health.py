"""Health: which readings are believed, one fault a test."""

import json
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.calls import CallStatus
from tracker.readings.counts import Counts, Funnel, ScanCounts, counts_of
from tracker.readings.health import Glance, ScanTally, Tally, check, flood
from tracker.sources import Bounds, Page, Way

TODAY = date(2026, 5, 20)
AHEAD, PAST = date(2026, 9, 15), date(2026, 5, 19)
FORTHCOMING, OPEN, CLOSED = CallStatus.FORTHCOMING, CallStatus.OPEN, CallStatus.CLOSED
WIDE = Bounds(least=0, most=10_000)


def page(scan: str = "", announced: int | None = None, pass_no: int = 1) -> Page:
    return Page(url="", body=b"", scan=scan, announced=announced, pass_no=pass_no)


def glances(number: int, on: date | None = AHEAD, claimed: CallStatus | None = OPEN, text: bool = True) -> list[Glance]:
    return [Glance(on, claimed, text)] * number


def read(*scans: tuple[str, list[Glance]]) -> Counts:
    """The counts of a reading of these scans, as they come back from the database."""
    counted = Tally()
    for name, said in scans:
        some = page(name, len(said))
        counted.add_page(some)
        for number, glance in enumerate(said):
            counted.add_row(some, f"{name}-{number}")
            counted.add_glance(glance, TODAY)
    return counts_of(json.loads(json.dumps(counted.counts().kept())))


def plain(number: int) -> Counts:
    return read(("", glances(number)))


def names(counts: Counts, accepted: Iterable[Counts] = (), bounds: Bounds = WIDE) -> list[str]:
    return [reason.name for reason in check(bounds, counts, list(accepted))]


def detail(counts: Counts, *accepted: Counts, bounds: Bounds = WIDE) -> str:
    (reason,) = check(bounds, counts, accepted)
    return reason.detail


# --- counting ---------------------------------------------------------------------------------------------------------


def test_a_key_that_comes_twice_in_a_reading_is_one_call() -> None:
    counted = Tally()
    counted.add_page(page("1", 3))
    assert [counted.add_row(page("1", 3), key) for key in ("a", "b", "a")] == [True, True, False]
    counts = counted.counts()
    assert (counts.rows, counts.calls, counts.scans["1"].distinct) == (3, 2, 2)


def test_a_reading_counts_dates_texts_and_statuses_once_a_call() -> None:
    said = [Glance(AHEAD, OPEN, True), Glance(PAST, OPEN, False), Glance(None, None, True), Glance(TODAY, CLOSED, True)]
    counts = read(("", said))
    assert (counts.dated, counts.past, counts.with_text) == (3, 1, 3)
    assert counts.statuses == {"open": 2, "unsaid": 1, "closed": 1}


def test_a_scan_is_complete_when_one_pass_held_all_that_was_announced() -> None:
    assert ScanTally(announced=2, passes={1: {"a"}, 2: {"b", "c"}}).is_complete()


def test_a_scan_is_complete_when_its_passes_together_held_all_that_was_announced() -> None:
    assert ScanTally(announced=3, passes={1: {"a", "b"}, 2: {"b", "c"}}).is_complete()


def test_a_scan_is_not_complete_where_a_repeat_hid_a_call_in_every_pass() -> None:
    assert not ScanTally(announced=3, passes={1: {"a", "b"}, 2: {"a", "b"}}).is_complete()


def test_a_scan_that_held_more_than_it_announced_is_not_complete() -> None:
    assert not ScanTally(announced=1, passes={1: {"a", "b"}}).is_complete()


def test_a_scan_whose_publisher_announces_nothing_is_taken_as_it_is() -> None:
    assert ScanTally(announced=None, passes={1: {"a"}}).is_complete()


def test_a_scan_without_calls_is_complete_where_none_were_announced() -> None:
    counted = Tally()
    counted.add_page(page("2", 0))
    assert counted.counts().scans["2"] == ScanCounts(announced=0, distinct=0, passes=1, complete=True)


# --- one fault a test -------------------------------------------------------------------------------------------------


def test_a_reading_like_those_before_it_is_believed() -> None:
    assert names(plain(100), [plain(98), plain(103)]) == []


def test_the_first_reading_is_believed_without_a_past() -> None:
    assert names(plain(100)) == []


def test_a_scan_that_held_fewer_than_it_announced_is_not_believed() -> None:
    counted = Tally()
    for pass_no in (1, 2, 3):
        some = page("8", 109, pass_no)
        counted.add_page(some)
        for number in range(105):
            counted.add_row(some, f"{number}")
    counts = counted.counts()
    assert names(counts) == ["incomplete"]
    assert detail(counts) == "scan 8: 109 calls were announced, 105 different ones came (passes: 3)"


def unread(calls: int, faults: int) -> Counts:
    """A reading in which some rows could not be read."""
    counted = Tally()
    counted.add_page(page(announced=calls))
    for number in range(calls):
        counted.add_row(page(announced=calls), f"K{number}")
        if number < faults:
            counted.add_unread(f"K{number}", "has the date 'soon'")
        else:
            counted.add_glance(Glance(AHEAD, OPEN, True), TODAY)
    return counted.counts()


def test_two_rows_that_cannot_be_read_are_a_slip() -> None:
    assert names(unread(50, 2)) == []


def test_three_of_fifty_rows_that_cannot_be_read_are_another_format() -> None:
    counts = unread(50, 3)
    assert names(counts) == ["unreadable_rows"]
    assert detail(counts).startswith("3 of 50 calls could not be read; K0: has the date 'soon'; K1:")


def test_one_in_a_hundred_rows_may_be_unreadable() -> None:
    assert names(unread(700, 7)) == []
    assert names(unread(700, 8)) == ["unreadable_rows"]


@pytest.mark.parametrize("number", [9, 201])
def test_a_number_out_of_bounds_is_not_believed(number: int) -> None:
    assert names(plain(number), bounds=Bounds(10, 200)) == ["count_out_of_bounds"]
    assert detail(plain(number), bounds=Bounds(10, 200)) == f"{number} calls; 10 to 200 are believed"


@pytest.mark.parametrize("number", [10, 200])
def test_bounds_are_believed_themselves(number: int) -> None:
    assert names(plain(number), bounds=Bounds(10, 200)) == []


def test_many_past_deadlines_are_an_old_index() -> None:
    counts = read(("", glances(70) + glances(30, PAST)))
    assert names(counts, [plain(100)] * 3) == ["past_deadlines"]
    assert detail(counts, plain(100)) == "30% of the deadlines are past, usually 0%: an old index?"


def test_past_deadlines_that_are_usual_for_a_source_are_believed() -> None:
    counts = read(("", glances(70) + glances(30, PAST)))
    assert names(counts, [counts] * 3) == []


def test_a_first_reading_may_have_a_few_past_deadlines_and_not_many() -> None:
    assert names(read(("", glances(75) + glances(25, PAST)))) == []
    assert names(read(("", glances(65) + glances(35, PAST)))) == ["past_deadlines"]


def test_a_few_dates_say_nothing_of_an_index() -> None:
    assert names(read(("", glances(4, PAST)))) == []


def test_a_third_fewer_calls_are_a_drop() -> None:
    assert names(plain(69), [plain(100)]) == ["drop"]
    assert detail(plain(69), plain(100)) == "69 calls, usually 100"
    assert names(plain(70), [plain(100)]) == []


def test_a_third_more_calls_are_a_jump() -> None:
    assert names(plain(131), [plain(100)]) == ["jump"]
    assert names(plain(130), [plain(100)]) == []


def test_one_odd_reading_among_those_before_does_not_move_what_is_usual() -> None:
    assert names(plain(100), [plain(135), plain(100), plain(99)]) == []


def test_a_source_of_few_calls_may_double() -> None:
    assert names(plain(14), [plain(6)]) == []


def test_half_of_a_scan_is_lost_though_the_total_barely_moves() -> None:
    usual = read(("1", glances(600)), ("8", glances(110)))
    counts = read(("1", glances(600)), ("8", glances(55)))
    assert names(counts, [usual]) == ["scan_lost"]
    assert detail(counts, usual) == "scan 8: 55 calls, usually 110"


def test_a_small_scan_that_vanishes_whole_is_lost() -> None:
    usual = read(("1", glances(600)), ("2", glances(9)))
    assert names(read(("1", glances(600)), ("2", [])), [usual]) == ["scan_lost"]


def test_a_scan_of_few_calls_may_lose_most_of_them() -> None:
    usual = read(("1", glances(600)), ("2", glances(9)))
    assert names(read(("1", glances(600)), ("2", glances(2))), [usual]) == []


def test_a_scan_that_is_switched_on_is_no_jump() -> None:
    usual = read(("1", glances(600)))
    assert names(read(("1", glances(610)), ("0", glances(900))), [usual]) == []


def test_a_scan_that_is_switched_off_is_no_drop() -> None:
    usual = read(("1", glances(600)), ("0", glances(900)))
    assert names(read(("1", glances(610))), [usual]) == []


def statuses(**numbers: int) -> Counts:
    return read(("", [one for status, n in numbers.items() for one in glances(n, claimed=CallStatus(status))]))


def test_calls_of_a_status_that_are_missing_are_lost() -> None:
    counts = statuses(open=450, forthcoming=100)
    usual = statuses(open=450, forthcoming=280)
    assert names(counts, [usual]) == ["status_lost"]
    assert detail(counts, usual) == "100 calls said to be forthcoming, usually 280"


def test_a_status_that_nobody_has_any_more_is_lost() -> None:
    assert names(statuses(open=450), [statuses(open=450, forthcoming=130)]) == ["status_lost"]


def test_many_calls_that_open_on_one_day_are_not_lost() -> None:
    assert names(statuses(open=650, forthcoming=80), [statuses(open=450, forthcoming=280)]) == []


def test_calls_that_lose_their_status_word_are_read_as_turned() -> None:
    unsaid = read(("", glances(100, claimed=None)))
    assert names(unsaid, [statuses(open=100)]) == []


def test_calls_without_a_status_are_named_so_when_they_are_lost() -> None:
    usual = read(("", glances(300) + glances(40, claimed=None)))
    assert detail(plain(300), usual) == "0 calls without a status, usually 40"


def test_dates_that_vanish_are_noticed() -> None:
    usual, counts = plain(100), read(("", glances(50) + glances(50, None)))
    assert names(counts, [usual]) == ["dates_lost"]
    assert detail(counts, usual) == "50% of the calls have a deadline, usually 100%"


def test_texts_that_vanish_are_noticed() -> None:
    usual, counts = plain(100), read(("", glances(100, text=False)))
    assert names(counts, [usual]) == ["texts_lost"]
    assert detail(counts, usual) == "0% of the calls have a text, usually 100%"


def test_all_dates_of_a_small_source_that_vanish_are_noticed() -> None:
    assert names(read(("", glances(9, None))), [plain(9)]) == ["dates_lost"]


def test_a_source_that_never_gave_texts_misses_none() -> None:
    withheld = read(("", glances(100, text=False)))
    assert names(withheld, [withheld]) == []


def test_every_reason_is_told_and_not_the_first_alone() -> None:
    counts = read(("", glances(40, PAST, None, text=False)))
    assert names(counts, [plain(100)], Bounds(50, 200)) == [
        "count_out_of_bounds",
        "past_deadlines",
        "drop",
        "scan_lost",
        "status_lost",
        "texts_lost",
    ]


# --- what always holds ------------------------------------------------------------------------------------------------

some_glances = st.builds(
    Glance,
    st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.none() | st.sampled_from(CallStatus),
    st.booleans(),
)
rows = st.tuples(st.integers(0, 30), st.booleans(), some_glances)
pages = st.tuples(
    st.sampled_from(["", "1", "8"]), st.integers(1, 3), st.none() | st.integers(0, 60), st.lists(rows, max_size=30)
)


@st.composite
def readings(draw: st.DrawFn) -> Counts:
    """Counts of any reading that a Tally can make: pages in any order, repeats, rows that cannot be read."""
    counted = Tally()
    for scan, pass_no, announced, said in draw(st.lists(pages, max_size=6)):
        some = page(scan, announced, pass_no)
        counted.add_page(some)
        for number, is_read, glance in said:
            if not counted.add_row(some, f"{scan}{number}"):
                continue
            if is_read:
                counted.add_glance(glance, TODAY)
            else:
                counted.add_unread(f"{scan}{number}", "fault")
    return counted.counts()


@pytest.mark.slow
@given(readings(), st.lists(readings(), max_size=4), st.integers(0, 50), st.integers(1, 100))
def test_no_counts_are_beyond_judging(counts: Counts, accepted: list[Counts], least: int, most: int) -> None:
    for reason in check(Bounds(least, most), counts, accepted):
        assert reason.name
        assert reason.detail


@given(readings())
def test_a_reading_is_never_held_against_itself_for_having_changed(counts: Counts) -> None:
    own_faults = {"incomplete", "unreadable_rows", "count_out_of_bounds"}
    assert set(names(counts, [counts])) <= own_faults


# --- calls that leave before their time -------------------------------------------------------------------------------


def losing(lost: int, live: int) -> Counts:
    examples = tuple(f"call-{n}" for n in range(lost))
    return plain(60).model_copy(update={"live": live, "lost": lost, "lost_examples": examples})


@pytest.mark.parametrize(
    ("lost", "live", "why"),
    [
        (1, 1, []),
        (1, 2, []),
        (2, 2, ["calls_lost"]),
        (2, 4, ["calls_lost"]),
        (2, 5, []),
        (8, 20, ["calls_lost"]),
        (5, 20, []),
        (7, 19, []),
    ],
)
def test_calls_do_not_leave_a_list_together_before_their_time(lost: int, live: int, why: list[str]) -> None:
    assert names(losing(lost, live), [plain(60)]) == why


def test_calls_of_a_scan_that_is_switched_off_are_not_lost() -> None:
    counts = losing(30, 60).model_copy(update={"scans": {"1": ScanCounts(distinct=60, passes=1, complete=True)}})
    assert names(counts, [plain(60)]) == []


@pytest.mark.parametrize(("past", "why"), [(60, []), (61, ["past_deadlines"])])
def test_one_page_of_an_old_index_is_not_believed_even_in_a_first_reading(past: int, why: list[str]) -> None:
    counted = Tally()
    for number in range(8):
        counted.add_page(page())
        for place in range(100):
            counted.add_glance(Glance(PAST if number == 3 and place < past else AHEAD, OPEN, True), TODAY)
    assert names(counted.counts(), bounds=Bounds(least=0, most=1000)) == why
    assert names(counted.counts(), bounds=Bounds(least=0, most=1000, past=0.9)) == []


@pytest.mark.parametrize(("turned", "why"), [(5, []), (6, ["turned_back"])])
def test_open_calls_do_not_turn_forthcoming_together(turned: int, why: list[str]) -> None:
    counted = Tally()
    counted.add_page(page())
    for _ in range(turned):
        counted.add_glance(Glance(AHEAD, FORTHCOMING, True), TODAY, Glance(AHEAD, OPEN, True))
    counted.add_glance(Glance(AHEAD, OPEN, True), TODAY, Glance(AHEAD, FORTHCOMING, True))
    assert names(counted.counts()) == why


@pytest.mark.parametrize(
    ("changed", "live", "is_flood"), [(7, 7, False), (8, 19, True), (7, 19, False), (25, 100, False), (26, 100, True)]
)
def test_calls_do_not_change_together(changed: int, live: int, is_flood: bool) -> None:
    assert (flood(changed, live) is not None) is is_flood


# --- the funnel -------------------------------------------------------------------------------------------------------


def with_own_pages(loaded: int, dated: int | None = None, opened: int = 12, listed: int = 12) -> Counts:
    """A reading of calls with pages of their own, of which so many were opened, said something, and told a last day."""
    counted = Tally()
    ways = [Way.LOADED] * loaded + [Way.OPENED] * (opened - loaded) + [Way.LISTED] * (listed - opened)
    some = Page(url="", body=b"", ways={str(number): way for number, way in enumerate(ways)})
    counted.add_page(some)
    for number in range(listed):
        counted.add_row(some, str(number))
        on = AHEAD if number < (loaded if dated is None else dated) else None
        counted.add_glance(Glance(on, OPEN, True), TODAY, key=str(number))
    return counted.counts()


def test_a_reading_tells_how_many_calls_came_how_far() -> None:
    assert with_own_pages(10, dated=9, opened=11).funnel == Funnel(
        listed=12, opened=11, loaded=10, dated=9, published=9
    )


def test_a_source_without_own_pages_has_no_funnel() -> None:
    assert plain(5).funnel == Funnel()
    assert plain(5).kept()["funnel"] == {}


def test_what_an_older_run_did_not_count_is_nothing() -> None:
    assert counts_of({"rows": 3, "calls": 2, "new": 1, "funnel": {}}) == Counts(rows=3, calls=2)


def test_counts_are_kept_as_they_always_were() -> None:
    kept = read(("1", glances(2) + glances(1, None))).kept()
    assert kept == {
        "rows": 3, "calls": 3, "past": 0, "turned_past": 0, "turned_back": 0, "past_on_a_page": 0.0, "dated": 2,
        "with_text": 3, "statuses": {"open": 3}, "canaries_missing": [],
        "season": {"due": 0, "overdue": [], "forgiven": []}, "live": 0, "lost": 0, "lost_examples": [], "funnel": {},
        "unread": 0, "unread_examples": {}, "changed": 0, "whole": False,
        "scans": {"1": {"announced": 3, "distinct": 3, "passes": 1, "complete": True}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (with_own_pages(12), []),
        (with_own_pages(8), []),
        (with_own_pages(7), ["funnel_loaded"]),
        (with_own_pages(12, dated=7), ["funnel_dated"]),
        (with_own_pages(5, opened=5), ["funnel_opened"]),
        (with_own_pages(2, listed=7, opened=7), []),
    ],
    ids=["as ever", "a third", "loaded", "dated", "opened", "too few"],
)
def test_each_step_of_the_funnel_is_held_against_the_sources_own(counts: Counts, why: list[str]) -> None:
    assert names(counts, [with_own_pages(12)] * 3) == why


def test_own_pages_that_only_add_to_a_sound_list_do_not_make_it_doubtful() -> None:
    bounds = Bounds(least=0, most=100, own_pages_count=False)
    assert names(with_own_pages(2), [with_own_pages(12)] * 3, bounds) == []


def test_a_call_that_passed_its_day_was_published_in_its_time_and_an_old_index_is_not() -> None:
    def published(known_until: date | None) -> int:
        counted = Tally()
        counted.add_page(Page(url="", body=b"", ways={"1": Way.LOADED}))
        counted.add_glance(Glance(PAST, OPEN, True), TODAY, Glance(known_until, OPEN, True), "1")
        return counted.counts().funnel.published

    assert [published(PAST), published(AHEAD), published(None)] == [1, 0, 0]
