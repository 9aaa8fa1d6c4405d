"""Invitations: each address is asked once by one letter; nobody is subscribed by it, and who left is not asked."""

from datetime import timedelta
from typing import Any

import pytest

from db.subscribers import SubscriberState
from jobs.base.app import App
from jobs.readers.invitations import MOST_INVITED, InviteOutcome, invite, read_invitations
from jobs.readers.optin import confirm_by_link, leave
from jobs.running.retention import housekeep
from tests.jobs.rulebook.archive import ME
from tests.jobs.subscribing import all_letters, body, joined, kinds, reader, state, token
from tests.jobs.world import clock_of
from tests.support.refused import refused
from tracker.errors import InputFaults

FOOD: dict[str, Any] = {"language": "en", "interests": [{"spearheads": ["food"]}]}


def invited(app: App, text: str) -> dict[str, str]:
    """Invite a pasted list; what became of each, by name."""
    done = invite(app, read_invitations(app, text, FOOD), ME)
    return {one.address.partition("@")[0]: one.outcome.value for one in done}


def test_an_invitation_asks_and_only_who_confirms_subscribes(app: App) -> None:
    assert invited(app, "anna@reader.example, ben@reader.example") == {"anna": "invited", "ben": "invited"}
    assert kinds(app) == ["confirm", "confirm"]
    text = " ".join(body(all_letters(app)[0]).split())
    assert "You are invited to get the Kärkivahti digest" in text
    assert "Somebody asked" not in text
    assert (state(app, "anna"), state(app, "ben")) == (SubscriberState.PENDING, SubscriberState.PENDING)
    confirm_by_link(app, token(app, "anna"))
    assert state(app, "anna") is SubscriberState.ACTIVE


def test_nobody_is_asked_twice_and_who_subscribes_or_left_is_not_asked(app: App) -> None:
    joined(app, "anna")
    leave(app, joined(app, "gone"), ME)
    before = len(all_letters(app))
    pasted = "anna@reader.example\ngone@reader.example\nnew@reader.example"
    assert invited(app, pasted) == {"anna": "subscribes", "gone": "left", "new": "invited"}
    assert invited(app, "NEW@reader.example") == {"new": "asked_lately"}
    assert len(all_letters(app)) == before + 1


@pytest.mark.parametrize("name", ["silent", "gone"])
def test_not_even_after_the_address_was_erased_until_the_time_is_over(app: App, name: str) -> None:
    if name == "gone":
        leave(app, joined(app, "gone"), ME)
    else:
        invited(app, "silent@reader.example")
    clock_of(app).forward(days=60)
    housekeep(app)
    with pytest.raises(KeyError):
        reader(app, name)
    assert invited(app, f"{name}@reader.example") == {name: "asked_lately"}
    clock_of(app).now += timedelta(days=app.settings.retention.invitations_days)
    housekeep(app)
    assert invited(app, f"{name}@reader.example") == {name: "invited"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("anna@reader.example\nnot an address\nben@\n", r"line 2: address: 'not' is not an e-mail(.|\n)*line 3"),
        ("address;cadence\nanna@reader.example;hourly\n", "line 2: cadence: 'hourly' is not one of"),
        ("", "this is missing"),
        ("\n".join(f"r{n}@reader.example" for n in range(MOST_INVITED + 1)), f"name at most {MOST_INVITED}"),
    ],
)
def test_every_bad_line_is_named_and_nobody_is_asked(app: App, text: str, says: str) -> None:
    with refused(InputFaults, says):
        invited(app, text)
    assert all_letters(app) == []


def test_a_list_without_an_interest_is_refused_once(app: App) -> None:
    with pytest.raises(InputFaults) as caught:
        read_invitations(app, "a@reader.example b@reader.example", {"interests": [{"spearheads": []}]})
    assert len(caught.value.faults) == 1


def test_a_roster_brings_its_own_choices(app: App) -> None:
    rows = "sähköposti;kärjet;rytmi\nanna@reader.example;circular;kuukausittain\n"
    [one] = invite(app, read_invitations(app, rows, FOOD), ME)
    assert (one.outcome, reader(app, "anna").cadence) == (InviteOutcome.INVITED, "monthly")
