"""Reports at the desk: those that wait are listed, answered by a letter, or closed with a reason."""

import pytest

from db.admins import Role
from db.regions import get_ours
from db.reports import Report, ReportKind
from jobs.base.app import App
from jobs.delivery.letters import send_letters
from jobs.readers.reports import hand_in
from jobs.running.inbox import WaitingKind, all_waiting
from tests.jobs.web.admin.desks import PASSWORD, desk
from tests.jobs.world import MONDAY, add_news, clock_of


@pytest.fixture
def number(app: App) -> int:
    call_id = add_news(app.db, MONDAY, "a", "food", title="Foods of the north")
    return hand_in(app, ReportKind.ERROR, "The deadline <b> is wrong.", "ben@reader.example", "fi", call_id)


def report(app: App, number: int) -> Report:
    with app.db.read() as session:
        return get_ours(session, Report, number)


def test_a_report_that_waits_is_on_the_first_screen_and_in_the_list(app: App, number: int) -> None:
    browser = desk(app)
    assert "A report that waits for an answer" in browser.get("/admin").text
    page = browser.get("/admin/reports").text
    for said in ("Foods of the north", "The deadline &lt;b&gt; is wrong.", "ben@reader.example", "29 June 2026"):
        assert said in page
    with app.db.read() as session:
        [waiting] = [one for one in all_waiting(session, app) if one.kind is WaitingKind.REPORT]
    assert (waiting.subject, waiting.why) == (str(number), "2026-06-29")


def test_what_is_due_is_marked(app: App, number: int) -> None:
    browser = desk(app)
    assert 'class="urgent"' not in browser.get("/admin/reports").text
    clock_of(app).forward(days=14)
    browser.post("/admin/sign-in", None, address="maija@desk.example", password=PASSWORD)
    assert 'class="urgent"' in browser.get("/admin/reports").text


def test_an_answer_at_the_desk_leaves_as_a_letter(app: App, number: int) -> None:
    browser = desk(app)
    assert "This is missing" in browser.post(f"/admin/reports/{number}/answer", text=" ").text
    browser.post(f"/admin/reports/{number}/answer", text="It is mended.")
    assert (report(app, number).state, report(app, number).settled_by) == ("answered", "Maija")
    assert send_letters(app)["sent"] == 1  # type: ignore[index]
    assert "No report waits" in browser.get("/admin/reports").text
    assert browser.post(f"/admin/reports/{number}/answer", text="Again.").status_code == 409


def test_a_report_is_closed_with_a_reason(app: App, number: int) -> None:
    browser = desk(app)
    assert browser.post(f"/admin/reports/{number}/close", reason="").status_code == 409
    browser.post(f"/admin/reports/{number}/close", reason="an advertisement")
    assert (report(app, number).state, report(app, number).answer) == ("closed", "an advertisement")


@pytest.mark.parametrize(("role", "sees"), [(Role.EDITOR, 403), (Role.APPROVER, 403), (Role.AUDITOR, 200)])
def test_addresses_are_seen_by_those_who_see_readers_and_answered_by_admins_alone(
    app: App, number: int, role: Role, sees: int
) -> None:
    browser = desk(app, role=role)
    assert browser.get("/admin/reports").status_code == sees
    assert browser.post(f"/admin/reports/{number}/answer", text="It is mended.").status_code == 403
    assert report(app, number).state == "open"
