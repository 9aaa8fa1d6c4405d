"""Subscribers as the operator looks them up: by address or number, as a list, and one whole.

Does not change anything about a subscription (`jobs.readers.preferences`, `jobs.readers.optin`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from db import consents, letters, subscribers
from db.calls import Call
from db.consents import Consent
from db.letters import Letter
from db.regions import find_ours
from db.subscribers import CallChoice, Interest, Subscriber, SubscriberState
from db.types import LARGEST
from jobs.base.app import App
from jobs.readers.letters import order_of
from jobs.readers.preferences import ask_for_link, standing
from tracker.errors import NotFound, Noun

BATCH = 1000  # subscribers a query


@dataclass(frozen=True, slots=True)
class ListedSubscriber:
    """A mailbox with its interests."""

    subscriber: Subscriber
    interests: tuple[Interest, ...]

    @property
    def spearheads(self) -> list[str]:
        """What it follows, by the spearheads' keys."""
        return [key for one in self.interests for key in one.spearheads]


@dataclass(frozen=True, slots=True)
class SubscriberInFull:
    """A mailbox whole: its interests in words, the calls that it follows or mutes, its consent and its letters."""

    subscriber: Subscriber
    interests: Sequence[str]
    choices: tuple[tuple[CallChoice, Call], ...]
    agreed: Consent | None
    letters: tuple[Letter, ...]


def subscriber_named(session: Session, who: str) -> Subscriber:
    """The mailbox of an address or a number. NotFound where there is none."""
    address = who.lower()
    by_number = find_ours(session, Subscriber, int(who)) if who.isdecimal() and int(who) <= LARGEST else None
    found = by_number or subscribers.mailboxes_at(session, [address]).get(address)
    if found is None:
        raise NotFound(Noun.SUBSCRIBER, who)
    return found


def number_of(app: App, who: str) -> int:
    """The number of a mailbox by its address or its number. NotFound where there is none."""
    with app.db.read() as session:
        return subscriber_named(session, who).id or 0


def list_subscribers(session: Session, states: Collection[SubscriberState] = ()) -> list[ListedSubscriber]:
    """Every mailbox in one of these states, or in any, with what it follows."""
    found = [one for one in subscribers.all_subscribers(session) if not states or one.state in states]
    return [one for start in range(0, len(found), BATCH) for one in _listed(session, found[start : start + BATCH])]


def _listed(session: Session, some: Sequence[Subscriber]) -> list[ListedSubscriber]:
    interests = subscribers.interests_of(session, [one.id or 0 for one in some])
    return [ListedSubscriber(one, tuple(interests.get(one.id or 0, ()))) for one in some]


def subscriber_in_full(session: Session, app: App, who: str) -> SubscriberInFull:
    """One mailbox whole, by its address or its number. NotFound where there is none."""
    subscriber = subscriber_named(session, who)
    held = standing(session, subscriber)
    return SubscriberInFull(
        subscriber,
        order_of(session, app, subscriber.cadence, held.preferences).follows,
        held.choices,
        consents.newest_confirmed(session, subscriber.id or 0),
        tuple(letters.letters_of(session, subscriber.id or 0)),
    )


def send_link(app: App, who: str) -> list[Letter]:
    """Write a letter with a fresh link to a mailbox; gives back what was written, which may be nothing.

    Nothing is written to a mailbox that takes no mail, or that had its letters of today. NotFound where there is none.
    """
    with app.db.read() as session:
        subscriber = subscriber_named(session, who)
        before = letters.count_letters(session, subscriber.id or 0)
    ask_for_link(app, subscriber.address)
    with app.db.read() as session:
        return list(letters.letters_of(session, subscriber.id or 0)[before:])
