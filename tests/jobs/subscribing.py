"""Helpers for tests of subscriptions: sign-ups, and the links in the letters that they produce."""

import email
import email.policy
import re
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from db import consents, letters, subscribers
from db.consents import ConsentAct
from db.letters import Letter
from db.subscribers import Interest, Subscriber, SubscriberState, Wants
from jobs.base.app import App
from jobs.readers.optin import confirm_by_link, sign_up
from tracker.subscriptions.requests import SignUp

FOOD, CIRCULAR = Wants(spearheads=("food",)), Wants(spearheads=("circular",))


def sign_up_form(name: str = "anna", *interests: Wants, **given: Any) -> SignUp:
    """Make a sign-up for food, in English, unless something else is given."""
    usual = {"address": f"{name}@reader.example", "language": "en", "interests": interests or (FOOD,)}
    return SignUp.model_validate(usual | given)


def joined(app: App, name: str = "anna", *interests: Wants, **given: Any) -> int:
    """Sign up and confirm a subscriber; return the id."""
    sign_up(app, sign_up_form(name, *interests, **given))
    return confirm_by_link(app, token(app, name)).id or 0


def reader(app: App, name: str = "anna") -> Subscriber:
    """Return the subscriber of this name, as it is now."""
    with app.db.read() as session:
        return subscribers.mailboxes_at(session, [f"{name}@reader.example"])[f"{name}@reader.example"]


def state(app: App, name: str = "anna") -> SubscriberState:
    return reader(app, name).state


def interests(app: App, name: str = "anna") -> list[Interest]:
    with app.db.read() as session:
        subscriber_id = reader(app, name).id or 0
        return sorted(
            subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, []), key=lambda interest: interest.id
        )


def history(app: App, subscriber_id: int) -> list[tuple[str, str, str | None]]:
    """Return what happened, by whom and why."""
    with app.db.read() as session:
        return [(change.what, change.by, change.reason) for change in subscribers.history_of(session, subscriber_id)]


def acts(app: App, subscriber_id: int) -> list[tuple[ConsentAct, str]]:
    """Return the consents requested, given and withdrawn, and how."""
    with app.db.read() as session:
        return [(consent.act, consent.by) for consent in consents.consents_of(session, subscriber_id)]


def all_letters(app: App) -> list[Letter]:
    with app.db.read() as session:
        return list(session.exec(select(Letter).order_by(col(Letter.id))))


def kinds(app: App) -> list[str]:
    """Return the kinds of all letters, oldest first."""
    return [letter.kind.value for letter in all_letters(app)]


def body(letter: Letter) -> str:
    """Return the plain text of a letter."""
    mail = email.message_from_bytes(letter.message or b"", policy=email.policy.default)
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def token(app: App, name: str = "anna", page: str = "") -> str:
    """Return the token of the first link (to this page) in the newest letter to this name."""
    with app.db.read() as session:
        newest = letters.letters_of(session, reader(app, name).id or 0)[-1]
    [link_token, *_] = re.findall(rf"http://localhost:8000/{page or '[a-z]+'}/(\S+)", body(newest))
    return str(link_token)


def told_at(app: App, subscriber_id: int, act: ConsentAct) -> datetime:
    """Return the time of the newest such act."""
    with app.db.read() as session:
        return [consent.at for consent in consents.consents_of(session, subscriber_id) if consent.act is act][-1]
