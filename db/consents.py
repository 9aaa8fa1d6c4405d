"""Consents: what a person agreed to, in which words, when and how. They prove that a mailbox asked for its mail.

Append-only. Who gets mail is decided by the state in `db.subscribers`, not here.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.types import word_field


class ConsentAct(StrEnum):
    """What a person did."""

    ASKED = "asked"  # somebody typed the address
    CONFIRMED = "confirmed"  # the mailbox answered
    WITHDRAWN = "withdrawn"


class Consent(SQLModel, table=True):
    """One act, with the text that it was about."""

    __tablename__ = "consents"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    at: datetime
    act: ConsentAct = word_field(ConsentAct)
    version: str = Field(max_length=20)  # of the text
    language: str = Field(max_length=8)
    text: str
    by: str  # link in a mail, one-click header, operator, import of FILE


def append(
    session: Session, subscriber_id: int, at: datetime, act: ConsentAct, words: tuple[str, str, str], by: str
) -> Consent:
    """Record an act; `words` are the version, the language and the text that it is about."""
    version, language, text = words
    made = Consent(subscriber_id=subscriber_id, at=at, act=act, version=version, language=language, text=text, by=by)
    session.add(made)
    session.flush()
    return made


def consents_of(session: Session, subscriber_id: int) -> Sequence[Consent]:
    """The acts of one subscriber, oldest first."""
    return session.exec(select(Consent).where(Consent.subscriber_id == subscriber_id).order_by(col(Consent.id))).all()


def newest_confirmed(session: Session, subscriber_id: int) -> Consent | None:
    """What a subscriber agreed to last; None if nothing."""
    is_meant = (Consent.subscriber_id == subscriber_id, Consent.act == ConsentAct.CONFIRMED)
    return session.exec(select(Consent).where(*is_meant).order_by(col(Consent.id).desc())).first()


def redact_consents(session: Session, subscriber_id: int) -> None:
    """Delete how a subscriber's acts reached us (`by`); the acts, their times and their words stay."""
    change = sa.update(Consent).where(col(Consent.subscriber_id) == subscriber_id)
    session.connection().execute(change.values(by="erased"))
