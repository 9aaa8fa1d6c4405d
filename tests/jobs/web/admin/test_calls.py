"""Calls at the desk: the list, decisions on several at once, lists with a name, duplicates, history and reports."""

import pytest
from bs4 import BeautifulSoup

from db.admins import Role
from db.audit import list_audit
from db.duplicates import Duplicate, DuplicateState, Ground
from db.reports import ReportKind
from jobs.base.app import App
from jobs.readers.reports import hand_in
from jobs.rulebook.pins import MOST_AT_ONCE
from tests.jobs.rulebook.archive import remember, spearheads
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_version, facts


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def listed(browser: Browser, query: str = "") -> list[str]:
    """The titles of a list."""
    page = BeautifulSoup(browser.get(f"/admin/calls{query}").text, "lxml")
    return [link.get_text() for link in page.select(".ticked th a")]


def told(app: App, subject: str = "") -> list[tuple[str, str, str]]:
    with app.db.read() as session:
        return [(one.action, one.subject, one.detail["reason"]) for one in list_audit(session, None, subject=subject)]


def test_the_list_has_words_numbers_identifiers_and_filters(app: App, browser: Browser) -> None:
    [bread] = remember(app, "Food: bread", identifier="EX-BREAD", source="eura")
    remember(app, "Recycling of glass", "Roads and bridges")
    assert set(listed(browser)) == {"Food: bread", "Recycling of glass", "Roads and bridges"}
    for query in ("?q=bread", f"?q={bread}", "?q=EX-BREAD", "?spearheads=food", "?sources=eura"):
        assert listed(browser, query) == ["Food: bread"], query
    assert listed(browser, "?status=closed") == []
    assert listed(browser, "?q=nothing+of+the+kind") == []


def test_a_long_list_has_pages(app: App, browser: Browser) -> None:
    remember(app, *(f"Bridge {number:03}" for number in range(60)))
    page = BeautifulSoup(browser.get("/admin/calls").text, "lxml")
    [after] = [str(link["href"]) for link in page.select(".pages a")]
    assert len(listed(browser)) == 50
    assert len(listed(browser, after.removeprefix("/admin/calls"))) == 10
    assert "60 calls" in page.get_text()


@pytest.mark.both_kinds
def test_several_calls_are_decided_on_at_once_after_they_were_shown(app: App, browser: Browser) -> None:
    ids = remember(app, "Milk of the north", "Cheese of the south")
    chosen = {"call": [str(number) for number in ids], "decision": "in", "spearhead": "food", "back": "query=of"}
    asked = browser.post("/admin/calls/several", **chosen)
    assert "2 calls: they belong to Ruoka" in asked.text
    assert all(spearheads(app, number) == set() for number in ids)
    assert browser.post("/admin/calls/several/decide", **chosen).status_code == 422  # without a reason
    answer = browser.post("/admin/calls/several/decide", **chosen, reason="both are food")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/admin/calls?query=of&")
    assert [spearheads(app, number) for number in ids] == [{"food"}, {"food"}]
    assert told(app, "call") == [("pinned to", f"call {number} (food)", "both are food") for number in reversed(ids)]
    browser.post("/admin/calls/several/decide", **chosen | {"decision": "none"}, reason="not of this region")
    assert [spearheads(app, number) for number in ids] == [set(), set()]
    assert told(app, "call")[0] == ("pinned away from", f"call {ids[1]} (food)", "not of this region")


def test_nothing_is_done_to_no_call_to_too_many_or_to_one_that_there_is_not(app: App, browser: Browser) -> None:
    [milk] = remember(app, "Milk")
    chosen = {"decision": "in", "spearhead": "food", "reason": "why not"}
    many = [str(number) for number in range(1, MOST_AT_ONCE + 2)]
    assert "No call is ticked" in browser.post("/admin/calls/several", **chosen).text
    assert "101 calls are ticked" in browser.post("/admin/calls/several", **chosen, call=many).text
    for calls in ([], many):
        assert browser.post("/admin/calls/several/decide", **chosen, call=calls).status_code == 422
    assert browser.post("/admin/calls/several/decide", **chosen, call=[str(milk), "99"]).status_code == 404
    assert (
        browser.post("/admin/calls/several/decide", **chosen | {"spearhead": "no"}, call=str(milk)).status_code == 404
    )
    assert spearheads(app, milk) == set()
    assert told(app, "call") == []


def test_all_of_a_page_are_ticked_without_a_script(app: App, browser: Browser) -> None:
    remember(app, "Milk", "Bread")
    page = BeautifulSoup(browser.get("/admin/calls?ticked=yes").text, "lxml")
    assert len(page.select("input[name=call][checked]")) == 2
    assert browser.get("/admin/calls").text.count("checked") == 2  # the statuses


@pytest.mark.both_kinds
def test_a_list_gets_a_name_that_everybody_at_the_desk_finds(app: App, browser: Browser) -> None:
    remember(app, "Food: bread", "Recycling of glass")
    answer = browser.post("/admin/views", name="Food, open", query="spearheads=food&status=open&odd=1")
    assert answer.status_code == 303
    other = desk(app, "aino", Role.AUDITOR)
    page = BeautifulSoup(other.get("/admin/calls").text, "lxml")
    [view] = [link for link in page.select(".active a") if link.get_text() == "Food, open"]
    assert listed(other, str(view["href"]).removeprefix("/admin/calls")) == ["Food: bread"]
    assert other.post("/admin/views/1/remove").status_code == 403
    assert browser.post("/admin/views", name=" ", query="").status_code == 422
    browser.post("/admin/views", name="Food, open", query="spearheads=food")
    assert told(app, "view") == [("view saved", "view 1", ""), ("view saved", "view 1", "")]
    assert browser.post("/admin/views/1/remove").status_code == 303
    assert browser.post("/admin/views/1/remove").status_code == 404
    assert "Food, open" not in browser.get("/admin/calls").text


def pair(app: App, state: DuplicateState = DuplicateState.PROPOSED) -> int:
    """Two calls of two sources that may be one; the pair's number."""
    [first] = remember(app, "Bread of the north", budget_total=1_000_000)
    [second] = remember(app, "Bread of the North!", source="eura", budget_total=2_000_000)
    with app.db.write() as session:
        found = Duplicate(first_id=first, second_id=second, ground=Ground.TITLE_DEADLINE, state=state, found_at=MONDAY)
        session.add(found)
        session.flush()
        return found.id or 0


@pytest.mark.both_kinds
def test_two_calls_stand_side_by_side_and_are_joined_and_parted_with_a_reason(app: App, browser: Browser) -> None:
    address = f"/admin/duplicates/{pair(app)}"
    assert "1 pair may be the same call at two sources" in browser.get("/admin/calls").text
    assert "Bread of the north" in browser.get("/admin/duplicates").text
    page = BeautifulSoup(browser.get(address).text, "lxml")
    differing = {row.th.get_text() for row in page.select(".differs")}  # type: ignore[union-attr]
    assert differing == {"Title", "Total budget", "Identifier"}
    assert browser.post(address, decision="accept").status_code == 409
    assert browser.post(address, decision="accept", reason="one and the same").status_code == 303
    assert len(listed(browser)) == 1  # shown once
    assert "Part them" in browser.get(address).text
    assert "The same call at another source" in browser.get("/admin/calls/2").text
    assert browser.post(address, decision="accept", reason="again").status_code == 409
    browser.post(address, decision="split", reason="they are two")
    assert len(listed(browser)) == 2
    assert [why for _, _, why in told(app, "duplicate")] == ["they are two", "one and the same"]
    assert browser.post(address, decision="odd", reason="x").status_code == 422
    assert browser.get("/admin/duplicates/99").status_code == 404


def test_a_call_shows_what_has_become_of_it_and_what_people_reported(app: App, browser: Browser) -> None:
    [milk] = remember(app, "Milk", text="Milk for all schools of the north.")
    add_version(app.db, MONDAY, milk, facts("Milk", title="Milk", text="Milk for some schools of the north."))
    later = facts("Milk", title="Milk", text="Milk for all schools of the north.")
    add_version(app.db, MONDAY.replace(hour=9), milk, later)
    hand_in(app, ReportKind.ERROR, "The deadline is wrong.", "", "fi", milk)
    shown = browser.get(f"/admin/calls/{milk}").text
    assert "<del>some</del>" in shown
    assert "<ins>all</ins>" in shown
    assert "The deadline is wrong." in shown
    assert "The deadline is wrong." not in desk(app, "aino", Role.EDITOR).get(f"/admin/calls/{milk}").text
