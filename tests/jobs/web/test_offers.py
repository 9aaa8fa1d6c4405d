"""What forms and the list's filter offer to choose from, and what stays choosable that is offered no more."""

import pytest
from bs4 import BeautifulSoup

from db.call_lists import CallFilter
from db.eligibility import Applicant
from jobs.base.app import App
from jobs.web.list_address import ListAddress
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_call, facts, with_settings
from tracker import sources

FORMS = ("/{}/sign-up", "/{}/calls")


@pytest.fixture
def app(app: App) -> App:
    """The portal is read; all other sources are switched off."""
    others = {key: {"enabled": False} for key in sources.modules(app.settings.sources) if key != "portal"}
    return with_settings(app, sources=others)


def offered(app: App, address: str, name: str) -> dict[str, str]:
    """The boxes of one list of a page: what is sent, and its label."""
    page = BeautifulSoup(Browser(app).get(address).text, "lxml")
    boxes = page.select(f'input[type="checkbox"][name="{name}"]')
    return {str(box["value"]): (box.parent or box).get_text(" ", strip=True) for box in boxes}


@pytest.mark.parametrize("form", FORMS)
def test_only_sources_that_are_read_are_offered_but_what_was_chosen_stays_with_its_name(app: App, form: str) -> None:
    add_call(app.db, MONDAY, facts("tender", source="ted"), "food")
    names = {key: sources.modules(app.settings.sources)[key].SOURCE.name for key in ("portal", "ted")}
    address = form.format("en")
    assert offered(app, address, "sources") == {"portal": names["portal"]}
    assert offered(app, f"{address}?{ListAddress(CallFilter(sources=('ted',))).query()}", "sources") == names


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("form", FORMS)
def test_each_kind_of_applicant_is_offered_once_and_a_word_chosen_before_stays(
    app: App, form: str, language: str
) -> None:
    address = form.format(language)
    boxes = offered(app, address, "audience")
    assert sorted(boxes) == sorted(Applicant)
    assert len({label.casefold() for label in boxes.values()}) == len(Applicant)
    chosen = offered(app, f"{address}?{ListAddress(CallFilter(audience=('municipality',))).query()}", "audience")
    assert set(chosen) == {*Applicant, "municipality"}
    assert chosen["municipality"].casefold() != "municipality"
