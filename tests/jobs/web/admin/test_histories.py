"""Histories on the screen: what each save changed, and going back, for rules, masks, points and examples alike."""

import pytest

from db.examples import all_examples
from db.strategies import Mask
from jobs.base.app import App
from jobs.rulebook import saving
from tests.jobs.rulebook.archive import FARMING, ME, example, keep, remember, rule_now, save, spearheads
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.admin.test_rules import shown
from tests.jobs.web.browsing import Browser


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def test_a_rules_history_says_what_each_save_changed(app: App, browser: Browser) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING)
    save(app, FARMING.model_copy(update={"text": '"vertical farming" OR herbs', "language": "en"}))
    page = browser.get("/admin/rules/farming").text
    assert shown(page, ".history li:first-child .diff ins") == "OR herbs"
    assert shown(page, ".history li:first-child dd:last-of-type") == "All texts English"
    assert "Strong" in shown(page, ".history li:last-child ins")


@pytest.mark.both_kinds
def test_a_mask_goes_back_also_when_it_was_removed(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    with app.db.read() as session:
        edit = saving.mask_edit(session, "herbs", Mask(key="herbs", text='"vertical farming"', spearhead="food"))
    saving.save(app, edit, ME)
    assert browser.post("/admin/masks/herbs/off", reason="of no use").status_code == 303
    assert spearheads(app, farm) == {"food"}
    assert "herbs" in shown(browser.get("/admin/spearheads/food").text, "details .soft")
    page = browser.get("/admin/masks/herbs").text
    assert "This mask is removed" in page
    assert "removed" in shown(page, ".history li:first-child")
    assert browser.post("/admin/masks/herbs/back", revision="1", reason="it was right").status_code == 303
    assert spearheads(app, farm) == set()
    assert browser.post("/admin/masks/herbs/back", revision="7", reason="x").status_code == 404
    assert browser.post("/admin/masks/nothing/back", revision="1", reason="x").status_code == 404


def test_points_go_back(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    for points in ("9", "5"):
        sent = {"threshold": points, "full_until": "0", "reason": f"{points} are enough"}
        browser.post("/admin/spearheads/food/scoring", **sent)
    page = browser.get("/admin/spearheads/food/scoring").text
    assert shown(page, ".history li:first-child del") == "9"
    assert shown(page, ".history li:first-child ins") == "5"
    revision = page.partition('<option value="')[2].partition('"')[0]
    assert browser.post("/admin/spearheads/food/scoring/back", revision=revision, reason="back").status_code == 303
    assert 'value="9"' in browser.get("/admin/spearheads/food/scoring").text
    assert spearheads(app, farm) == set()


def test_an_example_is_kept_changed_removed_and_put_back(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    address = "/admin/spearheads/food/examples"
    assert browser.post(address, must="yes", title="Farms of the north").status_code == 422
    made = browser.post(address, must="yes", title="Farms of the north", reason="ours")
    assert made.headers["location"] == f"{address}?done=done"
    page = browser.get(address).text
    assert "1 example is not kept" in shown(page, ".urgent")
    assert shown(page, ".waiting h2") == "Farms of the north"
    assert browser.post(address, must="yes", call=str(farm), reason="a call that is one").status_code == 303
    assert shown(browser.get(address).text, ".waiting .urgent") == "not kept"
    assert (
        browser.post("/admin/examples/1", must="no", title="Farms of the north", text="", reason="no").status_code
        == 303
    )
    page = browser.get("/admin/examples/1").text
    assert "The rules keep it." in page
    assert (shown(page, ".history li:first-child del"), shown(page, ".history li:first-child ins")) == ("yes", "no")
    assert browser.post("/admin/examples/1/remove", reason="of no use").status_code == 303
    assert "Farms of the north" in shown(browser.get(address).text, "details li")
    assert browser.post("/admin/examples/1/back", revision="1", reason="it was right").status_code == 303
    assert "Farms of the north" in shown(browser.get(address).text, ".waiting h2")
    assert browser.get("/admin/examples/99").status_code == 404
    assert browser.post("/admin/examples/99/back", revision="1", reason="x").status_code == 404


def test_an_example_from_a_call_keeps_its_other_words_when_it_is_turned(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming", call_title="Herbs of the north")
    browser.post("/admin/spearheads/food/examples", must="yes", call=str(farm), reason="one")
    browser.post("/admin/examples/1", must="no", title="Vertical farming", text="", reason="not any more")
    with app.db.read() as session:
        [row] = all_examples(session)
    assert (row.must, row.document["call_title"]) == (False, "Herbs of the north")


def test_an_edit_that_would_break_an_example_is_refused(app: App, browser: Browser) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING)
    keep(app, example("Vertical farming", must=True))
    answer = browser.post("/admin/rules/farming", text="herbs", weight="strong", language="any", reason="narrower")
    assert answer.status_code == 422
    assert rule_now(app, "farming") == FARMING
