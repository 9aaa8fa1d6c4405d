"""Rules on the screen: lists, what an edit would do, what is saved, and what is refused beside its field."""

from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from db.admins import Role
from db.calls import Call
from db.strategies import Rule, Weight
from jobs.base.app import App
from tests.jobs.rulebook.archive import FARMING, late, remember, rule_now, save, spearheads
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.browsing import Browser
from tests.jobs.world import enrol

LINE = {"weight": "strong", "language": "any"}


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def shown(text: str, selector: str) -> str:
    """The words of a part of a page."""
    return " ".join(part.get_text(" ", strip=True) for part in BeautifulSoup(text, "lxml").select(selector))


def test_a_new_rule_is_tried_then_saved_announced_and_listed(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming of herbs")
    enrol(app.db, app.clock(), "anna", "food")
    tried = browser.post("/admin/spearheads/food/new-rule/effect", text='"vertical farming"', **LINE)
    assert "+1 −0" in shown(tried.text, "#effect")
    assert shown(tried.text, ".shifts mark") == "Vertical farming"
    assert "vertical farming" in shown(tried.text, "textarea")
    assert spearheads(app, farm) == set()
    saved = browser.post(
        "/admin/spearheads/food/new-rule", text='"vertical farming"', reason="a new trade", announce="yes", **LINE
    )
    assert saved.status_code == 303
    page = browser.get(saved.headers["location"])
    assert "told to readers: 1" in shown(page.text, ".said")
    assert "Maija : a new trade" in shown(page.text, ".history")
    assert spearheads(app, farm) == {"food"}
    assert late(app) == [farm]
    listed = browser.get("/admin/spearheads/food")
    assert "food-vertical-farming" in listed.text
    [row] = [row for row in BeautifulSoup(listed.text, "lxml").select(".rules tbody tr") if "vertical" in row.text]
    assert row.select_one(".number").get_text() == "1"  # type: ignore[union-attr]


WRONG = {
    "an unclosed bracket": ({"text": "(food"}, "text", "bracket"),
    "nothing": ({"text": ""}, "text", ""),
    "no such weight": ({"weight": "huge"}, "weight", "huge"),
    "no such language": ({"language": "xx"}, "language", "xx"),
    "no reason": ({"reason": " "}, "reason", "reason is missing"),
    "an example that is not kept": ({"must_match": "nothing of the kind"}, "text", "must match"),
}


@pytest.mark.parametrize(("changed", "field", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost_or_saved(
    app: App, browser: Browser, changed: dict[str, str], field: str, words: str
) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING)
    before = rule_now(app, "farming")
    sent = {"text": '"vertical farming" OR herbs', "reason": "tried", **LINE} | changed
    answer = browser.post("/admin/rules/farming", **sent)
    assert answer.status_code == 422
    complaint = shown(answer.text, f"#{field}-wrong")
    assert words in complaint
    assert complaint
    assert BeautifulSoup(answer.text, "lxml").select_one(".faults a")["href"] == f"#{field}"  # type: ignore[index]
    assert sent["text"] in shown(answer.text, "#text")
    assert rule_now(app, "farming") == before


def test_a_rule_is_switched_off_and_an_earlier_state_restored(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    assert browser.post("/admin/rules/farming/off").status_code == 422  # without a reason
    assert browser.post("/admin/rules/farming/off", reason="too wide").status_code == 303
    assert spearheads(app, farm) == set()
    page = browser.get("/admin/rules/farming")
    assert "switched off" in shown(page.text, ".lead")
    assert browser.post("/admin/rules/farming/back", revision="1", reason="it was right").status_code == 303
    assert spearheads(app, farm) == {"food"}
    assert browser.post("/admin/rules/farming/back", revision="99", reason="none").status_code == 404
    assert browser.post("/admin/rules/farming/back", revision="x", reason="none").status_code == 404


def test_who_may_only_look_sees_what_an_edit_would_do_and_no_button_to_save(app: App) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING)
    auditor = desk(app, "aino", Role.AUDITOR)
    page = auditor.post("/admin/rules/farming/effect", text="herbs", **LINE)
    assert "−1" in shown(page.text, "#effect")
    assert "reason" not in [field.get("name") for field in BeautifulSoup(page.text, "lxml").select("input")]


def test_what_readers_and_publishers_wrote_is_text_and_no_markup(app: App, browser: Browser) -> None:
    evil = "<script>alert(1)</script>"
    remember(app, f"Vertical farming {evil}")
    save(app, FARMING)
    page = browser.post("/admin/rules/farming/effect", text=f'herbs OR "{evil}"', reason=evil, must_match=evil, **LINE)
    assert evil not in page.text
    for address in (
        f"/admin/audit?who={quote(evil)}",
        f"/admin/tester?call={quote(evil)}",
        f"/admin/rules/{quote(evil)}",
    ):
        assert evil not in browser.get(address).text


def test_the_tester_says_why_and_why_not(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    of_text = browser.post("/admin/tester", title="Vertical farming of herbs", text="")
    assert shown(of_text.text, ".has h3").endswith(": yes")
    assert shown(of_text.text, ".has mark") == "Vertical farming"
    with app.db.read() as session:
        published = session.get_one(Call, farm).url
    for name in (str(farm), published, f"https://calls.example/fi/calls/{farm}"):
        of_call = browser.get(f"/admin/tester?call={quote(name)}")
        assert shown(of_call.text, ".has mark") == "Vertical farming"
    nothing = browser.post("/admin/tester", title="Ships", text="and the sea")
    assert "No rule finds anything" in nothing.text
    missing = browser.post("/admin/tester", call="no such call")
    assert (missing.status_code, shown(missing.text, "#call-wrong")) == (422, "There is no call no such call")


def test_the_effect_changes_while_one_types_and_marks_the_place_of_a_fault(app: App, browser: Browser) -> None:
    remember(app, "Vertical farming")
    address = "/admin/spearheads/food/new-rule/effect"
    typing = {"sec-fetch-site": "same-origin", "hx-request": "true"}
    good = browser.post(address, typing, text='"vertical farming"', **LINE)
    assert good.text.lstrip().startswith("<h2>What it would do")
    assert "<html" not in good.text
    bad = browser.post(address, typing, text="farm) OR herbs", **LINE)
    assert shown(bad.text, "mark") == ")"
    assert shown(bad.text, "code") == "farm ) OR herbs"


def test_a_mask_is_tried_saved_changed_and_removed(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    sent = {"text": '"vertical farming"', "spearhead": "food", "language": "any", "hides": "words"}
    assert "−1" in shown(browser.post("/admin/new-mask/effect", **sent).text, "#effect")
    assert browser.post("/admin/new-mask", **sent).status_code == 422
    made = browser.post("/admin/new-mask", **sent, reason="another trade")
    assert made.headers["location"] == "/admin/masks/mask-vertical-farming?done=saved"
    assert spearheads(app, farm) == set()
    assert "another trade" in shown(browser.get(made.headers["location"]).text, ".history")
    changed = sent | {"text": '"vertical gardening"'}
    assert browser.post("/admin/masks/mask-vertical-farming", **changed, reason="too much").status_code == 303
    assert spearheads(app, farm) == {"food"}
    assert browser.post("/admin/masks/mask-vertical-farming/off", reason="of no use").status_code == 303
    assert "This mask is removed" in browser.get("/admin/masks/mask-vertical-farming").text


@pytest.mark.parametrize(("field", "typed"), [("threshold", "x"), ("threshold", "0"), ("full_until", "9999999")])
def test_points_are_numbers_within_reason(app: App, browser: Browser, field: str, typed: str) -> None:
    sent = {"threshold": "4", "full_until": "1500"} | {field: typed}
    answer = browser.post("/admin/spearheads/food/scoring", **sent, reason="tried")
    assert answer.status_code == 422
    assert shown(answer.text, f"#{field}-wrong")


def test_a_threshold_is_tried_and_saved(app: App, browser: Browser) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    sent = {"threshold": "9", "full_until": "0"}
    assert "−1" in shown(browser.post("/admin/spearheads/food/scoring/effect", **sent).text, "#effect")
    assert browser.post("/admin/spearheads/food/scoring", **sent, reason="too many").status_code == 303
    assert spearheads(app, farm) == set()
    assert 'value="9"' in browser.get("/admin/spearheads/food/scoring").text


def test_near_misses_lead_to_a_rule_with_the_word_that_would_do(app: App, browser: Browser) -> None:
    save(app, Rule(key="farm", spearhead="food", text="farm", weight=Weight.MEDIUM))
    for place in ("north", "south", "east"):
        remember(app, f"Food of the {place}", text="A bakery in town")
        remember(app, f"Bridges of the {place}", text="A river in town")
    remember(app, "The west", text="There are farms and bakeries.")
    save(app, FARMING)
    assert shown(browser.get("/admin/near-misses?spearhead=food").text, ".waiting h2") == "The west"
    page = browser.get("/admin/near-misses?spearhead=food&words=yes&dead=yes")
    assert shown(page.text, ".waiting h2") == "The west"
    links = [str(link["href"]) for link in BeautifulSoup(page.text, "lxml").select(".waiting a")]
    assert {"/admin/spearheads/food/new-rule?text=bakeries", "/admin/rules/farming"} <= set(links)
    assert shown(browser.get("/admin/spearheads/food/new-rule?text=bakeries").text, "textarea#text") == "bakeries"
