"""Contexts: what a project's own call with few words is read with, the text of the topic that pays for the project.

A context stands beside its call (`Call.context`). Does not decide how few words are few (`tracker.tagging.documents`).
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.calls import Call, CallKind


def note_contexts(session: Session, call_ids: Collection[int], little: int) -> list[int]:
    """Give projects' own calls whose text is shorter than `little` characters their topic's text as context.

    Concerns these calls, and the calls of these topics. Returns the ids of all whose context is another than before.
    """
    call = Call.__table__  # type: ignore[attr-defined]
    named = sa.select(call.c.identifier).where(call.c.id.in_(call_ids), call.c.kind == CallKind.TOPIC)
    is_concerned = sa.or_(call.c.id.in_(call_ids), call.c.identifier.in_(named))
    says_little = sa.func.length(sa.func.coalesce(call.c.text, "")) < little
    context = sa.case((says_little, _text_of_topic(call)))
    is_other = call.c.context.is_distinct_from(context)
    change = sa.update(call).where(call.c.kind == CallKind.CASCADE, is_concerned, is_other)
    return sorted(session.connection().scalars(change.values(context=context).returning(call.c.id)))


def _text_of_topic(call: sa.Table) -> sa.ScalarSelect[Any]:
    """The text of the topic that a project's call names, from the source that had it first, in the call's language."""
    topic = call.alias("topic")
    is_its = (topic.c.kind == CallKind.TOPIC, topic.c.identifier == call.c.identifier, topic.c.text.is_not(None))
    text = sa.select(topic.c.text).where(*is_its, topic.c.language == call.c.language)
    return text.order_by(topic.c.id).limit(1).correlate(call).scalar_subquery()


def contexts_of(session: Session, call_ids: Collection[int]) -> dict[int, str]:
    """The contexts of these calls, by call id; calls without one are left out."""
    query = select(Call.id, Call.context).where(col(Call.id).in_(call_ids), col(Call.context).is_not(None))
    return {call_id: context for call_id, context in session.exec(query) if call_id and context}
