"""A reader's own preferences on the page: what is saved, paused, undone, replaced, handed over, ended and erased."""

from collections.abc import Callable
from datetime import date

import pytest
from bs4 import BeautifulSoup

from db.audit import by_reader
from db.subscribers import Cadence, Language, Subscriber, SubscriberState, Wants
from jobs.base.app import App
from jobs.publishing import feeds
from jobs.readers.optin import leave
from jobs.readers.preferences import ask_for_link, follow, mute, read_preferences
from tests.jobs.subscribing import CIRCULAR, FOOD, history, interests, joined, reader, state, token
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_news, clock_of
from tracker.emails import tokens

ANNA = by_reader(MONDAY)


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


def manage_page(app: App, name: str = "anna") -> str:
    """Ask for a link as a reader does; the address of the page that it opens."""
    ask_for_link(app, f"{name}@reader.example")
    return f"/manage/{token(app, name, 'manage')}"


def as_shown(text: str) -> list[tuple[str, str]]:
    """The fields of the form of preferences as a browser would send them."""
    page = BeautifulSoup(text, "lxml").select_one("form.choose")
    assert page
    boxes = [(str(box["name"]), str(box["value"])) for box in page.select("input[checked]")]
    boxes += [
        (str(box["name"]), str(one["value"])) for box in page.select("select") for one in box.select("[selected]")
    ]
    lines = page.select('input:not([type="checkbox"]):not([type="radio"])')
    return boxes + [(str(line["name"]), str(line.get("value", ""))) for line in lines]


def sent(app: App, browser: Browser, *, without: tuple[str, ...] = (), **changed: str | list[str]) -> int:
    """Open the page, change these fields, and save; the status of the answer."""
    address = manage_page(app)
    fields: dict[str, list[str]] = {}
    for name, value in as_shown(browser.get(address).text):
        if name not in without:
            fields.setdefault(name, []).append(value)
    return browser.post(address, None, **(fields | changed)).status_code


RICH = Wants(
    spearheads=("food", "circular"),
    programmes=("LIFE", "HORIZON"),
    sources=("portal",),
    kinds=("topic", "tender"),
    audience=("municipality", "company"),
    query='milk* OR "dairy farm"',
    money_min=10_000,
    money_max=500_000,
    forthcoming=False,
)


@pytest.mark.parametrize("wanted", [(FOOD,), (CIRCULAR, FOOD), (RICH,), (RICH, FOOD, CIRCULAR)])
def test_saving_the_page_as_it_is_changes_nothing_and_keeps_every_feed(
    app: App, browser: Browser, wanted: tuple[Wants, ...]
) -> None:
    anna = joined(app, "anna", *wanted, cadence="monthly", lead_days=(9,), urgent=True, own_region=False, actor="Lahti")
    before, were = read_preferences(app, anna).subscriber.model_dump(), [row.id for row in interests(app)]
    assert sent(app, browser) == 303
    assert read_preferences(app, anna).subscriber.model_dump() == before
    assert [row.id for row in interests(app)] == were


@pytest.mark.parametrize(
    ("changed", "without", "name", "value"),
    [
        ({"cadence": "daily"}, (), "cadence", Cadence.DAILY),
        ({"language": "sv"}, (), "language", Language.SV),
        ({"lead_days": ""}, (), "lead_days", ()),
        ({"urgent": "yes"}, (), "urgent", True),
        ({}, ("own_region",), "own_region", False),
        ({}, ("own_kind",), "own_kind", False),
    ],
)
def test_every_choice_is_saved(
    app: App, browser: Browser, changed: dict[str, str], without: tuple[str, ...], name: str, value: object
) -> None:
    joined(app)
    assert sent(app, browser, without=without, **changed) == 303
    assert getattr(reader(app), name) == value


def test_an_organisation_is_named_changed_and_taken_away(app: App, browser: Browser) -> None:
    anna = joined(app, "anna", actor="Lahti", actor_type="company")
    for actor, kind in (("Lahti", "municipality"), ("Lahden Oy", "company")):
        assert sent(app, browser, actor=actor, actor_type=kind) == 303
        now = read_preferences(app, anna).actor
        assert now
        assert (now.name, now.type) == (actor, kind)
    sent(app, browser, actor="")
    assert read_preferences(app, anna).actor is None
    assert len([what for what, _, _ in history(app, anna) if what == "preferences"]) == 3


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({"spearheads.2": "circular"}, [("food",), ("circular",)]),  # the empty form below becomes an interest
        ({"spearheads": ["food", "circular"]}, [("circular", "food")]),
        ({"spearheads.2": "circular", "remove": "yes"}, [("circular",)]),
    ],
)
def test_interests_are_added_changed_and_removed(
    app: App, browser: Browser, changed: dict[str, str | list[str]], left: list[tuple[str, ...]]
) -> None:
    joined(app)
    assert sent(app, browser, **changed) == 303
    assert [tuple(sorted(interest.spearheads)) for interest in interests(app)] == left


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"query.2": "milk AND"}, "query.2"),
        ({"money_min.2": "1 000", "money_max.2": "10"}, "money_min.2"),
        ({"money_max.2": "plenty"}, "money_max.2"),
        ({"lead_days": "never"}, "lead_days"),
        ({"cadence": "hourly"}, "cadence"),
    ],
)
def test_a_fault_is_named_beside_its_field_and_nothing_is_changed(
    app: App, browser: Browser, typed: dict[str, str], field: str
) -> None:
    joined(app, "anna", FOOD, CIRCULAR)
    answer = browser.post(address := manage_page(app), None, **(dict(as_shown(browser.get(address).text)) | typed))
    page = BeautifulSoup(answer.text, "lxml")
    assert answer.status_code == 422
    assert [link["href"] for link in page.select(".faults a")] == [f"#{field}"]
    assert page.find(id=f"{field}-wrong")
    assert [interest.wants for interest in interests(app)] == [FOOD, CIRCULAR]


@pytest.mark.parametrize(("until", "status"), [("2026-10-05", 303), ("2020-01-01", 422), ("", 422), ("soon", 422)])
def test_a_pause_begins_and_ends_on_the_page(app: App, browser: Browser, until: str, status: int) -> None:
    joined(app)
    address = manage_page(app)
    assert browser.post(f"{address}/pause", None, until=until).status_code == status
    assert reader(app).paused_until == (date(2026, 10, 5) if status == 303 else None)
    assert browser.get(address).status_code == 200
    browser.post(f"{address}/resume")
    assert reader(app).paused_until is None


@pytest.mark.parametrize("mark", [follow, mute])
def test_a_call_followed_or_muted_is_shown_and_undone(app: App, browser: Browser, mark: Callable[..., None]) -> None:
    anna, call = joined(app), add_news(app.db, MONDAY, "soup", "food")
    mark(app, anna, call, ANNA)
    address = manage_page(app)
    assert "Food call soup" in browser.get(address).text
    browser.post(f"{address}/calls/{call}")
    assert read_preferences(app, anna).choices == ()


def test_a_feeds_address_is_replaced_by_its_own_reader_only(app: App, browser: Browser) -> None:
    joined(app, "anna")
    joined(app, "bertta")
    [own], [others] = interests(app, "anna"), interests(app, "bertta")
    was = [link.url for link in feeds.links_of(app, own.id or 0)]
    address = manage_page(app)
    assert all(url in browser.get(address).text for url in was)
    assert browser.post(f"{address}/feeds/{others.id}").status_code == 404
    assert browser.post(f"{address}/feeds/{own.id}").status_code == 303
    assert [one.feed_number for one in (*interests(app, "anna"), *interests(app, "bertta"))] == [1, 0]
    assert not any(url in browser.get(address).text for url in was)


def test_all_that_is_held_is_handed_over_as_a_file(app: App, browser: Browser) -> None:
    joined(app)
    answer = browser.get(f"{manage_page(app)}/held.json")
    assert answer.json()["subscriber"]["address"] == "anna@reader.example"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"


def test_a_person_is_erased_only_after_being_asked_once_more(app: App, browser: Browser) -> None:
    anna = joined(app)
    address = manage_page(app)
    assert browser.get(f"{address}/erase").status_code == 200
    assert state(app) is SubscriberState.ACTIVE
    assert browser.post(f"{address}/erase").status_code == 200
    with app.db.read() as session:
        assert session.get_one(Subscriber, anna).state is SubscriberState.ERASED
    assert browser.get(address).status_code == 409


def test_leaving_by_the_page_is_undone_by_the_goodbye(app: App, browser: Browser) -> None:
    joined(app)
    browser.post(f"{manage_page(app)}/leave")
    assert state(app) is SubscriberState.LEFT
    browser.post(f"/undo/{token(app)}")
    assert state(app) is SubscriberState.ACTIVE


def test_an_expired_link_or_a_subscription_that_ended_leads_to_a_fresh_letter(app: App, browser: Browser) -> None:
    anna = joined(app)
    address = manage_page(app)
    fresh = address.replace("manage", "preferences")
    leave(app, anna, ANNA)
    ended = browser.get(address)
    clock_of(app).forward(hours=25)
    expired = browser.get(address)
    assert (ended.status_code, expired.status_code) == (409, 410)
    assert all(f'href="{fresh}"' in answer.text for answer in (ended, expired))
    browser.post(fresh)
    assert browser.get(f"/undo/{token(app)}").status_code == 200


@pytest.mark.parametrize("act", ["", "/pause", "/resume", "/calls/1", "/feeds/1", "/leave", "/erase"])
def test_no_act_is_done_by_a_link_of_another_purpose(app: App, browser: Browser, act: str) -> None:
    anna = joined(app)
    for purpose in (tokens.PREFERENCES, tokens.UNSUBSCRIBE, tokens.FEEDBACK):
        assert browser.post(f"/manage/{tokens.sign(app.secret, purpose, anna)}{act}").status_code == 404
    assert state(app) is SubscriberState.ACTIVE


def test_not_for_us_names_the_call_and_mutes_it(app: App, browser: Browser) -> None:
    anna, call = joined(app), add_news(app.db, MONDAY, "soup", "food")
    link = f"/not-for-us/{tokens.sign(app.secret, tokens.FEEDBACK, anna)}/{call}"
    assert "Food call soup" in browser.get(link).text
    assert read_preferences(app, anna).choices == ()
    assert browser.post(link, None, reason="too big for us").status_code == 200
    assert [choice.call_id for choice, _ in read_preferences(app, anna).choices] == [call]


@pytest.mark.parametrize("number", ["9" * 25, "0", "-1", "abc", "%00"])
def test_a_number_that_no_call_and_no_interest_has_is_no_page(app: App, browser: Browser, number: str) -> None:
    anna = joined(app)
    not_for_us, manage = f"/not-for-us/{tokens.sign(app.secret, tokens.FEEDBACK, anna)}", manage_page(app)
    asked = browser.get(f"{not_for_us}/{number}")
    sent = [browser.post(f"{page}/{number}") for page in (not_for_us, f"{manage}/calls", f"{manage}/feeds")]
    assert [answer.status_code for answer in (asked, *sent)] == [404] * 4
