"""Editions beside the regular ones, signs of life, pauses and holds; each ends in a proof that nothing is amiss."""

import email
import email.policy
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import ValidationError
from sqlmodel import select

from db import editions, feedback, send_queue, subscribers
from db.audit import Signed, by_reader
from db.calls import Call, CallStatus, Deadline
from db.deliveries import Delivery, DeliveryItem, DeliveryReason, DeliveryState
from db.duplicates import Duplicate, DuplicateState, Ground
from db.editions import EditionKind, EditionState, HoldReason, HoldState, WithheldReason
from db.engine import Database
from db.event_log import EventKind
from db.subscribers import Cadence, CallChoice, CallMark, Interest, Subscriber, SubscriptionEvent
from jobs.base.app import App
from jobs.delivery.deliver import Messages, deliver
from jobs.editions.corrections import Wrong, correct
from jobs.editions.holds import drop_part, hold_edition, release_edition, release_part
from jobs.editions.planning import make_edition, make_urgent, make_welcome, plan
from jobs.editions.verify import Withheld, verify
from jobs.readers.preferences import change_cadence, not_for_us_by_link
from tests.jobs.world import (
    MONDAY,
    Clock,
    add_call,
    add_event,
    add_news,
    enrol,
    facts,
    newest_deliveries,
    with_settings,
)
from tests.support.refused import refused
from tracker.errors import InputFaults, Refusal, WrongState

RENDERED, SKIPPED, SENT = DeliveryState.RENDERED, DeliveryState.SKIPPED, DeliveryState.SENT
FRIDAY = date(2026, 6, 19)  # of the first week


def change(db: Database, reader: int, **to: Any) -> None:
    with db.write() as session:
        subscriber = session.get_one(Subscriber, reader)
        for name, value in to.items():
            setattr(subscriber, name, value)
        session.add(subscriber)


def choose(db: Database, now: datetime, reader: int, call_id: int, choice: CallMark) -> None:
    with db.write() as session:
        session.add(CallChoice(subscriber_id=reader, call_id=call_id, choice=choice, at=now))


def told_to(db: Database, reader: int) -> list[tuple[str, int | None, str | None]]:
    """What a reader was told, in order: in which kind of edition, the event, the reminder."""
    query = select(editions.Edition.kind, DeliveryItem.event_seq, DeliveryItem.reminder).join(
        Delivery, Delivery.id == DeliveryItem.delivery_id
    )
    query = query.join(editions.Edition, editions.Edition.id == Delivery.edition_id)
    with db.read() as session:
        found = session.exec(query.where(DeliveryItem.subscriber_id == reader).order_by(DeliveryItem.id))
        return [(kind.value, seq, reminder) for kind, seq, reminder in found]


def mail_to(app: App, name: str) -> EmailMessage:
    """The newest mail to a reader, as it leaves."""
    delivery = newest_deliveries(app.db)[name]
    claimed = next(one for one in _claimed(app) if one.id == delivery.id)
    found = email.message_from_bytes(Messages(app)(claimed), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def _claimed(app: App) -> list[Any]:
    with app.db.read() as session:
        names = send_queue.Claimed._fields
        return [
            send_queue.Claimed(*(getattr(row, name) for name in names))
            for row in session.exec(select(Delivery).where(Delivery.content_id != None))  # noqa: E711
        ]


def text_to(app: App, name: str) -> str:
    body = mail_to(app, name).get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def is_proved(app: App) -> bool:
    found = verify(app)
    assert found.discrepancies == []
    return True


def moved_earlier(app: App, call_id: int, on: date) -> None:
    """The call's deadline comes earlier, from the first of October."""
    with app.db.write() as session:
        call = session.get_one(Call, call_id)
        call.deadlines, call.closes_on = (Deadline(on=on),), on
        session.add(call)
    old = {"deadline": "2026-10-01", "deadlines": ["2026-10-01"]}
    new = {"deadline": on.isoformat(), "deadlines": [on.isoformat()]}
    add_event(app.db, app.clock(), call_id, EventKind.DEADLINE_EARLIER, old, new)


# --- urgent -----------------------------------------------------------------------------------------------------------


def test_an_earlier_deadline_goes_out_at_once_to_those_who_asked_and_is_not_told_again(app: App, clock: Clock) -> None:
    anna, bertta = (enrol(app.db, clock.now, name) for name in ("anna", "bertta"))
    change(app.db, anna, urgent=True)
    call_id = add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=1)
    moved_earlier(app, call_id, date(2026, 9, 1))
    made = make_urgent(app)
    assert made is not None
    assert told_to(app.db, anna)[1:] == [("urgent", 2, None)]
    assert "EARLIER 1 October 2026 → 1 September 2026" in text_to(app, "anna")
    clock.forward(days=6)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna)[2:] == []
    assert told_to(app.db, bertta)[1:] == [("weekly", 2, None)]
    assert is_proved(app)


def test_a_new_call_that_closes_before_the_next_edition_cannot_wait_and_another_can(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, urgent=True)
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=1)
    add_news(app.db, clock.now, "soon", "food", deadlines=(Deadline(on=FRIDAY),))
    add_news(app.db, clock.now, "later", "food")
    make_urgent(app)
    assert told_to(app.db, anna) == [("urgent", 1, None), ("urgent", None, "1:2026-06-19:7")]
    clock.forward(days=6)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna)[2:] == [("weekly", 2, None)]
    assert is_proved(app)


@pytest.mark.both_kinds
def test_without_anything_urgent_nobody_gets_a_delivery_and_nothing_is_settled(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, urgent=True)
    add_news(app.db, clock.now, "later", "food")
    make_urgent(app)
    assert newest_deliveries(app.db) == {}
    assert make_urgent(app) is None  # nothing has happened since
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", 1, None)]


def test_nothing_urgent_is_planned_where_nobody_asked_for_it(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "soon", "food", deadlines=(Deadline(on=FRIDAY),))
    assert make_urgent(app) is None


# --- welcome ----------------------------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_a_new_reader_is_told_what_is_open_and_then_only_news(app: App, clock: Clock) -> None:
    add_call(app.db, clock.now, facts("open"), "food")
    add_call(app.db, clock.now, facts("other"), "circular")
    add_call(app.db, clock.now, facts("over"), "food", status=CallStatus.CLOSED)
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, confirmed_at=clock.now)
    assert make_welcome(app) is not None
    assert told_to(app.db, anna) == [("welcome", None, "open:1")]
    assert mail_to(app, "anna")["Subject"].startswith("Welcome to Kärkivahti: 1 open")
    assert "These calls are open or coming." in text_to(app, "anna")
    assert make_welcome(app) is None
    add_news(app.db, clock.now, "new", "food")
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna)[1:] == [("weekly", 1, None)]
    assert is_proved(app)


def test_what_happened_between_the_confirmation_and_the_welcome_is_settled_by_it(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, confirmed_at=clock.now)
    add_news(app.db, clock.now, "new", "food")
    make_welcome(app)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("welcome", 1, None), ("welcome", None, "open:1")]
    assert is_proved(app)


# --- another cadence, a pause -----------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_who_changes_the_cadence_is_first_told_what_is_due(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna", cadence=Cadence.MONTHLY)
    add_news(app.db, clock.now, "one", "food")
    change_cadence(app, anna, Cadence.WEEKLY, by_reader(app.clock()))
    assert "You changed how often you get this" in text_to(app, "anna")
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("switch", 1, None)]
    assert is_proved(app)


@pytest.mark.both_kinds
def test_two_readers_may_change_in_the_same_second(app: App, clock: Clock) -> None:
    readers = [enrol(app.db, clock.now, name, cadence=Cadence.MONTHLY) for name in ("anna", "bertta")]
    add_news(app.db, clock.now, "one", "food")
    for reader in readers:
        change_cadence(app, reader, Cadence.WEEKLY, by_reader(app.clock()))
    assert [told_to(app.db, reader) for reader in readers] == [[("switch", 1, None)]] * 2


@pytest.mark.both_kinds
def test_a_pause_holds_the_mail_and_not_the_news(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, paused_until=date(2026, 6, 25))
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    paused = newest_deliveries(app.db)["anna"]
    assert (paused.state, paused.reason, told_to(app.db, anna)) == (SKIPPED, DeliveryReason.PAUSED, [])
    clock.forward(days=14)
    add_news(app.db, clock.now, "two", "food")
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", 1, None), ("weekly", 2, None)]
    assert "Your pause is over. This issue covers 8–29 June 2026." in text_to(app, "anna")
    assert is_proved(app)


# --- silence ----------------------------------------------------------------------------------------------------------


def test_after_four_silent_periods_comes_a_sign_of_life_and_then_silence_again(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    found = []
    for _ in range(10):
        make_edition(app, Cadence.WEEKLY)
        found.append(newest_deliveries(app.db)["anna"].state)
        clock.forward(days=7)
    assert found == [SKIPPED] * 4 + [RENDERED] + [SKIPPED] * 4 + [RENDERED]
    assert "The service is running and reading." in text_to(app, "anna")
    assert is_proved(app)


# --- one call, followed or muted --------------------------------------------------------------------------------------


def test_a_followed_call_is_told_to_whoever_follows_it_and_a_muted_one_is_not(app: App, clock: Clock) -> None:
    anna, bertta = enrol(app.db, clock.now, "anna", "circular"), enrol(app.db, clock.now, "bertta", "food")
    call_id = add_news(app.db, clock.now, "one", "food")
    choose(app.db, clock.now, anna, call_id, CallMark.FOLLOW)
    choose(app.db, clock.now, bertta, call_id, CallMark.MUTE)
    make_edition(app, Cadence.WEEKLY)
    assert (told_to(app.db, anna), told_to(app.db, bertta)) == ([("weekly", 1, None)], [])
    assert "you follow this call" in text_to(app, "anna")
    assert is_proved(app)
    assert verify(app).withheld == {Withheld(WithheldReason.MUTED): 1}


def test_a_readers_own_line_finds_calls_that_have_no_spearhead(app: App, clock: Clock) -> None:
    own = [Interest(query='"timber" OR puurakentaminen')]
    anna = enrol(app.db, clock.now, "anna", interests=own)
    add_news(app.db, clock.now, "one", title="Reused timber in buildings")
    add_news(app.db, clock.now, "two", title="Something else entirely")
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", 1, None)]
    assert "timber" in text_to(app, "anna")
    assert is_proved(app)


@pytest.mark.both_kinds
def test_a_call_of_two_sources_is_told_once_with_both_links(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    first = add_news(app.db, clock.now, "one", "food")
    second = add_call(
        app.db, clock.now, facts("two", source="eura", title="Ruokahaku", url="https://eura.example/2"), "food"
    )
    with app.db.write() as session:
        pair = {"first_id": first, "second_id": second, "ground": Ground.LINK, "state": DuplicateState.JOINED}
        session.add(Duplicate(**pair, found_at=clock.now))
    make_edition(app, Cadence.WEEKLY)
    text = text_to(app, "anna")
    assert ("Food call one" in text, "Ruokahaku" in text) == (True, False)
    assert "https://example.org/one" in text
    assert "https://eura.example/2" in text
    assert told_to(app.db, anna) == [("weekly", 1, None)]
    assert is_proved(app)


# --- floods -----------------------------------------------------------------------------------------------------------


def flooded(app: App, clock: Clock) -> App:
    """Three quiet weeks, and then a source that tells of six calls at once, beside one of another source."""
    strict = with_settings(app, editions={"flood_least": 5, "flood_times": 2.0})
    for week in range(3):
        add_news(app.db, clock.now, f"week{week}", "food")
        make_edition(strict, Cadence.WEEKLY)
        clock.forward(days=7)
    for number in range(6):
        add_news(app.db, clock.now, f"flood{number}", "food", source="eura")
    add_news(app.db, clock.now, "usual", "food")
    return strict


def test_a_sources_flood_is_held_back_and_the_rest_leaves_on_time(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    strict = flooded(app, clock)
    edition, _ = make_edition(strict, Cadence.WEEKLY)
    with app.db.read() as session:
        [hold] = editions.holds_of(session, edition.id or 0)
    assert (hold.subject, hold.events, hold.state) == ("source:eura", [4, 5, 6, 7, 8, 9], HoldState.HELD)
    assert [seq for _, seq, _ in told_to(app.db, anna)] == [1, 2, 3, 10]
    assert edition.state is EditionState.BUILT
    assert is_proved(strict)


@pytest.mark.both_kinds
def test_what_was_held_back_and_is_released_is_told_once_to_those_who_missed_it(app: App, clock: Clock) -> None:
    anna, _ = enrol(app.db, clock.now, "anna"), enrol(app.db, clock.now, "bertta", "circular")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    edition, counts = release_part(strict, 1, Signed("admin", "a new programme opened", strict.clock()))
    assert (edition.kind, counts) == (EditionKind.RELEASE, {RENDERED: 1})
    assert [seq for kind, seq, _ in told_to(app.db, anna) if kind == "release"] == [4, 5, 6, 7, 8, 9]
    clock.forward(days=7)
    make_edition(strict, Cadence.WEEKLY)
    assert len(told_to(app.db, anna)) == 10
    assert is_proved(strict)
    with refused(Refusal, "already released by admin"):
        release_part(strict, 1, Signed("admin", "again", strict.clock()))


def test_nothing_is_released_while_an_edition_is_being_built(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    with app.db.write() as session:
        plan(session, Cadence.DAILY, app.today(), clock.now)
    with refused(Refusal, "is being built"):
        release_part(strict, 1, Signed("admin", "it was a busy week", strict.clock()))


def test_what_was_held_back_and_is_dropped_is_told_to_nobody_and_counted_as_such(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    drop_part(strict, 1, Signed("admin", "the source repeated last year's calls", strict.clock()))
    assert is_proved(strict)
    assert verify(strict).withheld == {Withheld(WithheldReason.HELD, HoldState.DROPPED): 6}


def test_an_edition_whose_rest_is_a_flood_too_is_held_whole(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    strict = with_settings(app, editions={"flood_least": 5, "flood_times": 2.0})
    for week in range(3):
        for source in ("portal", "eura", "oph"):
            add_news(app.db, clock.now, f"{source}{week}", "food", source=source)
        make_edition(strict, Cadence.WEEKLY)
        clock.forward(days=7)
    for number in range(5):
        for source in ("portal", "eura", "oph"):
            add_news(app.db, clock.now, f"more-{source}{number}", "food", source=source)
    edition, _ = make_edition(strict, Cadence.WEEKLY)
    why = (edition.held_for, edition.held_detail)
    assert (edition.state, why) == (EditionState.HELD, (HoldReason.FLOOD, "15 events, usually 3"))
    release_edition(strict, edition.id or 0, Signed("admin", "it was a busy week", strict.clock()))
    with app.db.read() as session:
        assert session.get_one(editions.Edition, edition.id).state is EditionState.BUILT


def test_an_edition_can_be_held_by_hand_and_only_a_built_one(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    edition, _ = make_edition(app, Cadence.WEEKLY)
    hold_edition(app, edition.id or 0, Signed("admin", "wait for the press release", app.clock()))
    with refused(WrongState, "is held; it must be built"):
        hold_edition(app, edition.id or 0, Signed("admin", "again", app.clock()))


# --- corrections ------------------------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_a_correction_goes_to_exactly_those_who_were_told_under_the_mail_that_told_them(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    enrol(app.db, clock.now, "bertta", "circular")
    call_id = add_news(app.db, clock.now, "one", "food")
    add_news(app.db, clock.now, "two", "circular")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    first = newest_deliveries(app.db)["anna"].message_id
    clock.forward(days=1)
    wrong = Wrong(call_id, "deadlines", "1.10.2026", "15.9.2026", MONDAY.date(), MONDAY.date())
    edition, counts = correct(app, wrong, Signed("admin", "misread by our parser", app.clock()))
    assert (edition.kind, counts) == (EditionKind.CORRECTION, {RENDERED: 1})
    mail = mail_to(app, "anna")
    assert (mail["In-Reply-To"], mail["References"]) == (first, first)
    assert "we wrongly told you that the deadline was 1 October 2026. The deadline is 15 September 2026." in text_to(
        app, "anna"
    )
    assert newest_deliveries(app.db)["bertta"].edition_id != edition.id
    assert is_proved(app)


def test_a_correction_of_what_nobody_was_told_is_refused(app: App, clock: Clock) -> None:
    call_id = add_news(app.db, clock.now, "one", "food")
    days = (MONDAY.date(), MONDAY.date())
    with refused(Refusal, "no mail sent from"):
        correct(app, Wrong(call_id, "deadlines", "a", "b", *days), Signed("admin", "why", app.clock()))
    with refused(InputFaults, r"mails show no fact deadline; they show .*deadlines"):
        correct(app, Wrong(call_id, "deadline", "a", "b", *days), Signed("admin", "why", app.clock()))


# --- proof ------------------------------------------------------------------------------------------------------------


def built(app: App, clock: Clock) -> int:
    """One reader, told one event."""
    anna = enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    assert is_proved(app)
    return anna


@pytest.mark.parametrize("lacks", ["since", "muted", "followed", "lead_days", "events", "reminders", "calls"])
def test_what_an_older_version_wrote_down_less_of_is_proved_all_the_same(app: App, clock: Clock, lacks: str) -> None:
    built(app, clock)
    stored_otherwise(app, lambda segment: {name: value for name, value in segment.items() if name != lacks})
    assert is_proved(app)
    assert verify(app).told == 1


def test_wishes_of_an_older_version_lack_what_it_did_not_know(app: App, clock: Clock) -> None:
    built(app, clock)
    stored_otherwise(
        app,
        lambda segment: (
            segment | {"interest_queries": [{"spearheads": one["spearheads"]} for one in segment["interest_queries"]]}
        ),
    )
    assert is_proved(app)
    with app.db.write() as session:
        session.delete(session.exec(select(DeliveryItem)).one())
    assert "lost" in {one.what for one in verify(app).discrepancies}


def test_a_stored_cadence_that_nobody_knows_is_named(app: App, clock: Clock) -> None:
    built(app, clock)
    stored_otherwise(app, lambda segment: segment | {"cadence": "fortnightly"})
    with pytest.raises(ValidationError, match="fortnightly"):
        verify(app)


def stored_otherwise(app: App, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """The shapes that the ledger holds, as another version would have written them."""
    with app.db.write() as session:
        for row in session.exec(select(editions.EditionSegment)):
            row.segment = change(row.segment)
            session.add(row)


@pytest.mark.both_kinds
def test_a_lost_event_is_found(app: App, clock: Clock) -> None:
    built(app, clock)
    with app.db.write() as session:
        session.delete(session.exec(select(DeliveryItem)).one())
    assert {one.what for one in verify(app).discrepancies} == {"lost", "told_otherwise"}


@pytest.mark.both_kinds
def test_one_event_told_in_place_of_another_is_found(app: App, clock: Clock) -> None:
    built(app, clock)
    add_news(app.db, clock.now, "two", "circular")
    with app.db.write() as session:
        item = session.exec(select(DeliveryItem)).one()
        item.event_seq = 2
        session.add(item)
    assert {one.what for one in verify(app).discrepancies} == {"lost", "told_otherwise"}


@pytest.mark.both_kinds
def test_a_cursor_that_leapt_is_found_and_one_that_began_anew_is_not(app: App, clock: Clock) -> None:
    anna = built(app, clock)
    add_news(app.db, clock.now, "two", "food")
    with app.db.write() as session:
        subscribers.move_cursors(session, [anna], 2)
    assert [one.what for one in verify(app).discrepancies] == ["leapt_over"]
    clock.forward(days=7)
    make_edition(app, Cadence.WEEKLY)
    assert [(one.what, one.seq) for one in verify(app).discrepancies] == [("leapt_over", 2)]
    with app.db.write() as session:
        at = clock.now - timedelta(days=1)
        session.add(
            subscribers.SubscriberChange(subscriber_id=anna, at=at, what=SubscriptionEvent.UNBANNED, by="admin")
        )
    assert is_proved(app)


def test_a_call_that_was_tagged_only_later_was_not_lost(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    call_id = add_news(app.db, clock.now, "one")
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=1)
    add_call(app.db, clock.now, facts("one"), "food")
    assert call_id
    assert is_proved(app)


@pytest.mark.both_kinds
def test_a_delivery_that_ended_for_no_reason_is_found(app: App, clock: Clock) -> None:
    built(app, clock)
    with app.db.write() as session:
        one = session.exec(select(Delivery)).one()
        one.state = DeliveryState.REFUSED
        session.add(one)
    assert [one.what for one in verify(app).discrepancies] == ["no_reason"]


def test_a_call_that_is_not_for_a_reader_is_muted_and_counts_against_what_told_it(app: App, clock: Clock) -> None:
    anna = built(app, clock)
    html = mail_to(app, "anna").get_body(("html",))
    assert html is not None
    [token] = re.findall(r"/not-for-us/([^/]+)/1\"", str(html.get_content()))
    not_for_us_by_link(app, token, 1, "we grow nothing")
    with app.db.read() as session:
        assert feedback.all_feedback(session) == [(1, "food")]
    add_event(app.db, clock.now, 1, EventKind.BUDGET, {"budget_total": 1}, {"budget_total": 2_000_000})
    clock.forward(days=7)
    make_edition(app, Cadence.WEEKLY)
    assert [seq for _, seq, _ in told_to(app.db, anna)] == [1]
    assert is_proved(app)
