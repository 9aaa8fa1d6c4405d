"""Selections: a letter of the month to chosen readers; in the ledger like any edition, and no line told twice."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from db.calls import Call
from db.deliveries import DeliveryReason, DeliveryState
from db.editions import Edition, EditionKind, SelectionAbout, about_as
from db.eligibility import Applicant
from db.event_log import EventKind
from db.subscribers import ActorType, Cadence, CallChoice, CallMark, Interest, Language
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition, make_welcome
from jobs.editions.previewing import mail_of_delivery
from jobs.editions.selections import Audience, preview_selection, send_selection
from jobs.editions.verify import verify
from jobs.publishing.monthly_letters import LetterWords, add_chosen, begin_letter, write_letter
from jobs.readers.optin import leave_by_link
from jobs.readers.preferences import pause
from tests.jobs.editions.test_beside import mail_to
from tests.jobs.editions.test_own_kind import add_shut, enrol_as
from tests.jobs.rulebook.archive import ME
from tests.jobs.subscribing import joined, state
from tests.jobs.web.browsing import whole_database
from tests.jobs.world import add_event, add_news, clock_of, enrol, newest_deliveries
from tests.support.refused import refused
from tracker.emails import tokens
from tracker.errors import InputFaults, Refusal

FOOD = Audience(("food",))


def letter(app: App, *call_ids: int, **forewords: str) -> int:
    number = begin_letter(app, "Summer's best", ME).id or 0
    add_chosen(app, number, call_ids, ME)
    write_letter(app, number, LetterWords("Summer's best", forewords, {}), ME)
    return number


def send(app: App, *call_ids: int, audience: Audience = FOOD, **forewords: str) -> dict[DeliveryState, int]:
    """Send a letter of these calls; what became of its mails."""
    _, counts = send_selection(app, letter(app, *call_ids, **forewords), audience, ME)
    deliver(app)
    assert verify(app).discrepancies == []
    return counts


def told(app: App, name: str) -> str:
    """The text of the newest mail to a reader."""
    return mail_of_delivery(app, newest_deliveries(app.db)[name].id or 0).text


def news(app: App, key: str, *tags: str, **given: Any) -> int:
    return add_news(app.db, app.clock(), key, *tags, title=f"Call {key}", **given)


def test_a_selection_is_told_in_its_order_in_each_readers_language_with_the_officers_words(app: App) -> None:
    enrol(app.db, app.clock(), "anna", language=Language.FI)
    enrol(app.db, app.clock(), "berit", language=Language.SV)
    enrol(app.db, app.clock(), "cecilia", "circular")
    first, second = news(app, "b", "food"), news(app, "a", "food")
    number = letter(app, first, second, fi="Hyvät lukijat!\n\nTässä kesän parhaat.", sv="Bästa läsare!")
    notes = {second: {"fi": "Tämä kannattaa lukea.", "sv": "Läs den här."}}
    write_letter(app, number, LetterWords("Summer's best", {"fi": "Hyvät lukijat!", "sv": "Bästa läsare!"}, notes), ME)
    _, counts = send_selection(app, number, FOOD, ME)
    assert counts == {DeliveryState.RENDERED: 2}
    deliver(app)
    text = told(app, "anna")
    assert text.index("SUMMER'S BEST") < text.index("Hyvät lukijat!") < text.index("Call b") < text.index("Call a")
    assert "Tämä kannattaa lukea." in text
    assert "Läs den här." in told(app, "berit")
    assert verify(app).discrepancies == []


def test_what_a_selection_told_no_digest_tells_again_and_other_news_stay(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    chosen = news(app, "chosen", "food")
    assert send(app, chosen) == {DeliveryState.RENDERED: 1}
    news(app, "other", "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    assert ("Call other" in told(app, "anna"), "Call chosen" in told(app, "anna")) == (True, False)
    assert verify(app).discrepancies == []


def test_what_a_reader_was_told_comes_again_only_with_news_or_if_the_letter_repeats(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    old, moved = news(app, "old", "food"), news(app, "moved", "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    days = {"deadlines": ["2026-10-01"]}, {"deadlines": ["2026-09-15"]}
    add_event(app.db, app.clock(), moved, EventKind.DEADLINE_EARLIER, *days)
    assert send(app, old, moved) == {DeliveryState.RENDERED: 1}
    assert ("Call moved" in told(app, "anna"), "Call old" in told(app, "anna")) == (True, False)
    clock_of(app).forward(days=31)
    assert send(app, old, moved, audience=Audience(("food",), repeats=True)) == {DeliveryState.RENDERED: 1}
    assert ("Call moved" in told(app, "anna"), "Call old" in told(app, "anna")) == (False, True)  # the other stands so


def test_who_was_welcomed_with_a_call_is_not_told_it_again(app: App) -> None:
    chosen = news(app, "chosen", "food")
    joined(app, "anna")
    make_welcome(app)
    deliver(app)
    assert send(app, chosen) == {DeliveryState.SKIPPED: 1}
    assert newest_deliveries(app.db)["anna"].reason is DeliveryReason.NOTHING_TO_SAY


@pytest.mark.parametrize(("cadence", "again_after"), [(Cadence.DAILY, 1), (Cadence.WEEKLY, 7), (Cadence.MONTHLY, 30)])
def test_nobody_gets_two_selections_in_a_period_of_their_cadence(app: App, cadence: Cadence, again_after: int) -> None:
    enrol(app.db, app.clock(), "anna", cadence=cadence)
    assert send(app, news(app, "a", "food")) == {DeliveryState.RENDERED: 1}
    assert send(app, news(app, "b", "food")) == {}
    clock_of(app).forward(days=again_after)
    assert send(app, news(app, "c", "food")) == {DeliveryState.RENDERED: 1}


def test_who_pauses_or_has_muted_a_call_is_spared(app: App) -> None:
    resting, muting = (enrol(app.db, app.clock(), name) for name in ("resting", "muting"))
    pause(app, resting, app.today() + timedelta(days=9), ME)
    chosen = news(app, "chosen", "food")
    with app.db.write() as session:
        session.add(CallChoice(subscriber_id=muting, call_id=chosen, choice=CallMark.MUTE, at=app.clock()))
    assert send(app, chosen) == {DeliveryState.SKIPPED: 2}
    assert newest_deliveries(app.db)["resting"].reason is DeliveryReason.PAUSED
    assert newest_deliveries(app.db)["muting"].reason is DeliveryReason.NOTHING_TO_SAY


def test_what_is_shut_to_a_readers_organisation_is_not_told_even_where_they_do_not_follow_it(app: App) -> None:
    enrol_as(app, "anna", ActorType.COMPANY, Interest(spearheads=("circular",)))
    chosen = add_shut(app, "shut", Applicant.SME, Applicant.LARGE_COMPANY)
    assert send(app, chosen, audience=Audience()) == {DeliveryState.SKIPPED: 1}


def test_all_readers_are_told_what_they_do_not_follow_too(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    enrol(app.db, app.clock(), "cecilia", "circular")
    assert send(app, news(app, "chosen", "food"), audience=Audience()) == {DeliveryState.RENDERED: 2}
    assert "Call chosen" in told(app, "cecilia")


def test_a_preview_says_whom_it_reaches_and_changes_nothing(app: App) -> None:
    enrol(app.db, app.clock(), "anna", language=Language.FI)
    enrol(app.db, app.clock(), "ben")
    number = letter(app, news(app, "chosen", "food"), fi="Hei")
    before = whole_database(app)
    found = preview_selection(app, number, FOOD)
    assert whole_database(app) == before
    assert (found.readers, found.states) == ({"en": 1, "fi": 1}, {DeliveryState.RENDERED: 2})
    assert ["Hei" in mail.text for mail in found.mails] == [True, True]  # what is not written in English, in Finnish
    assert send_selection(app, number, FOOD, ME)[1] == found.states


def test_one_can_leave_by_one_click(app: App) -> None:
    anna = joined(app, "anna")
    send_selection(app, letter(app, news(app, "chosen", "food")), FOOD, ME)
    mail = mail_to(app, "anna")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"/u/{tokens.sign(app.secret, tokens.UNSUBSCRIBE, anna)}" in mail["List-Unsubscribe"]
    deliver(app)
    leave_by_link(app, tokens.sign(app.secret, tokens.UNSUBSCRIBE, anna), "one-click header")
    assert state(app).value == "left"


def test_a_call_that_is_over_or_withdrawn_by_then_is_left_out(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    chosen, gone = news(app, "chosen", "food"), news(app, "gone", "food")
    with app.db.write() as session:
        session.get_one(Call, gone).withdrawn_at = app.clock()
    send(app, chosen, gone)
    assert ("Call chosen" in told(app, "anna"), "Call gone" in told(app, "anna")) == (True, False)


def test_the_letter_is_frozen_in_its_edition(app: App) -> None:
    enrol(app.db, app.clock(), "anna")
    send(app, news(app, "chosen", "food"), en="Good day")
    with app.db.read() as session:
        edition = session.exec(select(Edition)).one()
        about = about_as(edition, SelectionAbout)
    assert (edition.kind, about.title, about.forewords, about.spearheads) == (
        EditionKind.SELECTION,
        "Summer's best",
        {"en": "Good day"},
        ("food",),
    )


def test_a_letter_without_calls_or_for_unknown_spearheads_is_refused(app: App) -> None:
    with refused(Refusal, "no call is chosen yet"):
        send_selection(app, letter(app), FOOD, ME)
    number = letter(app, news(app, "chosen", "food"))
    with refused(InputFaults, "there is no spearhead nothing"):
        send_selection(app, number, Audience(("nothing",)), ME)
