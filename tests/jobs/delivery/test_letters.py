"""Letters on their way: sent like deliveries, before them, to nobody who is not allowed, and never twice."""

import email
import email.policy

import pytest

from db import letters
from db.deliveries import DeliveryReason, DeliveryState
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.delivery.letters import BACK_OFF, send_letters
from jobs.editions.planning import make_edition
from jobs.readers.optin import sign_up
from tests.jobs.subscribing import all_letters, sign_up_form
from tests.jobs.world import Clock, PostOffice, a_run, add_news, enrol, free_port, mailing, post_office

SENT, REFUSED, DEFERRED = DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.DEFERRED
UNKNOWN, SKIPPED, RENDERED = DeliveryState.UNKNOWN, DeliveryState.SKIPPED, DeliveryState.RENDERED


def outcome(app: App) -> tuple[DeliveryState, DeliveryReason | None, str | None]:
    [letter] = all_letters(app)
    return letter.state, letter.reason, letter.detail


@pytest.mark.both_kinds
def test_delivering_sends_letters_too_and_each_once(app: App, clock: Clock, office: PostOffice) -> None:
    sign_up(app, sign_up_form("anna"))
    sign_up(app, sign_up_form("bertta"))
    for _ in range(2):
        deliver(mailing(app, office.port))
    assert office.copies == {"anna": 1, "bertta": 1}
    [anna, _] = all_letters(app)
    assert (anna.state, anna.attempts, anna.settled_at, anna.message) == (SENT, 1, clock.now, office.mails[0])


def test_letters_leave_before_the_digests(app: App, clock: Clock, office: PostOffice) -> None:
    enrol(app.db, clock.now, "reader")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    sign_up(app, sign_up_form("anna"))
    deliver(mailing(app, office.port))
    assert list(office.copies) == ["anna", "reader"]


def test_a_letter_comes_from_the_service_and_not_from_the_digests_address(app: App, office: PostOffice) -> None:
    service = mailing(app, office.port, service_sender="service@vahti.example")
    sign_up(service, sign_up_form())
    deliver(service)
    mail = email.message_from_bytes(office.mails[0], policy=email.policy.default)
    assert mail["From"].addresses[0].addr_spec == "service@vahti.example"
    assert mail["Message-ID"].endswith("@vahti.example>")


def test_outside_production_no_letter_goes_to_a_stranger(app: App, office: PostOffice) -> None:
    sign_up(app, sign_up_form())
    deliver(mailing(app, office.port, allow=["tester@vahti.example"]))
    assert (office.copies.total(), outcome(app)) == (0, (SKIPPED, DeliveryReason.NOT_ALLOWED, None))


def test_by_default_letters_become_files_in_the_outbox(app: App) -> None:
    sign_up(app, sign_up_form())
    deliver(app)
    [file] = (app.settings.data.dir / "outbox").iterdir()
    assert file.read_bytes() == all_letters(app)[0].message


def test_a_refused_letter_is_not_tried_again(app: App, clock: Clock, office: PostOffice) -> None:
    office.moods["anna"] = "refuse"
    sign_up(app, sign_up_form())
    for _ in range(2):
        deliver(mailing(app, office.port))
        clock.forward(days=30)
    assert (outcome(app), office.answered["refuse"]) == (
        (REFUSED, DeliveryReason.MAIL_SERVER, "RCPT: 550 5.1.1 no such user"),
        1,
    )


@pytest.mark.both_kinds
def test_a_deferred_letter_is_tried_again_at_its_time_and_given_up_after_its_last(
    app: App, clock: Clock, office: PostOffice
) -> None:
    office.moods["anna"] = "defer"
    sign_up(app, sign_up_form())
    for minutes in BACK_OFF:
        send_letters(mailing(app, office.port))
        assert outcome(app)[0] is DEFERRED
        clock.forward(minutes=minutes - 0.01)
        send_letters(mailing(app, office.port))
        clock.forward(minutes=0.01)
    send_letters(mailing(app, office.port))
    assert office.answered["defer"] == len(BACK_OFF) + 1
    [letter] = all_letters(app)
    assert (letter.state, letter.reason, letter.attempts) == (REFUSED, DeliveryReason.GIVEN_UP, 7)


def test_a_line_that_drops_after_the_letter_is_in_leaves_it_unknown_and_unsent_for_ever(
    app: App, clock: Clock, office: PostOffice
) -> None:
    office.moods["anna"] = "drop"
    sign_up(app, sign_up_form())
    deliver(mailing(app, office.port))
    clock.forward(days=1)
    deliver(mailing(app, office.port))
    assert (outcome(app)[0], office.copies) == (UNKNOWN, {"anna": 1})


@pytest.mark.both_kinds
def test_what_a_dead_process_was_sending_becomes_unknown_and_is_not_sent(
    app: App, clock: Clock, office: PostOffice
) -> None:
    sign_up(app, sign_up_form())
    with app.db.write() as session:
        assert (
            letters.claim_letter(session, clock.now, a_run(session, clock.now)) is not None
        )  # and here its process dies
    deliver(mailing(app, office.port))
    assert (outcome(app)[0], office.copies.total()) == (UNKNOWN, 0)


def test_letters_wait_for_a_server_that_is_down_without_using_up_attempts(app: App, clock: Clock) -> None:
    port = free_port()
    sign_up(app, sign_up_form("anna"))
    sign_up(app, sign_up_form("bertta"))
    for _ in range(3):
        send_letters(mailing(app, port))
    assert sorted((one.state, one.attempts) for one in all_letters(app)) == [(DEFERRED, 0), (RENDERED, 0)]
    with post_office(PostOffice(port)) as back:
        send_letters(mailing(app, port))
    assert back.copies == {"anna": 1, "bertta": 1}
