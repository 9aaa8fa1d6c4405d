"""Aliases: which calls of different sources are the same call, on what ground, and what of them was told before.

Pure. Does not store what it finds (`db.duplicates`). Certain are only an equal official identifier and an equal link,
each held by one call in either source; anything weaker is for a person to decide.
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

FEWEST_WORDS = 3  # of a title that can tell a call from others
TRACKING = re.compile(r"utm_|fbclid|gclid|mc_")
WORD = re.compile(r"\w+")
Values = Mapping[str, Any]  # of an event
Holders = dict[str, list[NamedCall]]  # the calls that have one identifier, link or title, by their source


@dataclass(frozen=True, slots=True)
class Match:
    """Two calls that are, or may be, the same; the one we have known for longer first."""

    first_id: int
    second_id: int
    ground: Ground
    is_certain: bool


def find_matches(new_ids: Collection[int], calls: Iterable[NamedCall]) -> list[Match]:
    """Which of the new calls are among all `calls` (the new ones included) twice, each pair on its strongest ground."""
    everyone, ids = list(calls), frozenset(new_ids)
    new = [call for call in everyone if call.id in ids]
    found: dict[tuple[int, int], Match] = {}
    for ground, name in NAMES.items() if new else ():
        holders = _holders(everyone, name)
        for call in new:
            for other in _others(call, holders.get(name(call) or "", {})):
                first, second = sorted((call, other), key=lambda one: one.id)
                match = Match(first.id, second.id, ground, _is_certain(ground, call, other))
                found.setdefault((first.id, second.id), match)
    return list(found.values())


def _holders(calls: Iterable[NamedCall], name: Callable[[NamedCall], str | None]) -> dict[str, Holders]:
    found: dict[str, Holders] = {}
    for call in calls:
        if key := name(call):
            found.setdefault(key, {}).setdefault(call.source, []).append(call)
    return found


def _others(call: NamedCall, holders: Mapping[str, list[NamedCall]]) -> list[NamedCall]:
    """The one call of each other source that has the same name; a name that a source gives twice tells nothing."""
    if len(holders.get(call.source, ())) != 1:
        return []
    return [some[0] for source, some in holders.items() if source != call.source and len(some) == 1]


def _is_certain(ground: Ground, one: NamedCall, other: NamedCall) -> bool:
    """A cascade call bears the identifier of the topic that pays for it, so there an identifier proves nothing."""
    is_cascade = CallKind.CASCADE in (one.kind, other.kind)
    return ground is Ground.LINK or (ground is Ground.IDENTIFIER and not is_cascade)


def identifier_of(call: NamedCall) -> str | None:
    """The official code in one spelling."""
    return "".join(call.identifier.split()).upper() if call.identifier else None


def link_of(call: NamedCall) -> str | None:
    """The address in one spelling, without scheme, www, tracking and last slash. None for a site's front page."""
    parts = urlsplit(call.url)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    query = urlencode(sorted(pair for pair in parse_qsl(parts.query) if not TRACKING.match(pair[0])))
    route = parts.fragment if parts.fragment.startswith(("/", "!")) else ""  # pages that a script draws
    return f"{host}{path}?{query}#{route}" if path or query or route else None


def title_of(call: NamedCall) -> str | None:
    """The words of the title with the last day; None where either says too little."""
    words = WORD.findall(normalize("NFKC", call.title).casefold())
    return f"{' '.join(words)} {call.closes_on}" if call.closes_on and len(words) >= FEWEST_WORDS else None


def is_told(kind: EventKind, new: Mapping[str, Any] | None, told: Sequence[CallEvent]) -> bool:
    """Whether this news of a call says what a joined call told last (its events in order): the same day, sum or title.

    Texts of different sources differ anyhow, so that a rewritten one is always told.
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
    return WORD.findall(normalize("NFKC", new["title"]).casefold())


NAMES: Mapping[Ground, Callable[[NamedCall], str | None]] = {
    Ground.IDENTIFIER: identifier_of,
    Ground.LINK: link_of,
    Ground.TITLE_DEADLINE: title_of,
}
