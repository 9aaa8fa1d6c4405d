"""Judging calls on the screen: what comes first, what is kept of a judgement, and the disagreements."""

import sys

import pytest
from playwright.sync_api import Browser as Window
from playwright.sync_api import expect

from db.examples import all_examples
from db.feedback import NotForUs, add_feedback
from db.strategies import Rule, Weight
from jobs.base.app import App
from jobs.rulebook.gold import judged_grades
from jobs.rulebook.to_judge import calls_to_judge
from tests.jobs.rulebook.archive import FARMING, pin, remember, save, spearheads
from tests.jobs.web.admin.desks import PASSWORD, account, desk
from tests.jobs.web.admin.test_rules import shown
from tests.jobs.web.browsing import Browser
from tests.jobs.web.windows import shown as served_at
from tests.jobs.world import enrol

ADDRESS = "/admin/spearheads/food/judge"


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def asked(app: App) -> list[tuple[int, str]]:
    with app.db.read() as session:
        return [(one.call_id, one.why.value) for one in calls_to_judge(session, "food")]


def grades(app: App) -> dict[int, int]:
    with app.db.read() as session:
        return judged_grades(session).get("food", {})


@pytest.fixture
def three(app: App) -> list[int]:
    """A call far above the threshold, one at it, and one below; a fourth has nothing of it."""
    save(app, FARMING)
    save(app, Rule(key="herb", spearhead="food", text="herb", weight=Weight.WEAK))
    return remember(app, "Vertical farming: vertical farming", "Herbs", "Vertical farming of herbs", "Bridges")


@pytest.mark.both_kinds
def test_doubts_of_readers_come_first_and_then_what_is_near_the_threshold(app: App, three: list[int]) -> None:
    farms, herbs, both, _ = three
    assert {call_id for call_id, _ in asked(app)} == {farms, herbs, both}
    assert dict(asked(app))[herbs] == "near"
    reader = enrol(app.db, app.clock(), "anna", "food")
    with app.db.write() as session:
        add_feedback(session, NotForUs(subscriber_id=reader, call_id=both, spearhead="food", at=app.clock()))
    assert asked(app)[0] == (both, "readers")
    pin(app, farms, True)
    assert farms not in dict(asked(app))


def test_calls_are_judged_one_after_another_until_none_is_left(app: App, browser: Browser, three: list[int]) -> None:
    order = [call_id for call_id, _ in asked(app)]
    for call_id, verdict in zip(order, ("in", "out", "unsure"), strict=True):
        page = browser.get(ADDRESS).text
        assert f'value="{call_id}"' in page
        answer = browser.post(ADDRESS, call=str(call_id), verdict=verdict, at="0")
        assert answer.headers["location"] == f"{ADDRESS}?at=0"
    assert grades(app) == dict(zip(order, (2, 0, 1), strict=True))
    assert "No call is left" in browser.get(ADDRESS).text


def test_judging_for_one_spearhead_keeps_what_was_judged_for_another(app: App, browser: Browser) -> None:
    [call] = remember(app, "Food in circles")
    browser.post(ADDRESS, call=str(call), verdict="in")
    browser.post("/admin/spearheads/circular/judge", call=str(call), verdict="out")
    with app.db.read() as session:
        assert {key: found[call] for key, found in judged_grades(session).items()} == {"food": 2, "circular": 0}


def test_a_judgement_pins_and_is_an_example_with_a_reason(app: App, browser: Browser, three: list[int]) -> None:
    farms = three[0]
    refused = browser.post(ADDRESS, call=str(farms), verdict="out", pin="yes", example="yes")
    assert (refused.status_code, grades(app)) == (422, {})
    assert "A reason is missing" in shown(refused.text, ".faults")
    unsure = browser.post(ADDRESS, call=str(farms), verdict="unsure", pin="yes", reason="hm")
    assert (unsure.status_code, grades(app)) == (422, {})
    browser.post(ADDRESS, call=str(farms), verdict="out", pin="yes", example="yes", reason="no farm of ours")
    assert (grades(app), spearheads(app, farms)) == ({farms: 0}, set())
    with app.db.read() as session:
        assert [one.must for one in all_examples(session)] == [False]


def test_evidence_is_marked_and_text_is_no_markup(app: App, browser: Browser) -> None:
    save(app, FARMING)
    [call] = remember(app, "Vertical farming <b>", text="More <script>vertical farming</script>.")
    page = browser.get(f"{ADDRESS}?calls={call},999,x").text
    assert shown(page, ".judged h2 mark") == "Vertical farming"
    assert shown(page, ".read mark") == "vertical farming"
    assert "<script>vertical" not in page
    assert browser.post(ADDRESS, call="999", verdict="in").status_code == 404


def test_disagreements_are_looked_for_on_demand_and_say_what_is_missing(
    app: App, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/admin/spearheads/food/disagreements"
    assert "It takes some seconds" in browser.get(address).text
    assert shown(browser.get(f"{address}?look=yes").text, ".faults")
    for number in range(12):
        [call] = remember(app, f"{'Food' if number % 2 else 'Bridge'} of the {number}")
        browser.post(ADDRESS, call=str(call), verdict="in" if number % 2 else "out")
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    assert "learn" in shown(browser.get(f"{address}?look=yes").text, ".faults")


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_calls_are_judged_by_keys_and_without_scripts_by_buttons(
    app: App, window: Window, three: list[int], scripts: bool
) -> None:
    account(app, "maija")
    first, second, _ = [call_id for call_id, _ in asked(app)]
    with served_at(app) as served:
        page = window.new_context(java_script_enabled=scripts).new_page()
        base = served.settings.mail.base_url
        page.goto(f"{base}/admin/sign-in")
        page.get_by_label("Your e-mail address").fill("maija@desk.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(base + ADDRESS)
        if scripts:
            page.keyboard.press("j")
            expect(page.locator("p.soft").first).to_contain_text("2 of 3")
            page.keyboard.press("k")
            expect(page.locator("p.soft").first).to_contain_text("1 of 3")
            page.keyboard.press("1")
        else:
            page.get_by_role("button", name="It belongs to it").click()
        expect(page.locator("p.soft").first).to_contain_text("1 of 2")
        assert grades(app) == {first: 2}
        page.get_by_role("button", name="It does not belong to it").click()
        expect(page.locator("p.soft").first).to_contain_text("1 of 1")
        page.context.close()
    assert grades(app) == {first: 2, second: 0}
