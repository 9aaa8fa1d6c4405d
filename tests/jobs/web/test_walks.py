"""Whole walks of a reader in a real browser, with a real mail server, with scripts and without."""

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser as Window
from playwright.sync_api import Page, expect

from db.subscribers import SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_welcome
from jobs.rulebook.tagging import retag_all
from tests.jobs.subscribing import state
from tests.jobs.web.browsing import link_in, links_in, page_of_mail, whole_database
from tests.jobs.web.windows import opened, shown
from tests.jobs.world import MONDAY, PostOffice, add_news, mailing

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])]
CALLS = {
    "bread": {"title": "Bread is food", "programme": "LIFE"},
    "soup": {"title": "Soup of food waste", "programme": "HORIZON"},
    "bridge": {"title": "A circular bridge", "programme": "LIFE"},
}


@dataclass
class Walk:
    """A reader at their browser and their mailbox."""

    app: App
    office: PostOffice
    page: Page

    def go(self, address: str) -> None:
        answer = self.page.goto(address if ":" in address else self.app.settings.mail.base_url + address)
        assert answer
        assert answer.status == 200

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button).click()

    def sees(self, heading: str) -> None:
        expect(self.page.locator("h1")).to_have_text(heading)

    def mails(self) -> list[EmailMessage]:
        """What has come since they last looked."""
        self.office.mails.clear()
        deliver(self.app)
        return [email.message_from_bytes(mail, policy=email.policy.default) for mail in self.office.mails]

    def sign_up_here(self) -> None:
        """Fill in an address on the form that is open, and confirm by the mail."""
        self.page.get_by_label("Your e-mail address").fill("anna@reader.example")
        self.press("Send me the mail to confirm")
        self.sees("Look into your mailbox")
        [letter] = self.mails()
        opens_every_link_and_changes_nothing(self.app, [letter])
        self.go(link_in(letter, "confirm"))
        assert state(self.app) is SubscriberState.PENDING
        self.press("Confirm")
        self.sees("Your subscription has begun")
        assert state(self.app) is SubscriberState.ACTIVE

    def first_digest(self) -> EmailMessage:
        make_welcome(self.app)
        [digest] = [mail for mail in self.mails() if mail["List-Unsubscribe-Post"]]
        return digest


@pytest.fixture
def walk(app: App, office: PostOffice, window: Window, scripts: bool) -> Iterator[Walk]:
    for key, given in CALLS.items():
        add_news(app.db, MONDAY, key, **given)  # type: ignore[arg-type]
    retag_all(app)
    with shown(mailing(app, office.port)) as served, opened(window, java_script_enabled=scripts) as page:
        yield Walk(served, office, page)


def opens_every_link_and_changes_nothing(app: App, mails: list[EmailMessage]) -> None:
    """What a mail scanner does, by GET and by HEAD."""
    ours = [link for mail in mails for link in links_in(mail) if link.startswith(app.settings.mail.base_url)]
    before = whole_database(app)
    for method in ("GET", "HEAD"):
        for link in ours:
            with urlopen(Request(link, method=method), timeout=10) as answer:
                assert (answer.status, link, len(answer.read()) > 0) == (200, link, method == "GET")
    assert ours
    assert whole_database(app) == before


def test_from_signing_up_to_the_first_digest_and_its_links(walk: Walk) -> None:
    walk.go("/en/sign-up")
    walk.page.get_by_label("Ruoka").check()
    walk.sign_up_here()
    digest = walk.first_digest()
    opens_every_link_and_changes_nothing(walk.app, [digest])
    base = walk.app.settings.mail.base_url
    ours = [link for link in links_in(digest) if link.startswith(base) and not link.endswith(".ics")]
    for link in ours:
        walk.go(link)
    assert {link.removeprefix(base).split("/")[1] for link in ours} >= {"u", "preferences", "mail", "not-for-us"}
    walk.go(link_in(digest, "preferences"))
    walk.press("Send me the link")
    walk.sees("Look into your mailbox")
    [letter] = walk.mails()
    walk.go(link_in(letter, "manage"))
    walk.page.get_by_label("Monthly").check()
    walk.press("Save")
    expect(walk.page.locator("#said")).to_contain_text("Saved.")


def one_click(walk: Walk, digest: EmailMessage) -> None:
    """As a mail provider's robot does it: one POST, no cookie and no Origin (RFC 8058)."""
    [address] = re.findall(r"<(http[^>]+)>", str(digest["List-Unsubscribe"]))
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with urlopen(Request(address, b"List-Unsubscribe=One-Click", method="POST"), timeout=10) as answer:
        assert answer.status == 200


def by_the_page(walk: Walk, digest: EmailMessage) -> None:
    walk.go(link_in(digest, "u"))
    walk.press("Leave")
    walk.sees("Your subscription has ended")


@pytest.mark.parametrize("leaves", [one_click, by_the_page])
def test_who_leaves_comes_back_by_the_goodbye(walk: Walk, leaves: Callable[[Walk, EmailMessage], None]) -> None:
    walk.go("/en/sign-up?spearheads=food")
    walk.sign_up_here()
    leaves(walk, walk.first_digest())
    assert state(walk.app) is SubscriberState.LEFT
    [goodbye] = walk.mails()
    opens_every_link_and_changes_nothing(walk.app, [goodbye])
    walk.go(link_in(goodbye, "undo"))
    walk.press("Take it back")
    walk.sees("Your subscription is back")
    assert state(walk.app) is SubscriberState.ACTIVE


def test_mail_me_this_brings_the_calls_of_the_list(walk: Walk) -> None:
    walk.go("/en/calls")
    walk.page.get_by_label("Search in calls").fill("food OR bridge")
    walk.press("Search")
    walk.sees("3 calls")
    walk.page.get_by_text("More filters").click()
    walk.page.get_by_label("LIFE").check()
    walk.page.get_by_role("button", name="Show these calls").click()
    walk.sees("2 calls")
    listed = walk.page.locator(".listing tbody th > a").all_inner_texts()
    walk.page.get_by_role("link", name="Mail me this").click()
    walk.sees("Calls into your mailbox")
    walk.sign_up_here()
    digest = page_of_mail(walk.first_digest())
    told = [given["title"] for given in CALLS.values() if given["title"] in digest.get_text()]
    assert sorted(told) == sorted(listed)
