"""Letters: service mails to one person (confirmations, receipts, requested links), as opposed to digests.

They are frozen and claimed like deliveries. Does not write (`jobs.readers.letters`) or send them
(`jobs.delivery.letters`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.deliveries import DeliveryReason, DeliveryState
from db.regions import is_ours, region_field
from db.send_queue import Outcome, outcome_values
from db.types import word_field


class LetterKind(StrEnum):
    """What a letter is for."""

    CONFIRM = "confirm"  # asks the mailbox whether it wants the digest
    KNOWN = "known"  # the address that was typed in subscribes already: the link to its preferences
    RECEIPT = "receipt"  # what was agreed to
    PREFERENCES = "preferences"  # a new link to the preferences
    PAUSED = "paused"  # somebody else paused the mails, until when and why
    GOODBYE = "goodbye"  # the subscription ended; how to undo it
    ANSWER = "answer"  # to a report, whoever wrote it
    REPORTS = "reports"  # tells an admin of reports that wait for an answer


class Letter(SQLModel, table=True):
    """One letter; its bytes are deleted when they are no longer needed."""

    __tablename__ = "letters"
    __table_args__ = (sa.Index("ix_letters_state", "state", "region", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    subscriber_id: int | None = Field(
        default=None, foreign_key="subscribers.id", index=True
    )  # None: to nobody who reads
    kind: LetterKind = word_field(LetterKind)
    recipient: str | None
    message_id: str
    message: bytes | None
    state: DeliveryState = word_field(DeliveryState, default=DeliveryState.RENDERED)
    reason: DeliveryReason | None = word_field(DeliveryReason, default=None)
    detail: str | None = None  # to the reason: what the mail server said
    made_at: datetime
    sending_at: datetime | None = None
    run_id: int | None = Field(default=None, foreign_key="runs.id")  # the run that last claimed it
    settled_at: datetime | None = None
    attempts: int = 0
    retry_at: datetime | None = None


class ClaimedLetter(NamedTuple):
    """A letter that a run has claimed and will send."""

    id: int
    kind: LetterKind
    recipient: str
    message: bytes
    attempts: int  # this one included


WAITS = (DeliveryState.RENDERED, DeliveryState.DEFERRED)


def letters_of(session: Session, subscriber_id: int) -> Sequence[Letter]:
    """The letters to one subscriber, oldest first."""
    query = select(Letter).where(is_ours(session, Letter), Letter.subscriber_id == subscriber_id)
    return session.exec(query.order_by(col(Letter.id))).all()


def count_letters(session: Session, subscriber_id: int) -> int:
    """The number of letters ever written to one subscriber."""
    is_meant = (is_ours(session, Letter), Letter.subscriber_id == subscriber_id)
    return session.exec(select(sa.func.count()).select_from(Letter).where(*is_meant)).one()


def newest_written(session: Session, number: int, subscriber_id: int | None = None) -> datetime | None:
    """When the `number`-th newest letter (1: the newest) to one subscriber, or to anyone, was written; or None."""
    query = select(Letter.made_at).where(is_ours(session, Letter)).order_by(col(Letter.id).desc())
    query = query.offset(number - 1).limit(1)
    return session.exec(query.where(Letter.subscriber_id == subscriber_id) if subscriber_id else query).first()


def last_of_kind(session: Session, kind: LetterKind) -> datetime | None:
    """When the newest letter of a kind was written, to anybody; or None."""
    return session.exec(select(sa.func.max(Letter.made_at)).where(is_ours(session, Letter), Letter.kind == kind)).one()


def has_waiting_letters(session: Session, now: datetime) -> bool:
    """Whether any letter could be claimed now."""
    return session.exec(select(Letter.id).where(is_ours(session, Letter), _is_due(now)).limit(1)).first() is not None


def claim_letter(session: Session, now: datetime, run_id: int) -> ClaimedLetter | None:
    """Claim the next letter for a run: it is `sending` once this transaction is committed. None if none is due."""
    table = Letter.__table__  # type: ignore[attr-defined]
    due = sa.select(table.c.id).where(is_ours(session, Letter), _is_due(now)).order_by(table.c.id).limit(1)
    change = sa.update(table).where(table.c.id.in_(due.scalar_subquery()))
    change = change.values(state=DeliveryState.SENDING, sending_at=now, run_id=run_id, attempts=table.c.attempts + 1)
    columns = [table.c[name] for name in ClaimedLetter._fields]
    row = session.connection().execute(change.returning(*columns)).first()
    return ClaimedLetter(*row) if row else None


def settle_letter(session: Session, outcome: Outcome, now: datetime) -> None:
    """Record the outcome of a letter that was being sent; one that is no longer `sending` is left alone."""
    table = Letter.__table__  # type: ignore[attr-defined]
    is_meant = (is_ours(session, Letter), table.c.id == outcome.id, table.c.state == DeliveryState.SENDING)
    change = sa.update(table).where(*is_meant)
    session.connection().execute(change.values(**outcome_values(outcome, table), settled_at=now))


def give_up_in_flight(session: Session, now: datetime) -> int:
    """Mark letters that a dead process was sending as `unknown`; return how many."""
    change = sa.update(Letter).where(is_ours(session, Letter), col(Letter.state) == DeliveryState.SENDING)
    values = {"state": DeliveryState.UNKNOWN, "reason": DeliveryReason.DIED, "detail": None}
    done = session.connection().execute(change.values(**values, settled_at=now))
    return done.rowcount


def redact_letters(session: Session, subscriber_id: int, answers: Collection[int], now: datetime) -> None:
    """Delete address, bytes and server answers from a subscriber's letters, and from these answers to their reports.

    Those still waiting are skipped.
    """
    theirs = sa.or_(col(Letter.subscriber_id) == subscriber_id, col(Letter.id).in_(answers))
    is_meant = sa.and_(is_ours(session, Letter), theirs)
    _drop(session, is_meant, DeliveryReason.ERASED, now)
    session.connection().execute(sa.update(Letter).where(is_meant).values(detail=None))


def drop_letter_texts(session: Session, before: datetime, now: datetime) -> int:
    """Delete address and bytes from letters written before this instant; return how many. Waiting ones are skipped."""
    is_old = sa.and_(col(Letter.made_at) < before, col(Letter.message).is_not(None))
    return _drop(session, is_old, DeliveryReason.TOO_OLD, now)


def _drop(session: Session, which: sa.ColumnElement[bool], reason: DeliveryReason, now: datetime) -> int:
    which = sa.and_(is_ours(session, Letter), which)
    values: dict[str, Any] = {"state": DeliveryState.SKIPPED, "reason": reason, "detail": None, "settled_at": now}
    waits = sa.update(Letter).where(which, col(Letter.state).in_(WAITS))
    session.connection().execute(waits.values(**values))
    done = session.connection().execute(sa.update(Letter).where(which).values(recipient=None, message=None))
    return done.rowcount


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    again = sa.and_(col(Letter.state) == DeliveryState.DEFERRED, col(Letter.retry_at) <= now)
    is_now = sa.or_(col(Letter.state) == DeliveryState.RENDERED, again)
    return sa.and_(col(Letter.state).in_(WAITS), is_now)  # the states are repeated so that the index is used
