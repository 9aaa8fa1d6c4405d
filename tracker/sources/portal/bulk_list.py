"""Check the portal's search for completeness against the portal's own bulk list, grantsTenders.json.

https://ec.europa.eu/info/funding-tenders/opportunities/data/referenceData/grantsTenders.json is one document of some
130 MB without paging, so nothing can slip between two pages; it has topics (type 1) and old tenders, no cascade calls,
no budgets and no texts. It is read as a stream, an object at a time.
"""

import codecs
import json
import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from tracker.errors import ParseError
from tracker.sources.portal.codes import FORTHCOMING, OPEN
from tracker.sources.portal.facts import BRUSSELS, KEY
from tracker.sources.walls import walled

TOPIC = 1
PATH = "/referenceData/grantsTenders.json"  # below the portal's data
LIST = '"GrantTenderObj"'
MOST_BYTES = 500_000_000
MOST_SECONDS = 3600.0
MOST_WAITING = 8_000_000  # characters without a complete object: the document is broken, not long


@dataclass(frozen=True, slots=True)
class ListedTopic:
    """A topic in the bulk list. `number` is the portal's own, with which our keys begin."""

    number: str
    identifier: str
    status: str
    closes_on: date | None


@dataclass(frozen=True, slots=True)
class Completeness:
    """The result of a comparison: current topics that we lack, and keys of ours that are not listed."""

    listed: int
    missing: tuple[ListedTopic, ...]
    unlisted: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of the current listed topics that we hold; 1.0 if none is listed."""
        return 1 - len(self.missing) / self.listed if self.listed else 1.0


async def completeness(chunks: AsyncIterable[bytes], known_topics: Mapping[str, str | None], on: date) -> Completeness:
    """Compare the bulk list with the current topics that we hold: keys and their identifiers.

    A topic is current if the list calls it open or forthcoming and its last deadline has not passed by this day. It is
    matched by number or by identifier, as either may differ in the list. Raises ParseError (no_rows, truncated,
    not_an_answer, date).
    """
    numbers, identifiers = {_number(key) for key in known_topics}, set(known_topics.values())
    with walled(KEY):
        current = [topic async for topic in listed_topics(chunks) if _is_current(topic, on)]
    known = {topic.number for topic in current} | {topic.identifier for topic in current}
    return Completeness(
        listed=len(current),
        missing=tuple(t for t in current if t.number not in numbers and t.identifier not in identifiers),
        unlisted=tuple(sorted(key for key, name in known_topics.items() if known.isdisjoint((_number(key), name)))),
    )


async def listed_topics(chunks: AsyncIterable[bytes]) -> AsyncIterator[ListedTopic]:
    """Read every topic of the bulk list, whatever its status. Raises ParseError as `completeness` does."""
    async for listed in _objects(chunks):
        if listed.get("type") == TOPIC:
            yield _topic(listed)


def _number(key: str) -> str:
    digits = re.match(r"\d+", key)
    return digits[0] if digits else key


def _is_current(topic: ListedTopic, on: date) -> bool:
    return topic.status in (OPEN, FORTHCOMING) and (topic.closes_on is None or topic.closes_on >= on)


def _topic(listed: Mapping[str, Any]) -> ListedTopic:
    try:
        days = [_day(value) for value in listed.get("deadlineDatesLong") or ()]
        return ListedTopic(
            number=str(listed["ccm2Id"]),
            identifier=listed["identifier"],
            status=str(listed["status"]["id"]),
            closes_on=max(days, default=None),
        )
    except (KeyError, TypeError) as error:
        raise ParseError(KEY, "not_an_answer", f"a listed topic without {error}: {str(listed)[:80]}") from error


def _day(milliseconds: int) -> date:
    """Read a timestamp as a day: midnight UTC is a date; an hour belongs to its Brussels day."""
    try:
        at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ParseError(KEY, "date", f"the bulk list has the date {milliseconds!r}") from error
    return at.date() if (at.hour, at.minute) == (0, 0) else at.astimezone(BRUSSELS).date()


async def _objects(chunks: AsyncIterable[bytes]) -> AsyncIterator[dict[str, Any]]:
    """Decode the objects of the list one by one, so that the document is never held whole."""
    decoder, read = json.JSONDecoder(), codecs.getincrementaldecoder("utf-8")("replace")
    waiting, is_inside = "", False
    async for chunk in chunks:
        waiting += read.decode(chunk)
        if not is_inside:
            waiting, is_inside = _entered(waiting)
        while is_inside:
            waiting = waiting.lstrip(" \t\r\n,")
            if waiting.startswith("]"):
                return
            try:
                topic, end = decoder.raw_decode(waiting)
            except json.JSONDecodeError:
                break  # the object ends in a later chunk
            waiting = waiting[end:]
            if not isinstance(topic, dict):
                raise ParseError(KEY, "not_an_answer", f"the bulk list has {str(topic)[:80]!r} among its topics")
            yield topic
        if len(waiting) > MOST_WAITING:
            raise ParseError(KEY, "truncated", f"{len(waiting)} characters of the bulk list are no object")
    reason = "truncated" if is_inside else "no_rows"
    raise ParseError(KEY, reason, f"the bulk list ends {'within its topics' if is_inside else f'without {LIST}'}")


def _entered(waiting: str) -> tuple[str, bool]:
    """Return what follows the list's opening bracket; before it, only as much as may hold half of its name."""
    _, name, rest = waiting.partition(LIST)
    if not name:
        return waiting[-len(LIST) :], False
    before, bracket, inside = rest.partition("[")
    if not bracket:
        return waiting if before.strip(" \t\r\n:") == "" else waiting[-len(LIST) :], False
    return inside, True
