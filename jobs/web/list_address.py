"""The address of a list: its filter, its density and its page, written to the part after the question mark and back."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from db.call_lists import NOW, CallFilter
from db.calls import CallKind, CallStatus
from db.list_order import ListOrder
from jobs.publishing.listing import FIRST, Turn
from jobs.web.places import place_word, read_place
from tracker import l10n
from tracker.instants import in_meant_year
from tracker.tagging.search import searched_line

LONGEST_QUERY, MOST_DAYS, MOST_MONEY, MOST_PARTNERS = 300, 3660, 10**12, 100
Pair = tuple[str, str]
WANTED = ("spearheads", "programmes", "sources", "kinds", "audience", "query", "money_min", "money_max")
ONLY_LISTED = ("partners", "opening", "closing", "new")

ANY_NOW = CallFilter()


class Density(StrEnum):
    """How much of each call a list shows."""

    TABLE = "table"
    CARDS = "cards"


@dataclass(frozen=True, slots=True)
class ListAddress:
    """Which list, and which part of it. What cannot be meant by an address is left out; `ignored` names its fields."""

    choice: CallFilter = ANY_NOW
    density: Density = Density.TABLE
    turn: Turn = FIRST
    ignored: tuple[str, ...] = field(default=(), compare=False)

    def known(self, spearheads: Collection[str], sources: Collection[str]) -> "ListAddress":
        """The same without the spearheads and sources that there are not."""
        there = {"spearheads": spearheads, "sources": sources}
        kept: dict[str, Any] = {
            name: tuple(key for key in getattr(self.choice, name) if key in keys) for name, keys in there.items()
        }
        gone = [name for name, keys in kept.items() if keys != getattr(self.choice, name)]
        return replace(self, choice=replace(self.choice, **kept), ignored=(*self.ignored, *gone))

    def pairs(self) -> list[Pair]:
        """What stands after the question mark; the statuses always, so that a shared address says what it shows."""
        view = [("density", self.density.value)] if self.density is not Density.TABLE else []
        return [*_written(self.choice), *view, *self._page()]

    def _page(self) -> list[Pair]:
        if self.turn.place is None:
            return []
        return [("before" if self.turn.backwards else "after", place_word(self.turn.place, self.choice.order))]

    def query(self) -> str:
        """The part after the question mark."""
        return urlencode(self.pairs())

    def with_view(self, **view: Any) -> str:
        """The part after the question mark with another density or page."""
        return replace(self, **view).query()

    def but(self, **filters: Any) -> str:
        """The part after the question mark with other filters, from the first page on."""
        return replace(self, choice=replace(self.choice, **filters), turn=FIRST).query()

    def toggled(self, name: str, value: Any) -> str:
        """The part after the question mark with one value of a filter put in or taken out; one status stays."""
        given = getattr(self.choice, name)
        rest = tuple(one for one in given if one != value)
        changed = rest if len(rest) < len(given) else (*given, value)
        if name == "statuses":
            changed = tuple(status for status in CallStatus if status in changed) or given
        return self.but(**{name: changed})

    def loosened(self, condition: str) -> str:
        """The part after the question mark without one condition (a name of `ListQueries.given`)."""
        return self.but(**{name: _EMPTY[name] for name in OF_CONDITION.get(condition, (condition,))})

    def held(self) -> CallFilter:
        """The part of the filter that an interest can hold; the words of its query as an interest has them."""
        kept = {name: getattr(self.choice, name) for name in WANTED}
        statuses = NOW if CallStatus.FORTHCOMING in self.choice.statuses else (CallStatus.OPEN,)
        return CallFilter(**kept | {"query": searched_line(self.choice.query)}, statuses=statuses)

    def not_held(self) -> tuple[str, ...]:
        """The names of the conditions that restrict the list and that no interest can hold."""
        given = [name for name in ONLY_LISTED if getattr(self.choice, name) is not None]
        return (*(["statuses"] if self.choice.statuses != self.held().statuses else []), *given)

    def wanted(self) -> str:
        """What an interest can hold, for the address of the sign-up."""
        held = self.held()
        open_only = [("open_only", "yes")] if CallStatus.FORTHCOMING not in held.statuses else []
        return urlencode([pair for pair in _written(held) if pair[0] in WANTED] + open_only)


OF_CONDITION = {"money": ("money_min", "money_max")}
_EMPTY = asdict(CallFilter(statuses=tuple(CallStatus)))


def read_address(given: Sequence[Pair]) -> ListAddress:
    """The list that an address means; what is empty, unknown or out of bounds is left out."""
    values: dict[str, list[str]] = {}
    for name, value in given:
        if value.strip():
            values.setdefault(name, []).append(value.strip())
    read = {name: found for name, reader in READERS.items() if (found := reader(values.get(name, ()))) is not None}
    ignored = tuple(
        name for name, reader in READERS.items() if any(reader([one]) in UNREAD for one in values.get(name, ()))
    )
    density = Density.CARDS if values.get("density", [""])[-1] == Density.CARDS else Density.TABLE
    statuses = read.pop("status", ())
    choice = CallFilter(**read, **({"statuses": statuses} if statuses else {}))
    return ListAddress(choice, density, _turn(values, choice.order), ignored)


def _turn(values: Mapping[str, Sequence[str]], order: ListOrder) -> Turn:
    for name in ("after", "before"):
        for word in values.get(name, [])[-1:]:
            if place := read_place(word, order):
                return Turn(place, backwards=name == "before")
    return FIRST


def _written(choice: CallFilter) -> Iterator[Pair]:
    for name in WANTED:
        match getattr(choice, name):
            case tuple() as several:
                yield from ((name, value) for value in several)
            case None | "":
                pass
            case one:
                yield name, str(one)
    yield from (("status", status.value) for status in choice.statuses)
    yield from ((name, str(value)) for name in ONLY_LISTED if (value := getattr(choice, name)) is not None)
    if choice.order is not ListOrder.DEADLINE:
        yield "order", choice.order.value


Reader = Callable[[Sequence[str]], Any]


def is_key(value: str) -> bool:
    """Whether this can be the key of anything; a database refuses what nobody can print."""
    return value.isprintable() and not value.isspace() and value == value.strip()


def _keys(known: Sequence[str] = (), longest: int = 100) -> Reader:
    def read(given: Sequence[str]) -> tuple[str, ...]:
        there = (key[:longest].strip() for key in given if (key in known if known else is_key(key)))
        return tuple(dict.fromkeys(there))

    return read


def _whole(least: int, most: int) -> Reader:
    def read(given: Sequence[str]) -> int | None:
        number = given[-1].replace(" ", "") if given else ""
        is_whole = number.isascii() and number.isdecimal() and len(number) <= len(str(most))
        return int(number) if is_whole and least <= int(number) <= most else None

    return read


def _statuses(given: Sequence[str]) -> tuple[CallStatus, ...]:
    return tuple(status for status in CallStatus if status.value in given)


def _order(given: Sequence[str]) -> ListOrder | None:
    return next((order for order in ListOrder if order.value in given[-1:]), None)


def _new(given: Sequence[str]) -> int | date | None:
    if not given or "-" not in given[-1]:
        days: int | None = DAYS(given)
        return days
    try:
        day = date.fromisoformat(given[-1])
    except ValueError:
        return None
    return day if in_meant_year(day) else None


def _words(given: Sequence[str]) -> str:
    printable = "".join(c if c.isprintable() else " " for c in given[-1]) if given else ""
    return " ".join(printable.split())[:LONGEST_QUERY].strip()


UNREAD = (None, (), "")  # what readers say of a value that cannot be meant
DAYS = _whole(0, MOST_DAYS)
READERS: dict[str, Reader] = {
    "spearheads": _keys(),
    "programmes": _keys(),
    "sources": _keys(),
    "kinds": _keys([kind.value for kind in CallKind]),
    "audience": _keys(list(l10n.AUDIENCES)),
    "query": _words,
    "money_min": _whole(0, MOST_MONEY),
    "money_max": _whole(0, MOST_MONEY),
    "status": _statuses,
    "partners": _whole(0, MOST_PARTNERS),
    "opening": DAYS,
    "closing": DAYS,
    "new": _new,
    "order": _order,
}
