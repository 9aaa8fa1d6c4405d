"""Distrust: a person's word on a reading that was not believed, against a portal of our own."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from db.audit import AuditEntry, Signed
from db.calls import Call, CallStatus
from db.engine import Database
from db.runs import Coverage, Run, RunReason, Verdict, coverage
from db.sources import list_notices
from jobs.base.app import App
from jobs.collecting.collect import collect_all, due_sources
from jobs.collecting.notices import conclude
from jobs.collecting.quarantine import accept_reading, foresee_acceptance, reject_reading
from jobs.collecting.status import next_run_at
from tests.jobs.world import (
    KEPT_ANYWHERE,
    ToldPortal,
    add_call,
    call_of,
    clock_of,
    collect,
    enrol,
    events,
    facts,
    reading,
    stored,
    versions_of,
    why,
    with_settings,
)
from tests.support.refused import refused
from tests.tracker.sources.own_site import site
from tracker import sources
from tracker.errors import InputFaults, NotFound, Refusal, WrongState

JUNE_9, JUNE_10, JUNE_11 = (datetime(2026, 6, day, 4, tzinfo=UTC) for day in (9, 10, 11))
FOOD, PACKAGING = "51176802TOPICSen", "51176647TOPICSen"


@pytest.fixture
def halved(reader: App, portal: ToldPortal) -> Run:
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


@KEPT_ANYWHERE
def test_an_accepted_reading_is_stored_as_its_run_with_the_news_it_makes(reader: App, halved: Run) -> None:
    run = accept_reading(reader, halved.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    assert (run.id, run.verdict) == (halved.id, Verdict.ACCEPTED)
    assert run_of(reader.db, run.id).verdict is Verdict.ACCEPTED
    assert (events(reader.db), versions_of(reader.db, FOOD)) == ([("retitled", FOOD)], 2)
    assert audited(reader.db) == [("eve", "run accepted", f"run {run.id}")]


def test_what_accepting_a_reading_would_do_is_what_it_does_and_showing_it_does_nothing(
    reader: App, halved: Run
) -> None:
    enrol(reader.db, reader.clock(), "anna", "food")
    enrol(reader.db, reader.clock(), "bertta", "circular")
    before = stored(reader.db)
    seen = foresee_acceptance(reader, halved.id or 0)
    assert stored(reader.db) == before
    assert run_of(reader.db, halved.id).verdict is Verdict.QUARANTINED
    assert [(one.call.key, one.fields, one.news) for one in seen.changed] == [(FOOD, ("title",), ("retitled",))]
    accept_reading(reader, halved.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    assert len(events(reader.db)) == seen.numbers["events"] == 1
    assert (seen.new, seen.withdrawn, seen.readers) == ((), (), 1)
    with reader.db.read() as session:
        absent = session.exec(select(Call).where(Call.absent_runs == 1)).all()
    assert len(absent) == seen.numbers["missing"] > 1


def test_calls_missing_from_an_accepted_reading_were_absent_once(reader: App, portal: ToldPortal, halved: Run) -> None:
    accept_reading(reader, halved.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    assert call_of(reader.db, PACKAGING).absent_runs == 1


def test_later_readings_are_held_against_an_accepted_one(reader: App, portal: ToldPortal, halved: Run) -> None:
    accept_reading(reader, halved.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    assert collect(reader, JUNE_11).reasons == ()


def test_a_reading_that_is_read_twice_is_news_once(reader: App, halved: Run) -> None:
    accept_reading(reader, halved.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    with refused(WrongState, "is accepted; it must be quarantined"):
        accept_reading(reader, halved.id or 0, Signed("eve", "once more", reader.clock()))
    assert events(reader.db) == [("retitled", FOOD)]


@KEPT_ANYWHERE
def test_a_reading_whose_pages_are_gone_says_so_and_changes_nothing(reader: App, halved: Run) -> None:
    before = stored(reader.db)
    reader.files.remove_folder(f"pages/portal/{halved.id}")
    with refused(Refusal, f"run {halved.id}: its pages are gone"):
        accept_reading(reader, halved.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    assert stored(reader.db) == before
    assert audited(reader.db) == []


def test_a_reading_older_than_a_believed_one_cannot_be_accepted(reader: App, portal: ToldPortal, halved: Run) -> None:
    portal.set_moment(0)
    newer = collect(reader, JUNE_11)
    with refused(Refusal, f"run {newer.id} has been accepted since"):
        accept_reading(reader, halved.id or 0, Signed("eve", "too late", reader.clock()))


def test_a_reading_that_was_broken_off_cannot_be_accepted(reader: App, portal: ToldPortal) -> None:
    portal.ignores_filters = True
    run = collect(reader, JUNE_10)
    with refused(Refusal, "nothing complete to accept"):
        accept_reading(reader, run.id or 0, Signed("eve", "it looks well", reader.clock()))


def test_a_run_that_does_not_exist_is_named(reader: App) -> None:
    with refused(NotFound, "there is no run 404"):
        accept_reading(reader, 404, Signed("eve", "why not", reader.clock()))


def test_a_first_reading_that_is_accepted_by_hand_is_the_baseline(app: App, portal: ToldPortal) -> None:
    strict = reading(app, portal.url, least=1000)
    run = collect(strict, JUNE_9)
    assert accept_reading(strict, run.id or 0, Signed("eve", "the bound was wrong", strict.clock())).baseline
    assert events(app.db) == []
    assert call_of(app.db, FOOD).absent_runs == 0


def test_a_rejected_reading_changes_nothing_and_says_who_and_why(reader: App, halved: Run) -> None:
    before = stored(reader.db)
    reject_reading(reader, halved.id or 0, Signed("eve", "an index that lost its half", reader.clock()))
    run = run_of(reader.db, halved.id)
    assert (run.verdict, why(run)[-1]) == (Verdict.QUARANTINED, "rejected")
    assert run.reasons[-1].detail == "eve: an index that lost its half"
    assert (stored(reader.db), audited(reader.db)) == (before, [("eve", "run rejected", f"run {run.id}")])


def test_a_reading_is_rejected_once_and_no_word_on_it_lacks_a_reason(reader: App, halved: Run) -> None:
    for judge in (accept_reading, reject_reading):
        with refused(InputFaults, "reason: a reason is missing"):
            judge(reader, halved.id or 0, Signed("eve", "  ", reader.clock()))
    reject_reading(reader, halved.id or 0, Signed("eve", "an index that lost its half", reader.clock()))
    with refused(Refusal, "already rejected by eve: an index that lost its half"):
        reject_reading(reader, halved.id or 0, Signed("adam", "so say I", reader.clock()))
    assert len(audited(reader.db)) == 1


# --- outages, back-off and notices ------------------------------------------------------------------------------------


def told(db: Database) -> list[str]:
    with db.read() as session:
        return [notice.kind.value for notice in reversed(list_notices(session))]


def unreachable(app: App) -> App:
    """The same app, which finds nobody at the portal's address."""
    held = app.settings.sources["portal"]
    return with_settings(app, sources={"portal": held | {"api_url": "http://127.0.0.1:9"}})


@pytest.mark.both_kinds
def test_a_source_that_breaks_and_heals_makes_one_notice_each(reader: App, portal: ToldPortal) -> None:
    whole = portal.held
    portal.tell(whole[:30])
    for day in (JUNE_10, JUNE_11):
        collect(reader, day)
    portal.tell(whole)
    for day in (JUNE_11.replace(hour=10), JUNE_11.replace(hour=16)):
        collect(reader, day)
    assert told(reader.db) == ["broke", "healed"]


def test_a_healthy_week_makes_no_notice(reader: App) -> None:
    for day in range(10, 14):
        collect(reader, JUNE_9.replace(day=day))
    assert told(reader.db) == []


def test_a_site_that_is_away_for_one_reading_makes_no_notice(reader: App) -> None:
    collect(unreachable(reader), JUNE_10)
    collect(reader, JUNE_11)
    assert told(reader.db) == []


def test_a_source_that_a_person_believes_after_all_has_healed(reader: App, halved: Run) -> None:
    accept_reading(reader, halved.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    assert told(reader.db) == ["broke", "healed"]


def test_the_schedule_tries_a_source_in_trouble_less_often_and_every_day(reader: App) -> None:
    away = unreachable(reader)
    for hour in range(6):
        collect(away, JUNE_10.replace(hour=hour))
    clock_of(reader).now = JUNE_11.replace(hour=3)
    early = "portal" in due_sources(reader)
    clock_of(reader).now = JUNE_11.replace(hour=5)
    assert (early, "portal" in due_sources(reader)) == (False, True)


def test_a_source_in_trouble_is_read_when_it_is_asked_for_by_name(reader: App) -> None:
    away = unreachable(reader)
    for hour in range(6):
        collect(away, JUNE_10.replace(hour=hour))
    assert collect(reader, JUNE_10.replace(hour=6)).verdict is Verdict.ACCEPTED
    assert "portal" in due_sources(reader)


def test_an_outage_of_our_own_moves_nobodys_counters(reader: App) -> None:
    tick = [failed_run(reader.db, key) for key in ("portal", "eura", "interreg")]
    conclude(reader.db, tick, JUNE_10)
    with reader.db.read() as session:
        found = [coverage(session, key) for key in ("portal", "eura", "interreg")]
    assert [(one.troubled_runs, one.blind_since) for one in found] == [(0, None)] * 3
    assert [why(run_of(reader.db, run.id)) for run in tick] == [["unreachable", "our_outage"]] * 3
    assert told(reader.db) == []


def test_two_sources_that_fail_beside_three_that_do_not_are_blind(reader: App) -> None:
    keys = ("eura", "interreg")
    tick = [failed_run(reader.db, key) for key in keys] + [Run(verdict=Verdict.ACCEPTED, subject="x")] * 3
    conclude(reader.db, tick, JUNE_10)
    with reader.db.read() as session:
        assert [coverage(session, key).blind_since for key in keys] == [JUNE_10] * 2


def failed_run(db: Database, source: str) -> Run:
    """A reading of 10 June that got no answer, as it is stored."""
    reasons = (RunReason(name="unreachable", detail=""),)
    with db.write() as session:
        run = Run(job="collect", subject=source, started_at=JUNE_10, verdict=Verdict.FAILED, reasons=reasons)
        session.add(run)
    return run


def test_a_source_is_read_next_at_a_tick_and_one_in_trouble_after_its_pause(app: App) -> None:
    line = app.settings.schedule.collect
    at = clock_of(app).now  # seven in the morning in Finland; ticks are at 6:15, 12:15 and 18:15
    assert next_run_at(app, Coverage("portal", at, None, 0, None), line) == at.replace(hour=9, minute=15)
    assert next_run_at(app, Coverage("portal", at, at, 3, at), line) == at.replace(hour=15, minute=15)


# --- canaries ---------------------------------------------------------------------------------------------------------


def watching(app: App, *canaries: str) -> App:
    """The same app with these canaries at the portal."""
    return with_settings(app, sources={"portal": dict(app.settings.sources["portal"]) | {"canaries": canaries}})


@pytest.mark.parametrize("named", ["key", "identifier"])
def test_a_reading_without_its_canary_is_not_believed(reader: App, portal: ToldPortal, named: str) -> None:
    canary = getattr(call_of(reader.db, FOOD), named)
    portal.drop(FOOD)
    run = collect(watching(reader, canary), JUNE_10)
    assert (run.verdict, why(run)) == (Verdict.QUARANTINED, ["canary_missing"])
    assert run.reasons[0].detail == f"not seen, though they must be: {canary}"


@pytest.mark.parametrize("named", ["key", "identifier"])
def test_a_canary_that_is_seen_is_no_matter_whether_unchanged_or_new(app: App, portal: ToldPortal, named: str) -> None:
    [row] = [row for row in portal.held if row["reference"] == FOOD]
    canary = FOOD if named == "key" else row["metadata"]["identifier"][0]
    found = watching(reading(app, portal.url), canary)
    assert [collect(found, day).reasons for day in (JUNE_9, JUNE_10)] == [(), ()]


def test_a_canary_that_nobody_has_ever_seen_is_asked_for(reader: App) -> None:
    assert why(collect(watching(reader, "HORIZON-NEVER-THERE"), JUNE_10)) == ["canary_missing"]


def test_a_canary_whose_call_is_over_is_not_asked_for(reader: App, portal: ToldPortal) -> None:
    over = "13733COMPETITIVE_CALLen"  # its last day is 15 June
    portal.drop(over)
    assert collect(watching(reader, over), JUNE_9.replace(day=17)).verdict is Verdict.ACCEPTED


def with_a_season(app: App) -> None:
    """Nine families of calls opened in these weeks of last year, and none of them opened this year."""
    for number in range(9):
        told = facts(f"old-{number}", identifier=f"FAMILY{number}-2025-01", opens_on=date(2025, 6, 9))
        add_call(app.db, JUNE_9, told, status=CallStatus.CLOSED)


def test_a_reading_in_which_nothing_of_the_season_came_is_not_believed(reader: App) -> None:
    with_a_season(reader)
    run = collect(reader, JUNE_10)
    assert (run.verdict, why(run)) == (Verdict.QUARANTINED, ["season_missing"])
    assert (run.counts["season"]["due"], run.counts["season"]["overdue"][0]) == (9, "FAMILY0")


def test_a_season_that_a_person_accepted_to_lack_is_not_asked_for_again(reader: App) -> None:
    with_a_season(reader)
    run = collect(reader, JUNE_10)
    accept_reading(reader, run.id or 0, Signed("eve", "the programme has ended", reader.clock()))
    later = [collect(reader, JUNE_11.replace(hour=hour)) for hour in (4, 10)]
    assert [why(one) for one in later] == [[], []]


def test_a_source_may_be_read_without_a_season(reader: App) -> None:
    with_a_season(reader)
    without = with_settings(reader, sources={"portal": dict(reader.settings.sources["portal"]) | {"season": False}})
    assert collect(without, JUNE_10).verdict is Verdict.ACCEPTED


# --- many changes at once ---------------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_a_reading_in_which_everything_changed_is_held_until_a_person_believes_it(
    reader: App, portal: ToldPortal
) -> None:
    before = stored(reader.db)
    for row in portal.held[:40]:
        portal.retell(row["reference"], title=["Ã¤nother title"], caName=["Ã¤nother title"])
    run = collect(reader, JUNE_10)
    assert (run.verdict, why(run), stored(reader.db)) == (Verdict.QUARANTINED, ["changed_at_once"], before)
    assert run_of(reader.db, run.id).verdict is Verdict.QUARANTINED
    accepted = accept_reading(reader, run.id or 0, Signed("eve", "they were renamed", reader.clock()))
    assert (accepted.verdict, {kind for kind, _ in events(reader.db)}) == (Verdict.ACCEPTED, {"retitled"})


def test_a_held_reading_that_was_put_right_makes_no_news(reader: App, portal: ToldPortal) -> None:
    whole = portal.held
    for row in whole[:40]:
        portal.retell(row["reference"], title=["Ã¤nother title"], caName=["Ã¤nother title"])
    collect(reader, JUNE_10)
    portal.tell(whole)
    assert (collect(reader, JUNE_11).verdict, events(reader.db)) == (Verdict.ACCEPTED, [])


# --- pages that are watched -------------------------------------------------------------------------------------------


def watched(text: str) -> bytes:
    body = f"<main><h1>Calls</h1><p>{text} {'Words that stay. ' * 20}</p></main>"
    return f"<!DOCTYPE html><html><body>{body}</body></html>".encode()


@pytest.mark.both_kinds
def test_a_watched_page_that_changed_is_told_to_admins_once_and_to_no_reader(app: App) -> None:
    said = [watched("The next call opens in May.")]
    with site(lambda asked: said[0]) as here:
        page = {
            "kind": "watch",
            "name": "W",
            "publisher": "W",
            "home": "https://w.example/",
            "url": f"{here.url}/calls",
        }
        found = with_settings(app, sources={"w": page}, fetch={"gap_seconds": 0})
        for text in ("in May", "in May", "in June", "in June"):
            said[0] = watched(f"The next call opens {text}.")
            run = asyncio.run(collect_all(found, ["w"]))[0]
            conclude(app.db, [run], JUNE_10)  # done again, it says nothing twice
            assert run.verdict is Verdict.ACCEPTED
    assert told(app.db) == ["changed"]
    assert (events(app.db), sources.modules(found.settings.sources)["w"].SOURCE.for_admins) == ([], True)
