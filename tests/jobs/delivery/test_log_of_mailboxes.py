"""What the program says of letters, mailboxes and what it drops: numbers and words of its own, and never an address."""

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from db.audit import Signed
from db.bounces import BounceKind
from db.deliveries import DeliveryState
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.bans import unban
from jobs.delivery.bounces import read_bounces
from jobs.delivery.deliver import deliver
from jobs.delivery.letters import send_letters
from jobs.editions.planning import make_edition
from jobs.readers.optin import leave, sign_up
from jobs.running.retention import housekeep
from tests.jobs.subscribing import sign_up_form
from tests.jobs.world import (
    Clock,
    PostOffice,
    add_news,
    enrol,
    free_port,
    mailing,
    newest_deliveries,
    with_settings,
)
from tests.tracker.emails.returned import report
from tracker.emails.mailboxes import piped
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import BOUNCE

Logs = list[Any]
FULL, GONE = (
    ("5.2.2", "smtp; 552 5.2.2 <anna@reader.example> full"),
    ("5.1.1", "smtp; 550 5.1.1 no anna@reader.example"),
)


def events(logs: Logs) -> list[str]:
    """What was said, of which nothing may name an address."""
    assert "@" not in repr(logs)
    return [one["event"] for one in logs]


def said(logs: Logs, event: str) -> list[dict[str, Any]]:
    """The keys and values with which something was said."""
    assert event in events(logs)
    return [{key: told for key, told in one.items() if key != "event"} for one in logs if one["event"] == event]


def test_a_letter_that_was_sent_is_named_by_number_and_kind(app: App, office: PostOffice) -> None:
    sign_up(app, sign_up_form())
    with capture_logs() as logs:
        send_letters(mailing(app, office.port))
    told = {"letter": 1, "kind": "confirm", "attempts": 1, "no_session": False, "log_level": "info"}
    assert said(logs, "letter sent") == [told]


@pytest.mark.parametrize(
    ("mood", "state", "level"),
    [("refuse", "refused", "warning"), ("defer", "deferred", "info"), ("drop", "unknown", "warning")],
)
def test_a_letter_that_was_not_is_named_without_what_the_server_said(
    app: App, office: PostOffice, mood: str, state: str, level: str
) -> None:
    office.moods["anna"] = mood
    sign_up(app, sign_up_form())
    with capture_logs() as logs:
        told = send_letters(mailing(app, office.port))
    assert told[DeliveryState(state)] == 1
    assert said(logs, f"letter {state}")[0]["log_level"] == level


def test_letters_that_wait_for_a_mail_server_say_so(app: App) -> None:
    sign_up(app, sign_up_form())
    with capture_logs() as logs:
        send_letters(mailing(app, free_port()))
    assert said(logs, "letter deferred")[0]["no_session"] is True


def test_a_letter_that_is_not_written_names_the_limit(app: App) -> None:
    strict = with_settings(app, subscribers={"letters_per_address_per_day": 1})
    sign_up(strict, sign_up_form())
    with capture_logs() as logs:
        sign_up(strict, sign_up_form())
    told = {"limit": "letters_per_address_per_day", "subscriber": 1, "log_level": "warning"}
    assert said(logs, "no letter is written") == [told]


@pytest.fixture
def told(app: App, clock: Clock, office: PostOffice) -> App:
    """An app that has sent an edition to anna, and whose mail has a return path."""
    enrol(app.db, clock.now, "anna")
    at = mailing(app, office.port, bounces="bounces@vahti.example")
    add_news(at.db, clock.now, "one", "food")
    make_edition(at, Cadence.WEEKLY)
    deliver(at)
    return at


def returned(app: App, status: str, words: str) -> Logs:
    """What is said when the newest mail to anna comes back."""
    path = envelope_sender(app.settings.mail, app.secret, BOUNCE, newest_deliveries(app.db)["anna"].id or 0)
    with capture_logs() as logs:
        told = read_bounces(app, piped(report(status, words, to=("To", path))))
    assert told.total() == 1
    return logs


def test_a_mailbox_that_is_banned_is_named_by_its_number_with_the_kind_of_its_bounce(told: App) -> None:
    logs = returned(told, *GONE)
    why = {"kind": "hard", "reason": "the mailbox does not exist"}
    assert said(logs, "mailbox banned") == [{"subscriber": 1, "bounce": 1, **why, "log_level": "info"}]
    [read] = said(logs, "bounces read")
    assert read[BounceKind.HARD.value] == 1


def test_a_mailbox_that_rests_is_named_with_the_end_of_its_pause(told: App, clock: Clock) -> None:
    [rests] = said(returned(told, *FULL), "mailbox paused")
    until = (clock.now + timedelta(hours=2)).isoformat()
    assert (rests["subscriber"], rests["kind"], rests["soft_bounces"], rests["until"]) == (1, "soft", 1, until)


def test_a_mailbox_that_may_have_mail_again_is_named_without_who_says_so(told: App, clock: Clock) -> None:
    returned(told, *GONE)
    with capture_logs() as logs, told.db.write() as session:
        unban(session, 1, Signed("eve@region.example", "anna@reader.example wrote to us", clock.now))
    assert said(logs, "mailbox unbanned") == [{"subscriber": 1, "told_again": 1, "log_level": "info"}]


def test_what_housekeeping_drops_is_said_by_kind_and_count(app: App, clock: Clock) -> None:
    leave(app, enrol(app.db, clock.now, "anna"), Signed("operator", "", clock.now))
    sign_up(app, sign_up_form("bertta"))
    clock.forward(days=31)
    with capture_logs() as logs:
        run = housekeep(app)
    dropped = {one["what"]: one["count"] for one in said(logs, "dropped what is too old")}
    assert dropped == {what: count for what, count in run.counts.items() if count}
    assert {"unconfirmed sign-ups", "those who left", "letters"} <= dropped.keys()
    assert [one["subscriber"] for one in said(logs, "subscriber erased")] == [2, 1]
    assert said(logs, "housekeeping done")[0]["dropped"] == sum(run.counts.values())


def test_where_nothing_is_too_old_housekeeping_says_only_that(app: App) -> None:
    with capture_logs() as logs:
        housekeep(app)
    assert events(logs) == ["housekeeping done"]
