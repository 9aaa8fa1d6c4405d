"""Write letters (service mails to one person), each in the transaction of the change that it reports.

`jobs.readers.optin` and `jobs.readers.preferences` decide who gets one, `tracker.emails.service_mails` words it and
`jobs.delivery.letters` sends it.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, datetime, timedelta

import structlog
from sqlmodel import Session

from db import letters, strategies, subscribers
from db.admins import Admin
from db.consents import Consent
from db.letters import Letter, LetterKind
from db.reports import Report
from db.subscribers import Cadence, Subscriber, SubscriberChange
from jobs.base.app import App
from tracker import sources
from tracker.emails import service_mails as wording
from tracker.emails import tokens
from tracker.emails.service_mails import Agreed, Lines, Order, ReportThatWaits, Setting
from tracker.subscriptions.requests import CHOICES, Preferences, SignUp, interest_in_words, preferences_held

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def may_write(session: Session, app: App, subscriber_id: int | None) -> bool:
    """Whether the limits allow one more letter to a mailbox (None: a new one) whose address somebody typed in."""
    limits, now = app.settings.subscribers, app.clock()
    hourly = letters.newest_written(session, limits.letters_per_hour)
    if hourly and hourly > now - HOUR:
        return _too_many("letters_per_hour", subscriber_id)
    if subscriber_id is None:
        return True
    daily = letters.newest_written(session, limits.letters_per_address_per_day, subscriber_id)
    return daily is None or daily <= now - DAY or _too_many("letters_per_address_per_day", subscriber_id)


def _too_many(limit: str, subscriber_id: int | None) -> bool:
    structlog.get_logger().warning("no letter is written", limit=limit, subscriber=subscriber_id)
    return False


def ask_to_confirm(
    session: Session, app: App, subscriber: Subscriber, asking: SubscriberChange, request: SignUp
) -> Letter:
    """Ask a mailbox to confirm a sign-up; `asking` is the row of its history that holds the request and the consent."""
    now = app.clock()
    link = _link(app, "confirm", tokens.sign_at(app.secret, tokens.CONFIRM, asking.id or 0, now))
    until = now + timedelta(days=app.settings.subscribers.confirm_days)
    setting = setting_of(app, request.language.value)
    order = order_of(session, app, request.cadence, request)
    consent = session.get_one(Consent, asking.detail["consent"])
    is_invited = bool(asking.detail.get("invited"))
    lines = wording.confirm_lines(setting, order, consent.text, link, until, is_invited=is_invited)
    return _write(session, app, subscriber, LetterKind.CONFIRM, lines)


def tell_known(session: Session, app: App, subscriber: Subscriber) -> Letter:
    """Tell a reader, whose address was typed in again, that the address is subscribed already."""
    link, until = _manage_link(app, subscriber)
    lines = wording.known_lines(setting_of(app, subscriber.language.value), link, until)
    return _write(session, app, subscriber, LetterKind.KNOWN, lines)


def give_link(session: Session, app: App, subscriber: Subscriber) -> Letter:
    """Send a reader a fresh link to their preferences."""
    link, until = _manage_link(app, subscriber)
    lines = wording.preferences_lines(setting_of(app, subscriber.language.value), link, until)
    return _write(session, app, subscriber, LetterKind.PREFERENCES, lines)


def give_receipt(
    session: Session, app: App, subscriber: Subscriber, consent: Consent, asked_at: datetime | None, is_new: bool
) -> Letter:
    """Send a reader a receipt of what they agreed to by the link sent at `asked_at`, or (None) in another way."""
    subscriber_id = subscriber.id or 0
    manage = _link(app, "preferences", tokens.sign(app.secret, tokens.PREFERENCES, subscriber_id))
    leave = _link(app, "u", tokens.sign(app.secret, tokens.UNSUBSCRIBE, subscriber_id))
    agreed = Agreed(consent.text, consent.version, consent.at, asked_at)
    setting = setting_of(app, subscriber.language.value)
    interests = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, [])
    order = order_of(session, app, subscriber.cadence, preferences_held(subscriber, interests))
    lines = wording.receipt_lines(setting, order, agreed, (manage, leave), is_new)
    return _write(session, app, subscriber, LetterKind.RECEIPT, lines)


def say_goodbye(session: Session, app: App, subscriber: Subscriber) -> Letter:
    """Tell a reader who left that it is done, and how to undo it."""
    left_at = subscriber.left_at or app.clock()
    link = _link(app, "undo", tokens.sign_at(app.secret, tokens.UNDO, subscriber.id or 0, left_at))
    until = left_at + timedelta(days=app.settings.retention.left_days)
    lines = wording.goodbye_lines(setting_of(app, subscriber.language.value), left_at, link, until)
    return _write(session, app, subscriber, LetterKind.GOODBYE, lines)


def answer_report_by_letter(session: Session, app: App, report: Report, words: str, to: str) -> Letter:
    """Send an admin's answer to whoever wrote a report, reader or not."""
    setting = setting_of(app, report.language)
    lines = wording.answer_lines(setting, words, report.text or "", report.made_at)
    return _frozen(session, app, LetterKind.ANSWER, lines, to, None, f"0.{report.id}")


def tell_of_reports(session: Session, app: App, admin: Admin, waiting: Sequence[ReportThatWaits]) -> Letter:
    """Tell an admin of reports that wait for an answer; at most once a day."""
    setting, desk = setting_of(app, admin.language.value), f"{app.settings.mail.base_url}/admin/reports"
    lines, which = wording.waiting_lines(setting, waiting, desk), f"admin.{admin.id}.{app.today():%Y%m%d}"
    return _frozen(session, app, LetterKind.REPORTS, lines, admin.address, None, which)


def tell_of_pause(session: Session, app: App, subscriber: Subscriber, until: date, reason: str) -> Letter:
    """Tell a reader that somebody else paused their mails, until when and why."""
    link, good_until = _manage_link(app, subscriber)
    setting = setting_of(app, subscriber.language.value)
    lines = wording.paused_lines(setting, until, reason, link, good_until)
    return _write(session, app, subscriber, LetterKind.PAUSED, lines)


def setting_of(app: App, language: str) -> Setting:
    """Gather a letter's language, region and signature."""
    return Setting(language, app.region.name_in(language), app.region.zone, app.settings.mail.contact)


def order_of(session: Session, app: App, cadence: Cadence, preferences: Preferences) -> Order:
    """Word what a reader has ordered: cadence, interests and reminders."""
    language = preferences.language.value
    names = {spearhead.key: spearhead.name_in(language) for spearhead in strategies.all_spearheads(session)}
    source_names = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
    follows = tuple(interest_in_words(interest, names, source_names, language) for interest in preferences.interests)
    chosen = preferences.model_dump(include={field.name for field in fields(Order)} & {*CHOICES})
    chosen["own_region"] = preferences.own_region and bool(strategies.own_tags(session))
    return Order(cadence, follows, **chosen)


def _manage_link(app: App, subscriber: Subscriber) -> tuple[str, datetime]:
    now = app.clock()
    link = _link(app, "manage", tokens.sign_at(app.secret, tokens.MANAGE, subscriber.id or 0, now))
    return link, now + timedelta(hours=app.settings.subscribers.manage_hours)


def _link(app: App, page: str, token: str) -> str:
    return f"{app.settings.mail.base_url}/{page}/{token}"


def _write(session: Session, app: App, subscriber: Subscriber, kind: LetterKind, lines: Lines) -> Letter:
    number = letters.count_letters(session, subscriber.id or 0) + 1
    return _frozen(session, app, kind, lines, subscriber.address, subscriber.id, f"{subscriber.id}.{number}")


def _frozen(
    session: Session, app: App, kind: LetterKind, lines: Lines, to: str, subscriber_id: int | None, which: str
) -> Letter:
    mail, now, brand = app.settings.mail, app.clock(), app.region.brand
    lines = replace(lines, colours=(brand.colour, brand.dark))
    name = wording.service_mail_id(app.secret, which, wording.sender(mail).rpartition("@")[2])
    letter = Letter(
        subscriber_id=subscriber_id,
        kind=kind,
        recipient=to,
        message_id=name,
        message=wording.letter_bytes(lines, mail, to, name, now),
        made_at=now,
    )
    session.add(letter)
    session.flush()
    return letter
