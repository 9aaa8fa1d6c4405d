"""Links: what the link of a letter or mail is good for, before its button is pressed. Nothing here changes anything.

Each has its act in `jobs.readers.optin` or `jobs.readers.preferences`, which checks the link again.
"""

from dataclasses import dataclass

from db import calls
from db.calls import Call
from db.consents import Consent
from db.regions import find_ours
from db.subscribers import Subscriber, SubscriberState
from jobs.base.app import App
from jobs.readers.letters import order_of
from jobs.readers.optin import can_come_back, kept_asking, which_asking, who_comes_back
from jobs.readers.preferences import requested_preferences
from tracker.emails import tokens
from tracker.emails.call_view import Fact
from tracker.emails.service_mails import order_facts
from tracker.errors import Code, NotFound, Noun, Refusal


@dataclass(frozen=True, slots=True)
class Asked:
    """A sign-up that waits: its language, what was ordered line by line, and the text that is agreed to."""

    language: str
    order: tuple[Fact, ...]
    agreed: str


def what_is_asked(app: App, token: str) -> Asked:
    """Show the sign-up that a letter's link confirms; BadToken, ExpiredToken, or Refusal if it is no longer kept."""
    asking_id, _ = which_asking(app, token)
    with app.db.read() as session:
        asking = kept_asking(session, asking_id)
        subscriber = find_ours(session, Subscriber, asking.subscriber_id)
        if subscriber is None or subscriber.state is SubscriberState.ERASED:
            raise Refusal(Code.SIGN_UP_GONE)
        wanted = requested_preferences(subscriber, asking)
        language = wanted.language.value
        order = order_facts(order_of(session, app, wanted.cadence, wanted), language)
        return Asked(language, tuple(order), session.get_one(Consent, asking.detail["consent"]).text)


def who_would_leave(app: App, token: str) -> Subscriber:
    """Return the subscriber whom a mail's link lets leave; BadToken, or NotFound."""
    return _subscriber(app, tokens.verify_token(app.secret, tokens.UNSUBSCRIBE, token))


def who_would_return(app: App, token: str) -> Subscriber:
    """Return the subscriber whom a goodbye's link brings back; BadToken, ExpiredToken, or Refusal if it cannot."""
    subscriber_id, _ = who_comes_back(app, token)
    with app.db.read() as session:
        return can_come_back(find_ours(session, Subscriber, subscriber_id))


def call_not_for_us(app: App, token: str, call_id: int) -> tuple[Subscriber, Call]:
    """Return the reader and the call that a "not for us" is about; BadToken, or NotFound."""
    subscriber = _subscriber(app, tokens.verify_token(app.secret, tokens.FEEDBACK, token))
    with app.db.read() as session:
        call = calls.calls_by_id(session, [call_id]).get(call_id)
    if call is None:
        raise NotFound(Noun.CALL, call_id)
    return subscriber, call


def _subscriber(app: App, subscriber_id: int) -> Subscriber:
    with app.db.read() as session:
        subscriber = find_ours(session, Subscriber, subscriber_id)
    if subscriber is None:
        raise NotFound(Noun.SUBSCRIBER, subscriber_id)
    return subscriber
