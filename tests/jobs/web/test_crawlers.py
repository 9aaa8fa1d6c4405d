"""What a robot or a curious reader asks for: where no crawler goes, and addresses that lead to a page."""

from urllib.robotparser import RobotFileParser

import pytest

from jobs.base.app import App
from tests.jobs.web.browsing import Browser


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [("/fi/sign-up/preview", "/fi/sign-up"), ("/api/v1", "/sv/api"), ("/api/v1/", "/sv/api")],
)
def test_an_address_that_shows_nothing_leads_to_its_page(app: App, address: str, leads_to: str) -> None:
    browser = Browser(app)
    answer = browser.get(address, **{"accept-language": "sv"})
    assert (answer.status_code, answer.headers["location"]) == (303, leads_to)
    assert browser.get(leads_to).status_code == 200


CLOSED = ("/manage/x", "/u/x", "/confirm/x", "/mail/x", "/preferences/x", "/undo/x", "/not-for-us/x/1", "/admin/rules")


def test_crawlers_are_told_where_not_to_go(app: App) -> None:
    text = Browser(app).get("/robots.txt").text
    read = RobotFileParser()
    read.parse(text.splitlines())
    assert [each for each in CLOSED if read.can_fetch("any", each)] == []
    assert [each for each in ("/fi/calls", "/fi/calls/1", "/static/x.css") if not read.can_fetch("any", each)] == []
    assert "Disallow: /*?" in text.splitlines()  # a wildcard of RFC 9309, which Python's reader does not know


@pytest.mark.parametrize("address", CLOSED[:-1])
def test_what_is_one_readers_is_kept_by_nobody(app: App, address: str) -> None:
    assert Browser(app).get(address).headers["cache-control"] == "no-store"
