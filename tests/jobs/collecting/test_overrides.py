"""Edits by hand: a field that a person sets stays, whatever its source says, and makes no news."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import select

from db import overrides, strategies
from db.audit import AuditEntry, Signed
from db.calls import Call, CallStatus, Deadline
from db.overrides import FieldOverride
from jobs.base.app import App
from jobs.collecting.overrides import lift_override, set_field
from tests.jobs.world import ToldPortal, call_of, collect, events, stored, versions_of
from tests.support.refused import refused
from tracker.errors import InputFaults, Refusal

JUNE_9, JUNE_10, JUNE_11 = (datetime(2026, 6, day, 4, tzinfo=UTC) for day in (9, 10, 11))
FOOD = "51176802TOPICSen"


def food(app: App) -> Call:
    return call_of(app.db, FOOD)


def set_food(app: App, field: str, text: str) -> FieldOverride:
    return set_field(
        app, food(app).id or 0, field, text, Signed("eve", "the programme's own page says so", app.clock())
    )


def edit_of(app: App, field: str) -> FieldOverride:
    with app.db.read() as session:
        found = overrides.override_of(session, food(app).id or 0, field)
    return found or pytest.fail(f"nobody holds {field}")


def test_a_title_that_a_person_set_stays_when_its_source_says_another(reader: App, portal: ToldPortal) -> None:
    set_food(reader, "title", "Food, rightly named")
    portal.retell(FOOD, title=["Another title"])
    collect(reader, JUNE_10)
    assert (food(reader).title, events(reader.db)) == ("Food, rightly named", [])
    assert (edit_of(reader, "title").said, edit_of(reader, "title").agrees) == ("Another title", False)


def test_an_edit_says_when_its_source_agrees(reader: App, portal: ToldPortal) -> None:
    set_food(reader, "deadlines", "2026-10-06")
    portal.retell(FOOD, deadlineDate=["2026-10-06T00:00:00.000+0000"])
    collect(reader, JUNE_10)
    [held] = edit_of(reader, "deadlines").value
    assert held["on"] == "2026-10-06"
    assert edit_of(reader, "deadlines").said[0]["on"] == "2026-10-06"
    assert edit_of(reader, "deadlines").agrees


def test_other_fields_of_an_edited_call_follow_their_source(reader: App, portal: ToldPortal) -> None:
    set_food(reader, "budget_total", "4000000")
    portal.retell(FOOD, title=["Another title"])
    collect(reader, JUNE_10)
    assert (food(reader).title, food(reader).budget_total) == ("Another title", 4_000_000)
    assert events(reader.db) == [("retitled", FOOD)]


@pytest.mark.both_kinds
def test_an_edit_makes_a_version_an_audit_entry_and_no_news(reader: App) -> None:
    set_food(reader, "title", "Food, rightly named")
    assert (versions_of(reader.db, FOOD), events(reader.db)) == (2, [])
    with reader.db.read() as session:
        [entry] = session.exec(select(AuditEntry)).all()
    assert (entry.who, entry.action, entry.detail["after"]["value"]) == (
        "eve",
        "field overridden",
        "Food, rightly named",
    )


def test_an_edited_call_is_tagged_by_what_it_says_now(reader: App) -> None:
    set_food(reader, "title", "Circular packaging")
    with reader.db.read() as session:
        found = strategies.taggings_of(session, [food(reader).id or 0])[food(reader).id or 0]
    assert "circular" in {tagging.spearhead for tagging in found}


def test_a_deadline_set_into_the_past_closes_the_call(reader: App) -> None:
    set_food(reader, "deadlines", "2026-06-01")
    assert (food(reader).status, food(reader).closes_on) == (CallStatus.CLOSED, date(2026, 6, 1))


def test_several_deadlines_are_written_with_commas(reader: App) -> None:
    set_food(reader, "deadlines", "2026-10-06, 2027-02-01")
    assert food(reader).deadlines == (Deadline(on=date(2026, 10, 6)), Deadline(on=date(2027, 2, 1)))


def test_a_lifted_edit_gives_back_what_the_source_said_last(reader: App, portal: ToldPortal) -> None:
    set_food(reader, "title", "Food, rightly named")
    portal.retell(FOOD, title=["Another title"])
    collect(reader, JUNE_10)
    lift_override(reader, food(reader).id or 0, "title", Signed("eve", "mended at the source", reader.clock()))
    assert (food(reader).title, events(reader.db)) == ("Another title", [])
    collect(reader, JUNE_11)
    assert (food(reader).title, events(reader.db)) == ("Another title", [])


def test_a_field_emptied_by_hand_stays_empty(reader: App, portal: ToldPortal) -> None:
    set_food(reader, "budget_total", "")
    portal.retell(FOOD, title=["Another title"])
    collect(reader, JUNE_10)
    assert food(reader).budget_total is None


def test_setting_a_field_again_keeps_what_the_source_said(reader: App) -> None:
    before = food(reader).title
    set_food(reader, "title", "Food, named once")
    set_food(reader, "title", "Food, named twice")
    assert (edit_of(reader, "title").value, edit_of(reader, "title").said) == ("Food, named twice", before)


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("key", "x", "key cannot be set by hand; these can: identifier, title"),
        ("deadlines", "soon", "deadlines: the value 'soon' cannot be used"),
        ("budget_total", "a lot", "budget_total: the value 'a lot' cannot be used"),
        ("title", "", "title: the value '' cannot be used"),
        ("claimed_status", "perhaps", "claimed_status: the value 'perhaps' cannot be used"),
        ("programme", "P" * 41, "programme: the value .* cannot be used"),
    ],
)
def test_what_is_no_field_or_no_value_is_refused_and_nothing_changes(
    reader: App, field: str, text: str, said: str
) -> None:
    before = stored(reader.db)
    with refused(InputFaults, said):
        set_food(reader, field, text)
    assert stored(reader.db) == before


def test_a_field_that_nobody_holds_cannot_be_lifted(reader: App) -> None:
    with refused(Refusal, "nobody has set its title"):
        lift_override(reader, food(reader).id or 0, "title", Signed("eve", "why not", reader.clock()))
