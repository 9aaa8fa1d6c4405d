"""Editions: who is told what, once, whatever is interrupted, missed or asked for again."""

import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from db import editions, event_log, subscribers
from db.deliveries import Delivery, DeliveryItem, DeliveryReason, DeliveryState
from db.editions import Edition, EditionKind, EditionState, MailContent
from db.engine import Database
from db.event_log import EventKind
from db.runs import Run, Verdict
from db.subscribers import Cadence, CallMark, Interest, Language, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.build import build_batch
from jobs.editions.composer import Composer
from jobs.editions.dry_run import dry_run
from jobs.editions.planning import make_edition, make_urgent, plan
from tests.jobs.world import (
    MONDAY,
    Clock,
    add_call,
    add_event,
    add_news,
    enrol,
    facts,
    newest_deliveries,
    states,
)
from tests.support.refused import refused
from tracker.errors import Refusal

RENDERED, SKIPPED = DeliveryState.RENDERED, DeliveryState.SKIPPED
DAY_OF_NOTICE = datetime(2026, 9, 3, 4, tzinfo=UTC)  # 28 days before the usual deadline of a call here


def ledger(db: Database) -> dict[str, list[dict[str, Any]]]:
    """Everything that an edition can change, whole."""
    tables = (Edition, Delivery, DeliveryItem, MailContent, Interest)
    with db.read() as session:
        return {
            table.__name__: [row.model_dump() for row in session.exec(select(table).order_by("id"))] for table in tables
        }


def told(db: Database) -> list[tuple[str, int | None, str | None]]:
    """What was told, in order: the reader's name, the event, the reminder's lead time."""
    query = select(DeliveryItem, Subscriber).join(Subscriber).order_by(col(DeliveryItem.id))
    with db.read() as session:
        return [
            (reader.address.partition("@")[0], item.event_seq, item.reminder and item.reminder.rpartition(":")[2])
            for item, reader in session.exec(query)
        ]


def mail_of(db: Database, name: str) -> str:
    """The frozen mail of a reader's newest delivery, its text part."""
    content_id = newest_deliveries(db)[name].content_id
    assert content_id is not None
    with db.read() as session:
        template = editions.template_of(session, content_id)
    text = email.message_from_bytes(template, policy=email.policy.default).get_body(("plain",))
    assert text is not None
    return str(text.get_content())


@pytest.mark.both_kinds
def test_a_new_call_is_told_to_those_whose_it_is_and_the_others_are_skipped_with_a_reason(
    app: App, clock: Clock
) -> None:
    enrol(app.db, clock.now, "anna", "food")
    enrol(app.db, clock.now, "bertta", "circular")
    add_news(app.db, clock.now, "one", "food")
    edition, counts = make_edition(app, Cadence.WEEKLY)
    found = newest_deliveries(app.db)
    assert (edition.period, edition.state, counts) == ("2026-W25", EditionState.BUILT, {RENDERED: 1, SKIPPED: 1})
    assert (found["anna"].state, found["bertta"].state) == (RENDERED, SKIPPED)
    assert found["bertta"].reason is DeliveryReason.NOTHING_TO_SAY


@pytest.mark.parametrize(
    ("cadence", "period"), [(Cadence.DAILY, "2026-06-15"), (Cadence.WEEKLY, "2026-W25"), (Cadence.MONTHLY, "2026-06")]
)
def test_an_edition_goes_to_the_readers_of_its_cadence_and_is_known_by_its_period(
    app: App, clock: Clock, cadence: Cadence, period: str
) -> None:
    for one in Cadence:
        enrol(app.db, clock.now, one.value, cadence=one)
    add_news(app.db, clock.now, "one", "food")
    edition, _ = make_edition(app, cadence)
    assert (edition.period, list(newest_deliveries(app.db))) == (period, [cadence.value])


def test_the_period_is_the_regions_day_and_not_the_servers(app: App, clock: Clock) -> None:
    clock.now = datetime(2026, 6, 14, 21, 30, tzinfo=UTC)  # half past midnight on Monday in Finland
    assert make_edition(app, Cadence.DAILY)[0].period == "2026-06-15"


def test_a_call_of_two_interests_is_told_once_with_both_reasons(app: App, clock: Clock) -> None:
    both = [Interest(spearheads=("food",)), Interest(spearheads=("circular",))]
    enrol(app.db, clock.now, "anna", interests=both)
    add_news(app.db, clock.now, "one", "food", "circular")
    make_edition(app, Cadence.WEEKLY)
    assert told(app.db) == [("anna", 1, None)]
    text = mail_of(app.db, "anna")
    assert text.count("Food call one") == 1
    assert "Ruoka" in text
    assert "Kiertotalous" in text


@pytest.mark.both_kinds
def test_readers_of_other_segments_who_are_told_the_same_share_one_frozen_mail(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    bertta = enrol(app.db, clock.now, "bertta")
    add_news(app.db, clock.now, "one", "food")
    other = add_news(app.db, clock.now, "two", "circular")
    with app.db.write() as session:
        subscribers.choose(session, bertta, other, CallMark.MUTE, clock.now)
    make_edition(app, Cadence.WEEKLY)
    found = newest_deliveries(app.db)
    assert found["anna"].content_id == found["bertta"].content_id
    assert found["anna"].segment_id != found["bertta"].segment_id


def test_all_events_of_a_call_are_settled_by_the_one_place_where_it_is_told(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    call_id = add_news(app.db, clock.now, "one", "food")
    add_event(app.db, clock.now, call_id, EventKind.RETITLED, {"title": "A"}, {"title": "Food call one"})
    make_edition(app, Cadence.WEEKLY)
    assert told(app.db) == [("anna", 1, None), ("anna", 2, None)]


def test_cursors_move_to_the_editions_end_also_for_those_with_nothing_to_read(app: App, clock: Clock) -> None:
    ids = [enrol(app.db, clock.now, "anna", "food"), enrol(app.db, clock.now, "bertta", "circular")]
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    with app.db.read() as session:
        interests = subscribers.interests_of(session, ids)
    assert [interests[one][0].cursor for one in ids] == [1, 1]


def test_the_same_period_again_changes_nothing(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    before = ledger(app.db)
    add_news(app.db, clock.now, "two", "food")
    clock.forward(hours=30)
    make_edition(app, Cadence.WEEKLY)
    assert ledger(app.db) == before


def test_what_happens_after_an_edition_waits_for_the_next_and_is_told_there_once(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    add_news(app.db, clock.now, "two", "food")
    for _ in range(2):
        clock.forward(days=7)
        make_edition(app, Cadence.WEEKLY)
    assert told(app.db) == [("anna", 1, None), ("anna", 2, None)]
    assert newest_deliveries(app.db)["anna"].state is SKIPPED


@pytest.mark.both_kinds
def test_a_build_that_was_interrupted_goes_on_without_doubling(app: App, clock: Clock) -> None:
    for name in ("anna", "bertta"):
        enrol(app.db, clock.now, name)
    add_news(app.db, clock.now, "one", "food")
    with app.db.write() as session:
        edition = plan(session, Cadence.WEEKLY, app.today(), clock.now)
    with app.db.write() as session:
        build_batch(session, Composer(session, app, edition), 0)  # and here the process dies
    halfway = ledger(app.db)
    enrol(app.db, clock.now, "cecilia")
    _, counts = make_edition(app, Cadence.WEEKLY)
    after = ledger(app.db)
    assert counts == {RENDERED: 3}
    assert after["Delivery"][:2] == halfway["Delivery"]
    assert after["MailContent"] == halfway["MailContent"]
    assert told(app.db) == [("anna", 1, None), ("bertta", 1, None), ("cecilia", 1, None)]


def test_a_build_that_is_told_to_stop_ends_before_its_next_readers_and_is_finished_later(
    app: App, clock: Clock
) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    app.stop.set()
    with pytest.raises(InterruptedError):
        make_edition(app, Cadence.WEEKLY)
    with app.db.read() as session:
        verdicts = session.exec(select(Run.verdict).where(Run.job == "edition")).all()
    assert (verdicts, told(app.db)) == ([Verdict.INTERRUPTED], [])
    app.stop.clear()
    clock.forward(hours=1)
    make_urgent(app)  # whatever is made next finishes it
    assert told(app.db) == [("anna", 1, None)]


def tell_twice(app: App, edition: Edition, reader: int) -> None:
    """Build a batch and, in its transaction, tell its first event once more."""
    with app.db.write() as session:
        build_batch(session, Composer(session, app, edition), 0)
        item = {"delivery_id": 1, "subscriber_id": reader, "call_id": 1, "event_seq": 1, "reminder": None}
        session.add(DeliveryItem(**item, section="new"))
        session.flush()


@pytest.mark.both_kinds
def test_two_who_make_one_edition_at_once_make_it_once_and_both_get_it(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    together = Barrier(3)

    def make(_: int) -> tuple[int | None, dict[DeliveryState, int]]:
        together.wait()
        edition, counts = make_edition(app, Cadence.WEEKLY)
        return edition.id, counts

    with ThreadPoolExecutor(3) as makers:
        assert list(makers.map(make, range(3))) == [(1, {RENDERED: 1})] * 3


@pytest.mark.both_kinds
def test_a_batch_that_fails_leaves_neither_deliveries_nor_moved_cursors(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    with app.db.write() as session:
        edition = plan(session, Cadence.WEEKLY, app.today(), clock.now)
    before = ledger(app.db)
    with pytest.raises(IntegrityError):
        tell_twice(app, edition, anna)
    assert ledger(app.db) == before


def test_a_reader_who_came_after_an_edition_was_planned_is_told_nothing_older(app: App, clock: Clock) -> None:
    with app.db.write() as session:
        plan(session, Cadence.WEEKLY, app.today(), clock.now)
    add_news(app.db, clock.now, "one", "food")
    with app.db.read() as session:
        start = event_log.last_seq(session)
    enrol(app.db, clock.now, "anna", interests=[Interest(spearheads=("food",), cursor=start)])
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=7)
    make_edition(app, Cadence.WEEKLY)
    assert told(app.db) == []


def test_missed_periods_become_one_edition_that_says_what_it_covers(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    first, _ = make_edition(app, Cadence.WEEKLY)
    add_news(app.db, clock.now, "one", "food")
    clock.forward(days=21)
    late, _ = make_edition(app, Cadence.WEEKLY)
    assert (first.catch_up, late.catch_up) == (False, True)
    assert (late.period, late.from_on, late.to_on) == ("2026-W28", first.on, first.on + timedelta(days=21))
    assert told(app.db) == [("anna", 1, None)]
    with app.db.read() as session:
        assert [one.period for one in session.exec(select(Edition).order_by(col(Edition.id)))] == [
            "2026-W25",
            "2026-W28",
        ]


def test_the_edition_after_the_one_before_is_no_catch_up(app: App, clock: Clock) -> None:
    clock.now = datetime(2026, 12, 28, 5, tzinfo=UTC)  # week 53 is followed by week 1
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=7)
    edition, _ = make_edition(app, Cadence.WEEKLY)
    assert (edition.period, edition.catch_up) == ("2027-W01", False)


@pytest.mark.parametrize(
    ("period", "fault"),
    [
        ("2026-W26", "has not begun"),
        ("2026-W24", "2026-W25 is newer"),
        ("2026-26", "write it like 2026-W48"),
        ("2026-W54", "not in the calendar"),
    ],
)
def test_a_period_that_cannot_be_made_is_refused_and_nothing_is_planned(app: App, period: str, fault: str) -> None:
    make_edition(app, Cadence.WEEKLY)
    with refused(Refusal, fault):
        make_edition(app, Cadence.WEEKLY, period)
    assert [one["period"] for one in ledger(app.db)["Edition"]] == ["2026-W25"]


@pytest.mark.both_kinds
def test_closing_reminders_come_once_at_each_lead_time(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", cadence=Cadence.DAILY)
    add_call(app.db, clock.now, facts("one"), "food")
    reminded = {}
    for day in (2, 3, 4, 23, 24, 25):
        clock.now = datetime(2026, 9, day, 4, tzinfo=UTC)
        before = len(told(app.db))
        make_edition(app, Cadence.DAILY)
        reminded[day] = told(app.db)[before:]
    assert {day: what for day, what in reminded.items() if what} == {
        3: [("anna", None, "28")],
        24: [("anna", None, "7")],
    }


def test_a_reminder_whose_day_was_missed_comes_with_the_next_edition(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", cadence=Cadence.DAILY)
    add_call(app.db, clock.now, facts("one"), "food")
    clock.now = DAY_OF_NOTICE + timedelta(days=3)
    make_edition(app, Cadence.DAILY)
    assert told(app.db) == [("anna", None, "28")]


def test_a_new_call_that_closes_soon_is_told_once_with_its_reminder(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", cadence=Cadence.DAILY)
    clock.now = DAY_OF_NOTICE
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.DAILY)
    clock.forward(days=1)
    make_edition(app, Cadence.DAILY)
    assert told(app.db) == [("anna", 1, None), ("anna", None, "28")]


@pytest.mark.both_kinds
def test_the_database_refuses_to_tell_an_event_to_a_reader_twice(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    delivery = newest_deliveries(app.db)["anna"].id
    again = {"delivery_id": delivery, "subscriber_id": anna, "call_id": 1, "event_seq": 1, "reminder": None}
    with pytest.raises(IntegrityError), app.db.write() as session:
        session.add(DeliveryItem(**again, section="new"))


def test_a_reader_who_changes_cadence_is_neither_told_twice_nor_loses_anything(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna", cadence=Cadence.DAILY)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.DAILY)
    add_news(app.db, clock.now, "two", "food")
    with app.db.write() as session:
        session.get_one(Subscriber, anna).cadence = Cadence.WEEKLY
    make_edition(app, Cadence.WEEKLY)
    assert told(app.db) == [("anna", 1, None), ("anna", 2, None)]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (SubscriberState.PENDING, None),
        (SubscriberState.LEFT, None),
        (SubscriberState.ERASED, None),
        (SubscriberState.BANNED, DeliveryReason.BOUNCED),  # it wants mail: why it gets none is kept
    ],
)
def test_who_is_no_active_reader_gets_no_mail(
    app: App, clock: Clock, state: SubscriberState, reason: str | None
) -> None:
    anna = enrol(app.db, clock.now, "anna")
    with app.db.write() as session:
        session.get_one(Subscriber, anna).state = state
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    assert [(one.state, one.reason) for one in newest_deliveries(app.db).values()] == [(SKIPPED, reason)] * bool(reason)
    assert told(app.db) == []


# SQLite alone: on PostgreSQL the rehearsal uses up the numbers that the real run would have had
def test_a_dry_run_writes_the_very_bytes_of_the_real_run(app: App, clock: Clock, tmp_path: Path) -> None:
    enrol(app.db, clock.now, "anna", language=Language.FI)
    enrol(app.db, clock.now, "bertta", "circular", language=Language.SV)
    add_news(app.db, clock.now, "one", "food", "circular")
    dry = dry_run(app, EditionKind.WEEKLY, None, tmp_path / "dry")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    real = {file.read_bytes() for file in (tmp_path / "data" / "outbox").glob("*.eml")}
    assert {mail.path.read_bytes() for mail in dry} == real
    assert [mail.recipient for mail in dry] == ["anna@reader.example", "bertta@reader.example"]


@pytest.mark.both_kinds
def test_a_dry_run_changes_nothing(app: App, clock: Clock, tmp_path: Path) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    before = ledger(app.db)
    [mail] = dry_run(app, EditionKind.WEEKLY, None, tmp_path / "dry")
    assert ledger(app.db) == before
    assert mail.path.with_suffix(".html").read_text(encoding="utf-8").startswith("<!")


def test_readers_of_the_same_shape_share_one_content_and_others_do_not(app: App, clock: Clock) -> None:
    for name in ("anna", "bertta"):
        enrol(app.db, clock.now, name, "food")
    enrol(app.db, clock.now, "cecilia", "food", "circular")
    enrol(app.db, clock.now, "disa", "food", language=Language.FI)
    add_news(app.db, clock.now, "one", "food", "circular")
    make_edition(app, Cadence.WEEKLY)
    contents = [newest_deliveries(app.db)[name].content_id for name in ("anna", "bertta", "cecilia", "disa")]
    assert contents[0] == contents[1]
    assert len(set(contents)) == len(ledger(app.db)["MailContent"]) == 3


def test_readers_of_the_same_shape_who_were_told_differently_get_different_mails(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna", cadence=Cadence.DAILY)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.DAILY)
    with app.db.write() as session:
        session.get_one(Subscriber, anna).cadence = Cadence.WEEKLY
    enrol(app.db, clock.now, "bertta")
    add_news(app.db, clock.now, "two", "food")
    make_edition(app, Cadence.WEEKLY)
    assert ("Food call one" in mail_of(app.db, "anna"), "Food call one" in mail_of(app.db, "bertta")) == (False, True)


def test_making_an_edition_is_a_run_with_its_counts(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    with app.db.read() as session:
        run = session.exec(select(Run).where(Run.job == "edition")).one()
    assert (run.subject, run.verdict) == ("weekly", Verdict.DONE)
    assert run.counts == {"edition": 1, "period": "2026-W25", "rendered": 1}
    assert run.started_at == MONDAY


def test_an_edition_without_any_reader_is_built_and_empty(app: App) -> None:
    edition, counts = make_edition(app, Cadence.WEEKLY)
    assert (edition.state, counts, states(app.db)) == (EditionState.BUILT, {}, {})
