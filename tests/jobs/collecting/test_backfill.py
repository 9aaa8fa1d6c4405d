"""Backfill: the past comes into the archive part by part, whole or not at all, and is no news."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.exc import NoResultFound

from db import runs
from db.calls import CallStatus
from db.runs import Run, Verdict
from jobs.base.app import App
from jobs.collecting.backfill import backfill
from tests.jobs.world import Clock, ToldPortal, call_of, clock_of, events, reading, stored, why
from tracker.demo.portal import Question

JUNE_9 = datetime(2026, 6, 9, 4, tzinfo=UTC)
FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
FOOD, PACKAGING = "51176802TOPICSen", "51176647TOPICSen"
CLOSED = ["31094503"]


@pytest.fixture
def archive(app: App, portal: ToldPortal, clock: Clock) -> App:
    """An app at a portal that has two closed topics, one of 2024 and one of 2025."""
    clock.now = JUNE_9
    for key, year in ((FOOD, 2024), (PACKAGING, 2025)):
        deadline = [f"{year}-09-01T00:00:00.000+0000"]
        portal.retell(key, status=CLOSED, startDate=[f"{year}-03-01T00:00:00.000+0000"], deadlineDate=deadline)
    return reading(app, portal.url)


def fill(app: App, resume: bool = False) -> Run:
    return asyncio.run(backfill(app, "portal", FIRST, LAST, closed=True, resume=resume))


@pytest.mark.both_kinds
def test_closed_calls_of_the_past_are_stored_in_parts_and_are_no_news(archive: App) -> None:
    run = fill(archive)
    assert run.verdict is Verdict.ACCEPTED
    assert [call_of(archive.db, key).status for key in (FOOD, PACKAGING)] == [CallStatus.CLOSED] * 2
    assert events(archive.db) == []
    with archive.db.read() as session:
        done = runs.stored_scans(session, "portal", f"{FIRST}..{LAST} closed")
    assert run.counts["parts"] == len(done)
    assert {"1/closed/2024", "1/closed/2025"} <= done


def test_each_part_holds_its_own_calls_and_not_those_of_the_part_before(archive: App, portal: ToldPortal) -> None:
    run = fill(archive)
    assert run.counts["calls"] == run.counts["new"] == run.counts["versions"] == len(portal.held)


def test_a_part_that_is_not_whole_is_named_and_left_out_and_the_others_are_stored(
    archive: App, portal: ToldPortal
) -> None:
    portal.__class__ = Stingy
    run = fill(archive)
    assert (run.verdict, why(run)) == (Verdict.QUARANTINED, ["incomplete"])
    assert run.reasons[0].detail.startswith("1/closed/2024: 0 different calls of 1 announced")
    with pytest.raises(NoResultFound):
        call_of(archive.db, FOOD)
    assert call_of(archive.db, PACKAGING).status is CallStatus.CLOSED


def test_a_backfill_that_is_resumed_reads_only_what_is_missing(archive: App) -> None:
    fill(archive)
    before = stored(archive.db)
    clock_of(archive).forward(hours=1)
    run = fill(archive, resume=True)
    assert (run.counts["parts"], run.receipt["requests"], stored(archive.db)) == (0, 0, before)


class Stingy(ToldPortal):
    """A portal that announces the closed topics of 2024 and does not give them."""

    def answer(self, question: Question) -> dict[str, Any]:
        answered = super().answer(question)
        if "2024-01-01" in str(question.query):
            answered["results"] = []
        return answered
