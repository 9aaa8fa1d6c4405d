"""Look up subscribers for the operator: one by address or number, or all as a list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from db import consents, letters, subscribers
from db.calls import Call
from db.consents import Consent
from db.letters import Letter
from db.regions import find_ours
from db.subscribers import LISTS, CallChoice, Interest, Subscriber, SubscriberState
from db.types import LARGEST
from jobs.base.app import App
from jobs.readers.letters import order_of
from jobs.readers.preferences import ask_for_link, standing
from tracker.addresses import sought_address
from tracker.errors import NotFound, Noun

BATCH = 1000  # subscribers per query


@dataclass(frozen=True, slots=True)
class ListedSubscriber:
    """A mailbox with its interests."""

    subscriber: Subscriber
    interests: tuple[Interest, ...]

    @property
    def follows(self) -> list[str]:
        """What it follows, by keys and queries, whatever an interest is made of."""
        words = [word for interest in self.interests for name in LISTS for word in getattr(interest, name)]
        return [*dict.fromkeys(words), *(interest.query for interest in self.interests if interest.query)]


@dataclass(frozen=True, slots=True)
class SubscriberInFull:
    """A mailbox in full: its interests in words, the calls that it follows or mutes, its consent and its letters."""

    subscriber: Subscriber
    interests: Sequence[str]
    choices: tuple[tuple[CallChoice, Call], ...]
    agreed: Consent | None
    letters: tuple[Letter, ...]


def subscriber_named(session: Session, who: str) -> Subscriber:
    """Find a mailbox by its address or number; NotFound if there is none."""
    address = sought_address(who)
    by_number = find_ours(session, Subscriber, int(who)) if who.isdecimal() and int(who) <= LARGEST else None
    subscriber = by_number or subscribers.mailboxes_at(session, [address]).get(address)
    if subscriber is None:
        raise NotFound(Noun.SUBSCRIBER, who)
    return subscriber


def number_of(app: App, who: str) -> int:
    """Find the number of a mailbox by its address or number; NotFound if there is none."""
    with app.db.read() as session:
        return subscriber_named(session, who).id or 0


def list_subscribers(session: Session, states: Collection[SubscriberState] = ()) -> list[ListedSubscriber]:
    """List the mailboxes in one of these states (none given: in any), with their interests."""
    every = [reader for reader in subscribers.all_subscribers(session) if not states or reader.state in states]
    return [
        listed for start in range(0, len(every), BATCH) for listed in _listed(session, every[start : start + BATCH])
    ]


def found_subscribers(session: Session, words: str, most: int) -> tuple[list[ListedSubscriber], int]:
    """Find mailboxes by a part of their address or their organisation's name: at most `most`, and how many there are.

    An address with letters beyond ASCII is found as it is stored; the erased are not found.
    """
    found, count = subscribers.subscribers_like(session, {words.lower(), sought_address(words)}, most)
    return _listed(session, found), count


def _listed(session: Session, batch: Sequence[Subscriber]) -> list[ListedSubscriber]:
    interests = subscribers.interests_of(session, [reader.id or 0 for reader in batch])
    return [ListedSubscriber(reader, tuple(interests.get(reader.id or 0, ()))) for reader in batch]


def subscriber_in_full(session: Session, app: App, who: str) -> SubscriberInFull:
    """Show one mailbox in full, by its address or number; NotFound if there is none."""
    subscriber = subscriber_named(session, who)
    subscription = standing(session, subscriber)
    return SubscriberInFull(
        subscriber,
        order_of(session, app, subscriber.cadence, subscription.preferences).follows,
        subscription.choices,
        consents.newest_confirmed(session, subscriber.id or 0),
        tuple(letters.letters_of(session, subscriber.id or 0)),
    )


def send_link(app: App, who: str) -> list[Letter]:
    """Write a letter with a fresh link to a mailbox; returns the letters written, perhaps none.

    None is written to a mailbox that receives no mail or has reached its daily limit. NotFound if there is no such
    mailbox.
    """
    with app.db.read() as session:
        subscriber = subscriber_named(session, who)
        before = letters.count_letters(session, subscriber.id or 0)
    ask_for_link(app, subscriber.address)
    with app.db.read() as session:
        return list(letters.letters_of(session, subscriber.id or 0)[before:])
