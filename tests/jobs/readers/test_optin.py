"""How a subscription begins and ends: nobody subscribes whose mailbox did not answer, and each step can be redone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from db import consents, letters
from db.audit import Signed
from db.consents import ConsentAct
from db.deliveries import DeliveryReason, DeliveryState
from db.subscribers import Actor, ActorType, Cadence, Language, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.editions.planning import make_edition, make_welcome
from jobs.readers.optin import (
    add_all,
    add_by_operator,
    checked_roster,
    confirm_by_link,
    confirm_for,
    leave,
    leave_by_link,
    sign_up,
    undo,
)
from jobs.readers.preferences import read_preferences
from tests.jobs.subscribing import (
    CIRCULAR,
    FOOD,
    acts,
    all_letters,
    body,
    history,
    interests,
    joined,
    kinds,
    reader,
    sign_up_form,
    state,
    token,
    told_at,
)
from tests.jobs.world import MONDAY, Clock, add_news, newest_deliveries, with_settings
from tests.support.refused import refused
from tracker.emails import tokens
from tracker.emails.tokens import BadToken, ExpiredToken
from tracker.errors import Refusal, WrongState
from tracker.subscriptions.consent import VERSION, consent_text

OPERATOR = Signed("operator", "by telephone", MONDAY)
ASKED, CONFIRMED, WITHDRAWN = ConsentAct.ASKED, ConsentAct.CONFIRMED, ConsentAct.WITHDRAWN


def changed(app: App, name: str = "anna", **values: Any) -> None:
    """Put a mailbox into a state that other parts of the service bring about."""
    with app.db.write() as session:
        found = session.get_one(Subscriber, reader(app, name).id)
        for key, value in values.items():
            setattr(found, key, value)


# --- signing up -------------------------------------------------------------------------------------------------------


def test_a_sign_up_waits_with_all_that_was_wished_and_asks_the_mailbox(app: App, clock: Clock) -> None:
    given = {
        "actor": "Lahti Oy",
        "actor_type": "company",
        "municipality": "Lahti",
        "urgent": True,
        "lead_days": (7, 28),
    }
    sign_up(app, sign_up_form("anna", FOOD, CIRCULAR, **given, cadence="daily", language="sv"))
    anna = reader(app)
    assert (anna.state, anna.language, anna.cadence) == (SubscriberState.PENDING, Language.SV, Cadence.DAILY)
    assert (anna.urgent, anna.lead_days, anna.confirmed_at, anna.actor_id) == (True, (28, 7), None, 1)
    assert [one.wants for one in interests(app)] == [FOOD, CIRCULAR]
    with app.db.read() as session:
        [asked] = consents.consents_of(session, anna.id or 0)
    assert (asked.act, asked.version, asked.language, asked.text) == (ASKED, VERSION, "sv", consent_text("sv", 30))
    assert (asked.at, asked.by, kinds(app)) == (clock.now, "sign-up form", ["confirm"])


def test_a_mailbox_that_did_not_answer_gets_no_digest(app: App, clock: Clock) -> None:
    sign_up(app, sign_up_form())
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    assert newest_deliveries(app.db) == {}


@pytest.mark.parametrize("known", [None, "pending", "active", "left", "banned"])
def test_signing_up_has_one_answer_and_one_letter_whether_or_not_the_address_is_known(
    app: App, clock: Clock, known: str | None
) -> None:
    if known:
        joined(app)
        changed(app, state=SubscriberState(known))
    before = len(all_letters(app))
    sign_up(app, sign_up_form())
    assert len(all_letters(app)) == before + 1
    assert kinds(app)[-1] == ("known" if known == "active" else "confirm")


def test_whoever_types_in_a_readers_address_changes_nothing_for_them(app: App) -> None:
    anna = joined(app)
    before = (reader(app), interests(app), history(app, anna))
    sign_up(app, sign_up_form("anna", CIRCULAR, language="fi"))
    assert (reader(app), interests(app), history(app, anna)) == before


def test_whoever_types_in_the_address_of_one_who_left_changes_nothing_before_it_is_confirmed(app: App) -> None:
    leave(app, joined(app), OPERATOR)
    goodbye = token(app, page="undo")
    sign_up(app, sign_up_form("anna", CIRCULAR))
    assert (state(app), [one.wants for one in interests(app)]) == (SubscriberState.LEFT, [FOOD])
    undo(app, goodbye)
    assert [one.wants for one in interests(app)] == [FOOD]


def test_what_one_says_of_an_organisation_says_nothing_of_anothers_of_that_name(app: App) -> None:
    sign_up(app, sign_up_form("stranger", actor="Lahti", actor_type="company"))
    anna = joined(app, "anna", actor="Lahti", actor_type="municipality")
    ben = joined(app, "ben", actor="Lahti", actor_type="municipality", municipality="Lahti")
    with app.db.read() as session:
        types = [session.get_one(Actor, session.get_one(Subscriber, one).actor_id).type for one in (anna, ben)]
    assert types == [ActorType.MUNICIPALITY, ActorType.MUNICIPALITY]
    joined(app, "cecilia", actor="Lahti", actor_type="municipality")
    assert reader(app, "anna").actor_id == reader(app, "cecilia").actor_id


def test_a_letter_confirms_what_it_asked_about_and_not_what_was_typed_in_later(app: App) -> None:
    sign_up(app, sign_up_form("anna", FOOD))
    first = token(app)
    sign_up(app, sign_up_form("anna", CIRCULAR))
    confirm_by_link(app, first)
    assert [one.wants for one in interests(app)] == [FOOD]


def test_above_so_many_letters_a_day_an_address_gets_none_and_nothing_is_kept(app: App, clock: Clock) -> None:
    strict = with_settings(app, subscribers={"letters_per_address_per_day": 2})
    for _ in range(4):
        sign_up(strict, sign_up_form())
    assert kinds(app) == ["confirm", "confirm"]
    assert len(history(app, 1)) == len(acts(app, 1)) == 2
    clock.forward(days=1, seconds=1)
    sign_up(strict, sign_up_form())
    assert len(kinds(app)) == 3


def test_above_so_many_letters_an_hour_nobody_new_is_written_to(app: App, clock: Clock) -> None:
    strict = with_settings(app, subscribers={"letters_per_hour": 2})
    for name in ("anna", "bertta", "cecilia"):
        sign_up(strict, sign_up_form(name))
    assert [one.recipient for one in all_letters(app)] == ["anna@reader.example", "bertta@reader.example"]
    clock.forward(hours=1, seconds=1)
    sign_up(strict, sign_up_form("cecilia"))
    assert state(app, "cecilia") is SubscriberState.PENDING


@pytest.mark.both_kinds
def test_two_who_sign_up_one_address_at_once_make_one_mailbox(app: App) -> None:
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda _: sign_up(app, sign_up_form()), range(2)))
    assert state(app) is SubscriberState.PENDING
    assert set(kinds(app)) == {"confirm"}


# --- confirming -------------------------------------------------------------------------------------------------------


@pytest.mark.both_kinds
def test_confirming_makes_a_reader_of_what_happens_from_then_on(app: App, clock: Clock) -> None:
    sign_up(app, sign_up_form())
    asked_at = clock.now
    clock.forward(days=1)
    add_news(app.db, clock.now, "before", "food")
    anna = confirm_by_link(app, token(app))
    assert (anna.state, anna.confirmed_at, anna.welcomed_at) == (SubscriberState.ACTIVE, clock.now, None)
    assert [one.cursor for one in interests(app)] == [1]
    assert acts(app, anna.id or 0) == [
        (ASKED, "sign-up form"),
        (CONFIRMED, f"link in the letter of {asked_at.isoformat()}"),
    ]


def test_a_receipt_says_what_was_agreed_to_in_which_version_when_and_by_which_link(app: App, clock: Clock) -> None:
    sign_up(app, sign_up_form("anna", FOOD))
    clock.forward(minutes=5)
    confirm_by_link(app, token(app))
    text = " ".join(body(all_letters(app)[-1]).split())
    assert kinds(app) == ["confirm", "receipt"]
    assert consent_text("en", 30) in text
    assert f"Version of the text: {VERSION}" in text
    assert "Confirmed: 15 June 2026 at 7.05 (Finnish time), with the link that we sent on 15 June 2026 at 7.00" in text
    assert "You follow: Ruoka" in text


def test_confirming_twice_confirms_once(app: App, clock: Clock) -> None:
    sign_up(app, sign_up_form())
    link = token(app)
    first = confirm_by_link(app, link)
    clock.forward(hours=1)
    assert confirm_by_link(app, link) == first
    assert (kinds(app), len(acts(app, first.id or 0))) == (["confirm", "receipt"], 2)


def test_what_is_agreed_to_is_what_the_letter_showed_though_the_words_have_changed_since(app: App) -> None:
    sign_up(app, sign_up_form())
    with app.db.write() as session:
        [shown] = consents.consents_of(session, 1)
        shown.version, shown.text = "2020-01", "older words"
    confirm_by_link(app, token(app))
    with app.db.read() as session:
        agreed = consents.newest_confirmed(session, 1)
    assert agreed is not None
    assert (agreed.version, agreed.text) == ("2020-01", "older words")
    assert "older words" in body(all_letters(app)[-1])


def test_a_link_that_was_used_does_not_bring_back_who_left_since(app: App) -> None:
    sign_up(app, sign_up_form())
    link = token(app)
    leave(app, confirm_by_link(app, link).id or 0, OPERATOR)
    assert confirm_by_link(app, link).state is SubscriberState.LEFT


def test_a_link_is_good_for_seven_days(app: App, clock: Clock) -> None:
    sign_up(app, sign_up_form())
    clock.forward(days=7)
    with pytest.raises(ExpiredToken):
        confirm_by_link(app, token(app))
    assert state(app) is SubscriberState.PENDING


def test_a_link_of_another_purpose_confirms_nothing(app: App, clock: Clock) -> None:
    sign_up(app, sign_up_form())
    with pytest.raises(BadToken):
        confirm_by_link(app, tokens.sign_at(app.secret, tokens.MANAGE, 1, clock.now))


@pytest.mark.both_kinds
@pytest.mark.parametrize("was", ["left", "banned"])
def test_who_left_or_was_banned_starts_fresh_by_confirming(app: App, clock: Clock, was: str) -> None:
    joined(app)
    changed(app, state=SubscriberState(was), soft_bounces=6, left_at=clock.now, backed_off_until=clock.now)
    add_news(app.db, clock.now, "meanwhile", "circular")
    clock.forward(days=1)
    sign_up(app, sign_up_form("anna", CIRCULAR))
    anna = confirm_by_link(app, token(app))
    assert (anna.state, anna.soft_bounces, anna.backed_off_until, anna.left_at) == (
        SubscriberState.ACTIVE,
        0,
        None,
        None,
    )
    assert [(one.wants, one.cursor) for one in interests(app)] == [(CIRCULAR, 1)]
    assert anna.welcomed_at is None


def test_the_operator_confirms_with_a_reason_and_the_receipt_tells_of_no_link(app: App) -> None:
    sign_up(app, sign_up_form())
    anna = confirm_for(app, 1, OPERATOR)
    assert anna.state is SubscriberState.ACTIVE
    assert acts(app, 1)[-1] == (CONFIRMED, "by telephone")
    assert (kinds(app), history(app, 1)[-1]) == (["confirm", "receipt"], ("confirmed", "operator", "by telephone"))
    text = " ".join(body(all_letters(app)[-1]).split())
    assert "Confirmed: 15 June 2026 at 7.00 (Finnish time), recorded by the administrator as you had agreed" in text
    with refused(WrongState, "subscriber 1 is active; it must be pending"):
        confirm_for(app, 1, OPERATOR)


def test_the_operator_adds_a_reader_at_once_with_the_word_that_was_given(app: App) -> None:
    anna = add_by_operator(app, sign_up_form("anna", actor="Lahti Oy"), OPERATOR)
    assert (anna.state, acts(app, 1), kinds(app)) == (SubscriberState.ACTIVE, [(CONFIRMED, "by telephone")], [])
    with refused(Refusal, "already subscribed"):
        add_by_operator(app, sign_up_form("anna"), OPERATOR)


def _sign_up_and_confirm(app: App) -> None:
    sign_up(app, sign_up_form("anna", CIRCULAR))
    confirm_by_link(app, token(app))


def _operator_confirms(app: App) -> None:
    sign_up(app, sign_up_form("anna", CIRCULAR))
    confirm_for(app, 1, OPERATOR)


def _operator_adds(app: App) -> None:
    add_by_operator(app, sign_up_form("anna", CIRCULAR), OPERATOR)


def _roster_adds(app: App) -> None:
    lines = checked_roster(app, "address,language,spearheads\nanna@reader.example,en,circular\n")
    add_all(app, lines, OPERATOR, asks=False)


def _roster_asks(app: App) -> None:
    lines = checked_roster(app, "address,language,spearheads\nanna@reader.example,en,circular\n")
    add_all(app, lines, OPERATOR, asks=True)
    confirm_by_link(app, token(app))


@pytest.mark.parametrize("door", [_sign_up_and_confirm, _operator_confirms, _operator_adds, _roster_adds, _roster_asks])
def test_who_left_comes_back_by_any_door_with_a_new_consent_and_new_wishes(
    app: App, clock: Clock, door: Callable[[App], None]
) -> None:
    leave(app, joined(app), OPERATOR)
    add_news(app.db, clock.now, "one", "circular")
    clock.forward(days=2)
    door(app)
    anna = reader(app)
    assert (anna.id, anna.state, anna.left_at) == (1, SubscriberState.ACTIVE, None)
    assert told_at(app, 1, CONFIRMED) == clock.now
    assert [one.spearheads for one in read_preferences(app, 1).preferences.interests] == [("circular",)]
    make_welcome(app)
    assert newest_deliveries(app.db)["anna"].state is DeliveryState.RENDERED


def test_who_left_and_undoes_it_has_a_new_consent(app: App, clock: Clock) -> None:
    leave(app, joined(app), OPERATOR)
    clock.forward(days=2)
    undo(app, token(app, page="undo"))
    assert (state(app), told_at(app, 1, CONFIRMED)) == (SubscriberState.ACTIVE, clock.now)


def test_the_operator_cannot_confirm_who_left_and_did_not_sign_up_again(app: App) -> None:
    leave(app, joined(app), OPERATOR)
    with refused(WrongState, "subscriber 1 is left; it must be pending"):
        confirm_for(app, 1, OPERATOR)


def test_the_operator_cannot_bring_back_who_is_banned(app: App) -> None:
    with app.db.write() as session:
        session.get_one(Subscriber, joined(app)).state = SubscriberState.BANNED
    with refused(Refusal, "only its owner can come back"):
        add_by_operator(app, sign_up_form("anna"), OPERATOR)


# --- leaving ----------------------------------------------------------------------------------------------------------


def unsubscribe_token(app: App, subscriber_id: int = 1) -> str:
    return tokens.sign(app.secret, tokens.UNSUBSCRIBE, subscriber_id)


def test_leaving_by_one_click_ends_all_mail_and_says_goodbye(app: App, clock: Clock) -> None:
    joined(app)
    anna = leave_by_link(app, unsubscribe_token(app), "one-click header")
    assert (anna.state, anna.left_at) == (SubscriberState.LEFT, clock.now)
    assert acts(app, 1)[-1] == (WITHDRAWN, "one-click header")
    assert history(app, 1)[-1] == ("left", "reader", "one-click header")
    assert kinds(app)[-1] == "goodbye"


def test_leaving_twice_leaves_once(app: App, clock: Clock) -> None:
    joined(app)
    first = leave_by_link(app, unsubscribe_token(app), "link in a mail")
    clock.forward(days=3)
    assert leave_by_link(app, unsubscribe_token(app), "link in a mail") == first
    assert kinds(app).count("goodbye") == 1


def test_the_receipts_own_link_leaves(app: App) -> None:
    joined(app)
    assert leave_by_link(app, token(app, page="u"), "link in a mail").state is SubscriberState.LEFT


def test_what_waits_to_be_sent_to_one_who_leaves_is_not_sent(app: App, clock: Clock) -> None:
    anna = joined(app)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    leave(app, anna, OPERATOR)
    waiting = newest_deliveries(app.db)["anna"]
    assert (waiting.state, waiting.reason) == (DeliveryState.SKIPPED, DeliveryReason.LEFT)


def test_what_is_withdrawn_is_what_was_agreed_to_in_its_own_words(app: App) -> None:
    anna = joined(app)
    with app.db.write() as session:
        agreed = consents.newest_confirmed(session, anna)
        assert agreed is not None
        agreed.version, agreed.text = "2020-01", "older words"
    leave(app, anna, OPERATOR)
    with app.db.read() as session:
        withdrawn = consents.consents_of(session, anna)[-1]
    assert (withdrawn.act, withdrawn.version, withdrawn.text) == (WITHDRAWN, "2020-01", "older words")


def test_who_never_confirmed_gets_no_goodbye(app: App) -> None:
    sign_up(app, sign_up_form())
    assert leave(app, 1, OPERATOR).state is SubscriberState.LEFT
    assert kinds(app) == ["confirm"]


@pytest.mark.both_kinds
def test_undoing_brings_everything_back_and_the_news_of_meanwhile(app: App, clock: Clock) -> None:
    anna = joined(app)
    leave(app, anna, OPERATOR)
    link = token(app, page="undo")
    add_news(app.db, clock.now, "meanwhile", "food")
    clock.forward(days=29)
    back = undo(app, link)
    assert (back.state, back.left_at, kinds(app)[-1]) == (SubscriberState.ACTIVE, None, "receipt")
    assert history(app, anna)[-1] == ("came_back", "reader", None)
    assert acts(app, anna)[-1][0] is CONFIRMED
    make_edition(app, Cadence.WEEKLY)
    assert newest_deliveries(app.db)["anna"].state is DeliveryState.RENDERED


def test_undoing_twice_undoes_once(app: App) -> None:
    leave(app, joined(app), OPERATOR)
    link = token(app, page="undo")
    assert undo(app, link) == undo(app, link)
    assert kinds(app).count("receipt") == 2  # of joining, and of coming back


def test_undoing_is_over_after_thirty_days(app: App, clock: Clock) -> None:
    leave(app, joined(app), OPERATOR)
    clock.forward(days=30)
    with pytest.raises(ExpiredToken):
        undo(app, token(app, page="undo"))


def test_undoing_does_not_bring_back_who_was_banned_since(app: App) -> None:
    leave(app, joined(app), OPERATOR)
    changed(app, state=SubscriberState.BANNED)
    with refused(Refusal, "sign up again"):
        undo(app, token(app, page="undo"))


def test_letters_are_numbered_and_no_two_have_one_message_id(app: App) -> None:
    leave(app, joined(app), OPERATOR)
    with app.db.read() as session:
        assert letters.count_letters(session, 1) == 3
    assert len({one.message_id for one in all_letters(app)}) == 3
