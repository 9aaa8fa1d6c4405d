"""What is on the page of a source's draft: what can be chosen, and the calls that it gives; in a process of its own.

Imports little: that process is new each time (`jobs.collecting.done_apart`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from db.calls import CallFacts
from tracker import sources
from tracker.errors import ParseError, SourceError
from tracker.sources import Page
from tracker.sources.support.guesses import Guess, Parts, guess_cards, guess_parts
from tracker.sources.walls import facts_of, rows_of


@dataclass(frozen=True, slots=True)
class DraftCall:
    """A call that the draft would give, or what is wrong with it."""

    key: str
    facts: CallFacts | None
    fault: str = ""


class Looked(NamedTuple):
    """What is on a draft's page, and why it gives no calls if it does not."""

    cards: tuple[Guess, ...]
    parts: Parts | None
    calls: tuple[DraftCall, ...]
    fault: SourceError | None


def look_at(key: str, entry: Mapping[str, Any], url: str, body: bytes) -> Looked:
    """Look at a page by the entry that a draft has so far; in a process of its own. Raises what `opened` raises."""
    zone, card = ZoneInfo(entry["zone"]), entry.get("card")
    cards = guess_cards(key, body, zone)
    parts = guess_parts(key, body, card, zone) if card else None
    try:
        return Looked(cards, parts, calls_of(key, entry, url, body) if card else (), None)
    except ParseError as error:
        return Looked(cards, parts, (), error)


def calls_of(key: str, entry: Mapping[str, Any], url: str, body: bytes) -> tuple[DraftCall, ...]:
    """The calls that a page gives by an entry of the configuration. Raises ParseError for the page as a whole."""
    module = sources.module_of(key, {key: dict(entry)})
    found = []
    for row in rows_of(module, Page(url, body)):
        try:
            found.append(DraftCall(row.key, facts_of(module, row)))
        except ParseError as error:
            found.append(DraftCall(row.key, None, f"{error.reason}: {error.detail}"))
    return tuple(found)
