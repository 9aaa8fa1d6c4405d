"""The walls around one item of a page and around one record: what is odd in it is named, and never ends its source.

Does not say which shape a field must have (`tracker.sources.support.json_records`, and each source).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import TypeVar

import orjson
from pydantic import BaseModel

from db.calls import CallFacts
from tracker.errors import ParseError, RunQuarantined, SourceError
from tracker.sources import Page, Row

Item = TypeVar("Item")
Made = TypeVar("Made")

UNFORESEEN = "unforeseen"  # the reason of what no parser expected
FORESEEN = (SourceError, MemoryError)  # memory that ran out is the whole reading's fault
ENOUGH = 3  # fewer odd items are slips of the publisher; as many, and nothing else, are a new layout
FIRST_YEAR, LAST_YEAR = 2000, 2060  # no call opens or closes in another
MOST_KEY = 200  # characters
MOST_EURO = 10**13
MOST_GRANTS = 10**6
_ADDRESS = re.compile(r"https?://[^\s/]")
MOST_WORDS = 300  # characters of a fault


@dataclass(frozen=True, slots=True)
class Unread:
    """An item of a page that could not be read: what is wrong, its key where that is known, its place (from 1)."""

    fault: SourceError
    key: str
    place: int

    def row(self) -> Row:
        """Make a row of it, so that it is counted and named like a record that could not be read."""
        return Row(self.key, "", self)


@contextmanager
def walled(source: str) -> Iterator[None]:
    """Turn any exception that nobody foresaw into a ParseError (unforeseen) that says where it came from."""
    try:
        yield
    except FORESEEN:
        raise
    except Exception as error:
        raise _unforeseen(source, error)  # noqa: B904  (it has its cause)


def _unforeseen(source: str, error: Exception) -> ParseError:
    fault = ParseError(source, UNFORESEEN, _in_words(error))
    fault.__cause__ = error
    return fault


def _in_words(error: Exception) -> str:
    *_, last = extract_tb(error.__traceback__)
    place = f"{Path(last.filename).name}:{last.lineno}"
    return f"{type(error).__name__} at {place}: {' '.join(str(error).split())}"[:MOST_WORDS]


def nameless(_: object) -> str:
    """The key of an item whose key is not known before it is read."""
    return ""


def each(
    source: str, items: Iterable[Item], make: Callable[[Item], Made], key: Callable[[Item], str] = nameless
) -> list[Made | Unread]:
    """Make something of every item of a page; an item that is odd comes out as Unread.

    Raises the first fault where the whole page has it: ParseError where all of several items are odd (a new layout),
    RunQuarantined where several are not what was asked for.
    """
    made: list[Made | Unread] = []
    for place, item in enumerate(items, start=1):
        try:
            made.append(make(item))
        except SourceError as fault:
            made.append(Unread(fault, key(item), place))
        except MemoryError:
            raise
        except Exception as error:
            made.append(Unread(_unforeseen(source, error), key(item), place))
    odd = [one for one in made if isinstance(one, Unread)]
    unasked = [one for one in odd if isinstance(one.fault, RunQuarantined)]
    if len(unasked) >= ENOUGH or len(odd) == len(made) >= ENOUGH:
        raise (unasked or odd)[0].fault
    return made


def rows_from(
    source: str, items: Iterable[Item], make: Callable[[Item], Row | None], key: Callable[[Item], str] = nameless
) -> Iterator[Row]:
    """Make a row of every item, but of those that are left out (None). Raises as `each` does."""
    for made in each(source, items, make, key):
        if made is not None:
            yield made.row() if isinstance(made, Unread) else made


def rows_of(module: ModuleType, page: Page) -> Iterator[Row]:
    """Split a page into rows. Raises SourceError for whatever is wrong with the whole page, foreseen or not."""
    source: str = module.SOURCE.key
    with walled(source):
        for place, row in enumerate(module.rows(page), start=1):
            yield row if len(row.key) <= MOST_KEY and is_storable(row.key) else _without_key(source, row, place)


def _without_key(source: str, row: Row, place: int) -> Row:
    return Unread(ParseError(source, "key", f"a key that no database holds: {row.key!r:.80}"), "", place).row()


def facts_of(module: ModuleType, row: Row) -> CallFacts:
    """Parse one record. Raises ParseError for whatever is wrong with it, foreseen or not."""
    source: str = module.SOURCE.key
    if isinstance(row.record, Unread):
        raise ParseError(source, row.record.fault.reason, row.record.fault.detail)
    with walled(source):
        facts: CallFacts = module.facts(row)
    _check(source, facts)
    _check_letters(source, facts)
    return facts


# --- what no call says ------------------------------------------------------------------------------------------------


def _check(source: str, facts: CallFacts) -> None:
    """Refuse facts that no call has, whichever parser read them. Raises ParseError."""
    _check_days(source, facts)
    money = (facts.budget_total, facts.project_min, facts.project_max)
    if not all(amount is None or 0 <= amount <= MOST_EURO for amount in money):
        raise ParseError(source, "budget", f"{facts.key}: no call has the sums {money}")
    if facts.expected_grants is not None and not 0 <= facts.expected_grants <= MOST_GRANTS:
        raise ParseError(source, "budget", f"{facts.key}: no call has {facts.expected_grants} grants")
    if not any(map(str.isalnum, facts.title)):  # empty, or nothing that anybody sees
        raise ParseError(source, "title", f"{facts.key}: no title: {facts.title[:80]!r}")
    if not _ADDRESS.match(facts.url):
        raise ParseError(source, "link", f"{facts.key}: no address: {facts.url[:80]!r}")
    if odd := _unstorable(facts):
        raise ParseError(source, "characters", f"{facts.key}: a character that no database holds in {', '.join(odd)}")


def _unstorable(facts: CallFacts) -> list[str]:
    """The fields whose texts some database cannot hold."""
    try:
        if b"\\u0000" not in orjson.dumps(vars(facts), default=vars):  # as NUL is written; a glance at all at once
            return []
    except orjson.JSONEncodeError:  # half a pair
        pass
    return [name for name, value in vars(facts).items() if value and not is_storable(value)]


def is_storable(value: object) -> bool:
    """Whether every database can hold the texts in a value: PostgreSQL has no NUL, and nothing has half a pair."""
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or _is_whole(value))
    if isinstance(value, BaseModel):
        value = tuple(vars(value).values())
    return not isinstance(value, tuple) or all(map(is_storable, value))


def _is_whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_days(source: str, facts: CallFacts) -> None:
    for name, day in (("opens", facts.opens_on), *(("closes", deadline.on) for deadline in facts.deadlines)):
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ParseError(source, "date", f"{facts.key} {name} in the year {day.year}, which nobody means")
    last: date | None = max((deadline.on for deadline in facts.deadlines), default=None)
    if last and facts.opens_on and last < facts.opens_on:
        raise ParseError(source, "date", f"{facts.key} closes on {last}, before it opens on {facts.opens_on}")


UNREAD_LETTER = "\ufffd"  # of bytes that stand for no letter in the charset that was declared
MANY_LETTERS = 200  # one unread letter in a long text is the publisher's own slip


def _check_letters(source: str, facts: CallFacts) -> None:
    text = facts.text or ""
    if UNREAD_LETTER in facts.title or text.count(UNREAD_LETTER) * MANY_LETTERS > len(text):
        raise ParseError(source, "charset", f"{facts.key}: letters that could not be read: {facts.title[:80]!r}")
