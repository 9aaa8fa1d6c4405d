"""Colours: those of the pages can be read, and a region's own are laid over them by a file that any policy allows."""

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as some

from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition
from jobs.readers.optin import confirm_by_link, sign_up
from jobs.web.files import FOLDER
from tests.jobs.subscribing import sign_up_form, token
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_news
from tests.support.places import ROOT
from tracker.regions.brand import GROUNDS, READABLE, Brand, contrast, text_on

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><circle r='4' cx='4' cy='4'/></svg>"
OWN = Brand(colour="#003366", dark="#99ccff", logo="logo.svg")


def parsed(mail: str) -> EmailMessage:
    return email.message_from_string(mail, policy=email.policy.default)


def test_a_regions_colour_is_held_against_all_that_pages_and_mails_lay_it_on() -> None:
    style = (FOLDER / "site.css").read_text("utf-8")
    light, dark = re.findall(r":root \{(.*?)\}", style, re.DOTALL)[:2]
    folder = ROOT / "tracker/emails/templates"
    for name, block, file in (("colour", light, "digest.css"), ("dark", dark, "adapt.css")):
        grounds = set(re.findall(r"--(?:paper|card): (#\w+)", block))
        grounds |= set(re.findall(r"\.sheet \{[^}]*background: (#\w+)", (folder / file).read_text("utf-8")))
        assert grounds == set(GROUNDS[name])


def test_the_style_of_the_site_weighs_15_kb_at_most() -> None:
    assert len((FOLDER / "site.css").read_bytes()) <= 15_000


def test_mails_have_the_regions_colours_too(app: App) -> None:
    own = replace(app, region=replace(app.region, brand=OWN))
    sign_up(own, sign_up_form("anna"))
    confirm_by_link(own, token(own, "anna"))
    add_news(app.db, MONDAY, "one", "food")
    make_edition(own, Cadence.WEEKLY)
    deliver(own)
    mails = [file.read_text("utf-8") for file in (app.settings.data.dir / "outbox").glob("*.eml")]
    htmls = [str(html.get_content()) for mail in mails if (html := parsed(mail).get_body(("html",)))]
    assert len(htmls) == 3  # to confirm, the receipt, the digest
    for html in htmls:
        assert "color: #003366" in html
        assert "color: #99ccff !important" in html
        assert not re.search("#0b5c8a|#1f6f78|#7cc4ff|#5fb8c2", html)


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#ffffff", "#ffffff", 1), ("#777777", "#ffffff", 4.48)]
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)


@given(some.integers(0, 0xFFFFFF))
def test_on_any_colour_one_text_can_be_read(number: int) -> None:
    colour = f"#{number:06x}"
    assert contrast(text_on(colour), colour) >= READABLE


def test_a_region_without_looks_of_its_own_has_those_of_the_program(app: App) -> None:
    page = BeautifulSoup(Browser(app).get("/fi/calls").text, "lxml")
    assert len(page.select("link[rel=stylesheet]")) == 1
    assert page.select("header img") == []


def test_a_regions_colours_and_logo_are_files_of_the_same_site(app: App) -> None:
    own = replace(app, region=replace(app.region, brand=OWN, logo=SVG))
    browser = Browser(own)
    page = BeautifulSoup(browser.get("/fi/calls").text, "lxml")
    _, style = page.select("link[rel=stylesheet]")
    [logo] = page.select("header img")
    sheet, drawn = browser.get(str(style["href"])), browser.get(str(logo["src"]))
    assert "--brand: #003366; --on-brand: #ffffff" in sheet.text
    assert "--brand: #99ccff; --on-brand: #000000" in sheet.text
    assert (sheet.headers["content-type"], drawn.headers["content-type"]) == (
        "text/css; charset=utf-8",
        "image/svg+xml",
    )
    assert drawn.content == SVG
    assert "default-src 'none'" in drawn.headers["content-security-policy"]
    assert "immutable" in sheet.headers["cache-control"]
    assert browser.get("/brand/123456789abc.css").status_code == 404


def test_the_address_of_a_colour_changes_with_it(app: App) -> None:
    def address(colour: str) -> str:
        own = replace(app.region, brand=Brand(colour=colour, dark="#99ccff"))
        page = BeautifulSoup(Browser(replace(app, region=own)).get("/fi/calls").text, "lxml")
        return str(page.select("link[rel=stylesheet]")[1]["href"])

    assert address("#003366") != address("#330066")
    assert address("#003366") == address("#003366")
