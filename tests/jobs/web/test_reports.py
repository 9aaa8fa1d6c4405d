"""Reports: anybody tells of an error or an obstacle, an admin answers, and nothing is kept that is not needed."""

import email
import email.policy
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlmodel import select

from db.admins import Role
from db.audit import Signed
from db.letters import Letter, LetterKind
from db.reports import Report, ReportState
from jobs.base.app import App
from jobs.delivery.letters import send_letters
from jobs.readers.privacy import document_of, erase
from jobs.readers.reports import answer_report, close_report, tell_admins_of_reports
from jobs.running.retention import enforce
from tests.jobs.cli.terminal import Terminal
from tests.jobs.subscribing import joined
from tests.jobs.web.admin.desks import account
from tests.jobs.web.browsing import Browser, links_of
from tests.jobs.world import MONDAY, add_news, clock_of
from tracker.errors import InputFaults, NotFound, WrongState

WRONG = "The deadline is 4 November,\nnot 5 November. <b>"
BY_OLLI = Signed("olli", "", MONDAY)


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


def reports(app: App) -> list[Report]:
    with app.db.read() as session:
        return list(session.exec(select(Report).order_by(Report.id)))  # type: ignore[arg-type]


def report(app: App, text: str = WRONG, address: str = "anna@reader.example") -> int:
    Browser(app).post("/en/accessibility/feedback", text=text, address=address)
    return reports(app)[-1].id or 0


def test_a_calls_page_leads_to_a_form_and_what_is_sent_waits_for_an_admin(app: App, browser: Browser) -> None:
    call_id = add_news(app.db, MONDAY, "a", "food", title="Foods of the north")
    [link] = [link for link in links_of(app, browser.get(f"/fi/calls/{call_id}")) if link.endswith("/report")]
    form = browser.get(link)
    assert "Foods of the north" in form.text
    done = browser.post(link, text=WRONG, address=" Anna@Reader.example ")
    assert (done.status_code, "Kiitos" in done.text) == (200, True)
    [kept] = reports(app)
    assert kept.model_dump(exclude={"id", "region", "made_at"}) == {
        "kind": "error",
        "call_id": call_id,
        "language": "fi",
        "text": WRONG,
        "address": "anna@reader.example",
        "state": "open",
        "settled_at": None,
        "settled_by": None,
        "answer": None,
        "letter_id": None,
    }
    assert kept.due_on == MONDAY.date() + timedelta(days=14)


@pytest.mark.parametrize(
    ("text", "address", "field"),
    [("", "", "text"), (" \0 ", "", "text"), ("x" * 4001, "", "text"), ("Wrong.", "anna", "address")],
)
def test_a_form_that_cannot_be_taken_is_shown_again_with_what_was_typed_in(
    app: App, browser: Browser, text: str, address: str, field: str
) -> None:
    answer = browser.post("/en/accessibility/feedback", text=text, address=address)
    page = BeautifulSoup(answer.text, "lxml")
    assert answer.status_code == 422
    assert page.select(f"[name={field}][aria-invalid=true]")
    assert page.select(f".faults a[href='#{field}']")
    assert address in answer.text
    assert reports(app) == []


def test_who_wants_no_answer_is_nobody(app: App) -> None:
    report(app, address="")
    assert [row.address for row in reports(app)] == [None]


def test_an_answer_goes_to_the_address_as_a_letter_and_once(app: App) -> None:
    number = report(app)
    answered = answer_report(app, number, "You are right.\n\nIt is mended.", BY_OLLI)
    assert answered.state is ReportState.ANSWERED
    with pytest.raises(WrongState):
        answer_report(app, number, "Again", BY_OLLI)
    assert send_letters(app)["sent"] == 1  # type: ignore[index]
    [file] = (app.settings.data.dir / "outbox").glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "anna@reader.example"
    body = mail.get_body(("plain",))
    assert body
    assert "You are right.\r\n\r\nIt is mended." in body.get_content()
    assert "The deadline is 4 November, not 5 November. <b>" in body.get_content()
    html = mail.get_body(("html",))
    assert html
    assert "&lt;b&gt;" in html.get_content()


def test_what_needs_no_answer_is_closed_with_the_reason(app: App) -> None:
    number = report(app, "Buy now!")
    close_report(app, number, BY_OLLI._replace(reason="an advertisement"))
    [row] = reports(app)
    assert (row.state, row.answer, row.settled_by, row.letter_id) == ("closed", "an advertisement", "olli", None)
    with pytest.raises(NotFound):
        close_report(app, 99, BY_OLLI)
    with pytest.raises(InputFaults):
        answer_report(app, number, " ", BY_OLLI)


def test_words_and_address_are_kept_until_some_time_after_the_answer(app: App) -> None:
    answered, waiting = report(app), report(app, "Another")
    answer_report(app, answered, "Mended.", BY_OLLI)
    clock_of(app).forward(days=181)
    enforce(app)
    first, second = reports(app)
    assert (first.text, first.address, first.answer, first.state) == (None, None, None, "answered")
    assert (second.id, second.text) == (waiting, "Another")


def test_a_reader_sees_what_they_reported_and_their_erasure_takes_it(app: App) -> None:
    anna = joined(app, "anna")
    number = report(app)
    answer_report(app, number, "Mended.", BY_OLLI)
    assert "not 5 November" in document_of(app, anna).decode()
    erase(app, anna, Signed("olli", "asked for it", MONDAY))
    [row] = reports(app)
    assert (row.text, row.address, row.answer) == (None, None, None)
    with app.db.read() as session:
        letters = session.exec(select(Letter)).all()
    assert [letter.recipient for letter in letters] == [None] * len(letters)


def told(app: App) -> list[tuple[str | None, int]]:
    """To whom letters of reports were written, and the number of the day."""
    with app.db.read() as session:
        written = session.exec(select(Letter).where(Letter.kind == LetterKind.REPORTS).order_by(Letter.id))  # type: ignore[arg-type]
        return [(letter.recipient, (letter.made_at - MONDAY).days) for letter in written]


def test_admins_are_told_of_a_new_report_once_and_every_day_when_it_is_nearly_late(app: App) -> None:
    account(app, "maija")
    account(app, "eeva", Role.EDITOR)
    assert tell_admins_of_reports(app) == 0
    number = report(app)
    for day in range(17):
        tell_admins_of_reports(app)
        tell_admins_of_reports(app)  # as a second process would
        if day == 15:
            answer_report(app, number, "Mended.", BY_OLLI)
        clock_of(app).forward(days=1)
    assert told(app) == [("maija@desk.example", day) for day in (0, 11, 12, 13, 14, 15)]


def test_the_letter_names_call_and_day_and_not_what_was_written(app: App, tmp_path: Path) -> None:
    account(app, "maija")
    call_id = add_news(app.db, MONDAY, "a", "food", title="Foods of the north")
    Browser(app).post(f"/fi/calls/{call_id}/report", text="A secret of mine", address="anna@reader.example")
    assert "1" in Terminal(app, tmp_path).run("reports", "tell")
    send_letters(app)
    [file] = (app.settings.data.dir / "outbox").glob("*.eml")
    part = email.message_from_bytes(file.read_bytes(), policy=email.policy.default).get_body(("plain",))
    assert part
    words = " ".join(part.get_content().split())
    assert "29 June 2026" in words
    assert "Foods of the north" in words
    assert "/admin/reports" in words
    assert "secret" not in words
    assert "anna" not in words


def test_officials_list_show_answer_and_close_reports(app: App, tmp_path: Path) -> None:
    terminal = Terminal(app, tmp_path)
    first, second = report(app), report(app, "Spam", "")
    assert [(row["id"], row["due_on"]) for row in terminal.rows("reports", "list")] == [
        (first, "2026-06-29"),
        (second, "2026-06-29"),
    ]
    assert "anna@reader.example" in terminal.run("reports", "show", str(first))
    assert "letter" in terminal.run("reports", "answer", str(first), "--text", "Mended.")
    terminal.run("reports", "close", str(second), "--reason", "an advertisement")
    assert terminal.rows("reports", "list") == []
    assert len(terminal.rows("reports", "list", "--state", "answered", "--state", "closed")) == 2
    assert [row["action"] for row in terminal.rows("audit")][:2] == ["report closed", "report answered"]
