"""Letters: written in the transaction of what they tell of, and sent like deliveries: promise → send → mark.

A letter is `sending` in the database before its first byte leaves, and no transaction is open while a socket is; what a
dead process was sending becomes `unknown` and is not sent again. Does not decide who is written to
(`jobs.readers.optin`, `jobs.readers.preferences`), and does not word anything (`tracker.emails.service_mails`).
"""

from dataclasses import fields
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from db import letters, strategies, subscribers
from db.consents import Consent
from db.letters import Letter, LetterKind
from db.subscribers import Cadence, Subscriber, SubscriberChange
from jobs.base.app import App
from tracker import sources
from tracker.emails import service_mails as wording
from tracker.emails import tokens
from tracker.emails.service_mails import Agreed, Lines, Order, Setting
from tracker.subscriptions.requests import CHOICES, Preferences, SignUp, interest_in_words, preferences_held

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


# --- writing ----------------------------------------------------------------------------------------------------------


def may_write(session: Session, app: App, subscriber_id: int | None) -> bool:
    """Whether one more letter may go to this mailbox (to a new one: None) because somebody typed its address in."""
    limits, now = app.settings.subscribers, app.clock()
    of_hour = letters.newest_written(session, limits.letters_per_hour)
    if of_hour and of_hour > now - HOUR:
        return _too_many("letters_per_hour", subscriber_id)
    if subscriber_id is None:
        return True
    of_day = letters.newest_written(session, limits.letters_per_address_per_day, subscriber_id)
    return of_day is None or of_day <= now - DAY or _too_many("letters_per_address_per_day", subscriber_id)


def _too_many(limit: str, subscriber_id: int | None) -> bool:
    structlog.get_logger().warning("no letter is written", limit=limit, subscriber=subscriber_id)
    return False


def ask_to_confirm(
    session: Session, app: App, subscriber: Subscriber, asking: SubscriberChange, wanted: SignUp
) -> Letter:
    """Ask a mailbox whether it wants this; `asking` is the row of its history that holds the wish and the consent."""
    now = app.clock()
    link = _link(app, "confirm", tokens.sign_at(app.secret, tokens.CONFIRM, asking.id or 0, now))
    until = now + timedelta(days=app.settings.subscribers.confirm_days)
    setting = setting_of(app, wanted.language.value)
    order = order_of(session, app, wanted.cadence, wanted)
    asked = session.get_one(Consent, asking.detail["consent"])
    lines = wording.confirm_lines(setting, order, asked.text, link, until)
    return _write(session, app, subscriber, LetterKind.CONFIRM, lines)


def tell_known(session: Session, app: App, subscriber: Subscriber) -> Letter:
    """Tell a reader whose address was typed in that it is known."""
    link, until = _manage_link(app, subscriber)
    lines = wording.known_lines(setting_of(app, subscriber.language.value), link, until)
    return _write(session, app, subscriber, LetterKind.KNOWN, lines)


def give_link(session: Session, app: App, subscriber: Subscriber) -> Letter:
    """Send a reader a fresh link to their preferences."""
    link, until = _manage_link(app, subscriber)
    lines = wording.preferences_lines(setting_of(app, subscriber.language.value), link, until)
    return _write(session, app, subscriber, LetterKind.PREFERENCES, lines)


def give_receipt(
    session: Session, app: App, subscriber: Subscriber, consent: Consent, asked_at: datetime, is_new: bool
) -> Letter:
    """Send a reader what they agreed to, by the link that we sent at `asked_at`."""
    subscriber_id = subscriber.id or 0
    ask = _link(app, "preferences", tokens.sign(app.secret, tokens.PREFERENCES, subscriber_id))
    leave = _link(app, "u", tokens.sign(app.secret, tokens.UNSUBSCRIBE, subscriber_id))
    agreed = Agreed(consent.text, consent.version, consent.at, asked_at)
    setting = setting_of(app, subscriber.language.value)
    interests = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, [])
    order = order_of(session, app, subscriber.cadence, preferences_held(subscriber, interests))
    lines = wording.receipt_lines(setting, order, agreed, (ask, leave), is_new)
    return _write(session, app, subscriber, LetterKind.RECEIPT, lines)


def say_goodbye(session: Session, app: App, subscriber: Subscriber) -> Letter:
    """Tell a reader who left that it is done, and how it is undone."""
    left_at = subscriber.left_at or app.clock()
    link = _link(app, "undo", tokens.sign_at(app.secret, tokens.UNDO, subscriber.id or 0, left_at))
    until = left_at + timedelta(days=app.settings.retention.left_days)
    lines = wording.goodbye_lines(setting_of(app, subscriber.language.value), left_at, link, until)
    return _write(session, app, subscriber, LetterKind.GOODBYE, lines)


def setting_of(app: App, language: str) -> Setting:
    """In which language, for which region and signed by whom a letter is written."""
    return Setting(language, app.region.name_in(language), app.region.zone, app.settings.mail.contact)


def order_of(session: Session, app: App, cadence: Cadence, wanted: Preferences) -> Order:
    """What is ordered, in words."""
    language = wanted.language.value
    names = {one.key: dict(one.names).get(language, one.key) for one in strategies.all_spearheads(session)}
    read = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
    follows = tuple(interest_in_words(one, names, read, language) for one in wanted.interests)
    return Order(cadence, follows, **wanted.model_dump(include={field.name for field in fields(Order)} & {*CHOICES}))


def _manage_link(app: App, subscriber: Subscriber) -> tuple[str, datetime]:
    now = app.clock()
    link = _link(app, "manage", tokens.sign_at(app.secret, tokens.MANAGE, subscriber.id or 0, now))
    return link, now + timedelta(hours=app.settings.subscribers.manage_hours)


def _link(app: App, page: str, token: str) -> str:
    return f"{app.settings.mail.base_url}/{page}/{token}"


def _write(session: Session, app: App, subscriber: Subscriber, kind: LetterKind, lines: Lines) -> Letter:
    mail, now, subscriber_id = app.settings.mail, app.clock(), subscriber.id or 0
    number = letters.count_letters(session, subscriber_id) + 1
    name = wording.service_mail_id(app.secret, subscriber_id, number, wording.sender(mail).rpartition("@")[2])
    written = Letter(
        subscriber_id=subscriber_id,
        kind=kind,
        recipient=subscriber.address,
        message_id=name,
        message=wording.letter_bytes(lines, mail, subscriber.address, name, now),
        made_at=now,
    )
    session.add(written)
    session.flush()
    return written


# --- sending ----------------------------------------------------------------------------------------------------------
