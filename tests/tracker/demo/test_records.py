"""The demo's records, its portal and its mailbox are what the demo says they are."""

import gzip
import json
import re
import smtplib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from itertools import pairwise
from typing import Any

import httpx
import pytest
from email_validator import validate_email

from tests.support.places import ROOT
from tracker.demo.actors import SAMPLE_ACTORS
from tracker.demo.history import HISTORY, Row, portal_rows
from tracker.demo.mailbox import demo_mailbox
from tracker.demo.portal import PAGE_SIZE, SEARCH_PATH, DemoPortal, demo_portal

SHARED = ROOT.parent / "shared"
DAYS = SHARED / "recorded" / "portal" / "days"
GOLD = SHARED / "gold" / "portal-dev.jsonl"
MOMENTS = tuple(moment.at for moment in HISTORY)
LAST = len(HISTORY) - 1
OVERLAPPING = next(number for number, moment in enumerate(HISTORY) if moment.overlap)
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000")


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, list[str]]]:
    """The recorded metadata by reference. A day holds some rows cut short, so days add to one another."""
    if not DAYS.is_dir():
        pytest.skip("../shared/recorded/portal/days is absent")
    found: dict[str, dict[str, list[str]]] = {}
    for day in [*sorted(DAYS.glob("*.jsonl.gz"))[::5], DAYS / "2026-06-11.jsonl.gz"]:
        with gzip.open(day, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                found.setdefault(row["reference"], {}).update(row["metadata"])
    return found


@pytest.fixture
def portal() -> Iterator[DemoPortal]:
    with demo_portal() as running:
        yield running


def test_the_first_moment_holds_about_sixty_calls_of_all_three_types() -> None:
    types = Counter(row["metadata"]["type"][0] for row in portal_rows(0))

    assert types["1"] >= 40
    assert types["8"] >= 10
    assert types["2"] >= 3


def test_moments_are_in_order_and_aware() -> None:
    assert all(earlier < later for earlier, later in pairwise(MOMENTS))
    assert all(moment.tzinfo is not None for moment in MOMENTS)


@pytest.mark.parametrize("moment", range(len(HISTORY)))
def test_references_are_unique_at_every_moment(moment: int) -> None:
    references = [row["reference"] for row in portal_rows(moment)]

    assert len(references) == len(set(references))


@pytest.mark.parametrize("moment", range(len(HISTORY)))
def test_metadata_are_lists_of_words_and_agree_with_their_row(moment: int) -> None:
    for row in portal_rows(moment):
        metadata = row["metadata"]
        assert all(isinstance(value, str) for values in metadata.values() for value in values), row["reference"]
        assert metadata["REFERENCE"] == [row["reference"]]
        assert metadata["url"] == [row["url"]]
        assert (
            metadata["sortStatus"] == [row["groupById"]] == [{"31094502": "1", "31094501": "2"}[metadata["status"][0]]]
        )


@pytest.mark.parametrize("moment", range(len(HISTORY)))
def test_dates_are_written_as_the_api_writes_them_and_ascend(moment: int) -> None:
    for row in portal_rows(moment):
        metadata = row["metadata"]
        dates = metadata["startDate"] + metadata["deadlineDate"]
        assert all(DATE.fullmatch(date) for date in dates), row["reference"]
        assert [datetime.fromisoformat(date) for date in dates] == sorted(map(datetime.fromisoformat, dates))


def test_json_inside_the_metadata_parses() -> None:
    for row in portal_rows(LAST):
        for name in ("budgetOverview", "latestInfos"):
            for value in row["metadata"].get(name, []):
                json.loads(value)


def test_every_topic_finds_its_own_budget_by_its_prefix_among_its_siblings() -> None:
    with_siblings = 0
    for row in portal_rows(LAST):
        for overview in row["metadata"].get("budgetOverview", []):
            actions = [item["action"] for items in _actions(overview) for item in items]
            own = [action for action in actions if action.startswith(f"{row['metadata']['identifier'][0]} - ")]
            assert len(own) == 1, row["reference"]
            with_siblings += len(actions) > 1
    assert with_siblings >= 10


def _actions(overview: str) -> list[list[dict[str, Any]]]:
    return list(json.loads(overview)["budgetTopicActionMap"].values())


def test_the_records_hold_what_a_parser_must_cope_with() -> None:
    models = Counter(model for row in portal_rows(LAST) for model in row["metadata"].get("deadlineModel", []))
    conditions = [row for row in portal_rows(LAST) if "topicConditions" in row["metadata"]]
    notes = [row for row in portal_rows(LAST) if row["metadata"].get("latestInfos", ["[]"]) != ["[]"]]

    assert models["two-stage"] >= 2
    assert models["multiple cut-off"] >= 3
    assert len(conditions) >= 10
    assert len(notes) >= 5


def test_a_call_is_missing_twice_and_comes_back() -> None:
    seen = ["51176802TOPICSen" in _references(moment) for moment in range(len(HISTORY))]

    assert seen == [True, False, False, False, True]


def test_a_call_is_missing_once_and_comes_back() -> None:
    seen = ["13881COMPETITIVE_CALLen" in _references(moment) for moment in range(len(HISTORY))]

    assert seen == [True, True, False, True, True]


def test_a_call_whose_deadline_has_passed_leaves_and_was_not_hidden_before() -> None:
    deadline = datetime.fromisoformat(_metadata(0, "13783COMPETITIVE_CALLen")["deadlineDate"][0])

    assert "13783COMPETITIVE_CALLen" in _references(LAST - 1)
    assert "13783COMPETITIVE_CALLen" not in _references(LAST)
    assert MOMENTS[LAST - 1] < deadline < MOMENTS[LAST]


@pytest.mark.parametrize("reference", ["51346339TOPICSen", "50895043TOPICSen"])
def test_a_deadline_moves_later_and_a_note_says_so(reference: str) -> None:
    before, after = _metadata(1, reference), _metadata(2, reference)

    assert before["deadlineDate"] < after["deadlineDate"]
    assert before["latestInfos"] != after["latestInfos"]
    assert "put off" in json.loads(after["latestInfos"][0])[0]["content"]


def test_a_deadline_moves_earlier() -> None:
    assert _metadata(2, "50127032TOPICSen")["deadlineDate"] > _metadata(3, "50127032TOPICSen")["deadlineDate"]


def test_a_forthcoming_call_opens_on_the_last_day() -> None:
    for reference in ("51429936TOPICSen", "14624COMPETITIVE_CALLen"):
        assert _metadata(3, reference)["status"] == ["31094501"]
        assert _metadata(4, reference)["status"] == ["31094502"]


def test_seconds_are_rewritten_within_the_same_minute_or_day() -> None:
    for reference in ("186002PROSPECTSEN", "186152PROSPECTSEN"):
        before, after = (_metadata(moment, reference)["deadlineDate"][0] for moment in (2, 3))
        assert before != after
        assert before[:10] == after[:10]


def test_two_calls_and_more_are_new_on_the_second_day() -> None:
    assert len(_references(2) - _references(1)) >= 2


def _references(moment: int) -> set[str]:
    return {row["reference"] for row in portal_rows(moment)}


def _metadata(moment: int, reference: str) -> dict[str, list[str]]:
    return next(row["metadata"] for row in portal_rows(moment) if row["reference"] == reference)


def test_facts_are_the_recorded_ones_at_the_end(recorded: dict[str, dict[str, list[str]]]) -> None:
    """Titles, dates, statuses and own budgets; the sport awards (never seen with dates) are not among the days."""
    for row in portal_rows(LAST):
        if row["reference"] in recorded:
            known = recorded[row["reference"]]
            for name in ("identifier", "title", "callIdentifier", "startDate", "frameworkProgramme", "caName"):
                assert _squeezed(row["metadata"].get(name)) == _squeezed(known.get(name)), (row["reference"], name)
            assert [date[:10] for date in row["metadata"]["deadlineDate"]] == [d[:10] for d in known["deadlineDate"]]
            assert _own_money(row["metadata"]) == _own_money(known)


def _own_money(metadata: dict[str, list[str]]) -> list[Any]:
    prefix = f"{metadata['identifier'][0]} - "
    items = [item for overview in metadata.get("budgetOverview", []) for some in _actions(overview) for item in some]
    names = ("budgetYearMap", "expectedGrants", "minContribution", "maxContribution")
    return [[item[name] for name in names] for item in items if item["action"].startswith(prefix)]


def _squeezed(values: list[str] | None) -> list[str]:
    return [value.strip() for value in values or []]


@pytest.mark.skipif(not GOLD.exists(), reason="../shared/gold/portal-dev.jsonl is absent")
def test_no_description_shares_eight_words_in_a_row_with_the_recorded_one(
    recorded: dict[str, dict[str, list[str]]],
) -> None:
    theirs = {reference: _prose(metadata) for reference, metadata in recorded.items()}
    for line in GOLD.read_text("utf-8").splitlines():
        judged = json.loads(line)
        theirs[judged["id"]] = f"{theirs.get(judged['id'], '')} | {judged['abstract'] or ''}"
    compared = 0
    for row in portal_rows(LAST):
        ours, others = _runs(_prose(row["metadata"])), _runs(theirs.get(row["reference"], ""))
        assert not ours & others, row["reference"]
        compared += bool(ours and others)
    assert compared >= 40


def _prose(metadata: dict[str, list[str]]) -> str:
    return " | ".join(metadata.get("descriptionByte", []) + metadata.get("description", []))


def _runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", unescape(re.sub(r"<[^>]+>", " ", text)).lower())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def _query(kind: str, *more: dict[str, Any]) -> dict[str, Any]:
    must: list[dict[str, Any]] = [
        {"terms": {"type": [kind]}},
        {"terms": {"status": ["31094501", "31094502"]}},
        {"terms": {"DATASOURCE": ["SEDIA"]}},
        {"term": {"language": "en"}},
    ]
    return {"bool": {"must": [*must, *more]}}


def _search(portal: DemoPortal, query: Any, page: int = 1, sort: str = "identifier") -> dict[str, Any]:
    parts = {"query": query, "languages": ["en"], "sort": {"field": sort, "order": "ASC"}}
    answer = httpx.post(
        portal.url + SEARCH_PATH,
        params={"apiKey": "SEDIA", "text": "***", "pageSize": 100, "pageNumber": page},
        files={name: ("blob", json.dumps(part), "application/json") for name, part in parts.items()},
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _scan(portal: DemoPortal, kind: str) -> tuple[int, list[str]]:
    """The announced total, and the references of all pages in their order."""
    found: list[Row] = []
    for page in range(1, 10):
        answer = _search(portal, _query(kind), page)
        found += answer["results"]
        if not answer["results"]:
            break
    return answer["totalResults"], [row["reference"] for row in found]


@pytest.mark.parametrize("kind", ["1", "8", "2"])
def test_the_portal_answers_all_pages_of_what_was_asked_and_nothing_else(portal: DemoPortal, kind: str) -> None:
    total, references = _scan(portal, kind)

    assert sorted(references) == sorted(r["reference"] for r in portal_rows(0) if r["metadata"]["type"] == [kind])
    assert total == len(references)


def test_the_portal_caps_the_page_without_a_word(portal: DemoPortal) -> None:
    answer = _search(portal, _query("1"))

    assert len(answer["results"]) == PAGE_SIZE == answer["pageSize"]
    assert answer["totalResults"] > PAGE_SIZE


def test_the_portal_sorts_by_the_asked_field_and_leaves_out_rows_without_it(portal: DemoPortal) -> None:
    answer = _search(portal, _query("8"), sort="callTitle")

    titles = [row["metadata"]["callTitle"][0] for row in answer["results"]]
    assert titles == sorted(titles)
    assert 0 < answer["totalResults"] < _search(portal, _query("8"))["totalResults"]


def test_the_portal_finds_calls_by_their_references(portal: DemoPortal) -> None:
    wanted = ["51084000TOPICSen", "50149329TOPICSen", "51429936TOPICSen"]

    answer = _search(portal, {"bool": {"must": [{"terms": {"REFERENCE": wanted}}]}})

    assert {row["reference"] for row in answer["results"]} == set(wanted[:2])  # the third is not published yet


def test_the_portal_honours_exists_ranges_and_exclusions(portal: DemoPortal) -> None:
    start = {"range": {"startDate": {"gte": "2026-05-01T00:00:00.000+0000", "lt": "2026-07-01T00:00:00.000+0000"}}}
    named = {"exists": {"field": "caName"}}  # cascade calls, and one of EuropeAid of May

    answer = _search(portal, {"bool": {"must": [start, named], "must_not": [{"term": {"type": "2"}}]}})

    expected = {
        row["reference"]
        for row in portal_rows(0)
        if row["metadata"]["type"] == ["8"] and row["metadata"]["startDate"][0][:7] in ("2026-05", "2026-06")
    }
    assert {row["reference"] for row in answer["results"]} == expected != set()


def test_the_portal_honours_should(portal: DemoPortal) -> None:
    one_or_other = [{"term": {"type": "2"}}, {"term": {"type": "8"}}]

    answer = _search(portal, {"bool": {"should": one_or_other}})

    assert {row["metadata"]["type"][0] for row in answer["results"]} == {"2", "8"}


def test_the_portal_refuses_a_clause_that_the_api_does_not_know(portal: DemoPortal) -> None:
    part = ("blob", json.dumps({"wildcard": {"identifier": "HORIZON*"}}), "application/json")

    answer = httpx.post(portal.url + SEARCH_PATH + "?apiKey=SEDIA&text=***", files={"query": part})

    assert answer.status_code == 400


def test_the_portal_refuses_a_part_that_is_not_typed_as_json(portal: DemoPortal) -> None:
    part = ("blob", json.dumps(_query("1")), "text/plain")

    answer = httpx.post(portal.url + SEARCH_PATH + "?apiKey=SEDIA&text=***", files={"query": part})

    assert answer.status_code == 500


def test_the_portal_refuses_a_body_that_is_not_multipart(portal: DemoPortal) -> None:
    answer = httpx.post(portal.url + SEARCH_PATH + "?apiKey=SEDIA&text=***", json=_query("1"))

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/robots.txt", "/info/funding-tenders/opportunities/data/topicDetails/x.json"])
def test_the_portal_has_no_robots_txt_and_no_details(portal: DemoPortal, path: str) -> None:
    assert httpx.get(portal.url + path).status_code == 404


def test_pages_overlap_on_the_first_pass_and_not_on_the_second(portal: DemoPortal) -> None:
    portal.set_moment(OVERLAPPING)

    first_total, first = _scan(portal, "1")
    second_total, second = _scan(portal, "1")

    assert len(first) == first_total == second_total
    assert first[PAGE_SIZE - 1] == first[PAGE_SIZE]
    assert set(second) - set(first) == {second[PAGE_SIZE]}
    assert len(set(second)) == second_total


@pytest.mark.parametrize("moment", [n for n in range(len(HISTORY)) if n != OVERLAPPING])
def test_pages_do_not_overlap_at_the_other_moments(portal: DemoPortal, moment: int) -> None:
    portal.set_moment(moment)

    total, references = _scan(portal, "1")

    assert len(set(references)) == total


def test_the_mailbox_keeps_what_smtp_brings() -> None:
    mail = b"Subject: Haut\r\n\r\nK\xc3\xa4rki\r\n"
    with demo_mailbox() as mailbox, smtplib.SMTP(mailbox.host, mailbox.port) as smtp:
        smtp.sendmail(
            "digest@example.org", ["a@example.org", "b@example.org"], b"Subject: Haut\r\n\r\nK\xc3\xa4rki\r\n"
        )

    (received,) = mailbox.messages
    assert received.sender == "digest@example.org"
    assert received.recipients == ("a@example.org", "b@example.org")
    assert received.body == mail


def test_sample_actors_cover_every_spearhead_and_language_at_addresses_that_lead_nowhere() -> None:
    wanted = {spearhead for actor in SAMPLE_ACTORS for spearhead in actor.spearheads}
    languages = Counter(actor.language.value for actor in SAMPLE_ACTORS)

    assert wanted == {"sport", "food", "manufacturing", "circular", "design", "experiences"}
    assert languages == {"fi": 3, "sv": 1, "en": 1}
    for actor in SAMPLE_ACTORS:
        assert validate_email(actor.address, check_deliverability=False).domain.endswith(".example.org")
