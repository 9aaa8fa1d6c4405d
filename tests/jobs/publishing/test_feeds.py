"""Feeds from a real database of each kind: who may read what, and that they hold what a digest holds."""

import json
from datetime import date
from typing import Any

import feedparser
import pytest
from icalendar import Calendar
from sqlmodel import select

from db.audit import Signed
from db.calls import CallStatus, Deadline
from db.deliveries import DeliveryItem
from db.duplicates import Duplicate, DuplicateState, Ground
from db.engine import Database
from db.event_log import EventKind
from db.subscribers import Cadence, Interest, Language, Subscriber, SubscriberChange, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.publishing import feeds
from jobs.publishing.catalogue import CallQuery
from tests.jobs.world import Clock, add_call, add_event, add_news, enrol, facts
from tests.support.refused import refused
from tracker.emails import tokens
from tracker.emails.tokens import BadToken
from tracker.errors import InputFaults, NotFound, Refusal
from tracker.feeds.addresses import FeedFormat

ANNA = 1  # the interest of the first reader


def entries(made: bytes) -> list[str]:
    """The titles of a feed's entries."""
    read = feedparser.parse(made)
    assert not read.bozo
    return [entry.title for entry in read.entries]


def rows(app: App, choice: CallQuery) -> list[dict[str, Any]]:
    return [json.loads(line) for line in feeds.export(app, FeedFormat.NDJSON, choice, "fi").splitlines()]


def keys(app: App, choice: CallQuery) -> list[str]:
    return [row["key"] for row in rows(app, choice)]


def token_of(app: App, interest: int = ANNA) -> str:
    """The token in an interest's private address."""
    return feeds.links_of(app, interest)[0].url.rpartition("/")[2].split(".")[0]


def a_varied_world(app: App, clock: Clock) -> None:
    """Calls of both spearheads and of none, new, coming, moved, over, and of another programme."""
    db, now = app.db, clock.now
    add_news(db, now, "new", "food")
    add_news(db, now, "both", "food", "circular")
    add_news(db, now, "other", "circular")
    add_news(db, now, "untagged")
    add_news(db, now, "life", "food", programme="LIFE")
    add_news(db, now, "gone", "food")
    was, becomes = {"deadlines": ["2026-09-01"]}, {"deadlines": ["2026-10-01"]}
    add_event(db, now, add_call(db, now, facts("moved"), "food"), EventKind.DEADLINE_LATER, was, becomes)
    over = facts("over", deadlines=(Deadline(on=date(2026, 6, 1)),))
    add_event(db, now, add_call(db, now, over, "food", status=CallStatus.CLOSED))
    coming = facts("coming", claimed_status=CallStatus.FORTHCOMING)
    add_event(db, now, add_call(db, now, coming, "food", status=CallStatus.FORTHCOMING))


def of_spearhead(app: App, form: FeedFormat, key: str, language: str) -> bytes:
    return feeds.export(app, form, CallQuery(spearhead=key), language)


def of_interest(app: App, form: FeedFormat, token: str, language: str) -> bytes:
    return feeds.export(app, form, CallQuery(interest=feeds.interest_named(app, token)), language)


def a_week_later(app: App, clock: Clock) -> None:
    """One call is withdrawn, one opens, one is rewritten, and one more has come."""
    clock.forward(days=7)
    db, now = app.db, clock.now
    add_event(db, now, add_call(db, now, facts("gone"), "food", withdrawn_at=now), EventKind.WITHDRAWN)
    add_event(db, now, add_call(db, now, facts("coming"), "food"), EventKind.OPENED)
    add_event(db, now, add_call(db, now, facts("new"), "food"), EventKind.TEXT, {"words": 100}, {"words": 200})
    add_news(db, now, "late", "food")


def told(db: Database) -> list[DeliveryItem]:
    with db.read() as session:
        return list(session.exec(select(DeliveryItem)))


def events_in_feed(app: App) -> set[int]:
    read = feedparser.parse(of_interest(app, FeedFormat.ATOM, token_of(app), "fi"))
    return {int(entry.id.rpartition("/")[2]) for entry in read.entries}


@pytest.mark.both_kinds
@pytest.mark.parametrize("wanted", [{"spearheads": ("food",)}, {"spearheads": ("food",), "programmes": ("HORIZON",)}])
def test_a_feed_tells_the_very_events_that_each_digest_tells(app: App, clock: Clock, wanted: dict[str, Any]) -> None:
    enrol(app.db, clock.now, "anna", interests=[Interest(**wanted)])
    a_varied_world(app, clock)
    first, _ = make_edition(app, Cadence.WEEKLY)
    events = {item.event_seq for item in told(app.db)}
    assert events_in_feed(app) == events != set()
    a_week_later(app, clock)
    make_edition(app, Cadence.WEEKLY)
    assert {seq for seq in events_in_feed(app) if seq > first.to_seq} == {i.event_seq for i in told(app.db)} - events


def test_an_export_holds_the_very_calls_that_the_digest_tells(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", "food")
    a_varied_world(app, clock)
    make_edition(app, Cadence.WEEKLY)
    live = CallQuery(interest=ANNA, statuses=(CallStatus.OPEN, CallStatus.FORTHCOMING))
    assert {row["id"] for row in rows(app, live)} == {item.call_id for item in told(app.db)} != set()


def test_the_rows_for_an_interest_are_all_the_calls_that_it_meets(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", interests=[Interest(spearheads=("circular", "food"), programmes=("HORIZON",))])
    a_varied_world(app, clock)
    assert sorted(keys(app, CallQuery(interest=ANNA))) == ["both", "coming", "gone", "moved", "new", "other", "over"]


@pytest.mark.both_kinds
def test_a_choice_narrows_by_spearhead_source_and_status(app: App, clock: Clock) -> None:
    a_varied_world(app, clock)
    assert sorted(keys(app, CallQuery(spearhead="circular"))) == ["both", "other"]
    assert keys(app, CallQuery(spearhead="food", statuses=(CallStatus.CLOSED,))) == ["over"]
    assert len(keys(app, CallQuery(source="portal"))) == 9
    with refused(InputFaults, "there is no source elsewhere"):
        keys(app, CallQuery(source="elsewhere"))


def test_every_row_names_all_its_calls_spearheads(app: App, clock: Clock) -> None:
    a_varied_world(app, clock)
    found = {row["key"]: row["spearheads"] for row in rows(app, CallQuery(spearhead="circular"))}
    assert found == {"both": ["circular", "food"], "other": ["circular"]}


def test_events_leave_a_feed_after_ninety_days(app: App, clock: Clock) -> None:
    add_news(app.db, clock.now, "one", "food")
    clock.forward(days=90)
    assert entries(of_spearhead(app, FeedFormat.ATOM, "food", "en")) == ["New: Food call one"]
    clock.forward(days=1)
    assert entries(of_spearhead(app, FeedFormat.ATOM, "food", "en")) == []


@pytest.mark.parametrize(("language", "title"), [("fi", "Uusi: "), ("sv", "Ny: "), ("en", "New: ")])
def test_a_feed_speaks_the_language_asked_for(app: App, clock: Clock, language: str, title: str) -> None:
    add_news(app.db, clock.now, "one", "food")
    assert entries(of_spearhead(app, FeedFormat.ATOM, "food", language)) == [f"{title}Food call one"]


def dates(made: bytes) -> dict[str, tuple[date, int, str]]:
    """Start, sequence and status of every event of a calendar, by UID."""
    found = Calendar.from_ical(made).walk("VEVENT")
    return {str(one["uid"]): (one.decoded("dtstart"), int(one["sequence"]), str(one["status"])) for one in found}


@pytest.mark.both_kinds
def test_a_deadline_moves_in_every_calendar_that_holds_it(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", "food")
    call_id = add_news(app.db, clock.now, "one", "food")
    uid = f"call-{call_id}-1@localhost"
    assert dates(feeds.calendar_of_call(app, call_id, "fi")) == {uid: (date(2026, 10, 1), 0, "CONFIRMED")}
    was, becomes = {"deadlines": ["2026-10-01"]}, {"deadlines": ["2026-10-15"]}
    clock.forward(days=1)
    add_call(app.db, clock.now, facts("one", deadlines=(Deadline(on=date(2026, 10, 15)),)), "food", fingerprint="g")
    add_event(app.db, clock.now, call_id, EventKind.DEADLINE_LATER, was, becomes)
    after = {uid: (date(2026, 10, 15), 1, "CONFIRMED")}
    assert dates(feeds.calendar_of_call(app, call_id, "fi")) == after
    assert dates(of_spearhead(app, FeedFormat.ICS, "food", "fi")) == after
    assert dates(of_interest(app, FeedFormat.ICS, token_of(app), "fi")) == after
    assert dates(of_spearhead(app, FeedFormat.ICS, "circular", "fi")) == {}


def test_a_calendar_holds_the_second_stage_of_a_call_whose_first_is_long_over(app: App, clock: Clock) -> None:
    stages = (Deadline(on=date(2026, 1, 15), stage=1), Deadline(on=date(2026, 9, 1), stage=2))
    add_call(app.db, clock.now, facts("one", deadlines=stages, deadline_model="two-stage"), "food")
    add_call(app.db, clock.now, facts("old", deadlines=(Deadline(on=date(2026, 1, 15)),)), "food")
    [(on, _, _)] = dates(of_spearhead(app, FeedFormat.ICS, "food", "fi")).values()
    assert on == date(2026, 9, 1)


def test_a_replaced_link_is_dead_the_new_one_works_and_the_history_says_why(app: App, clock: Clock) -> None:
    reader = enrol(app.db, clock.now, "anna", "food")
    old = token_of(app)
    feeds.rotate(app, ANNA, Signed("operator", "the reader lost a telephone", app.clock()))
    with refused(Refusal, "replaced by a newer one"):
        of_interest(app, FeedFormat.ATOM, old, "fi")
    assert entries(of_interest(app, FeedFormat.ATOM, token_of(app), "fi")) == []
    with app.db.read() as session:
        [change] = session.exec(select(SubscriberChange)).all()
    assert (change.subscriber_id, change.what, change.by) == (reader, SubscriptionEvent.FEED_LINK_REPLACED, "operator")
    assert (change.reason, change.detail) == ("the reader lost a telephone", {"interest": ANNA})


def test_a_link_ends_with_its_subscription(app: App, clock: Clock) -> None:
    reader = enrol(app.db, clock.now, "anna", "food")
    with app.db.write() as session:
        found = session.get_one(Subscriber, reader)
        found.state = SubscriberState.LEFT
        session.add(found)
    with refused(Refusal, "this subscription has ended"):
        of_interest(app, FeedFormat.ICS, token_of(app), "fi")


def test_a_token_of_another_purpose_opens_no_feed(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", "food")
    for token in (tokens.sign(app.secret, tokens.UNSUBSCRIBE, 1 << 24), "nonsense", ""):
        with pytest.raises(BadToken):
            of_interest(app, FeedFormat.ATOM, token, "fi")


def test_what_there_is_not_is_named(app: App) -> None:
    with refused(NotFound, "there is no spearhead sport; there are circular, food"):
        of_spearhead(app, FeedFormat.ATOM, "sport", "fi")
    with refused(NotFound, "there is no interest 99"):
        feeds.links_of(app, 99)
    with refused(NotFound, "there is no call 99"):
        feeds.calendar_of_call(app, 99, "fi")


def test_private_addresses_speak_their_readers_language_and_stand_in_the_feed(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", "food", language=Language.SV)
    atom, ics = feeds.links_of(app, ANNA)
    assert atom.url == f"http://localhost:8000/feeds/interests/{token_of(app)}.sv.atom"
    assert ics.url == f"http://localhost:8000/feeds/interests/{token_of(app)}.sv.ics"
    assert atom.url.encode() in of_interest(app, FeedFormat.ATOM, token_of(app), "sv")


def test_a_call_of_two_sources_is_one_row_and_one_date(app: App, clock: Clock) -> None:
    first = add_news(app.db, clock.now, "one", "food")
    second = add_news(app.db, clock.now, "two", "food", source="eura")
    joined = Duplicate(
        first_id=first, second_id=second, ground=Ground.LINK, state=DuplicateState.JOINED, found_at=clock.now
    )
    with app.db.write() as session:
        session.add(joined)
    assert [(row["id"], row["same_as"]) for row in rows(app, CallQuery(spearhead="food"))] == [(first, [second])]
    assert list(dates(of_spearhead(app, FeedFormat.ICS, "food", "fi"))) == [f"call-{first}-1@localhost"]


def test_an_interest_in_open_calls_holds_no_others_and_one_with_a_line_of_its_own_what_that_finds(
    app: App, clock: Clock
) -> None:
    lines = [Interest(spearheads=("food",), forthcoming=False), Interest(query='"call new"')]
    enrol(app.db, clock.now, "anna", interests=lines)
    a_varied_world(app, clock)
    assert "coming" not in keys(app, CallQuery(interest=ANNA))
    assert keys(app, CallQuery(interest=ANNA + 1)) == ["new"]
