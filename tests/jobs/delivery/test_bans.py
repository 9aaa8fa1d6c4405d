"""Bans: the brake on many at once, and that whoever is let back has missed nothing."""

from collections.abc import Sequence

import pytest
from sqlmodel import col, select

from db.audit import Signed
from db.bounces import Bounce
from db.deliveries import Delivery, DeliveryItem, DeliveryState
from db.editions import EditionHold
from db.letters import Letter, LetterKind
from db.runs import newest_run
from db.sources import NoticeKind, list_notices
from db.subscribers import Cadence, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.delivery.bans import apply_held, drop_held, let_back, undo_reading
from jobs.delivery.bounces import PAUSES, read_bounces
from jobs.delivery.deliver import deliver
from jobs.editions.build import build
from jobs.editions.holds import release_part
from jobs.editions.planning import make_edition, open_composer, plan
from jobs.editions.verify import verify
from tests.jobs.world import Clock, PostOffice, a_run, add_news, enrol, mailing, newest_deliveries, with_settings
from tests.support.refused import refused
from tests.tracker.emails.returned import complaint, report
from tracker.emails.mailboxes import ReturnedMail
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import BOUNCE
from tracker.errors import NotFound, WrongState

ACTIVE, BANNED = SubscriberState.ACTIVE, SubscriberState.BANNED
GONE = ("5.1.1", "smtp; 550 5.1.1 no such user")
FULL = ("5.2.2", "smtp; 552 5.2.2 mailbox full")
TEN = [f"reader{number}" for number in range(10)]


@pytest.fixture
def told(app: App, clock: Clock, office: PostOffice) -> App:
    """An app that has sent an edition to ten readers."""
    for name in TEN:
        enrol(app.db, clock.now, name)
    at = mailing(app, office.port, bounces="bounces@vahti.example", stale_days=30)
    send_news(at, "one")
    return at


def send_news(app: App, key: str) -> None:
    add_news(app.db, app.clock(), key, "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)


def next_week(app: App, clock: Clock, key: str) -> None:
    clock.forward(days=7)
    send_news(app, key)


def come_back(app: App, names: Sequence[str], status: str = GONE[0], said: str = GONE[1]) -> int:
    """The newest mails to these readers come back, in one reading; return its number."""
    newest = newest_deliveries(app.db)
    paths = [envelope_sender(app.settings.mail, app.secret, BOUNCE, newest[name].id or 0) for name in names]
    mark = app.clock().isoformat().encode()  # the same answer on another day is another mail
    read_bounces(app, [ReturnedMail(report(status, said, to=("To", path)) + mark, lambda: None) for path in paths])
    return last_reading(app)


def last_reading(app: App, job: str = "bounces") -> int:
    with app.db.read() as session:
        run = newest_run(session, job)
    assert run is not None
    return run.id or 0


def me(app: App) -> Signed:
    return Signed("maija", "our own record was wrong", app.clock())


def states(app: App) -> dict[str, int]:
    with app.db.read() as session:
        found = list(session.exec(select(Subscriber.state)))
    return {state.value: found.count(state) for state in SubscriberState if state in found}


def effects(app: App) -> dict[str, int]:
    with app.db.read() as session:
        found = [effect.value for effect in session.exec(select(Bounce.effect)) if effect]
    return {effect: found.count(effect) for effect in found}


def calls_told(app: App, name: str) -> list[str]:
    """The keys of the calls that a reader's mails told, as the server took them; those that came back are not asked."""
    with app.db.read() as session:
        query = select(DeliveryItem.event_seq).join(Subscriber, col(Subscriber.id) == DeliveryItem.subscriber_id)
        rows = session.exec(query.where(Subscriber.address == f"{name}@reader.example").order_by(col(DeliveryItem.id)))
        return [str(seq) for seq in rows]


def notices(app: App) -> list[str]:
    with app.db.read() as session:
        return [notice.detail for notice in list_notices(session) if notice.kind is NoticeKind.BANS_HELD]


# --- the brake --------------------------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_too_many_bans_of_one_reading_are_all_held_and_admins_are_told(told: App) -> None:
    come_back(told, TEN[:6])
    assert (states(told), effects(told)) == ({"active": 10}, {"held": 6})
    [notice] = notices(told)
    assert notice.startswith("6 of 10 mailboxes would get no more mail")
    assert "tracker bounces drop" in notice
    assert "tracker bounces apply" in notice
    assert verify(told).discrepancies == []


def test_a_few_bans_are_no_cause_for_alarm(told: App) -> None:
    come_back(told, TEN[:5])
    assert (states(told), effects(told), notices(told)) == ({"active": 5, "banned": 5}, {"banned": 5}, [])


def test_a_small_share_of_many_is_no_cause_for_alarm(told: App) -> None:
    at = with_settings(told, bounces={"most_bans": 2, "most_bans_percent": 50})
    come_back(at, TEN[:5])
    assert states(at) == {"active": 5, "banned": 5}
    come_back(at, TEN[5:6])
    assert (states(at), effects(at)) == ({"active": 10}, {"held": 6})


@pytest.mark.both_kinds
def test_readings_of_one_day_count_together_and_its_earlier_bans_are_taken_back(told: App, clock: Clock) -> None:
    for name in TEN[:6]:
        come_back(told, [name])
        clock.forward(hours=3)
    assert (states(told), effects(told)) == ({"active": 10}, {"held": 6})
    come_back(told, TEN[6:8])
    assert (states(told), effects(told)) == ({"active": 10}, {"held": 8})
    assert [notice[:7] for notice in notices(told)] == ["8 of 10"]  # one notice, with the numbers of now


def test_bans_of_several_days_do_not_count_together(told: App, clock: Clock) -> None:
    for name in TEN[:8]:
        come_back(told, [name])
        clock.forward(hours=5)
    assert states(told) == {"active": 2, "banned": 8}


def test_several_mails_of_one_mailbox_count_once(told: App, clock: Clock) -> None:
    come_back(told, TEN[:5])
    for _ in range(3):
        clock.forward(minutes=1)
        come_back(told, TEN[:5])
    assert states(told) == {"active": 5, "banned": 5}


def test_complaints_and_full_mailboxes_count_as_well(told: App, clock: Clock) -> None:
    for hours in PAUSES:
        come_back(told, TEN[:3], *FULL)
        clock.forward(hours=hours)
    newest = newest_deliveries(told.db)
    paths = [envelope_sender(told.settings.mail, told.secret, BOUNCE, newest[name].id or 0) for name in TEN[3:6]]
    read_bounces(told, [ReturnedMail(complaint("abuse", to=("To", path)), lambda: None) for path in paths])
    assert states(told) == {"active": 7, "banned": 3}
    come_back(told, TEN[:3], *FULL)
    assert (states(told), effects(told)) == ({"active": 10}, {"paused": 18, "held": 6})


@pytest.mark.both_kinds
def test_refusals_while_sending_are_held_as_well(app: App, clock: Clock, office: PostOffice) -> None:
    for name in TEN:
        enrol(app.db, clock.now, name)
        office.moods[name] = "refuse"
    send_news(mailing(app, office.port), "one")
    assert (states(app), effects(app), len(notices(app))) == ({"active": 10}, {"held": 10}, 1)
    with app.db.read() as session:
        assert set(session.exec(select(Bounce.run_id))) == {last_reading(app, "deliver")}


def test_mailboxes_that_nobody_has_confirmed_say_nothing_of_our_mail(told: App, clock: Clock) -> None:
    with told.db.write() as session:
        for reader in session.exec(select(Subscriber)):
            reader.state = SubscriberState.PENDING
    come_back(told, TEN[:8])
    assert (states(told), effects(told)) == ({"pending": 2, "banned": 8}, {"unconfirmed": 8})


def test_a_letter_that_is_refused_is_a_bounce(app: App, clock: Clock, office: PostOffice) -> None:
    office.moods["anna"] = "refuse"
    anna = enrol(app.db, clock.now, "anna")
    with app.db.write() as session:
        who = {"subscriber_id": anna, "recipient": "anna@reader.example", "kind": LetterKind.PREFERENCES}
        session.add(Letter(**who, message_id="<x>", message=b"Subject: x\r\n\r\nx\r\n", made_at=clock.now))
    deliver(mailing(app, office.port))
    assert (states(app), effects(app)) == ({"banned": 1}, {"banned": 1})


# --- a person decides -------------------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_what_is_dropped_is_told_again_and_nobody_was_banned(told: App, clock: Clock, office: PostOffice) -> None:
    come_back(told, TEN[:6])
    assert [(one.state, one.told_again) for one in drop_held(told, None, me(told))] == [(ACTIVE, 1)] * 6
    assert (effects(told), drop_held(told, None, me(told))) == ({"undone": 6}, [])
    next_week(told, clock, "two")
    assert {name: calls_told(told, name) for name in TEN} == {name: ["1", "2"] for name in TEN}
    assert (office.copies[TEN[0]], verify(told).discrepancies) == (2, [])


def test_what_is_applied_is_banned_and_the_next_one_is_judged_afresh(told: App, clock: Clock) -> None:
    come_back(told, TEN[:6])
    assert [one.state for one in apply_held(told, None, me(told))] == [BANNED] * 6
    come_back(told, TEN[6:7])
    assert (states(told), effects(told)) == ({"active": 3, "banned": 7}, {"applied": 6, "banned": 1})


def test_one_reading_can_be_decided_alone(told: App, clock: Clock) -> None:
    come_back(told, TEN[:6])
    clock.forward(hours=1)
    second = come_back(told, TEN[6:8])
    assert len(apply_held(told, second, me(told))) == 2
    assert (states(told), effects(told)) == ({"active": 8, "banned": 2}, {"held": 6, "applied": 2})


def test_who_has_come_back_of_their_own_will_is_not_held(told: App) -> None:
    come_back(told, TEN[:1])
    with told.db.write() as session:
        session.exec(select(Subscriber).where(Subscriber.state == BANNED)).one().state = ACTIVE
    come_back(told, TEN[1:7])
    assert effects(told) == {"undone": 1, "held": 6}


def test_who_left_meanwhile_is_left_alone(told: App) -> None:
    come_back(told, TEN[:6])
    with told.db.write() as session:
        for reader in session.exec(select(Subscriber)):
            reader.state = SubscriberState.LEFT
    assert (apply_held(told, None, me(told)), states(told)) == ([], {"left": 10})


@pytest.mark.both_kinds
def test_a_banned_reader_who_is_let_back_has_missed_nothing(told: App, clock: Clock, office: PostOffice) -> None:
    come_back(told, TEN[:1])  # the mail that told of "one" never arrived
    next_week(told, clock, "two")
    next_week(told, clock, "three")
    assert office.copies[TEN[0]] == 1
    [decided] = let_back(told, [TEN[0] + "@Reader.example"], me(told))
    assert (decided.state, decided.told_again) == (ACTIVE, 1)
    next_week(told, clock, "four")
    assert office.copies[TEN[0]] == 2
    assert calls_told(told, TEN[0]) == calls_told(told, TEN[1]) == ["1", "2", "3", "4"]
    assert verify(told).discrepancies == []


def test_a_mail_that_waited_when_its_mailbox_was_banned_is_told_again(told: App, clock: Clock) -> None:
    clock.forward(days=7)
    add_news(told.db, clock.now, "two", "food")
    make_edition(told, Cadence.WEEKLY)
    path = envelope_sender(told.settings.mail, told.secret, BOUNCE, 1)
    read_bounces(told, [ReturnedMail(report(*GONE, to=("To", path)), lambda: None)])
    deliver(told)
    assert newest_deliveries(told.db)[TEN[0]].state is DeliveryState.SKIPPED
    assert let_back(told, [f"{TEN[0]}@reader.example"], me(told))[0].told_again == 2
    next_week(told, clock, "three")
    assert calls_told(told, TEN[0]) == ["1", "2", "3"]
    assert verify(told).discrepancies == []


def test_what_arrived_is_not_told_twice(told: App, clock: Clock) -> None:
    next_week(told, clock, "two")
    come_back(told, TEN[:1])
    let_back(told, [f"{TEN[0]}@reader.example"], me(told))
    next_week(told, clock, "three")
    assert calls_told(told, TEN[0]) == ["1", "2", "3"]
    with told.db.read() as session:
        told_by = select(DeliveryItem.event_seq, Delivery.edition_id).join(Delivery).where(Delivery.subscriber_id == 1)
        assert sorted(session.exec(told_by)) == [(1, 1), (2, 3), (3, 3)]


def test_who_complained_had_the_mail(told: App, clock: Clock) -> None:
    path = envelope_sender(told.settings.mail, told.secret, BOUNCE, 1)
    read_bounces(told, [ReturnedMail(complaint("abuse", to=("To", path)), lambda: None)])
    assert let_back(told, [f"{TEN[0]}@reader.example"], me(told))[0].told_again == 0


@pytest.mark.both_kinds
def test_a_whole_reading_is_undone_with_its_pauses(told: App, clock: Clock) -> None:
    reading = come_back(told, TEN[:4])
    clock.forward(minutes=15)
    mixed = come_back(told, TEN[4:5])
    come_back(told, TEN[5:8], *FULL)
    paused = last_reading(told)
    assert states(told) == {"active": 5, "banned": 5}
    assert len(undo_reading(told, reading, me(told))) == 4
    assert states(told) == {"active": 9, "banned": 1}
    assert [(one.state, one.told_again) for one in undo_reading(told, paused, me(told))] == [(ACTIVE, 1)] * 3
    with told.db.read() as session:
        assert set(session.exec(select(Subscriber.backed_off_until, Subscriber.soft_bounces))) == {(None, 0)}
    assert len(undo_reading(told, mixed, me(told))) == 1
    next_week(told, clock, "two")
    assert {name: calls_told(told, name) for name in TEN} == {name: ["1", "2"] for name in TEN}
    assert verify(told).discrepancies == []


def test_a_ban_of_another_reading_stays(told: App, clock: Clock) -> None:
    first = come_back(told, TEN[:1], *FULL)
    clock.forward(hours=1)
    come_back(told, TEN[:1])
    assert (undo_reading(told, first, me(told)), states(told)["banned"]) == ([], 1)


def test_a_reading_that_is_none_is_refused(told: App) -> None:
    with refused(NotFound, "no run 99"):
        undo_reading(told, 99, me(told))


def test_several_mailboxes_are_let_back_at_once_and_those_that_are_well_are_left(told: App) -> None:
    come_back(told, TEN[:3])
    every = [f"{name}@reader.example" for name in TEN]
    assert len(let_back(told, every, me(told))) == 3
    with refused(WrongState, "is active; it must be banned"):
        let_back(told, every, me(told))
    with refused(NotFound, "nobody@reader.example"):
        let_back(told, [every[0], "nobody@reader.example"], me(told))


def test_a_held_mailbox_is_let_be_by_its_address(told: App) -> None:
    come_back(told, TEN[:6])
    assert let_back(told, [f"{TEN[0]}@reader.example"], me(told))[0].told_again == 1
    assert effects(told) == {"held": 5, "undone": 1}


def test_who_is_let_back_while_an_edition_is_built_is_told_by_the_next_one(told: App, clock: Clock) -> None:
    come_back(told, TEN[:1])
    next_week(told, clock, "two")
    clock.forward(days=7)
    add_news(told.db, clock.now, "three", "food")
    with told.db.write() as session:
        edition, run_id = plan(session, Cadence.WEEKLY, told.today(), clock.now), a_run(session, clock.now)
    composer = open_composer(told, edition)
    let_back(told, [f"{TEN[0]}@reader.example"], me(told))
    build(told, composer, run_id)
    assert calls_told(told, TEN[0]) == []
    next_week(told, clock, "four")
    assert calls_told(told, TEN[0]) == calls_told(told, TEN[1]) == ["1", "2", "3", "4"]
    assert verify(told).discrepancies == []


def test_what_was_released_while_a_reader_was_banned_is_told_when_they_are_back(told: App, clock: Clock) -> None:
    clock.forward(days=7)
    add_news(told.db, clock.now, "two", "food")
    with told.db.write() as session:
        edition = plan(session, Cadence.WEEKLY, told.today(), clock.now)
        session.add(EditionHold(edition_id=edition.id or 0, subject="source:portal", events=[2], usual=1))
    make_edition(told, Cadence.WEEKLY)
    come_back(told, TEN[:1])
    release_part(told, 1, me(told))
    let_back(told, [f"{TEN[0]}@reader.example"], me(told))
    next_week(told, clock, "three")
    assert calls_told(told, TEN[0]) == calls_told(told, TEN[1]) == ["1", "2", "3"]
    assert verify(told).discrepancies == []
