"""ECCP: an archive of our own with calls' own pages, and four recorded texts where they are at hand."""

import json
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import pytest

from db.calls import CallFacts
from tests.tracker.sources.own_site import HERE, Answers, Request, calls_of, expected, pages_of, reason_of, site, told
from tracker.sources import Page, eccp
from tracker.sources.walls import Unread

FIRST, SECOND = "/content/first-test-call", "/content/second-test-call"
LIST = (HERE / "eccp" / "list_0.html").read_bytes()


def own_site(asked: Request) -> bytes | int:
    name = asked.path.rpartition("/")[2]
    file = HERE / "eccp" / (f"list_{asked.query['page']}.html" if name == "search-results" else f"{name}.html")
    return file.read_bytes() if file.exists() else 404


def with_page(path: str, body: bytes | int) -> Answers:
    """Our site with another answer at one path."""
    return lambda asked: body if asked.path == path else own_site(asked)


def read(answers: Answers = own_site, **settings: Any) -> list[Page]:
    with site(answers) as here:
        return pages_of(eccp, eccp.Settings.model_validate({"site_url": here.url} | settings))


def calls(answers: Answers = own_site, **settings: Any) -> dict[str, CallFacts]:
    return calls_of(eccp, read(answers, **settings))


def own_page(was: bytes, now: bytes) -> Answers:
    """Our site after the first call's own page changed."""
    body = (HERE / "eccp" / "first-test-call.html").read_bytes()
    assert was in body
    return with_page(FIRST, body.replace(was, now))


def test_the_pages_read_as_they_were_reviewed() -> None:
    assert told(calls()) == expected("eccp")


def test_the_list_is_read_until_a_page_holds_only_calls_that_are_over() -> None:
    with site(own_site) as here:
        pages_of(eccp, eccp.Settings(site_url=here.url))
    lists = [asked.query["page"] for asked in here.asked if asked.path == "/search-results"]
    assert lists == ["0", "1"]  # there is a link to a third page
    assert len(here.asked) == 7


def test_calls_that_are_over_are_left_out() -> None:
    assert set(calls()) == {FIRST, SECOND}


def test_an_archive_that_is_longer_than_one_run_may_read_is_not_read_in_half() -> None:
    assert reason_of(lambda: read(details_per_run=4)) == "too_many_calls"


def test_an_hour_is_known_where_the_page_tells_one() -> None:
    [deadline] = calls()[FIRST].deadlines
    assert deadline.at is not None
    assert (deadline.on, deadline.at.isoformat()) == (date(2027, 1, 15), "2027-01-15T17:00:00+01:00")


def test_a_call_with_two_cut_offs_has_both_and_is_over_after_the_last() -> None:
    assert [deadline.on for deadline in calls()[SECOND].deadlines] == [date(2026, 10, 20), date(2027, 3, 30)]


def test_a_link_that_names_nothing_gives_way_to_the_pages_own_heading() -> None:
    assert calls()[SECOND].title == "Second test call: two cut-offs"


def test_nobodys_name_or_address_is_kept() -> None:
    text = calls()[FIRST].text or ""
    assert "Weavers" in text
    assert "Testi" not in text
    assert "@" not in text


def test_a_call_whose_page_is_gone_is_left_out() -> None:
    assert set(calls(with_page(FIRST, 404))) == {SECOND}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html><body><app-root></app-root></body></html>", "shell"),
        (LIST.replace(b"search-result-item", b"result"), "no_rows"),
        (LIST.replace(b"pager", b"pages"), "no_pager"),
        (LIST[:-40], "truncated"),
        (b"", "not_html"),
        (500, "http_500"),
    ],
)
def test_a_list_that_is_not_what_it_was_ends_in_a_named_reason(body: bytes | int, reason: str) -> None:
    assert reason_of(lambda: calls(with_page("/search-results", body))) == reason


def test_a_card_without_a_link_is_named_and_the_others_are_read() -> None:
    first, *others = eccp.eccp_cards(LIST.replace(b"/content/first", b"/node/first"))
    assert isinstance(first, Unread)
    assert first.fault.reason == "no_link"
    assert others == eccp.eccp_cards(LIST)[1:]


def test_a_list_that_leads_back_to_itself_is_broken_off() -> None:
    body = LIST.replace(b"page=1", b"page=0")
    assert reason_of(lambda: read(with_page("/search-results", body))) == "paging_loop"


def test_a_call_whose_page_fails_fails_the_reading() -> None:
    assert reason_of(lambda: read(with_page(FIRST, 500))) == "http_500"


@pytest.mark.parametrize(
    ("was", "now", "reason"),
    [
        (b"DEADLINE: 15 January 2027", b"DEADLINE: mid-January 2027", "date"),
        (b"DEADLINE: 15 January 2027", b"DEADLINE: 31 February 2027", "date"),
    ],
)
def test_a_deadline_that_is_not_understood_is_a_named_fault(was: bytes, now: bytes, reason: str) -> None:
    assert reason_of(lambda: calls(own_page(was, now))) == reason


def test_a_call_without_any_deadline_is_a_named_fault() -> None:
    body = (HERE / "eccp" / "first-test-call.html").read_bytes().replace(b"15 January 2027", b"")
    assert reason_of(lambda: calls(with_page(FIRST, body.replace(b"DEADLINE:", b"Hello")))) == "undated"


def test_one_page_without_content_is_one_calls_fault_and_not_the_readings() -> None:
    pages = read(with_page(FIRST, b"<!DOCTYPE html><html><body><app-root></app-root></body></html>"))
    rows = {row.key: row for page in pages for row in eccp.rows(page)}
    assert set(rows) == {FIRST, SECOND}
    assert reason_of(lambda: eccp.facts(rows[FIRST])) == "undated"


def test_the_recorded_texts_tell_their_deadlines(shared: Path) -> None:
    recorded = json.loads((shared / "recorded/sources/eccp/eccp_een_raw_documents.extracted.json").read_bytes())
    held = {
        document["url"].rpartition("clustercollaboration.eu")[2]: document
        for document in recorded
        if document["source"] == "ECCP"
    }

    def answers(asked: Request) -> bytes:
        if asked.path in held:
            said = escape(held[asked.path]["description"])
            return f"<!DOCTYPE html><html><body><main><p>{said}</p></main></body></html>".encode()
        cards = "".join(
            f'<div class="search-result-item"><a href="{path}">{escape(one["title"])}</a></div>'
            for path, one in held.items()
        )
        return f"<!DOCTYPE html><html><body>{cards}<nav class=pager></nav></body></html>".encode()

    pages = read(answers)
    early = [Page(page.url, page.body, asked={"on": "2026-08-14"}, details=page.details) for page in pages]
    found = calls_of(eccp, early)
    assert {key: str(facts.deadlines[-1].on) for key, facts in found.items()} == {
        path: document["deadline_date"] for path, document in held.items()
    }
    assert calls_of(eccp, pages) == {}  # all four are over by now
