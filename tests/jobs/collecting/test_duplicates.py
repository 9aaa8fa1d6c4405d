"""Aliases at work: a call that another source has told of is no news, and a person has the last word."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from db import calls, duplicates, event_log
from db.audit import Signed
from db.duplicates import DuplicateState
from db.event_log import EventKind, NewEvent
from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.collecting.duplicates import decide, find_all
from tests.jobs.prepared import prepared
from tests.jobs.world import (
    ToldPortal,
    add_call,
    call_of,
    collect,
    events,
    facts,
    versions_of,
)
from tests.support.refused import refused
from tracker.errors import WrongState

JUNE_9, JUNE_10 = (datetime(2026, 6, day, 4, tzinfo=UTC) for day in (9, 10))
FOOD = "51176802TOPICSen"


@pytest.fixture
def reader(app: App, portal: ToldPortal, for_all_workers: Path) -> App:
    """An app that has read the portal once, without the call about food."""
    return prepared(app, portal, for_all_workers / "without-food", read_without_food)


def read_without_food(app: App, portal: ToldPortal) -> None:
    portal.drop(FOOD)
    assert collect(app, JUNE_9).verdict is Verdict.ACCEPTED


def identifier_of_food(portal: ToldPortal) -> str:
    [row] = [row for row in portal.held if row["reference"] == FOOD]
    return str(row["metadata"]["identifier"][0])


def elsewhere(app: App, **given: object) -> int:
    """A call that another source told of earlier. Gives back its id."""
    return add_call(app.db, JUNE_9, facts("theirs", source="hub", **given))


def pairs(app: App) -> list[tuple[int, int, str]]:
    with app.db.read() as session:
        return [(one.first_id, one.second_id, one.state.value) for one, _, _ in duplicates.list_duplicates(session, ())]


@pytest.mark.both_kinds
def test_a_new_call_that_another_source_has_told_of_is_joined_and_no_news(reader: App, portal: ToldPortal) -> None:
    theirs = elsewhere(reader, identifier=identifier_of_food(portal))
    run = collect(reader, JUNE_10)
    ours = call_of(reader.db, FOOD).id or 0
    assert (run.counts["new"], run.counts["events"], events(reader.db)) == (1, 0, [])
    assert pairs(reader) == [(theirs, ours, "joined")]
    with reader.db.read() as session:
        assert duplicates.partners(session, [ours, theirs]) == {ours: {theirs}, theirs: {ours}}


def test_what_changes_in_a_joined_call_later_is_news(reader: App, portal: ToldPortal) -> None:
    elsewhere(reader, identifier=identifier_of_food(portal))
    collect(reader, JUNE_10)
    portal.retell(FOOD, title=["Another title"])
    collect(reader, JUNE_10.replace(hour=10))
    assert events(reader.db) == [("retitled", FOOD)]


def told_elsewhere(app: App, theirs: int, kind: EventKind, **new: Any) -> None:
    with app.db.write() as session:
        run = Run(job="collect", subject="hub", started_at=JUNE_10, verdict=Verdict.ACCEPTED)
        session.add(run)
        session.flush()
        event_log.add_events(session, [NewEvent(call_id=theirs, run_id=run.id or 0, kind=kind, at=JUNE_10, new=new)])


def since(app: App, run: Run) -> list[str]:
    """The kinds of the events that a reading made."""
    with app.db.read() as session:
        return [event.kind.value for event, _ in event_log.events_after(session, 0) if event.run_id == run.id]


@pytest.fixture
def joined(reader: App, portal: ToldPortal) -> int:
    """Another source's word on the call about food; both are known. Gives back its id."""
    theirs = elsewhere(reader, identifier=identifier_of_food(portal))
    collect(reader, JUNE_10)
    return theirs


LATER = "2026-12-10"
MOVE = ["2026-12-10T00:00:00.000+0000"]


@pytest.mark.parametrize(
    ("deadline", "kind", "told"),
    [
        (LATER, EventKind.DEADLINE_LATER, []),
        ("2026-12-11", EventKind.DEADLINE_LATER, ["deadline_later"]),
        (LATER, EventKind.DEADLINE_EARLIER, ["deadline_later"]),
    ],
)
def test_a_move_that_a_joined_call_has_told_is_news_once(
    reader: App, portal: ToldPortal, joined: int, deadline: str, kind: EventKind, told: list[str]
) -> None:
    told_elsewhere(reader, joined, kind, deadline=deadline, deadlines=[deadline])
    portal.retell(FOOD, deadlineDate=MOVE)
    run = collect(reader, JUNE_10.replace(hour=10))
    assert (since(reader, run), run.counts["events"], versions_of(reader.db, FOOD)) == (told, len(told), 2)


def test_a_move_back_and_forth_in_a_joined_call_is_held_against_its_last_word(
    reader: App, portal: ToldPortal, joined: int
) -> None:
    for day in (LATER, "2026-11-01"):
        told_elsewhere(reader, joined, EventKind.DEADLINE_LATER, deadline=day, deadlines=[day])
    portal.retell(FOOD, deadlineDate=MOVE)
    assert since(reader, collect(reader, JUNE_10.replace(hour=10))) == ["deadline_later"]


def test_a_call_is_withdrawn_when_the_last_of_its_sources_lets_it_go(
    reader: App, portal: ToldPortal, joined: int
) -> None:
    whole = portal.held
    portal.drop(FOOD)
    runs = [collect(reader, JUNE_10.replace(hour=hour)) for hour in (10, 16)]
    assert (runs[-1].counts["withdrawn"], events(reader.db)) == (1, [])
    with reader.db.write() as session:
        calls.withdraw(session, [joined], JUNE_10)
    portal.tell(whole)
    assert since(reader, collect(reader, JUNE_10.replace(hour=20))) == ["reopened"]


def test_a_new_call_that_may_be_known_is_news_and_a_proposal(reader: App, portal: ToldPortal) -> None:
    collect(reader, JUNE_10)
    ours = call_of(reader.db, FOOD)
    theirs = elsewhere(reader, identifier="X", title=ours.title, deadlines=ours.deadlines)
    assert (find_all(reader), find_all(reader)) == (1, 1)
    assert pairs(reader) == [(ours.id, theirs, "proposed")]
    assert events(reader.db) == [("new", FOOD)]


@pytest.mark.parametrize(
    ("decision", "state"),
    [("accept", DuplicateState.JOINED), ("reject", DuplicateState.APART), ("split", DuplicateState.APART)],
)
def test_a_persons_word_stands_and_makes_no_news(
    reader: App, portal: ToldPortal, decision: str, state: DuplicateState
) -> None:
    collect(reader, JUNE_10)
    ours = call_of(reader.db, FOOD)
    known = {"identifier": ours.identifier} if decision == "split" else {"identifier": "X"}
    elsewhere(reader, title=ours.title, deadlines=ours.deadlines, **known)
    find_all(reader)
    with reader.db.read() as session:
        [(duplicate, _, _)] = duplicates.list_duplicates(session, ())
    decided = decide(reader, duplicate.id or 0, decision, Signed("eve", "compared both pages", reader.clock()))
    find_all(reader)
    assert (decided.state, decided.decided_by, len(pairs(reader))) == (state, "eve", 1)
    assert events(reader.db) == [("new", FOOD)]


def test_a_join_that_was_split_has_no_partners(reader: App, portal: ToldPortal) -> None:
    theirs = elsewhere(reader, identifier=identifier_of_food(portal))
    collect(reader, JUNE_10)
    decide(reader, 1, "split", Signed("eve", "compared both pages", reader.clock()))
    with reader.db.read() as session:
        assert duplicates.partners(session, [theirs]) == {}


def test_a_join_cannot_be_accepted_again(reader: App, portal: ToldPortal) -> None:
    elsewhere(reader, identifier=identifier_of_food(portal))
    collect(reader, JUNE_10)
    with refused(WrongState, "duplicate 1 is joined; it must be proposed"):
        decide(reader, 1, "accept", Signed("eve", "", reader.clock()))


def test_a_call_that_is_over_is_no_partner_of_a_new_one(reader: App, portal: ToldPortal) -> None:
    told = facts("theirs", source="hub", identifier=identifier_of_food(portal))
    add_call(reader.db, JUNE_9, told, withdrawn_at=JUNE_9)
    collect(reader, JUNE_10)
    assert (pairs(reader), events(reader.db)) == ([], [("new", FOOD)])
