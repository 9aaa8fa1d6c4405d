"""interreg.eu: a search service of our own behind a page of our own, and the recorded answer where it is at hand."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.calls import CallFacts, CallStatus
from tests.tracker.sources.own_site import HERE, Request, calls_of, expected, pages_of, reason_of, site, told
from tests.tracker.sources.own_web import settings_of
from tracker.sources import Page, interreg

HOME = (HERE / "interreg" / "page.html").read_bytes()
KEY_OF_THE_PAGE = "00000000000000000000000000000abc"
FIRST, SECOND, THIRD = (f"callForProjectsPage_900{n}" for n in (1, 2, 3))


def answer() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "interreg" / "answer.json").read_bytes())
    return read


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Our answer after its one result changed."""
    told = answer()
    change(told["results"][0])
    return json.dumps(told).encode()


def changed_hit(**change: Any) -> bytes:
    return changed(lambda result: result["hits"][0].update(change))


def read(found: bytes | int, home: bytes | int = HOME, **settings: Any) -> list[Page]:
    with site(lambda asked: home if asked.method == "GET" else found) as here:
        told = {"site_url": here.url, "search_url": here.url} | settings
        return pages_of(interreg, settings_of(interreg, **told))


def calls(found: bytes, **settings: Any) -> dict[str, CallFacts]:
    return calls_of(interreg, read(found, **settings))


def own_answer() -> bytes:
    return json.dumps(answer()).encode()


def test_the_answer_reads_as_it_was_reviewed() -> None:
    assert told(calls(own_answer())) == expected("interreg")


def asked_for(**settings: Any) -> list[Request]:
    with site(lambda asked: HOME if asked.method == "GET" else own_answer()) as here:
        told = {"site_url": here.url, "search_url": here.url} | settings
        pages_of(interreg, interreg.Settings.model_validate(told))
    return here.asked


def test_the_service_is_asked_as_the_page_asks_it() -> None:
    page, search = asked_for()
    assert (page.path, search.path) == ("/calls-for-projects/", "/1/indexes/*/queries")
    assert search.headers["x-algolia-api-key"] == KEY_OF_THE_PAGE
    assert search.headers["x-algolia-application-id"] == "2E032DRCNS"
    assert search.body == {
        "requests": [
            {
                "indexName": "prod_en-us_content",
                "query": "",
                "hitsPerPage": 500,
                "filters": "contentType:callForProjectsPage AND (callStatus:Open OR callStatus:Forthcoming)",
            }
        ]
    }


def test_a_key_from_the_configuration_spares_the_page() -> None:
    [search] = asked_for(search_key="configured")
    assert search.headers["x-algolia-api-key"] == "configured"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("settings", [{}, {"search_key": "old"}])
def test_a_refused_key_is_called_rotated(status: int, settings: dict[str, Any]) -> None:
    assert reason_of(lambda: read(status, **settings)) == "key_rotated"


@pytest.mark.parametrize(
    "home",
    [
        b"<html><body><app-root></app-root></body></html>",
        HOME + HOME.replace(b"abc", b"def"),
        HOME.replace(b"searchApiKey", b"token"),
    ],
)
def test_a_page_without_one_key_ends_in_a_named_reason(home: bytes) -> None:
    assert reason_of(lambda: read(own_answer(), home)) == "no_key"


def test_nothing_open_is_no_fault() -> None:
    [page] = read(b'{"results": [{"hits": [], "nbHits": 0}]}')
    assert list(interreg.rows(page)) == []


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (b'{"results": [{"hits": []}]}', "not_an_answer"),
        (b'{"results": [{"nbHits": 3}]}', "not_an_answer"),
        (b'{"results": []}', "not_an_answer"),
        (b'{"results": [{"hits": [{"title": "x"}], "nbHits": 1}]}', "not_an_answer"),
        (b'{"results": [{"hits": [], "nbHits": 3}]}', "no_rows"),
        (changed(lambda result: result["hits"].pop()), "incomplete"),
        (changed_hit(callStatus="Closed"), "filter_ignored"),
        (changed_hit(contentType="newsPage"), "filter_ignored"),
        (b"<html><body><app-root></app-root></body></html>", "html"),
        (b'{"results": [{"hi', "truncated"),
        (500, "http_500"),
        (404, "http_404"),
    ],
)
def test_an_answer_that_is_not_what_it_was_ends_in_a_named_reason(found: bytes | int, reason: str) -> None:
    assert reason_of(lambda: calls(found)) == reason


def test_more_calls_than_one_answer_holds_are_paged_through() -> None:
    hits = answer()["results"][0]["hits"]

    def found(asked: Request) -> bytes:
        at = asked.body["requests"][0].get("page", 0)
        return json.dumps({"results": [{"hits": hits[at * 2 : at * 2 + 2], "nbHits": 3}]}).encode()

    with site(found) as here:
        settings = interreg.Settings(search_url=here.url, search_key="key")
        assert [page.number for page in pages_of(interreg, settings)] == [1, 2]


@pytest.mark.parametrize("code", ["FI1C3", "FI1C6", "FI1C", "FI1", "FI"])
def test_a_call_is_the_regions_by_any_code_of_either_vintage(code: str) -> None:
    assert FIRST in calls(changed_hit(callEligibleRegionNuts=["PT1C4", code, "PT187"]))


def test_other_regions_of_the_country_do_not_make_a_call_ours() -> None:
    assert set(calls(own_answer())) == {FIRST, SECOND}


def test_a_call_that_names_no_region_counts_by_its_country() -> None:
    assert FIRST in calls(changed_hit(callEligibleRegionNuts=[]))
    assert FIRST not in calls(changed_hit(callEligibleRegionNuts=[], callEligibleCountryNuts=["SE"]))


def test_the_regions_codes_are_a_matter_of_settings() -> None:
    assert THIRD in calls(own_answer(), nuts=["FI1D7"])


def test_without_codes_calls_that_name_no_region_are_kept_by_their_country() -> None:
    assert FIRST not in calls(changed_hit(callEligibleRegionNuts=["FI1C6"]), nuts=[])
    assert FIRST in calls(changed_hit(callEligibleRegionNuts=[]), nuts=[])


def test_midnight_is_a_date_and_anything_else_an_hour() -> None:
    found = calls(own_answer())
    [dated], [timed] = found[FIRST].deadlines, found[SECOND].deadlines
    assert (dated.on, dated.at) == (date(2027, 1, 29), None)
    assert timed.at is not None
    assert (timed.on, timed.at.isoformat()) == (date(2027, 4, 15), "2027-04-15T11:00:00+00:00")


def test_applicants_are_in_our_words_where_we_have_one() -> None:
    assert calls(own_answer())[FIRST].audience == ("sme", "municipality", "public", "Village choir")


def test_an_address_that_is_not_safe_gives_way_to_the_sites_own() -> None:
    assert calls(own_answer())[SECOND].url == "https://interreg.eu/calls-for-projects/second-test-call/"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"title": ""}, "no_title"),
        ({"callDeadlineDate": "29 January 2027"}, "date"),
        ({"callDeadlineDate": "2027-01-29T00:00:00"}, "date"),
        ({"callExternalUrl": None, "contentUrl": None}, "no_link"),
    ],
)
def test_a_field_that_is_not_understood_is_a_named_fault(change: dict[str, Any], reason: str) -> None:
    assert reason_of(lambda: calls(changed_hit(**change))) == reason


def test_the_recorded_answer_holds_nothing_for_the_region(shared: Path) -> None:
    body = (shared / "recorded/sources/interreg-eu/interreg.3hits.json").read_bytes()
    assert calls(body) == {}


def test_the_recorded_calls_read(shared: Path) -> None:
    body = (shared / "recorded/sources/interreg-eu/interreg.3hits.json").read_bytes()
    found = calls(body, nuts=["PT1C4"])
    assert list(found) == [f"callForProjectsPage_{n}" for n in (3129, 3090, 3091)]
    assert {facts.claimed_status for facts in found.values()} == {CallStatus.OPEN}
    assert [str(facts.deadlines[0].on) for facts in found.values()] == ["2026-09-30", "2026-10-30", "2026-09-30"]
    assert all(facts.url.startswith("https://interreg-sudoe.eu/") for facts in found.values())
    ours = {"development_company", "university", "education", "municipality", "public", "association", "other"}
    assert {word for facts in found.values() for word in facts.audience} == ours | {"company", "sme"}
