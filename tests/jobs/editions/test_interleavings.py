"""What crosses what: holds and other cadences, pauses and releases, joins and reminders, a death before the build.

Each ends in a proof that nothing is amiss.
"""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from db import audiences, deliveries, editions
from db.audit import Signed
from db.calls import Call, CallVersion, Deadline
from db.deliveries import Delivery, DeliveryReason, DeliveryState
from db.duplicates import Duplicate, DuplicateState, Ground
from db.editions import CorrectionAbout, Edition, EditionKind, EditionState, HoldState, ReleaseAbout, WithheldReason
from db.event_log import last_seq
from db.subscribers import Cadence, Interest, SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.build import build_batch
from jobs.editions.corrections import Wrong, correct
from jobs.editions.holds import drop_part, release_part
from jobs.editions.planning import make_edition, make_urgent, make_welcome, open_composer, plan, plan_beside
from jobs.editions.verify import Withheld, verify
from jobs.running.retention import RETENTION
from tests.jobs.editions.test_beside import built, change, flooded, is_proved, mail_to, moved_earlier, text_to, told_to
from tests.jobs.world import (
    Clock,
    a_run,
    add_call,
    add_event,
    add_news,
    enrol,
    facts,
    newest_deliveries,
    with_settings,
)

FLOOD = [4, 5, 6, 7, 8, 9]  # of flooded()


def released(app: App, reader: int) -> list[int | None]:
    """The events that a reader was told by a release."""
    return [seq for kind, seq, _ in told_to(app.db, reader) if kind == "release"]


def told(app: App, reader: int) -> list[int]:
    """The events that a reader was told."""
    return [seq for _, seq, _ in told_to(app.db, reader) if seq is not None]


# --- holds, and who was passed over by them ---------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_what_one_cadence_held_back_is_released_to_the_readers_of_another_that_passed_it(
    app: App, clock: Clock
) -> None:
    daily = enrol(app.db, clock.now, "daily", cadence=Cadence.DAILY)
    enrol(app.db, clock.now, "weekly")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    make_edition(strict, Cadence.DAILY)
    assert told(app, daily) == [1, 2, 3, 10]
    with app.db.read() as session:
        assert len(editions.list_holds(session)) == 1  # one word of an admin's is enough for both
    release_part(strict, 1, Signed("admin", "a new programme opened", strict.clock()))
    assert released(app, daily) == FLOOD
    assert is_proved(strict)


def test_what_was_dropped_is_told_by_no_other_cadence_either(app: App, clock: Clock) -> None:
    daily = enrol(app.db, clock.now, "daily", cadence=Cadence.DAILY)
    enrol(app.db, clock.now, "weekly")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    drop_part(strict, 1, Signed("admin", "last year's calls again", strict.clock()))
    make_edition(strict, Cadence.DAILY)
    assert told(app, daily) == [1, 2, 3, 10]
    assert verify(strict).withheld[Withheld(WithheldReason.DROPPED)] == 6
    assert is_proved(strict)


def test_what_is_released_during_a_pause_is_told_when_it_ends(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    change(app.db, anna, paused_until=clock.now.date() + timedelta(days=3))
    release_part(strict, 1, Signed("admin", "a new programme opened", strict.clock()))
    assert released(app, anna) == []
    clock.forward(days=7)
    make_edition(strict, Cadence.WEEKLY)
    assert sorted(told(app, anna)) == list(range(1, 11))
    assert is_proved(strict)


def test_what_is_released_after_one_left_is_told_to_who_comes_back(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    change(app.db, anna, state=SubscriberState.LEFT)
    release_part(strict, 1, Signed("admin", "a new programme opened", strict.clock()))
    change(app.db, anna, state=SubscriberState.ACTIVE)
    clock.forward(days=7)
    make_edition(strict, Cadence.WEEKLY)
    assert sorted(told(app, anna)) == list(range(1, 11))
    assert is_proved(strict)


def test_what_an_urgent_edition_held_and_was_released_is_urgent_still(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, urgent=True)
    strict = with_settings(app, editions={"flood_least": 2, "flood_times": 2.0})
    for number in range(4):
        add_news(app.db, clock.now, f"quiet{number}", "circular")
        make_urgent(strict)
        clock.forward(hours=1)
    soon = Deadline(on=clock.now.date() + timedelta(days=2))
    for number in range(6):
        add_news(app.db, clock.now, f"soon{number}", "food", deadlines=(soon,))
    make_urgent(strict)
    assert told(app, anna) == []
    release_part(strict, 1, Signed("admin", "a new programme opened", strict.clock()))
    make_urgent(strict)
    assert sorted(told(app, anna)) == [5, 6, 7, 8, 9, 10]
    assert is_proved(strict)


# --- a death between plan and build -----------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_a_release_whose_build_never_began_is_finished_by_the_next_edition_of_any_kind(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    with app.db.write() as session:
        hold = session.get_one(editions.EditionHold, 1)
        hold.state = HoldState.RELEASED
        about = ReleaseAbout(edition=hold.edition_id, hold=1, events=tuple(hold.events))
        plan_beside(session, strict, EditionKind.RELEASE, about)
    make_welcome(strict)
    assert released(app, anna) == []  # it may be somebody's at this moment
    clock.forward(days=2)
    assert [one.what for one in verify(strict).discrepancies] == ["unfinished"]
    make_welcome(strict)
    assert released(app, anna) == FLOOD
    with app.db.read() as session:
        edition = editions.newest_edition(session, EditionKind.RELEASE)
    assert edition is not None
    assert (edition.state, edition.on) == (EditionState.BUILT, clock.now.date())
    assert is_proved(strict)


@pytest.mark.both_kinds
def test_what_an_interrupted_edition_left_is_told_by_the_next_which_says_what_it_covers(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=7)
    add_news(app.db, clock.now, "one", "food")
    with app.db.write() as session:
        dead = plan(session, Cadence.WEEKLY, app.today(), clock.now)
    clock.forward(days=7)
    edition, _ = make_edition(app, Cadence.WEEKLY)
    assert (edition.from_on, edition.catch_up) == (dead.from_on, True)
    assert told(app, anna) == [1]
    with app.db.read() as session:
        assert session.get_one(Edition, dead.id).state is EditionState.BUILT
    assert is_proved(app)


def test_a_weekly_edition_whose_build_was_killed_is_finished_at_the_next_tick_and_not_a_week_later(
    app: App, clock: Clock
) -> None:
    anna = enrol(app.db, clock.now, "anna")
    add_news(app.db, clock.now, "one", "food")
    with app.db.write() as session:
        plan(session, Cadence.WEEKLY, app.today(), clock.now)  # and here the process dies
    make_urgent(app)
    assert told(app, anna) == []  # another process may be building it
    clock.forward(minutes=16)
    make_urgent(app)
    assert told(app, anna) == [1]
    assert is_proved(app)


def test_an_edition_that_is_finished_on_a_later_day_counts_the_days_from_then(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    add_news(
        app.db, clock.now, "one", "food", deadlines=(Deadline(on=date(2026, 6, 16)), Deadline(on=date(2026, 9, 1)))
    )
    with app.db.write() as session:
        plan(session, Cadence.WEEKLY, app.today(), clock.now)
    clock.forward(days=3)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", 1, None)]  # and no reminder of the day that has passed


@pytest.mark.both_kinds
def test_who_comes_back_while_an_edition_is_being_built_loses_nothing(app: App, clock: Clock) -> None:
    anna, bertta = enrol(app.db, clock.now, "anna"), enrol(app.db, clock.now, "bertta")
    change(app.db, bertta, state=SubscriberState.LEFT)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=7)
    add_news(app.db, clock.now, "two", "food")
    with app.db.write() as session:
        edition = plan(session, Cadence.WEEKLY, app.today(), clock.now)
    composer = open_composer(app, edition)
    change(app.db, bertta, state=SubscriberState.ACTIVE)
    with app.db.write() as session:
        build_batch(session, composer, 0)
    make_edition(app, Cadence.WEEKLY)
    assert (told(app, anna), told(app, bertta)) == ([1, 2], [1, 2])
    assert is_proved(app)


def test_who_confirms_after_an_edition_was_planned_is_no_false_alarm(app: App, clock: Clock) -> None:
    with app.db.write() as session:
        plan(session, Cadence.WEEKLY, app.today(), clock.now)
    add_news(app.db, clock.now, "one", "food")
    with app.db.read() as session:
        newest = last_seq(session)
    anna = enrol(app.db, clock.now, "anna", interests=[Interest(spearheads=("food",), cursor=newest)])
    clock.forward(hours=1)
    make_edition(app, Cadence.WEEKLY)
    assert is_proved(app)
    add_news(app.db, clock.now, "two", "food")
    clock.forward(days=7)
    make_edition(app, Cadence.WEEKLY)
    assert told(app, anna) == [2]
    assert is_proved(app)


# --- joins, welcomes --------------------------------------------------------------------------------------------------


def test_a_reminder_is_not_told_again_when_the_call_is_joined_with_an_older_one(app: App, clock: Clock) -> None:
    older = add_call(app.db, clock.now, facts("older", source="eura", deadlines=(Deadline(on=date(2026, 6, 20)),)))
    anna = enrol(app.db, clock.now, "anna")
    newer = add_news(app.db, clock.now, "newer", "food", deadlines=(Deadline(on=date(2026, 6, 20)),))
    make_edition(app, Cadence.WEEKLY)
    before = told_to(app.db, anna)
    assert before[-1][2] == f"{newer}:2026-06-20:7"
    with app.db.write() as session:
        pair = {"first_id": older, "second_id": newer, "ground": Ground.LINK, "state": DuplicateState.JOINED}
        session.add(Duplicate(**pair, found_at=clock.now))
    change(app.db, anna, cadence=Cadence.DAILY)
    clock.forward(days=1)
    make_edition(app, Cadence.DAILY)
    assert told_to(app.db, anna) == before


def test_a_new_reader_for_whom_nothing_is_open_is_greeted_all_the_same(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, confirmed_at=clock.now)
    make_welcome(app)
    assert newest_deliveries(app.db)["anna"].state is DeliveryState.RENDERED
    assert "Nothing is open for you at the moment" in text_to(app, "anna")
    assert mail_to(app, "anna")["Subject"] == "Welcome to Kärkivahti: nothing is open now"
    assert make_welcome(app) is None
    assert is_proved(app)


def test_a_new_reader_who_pauses_is_welcomed_afterwards_and_no_editions_are_made_for_nobody(
    app: App, clock: Clock
) -> None:
    add_call(app.db, clock.now, facts("open"), "food")
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, confirmed_at=clock.now, paused_until=clock.now.date() + timedelta(days=5))
    assert make_welcome(app) is None
    clock.forward(days=5)
    make_welcome(app)
    assert told_to(app.db, anna) == [("welcome", None, "open:1")]


# --- proof, after long and after changes ------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_frozen_mails_can_be_dropped_with_what_they_tell_and_the_proof_still_holds(app: App, clock: Clock) -> None:
    built(app, clock)
    with app.db.write() as session:
        delivery = session.exec(select(Delivery)).one()
        delivery.state = DeliveryState.SENT
        session.add(delivery)
    [frozen] = [one for one in RETENTION if one.what == "frozen mails"]
    clock.forward(days=frozen.days(app.settings) + 1)
    with app.db.write() as session:
        assert deliveries.drop_old_contents(session, clock.now) == 1
    assert is_proved(app)


def test_a_call_that_came_to_meet_a_readers_line_later_was_not_lost(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna", interests=[Interest(query="timber")])
    call_id = add_call(app.db, clock.now, facts("one", title="Something else"))
    with app.db.write() as session:
        told_then = facts("one", title="Something else").model_dump(mode="json")
        run = a_run(session, clock.now)
        session.add(CallVersion(call_id=call_id, run_id=run, seen_at=clock.now, parser_version=1, facts=told_then))
    add_event(app.db, clock.now, call_id)
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=1)
    with app.db.write() as session:
        call = session.get_one(Call, call_id)
        call.title = "Reused timber"
        session.add(call)
    assert told(app, anna) == []
    assert is_proved(app)


def test_a_correction_may_name_more_readers_than_a_query_takes(app: App, clock: Clock) -> None:
    last = [enrol(app.db, clock.now, name) for name in ("anna", "bertta")][-1]
    call_id = add_news(app.db, clock.now, "one", "food")
    readers = (*range(100, 70_000), last)
    about = CorrectionAbout(calls=(call_id,), fact="title", wrong="a", right="b", readers=readers)
    with app.db.write() as session:
        edition = plan_beside(session, app, EditionKind.CORRECTION, about)
        assert [one.id for one in audiences.due_readers(session, edition, 0, 2000)] == [last]
        assert audiences.due_readers(session, edition, last, 2000) == []


def test_a_correction_for_who_has_paused_is_written_down_as_such(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    call_id = add_news(app.db, clock.now, "one", "food")
    change(app.db, anna, paused_until=clock.now.date() + timedelta(days=5))
    about = CorrectionAbout(calls=(call_id,), fact="title", wrong="a", right="b", readers=(anna,))
    with app.db.write() as session:
        edition = plan_beside(session, app, EditionKind.CORRECTION, about)
    with app.db.write() as session:
        build_batch(session, open_composer(app, edition), 0)
    assert newest_deliveries(app.db)["anna"].reason is DeliveryReason.PAUSED


# --- what is whose ----------------------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_a_correction_names_no_reasons_that_are_other_readers(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    enrol(app.db, clock.now, "bertta", interests=[Interest(query='"food call"')])
    call_id = add_news(app.db, clock.now, "one", "food", "circular")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    wrong = Wrong(call_id, "title", "a", "b", clock.now.date(), clock.now.date())
    correct(app, wrong, Signed("admin", "misread", app.clock()))
    assert '"food call"' in text_to(app, "bertta")
    assert '"food call"' not in text_to(app, "anna")
    assert ("Ruoka" in text_to(app, "anna"), "Kiertotalous" in text_to(app, "anna")) == (True, False)


def test_an_urgent_mail_after_a_pause_does_not_say_that_it_covers_it_and_the_next_issue_does(
    app: App, clock: Clock
) -> None:
    anna = enrol(app.db, clock.now, "anna")
    change(app.db, anna, urgent=True, paused_until=clock.now.date() + timedelta(days=8))
    call_id = add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    clock.forward(days=9)
    moved_earlier(app, call_id, date(2026, 6, 26))
    make_urgent(app)
    assert "Your pause is over" not in text_to(app, "anna")
    clock.forward(days=5)
    add_news(app.db, clock.now, "two", "food")
    make_edition(app, Cadence.WEEKLY)
    assert "Your pause is over" in text_to(app, "anna")
