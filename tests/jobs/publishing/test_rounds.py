"""The other rounds of a call, and what is expected to open."""

from datetime import date
from typing import Any

import pytest

from db.call_lists import CallFilter
from db.calls import Call, CallKind, CallStatus, Deadline
from db.rounds import opening_days
from jobs.base.app import App
from jobs.publishing.listing import call_list, list_queries
from jobs.publishing.rounds import CallRounds, expected, rounds_of
from tests.jobs.world import MONDAY, add_call, facts
from tracker.rounds.linking import Likeness

OSS = "LIFE-{}-CET-OSS"


def add_round(app: App, code: str, opens_on: str, *tags: str, status: CallStatus, **given: Any) -> int:
    day = date.fromisoformat(opens_on)
    usual: dict[str, Any] = {"opens_on": day, "deadlines": (Deadline(on=day.replace(month=12)),), "programme": "LIFE"}
    call = facts(code, **{"identifier": code, "title": f"Call {code}"} | usual | given)
    return add_call(app.db, MONDAY, call, *tags, status=status, backfilled=status is CallStatus.CLOSED)


def add_past(app: App, code: str, opens_on: str, *tags: str, **given: Any) -> int:
    return add_round(app, code, opens_on, *tags, status=CallStatus.CLOSED, **given)


def rounds(app: App, call_id: int) -> CallRounds | None:
    with app.db.read() as session:
        call = session.get(Call, call_id)
        assert call
        return rounds_of(session, app, call)


@pytest.mark.both_kinds
def test_a_call_has_its_earlier_and_later_rounds_with_days_and_money(app: App) -> None:
    old = add_past(app, OSS.format(2023), "2023-05-11", budget_total=9_000_000)
    new = add_round(app, "life-2026-CET-oss", "2026-04-21", status=CallStatus.OPEN)  # letter case
    add_past(app, "LIFE-2023-CET-OTHER", "2023-05-11", title="Something else")
    found = rounds(app, new)
    assert found
    assert [(one.call_id, one.year, one.likeness, one.status) for one in found.earlier] == [
        (old, 2023, Likeness.ROUND, CallStatus.CLOSED)
    ]
    [earlier] = found.earlier
    assert (earlier.opens_on, earlier.deadlines) == (date(2023, 5, 11), (date(2023, 12, 11),))
    assert earlier.budget_total == 9_000_000
    assert (found.compared, found.since) == (2, 2023)
    later = rounds(app, old)
    assert later
    assert [(one.call_id, one.status) for one in later.later] == [(new, CallStatus.OPEN)]
    assert (later.compared, later.since) == (0, None)  # those after it say nothing of earlier years


def test_a_part_that_has_another_name_now_is_one_part(app: App) -> None:
    old = add_past(app, "HORIZON-MISS-2024-NEB-01-01", "2024-05-08", title="Beautiful, sustainable, together")
    new = add_past(app, "HORIZON-NEB-2026-01-REGEN-01", "2026-05-05", title="Beautiful, sustainable, together")
    add_past(app, "HORIZON-MISS-2024-OCEAN-01-01", "2024-05-08", title="Beautiful, sustainable, together")
    found = rounds(app, new)
    assert found
    assert [one.call_id for one in found.earlier] == [old]


@pytest.mark.parametrize(
    "given",
    [
        {"kind": CallKind.TENDER},
        {"kind": CallKind.CASCADE},  # it has its topic's identifier
        {"identifier": None},
        {"identifier": "EuropeAid/179221/DD/ACT"},
    ],
)
def test_of_calls_without_a_year_in_their_own_identifier_nothing_is_said(app: App, given: dict[str, Any]) -> None:
    add_past(app, OSS.format(2023), "2023-05-11")
    assert rounds(app, add_past(app, OSS.format(2026), "2026-05-11", **given)) is None


def test_a_withdrawn_call_and_another_kind_are_no_rounds(app: App) -> None:
    add_past(app, OSS.format(2023), "2023-05-11", kind=CallKind.CASCADE)
    call = facts("w", identifier=OSS.format(2024))
    add_call(app.db, MONDAY, call, status=CallStatus.CLOSED, withdrawn_at=MONDAY)
    found = rounds(app, add_past(app, OSS.format(2026), "2026-05-11"))
    assert found == CallRounds()


def test_a_wildcard_in_an_identifier_is_only_a_letter(app: App) -> None:
    found = rounds(app, add_past(app, "%_A-2026-X", "2026-05-11"))
    add_past(app, "LIFE-2023-X", "2023-05-11")
    assert found == CallRounds()


@pytest.mark.both_kinds
def test_what_opened_at_the_same_time_each_year_is_expected_with_its_evidence(app: App) -> None:
    for year in (2024, 2025):
        add_past(app, f"LIFE-{year}-SAP-ENV", f"{year}-09-1{year % 10}", "food")
        add_past(app, f"CERV-{year}-TOWN", f"{year}-09-20", "circular", programme="CERV")
        add_past(app, f"LIFE-{year}-FAR-AHEAD", f"{year}-02-20", "food")
    with app.db.read() as session:
        [found] = expected(session, app, spearheads=("food",))
        both = expected(session, app)
        assert [one.identifier for one in expected(session, app, programmes=("CERV",))] == ["CERV-2025-TOWN"]
        assert expected(session, app, ("food",), within=10) == ()
    assert (found.identifier, found.title) == ("LIFE-2025-SAP-ENV", "Call LIFE-2025-SAP-ENV")
    assert (found.from_on, found.to_on) == (date(2026, 9, 14), date(2026, 9, 15))
    assert found.opened == ((2025, date(2025, 9, 15)), (2024, date(2024, 9, 14)))
    assert [one.identifier for one in both] == ["LIFE-2025-SAP-ENV", "CERV-2025-TOWN"]


def test_an_empty_list_of_spearheads_and_programmes_alone_has_what_is_expected(app: App) -> None:
    for year in (2024, 2025):
        add_past(app, f"LIFE-{year}-SAP-ENV", f"{year}-09-1{year % 10}", "food")
    asked = {
        CallFilter(spearheads=("food",)): ["LIFE-2025-SAP-ENV"],
        CallFilter(spearheads=("food",), programmes=("LIFE",), closing=7): ["LIFE-2025-SAP-ENV"],
        CallFilter(spearheads=("circular",)): [],
        CallFilter(spearheads=("food",), query="bread"): [],  # what is expected has no text yet
        CallFilter(spearheads=("food",), statuses=(CallStatus.CLOSED,)): [],  # that list is not empty
    }
    with app.db.read() as session:
        found = {
            choice: [one.identifier for one in call_list(session, app, list_queries(session, app, choice), 10).expected]
            for choice in asked
        }
    assert found == asked


def test_a_row_that_cannot_be_read_hides_no_other_round(app: App) -> None:
    for year in (2023, 2024, 2025):
        add_past(app, f"LIFE-{year}-SAP-ENV", f"{year}-09-1{year % 10}", "food")
    new = add_past(app, "LIFE-2026-SAP-ENV", "2025-10-01", title="x" * 100_000)
    add_past(app, "long", "2025-10-01", identifier="LIFE-2026-" + "A-" * 50_000)
    if app.db.is_sqlite:  # another database holds no such values
        with app.db.write() as session:
            session.connection().exec_driver_sql("UPDATE calls SET opens_on = 'soon' WHERE key = 'LIFE-2024-SAP-ENV'")
    found = rounds(app, new)
    assert found
    assert [one.year for one in found.earlier] == [2025, 2023]
    with app.db.read() as session:
        expected(session, app, spearheads=("food",))
        assert len(opening_days(session, "food", date(2023, 1, 1))) == 2
