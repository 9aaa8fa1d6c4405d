"""Limits of the pages: one client cannot make us write without end, and does not shut anybody else out."""

from datetime import timedelta

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from db.buckets import Bucket, take_tokens
from db.subscribers import SubscriberState
from jobs.base.app import App
from jobs.web.site import make_site
from tests.jobs.subscribing import joined, reader, state
from tests.jobs.world import MONDAY, clock_of, with_settings
from tracker.emails import tokens

HERE = {"sec-fetch-site": "same-origin"}


def statuses(app: App, client: str, address: str, times: int, **fields: str) -> list[int]:
    """Post a form so many times from this client; the answers."""
    site = TestClient(make_site(app), base_url=app.settings.mail.base_url, client=(client, 50_000))
    return [site.post(address, data=fields, headers=HERE).status_code for _ in range(times)]


@pytest.fixture
def strict(app: App) -> App:
    return with_settings(app, web={"acts_per_hour": 2})


@pytest.mark.both_kinds
def test_a_bucket_gives_what_it_holds_and_refills_evenly(app: App) -> None:
    def taken(minutes: int, key: str = "a") -> bool:
        with app.db.write() as session:
            return not take_tokens(session, key, MONDAY + timedelta(minutes=minutes), 4, timedelta(hours=1))

    assert [taken(0) for _ in range(5)] == [True] * 4 + [False]
    assert taken(0, "b")
    assert [taken(15), taken(15), taken(29), taken(31)] == [True, False, False, True]
    assert [taken(200) for _ in range(5)] == [True] * 4 + [False]
    with app.db.read() as session:
        assert [bucket.key for bucket in session.exec(select(Bucket))] == ["a"]


@pytest.mark.both_kinds
def test_a_bucket_gives_all_that_are_wanted_or_says_when_there_are_so_many(app: App) -> None:
    def wait(minutes: int, wanted: int) -> timedelta:
        with app.db.write() as session:
            return take_tokens(session, "a", MONDAY + timedelta(minutes=minutes), 60, timedelta(hours=1), wanted)

    assert [wait(0, 50), wait(0, 30), wait(0, 10)] == [timedelta(), timedelta(minutes=20), timedelta()]
    assert [wait(20, 30), wait(30, 30)] == [timedelta(minutes=10), timedelta()]


@pytest.mark.parametrize("address", ["/en/link", "/en/sign-up", "/en/accessibility/feedback"])
def test_one_client_is_stopped_for_a_while_and_no_other(strict: App, address: str) -> None:
    assert 429 not in statuses(strict, "203.0.113.9", address, 2)
    assert statuses(strict, "203.0.113.9", address, 1) == [429]
    assert 429 not in statuses(strict, "203.0.113.10", address, 1)
    clock_of(strict).forward(minutes=31)
    assert 429 not in statuses(strict, "203.0.113.9", address, 1)


@pytest.mark.parametrize(
    ("first", "then", "is_same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("127.0.0.1", "127.0.0.1", False),  # a proxy that is not named
        ("unix", "unix", False),
    ],
)
def test_a_house_is_one_client_and_a_proxy_that_is_not_named_is_none(
    strict: App, first: str, then: str, is_same: bool
) -> None:
    statuses(strict, first, "/en/link", 2)
    assert (statuses(strict, then, "/en/link", 1) == [429]) is is_same


def test_a_robot_may_leave_for_many_readers_and_one_link_is_not_pressed_without_end(strict: App) -> None:
    names = ["anna", "bertta", "cecilia"]
    for name in names:
        joined(strict, name)
    links = [f"/u/{tokens.sign(strict.secret, tokens.UNSUBSCRIBE, reader(strict, name).id or 0)}" for name in names]
    click = {"List-Unsubscribe": "One-Click"}
    assert [statuses(strict, "203.0.113.9", link, 1, **click) for link in links] == [[200]] * 3
    assert {state(strict, name) for name in names} == {SubscriberState.LEFT}
    assert statuses(strict, "203.0.113.9", links[0], 2, **click) == [200, 429]


def answers(app: App, count: int, first: int = 0) -> list[int]:
    """Ask the API of a new process for so many lists, each another, that nobody has kept."""
    site = TestClient(make_site(app), base_url=app.settings.mail.base_url, client=("203.0.113.9", 50_000))
    return [site.get(f"/api/v1/calls?closing={first + n}").status_code for n in range(count)]


def test_the_limit_of_the_api_holds_over_processes_and_restarts(app: App) -> None:
    strict = with_settings(app, web={"answers_per_hour": 120})
    assert answers(strict, 70) == [200] * 70
    assert answers(strict, 70, 100) == [200] * 50 + [429] * 20
    with app.db.read() as session:
        [bucket] = session.exec(select(Bucket))
    assert bucket.tokens < 1


def test_an_answer_of_the_api_writes_once_a_minutes_worth(app: App) -> None:
    site = TestClient(make_site(with_settings(app, web={"answers_per_hour": 1200})), client=("203.0.113.9", 50_000))
    versions = [app.db.version() for n in range(40) if site.get(f"/api/v1/calls?closing={n}").status_code == 200]
    assert len(versions) == 40
    assert len(set(versions)) == 2
