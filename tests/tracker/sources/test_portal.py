"""The portal: records of our own, a portal of our own for paging, and the recorded days where they are at hand."""

import asyncio
import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from db.calls import CallFacts, CallKind, CallStatus, Deadline
from tracker.errors import FetchError, ParseError, RunQuarantined
from tracker.fetching.asking import Answer, Fetch
from tracker.fetching.receipt import Receipt
from tracker.sources import Page, Part, Row, Wanted
from tracker.sources.portal import search as portal
from tracker.sources.portal.facts import facts_of_record
from tracker.sources.portal.topic_pages import details
from tracker.sources.support.plaintext import line_of, text_of

HERE = Path(__file__).parent / "portal"
NOW = datetime(2026, 4, 21, 6, 0, tzinfo=UTC)
BRUSSELS = ZoneInfo("Europe/Brussels")
SCREEN = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities"

TOPIC, OLD, TWO_STAGE = "70000001TOPICSen", "60000001LIFEProjectGrants1646784000000", "70000002TOPICSen"
CASCADE, EXTERNAL, TENDER = "14001COMPETITIVE_CALLen", "190001PROSPECTSEN", "0aa11bb2-0000-4000-8000-000000000001-CN"


# --- parsing ----------------------------------------------------------------------------------------------------------


def answer() -> dict[str, Any]:
    return cast(dict[str, Any], json.loads((HERE / "answer.json").read_bytes()))


def rows_of(answered: Mapping[str, Any], **asked: list[str]) -> dict[str, Row]:
    page = Page("http://portal/", json.dumps(answered).encode(), asked=asked)
    return {row.key: row for row in portal.rows(page)}


def read(key: str) -> CallFacts:
    return portal.facts(rows_of(answer())[key])


def changed(key: str, **metadata: Any) -> Row:
    """A record's row after some of its metadata changed."""
    answered = answer()
    for result in answered["results"]:
        if result["reference"] == key:
            result["metadata"] |= metadata
    return rows_of(answered)[key]


def test_every_record_is_keyed_on_its_reference() -> None:
    assert list(rows_of(answer())) == [TOPIC, OLD, TWO_STAGE, CASCADE, EXTERNAL, TENDER]


def test_a_topic_is_named_by_its_official_codes() -> None:
    facts = read(TOPIC)
    assert (facts.source, facts.key, facts.kind) == ("portal", TOPIC, CallKind.TOPIC)
    assert facts.identifier == "HORIZON-CL6-2026-01-TEST-01"
    assert (facts.call_identifier, facts.call_title) == ("HORIZON-CL6-2026-01", "Circular & bio-based")
    assert facts.url == f"{SCREEN}/topic-details/HORIZON-CL6-2026-01-TEST-01"
    assert (facts.programme, facts.type_of_action) == ("HORIZON", "HORIZON Research and Innovation Actions")
    assert facts.claimed_status is CallStatus.OPEN


def test_a_title_given_twice_with_odd_blanks_is_one_clean_line() -> None:
    assert read(TOPIC).title == "Reused timber in buildings"


def test_a_topics_text_keeps_its_headings_and_lists() -> None:
    assert read(TOPIC).text == "\n".join(
        [
            "Expected Outcome:",
            "Builders know what a used beam can carry.",
            "- fewer demolitions",
            "- cheaper homes & halls",
            "Scope:",
            "Test rigs, standards and a market place, where age < 50 years.",
        ]
    )


def test_a_heading_of_the_older_kind_reads_the_same() -> None:
    assert read(OLD).text == "Scope:\nCranes that do not wake the town."


def test_a_budget_is_the_topics_own_and_summed_over_years() -> None:
    facts = read(TOPIC)
    assert (facts.budget_total, facts.expected_grants) == (9_000_000, 3)
    assert (facts.project_min, facts.project_max) == (2_500_000, 3_000_000)


def test_zero_in_a_budget_is_not_stated() -> None:
    row = changed(TOPIC, identifier=["HORIZON-CL6-2026-01-TEST-012"])
    facts = portal.facts(row)
    assert (facts.budget_total, facts.project_min, facts.project_max) == (77_000_000, None, None)


def test_an_older_budget_in_numbers_without_limits_is_read() -> None:
    facts = read(OLD)
    assert (facts.budget_total, facts.project_max, facts.expected_grants) == (900_000, None, None)


def test_keywords_leave_out_the_codes_and_repeats() -> None:
    assert read(TOPIC).keywords == ("circular economy", "Wood")


def test_keywords_in_one_json_string_are_read() -> None:
    assert read(OLD).keywords == ("noise", "ports")


def test_divisions_are_names_and_an_unknown_one_shows_its_code() -> None:
    assert read(TOPIC).divisions == (
        "99999999",
        "Bio-based Innovation Systems in the EU Bioeconomy",
        "Global Challenges and European Industrial Competitiveness",
    )


def test_a_programme_that_is_not_in_our_table_shows_its_code() -> None:
    assert portal.facts(changed(TOPIC, frameworkProgramme=["49999999"])).programme == "49999999"


def test_several_types_of_action_are_joined() -> None:
    assert read(TWO_STAGE).type_of_action == "HORIZON Coordination and Support Actions; HORIZON Innovation Actions"


def test_the_conditions_are_kept_as_far_as_they_say_who_applies_with_the_model_agreement() -> None:
    pages, who = "<p>Page limits: see Part B.</p>", "<p>Eligible applicants are public authorities.</p>"
    read_row = changed(TOPIC, topicConditions=[pages + who], typeOfMGAs=["43027849", "1"])
    conditions = "Eligible applicants are public authorities.\nModel grant agreement: HORIZON-AG-LS"
    assert portal.facts(read_row).conditions == conditions


def test_the_minimum_consortium_is_the_sentence_that_states_it() -> None:
    assert read(TOPIC).consortium == (
        "The consortium must include at least three independent legal entities from three countries."
    )


def test_the_newest_note_tells_its_day_and_reason() -> None:
    note = read(TOPIC).note
    assert note is not None
    assert (note.at, note.text) == (date(2026, 4, 2), "The deadline moves by one week,\nas the form was late.")


def test_a_note_of_the_older_kind_is_read() -> None:
    note = read(OLD).note
    assert note is not None
    assert (note.at, note.text) == (date(2023, 4, 27), "New form.")


def test_a_topics_deadline_is_a_day_without_a_time() -> None:
    facts = read(TOPIC)
    assert facts.opens_on == date(2026, 3, 3)
    assert facts.deadlines == (Deadline(on=date(2026, 9, 15)),)


def test_a_date_with_a_brussels_offset_is_that_day() -> None:
    facts = read(OLD)
    assert (facts.opens_on, facts.deadlines) == (date(2023, 3, 9), (Deadline(on=date(2023, 5, 11)),))


def test_brussels_midnight_in_utc_is_the_next_day_and_stages_are_numbered_in_order() -> None:
    assert read(TWO_STAGE).deadlines == (
        Deadline(on=date(2026, 9, 1), stage=1),
        Deadline(on=date(2027, 1, 21), stage=2),
    )


def test_a_cascade_call_has_its_own_title_and_link_and_its_parents_identifier() -> None:
    facts = read(CASCADE)
    assert (facts.kind, facts.title) == (CallKind.CASCADE, "Vouchers for small bakeries")
    assert facts.call_title == "Skills for the parent topic"
    assert facts.identifier == "DIGITAL-2022-TEST-03"
    assert facts.project == "BREADLINE"
    assert facts.url == f"{SCREEN}/competitive-calls-cs/14001"
    assert facts.budget_total == 400_000


def test_a_cascade_calls_hour_is_a_brussels_wall_clock_and_midnight_is_none() -> None:
    assert read(CASCADE).deadlines == (
        Deadline(on=date(2026, 6, 15)),
        Deadline(on=date(2026, 10, 30), at=datetime(2026, 10, 30, 17, 0, tzinfo=BRUSSELS)),
    )


def test_a_cascade_calls_text_adds_its_further_information() -> None:
    assert read(CASCADE).text == "A voucher buys one oven test.\nFurther information:\n- Ask the project office."


def test_a_cascade_calls_address_has_its_own_number_rather_than_its_keys() -> None:
    assert portal.facts(changed(CASCADE, callccm2Id=["14777"])).url == f"{SCREEN}/competitive-calls-cs/14777"


def test_a_cascade_calls_text_names_nobody_to_ask() -> None:
    said = "<p>Ovens of all sizes.</p><p>Test Person, tel. +32 2 000 00 00, test.person@project.example</p>"
    text = portal.facts(changed(CASCADE, description=[said], furtherInformation=[said])).text
    assert text == "Ovens of all sizes.\nFurther information:\nOvens of all sizes."


def test_external_action_has_a_day_and_the_address_that_still_works() -> None:
    facts = read(EXTERNAL)
    assert (facts.kind, facts.programme) == (CallKind.EXTERNAL, "RELEX")
    assert facts.deadlines == (Deadline(on=date(2026, 6, 2)),)
    assert facts.url == "https://webgate.ec.europa.eu/prospect/external/publishedcalls.htm?callId=190001"


def test_a_tender_is_read() -> None:
    facts = read(TENDER)
    assert (facts.kind, facts.budget_total) == (CallKind.TENDER, 240_000)
    assert facts.text == "Daily cleaning.\nTwo rooms."
    assert facts.url == f"{SCREEN}/tender-details/{TENDER}"


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"title": []}, "no_title"),
        ({"type": ["11"]}, "type"),
        ({"deadlineDate": ["soon"]}, "date"),
        ({"deadlineDate": ["31 Smarch 2026"]}, "date"),
        ({"budgetOverview": ["{"]}, "embedded_json"),
    ],
)
def test_a_record_that_cannot_be_read_says_why(metadata: dict[str, Any], reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        portal.facts(changed(TOPIC, **metadata))
    assert caught.value.reason == reason
    assert TOPIC in caught.value.detail


def test_a_topics_own_page_reads_like_a_record() -> None:
    facts = facts_of_record("70000003TOPICSen", details((HERE / "topic.json").read_bytes()), "en")
    assert facts.opens_on == date(2024, 11, 28)
    assert [deadline.on for deadline in facts.deadlines] == [date(2018, 3, 13), date(2025, 2, 13)]
    assert (facts.budget_total, facts.project_max, facts.deadline_model) == (1_000_000, 995_000, "single-stage")
    assert facts.type_of_action == "PPPA Project Grants; Pilot Projects"
    assert facts.text == "Scope:\nA map that knows hills."
    assert facts.consortium == "A minimum of two applicants is needed."


def test_the_fingerprint_ignores_what_means_nothing() -> None:
    same = changed(
        EXTERNAL,
        deadlineDate=["2026-06-02T08:00:13.000+0000"],
        esDA_IngestDate=["2026-04-21T00:00:00.000+0000"],
        esST_checksum=["77"],
    )
    assert same.fingerprint == rows_of(answer())[EXTERNAL].fingerprint


def test_the_fingerprint_ignores_the_order_of_lists_that_have_none() -> None:
    metadata = answer()["results"][0]["metadata"]
    same = changed(TOPIC, keywords=metadata["keywords"][::-1], programmeDivision=metadata["programmeDivision"][::-1])
    assert same.fingerprint == rows_of(answer())[TOPIC].fingerprint


@pytest.mark.parametrize(
    "field",
    ["title", "status", "deadlineDate", "descriptionByte", "budgetOverview", "latestInfos", "keywords", "startDate"],
)
def test_the_fingerprint_sees_what_is_read(field: str) -> None:
    assert changed(TOPIC, **{field: ["other"]}).fingerprint != rows_of(answer())[TOPIC].fingerprint


@pytest.mark.parametrize(
    ("asked", "value"), [("type", "2"), ("status", "31094501"), ("DATASOURCE", "SEDIA_FAQ"), ("language", "bg")]
)
def test_a_row_that_was_not_asked_for_quarantines_the_run(asked: str, value: str) -> None:
    with pytest.raises(RunQuarantined) as caught:
        rows_of(answer(), **{asked: [value]})
    assert caught.value.reason == "filter_ignored"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!doctype html><p>Maintenance", "html"),
        (b'{"type":"throwable","message":"An internal error occurred"}', "throwable"),
        (b'{"totalResults": 3, "results": [{"refer', "truncated"),
        (b"", "truncated"),
        (b"Bad gateway", "not_json"),
        (b"[]", "not_an_answer"),
        (b'{"totalResults": 3}', "not_an_answer"),
        (b'{"totalResults": 3, "results": [7, 8, 9]}', "not_an_answer"),
    ],
)
def test_an_answer_that_is_none_says_what_it_is(body: bytes, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        list(portal.rows(Page("http://portal/", body)))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a < b and c > d", "a < b and c > d"),
        ("one<br/>two<BR>three", "one\ntwo\nthree"),
        ('<div class="eui-u-mt-l>"><h4>Conditions</h4></div>', "Conditions"),
        ("<p>seen</p><style>p {}</style><p>too</p><script>never ends", "seen\ntoo"),
        ("<p>R&amp;D&nbsp;costs</p>", "R&D costs"),
        ("", ""),
    ],
)
def test_mark_up_becomes_plain_text(markup: str, text: str) -> None:
    assert text_of(markup) == text


def test_a_line_loses_its_entities_and_breaks() -> None:
    assert line_of("Coal &amp; Steel\n\nCoal &amp; Steel") == "Coal & Steel"


# --- paging, on a portal of our own -----------------------------------------------------------------------------------


class OwnPortal:
    """Answers searches as a Fetcher would bring them. `answers` sees the query, the page number and the sort."""

    def __init__(self, answers: Callable[[dict[str, Any], int, dict[str, Any]], Any]) -> None:
        self.answers = answers
        self.receipt = Receipt()
        self.searches: list[dict[str, Any]] = []
        self.topics: dict[str, bytes | str] = {}  # a topic's own page, or the reason why it cannot be had
        self.topics_asked: list[str] = []

    async def post_parts(self, url: str, *, params: Mapping[str, Any], parts: Mapping[str, Any]) -> Answer:
        self.searches.append({"params": dict(params), "parts": dict(parts)})
        body = self.answers(parts["query"], params["pageNumber"], parts.get("sort", {}))
        return Answer(url, 200, {}, body if isinstance(body, bytes) else json.dumps(body).encode())

    def note_retry(self, reason: str) -> None:
        self.receipt.retries[reason] += 1

    def remembered(self, url: str, row: str | None = None) -> bytes | None:
        return None

    def forget(self, url: str) -> None:
        pass

    async def get(self, url: str, *, attempts: int, row: str) -> Answer:
        self.topics_asked.append(url.rpartition("/")[2])
        page = self.topics.get(self.topics_asked[-1], "http_404")
        if isinstance(page, str):
            raise FetchError("portal", page, "not to be had")
        return Answer(url, 200, {}, page)


def envelope(results: list[dict[str, Any]], total: int) -> dict[str, Any]:
    return {"totalResults": total, "pageNumber": 1, "pageSize": 100, "results": results}


def topic(number: int, kind: str = "1", status: str = "31094502", **metadata: list[str]) -> dict[str, Any]:
    """A record without more than paging needs; it has a text, so that its own page is not asked for."""
    said = {
        "type": [kind],
        "status": [status],
        "DATASOURCE": ["SEDIA"],
        "language": ["en"],
        "title": [f"Call {number}"],
    }
    said |= {"identifier": [f"CALL-{number:05d}"], "descriptionByte": ["Text."]}
    return {"reference": f"{number}TOPICSen", "language": "en", "metadata": said | metadata}


def kind_of(query: dict[str, Any]) -> str:
    (kind,) = (clause["terms"]["type"][0] for clause in query["bool"]["must"] if "type" in clause.get("terms", {}))
    return cast(str, kind)


def gathered(own: OwnPortal, wanted: Wanted | None = None, settings: portal.Settings | None = None) -> list[Page]:
    async def within() -> list[Page]:
        found = portal.pages(cast(Fetch, own), settings or portal.Settings(), wanted or Wanted())
        return [page async for page in found]

    return asyncio.run(within())


def paged(held: list[dict[str, Any]]) -> Callable[[dict[str, Any], int, dict[str, Any]], Any]:
    """Answers scans of type 1 from these records, whatever the sort; other types have none."""

    def answers(query: dict[str, Any], number: int, sort: dict[str, Any]) -> Any:
        found = held if kind_of(query) == "1" else []
        return envelope(found[(number - 1) * 100 : number * 100], len(found))

    return answers


def test_each_type_is_a_scan_read_to_its_last_page() -> None:
    own = OwnPortal(paged([topic(n) for n in range(250)]))
    found = [(page.scan, page.pass_no, page.number, page.announced) for page in gathered(own)]
    assert found == [("1", 1, 1, 250), ("1", 1, 2, 250), ("1", 1, 3, 250), ("8", 1, 1, 0), ("2", 1, 1, 0)]


def test_a_search_asks_for_what_the_contract_says() -> None:
    own = OwnPortal(paged([]))
    gathered(own)
    assert own.searches[0] == {
        "params": {"apiKey": "SEDIA", "text": "***", "pageSize": 100, "pageNumber": 1},
        "parts": {
            "query": {
                "bool": {
                    "must": [
                        {"terms": {"type": ["1"]}},
                        {"terms": {"status": ["31094501", "31094502"]}},
                        {"terms": {"DATASOURCE": ["SEDIA"]}},
                        {"terms": {"language": ["en"]}},
                    ]
                }
            },
            "languages": ["en"],
            "sort": {"field": "identifier", "order": "ASC"},
        },
    }


def test_tenders_are_read_where_they_are_switched_on() -> None:
    own = OwnPortal(paged([]))
    assert [page.scan for page in gathered(own, settings=portal.Settings(tenders=True))] == ["1", "8", "2", "0"]


def test_a_page_overlap_is_read_again_in_the_other_order() -> None:
    held = [topic(n) for n in range(150)]
    overlapping = held[:100] + held[99:100] + held[101:]

    def answers(query: dict[str, Any], number: int, sort: dict[str, Any]) -> Any:
        return paged(overlapping if sort["order"] == "ASC" else held[::-1])(query, number, sort)

    found = gathered(OwnPortal(answers))
    assert [(page.pass_no, page.number) for page in found if page.scan == "1"] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_scan_that_never_comes_out_whole_is_given_up_after_three_passes() -> None:
    held = [topic(n) for n in range(50)]

    def answers(query: dict[str, Any], number: int, sort: dict[str, Any]) -> Any:
        return envelope(held if kind_of(query) == "1" else [], 51 if kind_of(query) == "1" else 0)

    assert [page.pass_no for page in gathered(OwnPortal(answers)) if page.scan == "1"] == [1, 2, 3]


def test_a_page_that_comes_broken_is_asked_for_again() -> None:
    told = iter([b"<html>", b"", b"{}"])

    def answers(query: dict[str, Any], number: int, sort: dict[str, Any]) -> Any:
        return next(told, None) if kind_of(query) == "8" and len(own.searches) < 4 else paged([])(query, number, sort)

    own = OwnPortal(answers)
    assert [page.scan for page in gathered(own)] == ["1", "8", "2"]
    assert len(own.searches) == 5


def test_a_page_that_stays_broken_ends_the_run_by_its_name() -> None:
    own = OwnPortal(lambda query, number, sort: b'{"type":"throwable","message":"An internal error occurred"}')
    with pytest.raises(ParseError) as caught:
        gathered(own)
    assert (caught.value.reason, len(own.searches)) == ("throwable", 3)


def test_an_empty_page_before_the_end_is_asked_for_again() -> None:
    held = [topic(n) for n in range(150)]

    def answers(query: dict[str, Any], number: int, sort: dict[str, Any]) -> Any:
        return envelope([], 150) if len(own.searches) == 2 else paged(held)(query, number, sort)

    own = OwnPortal(answers)
    found = [page for page in gathered(own) if page.scan == "1"]
    assert [(page.pass_no, len(list(portal.rows(page)))) for page in found] == [(1, 100), (1, 50)]


def test_more_rows_than_one_query_can_page_through_quarantine_the_run() -> None:
    with pytest.raises(RunQuarantined) as caught:
        gathered(OwnPortal(lambda query, number, sort: envelope([], 10_001)))
    assert caught.value.reason == "beyond_window"


# --- backfill ---------------------------------------------------------------------------------------------------------


def archive(held: list[dict[str, Any]]) -> Callable[[dict[str, Any], int, dict[str, Any]], Any]:
    """Answers scans of closed calls of type 1 by their opening date."""

    @cache
    def found_by(query: str) -> list[dict[str, Any]]:
        return [row for row in held if _is_in(json.loads(query), row["metadata"])]

    def answers(query: dict[str, Any], number: int, sort: dict[str, Any]) -> Any:
        found = found_by(json.dumps(query))
        return envelope(found[(number - 1) * 100 : number * 100], len(found))

    return answers


def _is_in(query: dict[str, Any], metadata: Mapping[str, list[str]]) -> bool:
    for clause in query["bool"]["must"]:
        match clause:
            case {"terms": terms} if any(not set(metadata[field]) & set(values) for field, values in terms.items()):
                return False
            case {"range": {"startDate": {"gte": first, "lt": end}}}:
                if not any(first <= value < end for value in metadata.get("startDate", [])):
                    return False
            case {"bool": {"must_not": [{"exists": {"field": "startDate"}}]}} if metadata.get("startDate"):
                return False
    return True


def opened(number: int, on: date | None) -> dict[str, Any]:
    return topic(number, status="31094503", startDate=[f"{on}T00:00:00.000+0000"] if on else [])


YEAR_2023 = Wanted(Part("1", date(2023, 1, 1), date(2023, 12, 31)))


def test_a_part_of_the_past_is_one_types_closed_calls_that_opened_in_its_days() -> None:
    held = [opened(1, date(2022, 12, 30)), opened(2, date(2023, 1, 1)), opened(3, None), opened(4, date(2024, 1, 1))]
    own = OwnPortal(archive(held))
    assert [(page.scan, [row.key for row in portal.rows(page)]) for page in gathered(own, YEAR_2023)] == [
        ("1/closed/2023", ["2TOPICSen"])
    ]
    [undated] = gathered(own, Wanted(Part("1")))
    assert (undated.scan, [row.key for row in portal.rows(undated)]) == ("1/closed/undated", ["3TOPICSen"])


def test_a_day_that_the_index_writes_as_brussels_midnight_is_asked_for_too() -> None:
    """The last row of 2023 opens on 1 January 2024, and the first one on 1 January 2023."""
    eves = [opened(n, None) for n in (1, 2)]
    for row, year in zip(eves, (2022, 2023), strict=True):
        row["metadata"]["startDate"] = [f"{year}-12-31T23:00:00.000+0000"]
    [page] = gathered(OwnPortal(archive(eves)), YEAR_2023)
    assert [portal.facts(row).opens_on for row in portal.rows(page)] == [date(2023, 1, 1), date(2024, 1, 1)]


def test_a_year_beyond_the_window_is_read_by_months_and_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal, "WINDOW", 500)
    crowded = [opened(n, date(2023, 5, 2 + n % 2)) for n in range(520)]
    held = [*crowded, opened(20_000, date(2023, 6, 1))]
    by_scan: dict[str, set[str]] = {}
    for page in gathered(OwnPortal(archive(held)), YEAR_2023):
        by_scan.setdefault(page.scan, set()).update(row.key for row in portal.rows(page))
    sizes = {scan: len(keys) for scan, keys in by_scan.items() if keys}
    assert sizes == {"1/closed/2023-05-02": 260, "1/closed/2023-05-03": 260, "1/closed/2023-06": 1}


def test_a_day_beyond_the_window_is_not_read_by_halves() -> None:
    held = [opened(n, date(2023, 5, 2)) for n in range(10_001)]
    with pytest.raises(RunQuarantined) as caught:
        gathered(OwnPortal(archive(held)), Wanted(Part("1", date(2023, 5, 2), date(2023, 5, 2))))
    assert caught.value.reason == "beyond_window"


# --- topics' own pages ------------------------------------------------------------------------------------------------


def thin(number: int) -> dict[str, Any]:
    return topic(number, descriptionByte=[])


def test_a_topic_without_text_and_budget_is_read_from_its_own_page() -> None:
    own = OwnPortal(paged([thin(1), topic(2)]))
    own.topics["call-00001.json"] = (HERE / "topic.json").read_bytes()
    (row, _) = portal.rows(gathered(own)[0])
    facts = portal.facts(row)
    assert own.topics_asked == ["call-00001.json"]
    assert (facts.title, facts.text) == ("Call 1", "Scope:\nA map that knows hills.")


def test_a_topic_whose_page_is_missing_stays_as_it_is() -> None:
    own = OwnPortal(paged([thin(1), thin(2)]))
    page = gathered(own)[0]
    assert (page.details, own.topics_asked) == ({}, ["call-00001.json", "call-00002.json"])


def test_topic_pages_are_given_up_when_their_host_is_in_trouble() -> None:
    own = OwnPortal(paged([thin(1), thin(2)]))
    own.topics["call-00001.json"] = "timeout"
    assert gathered(own)[0].details == {}
    assert own.topics_asked == ["call-00001.json"]


def test_no_more_topic_pages_are_read_than_is_configured() -> None:
    own = OwnPortal(paged([thin(n) for n in range(5)]))
    gathered(own, settings=portal.Settings(details_per_run=2))
    assert len(own.topics_asked) == 2


def test_a_rehearsal_does_not_ask_the_live_portal_for_topics() -> None:
    assert portal.Settings(api_url="http://127.0.0.1:1").topic_data.startswith("http://127.0.0.1:1/info/")
    assert portal.Settings().topic_data.startswith("https://ec.europa.eu/info/")


# --- the recorded days ------------------------------------------------------------------------------------------------


def day_rows(shared: Path, day: str) -> list[dict[str, Any]]:
    with gzip.open(shared / "recorded" / "portal" / "days" / f"{day}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.parametrize("day", ["2026-04-21", "2026-05-12", "2026-05-30", "2026-05-31", "2026-06-20"])
def test_recorded_days_parse(shared: Path, day: str) -> None:
    held = day_rows(shared, day)
    found = rows_of(envelope(held, len(held)))
    read = [portal.facts(row) for row in found.values()]
    assert len(read) == len({row["reference"] for row in held})
    assert all(facts.opens_on and facts.deadlines for facts in read)


def test_raw_answers_of_three_years_parse(shared: Path) -> None:
    raw = shared / "recorded" / "portal" / "raw"
    for name in ("search-2024-10", "search-2025-05-bg", "search-2026-06-stale-forthcoming-and-prize"):
        for row in rows_of(json.loads((raw / f"{name}.json").read_bytes())).values():
            facts = portal.facts(row)
            assert facts.budget_total, f"{name} {row.key}"
            assert facts.deadlines, f"{name} {row.key}"


def test_topics_own_pages_of_two_generations_parse(shared: Path) -> None:
    for path in (shared / "recorded" / "portal" / "topicDetails").iterdir():
        facts = facts_of_record("1TOPICSen", details(path.read_bytes()), "en")
        assert facts.text, path.name
        assert facts.deadlines, path.name
