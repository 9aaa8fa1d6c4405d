"""Telling: what is told at once, at first and through several sources; and why what is not told is not."""

from datetime import UTC, datetime

import pytest

from db.calls import CallStatus
from db.deliveries import Told
from db.editions import WithheldReason
from db.event_log import EventKind
from tests.tracker.digests.test_content import DESIGN, NEW, TEXT, TODAY, a_call, day, event, gone, moved, tagged
from tracker.digests import selection
from tracker.digests.content import SectionKind
from tracker.digests.interests import Tagged
from tracker.digests.selection import Selection

GONE_AT = datetime(2026, 11, 22, tzinfo=UTC)
LEAD = (28, 7)
ONE_OF_EACH = {
    EventKind.NEW: NEW,
    EventKind.OPENED: event(1, EventKind.OPENED),
    EventKind.DEADLINE_EARLIER: moved(1, ["2027-01-20"], ["2027-01-12"]),
    EventKind.DEADLINE_LATER: moved(1, ["2027-01-12"], ["2027-01-20"]),
    EventKind.CUTOFFS: moved(1, ["2027-01-12"], ["2027-01-12", "2027-06-01"]),
    EventKind.BUDGET: event(1, EventKind.BUDGET, {"budget_total": 9_000_000}, {"budget_total": 12_000_000}),
    EventKind.RETITLED: event(1, EventKind.RETITLED, {"title": "Timber"}, {"title": "Wood"}),
    EventKind.TEXT: event(1, EventKind.TEXT, {"words": 200}, {"words": 120}),
    EventKind.REOPENED: event(1, EventKind.REOPENED, None, {"status": "open"}),
    EventKind.WITHDRAWN: gone(1),
    EventKind.LATE: event(1, EventKind.LATE, None, {"spearheads": [DESIGN.spearhead]}),
}


def told(one: Tagged, before: Told = selection.NOTHING_TOLD) -> Selection:
    return selection.select_news([one], LEAD, TODAY, before)


def test_every_event_of_a_wanted_call_is_told_or_kept_for_a_reason() -> None:
    over = tagged(a_call("2026-11-01"), NEW)
    undone = tagged(a_call(), moved(1, ["2027-01-12"], ["2027-01-20"]), moved(2, ["2027-01-20"], ["2027-01-12"]))
    muted = Tagged(a_call(), (DESIGN,), (NEW,), withheld=WithheldReason.MUTED)
    assert told(over).withheld == {1: WithheldReason.OVER}
    assert told(undone).withheld == {1: WithheldReason.CAME_TO_NOTHING, 2: WithheldReason.CAME_TO_NOTHING}
    assert told(muted) == Selection((), {1: WithheldReason.MUTED})


@pytest.mark.parametrize("kind", EventKind)
def test_an_event_of_any_kind_that_stands_alone_is_told(kind: EventKind) -> None:
    call = a_call(withdrawn_at=GONE_AT) if kind is EventKind.WITHDRAWN else a_call()
    found = told(tagged(call, ONE_OF_EACH[kind]), Told(calls=frozenset({1})))
    assert [item.event_seqs for item in found.items] == [(1,)], f"{kind} comes to nothing: {found.withheld}"


def test_a_withdrawal_is_news_only_to_those_who_were_told_of_the_call() -> None:
    call = tagged(a_call(withdrawn_at=GONE_AT), gone(5))
    assert told(call).withheld == {5: WithheldReason.WITHDRAWN}
    assert [item.section for item in told(call, Told(calls=frozenset({1}))).items] == [SectionKind.WITHDRAWN]


def test_late_words_of_an_old_call_are_kept_from_whoever_had_it_before() -> None:
    late = event(7, EventKind.LATE, None, {"spearheads": ["sport"]})
    assert told(tagged(a_call(), late)).withheld == {7: WithheldReason.KNOWN_BEFORE}


def test_what_came_earlier_cannot_wait_and_what_came_later_can() -> None:
    earlier = tagged(a_call("2027-01-12"), moved(1, ["2027-01-20"], ["2027-01-12"]))
    later = tagged(a_call("2027-02-12", id=2), moved(2, ["2027-01-20"], ["2027-02-12"]))
    found = selection.select_news([earlier, later], LEAD, TODAY)
    assert [item.call.id for item in selection.select_urgent(found, TODAY, day("2026-11-30")).items] == [1]


def test_a_call_that_closes_before_the_next_edition_cannot_wait() -> None:
    found = selection.select_news(
        [tagged(a_call("2026-11-27"), NEW), tagged(a_call("2026-11-30", id=2), NEW)], LEAD, TODAY
    )
    assert [item.call.id for item in selection.select_urgent(found, TODAY, day("2026-11-30")).items] == [1]


def test_what_waits_for_the_next_edition_is_not_settled_by_an_urgent_one() -> None:
    found = selection.select_news([tagged(a_call(), NEW), tagged(a_call("2026-11-01", id=2), TEXT)], LEAD, TODAY)
    assert selection.select_urgent(found, TODAY, day("2026-11-30")) == Selection((), {})


def test_a_welcome_tells_what_is_open_or_coming_and_settles_what_happened_to_it() -> None:
    calls = [
        tagged(a_call(id=1), NEW),
        tagged(a_call("2026-11-30", id=2)),
        tagged(a_call(id=3, status=CallStatus.FORTHCOMING)),
        tagged(a_call("2026-11-01", id=4, status=CallStatus.CLOSED), TEXT),
        tagged(a_call(id=5, withdrawn_at=GONE_AT)),
    ]
    found = selection.select_open(calls, LEAD, TODAY)
    assert [(item.call.id, item.section.value, item.event_seqs, item.reminders) for item in found.items] == [
        (1, "open_now", (1,), ("open:1",)),
        (2, "closing_soon", (), ("open:2", "2:2026-11-30:7")),
        (3, "coming", (), ("open:3",)),
    ]
    assert found.withheld == {4: WithheldReason.OVER}


def test_a_welcome_does_not_tell_again_what_was_told() -> None:
    before = Told(calls=frozenset({1}), reminders=frozenset({"open:2"}))
    assert selection.select_open([tagged(a_call(id=1)), tagged(a_call(id=2))], LEAD, TODAY, before).items == ()


# --- one call, several sources ----------------------------------------------------------------------------------------


def twin(**said: object) -> Tagged:
    """A call that two sources have; the second's events have its number."""
    return Tagged(a_call(id=1), (DESIGN,), (), (a_call(id=2, source="eura", **said),))


def of(call_id: int, told_event: object) -> object:
    told_event.call_id = call_id  # type: ignore[attr-defined]
    return told_event


def test_a_move_that_both_sources_tell_is_told_once_and_settles_both() -> None:
    one = twin()
    moves = (moved(1, ["2027-01-12"], ["2027-01-20"]), of(2, moved(2, ["2027-01-12"], ["2027-01-20"])))
    [item] = told(Tagged(one.call, one.reasons, moves, one.also)).items  # type: ignore[arg-type]
    assert [change.new for change in item.changes] == [day("2027-01-20")]
    assert item.event_seqs == (1, 2)


def test_a_call_that_one_source_loses_and_another_has_is_not_withdrawn() -> None:
    one = twin(withdrawn_at=GONE_AT)
    found = told(Tagged(one.call, one.reasons, (of(2, gone(9)),), one.also))  # type: ignore[arg-type]
    assert found == Selection((), {9: WithheldReason.ELSEWHERE})


def test_a_call_of_two_sources_is_reminded_of_once_by_its_first_number() -> None:
    second = Tagged(a_call("2026-11-30", id=2), (DESIGN,), (), (a_call("2026-11-30", id=1, withdrawn_at=GONE_AT),))
    assert selection.due_reminder(second, LEAD, TODAY) == "1:2026-11-30:7"
