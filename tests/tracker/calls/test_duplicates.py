"""Aliases: what makes two calls of different sources the same call, and what only looks like it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from db.calls import CallKind
from db.duplicates import Ground, NamedCall
from db.event_log import CallEvent, EventKind
from tracker.calls.duplicates import find_matches, is_told, link_of


def call(call_id: int, source: str, **given: Any) -> NamedCall:
    usual: dict[str, Any] = {
        "kind": CallKind.TOPIC,
        "identifier": None,
        "url": f"https://{source}.example/calls/{call_id}",
        "title": f"Call {call_id}",
        "closes_on": None,
    }
    return NamedCall(id=call_id, source=source, **(usual | given))


def found(*calls: NamedCall) -> list[tuple[int, int, str, bool]]:
    """The pairs that are found when the last of these calls has just come."""
    return [(m.first_id, m.second_id, m.ground.value, m.is_certain) for m in find_matches([calls[-1].id], calls)]


def test_an_equal_official_identifier_is_certain() -> None:
    one, other = call(1, "portal", identifier="LIFE-2026-SAP"), call(2, "hub", identifier=" life-2026-sap")
    assert found(one, other) == [(1, 2, "identifier", True)]


def test_an_equal_link_is_certain() -> None:
    url = "https://www.example.eu/call/7/"
    one, other = call(1, "portal", url=url), call(2, "hub", url="http://example.eu/call/7?utm_source=x")
    assert found(one, other) == [(1, 2, "link", True)]


def test_an_equal_title_and_last_day_are_a_proposal() -> None:
    told = {"title": "Circular food in cities", "closes_on": date(2026, 10, 1)}
    one, other = call(1, "portal", **told), call(2, "hub", **told | {"title": "CIRCULAR food – in cities"})
    assert found(one, other) == [(1, 2, "title_deadline", False)]


def test_an_equal_title_that_ends_on_another_day_is_another_call() -> None:
    title = "Circular food in cities"
    one = call(1, "portal", title=title, closes_on=date(2026, 10, 1))
    assert found(one, call(2, "hub", title=title, closes_on=date(2026, 10, 2))) == []


def test_a_title_of_two_words_tells_nothing() -> None:
    told = {"title": "Open call", "closes_on": date(2026, 10, 1)}
    assert found(call(1, "portal", **told), call(2, "hub", **told)) == []


def test_a_cascade_call_with_its_topics_identifier_is_only_a_proposal() -> None:
    one = call(1, "portal", identifier="HORIZON-1")
    assert found(one, call(2, "hub", identifier="HORIZON-1", kind=CallKind.CASCADE)) == [(1, 2, "identifier", False)]


def test_an_identifier_that_a_source_gives_twice_tells_nothing() -> None:
    twice = [call(n, "portal", identifier="HORIZON-1") for n in (1, 2)]
    assert found(*twice, call(3, "hub", identifier="HORIZON-1")) == []


def test_a_link_that_the_new_calls_own_source_gives_twice_tells_nothing() -> None:
    url = "https://example.eu/calls"
    assert found(call(1, "portal", url=url), call(2, "hub", url=url), call(3, "hub", url=url)) == []


def test_two_calls_of_one_source_are_never_the_same() -> None:
    assert found(call(1, "portal", identifier="A"), call(2, "portal", identifier="A")) == []


def test_a_pair_is_found_once_on_its_strongest_ground() -> None:
    told = {"identifier": "A", "url": "https://example.eu/a", "title": "One two three", "closes_on": date(2026, 10, 1)}
    assert found(call(1, "portal", **told), call(2, "hub", **told)) == [(1, 2, Ground.IDENTIFIER.value, True)]


def test_calls_that_have_been_there_are_not_looked_at_again() -> None:
    old = [call(1, "portal", identifier="A"), call(2, "hub", identifier="A")]
    assert found(*old, call(3, "hub")) == []


@pytest.mark.parametrize("url", ["https://example.eu", "https://www.example.eu/", "https://example.eu/#top"])
def test_a_sites_front_page_is_no_calls_link(url: str) -> None:
    assert link_of(call(1, "portal", url=url)) is None


def test_pages_that_a_script_draws_are_told_apart_by_what_follows_the_hash() -> None:
    one, other = (link_of(call(1, "x", url=f"https://example.eu/#/call/{n}")) for n in (1, 2))
    assert None not in (one, other)
    assert one != other


# --- what was told before ---------------------------------------------------------------------------------------------


def event(kind: EventKind, **new: Any) -> CallEvent:
    return CallEvent(call_id=1, run_id=1, kind=kind, at=datetime(2026, 6, 10, tzinfo=UTC), new=new)


NEW, OPENED, BUDGET, RETITLED = EventKind.NEW, EventKind.OPENED, EventKind.BUDGET, EventKind.RETITLED


@pytest.mark.parametrize(
    ("kind", "new", "before", "told"),
    [
        (OPENED, {}, event(OPENED), True),
        (OPENED, {}, event(NEW, opens_on="2026-06-01"), True),
        (OPENED, {}, event(NEW, opens_on="2026-06-11"), False),
        (BUDGET, {"budget_total": 5}, event(BUDGET, budget_total=5), True),
        (BUDGET, {"budget_total": 5}, event(BUDGET, budget_total=6), False),
        (RETITLED, {"title": "New  Name"}, event(RETITLED, title="New name"), True),
        (RETITLED, {"title": "New name"}, event(RETITLED, title="Other name"), False),
        (EventKind.TEXT, {"words": 9}, event(EventKind.TEXT, words=9), False),
        (RETITLED, {"title": "New name"}, event(OPENED), False),
    ],
)
def test_news_is_told_where_a_joined_call_told_the_same(
    kind: EventKind, new: dict[str, Any], before: CallEvent, told: bool
) -> None:
    assert is_told(kind, new, [before]) is told
