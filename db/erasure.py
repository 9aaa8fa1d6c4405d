"""Erasure: who of the readers is due to go, and what is taken out of what we hold on a person.

Does not decide how long anything is kept (`jobs.running.retention`).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.regions import get_ours, is_ours
from db.subscribers import (
    Actor,
    CallChoice,
    Interest,
    Subscriber,
    SubscriberChange,
    SubscriberState,
    SubscriptionEvent,
)


def drop_wishes(session: Session, before: datetime) -> None:
    """Delete from the history the settings of sign-ups before this instant, which are confirmed or have expired."""
    of_ours = col(SubscriberChange.subscriber_id).in_(sa.select(col(Subscriber.id)).where(is_ours(session, Subscriber)))
    is_old = (of_ours, col(SubscriberChange.what) == SubscriptionEvent.ASKED, col(SubscriberChange.at) < before)
    session.connection().execute(sa.update(SubscriberChange).where(*is_old).values(detail={}))


def made_before(session: Session, before: datetime) -> list[int]:
    """The ids of the subscribers that signed up before this instant and never confirmed."""
    waits = (is_ours(session, Subscriber), Subscriber.state == SubscriberState.PENDING, Subscriber.created_at < before)
    return [subscriber_id for subscriber_id in session.exec(select(Subscriber.id).where(*waits)) if subscriber_id]


def left_before(session: Session, before: datetime) -> list[int]:
    """The ids of the subscribers that left before this instant; if the time is unknown, their sign-up counts."""
    left_at = sa.func.coalesce(col(Subscriber.left_at), col(Subscriber.created_at))
    gone = (is_ours(session, Subscriber), Subscriber.state == SubscriberState.LEFT, left_at < before)
    return [subscriber_id for subscriber_id in session.exec(select(Subscriber.id).where(*gone)) if subscriber_id]


def redact_subscriber(session: Session, subscriber: Subscriber) -> None:
    """Erase the person from a subscriber's row, history, interests and choices; the row stays for the ledger."""
    for table in (Interest, CallChoice):
        session.connection().execute(sa.delete(table).where(col(table.subscriber_id) == subscriber.id))
    wipe = sa.update(SubscriberChange).where(col(SubscriberChange.subscriber_id) == subscriber.id)
    session.connection().execute(wipe.values(reason=None, detail={}))
    actor_id, subscriber.actor_id = subscriber.actor_id, None
    subscriber.address = f"erased:{subscriber.id}"
    subscriber.state = SubscriberState.ERASED
    subscriber.paused_until = subscriber.backed_off_until = None
    session.add(subscriber)
    session.flush()
    left = select(Subscriber.id).where(is_ours(session, Subscriber), Subscriber.actor_id == actor_id)
    if actor_id and not session.exec(left).first():
        session.delete(get_ours(session, Actor, actor_id))  # a sole trader's name is personal data
