"""Backfill: the past comes into the archive part by part, whole or not at all; it is no news and takes none away."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from db.calls import CallStatus
from db.runs import Run, Verdict, recent_runs
from jobs.base.app import App
from jobs.base.runs import backfill_lock, give_up_interrupted
from jobs.collecting.backfill import PartRead, backfill
from tests.jobs.backfilling import archived, closed_row, opens_on
from tests.jobs.world import (
    Clock,
    ToldPortal,
    call_of,
    clock_of,
    collect,
    events,
    reading,
    stored,
    why,
    with_settings,
)
from tests.support.refused import refused
from tests.tracker.sources.own_site import HERE, site
from tests.tracker.sources.test_eura import page_of
from tracker.demo.portal import NotUnderstood, Question
from tracker.errors import Refusal

JUNE_9 = datetime(2026, 6, 9, 4, tzinfo=UTC)
FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
FOOD, PACKAGING = "51176802TOPICSen", "51176647TOPICSen"
CLOSED = ["31094503"]
PARTS = 6  # two years of three types


@pytest.fixture
def archive(app: App, portal: ToldPortal, clock: Clock) -> App:
    """An app at a portal that has two closed topics, one of 2024 and one of 2025, and that was read once."""
    clock.now = JUNE_9
    for key, year in ((FOOD, 2024), (PACKAGING, 2025)):
        deadline = [f"{year}-09-01T00:00:00.000+0000"]
        portal.retell(key, status=CLOSED, startDate=[f"{year}-03-01T00:00:00.000+0000"], deadlineDate=deadline)
    found = reading(app, portal.url)
    assert collect(found).verdict is Verdict.ACCEPTED
    return found


def fill(app: App, from_on: date | None = FIRST, to_on: date | None = LAST, *, again: bool = False) -> Run:
    return asyncio.run(backfill(app, "portal", from_on, to_on, lambda done: None, again=again))


@pytest.mark.both_kinds
def test_closed_calls_of_the_past_are_stored_and_are_no_news(archive: App) -> None:
    run = fill(archive)
    assert (run.verdict, run.counts["parts"], run.counts["of"]) == (Verdict.ACCEPTED, PARTS, PARTS)
    assert archived(archive) == {FOOD: date(2024, 3, 1), PACKAGING: date(2025, 3, 1)}
    assert [call_of(archive.db, key).status for key in (FOOD, PACKAGING)] == [CallStatus.CLOSED] * 2
    assert events(archive.db) == []


def test_what_a_reading_has_seen_is_left_to_the_readings(archive: App, portal: ToldPortal) -> None:
    """A call that is open, as we know it, and that the portal says was over long ago."""
    key = next(row["reference"] for row in portal.held if row["metadata"]["status"] == ["31094502"])
    before = call_of(archive.db, key)
    portal.retell(key, status=CLOSED, title=["Another"], startDate=["2024-05-01T00:00:00.000+0000"])
    run = fill(archive)
    assert (run.counts["calls"], call_of(archive.db, key)) == (2, before)


def test_a_call_that_only_a_backfill_has_seen_is_new_when_a_reading_sees_it(archive: App, portal: ToldPortal) -> None:
    fill(archive)
    portal.retell(FOOD, status=["31094502"], deadlineDate=["2026-10-01T00:00:00.000+0000"])
    collect(archive, JUNE_9 + timedelta(hours=6))
    assert (events(archive.db), archived(archive).keys()) == ([("new", FOOD)], {PACKAGING})
    assert call_of(archive.db, FOOD).first_seen_at == JUNE_9 + timedelta(hours=6)


def test_a_backfill_before_the_first_reading_leaves_it_the_baseline(app: App, portal: ToldPortal, clock: Clock) -> None:
    clock.now = JUNE_9
    own = reading(app, portal.url)
    assert fill(own).verdict is Verdict.ACCEPTED
    assert (collect(own).baseline, events(own.db)) == (True, [])


def test_a_backfill_before_the_first_reading_does_not_believe_an_old_index(
    app: App, portal: ToldPortal, clock: Clock
) -> None:
    clock.now = JUNE_9.replace(year=2028)
    run = fill(reading(app, portal.url))
    assert (run.verdict, why(run), run.counts["parts"]) == (Verdict.QUARANTINED, ["past_deadlines"], 0)


# --- what is not believed ---------------------------------------------------------------------------------------------


def test_a_part_that_is_not_whole_is_named_and_left_out_and_the_others_are_stored(
    archive: App, portal: ToldPortal
) -> None:
    portal.__class__ = Stingy
    run = fill(archive)
    assert (run.verdict, why(run), archived(archive).keys()) == (Verdict.QUARANTINED, ["incomplete"], {PACKAGING})
    assert run.reasons[0].detail.startswith("1/2024: scan 1/closed/2024: 1 calls were announced, 0 different ones came")
    portal.__class__ = ToldPortal
    again = fill(archive)
    assert (again.verdict, again.counts["of"], archived(archive).keys()) == (Verdict.ACCEPTED, 1, {FOOD, PACKAGING})


def test_a_call_that_opened_in_other_days_than_asked_leaves_its_part_out(archive: App, portal: ToldPortal) -> None:
    portal.__class__ = WithoutRanges
    run = fill(archive, LAST - timedelta(days=400))
    assert (run.verdict, set(why(run)), archived(archive).keys()) == (Verdict.QUARANTINED, {"range_ignored"}, set())
    assert run.reasons[0].detail.startswith(f"1/{LAST - timedelta(days=400)}..2024-12-31: asked for ")


def test_an_answer_without_its_filter_leaves_its_part_out(archive: App, portal: ToldPortal) -> None:
    portal.__class__ = WithoutStatus
    run = fill(archive)
    assert (set(why(run)), archived(archive).keys()) == ({"filter_ignored"}, {FOOD})  # of 2024 there is nothing else


def test_an_index_that_lacks_what_we_know_is_not_todays(archive: App, portal: ToldPortal) -> None:
    portal.tell([row for row in portal.held if row["reference"] in (FOOD, PACKAGING)])
    run = fill(archive)
    assert (set(why(run)), len(run.reasons), archived(archive)) == ({"old_index"}, PARTS, {})


@pytest.mark.slow
def test_a_large_part_that_is_never_believed_is_read_month_by_month(archive: App, portal: ToldPortal) -> None:
    """Each month is stored by itself; the small parts of other types are not cut."""
    [topic] = [row for row in portal.held if row["reference"] == FOOD]
    closed = [closed_row(topic, number, number) for number in range(366)]  # one for each day of 2024
    portal.tell([*portal.held, *closed])
    portal.__class__ = Unsteady
    steps: list[PartRead] = []
    run = asyncio.run(backfill(archive, "portal", FIRST, date(2024, 12, 31), steps.append))
    assert [(step.number, step.of, str(step.part), step.cut) for step in steps if step.reasons] == [
        (1, 3, "1/2024", 12)
    ]
    assert [step.number for step in steps if not step.cut] == list(range(1, 12 + 3))
    assert (run.verdict, run.counts["parts"], run.counts["of"]) == (Verdict.ACCEPTED, 14, 14)
    assert archived(archive) == {row["reference"]: opens_on(row) for row in closed} | {FOOD: date(2024, 3, 1)}


# --- stored and not read again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("to_on", [LAST, date(2024, 6, 30), date(2025, 2, 1)])
def test_days_that_are_stored_are_not_read_again_however_they_are_asked_for(archive: App, to_on: date) -> None:
    fill(archive)
    before = stored(archive.db)
    clock_of(archive).forward(hours=1)
    run = fill(archive, to_on=to_on)
    assert (run.counts["of"], run.receipt["requests"], stored(archive.db)) == (0, 0, before)


def test_a_publisher_that_goes_away_ends_the_run_and_the_next_one_goes_on(archive: App, portal: ToldPortal) -> None:
    portal.__class__, Tired.strength = Tired, 7
    run = fill(archive)
    assert (run.verdict, 0 < run.counts["parts"] < PARTS) == (Verdict.FAILED, True)
    portal.__class__ = ToldPortal
    assert fill(archive).counts["of"] == PARTS - run.counts["parts"]
    assert archived(archive).keys() == {FOOD, PACKAGING}


def test_only_the_days_beside_those_that_are_stored_are_read(archive: App) -> None:
    fill(archive, date(2024, 7, 1), date(2025, 6, 30))
    read: list[str] = []
    asyncio.run(backfill(archive, "portal", FIRST, LAST, lambda done: read.append(str(done.part))))
    assert read[:2] == ["1/2024-01-01..2024-06-30", "1/2025-07-01..2025-12-31"]
    assert len(read) == PARTS


def test_days_are_read_again_when_somebody_says_so_and_only_these(archive: App, portal: ToldPortal) -> None:
    fill(archive)
    for key in (FOOD, PACKAGING):
        portal.retell(key, title=["Mended"])
    run = fill(archive, date(2025, 1, 1), again=True)
    assert (run.counts["of"], run.counts["versions"]) == (3, 1)
    assert [call_of(archive.db, key).title == "Mended" for key in (FOOD, PACKAGING)] == [False, True]
    assert fill(archive).counts["of"] == 0


@pytest.mark.slow
def test_without_days_all_years_are_read_until_today_and_then_calls_without_a_day(archive: App) -> None:
    read: list[PartRead] = []
    asyncio.run(backfill(archive, "portal", None, None, read.append))
    names = [str(done.part) for done in read]
    assert (names[0], names[19], names[-1]) == ("1/2007", "1/2026-01-01..2026-06-09", "2/undated")
    assert {done.of for done in read} == {len(read)} == {3 * 21}


# --- one at a time, and after a death ---------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_a_second_backfill_of_a_source_is_refused_while_the_first_goes_on(archive: App) -> None:
    with archive.db.only_one(backfill_lock("portal")), refused(Refusal, "another backfill of portal is going on"):
        fill(archive)


@pytest.mark.both_kinds
def test_a_backfill_that_died_is_interrupted_and_one_that_lives_goes_on(archive: App) -> None:
    with archive.db.write() as session:
        for source in ("portal", "eura"):
            session.add(Run(job="backfill", subject=source, started_at=JUNE_9, verdict=Verdict.RUNNING))
    with archive.db.only_one(backfill_lock("portal")):
        give_up_interrupted(archive.db, JUNE_9)
    with archive.db.read() as session:
        verdicts = {run.subject: run.verdict for run in recent_runs(session) if run.job == "backfill"}
    assert verdicts == {"portal": Verdict.RUNNING, "eura": Verdict.INTERRUPTED}


def test_a_list_of_all_years_is_read_as_one_part(app: App, clock: Clock) -> None:
    """EURA's closed notices: what is open in the same list is left alone."""
    data = json.loads((HERE / "eura" / "page.json").read_bytes())
    with site(lambda asked: page_of(data)) as here:
        own = with_settings(app, sources={"eura": {"site_url": here.url, "least_listed": 3}}, fetch={"gap_seconds": 0})
        runs = [asyncio.run(backfill(own, "eura", date(2021, 1, 1), None, lambda done: None)) for _ in range(2)]
    assert [(run.verdict, run.counts["of"], run.counts["new"]) for run in runs] == [
        (Verdict.ACCEPTED, 1, 1),
        (Verdict.ACCEPTED, 0, 0),
    ]


def test_a_source_without_a_past_says_so(archive: App) -> None:
    with refused(Refusal, "nordforsk has no past to read: it shows only what a reading brings; these have one: "):
        asyncio.run(backfill(archive, "nordforsk", FIRST, LAST, lambda done: None))


class Stingy(ToldPortal):
    """A portal that announces the closed topics of 2024 and does not give them."""

    def answer(self, question: Question) -> dict[str, Any]:
        answered = super().answer(question)
        if "2023-12-31" in str(question.query):
            answered["results"] = []
        return answered


class Unsteady(ToldPortal):
    """A portal that words a row otherwise each time, on every page after the third."""

    answers = 0

    def answer(self, question: Question) -> dict[str, Any]:
        answered = super().answer(question)
        self.answers += 1
        if question.page > 3:
            row = answered["results"][0]
            answered["results"][0] = row | {"metadata": row["metadata"] | {"title": [f"Wording {self.answers}"]}}
        return answered


class Tired(ToldPortal):
    """A portal that goes away after some answers."""

    strength = 0

    def answer(self, question: Question) -> dict[str, Any]:
        if Tired.strength == 0:
            raise NotUnderstood(503, "away")
        Tired.strength -= 1
        return super().answer(question)


class Inattentive(ToldPortal):
    """A portal that leaves one clause of the query out."""

    unheard = ""

    def answer(self, question: Question) -> dict[str, Any]:
        clauses = [clause for clause in question.query["bool"]["must"] if self.unheard not in str(clause)]
        return super().answer(replace(question, query={"bool": {"must": clauses}}))


class WithoutRanges(Inattentive):
    unheard = "range"


class WithoutStatus(Inattentive):
    unheard = "'status'"
