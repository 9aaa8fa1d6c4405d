"""Duplicates: find calls of different sources that are the same call, and what of their news was told before.

Pure. Does not store what it finds (`db.duplicates`). Only an equal official identifier or an equal link, each held by
one call in either source, is certain; anything weaker is for a person to decide.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, assert_never
from unicodedata import normalize
from urllib.parse import parse_qsl, urlencode, urlsplit

from db.calls import CallKind
from db.duplicates import Ground, NamedCall
from db.event_log import CallEvent, EventKind
from tracker.calls.changes import NATURES, Family, brussels_day
from tracker.folding import visible

FEWEST_WORDS = 3  # a shorter title cannot tell a call from others
TRACKING = re.compile(r"utm_|fbclid|gclid|mc_")
WORD = re.compile(r"\w+")
Values = Mapping[str, Any]  # of an event
Holders = dict[str, list[NamedCall]]  # the calls that have one identifier, link or title, by their source


@dataclass(frozen=True, slots=True)
class Match:
    """Two calls that are or may be the same, the one that we have known for longer first."""

    first_id: int
    second_id: int
    ground: Ground
    is_certain: bool


def find_matches(new_ids: Collection[int], calls: Iterable[NamedCall]) -> list[Match]:
    """Find the duplicates of new calls among all `calls` (new ones included), each pair with its strongest ground."""
    everyone, ids = list(calls), frozenset(new_ids)
    new = [call for call in everyone if call.id in ids]
    matches: dict[tuple[int, int], Match] = {}
    for ground, name in NAMES.items() if new else ():
        holders = _holders(everyone, name)
        for call in new:
            for other in _others(call, holders.get(name(call) or "", {})):
                first, second = sorted((call, other), key=lambda named: (named.id in ids, named.id))
                match = Match(first.id, second.id, ground, _is_certain(ground, call, other))
                matches.setdefault((first.id, second.id), match)
    return list(matches.values())


def _holders(calls: Iterable[NamedCall], name: Callable[[NamedCall], str | None]) -> dict[str, Holders]:
    holders: dict[str, Holders] = {}
    for call in calls:
        if key := name(call):
            holders.setdefault(key, {}).setdefault(call.source, []).append(call)
    return holders


def _others(call: NamedCall, holders: Mapping[str, list[NamedCall]]) -> list[NamedCall]:
    """The call of each other source that has the same name, if it is the only one there and the name is unique here."""
    if len(holders.get(call.source, ())) != 1:
        return []
    return [calls[0] for source, calls in holders.items() if source != call.source and len(calls) == 1]


def _is_certain(ground: Ground, call: NamedCall, other: NamedCall) -> bool:
    """Whether a match needs no person; a cascade call has its topic's identifier, so there it proves nothing."""
    is_cascade = CallKind.CASCADE in (call.kind, other.kind)
    return ground is Ground.LINK or (ground is Ground.IDENTIFIER and not is_cascade)


def identifier_of(call: NamedCall) -> str | None:
    """The official identifier, normalised."""
    return "".join(call.identifier.split()).upper() if call.identifier else None


def link_of(call: NamedCall) -> str | None:
    """The address, normalised: without scheme, www, tracking and last slash. None for a site's front page."""
    parts = urlsplit(call.url)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    query = urlencode(sorted(pair for pair in parse_qsl(parts.query) if not TRACKING.match(pair[0])))
    route = parts.fragment if parts.fragment.startswith(("/", "!")) else ""  # pages that a script draws
    return f"{host}{path}?{query}#{route}" if path or query or route else None


def title_of(call: NamedCall) -> str | None:
    """The words of the title with the last day; None if there is no day, or too few words."""
    words = WORD.findall(normalize("NFKC", visible(call.title)).casefold())
    return f"{' '.join(words)} {call.closes_on}" if call.closes_on and len(words) >= FEWEST_WORDS else None


def is_told(kind: EventKind, new: Mapping[str, Any] | None, told: Sequence[CallEvent]) -> bool:
    """Whether this news of a call repeats what its duplicate last told (events in order): the same day, sum or title.

    Texts of different sources differ anyway, so a rewritten one is always told.
    """
    family = NATURES[kind].family
    match family:
        case Family.OPENED:
            last = _last(told, Family.OPENED, Family.NEW)
            return last is not None and (last.kind is EventKind.OPENED or _was_open(last))
        case Family.DEADLINE:
            return _leads_to_the_same(kind, new, _last(told, family), _day)
        case Family.MONEY:
            return _leads_to_the_same(kind, new, _last(told, family), _sums)
        case Family.TITLE:
            return _leads_to_the_same(kind, new, _last(told, family), _words_of_title)
        case Family.NEW | Family.TEXT | Family.PRESENCE | Family.LATE:
            return False
        case _:
            assert_never(family)


def _last(told: Sequence[CallEvent], *families: Family) -> CallEvent | None:
    """The last of these events that is about one of these."""
    return next((event for event in reversed(told) if NATURES[event.kind].family in families), None)


def _was_open(told: CallEvent) -> bool:
    opens_on = (told.new or {}).get("opens_on")
    return opens_on is None or date.fromisoformat(opens_on) <= brussels_day(told.at)


def _leads_to_the_same(
    kind: EventKind, new: Values | None, last: CallEvent | None, of: Callable[[Values], Any]
) -> bool:
    """Whether a change leads to what the last one led to, as two sources would both state it."""
    return last is not None and last.kind is kind and bool(of(last.new or {}) == of(new or {}))


def _day(new: Values) -> str:
    return str(new["deadline"])


def _sums(new: Values) -> Values:
    return new


def _words_of_title(new: Values) -> list[str]:
    return WORD.findall(normalize("NFKC", visible(new["title"])).casefold())


NAMES: Mapping[Ground, Callable[[NamedCall], str | None]] = {
    Ground.IDENTIFIER: identifier_of,
    Ground.LINK: link_of,
    Ground.TITLE_DEADLINE: title_of,
}
