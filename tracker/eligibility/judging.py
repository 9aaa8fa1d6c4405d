"""Judging: compare what is derived with a file of judged calls."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from db.calls import CallFacts, CallKind

SETS = {
    "topic": CallKind.TOPIC,
    "cascade": CallKind.CASCADE,
    "europeaid": CallKind.EXTERNAL,
    "finnish": CallKind.NATIONAL,
}


def facts_of_judged(line: Mapping[str, Any]) -> CallFacts:
    """The facts of a judged call, as a source would state them."""
    kind = SETS[line["set"]]
    identifier = line.get("identifier") or None
    is_topic = kind is CallKind.TOPIC
    return CallFacts(
        source="judged",
        key=str(line["id"]),
        kind=kind,
        identifier=identifier,
        title=line["title"],
        programme=(identifier or "").partition("-")[0] or None,
        type_of_action=line["actionType"] if is_topic else None,
        url="https://example.org",
        language=line.get("language") or "en",
        text=line.get("text") or None,
    )
