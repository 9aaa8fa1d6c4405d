"""Privacy: export or erase everything held on a person.

How long it is held otherwise is decided in `jobs.running.retention`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlmodel import Session

from db import bounces, calls, consents, deliveries, erasure, letters, owed, reports, send_queue, subscribers
from db.audit import Signed
from db.deliveries import DeliveryReason
from db.regions import find_ours
from db.subscribers import Actor, Subscriber, SubscriberState, SubscriptionEvent
from jobs.base.app import App
from jobs.delivery.deliver import Messages
from jobs.readers.preferences import append_history
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun
from tracker.files import write_whole

JSON: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class Export:
    """What an export wrote: one document, and this many mails as they were sent."""

    document: Path
    mails: int


def export_person(app: App, subscriber_id: int, out: Path) -> Export:
    """Write everything held on a person into a folder: subscription.json, and each mail they got as an .eml file.

    Editions are rebuilt from the ledger, byte for byte; those whose frozen mail is gone by now are only in the
    document. NotFound if there is no such subscriber.
    """
    out.mkdir(parents=True, exist_ok=True)
    with app.db.read() as session:
        subscriber = _known(find_ours(session, Subscriber, subscriber_id), subscriber_id)
        document = held_on(session, subscriber)
        delivered = send_queue.got_by(session, subscriber_id)
        written = letters.letters_of(session, subscriber_id)
    message = Messages(app)
    mails = {f"edition-{delivery.edition_id}.eml": message(delivery) for delivery in delivered}
    mails |= {f"letter-{letter.id}-{letter.kind}.eml": letter.message for letter in written if letter.message}
    for name, content in mails.items():
        write_whole(out / name, content)
    file = out / "subscription.json"
    write_whole(file, _as_file(document))
    return Export(file, len(mails))


def document_of(app: App, subscriber_id: int) -> bytes:
    """Return everything held on a person as one JSON document; NotFound if there is no such subscriber."""
    with app.db.read() as session:
        return _as_file(held_on(session, _known(find_ours(session, Subscriber, subscriber_id), subscriber_id)))


def _as_file(document: dict[str, Any]) -> bytes:
    return JSON.dump_json(document, indent=2)


def held_on(session: Session, subscriber: Subscriber) -> dict[str, Any]:
    """Gather everything held on a person in one document, without the bytes of mails."""
    subscriber_id = subscriber.id or 0
    mentions = deliveries.told_to(session, subscriber_id)
    choices = subscribers.choices_of(session, [subscriber_id]).get(subscriber_id, [])
    titles = calls.calls_by_id(session, {row.call_id for row in mentions} | {row.call_id for row in choices})
    return {
        "subscriber": subscriber.model_dump(),
        "actor": actor.model_dump() if (actor := _actor(session, subscriber)) else None,
        "interests": [
            row.model_dump() for row in subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, ())
        ],
        "choices": [row.model_dump() | {"call": titles[row.call_id].title} for row in choices],
        "consents": [row.model_dump() for row in consents.consents_of(session, subscriber_id)],
        "history": [row.model_dump() for row in subscribers.history_of(session, subscriber_id)],
        "letters": [row.model_dump(exclude={"message"}) for row in letters.letters_of(session, subscriber_id)],
        "editions": [
            row.model_dump() | {"kind": edition.kind, "period": edition.period}
            for row, edition in deliveries.deliveries_of(session, subscriber_id)
        ],
        "told": [row.model_dump() | {"call": titles[row.call_id].title} for row in mentions],
        "owed": owed.owed_to(session, [subscriber_id]).get(subscriber_id, []),
        "bounces": [row.model_dump() for row in bounces.bounces_of(session, subscriber_id)],
        "reports": [row.model_dump() for row in reports.reports_from(session, subscriber.address)],
    }


def count_held(session: Session, subscriber: Subscriber) -> dict[str, int]:
    """Count what is held on a person, by kind."""
    return {name: len(many) for name, many in held_on(session, subscriber).items() if isinstance(many, list)}


def _actor(session: Session, subscriber: Subscriber) -> Actor | None:
    return find_ours(session, Actor, subscriber.actor_id) if subscriber.actor_id else None


def erase(app: App, subscriber_id: int, signed: Signed) -> Subscriber:
    """Erase a person for good: no address and no interest stays, only the ledger's counts.

    InputFaults for a reason with an address in it; NotFound if there is no such subscriber.
    """
    if "@" in signed.reason:
        raise InputFaults(Fault(Code.ADDRESS_IN_REASON, "reason"))
    with app.db.write() as session:
        subscriber = _known(subscribers.held(session, subscriber_id), subscriber_id)
        if subscriber.state is SubscriberState.ERASED:
            return subscriber
        send_queue.skip_waiting(session, subscriber_id, DeliveryReason.ERASED, app.clock())
        deliveries.redact_deliveries(session, subscriber_id)
        answers = [row.letter_id for row in reports.reports_from(session, subscriber.address) if row.letter_id]
        letters.redact_letters(session, subscriber_id, answers, app.clock())
        reports.redact_reports(session, subscriber.address)
        consents.redact_consents(session, subscriber_id)
        bounces.redact_bounces(session, subscriber_id)
        owed.forget(session, subscriber_id)
        erasure.redact_subscriber(session, subscriber)
        append_history(session, app, subscriber_id, SubscriptionEvent.ERASED, signed)
    return subscriber


def _known(subscriber: Subscriber | None, subscriber_id: int) -> Subscriber:
    if subscriber is None:
        raise NotFound(Noun.SUBSCRIBER, subscriber_id)
    return subscriber
