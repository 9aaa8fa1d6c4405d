"""Reparse: kept pages read by today's parser make the same events again on paper, and facts without news."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from db.audit import Signed
from db.calls import Call
from db.runs import Verdict
from jobs.base.app import App
from jobs.collecting.overrides import set_field
from jobs.collecting.reparse import apply, foresee, rehearse
from tests.jobs.prepared import prepared
from tests.jobs.world import KEPT_ANYWHERE, ToldPortal, call_of, clock_of, collect, events, stored, versions_of
from tests.support.refused import refused
from tracker.errors import Refusal

JUNE_9, JUNE_10, JUNE_11 = (datetime(2026, 6, day, 4, tzinfo=UTC) for day in (9, 10, 11))
ME = Signed("eve", "a new parser", datetime(2026, 6, 11, tzinfo=UTC))
FOOD, PACKAGING = "51176802TOPICSen", "51176647TOPICSen"


@pytest.fixture
def reader(app: App, portal: ToldPortal, for_all_workers: Path) -> App:
    """An app that has read the portal on 9 and 10 June; in between one call was given a later deadline."""
    found = prepared(app, portal, for_all_workers / "read-twice", read_twice)
    move_food(portal)
    return found


def move_food(portal: ToldPortal) -> None:
    portal.retell(FOOD, deadlineDate=["2026-09-29T00:00:00.000+0000"])


def read_twice(app: App, portal: ToldPortal) -> None:
    assert collect(app, JUNE_9).verdict is Verdict.ACCEPTED
    move_food(portal)
    assert collect(app, JUNE_10).verdict is Verdict.ACCEPTED
    assert events(app.db) == [("deadline_later", FOOD)]


def misread(app: App, key: str, **values: object) -> None:
    """Make a call what another parser might have read in the same row."""
    with app.db.write() as session:
        session.connection().execute(sa.update(Call).where(sa.column("key") == key).values(**values))


@KEPT_ANYWHERE
def test_the_same_parser_would_have_made_the_same_events(reader: App) -> None:
    before = stored(reader.db)
    found = rehearse(reader, "portal", None)
    assert [(one.news.kind.value, one.key, one.at) for one in found.events] == [("deadline_later", FOOD, JUNE_10)]
    assert (len(found.runs), found.unread) == (2, {})
    assert stored(reader.db) == before


def test_the_first_reading_after_the_day_is_only_what_the_others_are_held_against(reader: App) -> None:
    found = rehearse(reader, "portal", date(2026, 6, 10))
    assert (len(found.runs), found.events) == (1, [])


def test_a_reading_that_was_not_believed_takes_no_part(reader: App, portal: ToldPortal) -> None:
    portal.tell(portal.held[:30])
    collect(reader, JUNE_11)
    assert len(rehearse(reader, "portal", None).runs) == 2


@KEPT_ANYWHERE
@pytest.mark.both_kinds
def test_what_is_applied_mends_the_facts_and_makes_no_news(reader: App) -> None:
    right = call_of(reader.db, PACKAGING).title
    misread(reader, PACKAGING, title="Misread", budget_total=1)
    run = apply(reader, "portal", None, ME)
    assert (run.counts["versions"], run.counts["new"], run.counts["events"]) == (1, 0, 0)
    assert (call_of(reader.db, PACKAGING).title, versions_of(reader.db, PACKAGING)) == (right, 2)
    assert events(reader.db) == [("deadline_later", FOOD)]


def test_what_applying_would_change_is_what_it_changes_and_showing_it_stores_nothing(reader: App) -> None:
    misread(reader, FOOD, title="A misread title", budget_total=1)
    misread(reader, PACKAGING, title="Another")
    before = stored(reader.db)
    clock_of(reader).forward(hours=1)
    seen = foresee(reader, "portal", None)
    assert stored(reader.db) == before
    assert {one.call.key for one in seen.changed} == {FOOD, PACKAGING}
    assert all(one.news == () for one in seen.changed)
    run = apply(reader, "portal", None, ME)
    assert run.counts["versions"] == seen.numbers["changed"] == 2
    assert (seen.numbers["new"], seen.numbers["missing"], seen.readers) == (0, 0, 0)
    assert call_of(reader.db, FOOD).title != "A misread title"


def test_each_call_is_stored_as_its_newest_page_has_it(reader: App) -> None:
    apply(reader, "portal", None, ME)
    assert call_of(reader.db, FOOD).deadlines[0].on == date(2026, 9, 29)
    assert versions_of(reader.db, FOOD) == 2


def test_applying_twice_stores_nothing_the_second_time(reader: App) -> None:
    misread(reader, PACKAGING, title="Misread")
    apply(reader, "portal", None, ME)
    before = stored(reader.db)
    assert apply(reader, "portal", None, ME).counts["versions"] == 0
    assert stored(reader.db) == before


def test_a_call_that_is_gone_stays_gone(reader: App) -> None:
    misread(reader, PACKAGING, withdrawn_at=JUNE_10, absent_runs=2, absent_since=JUNE_9, title="Misread")
    apply(reader, "portal", None, ME)
    call = call_of(reader.db, PACKAGING)
    assert (call.withdrawn_at, call.absent_runs, call.absent_since) == (JUNE_10, 2, JUNE_9)
    assert call.title != "Misread"


def test_a_reparse_is_no_reading_of_the_source(reader: App) -> None:
    apply(reader, "portal", None, ME)
    assert not collect(reader, JUNE_11).baseline


def test_a_source_without_kept_pages_is_named(reader: App) -> None:
    with refused(Refusal, "portal: no pages of an accepted reading since 2026-07-01 are kept"):
        rehearse(reader, "portal", date(2026, 7, 1))


def test_a_field_that_a_person_holds_is_kept_above_what_is_applied(reader: App) -> None:
    set_field(
        reader,
        call_of(reader.db, PACKAGING).id or 0,
        "title",
        "Rightly named",
        Signed("eve", "their page says so", reader.clock()),
    )
    misread(reader, PACKAGING, call_title="Misread")
    clock_of(reader).forward(minutes=1)
    apply(reader, "portal", None, ME)
    call = call_of(reader.db, PACKAGING)
    assert call.title == "Rightly named"
    assert call.call_title == "HORIZON-JU-CBE-2026"
