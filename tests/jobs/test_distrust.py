"""Distrust: a person's word on a reading that was not believed, against a portal of our own."""

import shutil
from datetime import UTC, datetime

import pytest
from sqlmodel import select

from db.admins import AuditEntry
from db.engine import Database
from db.runs import Run, Verdict
from jobs.accept import accept, reject
from jobs.desk import Desk
from tests.jobs.world import ON_ONE_KIND, ToldPortal, call_of, collect, events, reading, stored, versions_of, why
from tracker.errors import TrackerError
from tracker.pages import pages_dir

JUNE_9, JUNE_10, JUNE_11 = (datetime(2026, 6, day, 4, tzinfo=UTC) for day in (9, 10, 11))
FOOD, PACKAGING = "51176802TOPICSen", "51176647TOPICSen"


@pytest.fixture
def reader(desk: Desk, portal: ToldPortal) -> Desk:
    """A desk that has read the portal once, on 9 June: the baseline."""
    found = reading(desk, portal.url)
    assert collect(found, JUNE_9).verdict is Verdict.ACCEPTED
    return found


@pytest.fixture
def halved(reader: Desk, portal: ToldPortal) -> Run:
    """A reading of 10 June that lost half the calls, and in which one has another title."""
    portal.retell(FOOD, title=["Another title"])
    whole = [row for row in portal.held if row["reference"] != PACKAGING]
    portal.tell(sorted(whole, key=lambda row: row["reference"] != FOOD)[:30])
    run = collect(reader, JUNE_10)
    assert run.verdict is Verdict.QUARANTINED
    return run


def audited(db: Database) -> list[tuple[str, str, str]]:
    with db.read() as session:
        return [(one.who, one.action, one.subject) for one in session.exec(select(AuditEntry))]


def run_of(db: Database, run_id: int | None) -> Run:
    with db.read() as session:
        return session.get(Run, run_id) or pytest.fail("the run has gone")


def test_an_accepted_reading_is_stored_as_its_run_with_the_news_it_makes(reader: Desk, halved: Run) -> None:
    run = accept(reader, halved.id or 0, "eve", "the programme has ended")
    assert (run.id, run.verdict) == (halved.id, Verdict.ACCEPTED)
    assert run_of(reader.db, run.id).verdict is Verdict.ACCEPTED
    assert (events(reader.db), versions_of(reader.db, FOOD)) == ([("retitled", FOOD)], 2)
    assert audited(reader.db) == [("eve", "run accepted", f"run {run.id}")]


@ON_ONE_KIND
def test_calls_missing_from_an_accepted_reading_were_absent_once(reader: Desk, portal: ToldPortal, halved: Run) -> None:
    accept(reader, halved.id or 0, "eve", "the programme has ended")
    assert call_of(reader.db, PACKAGING).absent_runs == 1


@ON_ONE_KIND
def test_later_readings_are_held_against_an_accepted_one(reader: Desk, portal: ToldPortal, halved: Run) -> None:
    accept(reader, halved.id or 0, "eve", "the programme has ended")
    assert collect(reader, JUNE_11).reasons == ()


@ON_ONE_KIND
def test_a_reading_that_is_read_twice_is_news_once(reader: Desk, halved: Run) -> None:
    accept(reader, halved.id or 0, "eve", "the programme has ended")
    with pytest.raises(TrackerError, match="only a quarantined reading can be judged"):
        accept(reader, halved.id or 0, "eve", "once more")
    assert events(reader.db) == [("retitled", FOOD)]


@ON_ONE_KIND
def test_a_reading_whose_pages_are_gone_says_so_and_changes_nothing(reader: Desk, halved: Run) -> None:
    before = stored(reader.db)
    shutil.rmtree(pages_dir(reader.settings.data.dir) / "portal" / str(halved.id))
    with pytest.raises(TrackerError, match=f"run {halved.id}: its pages are gone"):
        accept(reader, halved.id or 0, "eve", "the programme has ended")
    assert stored(reader.db) == before
    assert audited(reader.db) == []


@ON_ONE_KIND
def test_a_reading_older_than_a_believed_one_cannot_be_accepted(reader: Desk, portal: ToldPortal, halved: Run) -> None:
    portal.set_moment(0)
    newer = collect(reader, JUNE_11)
    with pytest.raises(TrackerError, match=f"run {newer.id} was believed since"):
        accept(reader, halved.id or 0, "eve", "too late")


@ON_ONE_KIND
def test_a_reading_that_was_broken_off_cannot_be_accepted(reader: Desk, portal: ToldPortal) -> None:
    portal.ignores_filters = True
    run = collect(reader, JUNE_10)
    with pytest.raises(TrackerError, match="broken off"):
        accept(reader, run.id or 0, "eve", "it looks well")


@ON_ONE_KIND
def test_a_run_that_does_not_exist_is_named(reader: Desk) -> None:
    with pytest.raises(TrackerError, match="run 404: there is none"):
        accept(reader, 404, "eve", "why not")


@ON_ONE_KIND
def test_a_first_reading_that_is_accepted_by_hand_is_the_baseline(desk: Desk, portal: ToldPortal) -> None:
    strict = reading(desk, portal.url, least=1000)
    run = collect(strict, JUNE_9)
    assert accept(strict, run.id or 0, "eve", "the bound was wrong").baseline
    assert events(desk.db) == []
    assert call_of(desk.db, FOOD).absent_runs == 0


@ON_ONE_KIND
def test_a_rejected_reading_changes_nothing_and_says_who_and_why(reader: Desk, halved: Run) -> None:
    before = stored(reader.db)
    reject(reader, halved.id or 0, "eve", "an index that lost its half")
    run = run_of(reader.db, halved.id)
    assert (run.verdict, why(run)[-1]) == (Verdict.QUARANTINED, "rejected")
    assert run.reasons[-1].detail == "eve: an index that lost its half"
    assert (stored(reader.db), audited(reader.db)) == (before, [("eve", "run rejected", f"run {run.id}")])
