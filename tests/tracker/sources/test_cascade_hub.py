"""Cascade Funding Hub: a page of our own; nothing of the real one was recorded."""

import pytest

from db.calls import CallFacts
from tests.tracker.sources.own_site import HERE, calls_of, expected, pages_of, reason_of, site, told
from tracker.sources import Page, cascade_hub

PAGE = (HERE / "cascade_hub" / "page.html").read_bytes()


def read(body: bytes | int) -> list[Page]:
    with site(lambda asked: body) as here:
        found = pages_of(cascade_hub, cascade_hub.Settings(site_url=here.url))
    assert here.paths == ["/open-calls/"]
    return found


def calls(body: bytes = PAGE) -> dict[str, CallFacts]:
    return calls_of(cascade_hub, read(body))


def test_the_page_reads_as_it_was_reviewed() -> None:
    assert told(calls()) == expected("cascade_hub")


def test_the_sites_own_texts_are_not_kept() -> None:
    assert [facts.text for facts in calls().values()] == [None, None, None]


def test_money_counts_where_it_is_in_euro() -> None:
    assert [facts.project_max for facts in calls().values()] == [60_000, None, None]


def test_a_call_without_an_end_is_continuous_only_where_it_says_so() -> None:
    found = [(facts.deadline_model, len(facts.deadlines)) for facts in calls().values()]
    assert found == [(None, 1), ("continuous", 0), (None, 0)]


def test_a_repeated_call_shows_in_the_announced_number() -> None:
    [page] = read(PAGE.replace(b'"id": 903', b'"id": 901'))
    assert (page.announced, len({row.key for row in cascade_hub.rows(page)})) == (3, 2)


def test_a_text_that_changed_is_no_change_of_the_call() -> None:
    [before], [after] = read(PAGE), read(PAGE.replace(b"Text of the site", b"Another text"))
    assert [row.fingerprint for row in cascade_hub.rows(before)] == [row.fingerprint for row in cascade_hub.rows(after)]


def test_an_empty_list_is_for_the_bounds_to_judge() -> None:
    [page] = read(b"<script>const dataProposals=[];</script>")
    assert list(cascade_hub.rows(page)) == []
    assert cascade_hub.SOURCE.bounds.least == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html><body><app-root></app-root></body></html>", "no_rows"),
        (b"", "no_rows"),
        (PAGE.replace(b"dataProposals", b"openCalls"), "no_rows"),
        (PAGE[:700], "truncated"),
        (b"<script>const dataProposals=loadCalls();</script>", "truncated"),
        (b'<script>const dataProposals={"calls": []};</script>', "not_an_answer"),
        (PAGE.replace(b'"id": 901', b'"nr": 901'), "not_an_answer"),
        (500, "http_500"),
    ],
)
def test_a_page_that_is_not_what_it_was_ends_in_a_named_reason(body: bytes | int, reason: str) -> None:
    assert reason_of(lambda: calls(body)) == reason


@pytest.mark.parametrize(
    ("was", "now", "reason"),
    [
        (b'"15/01/2027"', b'"in January"', "date"),
        (b'"15/01/2027"', b'"01/15/2027"', "date"),
        (b'"raw": 60000', b'"raw": "sixty"', "budget"),
        (b'["SMEs", "Startups", "Universities", "Choirs"]', b'{"0": "SMEs"}', "shape"),
        (b'"Third call"', b'" "', "no_title"),
        (b'"https://cascadefunding.eu/open-call/third/"', b'"javascript:void(0)"', "no_link"),
        (b'"https://cascadefunding.eu/open-call/third/"', b"null", "no_link"),
    ],
)
def test_a_field_that_is_not_understood_is_a_named_fault(was: bytes, now: bytes, reason: str) -> None:
    assert was in PAGE
    assert reason_of(lambda: calls(PAGE.replace(was, now))) == reason
