"""A call of which only what matters is said."""

from typing import Any

from db.calls import CallFacts, CallKind


def call(kind: CallKind = CallKind.NATIONAL, **given: Any) -> CallFacts:
    usual = {"source": "s", "key": "k", "title": "A call", "url": "https://example.org", "language": "fi"}
    return CallFacts.model_validate({"kind": kind} | usual | given)
