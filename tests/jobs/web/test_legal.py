"""The pages on the service itself: what the region's file says stands there, and what it does not say is missing."""

from dataclasses import replace
from datetime import date

import pytest
from bs4 import BeautifulSoup

from jobs.base.app import App
from jobs.running.retention import RETENTION
from jobs.web.files import FOLDER
from jobs.web.legal import CARRIED, software
from tests.jobs.web.browsing import Browser, links_of
from tests.jobs.world import with_settings
from tracker.regions.public import Public

PAGES = ("about", "accessibility", "privacy", "cookies", "imprint", "coverage", "editions", "corrections")
FILLED = Public.model_validate(
    {
        "controller": {"fi": "Liitto", "sv": "Förbundet", "en": "The council"},
        "business_id": "1234567-8",
        "postal_address": {"fi": "Katu 1", "sv": "Gatan 1", "en": "Street 1"},
        "email": "vahti@liitto.fi",
        "phone": "+358 3 000 000",
        "privacy": {
            "dpo": {"fi": "Vastaava", "sv": "Ombudet", "en": "The officer"},
            "dpo_email": "tietosuoja@liitto.fi",
            "recipients": {"fi": "Palvelin", "sv": "Server", "en": "The server's keeper <b>"},
            "reviewed_on": date(2026, 6, 1),
        },
        "accessibility": {
            "state": "partial",
            "shortcomings": {"fi": "Kuvat", "sv": "Bilder", "en": "Pictures"},
            "assessed_by": {"fi": "Itse", "sv": "Vi", "en": "Ourselves"},
            "assessed_on": date(2026, 5, 1),
            "reviewed_on": date(2026, 6, 1),
        },
    }
)


@pytest.fixture
def filled(app: App) -> App:
    return replace(app, region=replace(app.region, public=FILLED))


def text_of(app: App, page: str, language: str = "en") -> str:
    answer = Browser(app).get(f"/{language}/{page}")
    assert answer.status_code == 200
    main = BeautifulSoup(answer.text, "lxml").main
    assert main
    return " ".join(main.get_text(" ", strip=True).split())


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_page_is_there_in_each_language_and_leads_to_others_that_are(app: App, page: str, language: str) -> None:
    browser = Browser(app)
    links = links_of(app, browser.get(f"/{language}/{page}"))
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_every_page_leads_to_those_on_the_service(app: App) -> None:
    links = {link.removeprefix(app.settings.mail.base_url) for link in links_of(app, Browser(app).get("/fi/calls"))}
    named = ("about", "coverage", "editions", "corrections", "accessibility", "privacy", "imprint", "sign-up")
    assert links >= {f"/fi/{page}" for page in named}


@pytest.mark.parametrize("page", ["about", "accessibility", "privacy", "imprint"])
def test_what_the_region_has_not_written_is_shown_as_missing(app: App, page: str) -> None:
    assert "not written yet" in text_of(app, page)


@pytest.mark.parametrize("page", ["about", "accessibility", "privacy", "imprint"])
@pytest.mark.parametrize(("language", "controller"), [("fi", "Liitto"), ("sv", "Förbundet"), ("en", "The council")])
def test_who_answers_for_the_service_is_named(filled: App, page: str, language: str, controller: str) -> None:
    text = text_of(filled, page, language)
    assert controller in text
    assert "not written yet" not in text


@pytest.mark.parametrize(
    ("state", "said", "has_list"),
    [
        ("full", "meet all requirements of levels A and AA", False),
        ("partial", "meet most requirements", True),
        ("none", "do not meet the requirements", True),
        ("", "has not been assessed yet", True),
    ],
)
def test_the_statement_says_how_accessible_the_pages_are(filled: App, state: str, said: str, has_list: bool) -> None:
    public = filled.region.public.model_copy(
        update={"accessibility": FILLED.accessibility.model_copy(update={"state": state})}
    )
    text = text_of(replace(filled, region=replace(filled.region, public=public)), "accessibility")
    assert said in text
    assert ("Pictures" in text) is has_list


def test_the_statement_names_its_day_the_form_the_two_weeks_and_the_authority(filled: App) -> None:
    text = text_of(filled, "accessibility")
    for said in ("306/2019", "1 June 2026", "Ourselves", "within 14 days", "Traficom", "saavutettavuusvaatimukset.fi"):
        assert said in text
    assert any(
        link.endswith("/accessibility/feedback") for link in links_of(filled, Browser(filled).get("/en/accessibility"))
    )


def test_the_notice_has_the_retention_that_is_configured(filled: App) -> None:
    strict = with_settings(filled, retention={"letters_days": 7})
    rows = BeautifulSoup(Browser(strict).get("/en/privacy").text, "lxml").select("table")[1].select("tbody tr")
    shown = {row.th.get_text(): row.td.get_text() for row in rows if row.th and row.td}
    assert shown == {rule.what: str(rule.days(strict.settings)) for rule in RETENTION if rule.of_people}
    assert shown["letters"] == "7"


def test_what_the_region_writes_is_never_markup(filled: App) -> None:
    assert "keeper &lt;b&gt;" in Browser(filled).get("/en/privacy").text


def test_the_imprint_names_the_terms_of_every_source_and_library(app: App) -> None:
    text = text_of(app, "imprint")
    assert "EURA 2021" in text
    assert dict(software())["jinja2"].startswith("BSD")
    assert all(licence for _, licence in software())
    carried = {file.name.partition("-")[0] for file in FOLDER.glob("*.licence.txt")}
    assert carried == {name for name, _ in CARRIED}


def test_no_page_sets_a_cookie(app: App) -> None:
    assert {name for page in PAGES for name in Browser(app).get(f"/en/{page}").headers} & {"set-cookie"} == set()
