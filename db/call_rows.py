"""Rows of calls as they are stored, for a call that cannot be read as one (`db.readable`)."""

from typing import Any

from sqlmodel import Session, select

from db.calls import Call, calls_named, is_named
from db.readable import raw_row, unread_rows


def has_call(session: Session, call_id: int) -> bool:
    """Whether there is a call with this id, whether or not its row can be read."""
    return session.exec(select(Call.id).where(Call.id == call_id)).first() is not None


def unread_calls_named(session: Session, name: str) -> list[dict[str, Any]]:
    """The calls with this name whose rows cannot be read, by column as they are stored, each with what is wrong."""
    calls_named(session, name)
    unread = {row.id: why for row, why in unread_rows(session).items() if row.table == Call.__tablename__}
    ids = [number for number in session.exec(select(Call.id).where(is_named(name))) if number in unread]
    return [{"unreadable": unread[number]} | (raw_row(session, Call, number) or {}) for number in ids if number]
