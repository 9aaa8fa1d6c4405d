"""TED: a search API of our own that iterates, and the recorded answer where it is at hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db.calls import CallFacts
from tests.tracker.sources.own_site import HERE, Answers, Request, calls_of, expected, pages_of, reason_of, site, told
from tracker.sources import Page, SourceSettings, ted

PARK, ROAD = "bbbbbbbb-0000-4000-8000-000000000001", "90001-2026"


def answer(number: int) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "ted" / f"answer_{number}.json").read_bytes())
    return read


def own_answers(asked: Request) -> bytes:
    return json.dumps(answer(2 if asked.body.get("iterationNextToken") == "next" else 1)).encode()


def read(answers: Answers, **settings: Any) -> list[Page]:
    with site(answers) as here:
        return pages_of(ted, ted.Settings.model_validate({"api_url": here.url} | settings))


def calls(answers: Answers = own_answers, **settings: Any) -> dict[str, CallFacts]:
    return calls_of(ted, read(answers, **settings))


def changed(change: Callable[[dict[str, Any]], object]) -> Answers:
    """Our first answer, alone and changed."""

    def answers(asked: Request) -> bytes:
        told = answer(1) | {"totalNoticeCount": 2, "iterationNextToken": None}
        change(told)
        return json.dumps(told).encode()

    return answers


def test_it_is_off_by_default() -> None:
    assert SourceSettings().enabled
    assert not ted.Settings().enabled


def test_the_answers_read_as_they_were_reviewed() -> None:
    assert told(calls()) == expected("ted")


def test_the_first_request_is_the_contracts_and_the_next_adds_the_token() -> None:
    with site(own_answers) as here:
        pages_of(ted, ted.Settings(api_url=here.url, cpv=("73*",)))
    first, second = here.asked
    assert first.path == "/v3/notices/search"
    assert first.body == {
        "query": "(buyer-country IN (FIN)) AND (classification-cpv IN (73*))"
        " AND (deadline-receipt-tender-date-lot >= today()) SORT BY publication-number DESC",
        "fields": list(ted.FIELDS),
        "limit": 250,
        "paginationMode": "ITERATION",
    }
    assert second.body == first.body | {"iterationNextToken": "next"}


def test_a_procedure_is_told_by_its_newest_notice_on_whatever_page_it_stands() -> None:
    def turned(asked: Request) -> bytes:
        is_second = asked.body.get("iterationNextToken") == "next"
        told = answer(1 if is_second else 2)
        told["iterationNextToken"] = None if is_second else "next"
        return json.dumps(told).encode()

    assert [calls(answers)[PARK].identifier for answers in (own_answers, turned)] == ["900003-2026"] * 2


def test_lots_with_different_deadlines_have_them_all_as_days() -> None:
    deadlines = calls()[PARK].deadlines
    assert [(str(deadline.on), deadline.at) for deadline in deadlines] == [("2027-01-08", None), ("2027-01-15", None)]


def test_a_title_is_taken_in_the_language_that_readers_read_best_and_says_which() -> None:
    found = calls()
    assert [(facts.title, facts.language) for facts in found.values()] == [
        ("Suomi – Konsultointi – Kiertopuisto", "fi"),
        ("Finnország – Útépítés", "hu"),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda told: told["notices"].pop(), "incomplete"),
        (lambda told: told.update(timedOut=True), "timed_out"),
        (lambda told: told.pop("totalNoticeCount"), "not_an_answer"),
        (lambda told: told.pop("notices"), "not_an_answer"),
        (lambda told: told["notices"][0].pop("publication-number"), "not_an_answer"),
        (lambda told: told["notices"][0].update({"publication-number": "n/a"}), "not_an_answer"),
        (lambda told: told["notices"][0].update({"buyer-country": ["ESP"]}), "filter_ignored"),
        (lambda told: told["notices"][0].update({"notice-title": {}}), "no_title"),
        (lambda told: told["notices"][0].update({"publication-date": "20.11.2026"}), "date"),
    ],
)
def test_an_answer_that_is_not_what_it_was_ends_in_a_named_reason(
    change: Callable[[dict[str, Any]], object], reason: str
) -> None:
    assert reason_of(lambda: calls(changed(change))) == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"<html><app-root></app-root></html>", "html"), (b'{"noti', "truncated"), (500, "http_500"), (400, "http_400")],
)
def test_no_answer_ends_in_a_named_reason(body: bytes | int, reason: str) -> None:
    assert reason_of(lambda: read(lambda asked: body)) == reason


def test_an_iteration_without_an_end_is_broken_off() -> None:
    endless = json.dumps(answer(1)).encode()
    assert reason_of(lambda: read(lambda asked: endless)) == "too_many_pages"


def test_no_tender_at_all_is_for_the_bounds_to_judge() -> None:
    [page] = read(lambda asked: b'{"notices": [], "totalNoticeCount": 0, "timedOut": false}')
    assert list(ted.rows(page)) == []
    assert ted.SOURCE.bounds.least == 1


def test_the_recorded_answer_reads(shared: Path) -> None:
    recorded = json.loads((shared / "recorded/sources/ted/ted_search.excerpt.json").read_bytes())
    body = json.dumps(recorded | {"totalNoticeCount": 2}).encode()  # the record was cut to two notices
    found = calls(lambda asked: body, countries=["ESP"])
    assert [facts.identifier for facts in found.values()] == ["542832-2026", "543323-2026"]
    assert [[str(deadline.on) for deadline in facts.deadlines] for facts in found.values()] == [
        ["2026-09-02"],
        ["2026-08-20"],
    ]
    assert [facts.language for facts in found.values()] == ["fi", "hu"]
    assert [facts.url[:30] for facts in found.values()] == [
        "https://ted.europa.eu/fi/notic",
        "https://ted.europa.eu/en/notic",
    ]
