"""A person's word on deliveries: resolved, sent again, held and braked, each with its reason."""

from datetime import timedelta

import pytest
from sqlmodel import select

from db import send_queue
from db.audit import AuditEntry, Signed
from db.deliveries import Delivery, DeliveryReason, DeliveryState
from db.editions import Edition, EditionState, HoldReason
from db.runs import newest_run
from db.subscribers import Cadence, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.delivery.resolutions import Resolution, resend, resolve
from jobs.editions.planning import make_edition
from tests.jobs.world import (
    Clock,
    PostOffice,
    add_news,
    enrol,
    mailing,
    newest_deliveries,
    states,
)
from tests.support.refused import refused
from tracker.errors import NotFound, Refusal, WrongState

RENDERED, SENT, REFUSED = DeliveryState.RENDERED, DeliveryState.SENT, DeliveryState.REFUSED
UNKNOWN, SKIPPED = DeliveryState.UNKNOWN, DeliveryState.SKIPPED


@pytest.fixture
def posted(app: App, clock: Clock, office: PostOffice) -> App:
    """An app that mails, with a rendered edition for anna."""
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    return mailing(app, office.port)


def anna(app: App) -> Delivery:
    return newest_deliveries(app.db)["anna"]


def in_doubt(app: App, office: PostOffice) -> int:
    """Anna's mail, after the line dropped when it was in."""
    office.moods["anna"] = "drop"
    deliver(app)
    office.moods.clear()
    assert anna(app).state is UNKNOWN
    return anna(app).id or 0


def audit(app: App) -> list[tuple[str, str, object]]:
    with app.db.read() as session:
        query = select(AuditEntry).where(AuditEntry.subject.startswith("delivery"))  # type: ignore[attr-defined]
        return [(entry.who, entry.action, entry.detail["before"]["state"]) for entry in session.exec(query)]


def edition(app: App) -> Edition:
    with app.db.read() as session:
        return session.exec(select(Edition)).one()


def test_a_mail_that_the_log_shows_as_taken_is_sent(posted: App, office: PostOffice) -> None:
    resolve(posted, in_doubt(posted, office), Resolution.SENT, Signed("Maija", "queued as 4F2", posted.clock()))
    deliver(posted)
    assert (anna(posted).state, office.copies["anna"]) == (SENT, 1)
    assert (anna(posted).reason, anna(posted).detail) == (DeliveryReason.RESOLVED, "queued as 4F2")
    assert audit(posted) == [("Maija", "delivery resolved as sent", "unknown")]


@pytest.mark.both_kinds
def test_a_mail_that_was_lost_is_sent_again_byte_for_byte_on_a_persons_word(posted: App, office: PostOffice) -> None:
    number = in_doubt(posted, office)
    resolve(posted, number, Resolution.LOST, Signed("Maija", "no trace of it", posted.clock()))
    assert (anna(posted).state, anna(posted).reason) == (REFUSED, DeliveryReason.RESOLVED)
    assert anna(posted).detail == "no trace of it"
    deliver(posted)
    assert office.copies["anna"] == 1
    resend(posted, number, Signed("Maija", "no trace of it", posted.clock()))
    deliver(posted)
    first, second = office.mails
    assert (anna(posted).state, anna(posted).attempts, first == second) == (SENT, 1, True)
    assert audit(posted)[-1] == ("Maija", "delivery sent again", "refused")


def test_what_was_not_on_the_allow_list_can_be_sent_later(posted: App, office: PostOffice) -> None:
    deliver(mailing(posted, office.port, allow=["elsewhere.example"]))
    assert anna(posted).state is SKIPPED
    resend(posted, anna(posted).id or 0, Signed("Maija", "the trial is over", posted.clock()))
    deliver(mailing(posted, office.port, allow=[]))
    assert anna(posted).state is SENT


def test_what_is_not_in_doubt_is_not_resolved(posted: App) -> None:
    with refused(WrongState, "is rendered; it must be unknown"):
        resolve(posted, anna(posted).id or 0, Resolution.SENT, Signed("Maija", "surely", posted.clock()))


def test_what_was_sent_or_waits_is_not_sent_again(posted: App) -> None:
    with refused(WrongState, "is rendered; it must be refused, unknown or not allowed"):
        resend(posted, anna(posted).id or 0, Signed("Maija", "hurry", posted.clock()))
    deliver(posted)
    with refused(WrongState, "is sent; it must be refused"):
        resend(posted, anna(posted).id or 0, Signed("Maija", "once more", posted.clock()))


def test_who_takes_no_mail_is_sent_nothing_again(posted: App, office: PostOffice) -> None:
    number = in_doubt(posted, office)
    with posted.db.write() as session:
        session.exec(select(Subscriber)).one().state = SubscriberState.LEFT
    with refused(Refusal, "who receives no mail"):
        resend(posted, number, Signed("Maija", "please", posted.clock()))


def test_a_mail_of_a_stale_edition_is_not_sent_again_before_it_is_released(
    posted: App, clock: Clock, office: PostOffice
) -> None:
    number = in_doubt(posted, office)
    clock.forward(days=4)
    with refused(Refusal, "of edition 1, which is held or stale"):
        resend(posted, number, Signed("Maija", "please", posted.clock()))


def test_a_delivery_that_is_not_there_is_named(posted: App) -> None:
    with refused(NotFound, "there is no delivery 99"):
        resend(posted, 99, Signed("Maija", "please", posted.clock()))


# --- what waits for a person ------------------------------------------------------------------------------------------


def set_edition(app: App, **values: object) -> None:
    with app.db.write() as session:
        row = session.exec(select(Edition)).one()
        for name, value in values.items():
            setattr(row, name, value)


@pytest.mark.both_kinds
def test_nothing_of_a_held_edition_leaves(posted: App, office: PostOffice) -> None:
    set_edition(posted, state=EditionState.HELD, held_for=HoldReason.FLOOD)
    deliver(posted)
    assert (anna(posted).state, office.copies.total()) == (RENDERED, 0)
    set_edition(posted, state=EditionState.BUILT)
    deliver(posted)
    assert anna(posted).state is SENT


def test_a_held_edition_keeps_no_other_from_leaving(posted: App, clock: Clock, office: PostOffice) -> None:
    set_edition(posted, state=EditionState.HELD, held_for=HoldReason.FLOOD)
    enrol(posted.db, clock.now, "bertta", cadence=Cadence.DAILY)
    make_edition(posted, Cadence.DAILY)
    deliver(posted)
    assert office.copies == {"bertta": 1}


@pytest.mark.both_kinds
def test_an_old_queue_is_held_until_a_person_releases_it(posted: App, clock: Clock, office: PostOffice) -> None:
    clock.forward(days=4)
    deliver(posted)
    assert (edition(posted).state, edition(posted).held_for, office.copies.total()) == (
        EditionState.HELD,
        HoldReason.STALE,
        0,
    )
    set_edition(posted, state=EditionState.BUILT, released_at=clock.now)
    deliver(posted)
    assert (anna(posted).state, edition(posted).state) == (SENT, EditionState.BUILT)


def test_an_edition_of_the_last_days_leaves_by_itself(posted: App, clock: Clock) -> None:
    clock.forward(days=3)
    deliver(posted)
    assert (anna(posted).state, edition(posted).state) == (SENT, EditionState.BUILT)


def test_an_edition_that_has_left_does_not_become_stale(posted: App, clock: Clock) -> None:
    deliver(posted)
    clock.forward(days=30)
    deliver(posted)
    assert edition(posted).state is EditionState.BUILT


@pytest.mark.both_kinds
def test_the_brake_stops_at_so_many_mails_a_day_and_says_so(app: App, clock: Clock, office: PostOffice) -> None:
    for number in range(5):
        enrol(app.db, clock.now, f"reader{number}")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    braked = mailing(app, office.port, per_day=2)
    deliver(braked)
    with app.db.read() as session:
        run = newest_run(session, "deliver")
    assert run is not None
    assert [reason.detail for reason in run.reasons] == [
        "mail.per_day (2) is reached; 3 mails wait for tomorrow or a higher limit"
    ]
    assert (states(app.db), office.copies.total()) == ({SENT: 2, RENDERED: 3}, 2)
    assert deliver(braked).total() == 0
    clock.forward(hours=20)  # past midnight in Finland
    deliver(braked)
    assert (states(app.db), office.copies.total()) == ({SENT: 4, RENDERED: 1}, 4)


def test_a_brake_that_is_not_reached_is_not_mentioned(posted: App, office: PostOffice) -> None:
    deliver(mailing(posted, office.port, per_day=1))
    with posted.db.read() as session:
        run = newest_run(session, "deliver")
        assert run is not None
        assert (run.reasons, send_queue.count_waiting(session, run.started_at + timedelta(days=1))) == ((), 0)
