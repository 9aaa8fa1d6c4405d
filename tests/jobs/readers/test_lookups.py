"""What an operator looks up: editions, deliveries, runs and subscribers, as lists and one whole."""

from pathlib import Path

import pytest

from db.audit import Signed
from db.deliveries import DeliveryState
from db.editions import EditionKind
from db.subscribers import Cadence, SubscriberState
from jobs.base.app import App
from jobs.base.runs import run_of
from jobs.delivery.bans import let_back
from jobs.delivery.resolutions import delivery_in_full
from jobs.editions.dry_run import replay
from jobs.editions.lookup import edition_in_full, listed_editions
from jobs.editions.planning import make, make_edition
from jobs.readers import lookup
from jobs.readers.lookup import list_subscribers, subscriber_in_full, subscriber_named
from jobs.readers.optin import leave, sign_up
from tests.jobs.subscribing import CIRCULAR, FOOD, joined, sign_up_form
from tests.jobs.world import MONDAY, add_news, enrol, newest_deliveries
from tests.support.refused import refused
from tracker.errors import NotFound, Noun, Refusal, WrongState

ME = Signed("maija", "a test", MONDAY)


def not_found(caught: pytest.ExceptionInfo[NotFound]) -> tuple[Noun, object]:
    return caught.value.noun, caught.value.id


# --- editions, deliveries, runs ---------------------------------------------------------------------------------------


@pytest.fixture
def told(app: App) -> App:
    """An app with one weekly edition, rendered for anna."""
    enrol(app.db, app.clock(), "anna")
    add_news(app.db, app.clock(), "one", "food")
    make_edition(app, Cadence.WEEKLY)
    return app


def test_an_edition_is_listed_and_shown_with_its_deliveries_by_state(told: App) -> None:
    with told.db.read() as session:
        [listed] = listed_editions(session, None)
        whole = edition_in_full(session, listed.edition.id or 0)
    assert (listed.edition.period, listed.deliveries) == ("2026-W25", {DeliveryState.RENDERED: 1})
    assert (whole.listed, whole.holds) == (listed, ())


def test_a_delivery_in_full_says_of_which_edition_it_is_and_what_it_told(told: App) -> None:
    number = newest_deliveries(told.db)["anna"].id or 0
    with told.db.read() as session:
        found = delivery_in_full(session, number)
    assert (found.delivery.id, found.edition.kind) == (number, EditionKind.WEEKLY)
    assert [(one.title, one.event) for one in found.told] == [("Food call one", "new")]


def test_an_edition_a_delivery_and_a_run_that_are_not_there_are_not_found(app: App) -> None:
    with app.db.read() as session:
        for look, noun in (
            (edition_in_full, Noun.EDITION),
            (delivery_in_full, Noun.DELIVERY),
            (run_of, Noun.RUN),
        ):
            with pytest.raises(NotFound) as caught:
                look(session, 99)
            assert not_found(caught) == (noun, 99)


def test_an_old_mail_is_written_once_more_and_one_that_is_not_kept_is_refused(told: App, tmp_path: Path) -> None:
    number = newest_deliveries(told.db)["anna"].id or 0
    written = replay(told, number, tmp_path / "out")
    assert (written.recipient, written.path.exists()) == ("anna@reader.example", True)
    with refused(Refusal, "delivery 99"):
        replay(told, 99, tmp_path)


@pytest.mark.parametrize("kind", [EditionKind.URGENT, EditionKind.WELCOME])
def test_no_edition_of_a_kind_is_made_that_nobody_waits_for(app: App, kind: EditionKind) -> None:
    assert make(app, kind) is None


def test_a_regular_edition_is_made_of_the_period_that_is_named(app: App) -> None:
    made = make(app, EditionKind.WEEKLY, "2026-W25")
    assert made is not None
    assert (made[0].kind, made[0].period) == (EditionKind.WEEKLY, "2026-W25")


# --- subscribers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["Anna@Reader.example", "1"])
def test_a_mailbox_is_found_by_its_address_or_its_number(app: App, who: str) -> None:
    anna = joined(app)
    with app.db.read() as session:
        assert subscriber_named(session, who).id == anna == 1


@pytest.mark.parametrize("who", ["nobody@reader.example", "7", "99999999999"])
def test_a_mailbox_that_is_not_there_is_not_found(app: App, who: str) -> None:
    with app.db.read() as session, pytest.raises(NotFound) as caught:
        subscriber_named(session, who)
    assert not_found(caught) == (Noun.SUBSCRIBER, who)


def test_mailboxes_are_listed_by_state_with_what_they_follow(app: App) -> None:
    joined(app, "anna", FOOD, CIRCULAR)
    sign_up(app, sign_up_form("bertta"))
    with app.db.read() as session:
        everybody, active = list_subscribers(session), list_subscribers(session, [SubscriberState.ACTIVE])
    assert [one.subscriber.address for one in everybody] == ["anna@reader.example", "bertta@reader.example"]
    assert [(one.subscriber.address, one.follows) for one in active] == [("anna@reader.example", ["food", "circular"])]


def test_a_mailbox_in_full_says_what_it_follows_what_it_agreed_to_and_what_was_written(app: App) -> None:
    joined(app)
    with app.db.read() as session:
        found = subscriber_in_full(session, app, "anna@reader.example")
    assert len(found.interests) == 1
    assert found.agreed is not None
    assert ([one.kind.value for one in found.letters], found.choices) == (["confirm", "receipt"], ())


def test_a_link_is_written_again_and_none_to_whom_nothing_may_be_written(app: App) -> None:
    joined(app)
    assert [one.kind.value for one in lookup.send_link(app, "1")] == ["preferences"]
    leave(app, 1, ME)
    assert [one.kind.value for one in lookup.send_link(app, "1")] == ["goodbye"]


def test_only_a_mailbox_that_is_there_and_banned_is_let_back(app: App) -> None:
    joined(app)
    with refused(WrongState, "it must be banned"):
        let_back(app, ["Anna@reader.example"], ME)
    with pytest.raises(NotFound) as caught:
        let_back(app, ["nobody@reader.example"], ME)
    assert not_found(caught) == (Noun.SUBSCRIBER, "nobody@reader.example")
