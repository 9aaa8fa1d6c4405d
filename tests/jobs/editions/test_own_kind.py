"""What a reader's kind of organisation surely may not apply for is withheld for that; what is unknown stays in."""

import pytest

from db import subscribers
from db.editions import WithheldReason
from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding, replace_eligibility
from db.subscribers import ActorType, Cadence, Interest, Subscriber
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.editions.verify import Withheld, verify
from jobs.publishing.catalogue import CallQuery, chosen
from jobs.readers.preferences import switch_own_kind
from tests.jobs.editions.test_beside import is_proved, text_to, told_to
from tests.jobs.rulebook.archive import ME
from tests.jobs.world import Clock, add_news, enrol

SHUT = {Withheld(WithheldReason.NOT_FOR_THEM): 1}
LEFT_OUT = "Calls that companies may not apply for are left out, as that is your kind of organisation."


def add_shut(app: App, key: str, *shut: Applicant, certainty: Certainty = Certainty.OFFICIAL) -> int:
    """A new call about food that these may not apply for."""
    call_id = add_news(app.db, app.clock(), key, "food")
    found = Finding(facts=shut, basis=Basis.WORDS, evidence="A sentence.", certainty=certainty)
    with app.db.write() as session:
        replace_eligibility(session, {call_id: Eligibility(no=shut, findings=(found,))}, "a test")
    return call_id


def enrol_as(app: App, name: str, kind: ActorType, *interests: Interest) -> int:
    reader = enrol(app.db, app.clock(), name, interests=interests)
    with app.db.write() as session:
        actor = subscribers.actor_named(session, f"{name}'s", kind, None)
        session.get_one(Subscriber, reader).actor_id = actor.id
    return reader


def test_what_is_shut_to_a_readers_own_kind_is_withheld_and_the_mail_says_so(app: App, clock: Clock) -> None:
    company, town = enrol_as(app, "anna", ActorType.COMPANY), enrol_as(app, "bertta", ActorType.MUNICIPALITY)
    add_shut(app, "one", Applicant.SME, Applicant.LARGE_COMPANY)
    add_news(app.db, clock.now, "unknown", "food")
    make_edition(app, Cadence.WEEKLY)
    assert [seq for _, seq, _ in told_to(app.db, company)] == [2]
    assert [seq for _, seq, _ in told_to(app.db, town)] == [1, 2]
    assert LEFT_OUT in text_to(app, "anna")
    assert is_proved(app)
    assert verify(app).withheld == SHUT


@pytest.mark.parametrize(
    ("shut", "certainty"),
    [
        ((Applicant.SME,), Certainty.OFFICIAL),  # nobody knows how large the reader's company is
        ((Applicant.SME, Applicant.LARGE_COMPANY), Certainty.GENERAL),  # usually
        ((), Certainty.OFFICIAL),
    ],
)
def test_what_is_not_surely_shut_is_told(app: App, shut: tuple[Applicant, ...], certainty: Certainty) -> None:
    anna = enrol_as(app, "anna", ActorType.COMPANY)
    add_shut(app, "one", *shut, certainty=certainty)
    make_edition(app, Cadence.WEEKLY)
    assert [seq for _, seq, _ in told_to(app.db, anna)] == [1]


def test_a_reader_who_switches_it_off_or_has_no_kind_is_told_all(app: App) -> None:
    anna, bertta = enrol_as(app, "anna", ActorType.COMPANY), enrol_as(app, "bertta", ActorType.OTHER)
    switch_own_kind(app, anna, is_on=False, signed=ME)
    add_shut(app, "one", *Applicant)
    make_edition(app, Cadence.WEEKLY)
    assert [len(told_to(app.db, reader)) for reader in (anna, bertta)] == [1, 1]
    assert "are left out, as that is your kind" not in text_to(app, "anna") + text_to(app, "bertta")


def test_the_audience_of_an_interest_goes_before_the_readers_own_kind(app: App) -> None:
    readers = [
        enrol_as(app, name, kind, Interest(spearheads=("food",), audience=("municipality",)))
        for name, kind in (("anna", ActorType.COMPANY), ("bertta", ActorType.OTHER))
    ]
    add_shut(app, "one", Applicant.SME, Applicant.LARGE_COMPANY)
    add_shut(app, "two", Applicant.PUBLIC)
    make_edition(app, Cadence.WEEKLY)
    assert [[seq for _, seq, _ in told_to(app.db, reader)] for reader in readers] == [[1], [1]]
    assert is_proved(app)
    assert verify(app).withheld == {Withheld(WithheldReason.NOT_FOR_THEM): 2}


def test_a_followed_call_is_told_and_another_interest_that_it_is_open_to_tells_it(app: App) -> None:
    food = Interest(spearheads=("food",))
    anna = enrol_as(app, "anna", ActorType.COMPANY, food, Interest(spearheads=("food",), audience=("association",)))
    add_shut(app, "one", Applicant.SME, Applicant.LARGE_COMPANY)
    make_edition(app, Cadence.WEEKLY)
    assert [seq for _, seq, _ in told_to(app.db, anna)] == [1]
    assert is_proved(app)


def test_the_feed_of_an_interest_leaves_out_what_its_mails_leave_out(app: App) -> None:
    enrol_as(app, "anna", ActorType.COMPANY)
    add_shut(app, "one", Applicant.SME, Applicant.LARGE_COMPANY)
    add_news(app.db, app.clock(), "two", "food")
    with app.db.read() as session:
        assert [call.call.key for call in chosen(session, app, CallQuery(interest=1))] == ["two"]
