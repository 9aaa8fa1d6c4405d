"""The API: the list's own answers for programs, every event once, and faults that say what would do."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pydantic import TypeAdapter
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from db import calls, search, strategies
from db.calls import NewVersion
from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding, replace_eligibility
from db.event_log import EventKind
from db.overrides import FieldOverride
from db.runs import Run, Verdict
from db.strategies import NewTagging
from jobs.base.app import App
from jobs.publishing.listing import call_list, list_queries
from jobs.web import addresses
from jobs.web.api.answers import EventAnswer
from jobs.web.api.asking import ListQuery
from jobs.web.list_address import READERS, read_address
from jobs.web.site import make_site
from tests.jobs.web.browsing import Browser, links_of
from tests.jobs.world import MONDAY, a_run, add_call, add_event, add_news, clock_of, facts, with_settings
from tracker.feeds import tables
from tracker.feeds.tables import CallRow

WORLD = {
    "bread": {"title": "Bread and water", "text": "Food from Lahti.", "budget_total": 10**10},
    "ring": {"title": "Circular bridges", "programme": "LIFE", "project_max": 100_000},
    "odd": {"title": "<b>Ä & 𝄞</b>", "deadlines": (), "url": "javascript:alert(1)", "text": "ä" * 5000},
}


def client_of_api(app: App, client: str = "203.0.113.9") -> TestClient:
    base = f"{app.settings.mail.base_url}/api/v1"
    return TestClient(make_site(app), base_url=base, client=(client, 50_000))


@pytest.fixture
def world(app: App) -> dict[str, int]:
    """Three calls: one with tags, evidence, eligibility and versions, one plain, one odd."""
    ids = {key: add_call(app.db, MONDAY, facts(key, **given)) for key, given in WORLD.items()}
    words = {"rule": "food-words", "field": "text", "points": 4.0, "spans": [[0, 4]], "words": ["Food"]}
    tag = NewTagging(
        call_id=ids["bread"], strategy="now", spearhead="food", score=8, evidence=[words], tagged_at=MONDAY
    )
    by_hand = tag.model_copy(update={"spearhead": "circular", "evidence": [], "score": 0})
    found = Finding(facts=("sme",), basis=Basis.WORDS, evidence="SMEs may apply.", certainty=Certainty.REPORTED)
    with app.db.write() as session:
        strategies.replace_taggings(session, [ids["bread"]], [tag, by_hand])
        replace_eligibility(session, {ids["bread"]: Eligibility(yes=(Applicant.SME,), findings=(found,))}, "a test")
        search.put(session, [(ids[key], str(given["title"]).lower(), "") for key, given in WORLD.items()])
        run = a_run(session, MONDAY)
        seen = [facts("bread", title="Bread"), facts("bread", **WORLD["bread"])]
        calls.add_versions(
            session,
            [NewVersion(ids["bread"], run, MONDAY, 1, calls.Json(one.model_dump_json())) for one in seen],
        )
        edit = {"call_id": ids["bread"], "field": "title", "value": "Bread", "said": "B", "reason": "a slip"}
        session.add(FieldOverride(**edit, author="Maija Meikäläinen", at=MONDAY))
    return ids


@pytest.fixture
def api(app: App, world: dict[str, int]) -> TestClient:
    return client_of_api(app)


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    "query",
    [
        "",
        "spearheads=food",
        "programmes=LIFE&programmes=HORIZON&order=newest",
        "query=bridges&order=relevance",
        "status=open&status=closed&money_max=200000&order=budget",
        "closing=300&new=7&partners=0",
        "opening=300",
        "audience=sme&kinds=topic&sources=portal&new=2026-01-01&money_min=5",
    ],
)
def test_the_api_lists_what_the_list_for_people_lists(app: App, api: TestClient, query: str) -> None:
    answer = api.get(f"/calls?{query}").json()
    address = read_address([tuple(pair.split("=")) for pair in query.split("&") if pair])
    with app.db.read() as session:
        made = call_list(session, app, list_queries(session, app, address.choice), 50)
    assert [call["id"] for call in answer["calls"]] == [row.call.id for row in made.rows]
    assert (answer["total"], answer["after"], answer["before"]) == (made.total, None, None)


def test_the_api_takes_every_word_of_the_list() -> None:
    assert set(ListQuery.model_fields) == {*READERS, "after", "before", "limit"}


def test_a_call_has_the_facts_of_the_exports(app: App, api: TestClient, world: dict[str, int]) -> None:
    [listed] = api.get("/calls?spearheads=food").json()["calls"]
    assert tuple(listed) == tables.CSV_COLUMNS
    full = api.get(f"/calls/{world['bread']}").json()
    assert set(full["call"]) == set(tables.COLUMNS)
    assert {name: full["call"][name] for name in listed} == listed
    assert (full["call"]["text"], listed["first_seen_at"]) == ("Food from Lahti.", "2026-06-15T04:00:00Z")


def test_a_call_has_its_other_rounds(app: App, api: TestClient) -> None:
    identifiers = ("LIFE-2024-CET-OSS", "LIFE-2026-CET-OSS")
    old, new = (add_call(app.db, MONDAY, facts(one, identifier=one, opens_on=date(2024, 4, 18))) for one in identifiers)
    [told] = api.get(f"/calls/{new}").json()["rounds"]
    assert (told["call_id"], told["year"], told["likeness"], told["opens_on"]) == (old, 2024, "round", "2024-04-18")


def test_one_call_says_what_its_tags_and_its_eligibility_rest_on(api: TestClient, world: dict[str, int]) -> None:
    full = api.get(f"/calls/{world['bread']}").json()
    assert [(tag["spearhead"], [one["words"] for one in tag["evidence"]]) for tag in full["tags"]] == [
        ("food", [["Food"]]),
        ("circular", []),
    ]
    assert full["eligibility"][0]["evidence"] == "SMEs may apply."
    assert full["set_by_hand"] == ["title"]
    assert full["rounds"] == []
    assert full["page"].endswith(f"/fi/calls/{world['bread']}")


def test_versions_say_what_changed(api: TestClient, world: dict[str, int]) -> None:
    first, second = api.get(f"/calls/{world['bread']}/versions").json()["versions"]
    assert (first["changed"], first["facts"]["title"]) == ([], "Bread")
    assert set(second["changed"]) == {"title", "text", "budget_total"}
    assert api.get(f"/calls/{world['odd']}/versions").json() == {"versions": []}


def every_event(api: TestClient, after: str = "") -> Iterator[dict[str, Any]]:
    """All pages of events; the last cursor is in `every_event.after`."""
    while True:
        page = api.get(f"/events?limit=2&after={after}").json()
        yield page
        after = page["after"]
        if not page["more"]:
            return


@pytest.mark.both_kinds
def test_a_cursor_gives_every_event_once_and_goes_on_another_day(app: App, api: TestClient) -> None:
    for n in range(5):
        add_news(app.db, MONDAY, f"c{n}")
    pages = list(every_event(api))
    seen = [event["id"] for page in pages for event in page["events"]]
    assert (len(seen), seen) == (5, sorted(set(seen)))
    assert [len(page["events"]) for page in pages] == [2, 2, 1]
    cursor = pages[-1]["after"]
    assert list(every_event(api, cursor)) == [{"after": cursor, "more": False, "events": []}]
    new = {add_event(app.db, MONDAY, 1, EventKind.RETITLED, {"title": "a"}, {"title": "b"}) for _ in range(3)}
    assert [event["id"] for page in every_event(api, cursor) for event in page["events"]] == sorted(new)


def test_an_event_that_cannot_be_read_stops_nobody(app: App, api: TestClient) -> None:
    numbers = []
    for n in range(5):
        add_news(app.db, MONDAY, f"c{n}")
    with app.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE call_events SET kind = 'odd' WHERE seq IN (2, 3, 5)")
    for page in every_event(api):
        numbers += [event["id"] for event in page["events"]]
    assert numbers == [1, 4]


def test_spearheads_have_their_names_and_what_is_ahead(api: TestClient) -> None:
    [circular, food] = api.get("/spearheads").json()["spearheads"]
    assert (food["key"], food["names"]["fi"], food["open"], food["deadlines"]) == ("food", "Ruoka", 1, ["2026-10-01"])
    assert circular["forthcoming"] == 0


def test_sources_say_when_they_were_last_read_well(app: App, world: dict[str, int]) -> None:
    with app.db.write() as session:
        session.add(Run(job="collect", subject="eucf", started_at=MONDAY, verdict=Verdict.FAILED))
    told = {one["key"]: one for one in client_of_api(app).get("/sources").json()["sources"]}
    assert (told["portal"]["read_at"], told["portal"]["calls_now"]) == ("2026-06-15T04:00:00Z", 3)
    assert (told["eucf"]["read_at"], told["eucf"]["blind_since"]) == (None, "2026-06-15T04:00:00Z")


@pytest.mark.parametrize(
    ("path", "status", "parameters", "words"),
    [
        ("/calls?status=opn", 422, ["status"], "did you mean open?"),
        ("/calls?spearheads=fod", 422, ["spearheads"], "did you mean food?"),
        ("/calls?sources=portl", 422, ["sources"], "did you mean portal?"),
        ("/calls?limit=1000&query=" + "x" * 301, 422, ["query", "limit"], "at most 300"),
        ("/calls?new=2026-02-30", 422, ["new"], "write it like 2026-10-01"),
        ("/calls?new=0001-01-01", 422, ["new"], "is not a day"),
        ("/calls?closing=soon", 422, ["closing"], "is not a whole number"),
        ("/calls?programmes=a%00b", 422, ["programmes"], "cannot be used"),
        ("/calls?after=nothing", 422, ["after"], "no place"),
        ("/calls?order=newest&before=WzAsIjIwMjYtMTAtMDEiLCIyMDI2LTEwLTAxIiw3XQ", 422, ["before"], "no place"),
        ("/calls?statuses=open", 422, ["statuses"], "openapi.json"),
        ("/calls/999", 404, [], "there is no call 999"),
        ("/calls/x", 422, ["call_id"], "is not a whole number"),
        (f"/calls/{2**70}", 422, ["call_id"], "at most"),
        ("/calls/999/versions", 404, [], "there is no call 999"),
        ("/events?after=%F0%9F%8D%9E", 422, ["after"], "no place"),
        ("/events?after=-5", 422, ["after"], "no place"),
        ("/nothing", 404, [], ""),
        ("/calls/%0A%0B", 404, [], ""),
    ],
)
def test_a_fault_is_a_problem_that_says_what_would_do(
    api: TestClient, path: str, status: int, parameters: list[str], words: str
) -> None:
    answer = api.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.headers["access-control-allow-origin"], answer.headers["cache-control"]) == ("*", "no-store")
    assert [fault["parameter"] for fault in problem["faults"]] == parameters
    assert words in problem["detail"]


def test_a_problem_is_told_in_the_language_that_is_asked_for(api: TestClient) -> None:
    told = api.get("/calls/999", headers={"accept-language": "sv-FI,sv"}).json()
    assert told["detail"] != api.get("/calls/999").json()["detail"]


def test_nothing_is_changed_through_the_api(api: TestClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = api.request(method, "/calls", headers={"sec-fetch-site": "same-origin"})
        assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")


def test_anybodys_page_may_ask_and_show(api: TestClient) -> None:
    asked = {"origin": "https://lahti.example", "access-control-request-method": "GET"}
    assert api.options("/calls", headers=asked).headers["access-control-allow-origin"] == "*"
    assert api.get("/calls", headers={"origin": "https://lahti.example"}).headers["access-control-allow-origin"] == "*"


def test_nobody_who_works_on_calls_is_named(app: App, api: TestClient, world: dict[str, int]) -> None:
    add_event(app.db, MONDAY, world["bread"])
    for path in ("/calls", f"/calls/{world['bread']}", f"/calls/{world['bread']}/versions", "/events", "/sources"):
        assert "Meikäläinen" not in api.get(path).text


def test_a_client_that_asks_too_often_is_told_when_to_ask_again(app: App, world: dict[str, int]) -> None:
    app = with_settings(app, web={"answers_per_hour": 120})
    api = client_of_api(app)
    answers = [api.get(f"/calls?closing={n}") for n in range(121)]
    assert {answer.status_code for answer in answers[:120]} == {200}
    assert (answers[120].status_code, answers[120].headers["retry-after"]) == (429, "60")
    assert answers[120].json()["title"] == "Too Many Requests"
    clock_of(app).forward(seconds=59)
    assert api.get("/calls?closing=200").headers["retry-after"] == "1"
    clock_of(app).forward(seconds=1)
    assert [api.get(f"/calls?closing={n}").status_code for n in (201, 202, 203)] == [200, 200, 429]
    assert api.get("/calls?closing=202").status_code == 200  # what is kept is not counted
    clock_of(app).forward(hours=2)
    assert {api.get(f"/calls?closing={n}").status_code for n in range(300, 360)} == {200}


def test_the_examples_of_the_description_are_answers(api: TestClient) -> None:
    shapes = api.get("/openapi.json").json()["components"]["schemas"]
    EventAnswer.model_validate(shapes["EventAnswer"]["example"])
    for name, field in shapes["ListedFacts"]["properties"].items():
        for example in field.get("examples", []):
            TypeAdapter(CallRow.model_fields[name].annotation).validate_python(example)


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_page_says_what_can_be_asked(app: App, world: dict[str, int], language: str) -> None:
    browser = Browser(app)
    page = browser.get(f"/{language}/api")
    described = browser.get("/api/v1/openapi.json").json()["paths"]
    assert [path for path in described if f"<code>/api/v1{path}</code>" not in page.text] == []
    assert {browser.get(link).status_code for link in links_of(app, page)} == {200}


# --- whatever is asked ------------------------------------------------------------------------------------------------


@pytest.fixture
def description(app: App, world: dict[str, int]) -> Any:
    """The API by its own description, over calls, events and readings."""
    for number in world.values():
        add_event(app.db, MONDAY, number)
        add_event(app.db, MONDAY, number, EventKind.RETITLED, {"title": "a"}, {"title": "b"})
    return schemathesis.openapi.from_asgi(f"{addresses.API}{addresses.API_DESCRIPTION}", make_site(app))


PLAIN = (addresses.API_SPEARHEADS, addresses.API_SOURCES)
ASKED = (addresses.API_CALLS, addresses.API_CALL, addresses.API_VERSIONS, addresses.API_EVENTS)
CASES = [
    *((path, GenerationMode.POSITIVE) for path in PLAIN),
    *((path, mode) for path in ASKED for mode in GenerationMode),
]


def point_at_what_is_there(case: schemathesis.Case, near: int) -> None:
    """Most keys and ids that are drawn are none of ours, and end at that; two of three lead on."""
    if "call_id" in case.path_parameters:
        case.path_parameters["call_id"] = near
    if near > 1:
        there = {"spearheads": ["food"], "sources": ["portal"], "after": "", "before": ""}
        case.query = {name: there.get(name, value) for name, value in (case.query or {}).items()}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "mode"), CASES)
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(data=some.data(), near=some.integers(1, 4))
def test_every_answer_is_as_described_whatever_is_asked(
    description: Any, path: str, mode: GenerationMode, data: some.DataObject, near: int
) -> None:
    case = data.draw(description[path]["GET"].as_strategy(generation_mode=mode))
    if mode.is_positive:
        point_at_what_is_there(case, near)
    # A key or a place that is none of ours has the right shape, and is still refused.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def test_the_api_is_fuzzed_whole(description: Any) -> None:
    assert {operation.ok().path for operation in description.get_all_operations()} == {*PLAIN, *ASKED}


ODD = some.sampled_from(
    [
        "\0",
        "a\0b",
        "\ud800",
        "%",
        "'",
        "0001-01-01",
        "9999-12-31",
        "-1",
        str(2**63),
        str(10**30),
        "1e9",
        "AND",
        "(",
        "id:*",
    ]
)
NAMES = some.sampled_from([*READERS, "after", "before", "density", "page"])


@pytest.mark.both_kinds
@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(some.lists(some.tuples(NAMES, ODD | some.text(max_size=20)), max_size=6))
def test_the_list_and_its_files_bear_every_question(
    app: App, world: dict[str, int], pairs: list[tuple[str, str]]
) -> None:
    query = urlencode(pairs, errors="surrogatepass")
    site = TestClient(make_site(app), base_url=app.settings.mail.base_url)
    for path in ("/en/calls", "/feeds/calls.en.csv", "/api/v1/calls"):
        assert site.get(f"{path}?{query}").status_code in (200, 422)
