"""The web copy of a mail: the very page that was sent, with every call, and nothing that runs or loads."""

import email
import email.policy
import re
from base64 import b64encode
from hashlib import sha256

import pytest
from bs4 import BeautifulSoup

from db import send_queue
from db.audit import by_reader
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.deliver import Messages
from jobs.editions.planning import make_edition
from jobs.readers.optin import leave, sign_up
from jobs.readers.preferences import ask_for_link
from jobs.readers.privacy import erase
from tests.jobs.subscribing import all_letters, body, joined, reader, sign_up_form
from tests.jobs.web.browsing import Browser, whole_database
from tests.jobs.world import MONDAY, add_news, newest_deliveries
from tracker.emails import render, tokens

HOSTILE = "<script>alert(1)</script><style>body{}</style><img src=x onerror=alert(2)>"


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


def mailed(app: App, *titles: str) -> tuple[int, str, str]:
    """Build the mail of these calls for Anna: her id, the address of its copy, and the HTML that leaves."""
    anna = joined(app)
    for number, title in enumerate(titles):
        add_news(app.db, MONDAY, f"call-{number}", "food", title=title)
    make_edition(app, Cadence.WEEKLY)
    delivery = newest_deliveries(app.db)["anna"]
    with app.db.read() as session:
        claimed = send_queue.mail_of(session, delivery.id or 0)
    assert claimed
    part = email.message_from_bytes(Messages(app)(claimed), policy=email.policy.default).get_body(("html",))
    assert part
    return (
        anna,
        f"/mail/{tokens.sign(app.secret, tokens.WEB_COPY, claimed.id)}",
        str(part.get_content()).replace("\r\n", "\n"),
    )


def test_the_copy_is_the_very_mail_with_its_links(app: App, browser: Browser) -> None:
    _, address, html = mailed(app, "Food call one", "Food call two")
    answer = browser.get(address)
    assert (answer.status_code, answer.text.strip()) == (200, html.strip())
    assert address in answer.text


def test_a_mail_that_was_cut_is_whole_on_the_web(app: App, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "MESSAGE_BYTES", 30_000)
    titles = [f"Food call number {number}" for number in range(20)]
    _, address, html = mailed(app, *titles)
    copy = browser.get(address).text
    assert not all(title in html for title in titles)
    assert all(f"{title}<" in copy for title in titles)
    assert "\ue000" not in copy


def test_nothing_runs_or_loads_on_a_copy_and_only_the_mails_own_styles_hold(app: App, browser: Browser) -> None:
    _, address, _ = mailed(app, f"Food {HOSTILE}")
    answer = browser.get(address)
    page, policy = BeautifulSoup(answer.text, "lxml"), answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"script-src|img-src|connect-src", policy)
    assert page.find_all(["script", "img", "iframe", "object", "link"]) == []
    own = {f"'sha256-{b64encode(sha256(style.text.encode()).digest()).decode()}'" for style in page.find_all("style")}
    [elements] = re.findall(r"style-src-elem ([^;]*);", policy)
    assert set(elements.split()) == own
    assert own


def test_a_copy_that_is_no_longer_kept_says_so(app: App, browser: Browser) -> None:
    anna, address, _ = mailed(app, "Food call one")
    erase(app, anna, by_reader(MONDAY))
    answer = browser.get(address)
    assert answer.status_code == 410
    assert "/calls" in answer.text


def test_a_scanner_that_opens_every_link_of_mails_and_letters_finds_pages_and_changes_nothing(
    app: App, browser: Browser
) -> None:
    anna, _, html = mailed(app, "Food call one")
    ask_for_link(app, "anna@reader.example")
    leave(app, joined(app, "bertta"), by_reader(MONDAY))
    sign_up(app, sign_up_form("cecilia"))
    base = app.settings.mail.base_url
    of_mail = [str(link["href"]) for link in BeautifulSoup(html, "lxml").select("a[href]")]
    of_letters = [link for letter in all_letters(app) for link in re.findall(rf"{base}/\S+", body(letter))]
    links = {link for link in (*of_mail, *of_letters) if link.startswith(base)}
    kinds = {link.removeprefix(base).split("/")[1] for link in links}
    assert kinds == {"calls", "confirm", "en", "mail", "manage", "not-for-us", "preferences", "u", "undo"}
    before = whole_database(app)
    to_come = {link for link in links if "/editions/" in link}  # an issue is there once its first mail has left
    assert {link: browser.get(link).status_code for link in links - to_come} == dict.fromkeys(links - to_come, 200)
    assert {browser.get(link).status_code for link in to_come} == {404}
    assert whole_database(app) == before
    assert reader(app).id == anna
