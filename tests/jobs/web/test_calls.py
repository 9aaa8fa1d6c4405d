"""The list of calls: its filters, its address both ways, its pages, and the files of exactly this list."""

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as some
from sqlmodel import Session
from starlette.datastructures import QueryParams
from starlette.responses import Response

from db import strategies
from db.call_lists import CallFilter
from db.calls import CallKind, CallStatus, Deadline
from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding, replace_eligibility
from db.list_order import NO_CUTOFF, ListOrder, ListPlace
from db.strategies import NewTagging
from db.subscribers import Wants
from db.types import LARGEST
from jobs.base.app import App
from jobs.editions import candidates
from jobs.publishing.listing import FIRST, Turn, call_list, list_queries
from jobs.readers.lately import filter_of
from jobs.rulebook.tagging import retag_all
from jobs.web.forms import interest_given
from jobs.web.list_address import Density, ListAddress, read_address
from jobs.web.places import place_word
from tests.jobs.web.browsing import Browser, links_of
from tests.jobs.world import MONDAY, add_call, add_event, facts
from tracker import l10n
from tracker.digests.interests import InterestQuery, wanted
from tracker.subscriptions.requests import Known, wants_faults
from tracker.tagging.search import searched_line

PAST_THE_END = f"/en/calls?status=open&after={place_word(ListPlace((1, NO_CUTOFF, date.min), 1), ListOrder.DEADLINE)}"
CLOSED = {"claimed_status": CallStatus.CLOSED, "deadlines": (Deadline(on=date(2026, 5, 1)),)}
TWO_DAYS = (Deadline(on=date(2026, 6, 20)), Deadline(on=date(2026, 12, 1)))


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


WORLD: dict[str, tuple[dict[str, Any], tuple[str, ...], dict[str, Any]]] = {  # facts, spearheads, our own columns
    "bread": ({"title": "Bread and waste water", "deadlines": TWO_DAYS}, ("food",), {}),
    "ring": ({"title": "Circular bridges", "programme": "LIFE", "project_max": 100_000}, ("circular",), {}),
    "both": (
        {"title": "Bridges of food waste", "project_min": 2_000_000, "budget_total": 9},
        ("food", "circular"),
        {},
    ),
    "fund": (
        {
            "title": "A fund",
            "text": "For bridges.",
            "kind": CallKind.CASCADE,
            "source": "eucf",
            "audience": ("municipality",),
        },
        (),
        {},
    ),
    "past": ({"title": "Bridges that were", **CLOSED}, ("food",), {"status": CallStatus.CLOSED}),
    "gone": ({"title": "Withdrawn"}, (), {"withdrawn_at": MONDAY}),
    "old": ({"title": "Seen long ago"}, (), {"first_seen_at": MONDAY - timedelta(days=20)}),
}
STOCK = {"fund"}  # of a first reading: never news
SHUT = {"ring": Certainty.OFFICIAL, "both": Certainty.GENERAL}  # how surely, to SMEs


@pytest.fixture
def world(app: App) -> dict[int, str]:
    """Calls that differ in all that can be asked for; their keys by our ids."""
    ids = {add_call(app.db, MONDAY, facts(key, **call), **ours): key for key, (call, _, ours) in WORLD.items()}
    for number, key in ids.items():
        if key not in STOCK:
            add_event(app.db, WORLD[key][2].get("first_seen_at", MONDAY), number)
    retag_all(app)  # writes down the words that are searched
    with app.db.write() as session:
        for number, key in ids.items():
            tag_by_hand(session, number, *WORLD[key][1])
        replace_eligibility(session, {number: shut(SHUT[key]) for number, key in ids.items() if key in SHUT}, "a test")
    return ids


def tag_by_hand(session: Session, call_id: int, *tags: str) -> None:
    taggings = [
        NewTagging(call_id=call_id, strategy="now", spearhead=tag, score=8, evidence=[], tagged_at=MONDAY)
        for tag in tags
    ]
    strategies.replace_taggings(session, [call_id], taggings)


def shut(certainty: Certainty) -> Eligibility:
    found = Finding(facts=("sme",), basis=Basis.WORDS, evidence="", certainty=certainty)
    return Eligibility(no=(Applicant.SME,), findings=(found,))


def shown(answer: Response, world: dict[int, str]) -> list[str]:
    """The keys of the calls that a page lists, in its order."""
    page = BeautifulSoup(answer.text, "lxml")
    rows = page.select(".listing tbody th > a, .cards h2 > a")
    return [world[int(str(row["href"]).rpartition("/")[2])] for row in rows]


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", "bread old ring both fund"),
        ("spearheads=food", "bread both"),
        ("spearheads=food&spearheads=circular", "bread ring both"),
        ("programmes=LIFE", "ring"),
        ("kinds=cascade", "fund"),
        ("sources=eucf", "fund"),
        ("status=closed", "past gone"),
        ("status=open&status=closed&spearheads=food", "bread both past"),
        ("query=bridge", "ring both fund"),
        ("query=food waste", "both"),
        ('query="food waste"', "both"),
        ('query="waste food"', ""),
        ("query=bridge AND NOT food", "ring fund"),
        ("query=title:bread OR id:*-RING", "bread ring"),
        ("query=bridge AND", "ring both fund"),
        ("audience=sme", "bread old both"),
        ("audience=public", "bread old ring both fund"),
        ("closing=10", "bread"),
        ("closing=4", ""),
        ("new=7", "bread ring both"),
        ("new=2026-05-20", "bread old ring both"),
        ("money_min=200000", "bread old both fund"),
        ("money_max=1000000", "bread old ring fund"),
    ],
)
def test_a_list_has_the_calls_that_meet_every_filter(
    app: App, browser: Browser, world: dict[int, str], query: str, keys: str
) -> None:
    address = read_address(parse_qsl(query))
    answer = browser.get(f"/en/calls?{address.query()}")
    assert answer.status_code == 200
    found = shown(answer, world)
    assert sorted(found) == sorted(keys.split())
    with app.db.read() as session:
        made = call_list(session, app, list_queries(session, app, address.choice), 50)
    assert made.total == len(found)
    assert sum(made.by_status.get(status, 0) for status in address.choice.statuses) == len(found)


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("status=open", "bread old fund both ring"),  # of equals, what came last
        ("status=open&status=closed", "bread old fund both ring gone past"),
        ("order=newest", "fund both ring bread old"),
        ("order=budget", "both old fund ring bread"),
        ("query=bridge OR seen&order=relevance", "old fund both ring"),  # none has all words: as by deadline
    ],
)
def test_a_list_is_in_the_order_that_was_asked_for(
    browser: Browser, world: dict[int, str], query: str, keys: str
) -> None:
    assert shown(browser.get(f"/en/calls?{read_address(parse_qsl(query)).query()}"), world) == keys.split()


@pytest.mark.both_kinds
def test_what_says_it_in_its_title_is_more_relevant(browser: Browser, world: dict[int, str]) -> None:
    found = shown(browser.get("/en/calls?query=bridge&status=open&order=relevance"), world)
    assert (found[-1], len(found)) == ("fund", 3)


def test_what_a_form_sends_becomes_a_plain_address_that_says_what_it_shows(browser: Browser) -> None:
    answer = browser.get("/en/calls?query=&spearheads=food&utm_source=x&money_min=")
    assert answer.status_code == 302
    assert answer.headers["location"] == "/en/calls?spearheads=food&status=forthcoming&status=open"
    assert browser.get(answer.headers["location"]).status_code == 200
    assert browser.get("/calls?spearheads=food").headers["location"].endswith("/calls?spearheads=food")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("closing=99999999999", "Closes within"),
        ("new=2026-02-30&opening=-1", "Opens within and New"),
        ("status=weird&kinds=x&audience=cats", "Kind of call, Who can apply and Status"),
        (f"money_min={'9' * 20}&money_max=much&partners=many", "Funding and Partners"),
        ("order=weird", "Order"),
        ("spearheads=horses&status=forthcoming&status=open", "Spearhead"),
        ("sources=nobody&spearheads=horses&closing=x", "Closes within, Spearhead and Source"),
    ],
)
def test_a_list_names_what_it_does_not_understand_of_its_address(
    browser: Browser, world: dict[int, str], query: str, names: str
) -> None:
    answer = browser.get(f"/en/calls?{query}")
    assert answer.status_code == 200
    [said] = BeautifulSoup(answer.text, "lxml").select("#found > .hint")
    assert said.get_text() == f"These filters could not be understood, so they are left aside: {names}."
    assert sorted(shown(answer, world)) == sorted(shown(browser.get("/en/calls"), world))


def test_a_list_that_understands_all_of_its_address_says_nothing_of_it(browser: Browser) -> None:
    assert "left aside" not in browser.get("/en/calls?spearheads=food&status=open&closing=0&order=newest").text


def test_an_empty_list_says_which_filter_to_loosen(browser: Browser, world: dict[int, str]) -> None:
    answer = browser.get("/en/calls?programmes=LIFE&query=bread&status=open")
    page = BeautifulSoup(answer.text, "lxml")
    assert [line.get_text(strip=True) for line in page.select(".empty li")] == [
        "without “Programme”: 1 call",
        "without “Search words”: 1 call",
        "without “Status”: none either",
    ]
    assert shown(browser.get(str(page.select(".empty a")[0]["href"])), world) == ["bread"]


def test_a_list_that_no_single_filter_empties_says_so_and_leads_out(browser: Browser, world: dict[int, str]) -> None:
    page = BeautifulSoup(browser.get("/en/calls?programmes=LIFE&query=nowhere&status=open&closing=7").text, "lxml")
    assert page.select(".empty li") == []
    assert page.select(".empty a")[0]["href"] == "/en/calls"


@pytest.mark.parametrize("form", ["csv", "xlsx", "atom", "ics", "ndjson"])
def test_a_file_has_exactly_the_calls_of_its_list(browser: Browser, world: dict[int, str], form: str) -> None:
    answer = browser.get(f"/feeds/calls.en.{form}?spearheads=food&status=open&query=bread")
    assert answer.status_code == 200
    if form in ("csv", "ndjson", "ics"):
        assert ("Bread" in answer.text, "Circular" in answer.text, "Bridges" in answer.text) == (True, False, False)


def test_every_link_of_a_list_leads_somewhere(app: App, browser: Browser, world: dict[int, str]) -> None:
    for address in ("/fi/calls", "/sv/calls?status=open&query=bridge&density=cards", PAST_THE_END):
        links = links_of(app, browser.get(address))
        assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_scraped_words_never_become_markup(app: App, browser: Browser) -> None:
    title = "<script>alert(1)</script>" + "x" * 100_000
    add_call(app.db, app.clock(), facts("odd", title=title, programme="<b>"), "food")
    text = browser.get("/en/calls").text
    assert "<script>alert" not in text
    assert len(text) < 30_000


# --- the address, both ways -------------------------------------------------------------------------------------------

CALL_FILTER = [field.name for field in fields(CallFilter)]
LISTS = ("spearheads", "sources", "programmes", "kinds", "audience")
WORD = some.text(some.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=12)
KEYS = some.lists(WORD, max_size=3, unique=True).map(tuple)
SOME = some.none() | some.integers(0, 3660)


def in_order(chosen: set[CallStatus]) -> tuple[CallStatus, ...]:
    return tuple(status for status in CallStatus if status in chosen)


FILTERS = some.builds(
    CallFilter,
    spearheads=KEYS,
    programmes=KEYS,
    sources=KEYS,
    kinds=some.lists(some.sampled_from([kind.value for kind in CallKind]), unique=True).map(tuple),
    audience=some.lists(some.sampled_from(list(l10n.AUDIENCES)), unique=True).map(tuple),
    query=some.lists(WORD, max_size=4).map(" ".join),
    money_min=SOME,
    money_max=SOME,
    statuses=some.sets(some.sampled_from(CallStatus), min_size=1).map(in_order),
    partners=some.none() | some.integers(0, 100),
    opening=SOME,
    closing=SOME,
    new=SOME | some.dates(date(1990, 1, 1), date(2099, 12, 31)),
    order=some.sampled_from(ListOrder),
)


WHOLE, DAY = some.integers(-(2**63), 2**63 - 1), some.dates()
INSTANT = some.datetimes(datetime(1900, 1, 1), datetime(8999, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
KEYS_OF = {
    ListOrder.DEADLINE: (WHOLE, DAY.map(str), DAY),
    ListOrder.NEWEST: (INSTANT,),
    ListOrder.BUDGET: (WHOLE,),
    ListOrder.RELEVANCE: (WHOLE, WHOLE, DAY.map(str), DAY),
}


@given(FILTERS, some.sampled_from(Density), some.booleans(), some.data())
def test_a_filter_is_the_same_after_its_address(
    choice: CallFilter, density: Density, backwards: bool, data: some.DataObject
) -> None:
    keys = data.draw(some.tuples(*KEYS_OF[choice.order]))
    turn = Turn(ListPlace(keys, data.draw(some.integers(1, LARGEST))), backwards)
    address = ListAddress(choice, density, data.draw(some.sampled_from([FIRST, turn])))
    assert read_address(parse_qsl(address.query())) == address


NAMES = some.sampled_from(["spearheads", "query", "status", "new", "closing", "after", "before", "order", "x"])


@given(some.lists(some.tuples(NAMES, some.text()), max_size=6))
def test_whatever_an_address_holds_its_plain_form_means_the_same(pairs: list[tuple[str, str]]) -> None:
    read = read_address(pairs)
    assert read_address(read.pairs()) == read


def asked_from(choice: CallFilter) -> Wants:
    """The interest that the sign-up would ask for, after "mail me this"."""
    filled = interest_given(QueryParams(ListAddress(choice).wanted()))
    return Wants.model_validate(filled | {"query": filled["query"]})


@given(FILTERS)
def test_mail_me_this_asks_for_the_list_but_for_what_it_names_before(choice: CallFilter) -> None:
    address = ListAddress(choice)
    held = filter_of(asked_from(choice))
    assert held == address.held()
    named = set(address.not_held())
    rest = {name: getattr(choice, name) for name in CALL_FILTER if name not in {*named, "order", "query"}}
    assert rest == {name: getattr(held, name) for name in rest}
    assert held.query == searched_line(choice.query)
    assert named <= {"statuses", "partners", "opening", "closing", "new"}
    faults = wants_faults(asked_from(choice), Known(*(frozenset(getattr(choice, name)) for name in LISTS[:3])))
    assert [fault for fault in faults if fault.subject.endswith("query")] == []


LINES = some.lists(WORD, max_size=4).map(" ".join).map(searched_line)
INTERESTS = some.builds(
    Wants,
    **dict.fromkeys(("spearheads", "programmes", "sources"), KEYS),
    kinds=some.lists(some.sampled_from([kind.value for kind in CallKind]), unique=True).map(tuple),
    audience=some.lists(some.sampled_from(list(l10n.AUDIENCES)), unique=True).map(tuple),
    query=LINES.map(lambda line: line or None),
    money_min=SOME,
    money_max=SOME,
    forthcoming=some.booleans(),
)


@given(INTERESTS)
def test_the_list_of_an_interest_asks_for_that_interest(wants: Wants) -> None:
    listed = ListAddress(filter_of(wants))
    assert read_address(listed.pairs()) == listed
    assert asked_from(listed.choice) == wants
    assert listed.not_held() == ()


@pytest.mark.parametrize(
    "query",
    [
        "spearheads=food",
        "programmes=LIFE&programmes=HORIZON",
        "kinds=cascade",
        "sources=portal&query=bridge",
        "audience=sme",
        "audience=municipality&audience=ngo",
        "spearheads=food&audience=sme&money_min=200000",
        "programmes=HORIZON&money_max=1000000",
        'query="food waste" OR title:bread',
        "query=bridge food",
    ],
)
def test_an_interest_asked_for_from_a_list_wants_the_calls_of_that_list(
    app: App, world: dict[int, str], query: str
) -> None:
    choice = read_address(parse_qsl(query)).choice
    sent = parse_qsl(ListAddress(choice).wanted())
    held: dict[str, Any] = {name: tuple(value for key, value in sent if key == name) for name in LISTS}
    money = {name: getattr(choice, name) for name in ("money_min", "money_max")}
    interest = InterestQuery(**held, **money, query=dict(sent).get("query"))
    with app.db.read() as session:
        listed = {row.call.id for row in call_list(session, app, list_queries(session, app, choice), 50).rows}
        now = candidates.open_now(session, [], MONDAY.date(), {})
        now = candidates.with_queries(now, [interest.query] if interest.query else [], app.compiled)
    assert {tagged.call.id for tagged in wanted(now, [interest]) if not tagged.withheld} == listed
    assert listed
