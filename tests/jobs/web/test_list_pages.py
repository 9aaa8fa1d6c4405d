"""The pages of a list: whoever walks through them meets every call once, whatever comes and goes meanwhile."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from db import calls, search
from db.call_lists import CallFilter
from db.calls import Call, CallStatus, Deadline
from db.list_order import ListOrder, ListPlace
from jobs.base.app import App
from jobs.publishing.listing import FIRST, Turn, call_list, list_queries
from jobs.web.list_address import ListAddress, read_address
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_call, facts, tracked

MOST = 4
ON = MONDAY.date()
OVER = {"claimed_status": CallStatus.CLOSED, "deadlines": (Deadline(on=ON - timedelta(days=1)),)}
DAYS = some.lists(some.integers(-3, 3).map(lambda n: Deadline(on=ON + timedelta(days=n))), max_size=2).map(tuple)
CALLS = some.fixed_dictionaries(
    {
        "deadlines": DAYS,
        "budget_total": some.sampled_from([None, 0, 5, 10**10]),
        "title": some.sampled_from(["water", "water water", "wind"]),
    }
)
HOURS = some.integers(0, 3)
numbers = count()


def put(app: App, given: dict[str, Any], hours: int) -> int:
    """Store a call, first seen so many hours ago, with its words."""
    call = facts(f"c{next(numbers)}", **given)
    number = add_call(app.db, MONDAY, call, first_seen_at=MONDAY - timedelta(hours=hours))
    with app.db.write() as session:
        search.put(session, [(number, call.title, "")])
    return number


def end(app: App, number: int) -> None:
    with app.db.write() as session:
        call = session.get_one(Call, number)
        over = facts(call.key, **OVER)
        calls.upsert_calls(session, [(over, tracked(MONDAY, over, CallStatus.CLOSED, fingerprint="over"))])


def page(app: App, choice: CallFilter, turn: Turn) -> tuple[list[int], Turn | None, Turn | None]:
    """The calls of a page that is asked for by its address, and the pages beside it."""
    asked = read_address(parse_qsl(ListAddress(choice, turn=turn).query()))
    assert asked == ListAddress(choice, turn=turn)
    with app.db.read() as session:
        made = call_list(session, app, list_queries(session, app, asked.choice), MOST, asked.turn)
    before = Turn(made.before, backwards=True) if made.before else None
    return [row.call.id or 0 for row in made.rows], before, Turn(made.after) if made.after else None


def walk(app: App, choice: CallFilter, between: Callable[[list[int]], None]) -> list[int]:
    """The calls of all pages, forwards; something happens between two."""
    found, turn = [], FIRST
    while True:
        shown, _, after = page(app, choice, turn)
        found += shown
        if after is None:
            return found
        between(found)
        turn = after


def empty(app: App) -> None:
    with app.db.write() as session:
        session.connection().execute(sa.delete(Call))
        session.connection().execute(sa.text("DELETE FROM call_search"))


@pytest.mark.both_kinds
@pytest.mark.slow
@pytest.mark.parametrize("order", ListOrder)
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=some.data())
def test_every_call_is_met_once_whatever_comes_and_goes_between_two_pages(
    app: App, order: ListOrder, data: some.DataObject
) -> None:
    empty(app)
    there = [put(app, call, hours) for call, hours in data.draw(some.lists(some.tuples(CALLS, HOURS), max_size=14))]
    choice = CallFilter(order=order, query="water" if order is ListOrder.RELEVANCE else "")
    at_first = walk(app, choice, lambda _: None)
    assert len(at_first) == len(set(at_first))
    ended: set[int] = set()

    def happen(met: list[int]) -> None:
        if data.draw(some.booleans()) and there:
            ended.add(number := data.draw(some.sampled_from(there)))
            end(app, number)
        # A word that comes in changes how much each word says, and so may change the order by relevance.
        if data.draw(some.booleans()) and order is not ListOrder.RELEVANCE:
            put(app, data.draw(CALLS), data.draw(HOURS))

    met = walk(app, choice, happen)
    assert len(met) == len(set(met))
    assert [number for number in met if number in at_first and number not in ended] == [
        number for number in at_first if number not in ended
    ]


@pytest.mark.both_kinds
@pytest.mark.parametrize("order", ListOrder)
def test_back_from_the_last_page_are_the_same_pages(app: App, order: ListOrder) -> None:
    for n in range(14):
        given = {"title": ["water", "wind and water"][n % 2], "budget_total": [None, n // 3][n % 2]}
        put(app, given | ({"deadlines": ()} if n % 5 == 0 else {}), n % 4)
    choice = CallFilter(order=order, query="water" if order is ListOrder.RELEVANCE else "")
    pages, turn = [], FIRST
    while True:
        shown, before, after = page(app, choice, turn)
        pages.append(shown)
        if after is None:
            break
        turn = after
    assert [len(shown) for shown in pages] == [4, 4, 4, 2]
    back = [pages[-1]]
    while before:
        shown, before, _ = page(app, choice, before)
        back.append(shown)
    assert back[::-1] == pages


def test_a_reader_turns_the_pages_of_a_list(app: App, browser: Browser) -> None:
    for n in range(120):
        add_call(app.db, MONDAY, facts(f"c{n:03}"))

    def leaf(address: str) -> tuple[int, dict[str, str]]:
        found = BeautifulSoup(browser.get(address).text, "lxml")
        links = {str(link["rel"][0]): str(link["href"]) for link in found.select(".pages a")}
        return len(found.select("main a[href^='/en/calls/']")), links

    sizes, address = [], "/en/calls?status=open"
    while address:
        size, links = leaf(address)
        sizes.append(size)
        address = links.get("next", "")
    assert sizes == [50, 50, 20]
    assert leaf(leaf(links["prev"])[1]["prev"])[1].keys() == {"next"}


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


@pytest.mark.parametrize(
    "word", ["x", "é", "=", "W10", "A" * 300, "bnVsbA", "WzEsMl0", "WzAsIjIwMjYtMDEtMDEiLCIyMDI2LTAxLTAxIiwwXQ"]
)
def test_a_place_that_is_none_leads_to_the_first_page(browser: Browser, word: str) -> None:
    answer = browser.get(f"/en/calls?status=open&after={word}")
    assert (answer.status_code, answer.headers["location"]) == (302, "/en/calls?status=open")
    assert read_address([("after", word)]).turn == FIRST


def test_a_place_in_one_order_is_none_in_another() -> None:
    turn = Turn(ListPlace((0, "2026-10-01", date(2026, 10, 1)), 7))
    asked = parse_qsl(ListAddress(turn=turn).query())
    assert read_address(asked).turn == turn
    assert read_address([*asked, ("order", "newest")]).turn == FIRST
