"""Compare a new reading of a call with what we know: merge the facts, decide its status, find the events to tell.

Pure. Only the fields compared here can make news; any other difference makes a new version of the call and no more.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from db.calls import Call, CallFacts, CallStatus
from db.event_log import EventKind
from tracker.calls.passages import difference, words_of
from tracker.instants import in_zone

BRUSSELS = ZoneInfo("Europe/Brussels")
TWO_STAGE = "two-stage"
LONG_TITLE = 8  # words; nobody extends so long a title, so what follows it was pasted by mistake
MONEY = ("budget_total", "project_min", "project_max")


class Family(StrEnum):
    """What an event is about. Events of one family undo one another: together they are one net difference."""

    NEW = "new"
    OPENED = "opened"
    DEADLINE = "deadline"
    MONEY = "money"
    TITLE = "title"
    TEXT = "text"
    PRESENCE = "presence"  # whether the call is there at all
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Nature:
    """What everybody has to know of a kind of event; `is_change`: its source changed what it had stated."""

    family: Family
    is_change: bool = False


NATURES: Mapping[EventKind, Nature] = {
    EventKind.NEW: Nature(Family.NEW),
    EventKind.OPENED: Nature(Family.OPENED),
    EventKind.DEADLINE_EARLIER: Nature(Family.DEADLINE, is_change=True),
    EventKind.DEADLINE_LATER: Nature(Family.DEADLINE, is_change=True),
    EventKind.CUTOFFS: Nature(Family.DEADLINE, is_change=True),
    EventKind.BUDGET: Nature(Family.MONEY, is_change=True),
    EventKind.RETITLED: Nature(Family.TITLE, is_change=True),
    EventKind.TEXT: Nature(Family.TEXT, is_change=True),
    EventKind.REOPENED: Nature(Family.PRESENCE),
    EventKind.WITHDRAWN: Nature(Family.PRESENCE),
    EventKind.LATE: Nature(Family.LATE),
}
CHANGES = frozenset(kind for kind, nature in NATURES.items() if nature.is_change)


@dataclass(frozen=True, slots=True)
class News:
    """One event before it has a number; `old` and `new` are JSON values, dates in ISO form."""

    kind: EventKind
    old: dict[str, Any] | None = None
    new: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """How a list of cut-off days changed: `old` is the day that was replaced or applied before, `new` applies now."""

    kind: EventKind  # deadline_earlier, deadline_later, or cutoffs if the day that applies is the same
    old: date
    new: date


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to store of a call after a reading. `differs` says whether the facts are a new version."""

    facts: CallFacts
    status: CallStatus
    closes_on: date | None
    differs: bool
    news: tuple[News, ...]


def brussels_day(now: datetime) -> date:
    """The calendar day in Brussels, where calls open and close."""
    return in_zone(now, BRUSSELS).date()


def closes_on(facts: CallFacts) -> date | None:
    """The last day for a first application: the first stage of a two-stage call, else the last cut-off."""
    if not facts.deadlines:
        return None
    days = [d.on for d in facts.deadlines]
    return min(days) if facts.deadline_model == TWO_STAGE else max(days)


def status_of(facts: CallFacts, on: date) -> CallStatus:
    """The status of a call on a day, by its dates; the source's own status can only delay or end it.

    It never opens a call early or keeps it open.
    """
    last = closes_on(facts)
    if facts.claimed_status is CallStatus.CLOSED or (last is not None and last < on):
        return CallStatus.CLOSED
    if facts.claimed_status is CallStatus.FORTHCOMING or (facts.opens_on is not None and facts.opens_on > on):
        return CallStatus.FORTHCOMING
    return CallStatus.OPEN


def compare(known: Call | None, seen: CallFacts, now: datetime, *, quiet: bool) -> Comparison:
    """Compare a reading with what we know. If `quiet` (baseline, backfill, changed parser): versions, but no news."""
    on = brussels_day(now)
    if known is None:
        status = status_of(seen, on)
        is_no_news = quiet or status is CallStatus.CLOSED
        return Comparison(
            seen, status, closes_on(seen), True, () if is_no_news else (News(EventKind.NEW, new=_dates(seen)),)
        )
    facts = merge(known, seen)
    status = status_of(facts, on)
    news = () if quiet else tuple(_news(known, facts, status, on))
    return Comparison(facts, status, closes_on(facts), facts != remembered(known), news)


def remembered(known: Call) -> CallFacts:
    """The facts of a stored call, without our own fields."""
    return CallFacts.model_construct(**{name: getattr(known, name) for name in CallFacts.model_fields})


def merge(known: Call, seen: CallFacts) -> CallFacts:
    """Merge a reading into what we know: the newest value wins, but None or an empty list never overwrites a value."""
    unstated = {
        name: getattr(known, name)
        for name in CallFacts.model_fields
        if getattr(seen, name) in (None, ()) and getattr(known, name) not in (None, ())
    }
    return seen.model_copy(update=unstated) if unstated else seen


def _news(known: Call, facts: CallFacts, status: CallStatus, on: date) -> list[News]:
    deadline = _deadline_news(known, facts, on)
    possible = [
        _reopened_news(known, status, deadline),
        _opened_news(known, facts, status),
        deadline,
        _money_news(known, facts),
        _title_news(known, facts),
        _text_news(known, facts),
    ]
    return [news for news in possible if news]


def _opened_news(known: Call, facts: CallFacts, status: CallStatus) -> News | None:
    is_opened = known.status is CallStatus.FORTHCOMING and status is CallStatus.OPEN
    return News(EventKind.OPENED, new=_dates(facts)) if is_opened else None


def _reopened_news(known: Call, status: CallStatus, deadline: News | None) -> News | None:
    """The news that a call is back. A closed call that is extended was never gone: the moved deadline says it all."""
    is_extended = deadline is not None and deadline.kind is not EventKind.CUTOFFS
    was_gone = known.withdrawn_at is not None or (known.status is CallStatus.CLOSED and not is_extended)
    is_back = was_gone and status is not CallStatus.CLOSED
    return News(EventKind.REOPENED, new={"status": status.value}) if is_back else None


def _dates(facts: CallFacts) -> dict[str, Any]:
    return {
        "opens_on": facts.opens_on.isoformat() if facts.opens_on else None,
        "deadlines": [d.on.isoformat() for d in facts.deadlines],
    }


def deadline_move(old: Set[date], new: Set[date], on: date) -> Move | None:
    """How cut-off days changed (neither set is empty), as far as it matters from this day on.

    None if only past days differ. Times of day are not compared: sources re-stamp them without any editor (the
    portal's type 2 does so in nine of ten changes of a deadline).
    """
    came, gone = new - old, old - new
    if max(came | gone, default=date.min) < on:
        return None
    before, after = _binding(old, on), _binding(new, on)
    moved = _given_way(before, after, gone, on) if came else None
    if moved is None:
        return Move(EventKind.CUTOFFS, before, after)
    return Move(EventKind.DEADLINE_EARLIER if after < moved else EventKind.DEADLINE_LATER, moved, after)


def _binding(days: Set[date], on: date) -> date:
    """The day that applies: the first one still ahead, or the last of all."""
    return min((d for d in days if d >= on), default=max(days))


def _given_way(before: date, after: date, gone: Set[date], on: date) -> date | None:
    """The day that `after` replaces; None if the day that applied before is still listed.

    Publishers extend a deadline the day after it passed. If later cut-offs are listed, the new day is then the nearest
    one, and the deadline seems to have moved earlier; what it replaces is the day that passed.
    """
    if before in gone:
        return before
    return max((d for d in gone if d < on), default=None) if after < before else None


def _deadline_news(known: CallFacts, facts: CallFacts, on: date) -> News | None:
    old, new = {d.on for d in known.deadlines}, {d.on for d in facts.deadlines}
    if not new:
        return None
    if not old:
        return News(EventKind.CUTOFFS, None, _cutoffs(_binding(new, on), new)) if max(new) >= on else None
    move = deadline_move(old, new, on)
    return News(move.kind, _cutoffs(move.old, old), _cutoffs(move.new, new)) if move else None


def _cutoffs(binding: date, days: Set[date]) -> dict[str, Any]:
    return {"deadline": binding.isoformat(), "deadlines": [d.isoformat() for d in sorted(days)]}


def _money_news(known: CallFacts, facts: CallFacts) -> News | None:
    changed = [
        name for name in MONEY if getattr(known, name) is not None and getattr(known, name) != getattr(facts, name)
    ]
    if not changed:
        return None
    return News(
        EventKind.BUDGET,
        {name: getattr(known, name) for name in changed},
        {name: getattr(facts, name) for name in changed},
    )


def _title_news(known: CallFacts, facts: CallFacts) -> News | None:
    if not is_retitled(known.title, facts.title):
        return None
    return News(EventKind.RETITLED, {"title": known.title}, {"title": facts.title})


def is_retitled(old: str, new: str) -> bool:
    """Whether a title says something else; blanks, entities, case and punctuation do not count, nor do slips.

    A slip is a title repeated several times, or a title with its description pasted below it; the portal's 185978
    was both, on and off (May 2026).
    """
    shorter, longer = sorted((words_of(old), words_of(new)), key=len)
    size = len(shorter)
    if longer[:size] != shorter or not size:
        return longer != shorter
    is_repeated = longer == shorter * (len(longer) // size)
    is_pasted = size >= LONG_TITLE and len(longer) >= 2 * size
    return not (is_repeated or is_pasted)


def _text_news(known: CallFacts, facts: CallFacts) -> News | None:
    if not known.text or not facts.text or known.text == facts.text:
        return None
    found = difference(known.text, facts.text)
    if found is None:
        return None
    before, after = ({"words": len(words_of(text))} for text in (known.text, facts.text))
    cut, added = ({"cut": found.cut} if found.cut else {}), ({"added": found.added} if found.added else {})
    return News(EventKind.TEXT, before | cut, after | added)
