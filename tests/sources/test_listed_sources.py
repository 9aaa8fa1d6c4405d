"""Sources that are lists on web pages: each reads its hand-made page as reviewed, and fails with a name otherwise."""

import re
from types import ModuleType

import pytest

from tests.sources.own_web import BARE, SHELL, facts_of, fixture, gathered, reason, reviewed, told
from tracker.errors import ParseError
from tracker.sources import Page, digital28, eit_climate_kic, oph

LISTED = [oph, eit_climate_kic, digital28]
EVERY = pytest.mark.parametrize("module", LISTED, ids=lambda module: module.SOURCE.key)


def page(module: ModuleType) -> bytes:
    return fixture(module.SOURCE.key)


def named_by(module: ModuleType) -> str:
    """The class that marks a call of the list."""
    found = re.findall(r"\.([\w-]+)", module.LISTING.card)
    return str(found[0])


@EVERY
def test_the_page_reads_as_it_was_reviewed(module: ModuleType) -> None:
    pages = gathered(module, {module.LISTING.url: page(module)})
    assert told(facts_of(module, pages)) == reviewed(module.SOURCE.key)


@EVERY
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SHELL, "shell"),
        (BARE, "no_rows"),
        (b"", "not_html"),
        (b'{"message": "blocked"}', "not_html"),
        (b"<!DOCTYPE html><html><body>Sorry</body></html>", "empty_page"),
        (500, "http_500"),
    ],
    ids=["a shell", "no list", "nothing", "JSON", "a blank page", "an error"],
)
def test_a_page_without_the_list_is_a_failure_with_a_name(module: ModuleType, body: bytes | int, why: str) -> None:
    assert reason(module, {module.LISTING.url: body}) == why


@EVERY
def test_half_a_page_is_a_failure_with_a_name(module: ModuleType) -> None:
    assert reason(module, {module.LISTING.url: page(module)[: len(page(module)) // 2]}) == "truncated"


@EVERY
def test_a_renamed_card_is_a_failure_with_a_name(module: ModuleType) -> None:
    renamed = page(module).replace(named_by(module).encode(), b"renamed-by-a-relaunch")
    assert reason(module, {module.LISTING.url: renamed}) == "no_rows"


@EVERY
def test_rows_tell_an_unchanged_call_by_the_same_fingerprint(module: ModuleType) -> None:
    rows = [list(module.rows(Page(module.LISTING.url, page(module)))) for _ in range(2)]
    assert [row.fingerprint for row in rows[0]] == [row.fingerprint for row in rows[1]]
    assert len({row.fingerprint for row in rows[0]}) == len(rows[0]) > 1


def test_oph_reads_the_own_pages_of_calls_that_are_not_over() -> None:
    own = "https://www.oph.fi/fi/funding/pienet-kumppanuudet-aikuiskoulutus-2026"
    answers = {oph.LISTING.url: page(oph), own: fixture("oph", "detail.html")}
    [call] = [one for one in facts_of(oph, gathered(oph, answers)) if one.url == own]
    assert call.text is not None
    assert "- Kesto on 6–24 kuukautta." in call.text
    assert "Maija" not in call.text
    assert "029" not in call.text


def test_oph_without_its_periods_is_a_renamed_selector() -> None:
    body = page(oph).replace(b"field-application-period", b"field-period")
    assert reason(oph, {oph.LISTING.url: body}) == "selector"


def test_an_unknown_state_is_a_fault_of_its_call() -> None:
    body = page(oph).replace(b"Tulossa", b"Siirretty")
    rows = {row.key: row for row in oph.rows(Page(oph.LISTING.url, body))}
    with pytest.raises(ParseError, match="the state 'Siirretty' is not one of"):
        oph.facts(rows["/fi/funding/luova-eurooppa-valmennus"])


def test_accreditations_tenders_and_board_seats_are_no_calls() -> None:
    titles = [call["title"] for key in ("oph", "eit_climate_kic", "digital28") for call in reviewed(key)]
    assert not [title for title in titles if re.search("laatumerkki|request|board", title, re.IGNORECASE)]
