"""Every link of every mail of the demo leads to a page of ours, or is one of the publisher's."""

import email
import email.policy
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from jobs.base.app import App
from jobs.running.demo import DemoReport, run_demo
from tests.jobs.web.browsing import Browser

pytestmark = pytest.mark.slow
PORT = 8000  # nothing listens there: pages are asked for without it


def links_of_mail(file: Path) -> set[str]:
    """The addresses in a mail's HTML and in its headers."""
    message = email.message_from_bytes(file.with_suffix(".eml").read_bytes(), policy=email.policy.default)
    html = message.get_body(("html",))
    assert html is not None
    links = {str(link["href"]) for link in BeautifulSoup(html.get_content(), "lxml").find_all("a", href=True)}
    ways_out = {part.strip(" <>") for part in str(message["List-Unsubscribe"]).split(",")}
    return links | {way for way in ways_out if way.startswith("http")}


def test_every_link_of_the_demos_mails_leads_somewhere_and_opening_them_all_changes_nothing(tmp_path: Path) -> None:
    followed: dict[str, int] = {}
    states: list[dict[str, int]] = []

    def follow(app: App, report: DemoReport) -> None:
        browser = Browser(app)
        states.append(_counts(app))
        for mail in report.mails:
            for link in links_of_mail(mail.file):
                if link.startswith(app.settings.mail.base_url):
                    answer = browser.get(link)
                    while answer.is_redirect:
                        answer = browser.get(answer.headers["location"])
                    followed[link] = answer.status_code
        states.append(_counts(app))

    report = run_demo(tmp_path, lambda line: None, follow, PORT)
    assert len(report.mails) == 5
    assert len(followed) > 20
    assert {link: status for link, status in followed.items() if status != 200} == {}
    assert states[0] == states[1]


def _counts(app: App) -> dict[str, int]:
    """How many rows each table has."""
    with app.db.read() as session:
        connection = session.connection()
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM '{name}'").scalar_one() for name in names}  # noqa: S608
