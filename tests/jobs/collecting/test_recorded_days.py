"""The recorded days of the portal, each collected once (`tests.jobs.replayed`): `tracker events --json` must prove it.

What the events are held against is read from the raw rows (`tests.support.recorded_days`), not from what our parser
made of them. Left out by name where ../shared is not.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from db import runs
from db.engine import Database
from db.runs import Run, Verdict
from tests.jobs.processes import run_tracker
from tests.jobs.replayed import Replayed
from tests.jobs.world import why
from tests.support.recorded_days import RecordedDay, accepted_days, jitter, raw_moves, recorded_days

pytestmark = [pytest.mark.slow, pytest.mark.together("replayed days")]
MOVES = ("deadline_earlier", "deadline_later")
DATES = (*MOVES, "cutoffs")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of all days: the rows of `tracker events --json`, and the runs in order."""

    events: list[dict[str, Any]]
    runs: list[Run]

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] in kinds]


@pytest.fixture(scope="module")
def days(shared: Path) -> tuple[RecordedDay, ...]:
    return recorded_days(shared)


@pytest.fixture(scope="module")
def believed(days: tuple[RecordedDay, ...]) -> list[RecordedDay]:
    return list(accepted_days(days))


@pytest.fixture(scope="module")
def told(replayed: Replayed) -> Told:
    """What came of the portal, read day after day from the replay."""
    db = Database(f"sqlite:///{replayed.whole / 'tracker.sqlite3'}")
    with db.read() as session:
        found = list(runs.readings(session, "portal", None))[::-1]
    db.dispose()
    return Told(listed(replayed.whole), found)


def listed(folder: Path) -> list[dict[str, Any]]:
    """What the command line says of the events."""
    done = run_tracker(["events", "--json"], folder, {"TRACKER_DATA__DIR": str(folder)})
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def day_of(event: dict[str, Any]) -> date:
    return datetime.fromisoformat(event["at"]).astimezone(UTC).date()


def test_sixty_days_are_believed_and_the_half_index_makes_no_event(told: Told) -> None:
    doubted = [(run.started_at.date(), why(run)[0]) for run in told.runs if run.verdict is not Verdict.ACCEPTED]
    assert (len(told.runs), doubted) == (61, [(date(2026, 5, 30), "drop")])
    assert date(2026, 5, 30) not in set(map(day_of, told.events))


def test_no_reference_is_announced_new_twice_and_none_of_the_first_day(
    told: Told, days: tuple[RecordedDay, ...]
) -> None:
    new = [event["key"] for event in told.of("new")]
    later = {key for day in days[1:] for key in day.facts} - set(days[0].facts)
    assert len(new) == len(set(new)) == 217
    assert set(new) <= later


def test_every_settled_move_of_every_type_is_told_once_and_none_other(told: Told, believed: list[RecordedDay]) -> None:
    moves = Counter(
        (day_of(event), event["key"], *(date.fromisoformat(event[side]["deadline"]) for side in ("old", "new")))
        for event in told.of(*MOVES)
    )
    assert moves == raw_moves(believed)
    types = {key: scan for day in believed for key, scan in day.scans.items()}
    assert {types[key] for _, key, _, _ in moves} == {"1", "8", "2"}


def test_no_event_comes_from_jitter_overlap_or_re_encoding(told: Told, believed: list[RecordedDay]) -> None:
    assert not jitter(believed) & {(day_of(event), event["key"]) for event in told.of(*DATES)}
    assert all(event["old"]["deadlines"] != event["new"]["deadlines"] for event in told.of(*DATES))
    assert Counter(event["kind"] for event in told.of("retitled", "text", "budget")) == {"retitled": 2}


def test_a_reference_that_a_later_day_still_has_is_withdrawn_only_after_two_readings_without_it(
    told: Told, believed: list[RecordedDay]
) -> None:
    for event in told.of("withdrawn"):
        until = [day for day in believed if day.on <= day_of(event)][-2:]
        assert all(event["key"] not in day.facts for day in until)


def test_events_are_numbered_in_their_order(told: Told) -> None:
    numbers = [event["seq"] for event in told.events]
    assert numbers == sorted(set(numbers))
