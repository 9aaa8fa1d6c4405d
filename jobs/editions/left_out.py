"""What an edition had to leave out, because of itself alone: a call, an event or a reader; named to the admins.

A notice says what it is, why, and how to look at it; once a week, as long as it lasts. Does not decide what is left out
(`jobs.editions.composer`, `jobs.editions.build`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from db.calls import Call
from db.event_log import CallEvent
from db.readable import RowName, raw_row
from db.sources import Notice, NoticeKind, is_told_since

SAID_AGAIN_AFTER = timedelta(days=7)
OF_READERS = "subscribers"  # where a notice names its source


class LeftOut(NamedTuple):
    """One thing that was left out: the source it is from, what is wrong with it, and the command that shows it."""

    subject: str
    source: str
    why: str
    look: str


def call_left_out(call: Call, why: str) -> LeftOut:
    """A call that cannot be put into words."""
    return LeftOut(f"call {call.id} ({call.key})", call.source, why, f"tracker calls show {call.id}")


def row_left_out(session: Session, row: RowName, why: str) -> LeftOut:
    """A call or an event whose row cannot be read."""
    stored = raw_row(session, Call if row.table == Call.__tablename__ else CallEvent, row.id) or {}
    call_id = stored.get("call_id", row.id)
    call = stored if "key" in stored else raw_row(session, Call, call_id) or {}
    subject = f"call {call_id} ({call.get('key')})" + ("" if call is stored else f", event {row.id}")
    return LeftOut(subject, str(call.get("source"))[:40], why, f"tracker calls show {call_id}")


def reader_left_out(subscriber_id: int, why: str) -> LeftOut:
    """A reader for whom no digest can be composed; no address is named."""
    return LeftOut(f"reader {subscriber_id}", OF_READERS, why, f"tracker subscribers show {subscriber_id}")


def tell_of_left_out(session: Session, left_out: Iterable[LeftOut], run_id: int, now: datetime) -> None:
    """Write a notice of each that was not told in the last days."""
    for one in left_out:
        detail = f"{one.subject} is left out of digests: {one.why}; look at it with: {one.look}"
        if not is_told_since(session, NoticeKind.LEFT_OUT, detail, now - SAID_AGAIN_AFTER):
            notice = Notice(at=now, source=one.source, kind=NoticeKind.LEFT_OUT, run_id=run_id, detail=detail)
            session.add(notice)
