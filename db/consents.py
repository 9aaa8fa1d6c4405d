"""Consents: what a person agreed to, in which words, when and how; proof that a mailbox asked for its mail.

Append-only. Does not decide who gets mail (`db.subscribers`).
"""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from db.types import words


class ConsentAct(StrEnum):
    """What a person did."""

    ASKED = "asked"  # somebody typed the address
    CONFIRMED = "confirmed"  # the mailbox answered
    WITHDRAWN = "withdrawn"


class Consent(SQLModel, table=True):
    """One act, with the words it was about."""

    __tablename__ = "consents"

    id: int | None = Field(default=None, primary_key=True)
    subscriber_id: int = Field(foreign_key="subscribers.id", index=True)
    at: datetime
    act: ConsentAct = words(ConsentAct)
    version: str = Field(max_length=20)  # of the text
    language: str = Field(max_length=8)
    text: str
    by: str  # link in a mail, one-click header, operator, import of FILE
