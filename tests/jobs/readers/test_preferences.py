"""What readers and the operator change: links to preferences, what is followed, pauses, cadences, single calls."""

from datetime import timedelta

import pytest

from db import subscribers
from db.audit import Signed, by_reader
from db.deliveries import DeliveryState
from db.subscribers import Cadence, CallMark, Language, SubscriberState, Wants
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.readers.optin import leave, sign_up
from jobs.readers.preferences import (
    ask_for_link,
    change_cadence,
    change_preferences,
    follow,
    mute,
    pause,
    read_preferences,
    resume,
    unmute,
    what_there_is,
    who_manages,
)
from tests.jobs.subscribing import (
    CIRCULAR,
    FOOD,
    all_letters,
    history,
    interests,
    joined,
    kinds,
    reader,
    sign_up_form,
    token,
)
from tests.jobs.world import MONDAY, Clock, add_news, newest_deliveries, with_settings
from tests.support.refused import refused
from tracker.emails import tokens
from tracker.emails.tokens import BadToken, ExpiredToken
from tracker.errors import InputFaults, NotFound, WrongState
from tracker.subscriptions.requests import Preferences

OPERATOR = Signed("operator", "by telephone", MONDAY)
ANNA = by_reader(MONDAY)


def preferences(*wanted: Wants, **given: object) -> Preferences:
    return Preferences.model_validate({"language": "en", "interests": wanted or (FOOD,)} | given)


# --- links ------------------------------------------------------------------------------------------------------------


def test_a_link_that_was_asked_for_by_address_opens_the_preferences(app: App) -> None:
    anna = joined(app)
    ask_for_link(app, " Anna@Reader.example".strip())
    assert kinds(app)[-1] == "preferences"
    assert who_manages(app, token(app, page="manage")) == anna


@pytest.mark.parametrize("purpose", [tokens.PREFERENCES, tokens.UNSUBSCRIBE])
def test_the_link_of_any_old_mail_asks_for_a_fresh_one_and_opens_nothing_itself(app: App, purpose: str) -> None:
    old = tokens.sign(app.secret, purpose, joined(app))
    with pytest.raises(BadToken):
        who_manages(app, old)
    ask_for_link(app, old)
    assert kinds(app)[-1] == "preferences"


def test_a_link_to_the_preferences_is_good_for_a_day_and_then_asks_for_another(app: App, clock: Clock) -> None:
    joined(app)
    ask_for_link(app, "anna@reader.example")
    link = token(app)
    clock.forward(days=1)
    with pytest.raises(ExpiredToken):
        who_manages(app, link)
    ask_for_link(app, link)
    assert kinds(app).count("preferences") == 2


@pytest.mark.parametrize("given", ["nobody@reader.example", "not an address@", "x" * 44, "", "ä"])
def test_whoever_asks_for_somebody_unknown_gets_the_same_answer_and_nobody_a_letter(app: App, given: str) -> None:
    ask_for_link(app, given)
    assert kinds(app) == []


def test_who_has_not_confirmed_gets_the_link_that_confirms_again(app: App) -> None:
    sign_up(app, sign_up_form())
    ask_for_link(app, "anna@reader.example")
    assert kinds(app) == ["confirm", "confirm"]


def test_who_has_left_gets_the_goodbye_again_with_its_link(app: App) -> None:
    leave(app, joined(app), OPERATOR)
    ask_for_link(app, "anna@reader.example")
    assert kinds(app)[-2:] == ["goodbye", "goodbye"]


def test_links_are_limited_like_sign_ups(app: App) -> None:
    joined(app)
    for _ in range(5):
        ask_for_link(with_settings(app, subscribers={"letters_per_address_per_day": 3}), "anna@reader.example")
    assert kinds(app) == ["confirm", "receipt", "preferences"]


# --- preferences ------------------------------------------------------------------------------------------------------


def test_preferences_are_read_as_they_were_wished(app: App, clock: Clock) -> None:
    anna = joined(app, "anna", FOOD, CIRCULAR, urgent=True, lead_days=(14,))
    call = add_news(app.db, clock.now, "one", "food")
    mute(app, anna, call, ANNA)
    standing = read_preferences(app, anna)
    assert standing.preferences == preferences(FOOD, CIRCULAR, urgent=True, lead_days=(14,))
    assert [(one.choice, of.id) for one, of in standing.choices] == [(CallMark.MUTE, call)]


def test_only_an_active_subscription_shows_its_preferences(app: App) -> None:
    anna = joined(app)
    leave(app, anna, OPERATOR)
    with refused(WrongState, "is left"):
        read_preferences(app, anna)


@pytest.mark.both_kinds
def test_changing_preferences_changes_all_of_them_and_is_remembered(app: App) -> None:
    anna = joined(app)
    wanted = preferences(CIRCULAR, language="sv", urgent=True, lead_days=())
    changed = change_preferences(app, anna, wanted, ANNA)
    assert (changed.language, changed.urgent, changed.lead_days) == (Language.SV, True, ())
    assert read_preferences(app, anna).preferences == wanted
    assert history(app, anna)[-1] == ("preferences", "reader", None)


@pytest.mark.both_kinds
def test_an_interest_that_stays_keeps_its_place_and_its_feed_and_a_new_one_loses_no_news(
    app: App, clock: Clock
) -> None:
    anna = joined(app, "anna", FOOD)
    [before] = interests(app)
    add_news(app.db, clock.now, "one", "circular")
    change_preferences(app, anna, preferences(FOOD, CIRCULAR), ANNA)
    kept, new = interests(app)
    assert (kept.id, kept.cursor, kept.feed_number) == (before.id, before.cursor, before.feed_number)
    assert (new.wants, new.cursor) == (CIRCULAR, before.cursor)


def test_an_interest_that_is_reworded_is_told_what_it_was_not_yet(app: App, clock: Clock) -> None:
    anna = joined(app, "anna", FOOD)
    add_news(app.db, clock.now, "one", "food")
    change_preferences(app, anna, preferences(Wants(spearheads=("food", "circular"))), ANNA)
    make_edition(app, Cadence.WEEKLY)
    assert newest_deliveries(app.db)["anna"].state is DeliveryState.RENDERED


def test_preferences_that_are_as_they_were_leave_no_trace(app: App) -> None:
    anna = joined(app)
    before = history(app, anna)
    change_preferences(app, anna, read_preferences(app, anna).preferences, ANNA)
    assert history(app, anna) == before


# --- pause, cadence ---------------------------------------------------------------------------------------------------


def test_a_pause_has_a_last_day_and_can_be_ended_before(app: App) -> None:
    anna, until = joined(app), app.today() + timedelta(days=30)
    assert pause(app, anna, until, OPERATOR).paused_until == until
    assert resume(app, anna, ANNA).paused_until is None
    assert history(app, anna)[-2:] == [("paused", "operator", "by telephone"), ("resumed", "reader", None)]


def test_a_change_is_dated_when_it_is_made_and_not_when_it_was_signed(app: App, clock: Clock) -> None:
    anna = joined(app)
    clock.forward(minutes=5)
    pause(app, anna, app.today() + timedelta(days=30), OPERATOR)
    with app.db.read() as session:
        last = subscribers.history_of(session, anna)[-1]
    assert (last.by, last.reason, last.at) == ("operator", "by telephone", clock.now)
    assert OPERATOR.at < clock.now


def test_a_pause_moves_no_interest_past_any_news(app: App, clock: Clock) -> None:
    anna = joined(app)
    pause(app, anna, app.today() + timedelta(days=30), ANNA)
    add_news(app.db, clock.now, "one", "food")
    assert [one.cursor for one in interests(app)] == [0]


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_pause_ends_after_today_and_within_a_year(app: App, days: int) -> None:
    with refused(InputFaults, "within a year"):
        pause(app, joined(app), app.today() + timedelta(days=days), ANNA)


def test_who_is_not_paused_resumes_without_a_trace(app: App) -> None:
    anna = joined(app)
    resume(app, anna, ANNA)
    assert history(app, anna)[-1][0] == "confirmed"


def test_a_change_of_cadence_is_remembered_with_what_it_was(app: App) -> None:
    anna = joined(app)
    assert change_cadence(app, anna, Cadence.DAILY, OPERATOR).cadence is Cadence.DAILY
    assert reader(app).cadence is Cadence.DAILY
    change_cadence(app, anna, Cadence.DAILY, OPERATOR)
    assert [what for what, _, _ in history(app, anna)].count("cadence") == 1


# --- single calls -----------------------------------------------------------------------------------------------------


def choices(app: App, subscriber_id: int) -> list[tuple[CallMark, int | None]]:
    return [(one.choice, call.id) for one, call in read_preferences(app, subscriber_id).choices]


@pytest.mark.both_kinds
def test_a_call_is_followed_or_muted_or_neither(app: App, clock: Clock) -> None:
    anna, call = joined(app), add_news(app.db, clock.now, "one", "food")
    follow(app, anna, call, ANNA)
    assert choices(app, anna) == [(CallMark.FOLLOW, call)]
    mute(app, anna, call, ANNA)
    mute(app, anna, call, ANNA)
    assert choices(app, anna) == [(CallMark.MUTE, call)]
    unmute(app, anna, call, ANNA)
    assert choices(app, anna) == []
    assert [what for what, _, _ in history(app, anna)][-3:] == ["followed", "muted", "unmuted"]


def test_a_call_that_is_none_is_not_followed(app: App) -> None:
    with refused(NotFound, "there is no call 7"):
        follow(app, joined(app), 7, ANNA)


def test_what_there_is_to_choose_from_holds_the_regions_spearheads_and_programmes_seen(app: App, clock: Clock) -> None:
    add_news(app.db, clock.now, "one", programme="NEWPROG")
    with app.db.read() as session:
        known = what_there_is(session, app)
    assert known.spearheads == {"food", "circular"}
    assert {"HORIZON", "NEWPROG"} <= known.programmes
    assert "portal" in known.sources


def test_every_change_of_one_who_left_is_refused_by_name(app: App) -> None:
    anna = joined(app)
    leave(app, anna, OPERATOR)
    for change in (
        lambda: resume(app, anna, ANNA),
        lambda: pause(app, anna, app.today() + timedelta(days=3), ANNA),
        lambda: change_cadence(app, anna, Cadence.DAILY, ANNA),
        lambda: change_preferences(app, anna, preferences(), ANNA),
    ):
        with refused(WrongState, f"subscriber {anna} is left"):
            change()
    assert reader(app).state is SubscriberState.LEFT
    assert len(all_letters(app)) == 3
