"""Proposals on the screen: prepared by one, approved by another, and every door that could lead past that."""

import pytest

from db.admins import Role
from jobs.base.app import App
from tests.jobs.rulebook.archive import FARMING, late, remember, rule_now, save, spearheads
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.admin.test_rules import shown
from tests.jobs.web.browsing import Browser
from tests.jobs.world import enrol

LINE = {"text": '"vertical farming"', "weight": "strong", "language": "any", "reason": "a new trade"}


@pytest.fixture
def olli(app: App) -> Browser:
    return desk(app, "olli")


@pytest.fixture
def aino(app: App, olli: Browser) -> Browser:
    """An approver; the region wants two persons."""
    browser = desk(app, "aino", Role.APPROVER)
    assert olli.post("/admin/two-persons", two="yes", reason="the auditors asked for it").status_code == 303
    return browser


@pytest.fixture
def maija(app: App, aino: Browser) -> Browser:
    return desk(app, "maija", Role.EDITOR)


def test_an_editor_proposes_and_an_approver_approves(app: App, maija: Browser, aino: Browser) -> None:
    [farm] = remember(app, "Vertical farming of herbs")
    enrol(app.db, app.clock(), "anna", "food")
    assert "this makes a proposal" in maija.get("/admin/spearheads/food/new-rule").text
    answer = maija.post("/admin/spearheads/food/new-rule", announce="yes", **LINE)
    assert answer.headers["location"] == "/admin/proposals/1?done=proposed"
    own = maija.get(answer.headers["location"])
    assert "It takes effect when somebody else approves it" in shown(own.text, ".said")
    assert "Withdraw it" in own.text
    assert "/approve" not in own.text
    assert (spearheads(app, farm), late(app)) == (set(), [])
    assert "A proposal that another person must approve : 1 food-vertical-farming" in shown(
        aino.get("/admin").text, ".waiting"
    )
    page = aino.get("/admin/proposals/1")
    assert "+1 −0 of 1 calls; readers who gain open calls: 1" in shown(page.text, ".facts")
    assert shown(page.text, "#effect .shifts mark") == "Vertical farming"
    assert shown(page.text, ".changed ins").startswith('"vertical farming" Strong')
    assert aino.post("/admin/proposals/1/approve", reason=" ").status_code == 422
    assert aino.post("/admin/proposals/1/approve", reason="it is right").status_code == 303
    assert (spearheads(app, farm), late(app)) == ({"food"}, [farm])
    assert "approved · Aino: it is right" in shown(maija.get("/admin/proposals").text, ".soft")


def test_its_author_cannot_approve_it_in_any_role(app: App, olli: Browser, aino: Browser) -> None:
    remember(app, "Vertical farming")
    olli.post("/admin/spearheads/food/new-rule", **LINE)
    answer = olli.post("/admin/proposals/1/approve", reason="mine")
    assert answer.status_code == 422
    assert "Somebody other than Olli must approve" in shown(answer.text, ".faults")
    assert rule_now(app, "food-vertical-farming") is None


DOORS = {
    "an edit": ("/admin/rules/farming", LINE),
    "switching off": ("/admin/rules/farming/off", {"reason": "no"}),
    "going back": ("/admin/rules/farming/back", {"revision": "1", "reason": "no"}),
    "a mask": ("/admin/new-mask", {"text": "farm", "spearhead": "any", "language": "any", "reason": "no"}),
    "points": ("/admin/spearheads/food/scoring", {"threshold": "9", "full_until": "0", "reason": "no"}),
}


@pytest.mark.parametrize(("address", "sent"), DOORS.values(), ids=DOORS)
def test_no_screen_saves_past_the_proposals(app: App, address: str, sent: dict[str, str]) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING.model_copy(update={"enabled": False}))
    save(app, FARMING)
    olli, _ = desk(app, "olli"), desk(app, "aino", Role.APPROVER)
    olli.post("/admin/two-persons", two="yes", reason="the auditors asked for it")
    before = rule_now(app, "farming")
    answer = olli.post(address, **({**sent, "text": "herbs"} if address.endswith("farming") else sent))
    assert answer.headers["location"].startswith("/admin/proposals/1")
    assert (rule_now(app, "farming"), spearheads(app, farm)) == (before, {"food"})


def test_what_has_changed_since_is_said_and_cannot_be_approved(app: App, maija: Browser, aino: Browser) -> None:
    remember(app, "Vertical farming")
    for _ in range(2):
        maija.post("/admin/spearheads/food/new-rule", **LINE)
    aino.post("/admin/proposals/1/approve", reason="it is right")
    page = aino.get("/admin/proposals/2")
    assert "has changed since" in shown(page.text, "[role=alert]")
    assert "/approve" not in page.text
    assert aino.post("/admin/proposals/2/approve", reason="all the same").status_code == 422
    assert aino.post("/admin/proposals/2/decline", reason="made twice").status_code == 303


def test_who_wants_one_person_again_proposes_that(app: App, olli: Browser, aino: Browser) -> None:
    asked = olli.post("/admin/two-persons", two="no", reason="too slow")
    assert asked.headers["location"] == "/admin/proposals/1?done=proposed"
    assert olli.get("/admin/two-persons").status_code == 405
    aino.post("/admin/proposals/1/approve", reason="I agree")
    assert olli.post("/admin/spearheads/food/new-rule", **LINE).headers["location"].endswith("done=saved")
