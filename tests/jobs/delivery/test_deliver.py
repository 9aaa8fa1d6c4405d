"""Deliver: every mail's outcome in the ledger, against servers that take, refuse, defer, hang up and are gone."""

import socket
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from db import send_queue, subscribers
from db.deliveries import DeliveryReason, DeliveryState
from db.editions import MailContent
from db.subscribers import Cadence, SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.delivery.senders import BACK_OFF
from jobs.editions.planning import make_edition
from tests.jobs.world import (
    Clock,
    PostOffice,
    a_run,
    add_news,
    enrol,
    free_port,
    mailing,
    newest_deliveries,
    post_office,
    states,
)

RENDERED, SENDING, SENT = DeliveryState.RENDERED, DeliveryState.SENDING, DeliveryState.SENT
REFUSED, DEFERRED, UNKNOWN = DeliveryState.REFUSED, DeliveryState.DEFERRED, DeliveryState.UNKNOWN
NAMES = ("anna", "bertta", "cecilia")


def edition_for(app: App, clock: Clock, *names: str) -> None:
    """A rendered edition for these readers."""
    for name in names:
        enrol(app.db, clock.now, name)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)


def state_of(app: App, name: str) -> DeliveryState:
    return newest_deliveries(app.db)[name].state


@pytest.mark.both_kinds
def test_by_default_mails_become_files_in_the_outbox(app: App, clock: Clock) -> None:
    edition_for(app, clock, *NAMES)
    told = deliver(app)
    files = sorted((app.settings.data.dir / "outbox").iterdir())
    assert (told[SENT], states(app.db), len(files)) == (3, {SENT: 3}, 3)
    assert b"To: anna@reader.example\r\n" in files[0].read_bytes() + files[1].read_bytes() + files[2].read_bytes()


@pytest.mark.both_kinds
def test_every_mail_arrives_once_and_is_marked_with_its_time(app: App, clock: Clock, office: PostOffice) -> None:
    edition_for(app, clock, *NAMES)
    deliver(mailing(app, office.port))
    assert office.copies == {"anna": 1, "bertta": 1, "cecilia": 1}
    anna = newest_deliveries(app.db)["anna"]
    assert (anna.state, anna.attempts, anna.settled_at, anna.reason) == (SENT, 1, clock.now, None)


@pytest.mark.parametrize("template", [b"\x1fno such slot\x1f\r\n", b"a line that ends\nas none may"])
def test_a_mail_that_cannot_be_made_or_carried_waits_and_the_others_leave(
    app: App, clock: Clock, office: PostOffice, template: bytes
) -> None:
    add_news(app.db, clock.now, "two", "circular")
    enrol(app.db, clock.now, "cecilia", "circular")
    edition_for(app, clock, "anna", "bertta")
    with app.db.write() as session:
        content = session.get(MailContent, newest_deliveries(app.db)["cecilia"].content_id)
        assert content is not None
        content.template, whole = template, content.template
    service = mailing(app, office.port)
    assert deliver(service) == {SENT: 2, DEFERRED: 1}
    cecilia = newest_deliveries(app.db)["cecilia"]
    assert (cecilia.state, cecilia.reason, cecilia.attempts) == (DEFERRED, DeliveryReason.FAULT, 1)
    with app.db.write() as session:
        content = session.get(MailContent, cecilia.content_id)
        assert content is not None
        content.template = whole
    clock.forward(minutes=BACK_OFF[0])
    deliver(service)
    assert office.copies == {"anna": 1, "bertta": 1, "cecilia": 1}


@pytest.mark.both_kinds
def test_what_has_been_sent_is_not_sent_again(app: App, clock: Clock, office: PostOffice) -> None:
    edition_for(app, clock, *NAMES)
    deliver(mailing(app, office.port))
    assert deliver(mailing(app, office.port)).total() == 0
    assert office.copies.total() == 3


@pytest.mark.both_kinds
def test_one_refused_recipient_does_not_stop_the_others(app: App, clock: Clock, office: PostOffice) -> None:
    office.moods["bertta"] = "refuse"
    edition_for(app, clock, *NAMES)
    told = deliver(mailing(app, office.port))
    assert (told[SENT], told[REFUSED], office.copies.total()) == (2, 1, 2)
    assert newest_deliveries(app.db)["bertta"].detail == "RCPT: 550 5.1.1 no such user"


def test_a_refused_recipient_is_not_tried_again(app: App, clock: Clock, office: PostOffice) -> None:
    office.moods["anna"] = "refuse"
    edition_for(app, clock, "anna")
    deliver(mailing(app, office.port))
    clock.forward(days=30)
    deliver(mailing(app, office.port))
    assert office.answered["refuse"] == 1


@pytest.mark.both_kinds
def test_a_deferred_mail_is_sent_at_its_time_and_not_before(app: App, clock: Clock, office: PostOffice) -> None:
    office.moods["anna"] = "defer"
    edition_for(app, clock, "anna")
    deliver(mailing(app, office.port))
    again_at = newest_deliveries(app.db)["anna"].retry_at
    assert (state_of(app, "anna"), again_at) == (DEFERRED, clock.now + timedelta(minutes=BACK_OFF[0]))
    office.moods.clear()
    clock.forward(minutes=BACK_OFF[0] - 0.01)
    deliver(mailing(app, office.port))
    assert office.copies.total() == 0
    clock.forward(minutes=0.01)
    deliver(mailing(app, office.port))
    assert (state_of(app, "anna"), office.copies.total(), newest_deliveries(app.db)["anna"].attempts) == (SENT, 1, 2)


def test_a_mail_that_is_always_deferred_is_given_up_after_its_last_attempt(
    app: App, clock: Clock, office: PostOffice
) -> None:
    office.moods["anna"] = "defer"
    edition_for(app, clock, "anna")
    for minutes in (*BACK_OFF, 0):
        deliver(mailing(app, office.port))
        clock.forward(minutes=minutes)
    anna = newest_deliveries(app.db)["anna"]
    assert (anna.state, anna.attempts, office.answered["defer"]) == (REFUSED, len(BACK_OFF) + 1, len(BACK_OFF) + 1)
    assert anna.reason is DeliveryReason.GIVEN_UP


@pytest.mark.both_kinds
def test_mails_wait_for_a_server_that_is_down_and_leave_when_it_is_back(app: App, clock: Clock) -> None:
    port = free_port()
    edition_for(app, clock, *NAMES)
    deliver(mailing(app, port))
    assert SENT not in states(app.db)
    assert not states(app.db).keys() - {RENDERED, DEFERRED}
    clock.forward(minutes=BACK_OFF[0])
    with post_office(PostOffice(port)) as back:
        deliver(mailing(app, port))
    assert (states(app.db), back.copies.total()) == ({SENT: 3}, 3)


def test_an_outage_of_the_server_uses_up_no_attempts_of_a_recipient(app: App, clock: Clock) -> None:
    port = free_port()
    edition_for(app, clock, "anna")
    for _ in range(len(BACK_OFF) + 1):
        deliver(mailing(app, port))
        clock.forward(minutes=5)
    with post_office(PostOffice(port, {"anna": "defer"})):
        deliver(mailing(app, port))
    assert state_of(app, "anna") is DEFERRED


@pytest.mark.both_kinds
def test_a_line_that_drops_after_the_mail_is_in_leaves_it_unknown_and_unsent_for_ever(
    app: App, clock: Clock, office: PostOffice
) -> None:
    office.moods["bertta"] = "drop"
    edition_for(app, clock, *NAMES)
    told = deliver(mailing(app, office.port))
    assert (told[SENT], told[UNKNOWN], state_of(app, "bertta")) == (2, 1, UNKNOWN)
    office.moods.clear()
    clock.forward(days=30)
    deliver(mailing(app, office.port))
    assert (office.copies, state_of(app, "bertta")) == ({"anna": 1, "bertta": 1, "cecilia": 1}, UNKNOWN)


@pytest.mark.both_kinds
def test_what_a_dead_process_was_sending_becomes_unknown_and_is_not_sent(
    app: App, clock: Clock, office: PostOffice
) -> None:
    edition_for(app, clock, *NAMES)
    with app.db.write() as session:
        [dead] = send_queue.claim(session, 1, clock.now, a_run(session, clock.now))  # and here its process dies
    told = deliver(mailing(app, office.port))
    assert told == {SENT: 2}
    assert state_of(app, dead.recipient.partition("@")[0]) == UNKNOWN
    assert dead.recipient.partition("@")[0] not in office.copies


def test_who_leaves_before_a_mail_goes_out_does_not_get_it(app: App, clock: Clock, office: PostOffice) -> None:
    edition_for(app, clock, "anna")
    with app.db.write() as session:
        anna = subscribers.subscriber_at(session, "anna@reader.example")
        assert anna is not None
        anna.state = SubscriberState.LEFT
    deliver(mailing(app, office.port))
    assert office.copies.total() == 0


def test_outside_production_a_stranger_gets_nothing_and_the_ledger_says_why(
    app: App, clock: Clock, office: PostOffice
) -> None:
    edition_for(app, clock, *NAMES)
    deliver(mailing(app, office.port, allow=["anna@reader.example"]))
    assert office.copies == {"anna": 1}
    assert newest_deliveries(app.db)["bertta"].reason is DeliveryReason.NOT_ALLOWED


def test_told_to_stop_it_finishes_what_is_in_flight_and_leaves_the_rest(app: App, clock: Clock) -> None:
    edition_for(app, clock, *(f"reader{number}" for number in range(30)))
    stop = threading.Event()
    with post_office(PostOffice(slow_seconds=0.05)) as office:
        stopper = threading.Timer(0.2, stop.set)
        stopper.start()
        deliver(mailing(app, office.port, connections=2), stop)
        stopper.join()
    found: dict[Any, int] = states(app.db)
    assert (set(found), found[SENT]) == ({SENT, RENDERED}, office.copies.total())


@pytest.mark.both_kinds
def test_two_at_once_send_no_mail_twice(app: App, clock: Clock) -> None:
    edition_for(app, clock, *(f"reader{number}" for number in range(20)))
    with post_office(PostOffice(slow_seconds=0.02)) as office:
        threads = [threading.Thread(target=deliver, args=[mailing(app, office.port)]) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (set(office.copies.values()), len(office.copies), states(app.db)) == ({1}, 20, {SENT: 20})


def test_a_delivery_that_is_told_to_stop_waits_for_no_server_that_says_nothing(app: App, clock: Clock) -> None:
    edition_for(app, clock, *NAMES)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stop, service = threading.Event(), mailing(app, silent.getsockname()[1], timeout_seconds=30)
        threading.Timer(0.3, stop.set).start()
        begun = time.monotonic()
        deliver(service, stop)
        assert time.monotonic() - begun < 10
    assert states(app.db).keys() <= {RENDERED, DEFERRED}
    with post_office() as office:
        clock.now += timedelta(minutes=1)
        deliver(mailing(app, office.port))
        assert office.copies == {"anna": 1, "bertta": 1, "cecilia": 1}
