"""All that is held on one person: handed over whole, and taken away without a rest."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel

from db.audit import Signed, by_reader
from db.bounces import Bounce, BounceKind
from db.deliveries import DeliveryState
from db.subscribers import Cadence, SubscriberState
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition
from jobs.editions.verify import verify
from jobs.readers.optin import sign_up
from jobs.readers.preferences import mute
from jobs.readers.privacy import erase, export_person
from tests.jobs.subscribing import FOOD, all_letters, history, joined, reader, sign_up_form, state
from tests.jobs.world import MONDAY, Clock, PostOffice, add_news, mailing, newest_deliveries
from tests.support.refused import refused
from tracker.errors import InputFaults, NotFound

OPERATOR = Signed("operator", "asked for it by telephone", MONDAY)


def life(app: App, clock: Clock, port: int, name: str = "anna") -> int:
    """A reader with an edition, a muted call, and a returned mail. Gives back the id."""
    anna = joined(app, name, FOOD, actor=f"{name} Oy")
    call = add_news(app.db, clock.now, f"call-{len(name)}", "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(mailing(app, port))
    mute(app, anna, call, by_reader(app.clock()))
    with app.db.write() as session:
        bounce = Bounce(
            at=clock.now,
            kind=BounceKind.SOFT,
            subscriber_id=anna,
            detail=f"{name} is over quota",
            hash=f"of mail {anna}",
        )
        session.add(bounce)
    return anna


def everything(app: App) -> str:
    """The whole database, as text; bytes are read as Latin letters."""
    with app.db.engine.connect() as connection:
        rows = [tuple(row) for table in SQLModel.metadata.sorted_tables for row in connection.execute(sa.select(table))]
    return " ".join(v.decode("latin-1") if isinstance(v, bytes) else str(v) for row in rows for v in row)


@pytest.mark.both_kinds
def test_an_export_holds_everything_as_one_document(app: App, clock: Clock, office: PostOffice, tmp_path: Path) -> None:
    done = export_person(app, life(app, clock, office.port), tmp_path / "anna")
    held: dict[str, Any] = json.loads(done.document.read_text("utf-8"))
    assert held["subscriber"]["address"] == "anna@reader.example"
    assert held["actor"]["name"] == "anna Oy"
    assert [one["spearheads"] for one in held["interests"]] == [["food"]]
    assert [(one["choice"], one["call"]) for one in held["choices"]] == [("mute", "Food call call-4")]
    assert [one["act"] for one in held["consents"]] == ["asked", "confirmed"]
    assert [one["what"] for one in held["history"]] == ["asked", "confirmed", "muted"]
    assert [(one["kind"], one["state"]) for one in held["letters"]] == [("confirm", "sent"), ("receipt", "sent")]
    assert [(one["kind"], one["period"], one["state"]) for one in held["editions"]] == [("weekly", "2026-W25", "sent")]
    assert [one["call"] for one in held["told"]] == ["Food call call-4"]
    assert [one["detail"] for one in held["bounces"]] == ["anna is over quota"]


@pytest.mark.both_kinds
def test_every_mail_is_exported_as_it_was_sent_to_the_byte(
    app: App, clock: Clock, office: PostOffice, tmp_path: Path
) -> None:
    done = export_person(app, life(app, clock, office.port), tmp_path)
    assert Counter(file.read_bytes() for file in tmp_path.glob("*.eml")) == Counter(office.mails)
    assert done.mails == len(office.mails) == 3


def test_an_export_holds_nothing_of_anybody_else(app: App, clock: Clock, office: PostOffice, tmp_path: Path) -> None:
    life(app, clock, office.port, "bertta")
    export_person(app, life(app, clock, office.port, "anna"), tmp_path / "out")
    assert not any(b"bertta@" in file.read_bytes() for file in (tmp_path / "out").iterdir())


def test_nobody_is_exported_who_is_not_there(app: App, tmp_path: Path) -> None:
    with refused(NotFound, "there is no subscriber 7"):
        export_person(app, 7, tmp_path)


@pytest.mark.both_kinds
def test_an_erased_person_is_nowhere_and_the_counts_stay(app: App, clock: Clock, office: PostOffice) -> None:
    anna = life(app, clock, office.port)
    assert "anna@reader.example" in everything(app)
    erase(app, anna, OPERATOR)
    assert "anna" not in everything(app)
    with app.db.read() as session:
        tables = SQLModel.metadata.tables
        rows = {
            n: session.connection().execute(sa.select(sa.func.count()).select_from(tables[n])).scalar() for n in COUNTED
        }
    assert rows == COUNTED


COUNTED = {
    "subscribers": 1,
    "deliveries": 1,
    "delivery_items": 1,
    "letters": 2,
    "consents": 2,
    "bounces": 1,
    "interests": 0,
    "call_choices": 0,
    "actors": 0,
    "subscriber_changes": 4,
}


@pytest.mark.both_kinds
def test_what_waits_for_an_erased_person_never_leaves(app: App, clock: Clock, office: PostOffice) -> None:
    anna = joined(app)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    erase(app, anna, OPERATOR)
    deliver(mailing(app, office.port))
    assert office.copies.total() == 0
    with app.db.read() as session:
        assert session.connection().execute(sa.text("SELECT state, reason FROM deliveries")).all() == [
            ("skipped", "erased")
        ]
    assert {(one.state, one.recipient, one.message) for one in all_letters(app)} == {
        (DeliveryState.SKIPPED, None, None)
    }


def test_of_an_erased_person_the_reason_stays_and_what_mail_servers_said_goes(
    app: App, clock: Clock, office: PostOffice
) -> None:
    office.moods["anna"] = "refuse"
    anna = joined(app)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(mailing(app, office.port))
    assert "no such user" in everything(app)
    erase(app, anna, OPERATOR)
    assert "no such user" not in everything(app)
    with app.db.read() as session:
        reasons = set(session.connection().execute(sa.text("SELECT reason FROM letters")).scalars())
    assert reasons == {"mail_server"}
    assert [one for one in verify(app).discrepancies if one.what == "no_reason"] == []


def test_an_erased_address_can_come_back_as_somebody_new(app: App) -> None:
    old = joined(app)
    erase(app, old, OPERATOR)
    sign_up(app, sign_up_form())
    assert (state(app), reader(app).id) == (SubscriberState.PENDING, old + 1)


def test_erasing_twice_erases_once_and_keeps_nothing_but_why(app: App) -> None:
    anna = joined(app)
    erase(app, anna, OPERATOR)
    erase(app, anna, OPERATOR)
    assert history(app, anna) == [
        ("asked", "reader", None),
        ("confirmed", "reader", None),
        ("erased", "operator", "asked for it by telephone"),
    ]


def test_a_reason_with_an_address_is_refused_for_it_would_be_kept(app: App) -> None:
    anna = joined(app)
    with refused(InputFaults, "without an address"):
        erase(app, anna, Signed("operator", "anna@reader.example wrote", MONDAY))
    assert state(app) is SubscriberState.ACTIVE


def test_an_organisation_stays_as_long_as_one_of_its_people_does(app: App) -> None:
    anna, _ = joined(app, "anna", FOOD, actor="Lahti Oy"), joined(app, "bertta", FOOD, actor="Lahti Oy")
    erase(app, anna, OPERATOR)
    assert "Lahti Oy" in everything(app)
    assert newest_deliveries(app.db) == {}
