"""Digests: what an edition tells a reader, one behaviour a test."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.calls import Call, CallKind, CallStatus, Deadline, Note
from db.deliveries import Told
from db.event_log import CallEvent, EventKind
from tracker.calls.changes import deadline_move
from tracker.digests import content
from tracker.digests.content import Change, ChangeKind, Item, SectionKind, sections
from tracker.digests.interests import InterestQuery, Reason, Tagged, wanted
from tracker.digests.selection import due_reminder, net_changes, select_news

TODAY = date(2026, 11, 23)
LEAD = (28, 7)
DESIGN = Reason("design", (("en", "Design"),), ("furniture",))
SPORT = Reason("sport", (("en", "Sport"),), ("ski", "ice hockey"))


def day(said: str) -> date:
    return date.fromisoformat(said)


def a_call(*deadlines: str, **said: Any) -> Call:
    """A remembered open call, with a deadline far ahead unless others are given."""
    on = [day(one) for one in deadlines or ("2027-09-15",)]
    usual: dict[str, Any] = {
        "id": 1,
        "source": "portal",
        "key": "70000001TOPICSen",
        "kind": CallKind.TOPIC,
        "title": "Reused timber in buildings",
        "programme": "HORIZON",
        "status": CallStatus.OPEN,
        "closes_on": max(on),
        "deadlines": tuple(Deadline(on=one) for one in on),
        "url": "https://example.org/70000001",
    }
    return Call(**usual | said)


def event(seq: int, kind: EventKind, old: Any = None, new: Any = None, at: date = TODAY) -> CallEvent:
    stamp = datetime(at.year, at.month, at.day, 6, tzinfo=UTC)
    return CallEvent(seq=seq, call_id=1, run_id=1, kind=kind, at=stamp, old=old, new=new)


def moved(seq: int, old: Sequence[str], new: Sequence[str], at: date = TODAY) -> CallEvent:
    """A change of cut-offs, with the kind and the days that `tracker.calls.changes` gives it."""
    move = deadline_move({day(one) for one in old}, {day(one) for one in new}, at)
    assert move is not None
    before = {"deadline": move.old.isoformat(), "deadlines": list(old)}
    return event(seq, move.kind, before, {"deadline": move.new.isoformat(), "deadlines": list(new)}, at)


def tagged(call: Call, *events: CallEvent, reasons: tuple[Reason, ...] = (DESIGN,)) -> Tagged:
    return Tagged(call, reasons, events)


def told(
    call: Call,
    *events: CallEvent,
    told_events: Sequence[int] = (),
    told_reminders: Sequence[str] = (),
    lead_days: Sequence[int] = LEAD,
    on: date = TODAY,
) -> Item | None:
    """What one edition tells of one call; None where it is silent."""
    before = Told(frozenset(told_events), frozenset(told_reminders), frozenset({1}))
    found = select_news([tagged(call, *events)], lead_days, on, before).items
    assert len(found) <= 1
    return found[0] if found else None


def section(call: Call, *events: CallEvent, **told_before: Any) -> SectionKind | None:
    item = told(call, *events, **told_before)
    return item.section if item else None


NEW = event(1, EventKind.NEW, None, {"opens_on": None, "deadlines": ["2027-09-15"]})
OPENED = event(2, EventKind.OPENED)
BUDGET = event(3, EventKind.BUDGET, {"budget_total": 9_000_000}, {"budget_total": 12_000_000})
TEXT = event(4, EventKind.TEXT, {"words": 200}, {"words": 120})


def gone(seq: int) -> CallEvent:
    return event(seq, EventKind.WITHDRAWN)


def back(seq: int) -> CallEvent:
    return event(seq, EventKind.REOPENED, None, {"status": "open"})


# --- net changes ------------------------------------------------------------------------------------------------------


def test_a_deadline_moved_twice_is_told_as_one_move() -> None:
    net = net_changes([moved(1, ["2027-01-12"], ["2027-01-20"]), moved(2, ["2027-01-20"], ["2027-02-01"])])
    assert net == (Change(ChangeKind.DEADLINE, day("2027-01-12"), day("2027-02-01")),)


def test_a_deadline_moved_and_moved_back_is_nothing() -> None:
    net = net_changes([moved(1, ["2027-01-12"], ["2027-01-20"]), moved(2, ["2027-01-20"], ["2027-01-12"])])
    assert net == ()


def test_a_deadline_moved_later_and_then_before_the_first_day_came_earlier() -> None:
    net = net_changes([moved(1, ["2027-01-12"], ["2027-01-20"]), moved(2, ["2027-01-20"], ["2027-01-05"])])
    assert net == (Change(ChangeKind.DEADLINE, day("2027-01-12"), day("2027-01-05")),)


def test_a_deadline_extended_and_extended_again_after_it_passed_is_one_move() -> None:
    first = moved(1, ["2026-11-19"], ["2026-11-21"], day("2026-11-18"))
    second = moved(2, ["2026-11-21"], ["2026-12-10"], day("2026-11-22"))
    assert net_changes([first, second]) == (Change(ChangeKind.DEADLINE, day("2026-11-19"), day("2026-12-10")),)


def test_a_cut_off_that_passed_between_two_changes_has_not_moved() -> None:
    first = moved(1, ["2026-11-19", "2027-03-01"], ["2026-11-19", "2027-03-01", "2027-09-01"], day("2026-11-18"))
    second = moved(
        2,
        ["2026-11-19", "2027-03-01", "2027-09-01"],
        ["2026-11-19", "2027-03-01", "2027-09-01", "2028-03-01"],
        day("2026-11-22"),
    )
    before, after = (day("2027-03-01"),), (day("2027-09-01"), day("2028-03-01"))
    assert net_changes([first, second]) == (Change(ChangeKind.CUTOFFS, before, before + after),)


def test_a_cut_off_that_passed_and_is_taken_off_the_page_is_not_told_as_removed() -> None:
    told = net_changes([moved(1, ["2026-11-19", "2027-03-01"], ["2027-03-01", "2027-09-01"], day("2026-11-22"))])
    before = (day("2027-03-01"),)
    assert told == (Change(ChangeKind.CUTOFFS, before, (*before, day("2027-09-01"))),)


def test_an_added_cut_off_is_told_with_both_lists() -> None:
    net = net_changes([moved(1, ["2027-01-12"], ["2027-01-12", "2027-06-01"])])
    assert net == (Change(ChangeKind.CUTOFFS, (day("2027-01-12"),), (day("2027-01-12"), day("2027-06-01"))),)


def test_a_first_deadline_is_told_as_added() -> None:
    first = event(1, EventKind.CUTOFFS, None, {"deadline": "2027-01-12", "deadlines": ["2027-01-12"]})
    assert net_changes([first]) == (Change(ChangeKind.CUTOFFS, (), (day("2027-01-12"),)),)


def test_a_cut_off_added_and_then_the_next_one_moved_is_a_move() -> None:
    net = net_changes(
        [
            moved(1, ["2027-01-12"], ["2027-01-12", "2027-06-01"]),
            moved(2, ["2027-01-12", "2027-06-01"], ["2027-01-20", "2027-06-01"]),
        ]
    )
    assert net == (Change(ChangeKind.DEADLINE, day("2027-01-12"), day("2027-01-20")),)


def test_a_budget_changed_twice_is_told_as_one_change() -> None:
    again = event(5, EventKind.BUDGET, {"budget_total": 12_000_000}, {"budget_total": 15_000_000})
    assert net_changes([BUDGET, again]) == (Change(ChangeKind.BUDGET, 9_000_000, 15_000_000),)


def test_a_budget_changed_and_changed_back_is_nothing() -> None:
    again = event(5, EventKind.BUDGET, {"budget_total": 12_000_000}, {"budget_total": 9_000_000})
    assert net_changes([BUDGET, again]) == ()


def test_other_money_for_a_project_is_told_as_it_was_and_as_it_is() -> None:
    one = event(5, EventKind.BUDGET, {"project_max": 2_000_000}, {"project_max": 3_000_000})
    assert net_changes([one]) == (Change(ChangeKind.PER_PROJECT, (None, 2_000_000), (None, 3_000_000)),)


def test_a_passage_that_came_and_went_again_is_not_told() -> None:
    came = event(5, EventKind.TEXT, {"words": 100}, {"words": 108, "added": "Two municipalities."})
    went = event(6, EventKind.TEXT, {"words": 108, "cut": "Two municipalities."}, {"words": 100})
    assert net_changes([came]) == (Change(ChangeKind.TEXT, None, "Two municipalities."),)
    assert net_changes([came, went]) == ()


def test_a_title_is_told_as_it_was_and_as_it_is() -> None:
    first = event(1, EventKind.RETITLED, {"title": "Timber"}, {"title": "Wood"})
    second = event(2, EventKind.RETITLED, {"title": "Wood"}, {"title": "Reused wood"})
    assert net_changes([first, second]) == (Change(ChangeKind.TITLE, "Timber", "Reused wood"),)


def test_a_title_that_came_back_with_other_blanks_is_nothing() -> None:
    first = event(1, EventKind.RETITLED, {"title": "Old timber"}, {"title": "Wood"})
    second = event(2, EventKind.RETITLED, {"title": "Wood"}, {"title": "Old  timber."})
    assert net_changes([first, second]) == ()


def test_a_text_rewritten_twice_is_told_once() -> None:
    assert net_changes([TEXT, event(5, EventKind.TEXT, {"words": 120}, {"words": 130})]) == (Change(ChangeKind.TEXT),)


def test_a_new_call_has_no_changes() -> None:
    assert net_changes([NEW, BUDGET, TEXT]) == ()


def test_a_call_that_was_gone_and_is_back_is_reopened() -> None:
    assert net_changes([back(5)]) == (Change(ChangeKind.REOPENED),)


def test_a_call_that_went_and_came_back_unseen_is_nothing() -> None:
    assert net_changes([gone(5), back(6)]) == ()


def test_a_call_known_as_gone_that_flapped_since_is_reopened_once() -> None:
    assert net_changes([back(5), gone(6), back(7)]) == (Change(ChangeKind.REOPENED),)


# --- sections ---------------------------------------------------------------------------------------------------------


def test_a_new_call_stands_among_the_new_ones() -> None:
    assert section(a_call(), NEW) is SectionKind.NEW


def test_a_forthcoming_call_stands_among_the_new_ones_too() -> None:
    assert section(a_call(status=CallStatus.FORTHCOMING), NEW) is SectionKind.NEW


def test_a_new_call_whose_deadline_moved_since_is_new_and_all_is_settled() -> None:
    item = told(a_call(), NEW, moved(2, ["2027-01-12"], ["2027-09-15"]), BUDGET)
    assert item is not None
    assert (item.section, item.changes, item.event_seqs) == (SectionKind.NEW, (), (1, 2, 3))


def test_a_new_call_without_a_deadline_is_told() -> None:
    assert section(a_call(deadlines=(), closes_on=None), NEW) is SectionKind.NEW


def test_a_new_call_that_opened_since_is_told_once() -> None:
    assert section(a_call(), NEW, OPENED) is SectionKind.NEW


def test_a_new_call_that_closed_since_is_not_told() -> None:
    assert section(a_call("2026-11-22"), NEW) is None


def test_a_new_call_that_its_source_closed_since_is_not_told() -> None:
    assert section(a_call(status=CallStatus.CLOSED), NEW) is None


def test_a_new_call_on_its_last_day_is_told() -> None:
    assert section(a_call("2026-11-23"), NEW) is SectionKind.NEW


def test_a_new_call_that_was_withdrawn_since_comes_to_nothing() -> None:
    assert section(a_call(withdrawn_at=datetime(2026, 11, 22, tzinfo=UTC)), NEW, gone(2)) is None


def test_a_new_call_that_went_and_came_back_since_is_new() -> None:
    assert section(a_call(), NEW, gone(2), back(3)) is SectionKind.NEW


def test_a_moved_deadline_has_a_section_of_its_own() -> None:
    assert section(a_call(), BUDGET, moved(5, ["2027-01-12"], ["2027-09-15"])) is SectionKind.DEADLINE_MOVED


def test_a_deadline_that_came_earlier_and_is_past_is_told_for_what_was_told_before_is_wrong() -> None:
    call = a_call("2026-11-20", status=CallStatus.CLOSED)
    assert section(call, moved(1, ["2026-12-10"], ["2026-11-20"], day("2026-11-18"))) is SectionKind.DEADLINE_MOVED


def test_other_cut_offs_with_the_same_next_day_are_a_change() -> None:
    assert section(a_call(), moved(1, ["2027-01-12"], ["2027-01-12", "2027-09-15"])) is SectionKind.CHANGED


def test_an_opened_call_stands_among_the_opened_ones() -> None:
    assert section(a_call(), OPENED) is SectionKind.OPENED


def test_an_opened_call_that_is_forthcoming_again_is_not_told() -> None:
    assert section(a_call(status=CallStatus.FORTHCOMING), OPENED) is None


def test_a_reopened_call_stands_among_the_opened_ones() -> None:
    item = told(a_call(), back(5))
    assert item is not None
    assert (item.section, item.changes) == (SectionKind.OPENED, (Change(ChangeKind.REOPENED),))


def test_a_call_that_opened_while_it_was_away_is_told_as_opened() -> None:
    assert section(a_call(), gone(5), back(6), event(7, EventKind.OPENED)) is SectionKind.OPENED


def test_a_call_that_went_and_came_back_between_two_editions_is_not_told() -> None:
    assert section(a_call(), gone(5), back(6)) is None


def test_a_call_that_went_and_came_back_with_another_budget_is_changed() -> None:
    assert section(a_call(), gone(5), BUDGET, back(6)) is SectionKind.CHANGED


def test_a_withdrawn_call_is_told() -> None:
    assert section(a_call(withdrawn_at=datetime(2026, 11, 22, tzinfo=UTC)), gone(5)) is SectionKind.WITHDRAWN


def test_a_call_known_as_withdrawn_that_came_and_went_is_not_told_again() -> None:
    assert section(a_call(withdrawn_at=datetime(2026, 11, 22, tzinfo=UTC)), back(5), gone(6)) is None


def test_a_call_that_went_twice_is_withdrawn_once() -> None:
    call = a_call(withdrawn_at=datetime(2026, 11, 22, tzinfo=UTC))
    item = told(call, gone(5), back(6), gone(7))
    assert item is not None
    assert (item.section, item.event_seqs) == (SectionKind.WITHDRAWN, (5, 6, 7))


def test_a_change_of_a_withdrawn_call_alone_is_not_told() -> None:
    assert section(a_call(withdrawn_at=datetime(2026, 11, 22, tzinfo=UTC)), BUDGET) is None


def test_another_budget_is_a_change() -> None:
    assert section(a_call(), BUDGET) is SectionKind.CHANGED


def test_a_change_of_a_closed_call_is_no_news() -> None:
    assert section(a_call("2026-11-20"), BUDGET) is None


def test_a_call_without_events_or_reminder_is_not_told() -> None:
    assert section(a_call()) is None


# --- reminders --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closes", "lead"),
    [
        ("2026-12-22", None),  # 29 days
        ("2026-12-21", 28),
        ("2026-12-01", 28),  # 8 days
        ("2026-11-30", 7),
        ("2026-11-23", 7),  # today
    ],
)
def test_a_reminder_is_due_at_the_shortest_lead_time_that_has_begun(closes: str, lead: int | None) -> None:
    assert due_reminder(tagged(a_call(closes)), LEAD, TODAY) == (f"1:{closes}:{lead}" if lead else None)


def test_the_order_of_lead_times_says_nothing() -> None:
    assert due_reminder(tagged(a_call("2026-11-30")), (7, 28), TODAY) == due_reminder(
        tagged(a_call("2026-11-30")), (28, 7), TODAY
    )


def test_a_reader_without_lead_times_is_not_reminded() -> None:
    assert due_reminder(tagged(a_call("2026-11-30")), (), TODAY) is None


def test_the_next_cut_off_is_the_one_that_is_reminded_of() -> None:
    assert due_reminder(tagged(a_call("2026-11-20", "2026-11-29", "2027-05-01")), LEAD, TODAY) == "1:2026-11-29:7"


def test_a_past_deadline_is_not_reminded_of() -> None:
    assert due_reminder(tagged(a_call("2026-11-22")), LEAD, TODAY) is None


@pytest.mark.parametrize("status", [CallStatus.FORTHCOMING, CallStatus.CLOSED])
def test_only_open_calls_are_reminded_of(status: CallStatus) -> None:
    assert due_reminder(tagged(a_call("2026-11-30", status=status)), LEAD, TODAY) is None


def test_a_withdrawn_call_is_not_reminded_of() -> None:
    call = a_call("2026-11-30", withdrawn_at=datetime(2026, 11, 22, tzinfo=UTC))
    assert due_reminder(tagged(call), LEAD, TODAY) is None


def test_a_call_that_closes_soon_is_told_without_any_event() -> None:
    item = told(a_call("2026-11-30"))
    assert item is not None
    assert (item.section, item.reminders, item.event_seqs) == (SectionKind.CLOSING_SOON, ("1:2026-11-30:7",), ())


def test_a_reminder_that_was_told_is_not_told_again() -> None:
    assert section(a_call("2026-12-10"), told_reminders=["1:2026-12-10:28"]) is None


def test_a_reader_is_reminded_once_for_each_lead_time_day_by_day() -> None:
    call = a_call("2026-12-31")
    reminders: list[str] = []
    for number in range(60):
        item = told(call, told_reminders=reminders, on=TODAY + timedelta(days=number))
        reminders += item.reminders if item else ()
    assert reminders == ["1:2026-12-31:28", "1:2026-12-31:7"]


def test_a_reader_who_was_away_is_reminded_once_at_the_shortest_lead_time() -> None:
    call = a_call("2026-11-28")
    reminders: list[str] = []
    for number in range(10):
        item = told(call, told_reminders=reminders, on=TODAY + timedelta(days=number))
        reminders += item.reminders if item else ()
    assert reminders == ["1:2026-11-28:7"]


def test_a_moved_deadline_is_reminded_of_anew() -> None:
    call = a_call("2026-12-15")
    assert section(call, told_reminders=["1:2026-12-10:28"]) is SectionKind.CLOSING_SOON


def test_a_new_call_that_closes_soon_stands_among_the_new_ones_and_is_reminded_of() -> None:
    item = told(a_call("2026-12-10"), NEW)
    assert item is not None
    assert (item.section, item.reminders) == (SectionKind.NEW, ("1:2026-12-10:28",))


def test_a_changed_call_that_closes_soon_stands_where_it_must_be_acted_on_with_its_change() -> None:
    item = told(a_call("2026-11-30"), BUDGET)
    assert item is not None
    assert item.section is SectionKind.CLOSING_SOON
    assert item.changes == (Change(ChangeKind.BUDGET, 9_000_000, 12_000_000),)
    assert item.event_seqs == (3,)


# --- what was told, and what is wanted --------------------------------------------------------------------------------


def test_events_that_were_told_are_left_out() -> None:
    item = told(a_call(), BUDGET, moved(5, ["2027-01-12"], ["2027-09-15"]), told_events=[5])
    assert item is not None
    assert (item.section, item.event_seqs) == (SectionKind.CHANGED, (3,))


def test_a_call_whose_every_event_was_told_is_not_told() -> None:
    assert section(a_call(), BUDGET, told_events=[3]) is None


def test_a_return_counts_from_what_the_reader_was_told_of_the_leaving() -> None:
    assert section(a_call(), gone(5), back(6), told_events=[5]) is SectionKind.OPENED


def test_a_wish_is_met_by_its_spearheads_alone() -> None:
    assert wanted([tagged(a_call(), NEW, reasons=(SPORT,))], [InterestQuery(("design",))]) == []


def test_a_call_without_spearheads_is_nobodys() -> None:
    assert wanted([tagged(a_call(), NEW, reasons=())], [InterestQuery(("design", "sport"))]) == []


def test_a_call_that_two_wishes_meet_comes_once_with_both_reasons() -> None:
    one = tagged(a_call(), NEW, reasons=(DESIGN, SPORT))
    assert wanted([one], [InterestQuery(("design",)), InterestQuery(("sport",))]) == [
        Tagged(one.call, (DESIGN, SPORT), (NEW,))
    ]


def test_a_reason_that_two_wishes_share_comes_once() -> None:
    (found,) = wanted([tagged(a_call(), NEW)], [InterestQuery(("design",)), InterestQuery(("design", "sport"))])
    assert found.reasons == (DESIGN,)


def test_a_spearhead_that_nobody_wished_for_is_no_reason() -> None:
    (found,) = wanted([tagged(a_call(), NEW, reasons=(DESIGN, SPORT))], [InterestQuery(("design",))])
    assert found.reasons == (DESIGN,)


def test_a_wish_may_be_limited_to_programmes() -> None:
    interest_queries = [InterestQuery(("design",), programmes=("LIFE", "CREA"))]
    life, horizon, unsaid = (a_call(programme=programme) for programme in ("LIFE", "HORIZON", None))
    assert [
        one.call.programme for one in wanted([tagged(c, NEW) for c in (life, horizon, unsaid)], interest_queries)
    ] == ["LIFE"]


def test_a_wish_may_be_limited_to_sources() -> None:
    calls = [tagged(a_call(source=source), NEW) for source in ("portal", "eura")]
    assert [one.call.source for one in wanted(calls, [InterestQuery(("design",), sources=("eura",))])] == ["eura"]


def test_programmes_and_sources_limit_a_wish_together() -> None:
    interest_query = InterestQuery(("design",), programmes=("LIFE",), sources=("eura",))
    assert interest_query.reasons(a_call(programme="LIFE", source="portal"), [DESIGN]) == ()
    assert interest_query.reasons(a_call(programme="LIFE", source="eura"), [DESIGN]) == (DESIGN,)


def test_events_behind_the_cursor_of_a_wish_are_left_out() -> None:
    (found,) = wanted([tagged(a_call(), NEW, BUDGET, TEXT)], [InterestQuery(("design",), cursor=3)])
    assert found.events == (TEXT,)


def test_each_wish_has_a_cursor_of_its_own() -> None:
    interest_queries = [InterestQuery(("design",), cursor=3), InterestQuery(("sport",), cursor=0)]
    design = tagged(a_call(id=1), NEW, TEXT)
    both = tagged(a_call(id=2), NEW, TEXT, reasons=(DESIGN, SPORT))
    assert [found.events for found in wanted([design, both], interest_queries)] == [(TEXT,), (NEW, TEXT)]


def test_a_wanted_call_without_events_is_kept_for_its_closing_date() -> None:
    (found,) = wanted([tagged(a_call("2026-11-30"))], [InterestQuery(("design",), cursor=10)])
    assert found.events == ()


# --- the digest -------------------------------------------------------------------------------------------------------


def as_item(call: Call, kind: SectionKind, *changes: Change) -> Item:
    return Item(call, kind, changes, (DESIGN,), (1,), ())


def test_sections_come_in_the_order_of_what_needs_action_and_empty_ones_not_at_all() -> None:
    kinds = [SectionKind.WITHDRAWN, SectionKind.CHANGED, SectionKind.NEW, SectionKind.CLOSING_SOON]
    made = sections([as_item(a_call(), kind) for kind in kinds], {}, TODAY)
    assert [one.kind for one in made] == kinds[::-1]
    assert [kind.value for kind in SectionKind] == [
        "corrected",
        "closing_soon",
        "deadline_moved",
        "new",
        "opened",
        "open_now",
        "coming",
        "changed",
        "withdrawn",
        "chosen",
    ]


def test_a_second_stage_keeps_its_number_when_the_first_is_over() -> None:
    call = a_call("2026-11-20", "2027-03-04", deadline_model="two-stage")
    [section] = sections([as_item(call, SectionKind.DEADLINE_MOVED)], {}, TODAY)
    assert [(d.on, d.stage) for d in section.calls[0].deadlines] == [(day("2027-03-04"), 2)]


@pytest.mark.parametrize(
    ("given", "over", "ended"),
    [
        ({"deadlines": ["2026-11-20"]}, True, "2026-11-20"),
        ({"deadlines": ["2026-11-20", "2027-03-04"]}, False, None),
        (
            {"deadlines": ["2026-11-20", "2027-03-04"], "deadline_model": "two-stage", "status": CallStatus.CLOSED},
            False,
            None,
        ),
        ({"deadlines": ["2027-03-04"], "status": CallStatus.CLOSED}, True, None),
        ({"deadlines": ["2026-11-01", "2026-11-20"], "deadline_model": "continuous"}, True, "2026-11-20"),
    ],
)
def test_a_call_is_over_when_nobody_can_apply_any_more(given: dict[str, Any], over: bool, ended: str | None) -> None:
    said = {name: value for name, value in given.items() if name != "deadlines"}
    [section] = sections([as_item(a_call(*given["deadlines"], **said), SectionKind.CORRECTED)], {}, TODAY)
    [shown] = section.calls
    assert (shown.is_over, shown.ended_on) == (over, day(ended) if ended else None)


def test_within_a_section_the_call_that_closes_first_comes_first_and_undated_ones_last() -> None:
    undated = a_call(id=3, deadlines=(), closes_on=None)
    late, soon = a_call("2027-01-10", id=1), a_call("2026-12-01", id=2)
    (made,) = sections([as_item(call, SectionKind.NEW) for call in (undated, late, soon)], {}, TODAY)
    assert [call.call_id for call in made.calls] == [2, 1, 3]


def test_calls_that_close_together_come_by_title() -> None:
    calls = [a_call(id=1, title="Wood"), a_call(id=2, title="Ice")]
    (made,) = sections([as_item(call, SectionKind.NEW) for call in calls], {}, TODAY)
    assert [call.title for call in made.calls] == ["Ice", "Wood"]


def test_a_source_is_named_as_readers_know_it_or_else_by_its_key() -> None:
    calls = [a_call(id=1, source="portal", title="A"), a_call(id=2, source="eura", title="B")]
    (made,) = sections([as_item(call, SectionKind.NEW) for call in calls], {"portal": "EU Portal"}, TODAY)
    assert [call.source_name for call in made.calls] == ["EU Portal", "eura"]


def test_a_digest_shows_the_cut_offs_ahead_and_the_days_left_to_the_first() -> None:
    shown = content.digest_call(as_item(a_call("2026-11-20", "2027-03-01", "2026-11-26"), SectionKind.NEW), {}, TODAY)
    assert [deadline.on for deadline in shown.deadlines] == [day("2026-11-26"), day("2027-03-01")]
    assert shown.days_left == 3


def test_no_days_are_left_where_no_deadline_is_known() -> None:
    shown = content.digest_call(as_item(a_call(deadlines=()), SectionKind.NEW), {}, TODAY)
    assert (shown.deadlines, shown.days_left) == ((), None)


def test_the_opening_day_is_shown_while_a_call_is_forthcoming() -> None:
    opens_on = day("2026-12-01")
    forthcoming = a_call(status=CallStatus.FORTHCOMING, opens_on=opens_on)
    is_open = a_call(opens_on=day("2026-11-01"))
    shown = [content.digest_call(as_item(call, SectionKind.NEW), {}, TODAY) for call in (forthcoming, is_open)]
    assert [call.opens_on for call in shown] == [opens_on, None]


def test_the_publishers_remark_is_shown_with_a_moved_deadline_only() -> None:
    call = a_call(note=Note(text="Extended because the server was down"))
    move = Change(ChangeKind.DEADLINE, day("2027-01-12"), day("2027-09-15"))
    shown = [
        content.digest_call(as_item(call, SectionKind.DEADLINE_MOVED, move), {}, TODAY),
        content.digest_call(as_item(call, SectionKind.CHANGED, Change(ChangeKind.TEXT)), {}, TODAY),
    ]
    assert [one.note for one in shown] == ["Extended because the server was down", None]


def test_a_moved_deadline_without_a_remark_is_shown_without_one() -> None:
    move = Change(ChangeKind.DEADLINE, day("2027-01-12"), day("2027-09-15"))
    assert content.digest_call(as_item(a_call(), SectionKind.DEADLINE_MOVED, move), {}, TODAY).note is None


@pytest.mark.parametrize(
    ("model", "continuous", "two_stage"),
    [("continuous", True, False), ("two-stage", False, True), ("single-stage", False, False), (None, False, False)],
)
def test_a_digest_says_how_a_call_closes(model: str | None, continuous: bool, two_stage: bool) -> None:
    shown = content.digest_call(as_item(a_call(deadline_model=model), SectionKind.NEW), {}, TODAY)
    assert (shown.continuous, shown.two_stage) == (continuous, two_stage)


# --- what always holds ------------------------------------------------------------------------------------------------

on_days = st.dates(date(2026, 11, 1), date(2027, 3, 31))
deadline_sets = st.frozensets(on_days, min_size=1, max_size=4)


@st.composite
def histories(draw: st.DrawFn) -> tuple[CallEvent, ...]:
    """What can happen to a known call between two editions: any changes, one after the other."""
    events: list[CallEvent] = []
    listed, total = draw(deadline_sets), 1
    for seq in range(1, draw(st.integers(0, 6)) + 1):
        kind = draw(st.sampled_from(["cutoffs", "budget", "text", "gone", "back"]))
        if kind == "cutoffs":
            now_listed = draw(deadline_sets)
            if deadline_move(listed, now_listed, TODAY):
                events.append(moved(seq, sorted(map(str, listed)), sorted(map(str, now_listed))))
                listed = now_listed
        elif kind == "budget":
            events.append(event(seq, EventKind.BUDGET, {"budget_total": total}, {"budget_total": total + 1}))
            total += 1
        else:
            events.append({"text": event(seq, EventKind.TEXT), "gone": gone(seq), "back": back(seq)}[kind])
    return tuple(events)


@given(histories())
def test_what_is_told_settles_every_event_and_is_not_told_again(events: tuple[CallEvent, ...]) -> None:
    item = told(a_call(), *events)
    if item is None:
        return
    assert item.event_seqs == tuple(e.seq for e in events)
    assert told(a_call(), *events, told_events=[e.seq or 0 for e in events]) is None


@given(histories())
def test_a_call_stands_in_a_section_where_and_only_where_something_of_it_changed(events: tuple[CallEvent, ...]) -> None:
    assert (section(a_call(), *events) is not None) == bool(net_changes(events))


@given(deadline_sets, st.lists(on_days, max_size=30))
def test_no_reminder_is_ever_told_twice(deadlines: frozenset[date], edition_days: list[date]) -> None:
    call = a_call(*sorted(map(str, deadlines)))
    reminders: list[str] = []
    for on in sorted(edition_days):
        item = told(call, told_reminders=reminders, on=on)
        reminders += item.reminders if item else ()
    assert len(reminders) == len(set(reminders)) <= len(LEAD) * len(deadlines)
