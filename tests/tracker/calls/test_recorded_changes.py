"""Changes: the recorded days, told day by day, held against the raw rows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

from db.calls import Call, CallFacts, CallStatus
from db.event_log import EventKind
from tests.support.recorded_days import RecordedDay, accepted_days, jitter, raw_moves, recorded_days
from tests.tracker.calls.test_changes import remembered
from tracker.calls.changes import Comparison, News, compare

pytestmark = [pytest.mark.slow, pytest.mark.together("recorded days")]
CLOSED = CallStatus.CLOSED


@dataclass(frozen=True, slots=True)
class Told:
    """An event of the replay."""

    on: date
    key: str
    news: News


class Memory:
    """What a database would remember of the replay."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}

    def read(self, day: RecordedDay, *, quiet: bool) -> Iterator[Told]:
        """Take in a believed day; what it tells."""
        for key, seen in day.facts.items():
            found = compare(self.calls.get(key), seen, day.now, quiet=quiet)
            self._remember(key, found, day.now)
            yield from (Told(day.on, key, one) for one in found.news)
        yield from self._miss(day)

    def _remember(self, key: str, found: Comparison, now: datetime) -> None:
        """Only what differs is written: a call of its own for every day takes ten times as long."""
        if key not in self.calls:
            self.calls[key] = remembered(found.facts, now)
        call = self.calls[key]
        ours = {"status": found.status, "closes_on": found.closes_on, "absent_runs": 0, "withdrawn_at": None}
        facts = {name: getattr(found.facts, name) for name in CallFacts.model_fields} if found.differs else {}
        for name, value in (facts | ours).items():
            if getattr(call, name) != value:
                setattr(call, name, value)

    def _miss(self, day: RecordedDay) -> Iterator[Told]:
        """The clock closes calls; those absent from two believed days in a row are withdrawn."""
        for key, call in self.calls.items():
            if call.closes_on and call.closes_on < day.on:
                call.status = CLOSED
            if key in day.facts or call.status is CLOSED or call.withdrawn_at:
                continue
            call.absent_runs += 1
            if call.absent_runs == 2:
                call.withdrawn_at = day.now
                yield Told(day.on, key, News(EventKind.WITHDRAWN))


@pytest.fixture(scope="module")
def believed(shared: Path) -> list[RecordedDay]:
    return list(accepted_days(recorded_days(shared)))


@pytest.fixture(scope="module")
def replay(believed: list[RecordedDay]) -> list[Told]:
    """Everything that is told over the recorded days, the first being the baseline."""
    memory = Memory()
    return [one for number, day in enumerate(believed) for one in memory.read(day, quiet=number == 0)]


def of_kind(replay: Iterable[Told], *kinds: EventKind) -> list[Told]:
    return [one for one in replay if one.news.kind in kinds]


def test_no_call_is_new_twice_in_the_recorded_days(replay: list[Told]) -> None:
    keys = [one.key for one in of_kind(replay, EventKind.NEW)]
    assert len(keys) == len(set(keys)) > 200


def test_no_call_of_the_first_recorded_day_is_ever_new(replay: list[Told], believed: list[RecordedDay]) -> None:
    assert not {one.key for one in of_kind(replay, EventKind.NEW)} & set(believed[0].facts)


def test_every_settled_move_of_the_recorded_days_is_told_once_and_none_other(
    replay: list[Told], believed: list[RecordedDay]
) -> None:
    events = Counter(
        (one.on, one.key, date.fromisoformat(one.news.old["deadline"]), date.fromisoformat(one.news.new["deadline"]))
        for one in of_kind(replay, EventKind.DEADLINE_EARLIER, EventKind.DEADLINE_LATER)
        if one.news.old and one.news.new
    )
    assert events == raw_moves(believed)
    assert len(events) == 21


def test_a_move_in_the_recorded_days_is_told_by_its_direction(replay: list[Told]) -> None:
    for one in of_kind(replay, EventKind.DEADLINE_EARLIER, EventKind.DEADLINE_LATER):
        assert one.news.old is not None
        assert one.news.new is not None
        is_earlier = one.news.new["deadline"] < one.news.old["deadline"]
        assert is_earlier == (one.news.kind is EventKind.DEADLINE_EARLIER)


def test_only_second_stages_appear_as_cut_offs_in_the_recorded_days(
    replay: list[Told], believed: list[RecordedDay]
) -> None:
    found = of_kind(replay, EventKind.CUTOFFS)
    said = {day.on: day for day in believed}
    assert {one.key for one in found} == {"51121573TOPICSen", "51121581TOPICSen", "51121589TOPICSen"}
    assert {said[one.on].facts[one.key].deadline_model for one in found} == {"two-stage"}


def test_no_event_of_the_recorded_days_has_the_same_days_before_and_after(replay: list[Told]) -> None:
    told_days = [one.news for one in replay if one.news.old and "deadlines" in one.news.old]
    assert told_days
    assert all(one.new and one.old and one.new["deadlines"] != one.old["deadlines"] for one in told_days)


def test_the_recorded_jitter_of_clock_times_is_never_told(replay: list[Told], believed: list[RecordedDay]) -> None:
    kinds = (EventKind.DEADLINE_EARLIER, EventKind.DEADLINE_LATER, EventKind.CUTOFFS)
    assert len(jitter(believed)) >= 20
    assert not jitter(believed) & {(one.on, one.key) for one in of_kind(replay, *kinds)}


def test_the_recorded_titles_changed_twice_and_the_pasted_one_never(replay: list[Told]) -> None:
    found = {(one.on, one.key) for one in of_kind(replay, EventKind.RETITLED)}
    assert found == {
        (date(2026, 5, 5), "186494PROSPECTSEN"),  # another title in French, and a later deadline
        (date(2026, 6, 6), "14002COMPETITIVE_CALLen"),  # "- Amended version"
    }


def test_no_text_and_no_budget_of_the_recorded_days_was_rewritten(replay: list[Told]) -> None:
    """The one text that changed (14002, 8 May) gained a word in 124; the one call with other money (49614024,
    29 May) changed its number of grants alone. All else is silence: 178 texts and 175 budgets came or went.
    """
    assert of_kind(replay, EventKind.TEXT, EventKind.BUDGET) == []


def test_a_call_of_the_recorded_days_is_reopened_only_after_it_was_withdrawn(replay: list[Told]) -> None:
    presence: dict[str, list[EventKind]] = {}
    for one in of_kind(replay, EventKind.WITHDRAWN, EventKind.REOPENED):
        presence.setdefault(one.key, []).append(one.news.kind)
    turns = {tuple(kinds) for kinds in presence.values()}
    assert turns
    assert all(kinds == (EventKind.WITHDRAWN, EventKind.REOPENED) * (len(kinds) // 2) for kinds in turns)


def test_no_call_of_the_recorded_days_is_opened_twice(replay: list[Told]) -> None:
    keys = [one.key for one in of_kind(replay, EventKind.OPENED)]
    assert len(keys) == len(set(keys)) > 100
