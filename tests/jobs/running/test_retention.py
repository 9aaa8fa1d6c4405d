"""Retention: exactly what is too old goes, of each kind, and the documents show the table that does it."""

import gzip
import json
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from db.audit import Signed
from db.bounces import Bounce, BounceKind
from db.deliveries import Delivery, DeliveryState
from db.editions import Edition, EditionKind, EditionState, MailContent
from db.letters import Letter
from db.subscribers import Subscriber, SubscriberState
from jobs.base.app import App
from jobs.readers.optin import leave, sign_up
from jobs.running.retention import RETENTION, housekeep
from tests.jobs.subscribing import history, joined, sign_up_form, state
from tests.jobs.world import KEPT_ANYWHERE, Clock, enrol, newest_deliveries, with_settings
from tests.support.places import ROOT
from tracker.config import Settings
from tracker.fetching.http_cache import CachedResponse, HttpCache
from tracker.readings.page_archive import PageStore, kept_runs
from tracker.sources import Page

OLD, YOUNG = timedelta(seconds=1), timedelta(seconds=-1)  # beyond the limit, and within it
DOCUMENT = ROOT / "docs/subscribers.md"


def limit(app: App, what: str) -> timedelta:
    """How long this kind is kept."""
    [kept] = [one for one in RETENTION if one.what == what]
    return timedelta(days=kept.days(app.settings))


def dropped(app: App) -> dict[str, int]:
    """What housekeeping dropped, without the kinds that nothing was dropped of."""
    return {what: count for what, count in housekeep(app).counts.items() if count}


@pytest.mark.both_kinds
def test_sign_ups_that_nobody_confirmed_go_after_their_days(app: App, clock: Clock) -> None:
    start = clock.now
    for name, age in (("old", OLD), ("young", YOUNG)):
        clock.now = start - limit(app, "unconfirmed sign-ups") - age
        sign_up(app, sign_up_form(name))
    clock.now = start
    assert dropped(app) == {"unconfirmed sign-ups": 1}
    assert state(app, "young") is SubscriberState.PENDING
    with app.db.read() as session:
        addresses = set(session.exec(select(Subscriber.address)))
    assert addresses == {"erased:1", "young@reader.example"}
    assert history(app, 1)[-1] == ("erased", "housekeeping", "the sign-up was not confirmed")


@pytest.mark.both_kinds
def test_a_sign_up_that_was_confirmed_stays_and_its_old_wish_goes(app: App, clock: Clock) -> None:
    anna = joined(app)
    clock.forward(days=15)
    assert dropped(app) == {}
    with app.db.read() as session:
        [asked] = [one for one in session.exec(select(Subscriber)) if one.id == anna]
    assert asked.state is SubscriberState.ACTIVE
    assert [what for what, _, _ in history(app, anna)] == ["asked", "confirmed"]


@pytest.mark.both_kinds
def test_letters_lose_their_bytes_and_their_address_after_their_days(app: App, clock: Clock) -> None:
    old = clock.now - limit(app, "letters") - OLD
    who = enrol(app.db, clock.now, "anna")
    with app.db.write() as session:
        for number, (at, state_) in enumerate(
            [(old, DeliveryState.SENT), (old, DeliveryState.RENDERED), (old + OLD - YOUNG, DeliveryState.SENT)]
        ):
            session.add(a_letter(who, at, state_, number))
    assert dropped(app) == {"letters": 2}
    with app.db.read() as session:
        left = session.exec(select(Letter).order_by(col(Letter.id))).all()
    assert [(one.state, one.recipient, one.message) for one in left] == [
        (DeliveryState.SENT, None, None),
        (DeliveryState.SKIPPED, None, None),
        (DeliveryState.SENT, "anna@reader.example", b"bytes"),
    ]


def a_letter(who: int, at: datetime, state_: DeliveryState, number: int) -> Letter:
    return Letter(
        subscriber_id=who,
        kind="receipt",
        recipient="anna@reader.example",
        message_id=f"<{number}@reader.example>",
        message=b"bytes",
        state=state_,
        made_at=at,
    )


@pytest.mark.both_kinds
def test_those_who_left_are_erased_when_the_time_to_undo_it_is_over(app: App, clock: Clock) -> None:
    start = clock.now
    for name, age in (("old", OLD), ("young", YOUNG)):
        clock.now = start - limit(app, "those who left") - age
        leave(app, enrol(app.db, clock.now, name), Signed("operator", "", clock.now))
    clock.now = start
    assert dropped(app)["those who left"] == 1
    assert state(app, "young") is SubscriberState.LEFT
    assert history(app, 1)[-1] == ("erased", "housekeeping", "left, and the time to undo it is over")


@pytest.mark.both_kinds
def test_who_left_before_that_was_noted_goes_too(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now - timedelta(days=100), "anna")
    with app.db.write() as session:
        session.get_one(Subscriber, 1).state = SubscriberState.LEFT
    assert dropped(app) == {"those who left": 1}


@pytest.mark.both_kinds
def test_frozen_mails_go_after_their_days_and_the_deliveries_stay(app: App, clock: Clock) -> None:
    old = clock.now - limit(app, "frozen mails") - OLD
    who = enrol(app.db, clock.now, "anna")
    with app.db.write() as session:
        for number, (at, state_) in enumerate(
            [(old, DeliveryState.SENT), (old, DeliveryState.DEFERRED), (old + OLD - YOUNG, DeliveryState.SENT)]
        ):
            session.add(edition := an_edition(at, number))
            session.flush()
            session.add(content := MailContent(edition_id=edition.id or 0, hash="h", subject="s", template=b"t"))
            session.flush()
            whose = {"edition_id": edition.id or 0, "subscriber_id": who, "content_id": content.id}
            session.add(Delivery(**whose, state=state_, made_at=at))
    assert dropped(app) == {"frozen mails": 1}
    with app.db.read() as session:
        deliveries = session.exec(select(Delivery).order_by(col(Delivery.id))).all()
        contents = set(session.exec(select(MailContent.id)))
    assert [(one.state, one.content_id) for one in deliveries] == [
        (DeliveryState.SENT, None),
        (DeliveryState.DEFERRED, 2),
        (DeliveryState.SENT, 3),
    ]
    assert contents == {2, 3}


def an_edition(at: datetime, number: int) -> Edition:
    return Edition(
        kind=EditionKind.WEEKLY,
        period=f"2020-W{number + 1:02}",
        on=at.date(),
        from_on=at.date(),
        to_on=at.date(),
        to_seq=0,
        planned_at=at,
        state=EditionState.BUILT,
    )


@pytest.mark.both_kinds
def test_what_returned_mails_said_goes_after_its_days_and_that_they_came_stays(app: App, clock: Clock) -> None:
    start = clock.now - limit(app, "what returned mails said")
    with app.db.write() as session:
        for name, age in (("old", OLD), ("young", YOUNG)):
            session.add(Bounce(at=start - age, kind=BounceKind.SOFT, detail=name, hash=name))
    assert dropped(app) == {"what returned mails said": 1}
    with app.db.read() as session:
        assert sorted(session.exec(select(Bounce.detail))) == ["", "young"]


@pytest.mark.both_kinds
def test_kept_pages_go_after_their_days(app: App, clock: Clock) -> None:
    start = clock.now - limit(app, "publishers' pages")
    for name, age in (("old", OLD), ("young", YOUNG)):
        folder = app.settings.data.dir / "pages" / "portal" / name
        folder.mkdir(parents=True)
        (folder / "0001.gz").write_bytes(gzip.compress(b"page"))
        line = {"file": "0001.gz", "url": "", "status": 200, "received_at": (start - age).isoformat()}
        (folder / "index.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert dropped(app) == {"publishers' pages": 1}
    assert [folder.name for folder in (app.settings.data.dir / "pages" / "portal").iterdir()] == ["young"]


@KEPT_ANYWHERE
def test_kept_pages_and_answers_go_wherever_they_lie(app: App, clock: Clock) -> None:
    start = clock.now - limit(app, "publishers' pages")
    memory = HttpCache(app.files, "portal")
    for name, age in (("old", OLD), ("young", YOUNG)):
        asked_at = start - age
        with PageStore(app.files, "portal", name, lambda asked_at=asked_at: asked_at) as kept:  # type: ignore[misc]
            kept.add(Page("http://a/", b"page", "s"))
        memory.note(name, CachedResponse("http://a/", 200, {}, b"page", asked_at))
    memory.keep()
    assert dropped(app) == {"publishers' pages": 2}
    assert kept_runs(app.files, "portal") == {"young"}
    assert (memory.recall("old"), memory.recall("young") is None) == (None, False)


@pytest.mark.both_kinds
def test_readers_and_what_they_were_told_stay(app: App, clock: Clock) -> None:
    joined(app)
    clock.forward(days=3000)
    dropped(app)
    assert (state(app), newest_deliveries(app.db)) == (SubscriberState.ACTIVE, {})


@pytest.mark.both_kinds
def test_the_days_are_the_configurations(app: App, clock: Clock) -> None:
    sign_up(app, sign_up_form())
    clock.forward(days=8)
    assert dropped(with_settings(app, retention={"pending_days": 7})) == {"unconfirmed sign-ups": 1}


def test_the_documents_show_the_table_that_is_enforced() -> None:
    rows = [f"| {one.what} | {one.where} | {one.days(Settings())} (`{one.key}`) | {one.why} |" for one in RETENTION]
    assert [row for row in rows if row not in DOCUMENT.read_text("utf-8").splitlines()] == []
