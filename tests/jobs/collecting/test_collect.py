"""Collect: what a reading changes, and what it never does, against a portal of our own over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlmodel import select

from db import runs, strategies
from db.audit import Signed
from db.calls import Call, CallStatus
from db.engine import Database
from db.runs import Run, Verdict
from db.sources import NoticeKind, list_notices
from db.strategies import Pin, Rule, Weight
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.collect import MOST_LOOKED_UP
from jobs.rulebook.region_import import import_region
from tests.jobs.world import (
    Clock,
    ToldPortal,
    add_call,
    call_of,
    clock_of,
    collect,
    events,
    facts,
    reading,
    stored,
    versions_of,
    why,
)
from tracker.demo.history import HISTORY
from tracker.regions import Region

JUNE_9, JUNE_10, JUNE_11 = (datetime(2026, 6, day, 4, tzinfo=UTC) for day in (9, 10, 11))
LATER = datetime(2026, 6, 9, 16, tzinfo=UTC)  # the same day: the clock closes nothing in between
OPEN, CLOSED = ["31094502"], ["31094503"]
FOOD, PACKAGING = "51176802TOPICSen", "51176647TOPICSen"
CLOSES_ON_15_JUNE = "13733COMPETITIVE_CALLen"
STANDS_STILL = "51409410TOPICSen"


def newest_run(db: Database) -> Run:
    with db.read() as session:
        return session.exec(select(Run).order_by(sa.desc("id"))).first() or pytest.fail("no run was kept")


def test_the_first_accepted_reading_is_a_baseline_without_news(app: App, portal: ToldPortal) -> None:
    run = collect(reading(app, portal.url), JUNE_9)
    assert (run.verdict, run.baseline, run.counts["new"]) == (Verdict.ACCEPTED, True, 58)
    assert events(app.db) == []


def test_a_run_that_was_not_believed_is_no_baseline(app: App, portal: ToldPortal) -> None:
    collect(reading(app, portal.url, least=1000), JUNE_9)
    assert collect(reading(app, portal.url), JUNE_10).baseline


@pytest.mark.both_kinds
def test_the_demos_five_moments_make_exactly_their_news(bare_app: App, portal: ToldPortal, region: Region) -> None:
    with bare_app.db.write() as session:
        import_region(session, region, Signed("test", "the region's own rules", HISTORY[0].at))
    app = reading(bare_app, portal.url)
    told: list[list[tuple[str, str]]] = []
    for number, moment in enumerate(HISTORY):
        portal.set_moment(number)
        before = len(events(app.db))
        assert collect(app, moment.at).verdict is Verdict.ACCEPTED
        told.append(sorted(events(app.db)[before:]))
    assert told == [
        [],
        [],
        [
            ("deadline_later", "50895043TOPICSen"),
            ("deadline_later", "51346339TOPICSen"),
            ("new", "14626COMPETITIVE_CALLen"),
            ("new", "14627COMPETITIVE_CALLen"),
            ("new", "186152PROSPECTSEN"),
            ("new", "51429936TOPICSen"),
            ("new", "51650513TOPICSen"),
            ("withdrawn", FOOD),
        ],
        [("deadline_earlier", "50127032TOPICSen")],
        [
            ("new", "51424835TOPICSen"),
            ("opened", "14624COMPETITIVE_CALLen"),
            ("opened", "51429936TOPICSen"),
            ("reopened", FOOD),
        ],
    ]


@pytest.mark.both_kinds
def test_two_readings_at_the_same_time_make_their_news_once(app: App, portal: ToldPortal) -> None:
    reader = reading(app, portal.url, gone_after_days=0)
    for moment, at in enumerate((JUNE_9, LATER)):
        portal.set_moment(moment)
        collect(reader, at)
    portal.set_moment(2)
    clock_of(reader).now = JUNE_10
    with ThreadPoolExecutor(2) as pool:
        [one, other] = pool.map(collect, [reader, reader])
    assert (one.verdict, other.verdict) == (Verdict.ACCEPTED, Verdict.ACCEPTED)
    assert len(events(reader.db)) == len(set(events(reader.db))) == 8


@pytest.mark.both_kinds
def test_the_same_reading_again_stores_nothing_and_makes_no_news(reader: App) -> None:
    before = stored(reader.db)
    run = collect(reader, LATER)
    assert (run.counts["changed"], run.counts["versions"], run.counts["events"]) == (0, 0, 0)
    assert stored(reader.db) == before


def test_pages_that_overlap_are_read_again_and_the_run_is_accepted(reader: App, portal: ToldPortal) -> None:
    portal.set_moment(2)
    run = collect(reader, JUNE_10)
    assert run.verdict is Verdict.ACCEPTED
    assert run.counts["scans"]["1"] == {"announced": 44, "distinct": 44, "passes": 2, "complete": True}


def test_a_reading_that_lost_half_its_calls_changes_nothing(reader: App, portal: ToldPortal) -> None:
    before = stored(reader.db)
    portal.tell(portal.held[:30])
    run = collect(reader, JUNE_10)
    assert run.verdict is Verdict.QUARANTINED
    assert "drop" in why(run)
    assert stored(reader.db) == before


def test_after_a_quarantined_run_the_next_good_one_goes_on(reader: App, portal: ToldPortal) -> None:
    whole = portal.held
    portal.tell(whole[:30])
    collect(reader, JUNE_10)
    portal.tell(whole)
    portal.retell(STANDS_STILL, title=["Another title"])
    assert collect(reader, JUNE_11).verdict is Verdict.ACCEPTED
    assert events(reader.db) == [("retitled", STANDS_STILL)]


def test_calls_missing_from_a_quarantined_run_were_not_absent(reader: App, portal: ToldPortal) -> None:
    whole = portal.held
    portal.tell(whole[:30])
    collect(reader, JUNE_10)
    portal.tell([row for row in whole if row["reference"] != FOOD])
    collect(reader, JUNE_11)
    assert call_of(reader.db, FOOD).absent_runs == 1
    assert events(reader.db) == []


def test_an_index_that_ignores_the_filter_is_quarantined_by_that_name(reader: App, portal: ToldPortal) -> None:
    before = stored(reader.db)
    portal.ignores_filters = True
    run = collect(reader, JUNE_10)
    assert (run.verdict, why(run)) == (Verdict.QUARANTINED, ["filter_ignored"])
    assert stored(reader.db) == before


def test_a_portal_that_is_not_there_fails_the_run_and_changes_nothing(reader: App) -> None:
    before = stored(reader.db)
    run = collect(reading(reader, "http://127.0.0.1:9"), JUNE_10)
    assert (run.verdict, why(run)) == (Verdict.FAILED, ["unreachable"])
    assert stored(reader.db) == before


def test_a_call_that_was_absent_once_and_comes_back_unchanged_is_no_news(reader: App, portal: ToldPortal) -> None:
    whole = portal.held
    portal.drop(FOOD)
    collect(reader, JUNE_10)
    portal.tell(whole)
    collect(reader, JUNE_11)
    assert (call_of(reader.db, FOOD).absent_runs, events(reader.db)) == (0, [])
    assert versions_of(reader.db, FOOD) == 1


def test_a_call_absent_from_two_accepted_runs_in_a_row_is_withdrawn_once(reader: App, portal: ToldPortal) -> None:
    portal.drop(FOOD)
    for hours in range(3):
        run = collect(reader, JUNE_10.replace(hour=6 + hours))
    assert call_of(reader.db, FOOD).withdrawn_at == JUNE_10.replace(hour=7)
    assert events(reader.db) == [("withdrawn", FOOD)]
    assert run.counts["withdrawn"] == 0


@pytest.mark.both_kinds
def test_a_withdrawn_call_that_comes_back_is_reopened_and_not_new(reader: App, portal: ToldPortal) -> None:
    whole = portal.held
    portal.drop(FOOD)
    collect(reader, JUNE_9.replace(hour=10))
    collect(reader, JUNE_10)
    portal.tell(whole)
    collect(reader, JUNE_11)
    assert events(reader.db) == [("withdrawn", FOOD), ("reopened", FOOD)]
    assert (call_of(reader.db, FOOD).withdrawn_at, call_of(reader.db, FOOD).absent_runs) == (None, 0)


def test_withdrawals_count_among_the_runs_events(reader: App, portal: ToldPortal) -> None:
    portal.drop(FOOD)
    collect(reader, JUNE_10)
    assert collect(reader, JUNE_11).counts["events"] == 1


def test_a_call_that_the_look_up_still_finds_is_closed_and_not_withdrawn(reader: App, portal: ToldPortal) -> None:
    portal.retell(FOOD, status=CLOSED)  # so the search no longer lists it
    collect(reader, JUNE_10)
    collect(reader, JUNE_11)
    assert call_of(reader.db, FOOD).status is CallStatus.CLOSED
    assert events(reader.db) == []


def test_a_call_that_could_not_be_looked_up_yet_is_not_withdrawn(app: App, portal: ToldPortal, clock: Clock) -> None:
    for number in range(MOST_LOOKED_UP + 3):
        add_call(app.db, clock.now, facts(f"{number:05d}GONE"), absent_runs=1, absent_since=JUNE_9)
    run = collect(reading(app, portal.url), JUNE_9)
    assert run.counts["withdrawn"] == MOST_LOOKED_UP
    assert call_of(app.db, f"{MOST_LOOKED_UP:05d}GONE").withdrawn_at is None


def test_a_call_opens_on_its_day_though_its_row_stays_the_same(app: App, portal: ToldPortal) -> None:
    portal.retell(FOOD, status=OPEN, startDate=["2026-06-11T00:00:00.000+0000"])
    reader = reading(app, portal.url)
    collect(reader, JUNE_9)
    before = call_of(app.db, FOOD)
    run = collect(reader, datetime(2026, 6, 10, 22, 30, tzinfo=UTC))  # half past midnight in Brussels
    after = call_of(app.db, FOOD)
    assert (before.status, after.status) == (CallStatus.FORTHCOMING, CallStatus.OPEN)
    assert (events(app.db), run.counts["events"], versions_of(app.db, FOOD)) == ([("opened", FOOD)], 1, 1)


def test_a_call_that_its_source_still_holds_back_does_not_open_by_the_clock(app: App, portal: ToldPortal) -> None:
    portal.retell(FOOD, status=["31094501"], startDate=["2026-06-10T00:00:00.000+0000"])
    reader = reading(app, portal.url)
    collect(reader, JUNE_9)
    collect(reader, JUNE_11)
    assert (call_of(app.db, FOOD).status, events(app.db)) == (CallStatus.FORTHCOMING, [])


def test_a_call_closes_silently_the_day_after_its_last(reader: App) -> None:
    collect(reader, datetime(2026, 6, 15, 20, tzinfo=UTC))
    on_its_last_day = call_of(reader.db, CLOSES_ON_15_JUNE).status
    collect(reader, datetime(2026, 6, 16, 4, tzinfo=UTC))
    assert (on_its_last_day, call_of(reader.db, CLOSES_ON_15_JUNE).status) == (CallStatus.OPEN, CallStatus.CLOSED)
    assert events(reader.db) == []


def test_seconds_that_are_written_anew_are_neither_news_nor_a_version(reader: App, portal: ToldPortal) -> None:
    portal.retell("186002PROSPECTSEN", deadlineDate=["2026-09-08T08:00:51.000+0000"])
    before = stored(reader.db)
    collect(reader, LATER)
    assert stored(reader.db) == before


@pytest.mark.both_kinds
def test_a_crash_while_a_run_is_stored_leaves_nothing_half_written(reader: App, portal: ToldPortal) -> None:
    broken = Rule(key="broken", spearhead="food", text="food AND (", weight=Weight.STRONG)
    with reader.db.write() as session:
        strategies.store_rule(session, broken, Signed("test", "cannot be parsed", JUNE_10))
    portal.set_moment(2)
    before = stored(reader.db)
    run = collect(reader, JUNE_10)  # it crashes while the first batch is tagged, after it was written
    assert stored(reader.db) == before
    assert (run.verdict, why(run)) == (Verdict.FAILED, ["error"])
    assert newest_run(reader.db).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device", "/srv/a"), "OSError: No space left on device"),
        (ValueError("anna@x.example"), "ValueError"),
    ],
)
def test_a_run_that_the_machine_failed_says_what_it_lacked_and_no_address(
    app: App, error: Exception, said: str
) -> None:
    with pytest.raises(type(error)), recorded(app.db, "collect", "portal", app.clock):
        raise error
    assert newest_run(app.db).reasons[0].detail == said


def test_after_a_crash_the_next_run_tells_what_the_crashed_one_would_have(reader: App, portal: ToldPortal) -> None:
    broken = Rule(key="broken", spearhead="food", text="food AND (", weight=Weight.STRONG)
    with reader.db.write() as session:
        strategies.store_rule(session, broken, Signed("test", "cannot be parsed", JUNE_10))
    portal.retell(FOOD, deadlineDate=["2026-09-29T00:00:00.000+0000"])
    assert collect(reader, JUNE_10).verdict is Verdict.FAILED
    with reader.db.write() as session:
        strategies.store_rule(
            session, broken.model_copy(update={"text": "food AND drink"}), Signed("test", "mended", JUNE_10)
        )
    collect(reader, JUNE_11)
    assert events(reader.db) == [("deadline_later", FOOD)]


def test_a_changed_parser_makes_versions_and_no_news(reader: App) -> None:
    with reader.db.write() as session:  # as an older parser would have read it
        older = {"parser_version": 0, "title": "Nutritional food, read by an older parser", "budget_total": 1}
        session.connection().execute(sa.update(Call).where(sa.column("key") == FOOD).values(**older))
    run = collect(reader, JUNE_10)
    assert (run.counts["versions"], versions_of(reader.db, FOOD), events(reader.db)) == (1, 2, [])
    assert call_of(reader.db, FOOD).title.startswith("Diversification of nutritional food")


@pytest.mark.parametrize(("is_included", "spearheads"), [(True, {"circular", "food"}), (False, {"circular"})])
def test_a_decision_by_hand_stands_above_the_rules_on_every_reading(
    reader: App, portal: ToldPortal, is_included: bool, spearheads: set[str]
) -> None:
    key = "50145719TOPICSen" if not is_included else PACKAGING  # tagged food and circular; circular alone
    call_id = call_of(reader.db, key).id or 0
    with reader.db.write() as session:
        by_hand = {"author": "test", "at": JUNE_9, "reason": "by hand"}
        session.add(Pin.model_validate(by_hand | {"call_id": call_id, "spearhead": "food", "is_included": is_included}))
    portal.retell(key, title=["Circular packaging" if is_included else "Circular packaging of food"])
    collect(reader, JUNE_10)
    with reader.db.read() as session:
        found = strategies.taggings_of(session, [call_id])[call_id]
    assert {tagging.spearhead for tagging in found} == spearheads


def test_a_row_that_cannot_be_read_leaves_its_call_as_it_was(reader: App, portal: ToldPortal) -> None:
    before = call_of(reader.db, FOOD)
    portal.retell(FOOD, deadlineDate=["soon"], title=["Another title"])
    run = collect(reader, JUNE_10)
    assert (run.verdict, list(run.counts["unread_examples"])) == (Verdict.ACCEPTED, [FOOD])
    assert call_of(reader.db, FOOD) == before


def test_a_row_that_cannot_be_read_is_named_to_admins_once(reader: App, portal: ToldPortal) -> None:
    portal.retell(FOOD, deadlineDate=["soon"])
    collect(reader, JUNE_10)
    collect(reader, JUNE_11)
    with reader.db.read() as session:
        [notice] = list_notices(session)
        assert runs.coverage(session, "portal").unread == 1
    assert (notice.kind, notice.source) == (NoticeKind.UNREAD, "portal")
    assert f"{FOOD}: date: " in notice.detail


def test_a_row_that_can_be_read_again_tells_what_changed_meanwhile(reader: App, portal: ToldPortal) -> None:
    portal.retell(FOOD, deadlineDate=["soon"])
    collect(reader, JUNE_10)
    portal.retell(FOOD, deadlineDate=["2026-09-29T00:00:00.000+0000"])
    collect(reader, JUNE_11)
    assert events(reader.db) == [("deadline_later", FOOD)]


def test_too_many_rows_that_cannot_be_read_quarantine_the_run(reader: App, portal: ToldPortal) -> None:
    before = stored(reader.db)
    for row in portal.held[:3]:
        portal.retell(row["reference"], deadlineDate=["soon"])
    run = collect(reader, JUNE_10)
    assert (run.verdict, why(run)) == (Verdict.QUARANTINED, ["unreadable_rows"])
    assert stored(reader.db) == before


def test_a_call_is_withdrawn_when_it_was_missing_for_as_many_days_as_configured(app: App, portal: ToldPortal) -> None:
    reader = reading(app, portal.url, gone_after_days=4)
    collect(reader, JUNE_9)
    portal.drop(FOOD)
    for day in (10, 11, 13):
        collect(reader, JUNE_9.replace(day=day))
    assert events(reader.db) == []
    collect(reader, JUNE_9.replace(day=14))
    assert events(reader.db) == [("withdrawn", FOOD)]
