"""Bounces: what becomes of a mailbox whose mails come back, and that reading twice counts once."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from db import bounces
from db.audit import AuditEntry
from db.bounces import Bounce, BounceKind
from db.deliveries import DeliveryReason, DeliveryState
from db.letters import Letter, LetterKind
from db.runs import Verdict, newest_run, recent_runs
from db.subscribers import Cadence, Subscriber, SubscriberChange, SubscriberState
from jobs.base.app import App
from jobs.delivery.bounces import PAUSES, STOOD, read_bounces
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition
from jobs.running.serve import jobs
from tests.jobs.world import (
    Clock,
    PostOffice,
    add_news,
    enrol,
    mailing,
    newest_deliveries,
    with_settings,
)
from tests.support.refused import refused
from tests.tracker.emails.returned import auto_reply, complaint, report
from tests.tracker.emails.test_bounces import AUTO_REPLY, COMPLAINT, HARD, POLICY, SHARED_KINDS, SOFT
from tracker.emails import mime
from tracker.emails.mailboxes import in_maildir, piped
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import BOUNCE, LETTER_BOUNCE
from tracker.errors import MailboxError

ACTIVE, BANNED = SubscriberState.ACTIVE, SubscriberState.BANNED
SENT, DEFERRED, SKIPPED = DeliveryState.SENT, DeliveryState.DEFERRED, DeliveryState.SKIPPED
FULL = ("5.2.2", "smtp; 552 5.2.2 mailbox full")


@pytest.fixture
def told(app: App, clock: Clock, office: PostOffice) -> App:
    """An app that has sent an edition to anna, and whose mail has a return path."""
    enrol(app.db, clock.now, "anna")
    at = mailing(app, office.port, bounces="bounces@vahti.example", stale_days=30)
    send_news(at, "one")
    return at


def send_news(app: App, key: str) -> None:
    """Something new for everybody, in an edition of its own, as far as it may leave."""
    add_news(app.db, app.clock(), key, "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)


def next_week(clock: Clock) -> None:
    clock.forward(days=7)


def path_of(app: App, name: str = "anna") -> str:
    return envelope_sender(app.settings.mail, app.secret, BOUNCE, newest_deliveries(app.db)[name].id or 0)


def bounce(app: App, status: str, said: str) -> None:
    """The newest mail to anna comes back; every report is another one."""
    raw = report(status, said, to=("To", path_of(app))) + app.clock().isoformat().encode()
    read_bounces(app, piped(raw))


def reader(app: App, name: str = "anna") -> Subscriber:
    with app.db.read() as session:
        return session.exec(select(Subscriber).where(Subscriber.address == f"{name}@reader.example")).one()


def noted(app: App) -> list[Bounce]:
    with app.db.read() as session:
        return list(session.exec(select(Bounce)))


def changes(app: App) -> list[tuple[str, str | None]]:
    with app.db.read() as session:
        return [(change.what, change.reason) for change in session.exec(select(SubscriberChange))]


def test_the_envelope_carries_the_signed_return_path(told: App, office: PostOffice) -> None:
    assert office.senders == [path_of(told)]


def test_a_mailbox_that_is_gone_is_given_up_at_once_with_a_reason(told: App) -> None:
    bounce(told, "5.1.1", "smtp; 550 5.1.1 no such user")
    [row] = noted(told)
    assert (reader(told).state, row.kind, row.subscriber_id) == (BANNED, BounceKind.HARD, reader(told).id)
    assert changes(told) == [("banned", "the mailbox does not exist")]
    with told.db.read() as session:
        [entry] = session.exec(select(AuditEntry).where(AuditEntry.action == "subscriber banned"))
    assert (entry.who, entry.subject) == ("mail server", f"subscriber {row.subscriber_id}")


def test_a_complaint_ends_it_at_once(told: App) -> None:
    read_bounces(told, piped(complaint("abuse", to=("To", path_of(told)))))
    assert (reader(told).state, changes(told)) == (BANNED, [("banned", "its owner complained")])


@pytest.mark.parametrize(
    ("status", "said", "action"),
    [("5.7.1", "smtp; 550 5.7.1 blocked", "failed"), ("4.4.1", "smtp; 451 later", "delayed")],
)
def test_what_says_nothing_of_the_mailbox_changes_nothing(told: App, status: str, said: str, action: str) -> None:
    read_bounces(told, piped(report(status, said, action, to=("To", path_of(told)))))
    assert (reader(told).state, reader(told).soft_bounces, changes(told), len(noted(told))) == (ACTIVE, 0, [], 1)


def test_an_automatic_answer_changes_nothing(told: App) -> None:
    read_bounces(told, piped(auto_reply("Auto-Submitted: auto-replied", to=("To", path_of(told)))))
    assert (reader(told).state, changes(told), noted(told)[0].kind) == (ACTIVE, [], BounceKind.AUTO_REPLY)


def test_a_full_mailbox_rests_longer_each_time_and_is_then_given_up(told: App, clock: Clock) -> None:
    pauses = []
    for _ in PAUSES:
        bounce(told, *FULL)
        until = reader(told).backed_off_until
        assert until is not None
        pauses.append((until - clock.now) / timedelta(hours=1))
        clock.now = until
    assert (pauses, reader(told).state) == ([2, 4, 8, 16, 32, 64], ACTIVE)
    bounce(told, *FULL)
    assert (reader(told).state, changes(told)[-1]) == (BANNED, ("banned", "it bounced 7 times in a row"))


def test_what_comes_back_during_a_pause_is_of_the_same_trouble(told: App, clock: Clock) -> None:
    bounce(told, *FULL)
    clock.forward(hours=1)
    bounce(told, *FULL)
    assert (reader(told).soft_bounces, len(noted(told))) == (1, 2)


@pytest.mark.both_kinds
def test_mail_for_a_mailbox_in_trouble_waits_and_leaves_after_the_pause(
    told: App, clock: Clock, office: PostOffice
) -> None:
    next_week(clock)
    bounce(told, *FULL)
    send_news(told, "two")
    anna = newest_deliveries(told.db)["anna"]
    assert (anna.state, anna.retry_at, office.copies["anna"]) == (DEFERRED, reader(told).backed_off_until, 1)
    clock.forward(hours=2)
    deliver(told)
    assert (newest_deliveries(told.db)["anna"].state, office.copies["anna"]) == (SENT, 2)


def test_mail_for_a_mailbox_that_is_given_up_is_skipped_as_bounced(told: App, clock: Clock) -> None:
    next_week(clock)
    add_news(told.db, clock.now, "two", "food")
    make_edition(told, Cadence.WEEKLY)
    read_bounces(told, piped(report("5.1.1", "x", to=("To", path_of(told)))))
    deliver(told)
    anna = newest_deliveries(told.db)["anna"]
    assert (anna.state, anna.reason) == (SKIPPED, DeliveryReason.BOUNCED)


def test_a_mail_that_stays_where_it_went_clears_the_count(told: App, clock: Clock) -> None:
    bounce(told, *FULL)
    next_week(clock)
    send_news(told, "two")
    clock.forward(days=STOOD.days - 0.1)
    deliver(told)
    assert reader(told).soft_bounces == 1
    clock.forward(days=0.1)
    deliver(told)
    assert (reader(told).soft_bounces, reader(told).backed_off_until) == (0, None)


def test_a_mail_that_came_back_clears_nothing(told: App, clock: Clock) -> None:
    bounce(told, *FULL)
    next_week(clock)
    send_news(told, "two")
    bounce(told, *FULL)
    clock.forward(days=STOOD.days)
    deliver(told)
    assert reader(told).soft_bounces == 2


def test_a_recipient_refused_while_we_talk_is_a_bounce(app: App, clock: Clock, office: PostOffice) -> None:
    office.moods["anna"] = "refuse"
    enrol(app.db, clock.now, "anna")
    send_news(mailing(app, office.port), "one")
    assert (reader(app).state, [row.kind for row in noted(app)]) == (BANNED, [BounceKind.HARD])


@pytest.mark.both_kinds
def test_the_same_report_counts_once_however_often_it_is_read(told: App) -> None:
    raw = report(*FULL, to=("To", path_of(told)))
    assert read_bounces(told, piped(raw)).total() == 1
    assert read_bounces(told, piped(raw)).total() == 0
    assert (reader(told).soft_bounces, len(noted(told))) == (1, 1)


@pytest.mark.both_kinds
def test_without_a_return_path_our_message_id_says_whose_it_was(told: App) -> None:
    anna = newest_deliveries(told.db)["anna"]
    read_bounces(told, piped(report("5.1.1", "x", original=f"Message-ID: {anna.message_id}\r\n")))
    assert (reader(told).state, noted(told)[0].delivery_id) == (BANNED, anna.id)


def test_what_anybody_could_have_written_is_noted_and_changes_nothing(told: App) -> None:
    number = newest_deliveries(told.db)["anna"].id
    read_bounces(told, piped(report("5.1.1", "x", original=f"X-Karkivahti-Delivery: {number}\r\n")))
    [row] = noted(told)
    assert (reader(told).state, row.delivery_id, row.detail.startswith("not signed by us")) == (ACTIVE, number, True)


def test_a_report_on_nothing_of_ours_is_kept_for_a_person(told: App) -> None:
    forged = mime.message_id(b"another installation's", 1, 1, "vahti.example")
    read_bounces(told, piped(report("5.1.1", "x", original=f"Message-ID: {forged}\r\n")))
    assert [(row.subscriber_id, row.delivery_id) for row in noted(told)] == [(None, None)]


@pytest.mark.both_kinds
def test_a_letter_that_comes_back_counts_like_a_digest(told: App, clock: Clock) -> None:
    with told.db.write() as session:
        letter = Letter(
            subscriber_id=reader(told).id or 0,
            kind=LetterKind.PREFERENCES,
            recipient="anna@reader.example",
            message_id="<x>",
            message=b"",
            made_at=clock.now,
        )
        session.add(letter)
        session.flush()
        path = envelope_sender(told.settings.mail, told.secret, LETTER_BOUNCE, letter.id or 0)
    read_bounces(told, piped(report("5.1.1", "x", to=("To", path))))
    assert reader(told).state is BANNED


RESTS = "rests"
WHAT_FOLLOWS = {
    HARD: BANNED,
    COMPLAINT: BANNED,
    SOFT: RESTS,
    POLICY: ACTIVE,
    AUTO_REPLY: ACTIVE,
}


@pytest.mark.parametrize("name", SHARED_KINDS)
def test_what_strangers_servers_wrote_has_the_right_effect(told: App, shared: Path, name: str) -> None:
    raw = (shared / "cases/bounces" / f"{name}.eml").read_bytes()
    path = path_of(told).lower().encode()
    read_bounces(told, piped(raw.replace(b"RETURNPATH", path).replace(b"To: bounces@vahti.example", b"To: " + path)))
    [row] = noted(told)
    anna = reader(told)
    assert (row.kind, row.subscriber_id) == (SHARED_KINDS[name], anna.id)
    assert (RESTS if anna.backed_off_until else anna.state) == WHAT_FOLLOWS[row.kind]


def test_who_left_by_hand_is_not_banned_by_a_late_bounce(told: App) -> None:
    path = path_of(told)
    with told.db.write() as session:
        session.exec(select(Subscriber)).one().state = SubscriberState.LEFT
    read_bounces(told, piped(report("5.1.1", "x", to=("To", path))))
    assert (reader(told).state, changes(told)) == (SubscriberState.LEFT, [])


# --- where they lie ---------------------------------------------------------------------------------------------------


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    return tmp_path / "Maildir"


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_maildir_is_read_and_its_mails_marked_as_seen(told: App, maildir: Path) -> None:
    (maildir / "new" / "1.a").write_bytes(report("5.1.1", "x", to=("To", path_of(told))))
    (maildir / "cur" / "2.b:2,").write_bytes(auto_reply("Auto-Submitted: auto-replied"))
    (maildir / "cur" / "3.c:2,RS").write_bytes(b"seen already")
    assert read_bounces(told, in_maildir(maildir)) == {BounceKind.HARD: 1, BounceKind.AUTO_REPLY: 1}
    assert (names(maildir / "new"), names(maildir / "cur")) == ([], ["1.a:2,S", "2.b:2,S", "3.c:2,RS"])
    assert read_bounces(told, in_maildir(maildir)).total() == 0


def test_a_mail_is_marked_only_when_its_row_is_there(told: App, maildir: Path) -> None:
    (maildir / "new" / "1.a").write_bytes(report("5.1.1", "x", to=("To", path_of(told))))
    [mail] = in_maildir(maildir)
    with pytest.raises(RuntimeError, match="died"):
        read_bounces(told, [mail._replace(done=dies)])
    assert (len(noted(told)), names(maildir / "new")) == (1, ["1.a"])
    assert read_bounces(told, in_maildir(maildir)).total() == 0
    assert (len(noted(told)), names(maildir / "new")) == (1, [])


def dies() -> None:
    raise RuntimeError("died")


def test_a_folder_that_is_no_maildir_is_named_and_a_run_of_the_history(told: App, tmp_path: Path) -> None:
    with refused(MailboxError, "is not a Maildir"):
        read_bounces(told, in_maildir(tmp_path / "elsewhere"))
    with told.db.read() as session:
        run = newest_run(session, "bounces")
    assert run is not None
    assert (run.verdict, run.reasons[0].detail) == (Verdict.FAILED, "MailboxError")


def test_a_reading_is_a_run_of_the_history_where_there_was_something_to_read(told: App, maildir: Path) -> None:
    read_bounces(told, in_maildir(maildir))
    (maildir / "new" / "1.a").write_bytes(auto_reply("Auto-Submitted: auto-replied"))
    read_bounces(told, in_maildir(maildir))
    with told.db.read() as session:
        assert [run.counts for run in recent_runs(session) if run.job == "bounces"] == [{"auto_reply": 1}]


def test_an_automatic_answer_does_not_keep_a_mailbox_from_being_well(told: App, clock: Clock) -> None:
    bounce(told, *FULL)
    next_week(clock)
    send_news(told, "two")
    read_bounces(told, piped(auto_reply("Auto-Submitted: auto-replied", to=("To", path_of(told)))))
    clock.forward(days=STOOD.days)
    deliver(told)
    assert reader(told).soft_bounces == 0


def test_a_scheduled_service_reads_bounces_only_where_a_source_is_named(app: App, tmp_path: Path) -> None:
    named = with_settings(app, bounces={"source": "maildir", "path": tmp_path})
    assert "bounces" not in jobs(app, asyncio.Event())
    assert jobs(named, asyncio.Event())["bounces"][0] == "*/15 * * * *"


def test_bounces_are_listed_newest_first_with_whose_they_were(told: App) -> None:
    bounce(told, *FULL)
    read_bounces(told, piped(auto_reply("Auto-Submitted: auto-replied")))
    with told.db.read() as session:
        listed = bounces.list_bounces(session, [], None)
    assert [(row.kind, owner and owner.address) for row, owner in listed] == [
        (BounceKind.AUTO_REPLY, None),
        (BounceKind.SOFT, "anna@reader.example"),
    ]
