"""Wishes of the desk: a source is read when somebody asks, at times of its own, and with calls that are watched."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from db.asked_jobs import AskedJob
from db.audit import AuditEntry, Signed
from db.runs import Run, RunReason, Verdict
from jobs.base.app import App
from jobs.collecting.status import source_in_full
from jobs.collecting.wishes import ask_reading, choose_canaries, choose_schedule, somebody_serves
from jobs.publishing.coverage import covered_sources
from jobs.running.reading_jobs import give_back_asked
from jobs.running.serve import jobs
from tests.jobs.world import ToldPortal, clock_of, collect, why, with_settings
from tests.support.refused import refused
from tracker import sources
from tracker.errors import InputFaults, NotFound, Refusal

JUNE_10 = datetime(2026, 6, 10, 4, tzinfo=UTC)
FOOD = "51176802TOPICSen"
ME = Signed("maija", "they asked for it", JUNE_10)


@pytest.fixture
def reader(reader: App) -> App:
    """The app that has read the portal once, and reads no other source."""
    others = [key for key in sources.modules(reader.settings.sources) if key != "portal"]
    return with_settings(reader, sources={key: {"enabled": False} for key in others})


def job(app: App, name: str) -> Callable[[], object]:
    """One of the jobs of the process that serves, to be done at once."""
    _, done = jobs(app, asyncio.Event())[name]

    async def now() -> None:
        await done()

    return lambda: asyncio.run(now())


def readings(app: App) -> int:
    with app.db.read() as session:
        return len(session.exec(select(Run).where(Run.job == "collect")).all())


def wish(app: App, number: int = 1) -> AskedJob:
    with app.db.read() as session:
        return session.get_one(AskedJob, number)


def told(app: App, action: str) -> list[dict[str, object]]:
    with app.db.read() as session:
        return [entry.detail for entry in session.exec(select(AuditEntry).where(AuditEntry.action == action))]


@pytest.mark.both_kinds
def test_a_reading_that_is_asked_for_is_done_once_by_the_process_that_serves(reader: App) -> None:
    first = ask_reading(reader, "portal", ME)
    assert ask_reading(reader, "portal", ME).id == first.id  # it waits already
    assert (readings(reader), wish(reader).taken_at) == (1, None)
    minutely = job(reader, "asked")
    minutely()
    assert readings(reader) == 2
    done = wish(reader)
    with reader.db.read() as session:
        assert session.get_one(Run, done.run_id).verdict is Verdict.ACCEPTED
    assert done.ended_at == reader.clock()
    minutely()
    assert readings(reader) == 2
    assert ask_reading(reader, "portal", ME).id != first.id
    assert told(reader, "reading asked for") == [{"reason": "they asked for it"}] * 2


def test_a_source_in_trouble_that_rests_is_read_when_somebody_asks(reader: App) -> None:
    with reader.db.write() as session:
        reasons = (RunReason(name="timeout", detail=""),)
        for _ in range(6):
            run = Run(job="collect", subject="portal", started_at=reader.clock(), verdict=Verdict.FAILED)
            run.reasons = reasons
            session.add(run)
    job(reader, "collect")()
    assert readings(reader) == 7
    ask_reading(reader, "portal", ME)
    job(reader, "asked")()
    assert readings(reader) == 8


def test_what_a_process_had_taken_that_died_is_read_after_the_next_start(reader: App) -> None:
    ask_reading(reader, "portal", ME)
    with reader.db.write() as session:
        session.get_one(AskedJob, 1).taken_at = reader.clock()
    job(reader, "asked")()
    assert readings(reader) == 1
    give_back_asked(reader)
    job(reader, "asked")()
    assert (readings(reader), wish(reader).ended_at) == (2, reader.clock())


def test_a_source_that_is_off_or_that_there_is_not_is_not_asked_for(reader: App) -> None:
    off = with_settings(reader, sources={"portal": {"enabled": False}})
    with refused(Refusal, "source portal is switched off"):
        ask_reading(off, "portal", ME)
    with refused(NotFound, "no source nowhere"):
        ask_reading(reader, "nowhere", ME)


@pytest.mark.both_kinds
def test_whether_somebody_serves_is_known(reader: App) -> None:
    assert not somebody_serves(reader)
    with reader.db.only_one("serve"):
        assert somebody_serves(reader)
    assert not somebody_serves(reader)


@pytest.mark.both_kinds
def test_a_cadence_of_the_desk_stands_above_the_configuration_until_it_is_lifted(reader: App) -> None:
    clock = clock_of(reader)
    minutely, configured = job(reader, "asked"), job(reader, "collect")
    choose_schedule(reader, "portal", "30 5 * * *", ME)
    with reader.db.read() as session:
        full = source_in_full(session, reader, "portal")
        covered = next(one for one in covered_sources(session, reader) if one.source.key == "portal")
    assert (full.line, full.readings_a_week, covered.readings_a_week) == ("30 5 * * *", 7, 7)
    assert full.listed.next_run_at == clock.now.replace(day=10, hour=2, minute=30)
    configured()
    minutely()
    assert readings(reader) == 1  # its own time has not come
    clock.now = clock.now.replace(day=10, hour=2, minute=30)
    minutely()
    clock.forward(minutes=1)
    minutely()
    assert readings(reader) == 2
    choose_schedule(reader, "portal", "", ME)
    configured()
    assert readings(reader) == 3
    assert told(reader, "cadence chosen") == [
        {"reason": ME.reason, "before": {"schedule": None}, "after": {"schedule": "30 5 * * *"}},
        {"reason": ME.reason, "before": {"schedule": "30 5 * * *"}, "after": {"schedule": None}},
    ]


@pytest.mark.parametrize("line", ["often", "5 5 * *", "61 * * * *", "5 5 * * 1"])
def test_a_line_that_is_none_is_refused(reader: App, line: str) -> None:
    with refused(InputFaults, "is no time of a schedule"):
        choose_schedule(reader, "portal", line, ME)
    with refused(InputFaults, "a reason is missing"):
        choose_schedule(reader, "portal", "5 5 * * *", ME._replace(reason=" "))
    assert told(reader, "cadence chosen") == []


def test_a_reading_that_lacks_a_watched_call_is_not_believed(reader: App, portal: ToldPortal) -> None:
    choose_canaries(reader, "portal", [FOOD, " ", FOOD], ME)
    with reader.db.read() as session:
        watched = source_in_full(session, reader, "portal").watched
    assert {name: call and call.key for name, call in watched.items()} == {FOOD: FOOD}
    portal.drop(FOOD)
    assert why(collect(reader, JUNE_10)) == ["canary_missing"]
    choose_canaries(reader, "portal", None, ME)
    assert collect(reader, JUNE_10 + timedelta(hours=1)).verdict is Verdict.ACCEPTED
    with refused(InputFaults, "at most 50 are watched"):
        choose_canaries(reader, "portal", [str(number) for number in range(51)], ME)
