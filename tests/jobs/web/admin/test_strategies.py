"""The strategy of a next period: copied, edited by the same screens beside today's rules, and switched on its day."""

from datetime import date, timedelta

import pytest

from db.admins import Role
from db.next_strategies import NextState
from db.strategies import all_strategies
from jobs.base.app import App
from jobs.rulebook.next_strategy import beside_today, edited_lines, next_named, switch_due
from jobs.running.inbox import WaitingKind, all_waiting
from tests.jobs.rulebook.archive import FARMING, late, remember, rule_now, save, spearheads
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.admin.test_rules import shown
from tests.jobs.web.browsing import Browser
from tests.jobs.world import Clock, enrol

LINE = {"weight": "strong", "language": "any", "reason": "for the new period"}
NEXT = "/admin/next/1"


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


@pytest.fixture
def prepared(app: App, browser: Browser) -> list[int]:
    """Two calls; one is food today. A strategy is prepared."""
    ids = remember(app, "Vertical farming", "Herb gardens")
    save(app, FARMING)
    assert browser.post("/admin/strategies", name="2030–", reason="the council decides").status_code == 303
    return ids


def day(app: App, days: int) -> str:
    return (app.today() + timedelta(days)).isoformat()


def state(app: App) -> tuple[NextState, str | None]:
    with app.db.read() as session:
        one = next_named(session, 1)
        return one.state, one.trouble


def edit_next(browser: Browser) -> None:
    answer = browser.post(f"{NEXT}/rules/farming", text='"vertical farming" OR "herb gardens"', **LINE)
    assert answer.headers["location"] == f"{NEXT}/rules/farming?done=saved"


def test_a_copy_is_edited_by_the_same_screens_and_todays_rules_stay(
    app: App, browser: Browser, prepared: list[int]
) -> None:
    farm, herbs = prepared
    page = browser.get(f"{NEXT}/rules/farming").text
    assert "You are working on the strategy 2030–" in shown(page, ".beside")
    assert f'action="{NEXT}/rules/farming"' in page
    tried = browser.post(f"{NEXT}/rules/farming/effect", text='"vertical farming" OR "herb gardens"', **LINE)
    assert "+1 −0 of 2 calls" in shown(tried.text, "#effect")
    edit_next(browser)
    assert rule_now(app, "farming") == FARMING
    assert (spearheads(app, farm), spearheads(app, herbs)) == ({"food"}, set())
    assert "You are working" not in browser.get("/admin/rules/farming").text
    shows = browser.get("/admin/strategies/1?look=yes").text
    assert "+1 −0 of 2 calls" in shown(shows, "#effect")
    assert 'OR "herb gardens"' in shown(shows, ".changed ins")
    assert browser.get("/admin/next/9/rules").status_code == 404
    assert browser.get(f"{NEXT}/readers").status_code == 404


@pytest.mark.both_kinds
@pytest.mark.parametrize("announced", [True, False])
def test_it_takes_over_on_its_day_silently_or_announced(
    app: App, clock: Clock, browser: Browser, prepared: list[int], announced: bool
) -> None:
    _, herbs = prepared
    enrol(app.db, app.clock(), "anna", "food")
    edit_next(browser)
    sent = {"starts_on": day(app, 2), "reason": "as decided"} | ({"announce": "yes"} if announced else {})
    assert browser.post("/admin/strategies/1/day", **sent).status_code == 303
    assert switch_due(app) == []
    clock.now += timedelta(days=2)
    switch_due(app)
    assert state(app) == (NextState.TAKEN_OVER, None)
    assert spearheads(app, herbs) == {"food"}
    assert late(app) == ([herbs] if announced else [])
    with app.db.read() as session:
        before, after = all_strategies(session)
    assert (before.ends_on, after.starts_on, after.key) == (date(2026, 6, 16), date(2026, 6, 17), "next-1")
    assert switch_due(app) == []
    assert desk(app, "eeva").post(f"{NEXT}/rules/farming", text="herbs", **LINE).status_code == 409


def test_a_line_that_was_edited_in_both_stops_it_and_waits_for_a_person(
    app: App, clock: Clock, browser: Browser, prepared: list[int]
) -> None:
    edit_next(browser)
    browser.post("/admin/strategies/1/day", starts_on=day(app, 0), reason="as decided")
    save(app, FARMING.model_copy(update={"text": "farms"}))
    switch_due(app)
    assert state(app) == (NextState.PREPARED, "changed_since")
    with app.db.read() as session:
        assert [one.kind for one in all_waiting(session, app)] == [WaitingKind.STRATEGY]
    page = browser.get("/admin/strategies/1?look=yes").text
    assert "a line was edited both here and today" in shown(page, ".urgent")
    assert "farming" in shown(page, ".faults")


def test_what_is_edited_after_its_day_was_chosen_stops_it(app: App, browser: Browser, prepared: list[int]) -> None:
    browser.post("/admin/strategies/1/day", starts_on=day(app, 0), reason="as decided")
    edit_next(browser)
    switch_due(app)
    assert state(app) == (NextState.PREPARED, "edited_since")
    browser.post("/admin/strategies/1/day", starts_on=day(app, 0), reason="with that")
    switch_due(app)
    assert state(app) == (NextState.TAKEN_OVER, None)


def test_other_edits_of_today_stay_when_it_takes_over(app: App, browser: Browser, prepared: list[int]) -> None:
    edit_next(browser)
    save(app, FARMING.model_copy(update={"key": "fish", "text": "fish"}))
    browser.post("/admin/strategies/1/day", starts_on=day(app, 0), reason="as decided")
    switch_due(app)
    assert rule_now(app, "fish")
    assert "herb" in (rule_now(app, "farming") or FARMING).text


def test_where_two_persons_are_needed_another_approves_the_day(app: App, browser: Browser, prepared: list[int]) -> None:
    aino = desk(app, "aino", Role.APPROVER)
    browser.post("/admin/two-persons", two="yes", reason="the auditors asked for it")
    edit_next(browser)
    asked = browser.post("/admin/strategies/1/day", starts_on=day(app, 0), reason="as decided")
    assert asked.headers["location"] == "/admin/proposals/1?done=proposed"
    assert switch_due(app) == []
    assert "What it would change" in aino.get("/admin/proposals/1").text
    browser.post(f"{NEXT}/rules/farming", text="herbs", **LINE)  # after it was proposed
    unseen = aino.post("/admin/proposals/1/approve", reason="I agree")
    assert (unseen.status_code, "were edited after" in unseen.text) == (422, True)
    edit_next(browser)
    assert aino.post("/admin/proposals/1/approve", reason="I agree").status_code == 303
    switch_due(app)
    assert state(app) == (NextState.TAKEN_OVER, None)


@pytest.mark.parametrize("typed", ["", "tomorrow", "2020-01-01"])
def test_a_day_must_be_one_to_come(app: App, browser: Browser, prepared: list[int], typed: str) -> None:
    assert browser.post("/admin/strategies/1/day", starts_on=typed, reason="x").status_code == 422
    assert state(app) == (NextState.PREPARED, None)


def test_one_that_is_given_up_does_not_take_over(app: App, browser: Browser, prepared: list[int]) -> None:
    browser.post("/admin/strategies/1/day", starts_on=day(app, 0), reason="as decided")
    assert browser.post("/admin/strategies/1/drop", reason="no longer").status_code == 303
    assert switch_due(app) == []
    assert browser.post("/admin/strategies", name=" ", reason="x").status_code == 422


def test_a_copy_is_nobody_elses(app: App, prepared: list[int]) -> None:
    with app.db.read() as session:
        strategy = next_named(session, 1)
    assert edited_lines(app, strategy)[0].key == "next-1"
    with beside_today(app, strategy).db.read() as session:
        assert [one.key for one in all_strategies(session)][-1] == "next-1"
