"""Readers as lists at the desk: counts, a file, invitations, a pause that they are told of, and "not for us"."""

import csv
import io
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from db.admins import Role
from db.audit import list_audit
from db.regions import find_ours
from db.subscribers import Actor
from jobs.base.app import App
from jobs.readers.preferences import not_for_us
from jobs.web.admin.desk import COOKIE
from tests.jobs.rulebook.archive import FARMING, ME, remember, save
from tests.jobs.subscribing import all_letters, body, joined, kinds, reader
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.browsing import Browser
from tests.jobs.world import add_news, enrol

SAME = {"sec-fetch-site": "same-origin"}
COMMON = {"spearhead": "food", "language": "fi", "cadence": "weekly", "reason": "members of the food cluster"}


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def said(text: str) -> str:
    page = BeautifulSoup(text, "lxml")
    assert page.main
    return page.main.get_text(" ", strip=True)


def acts_of(app: App, action: str) -> list[str]:
    with app.db.read() as session:
        return [one.detail["reason"] for one in list_audit(session, None) if one.action == action]


def test_readers_are_counted_by_organisation(app: App, browser: Browser) -> None:
    for name, kind, place in (("a", "company", "Lahti"), ("b", "company", "Heinola"), ("c", "municipality", "Lahti")):
        joined(app, name, actor=f"{name}'s", actor_type=kind, municipality=place)
    enrol(app.db, app.clock(), "silent")
    shown = said(browser.get("/admin/readers/counts").text)
    assert "4 readers get mail" in shown
    for line in ("company 2", "Lahti 2", "company Heinola 1", "not said not said 1"):
        assert line in shown


def test_the_list_is_taken_by_admins_with_a_reason_that_is_kept(app: App, browser: Browser) -> None:
    joined(app, "anna", actor="=cmd|' /C calc'!A0", actor_type="company", municipality="Lahti")
    assert browser.post("/admin/readers/list.csv").status_code == 422
    answer = browser.post("/admin/readers/list.csv", reason="a count for the board")
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["address"], row["spearheads"], row["municipality"]) == ("anna@reader.example", "food", "Lahti")
    assert row["actor"].startswith("'=")
    assert acts_of(app, "list of readers taken") == ["a count for the board"]
    assert desk(app, "aud", Role.AUDITOR).post("/admin/readers/list.csv", reason="why not").status_code == 403


def test_a_pasted_list_is_invited_and_each_bad_line_named(app: App, browser: Browser) -> None:
    joined(app, "known")
    wrong = browser.post("/admin/readers/invite", None, **COMMON, list="anna@reader.example\nnobody\n")
    assert wrong.status_code == 422
    assert "Line 2" in wrong.text
    assert "anna@reader.example" in wrong.text  # what was typed stays
    answer = browser.post("/admin/readers/invite", None, **COMMON, list="anna@reader.example known@reader.example")
    shown = said(answer.text)
    assert "1: invited" in shown
    assert "known@reader.example · subscribes already" in shown
    assert reader(app, "anna").state == "pending"
    assert acts_of(app, "readers invited") == [COMMON["reason"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_file_of_a_spreadsheet_is_read_as_it_was_saved(app: App, browser: Browser, encoding: str) -> None:
    rows = "sähköposti;organisaatio\nanna@reader.example;Päijänteen Leipä\n".encode(encoding)
    answer = upload(browser, rows)
    assert "1: invited" in said(answer)
    with app.db.read() as session:
        actor = find_ours(session, Actor, reader(app, "anna").actor_id or 0)
    assert actor
    assert actor.name == "Päijänteen Leipä"


def upload(browser: Browser, content: bytes) -> str:
    answer = browser.send_file("/admin/readers/invite", COMMON, "file", content)
    return answer.text


def test_a_huge_or_broken_upload_is_refused(app: App, browser: Browser) -> None:
    assert browser.send_file("/admin/readers/invite", COMMON, "file", b"x" * 1_100_000).status_code == 413
    headers = SAME | {"content-type": "multipart/form-data; boundary=x", "cookie": cookie_of(browser)}
    assert browser.post("/admin/readers/invite", headers, list="not multipart").status_code == 400


def cookie_of(browser: Browser) -> str:
    return f"{COOKIE}={browser.cookies[COOKIE]}"


def test_a_pause_by_an_admin_is_told_to_the_reader(app: App, browser: Browser) -> None:
    anna = joined(app, "anna")
    address, until = f"/admin/readers/{anna}/pause", app.today() + timedelta(days=30)
    assert browser.post(address, until="soon", reason="asked by phone").status_code == 422
    assert browser.post(address, until=until.isoformat()).status_code == 422
    assert browser.post(address, until=until.isoformat(), reason="you asked by phone").status_code == 303
    assert reader(app, "anna").paused_until == until
    assert kinds(app)[-1] == "paused"
    text = " ".join(body(all_letters(app)[-1]).split())
    assert "15 July 2026" in text
    assert "you asked by phone" in text
    browser.post(address, end="yes", reason="back again")
    assert reader(app, "anna").paused_until is None


def test_what_readers_did_not_want_waits_with_its_rule_until_it_is_closed(app: App, browser: Browser) -> None:
    [milk] = remember(app, "Vertical farming of the north")
    save(app, FARMING)
    anna, ben = joined(app, "anna"), joined(app, "ben")
    not_for_us(app, anna, milk, ME._replace(reason="<b>we</b> are a dairy"))
    not_for_us(app, ben, milk, ME)
    page = browser.get("/admin/feedback").text
    assert "&lt;b&gt;we&lt;/b&gt; are a dairy" in page
    shown = said(page)
    assert "2 readers" in shown
    assert "anna@reader.example" not in shown
    assert "/admin/rules/farming" in page
    assert browser.post(f"/admin/feedback/{milk}/close").status_code == 409
    assert browser.post(f"/admin/feedback/{milk}/close", reason="the rule was narrowed").status_code == 303
    assert "No answer waits" in said(browser.get("/admin/feedback").text)
    assert browser.post(f"/admin/feedback/{milk}/close", reason="again").status_code == 409
    assert acts_of(app, "feedback closed") == ["the rule was narrowed"]


def test_an_answer_after_the_closing_waits_anew(app: App, browser: Browser) -> None:
    bread = add_news(app.db, app.clock(), "bread", "food", title="Bread")
    anna, ben = joined(app, "anna"), joined(app, "ben")
    not_for_us(app, anna, bread, ME)
    browser.post(f"/admin/feedback/{bread}/close", reason="seen")
    not_for_us(app, ben, bread, ME)
    assert "Bread 1 reader" in said(browser.get("/admin/feedback").text)
