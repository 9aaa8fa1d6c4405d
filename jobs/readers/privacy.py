"""Persons: all that is held on one, handed over or taken away.

Does not decide how long it is held (`jobs.running.retention`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session

from db import bounces, calls, consents, deliveries, letters, send_queue, subscribers
from db.audit import Signed
from db.deliveries import DeliveryReason
from db.regions import find_ours
from db.subscribers import Actor, Subscriber, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from jobs.delivery.deliver import messages
from jobs.readers.preferences import append_history
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun

JSON: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class Export:
    """What an export wrote: one document, and the mails as they were sent."""

    document: Path
    mails: int


def export_person(app: App, subscriber_id: int, out: Path) -> Export:
    """Write everything held on a person into a folder: subscription.json, and each mail they got as an .eml.

    An edition is made again from the ledger, byte for byte; those whose frozen mail is dropped by now are in the
    document only. NotFound where there is no such subscriber.
    """
    out.mkdir(parents=True, exist_ok=True)
    with app.db.read() as session:
        found = _known(find_ours(session, Subscriber, subscriber_id), subscriber_id)
        document = held_on(session, found)
        got = send_queue.got_by(session, subscriber_id)
        written = letters.letters_of(session, subscriber_id)
    message = messages(app)
    mails = {f"edition-{one.edition_id}.eml": message(one) for one in got}
    mails |= {f"letter-{one.id}-{one.kind}.eml": one.message for one in written if one.message}
    for name, content in mails.items():
        (out / name).write_bytes(content)
    file = out / "subscription.json"
    file.write_bytes(JSON.dump_json(document, indent=2))
    return Export(file, len(mails))


def held_on(session: Session, subscriber: Subscriber) -> dict[str, Any]:
    """Everything held on a person, as one document; the bytes of mails are not in it."""
    subscriber_id = subscriber.id or 0
    told = deliveries.told_to(session, subscriber_id)
    choices = subscribers.choices_of(session, [subscriber_id]).get(subscriber_id, [])
    titles = calls.calls_by_id(session, {one.call_id for one in told} | {one.call_id for one in choices})
    return {
        "subscriber": subscriber.model_dump(),
        "actor": actor.model_dump() if (actor := _actor(session, subscriber)) else None,
        "interests": [
            one.model_dump() for one in subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, ())
        ],
        "choices": [one.model_dump() | {"call": titles[one.call_id].title} for one in choices],
        "consents": [one.model_dump() for one in consents.consents_of(session, subscriber_id)],
        "history": [one.model_dump() for one in subscribers.history_of(session, subscriber_id)],
        "letters": [one.model_dump(exclude={"message"}) for one in letters.letters_of(session, subscriber_id)],
        "editions": [
            one.model_dump() | {"kind": edition.kind, "period": edition.period}
            for one, edition in deliveries.deliveries_of(session, subscriber_id)
        ],
        "told": [one.model_dump() | {"call": titles[one.call_id].title} for one in told],
        "bounces": [one.model_dump() for one in bounces.bounces_of(session, subscriber_id)],
    }


def count_held(session: Session, subscriber: Subscriber) -> dict[str, int]:
    """How many of each are held on a person."""
    return {name: len(many) for name, many in held_on(session, subscriber).items() if isinstance(many, list)}


def _actor(session: Session, subscriber: Subscriber) -> Actor | None:
    return find_ours(session, Actor, subscriber.actor_id) if subscriber.actor_id else None


def erase(app: App, subscriber_id: int, signed: Signed) -> Subscriber:
    """Take a person out of everything, for good: no address and no wish stays, the ledger's counts do.

    InputFaults for a reason with an address in it; NotFound where there is no such subscriber.
    """
    if "@" in signed.reason:
        raise InputFaults(Fault(Code.ADDRESS_IN_REASON, "reason"))
    with app.db.write() as session:
        found = _known(subscribers.held(session, subscriber_id), subscriber_id)
        if found.state is SubscriberState.ERASED:
            return found
        send_queue.skip_waiting(session, subscriber_id, DeliveryReason.ERASED, app.clock())
        deliveries.redact_deliveries(session, subscriber_id)
        letters.redact_letters(session, subscriber_id, app.clock())
        consents.redact_consents(session, subscriber_id)
        bounces.redact_bounces(session, subscriber_id)
        subscribers.redact_subscriber(session, found)
        append_history(session, app, subscriber_id, SubscriptionEvent.ERASED, signed)
    return found


def _known(found: Subscriber | None, subscriber_id: int) -> Subscriber:
    if found is None:
        raise NotFound(Noun.SUBSCRIBER, subscriber_id)
    return found
