"""Reports: what somebody wrote by a form of the pages, and how an admin settled it.

A report holds what was typed in, and nothing of who sent it. Does not check it (`jobs.readers.reports`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select

from db.regions import is_ours, region_field
from db.types import word_field

DAYS_TO_ANSWER = 14  # by law for feedback on accessibility (Finland: 306/2019, section 8); our own rule for the rest


class ReportKind(StrEnum):
    """What a report is about."""

    ERROR = "error"  # in what we say of a call
    ACCESSIBILITY = "accessibility"


class ReportState(StrEnum):
    """How far a report has got."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"  # without an answer, for the reason given


class Report(SQLModel, table=True):
    """One report. Its words and address are taken out when they are no longer needed."""

    __tablename__ = "reports"
    __table_args__ = (sa.Index("ix_reports_state", "state", "region", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    kind: ReportKind = word_field(ReportKind)
    call_id: int | None = Field(default=None, foreign_key="calls.id")
    language: str = Field(max_length=2)  # of the page: the answer is written in it
    text: str | None
    address: str | None = Field(default=None, index=True)  # None: no answer is wanted
    made_at: datetime
    state: ReportState = word_field(ReportState, default=ReportState.OPEN)
    settled_at: datetime | None = None
    settled_by: str | None = None
    answer: str | None = None  # or why it was closed without one
    letter_id: int | None = Field(default=None, foreign_key="letters.id")  # that carries the answer

    @property
    def due_on(self) -> date:
        """The last day for an answer."""
        return (self.made_at + timedelta(days=DAYS_TO_ANSWER)).date()


def list_reports(session: Session, states: Sequence[ReportState], most: int | None) -> Sequence[Report]:
    """The oldest `most` reports (None: all) in one of these states; those that wait longest come first."""
    query = select(Report).where(is_ours(session, Report), col(Report.state).in_(states))
    return session.exec(query.order_by(col(Report.id)).limit(most)).all()


def reports_of_call(session: Session, call_id: int, most: int) -> Sequence[Report]:
    """The newest `most` reports on a call, newest first."""
    query = select(Report).where(is_ours(session, Report), Report.call_id == call_id)
    return session.exec(query.order_by(col(Report.id).desc()).limit(most)).all()


def reports_from(session: Session, address: str) -> Sequence[Report]:
    """The reports to which this address wants an answer, oldest first."""
    query = select(Report).where(is_ours(session, Report), Report.address == address)
    return session.exec(query.order_by(col(Report.id))).all()


def redact_reports(session: Session, address: str) -> None:
    """Take words and address out of the reports from this address."""
    _empty(session, col(Report.address) == address)


def drop_report_texts(session: Session, before: datetime) -> int:
    """Take words and address out of reports that were settled before this instant; return how many."""
    return _empty(session, sa.and_(col(Report.settled_at) < before, col(Report.text).is_not(None)))


def _empty(session: Session, which: sa.ColumnElement[bool]) -> int:
    change = sa.update(Report).where(is_ours(session, Report), which)
    return session.connection().execute(change.values(text=None, address=None, answer=None)).rowcount
