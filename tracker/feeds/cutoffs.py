"""Cut-offs: follow each date of a call through every move, so that its calendar event moves with it.

Pure; `tracker.feeds.calendar` writes the calendars. The dates of a call are numbered in order when they are first
known. A date that is replaced hands its number to the one that replaces it, and the others keep theirs. If fewer dates
came than went, the last ones moved and the earlier ones were dropped; if more came, the later ones are new. A date that
had passed moves only if the new one comes before all that are still ahead (a deadline extended the day after);
otherwise it is past and keeps its day. No number is used twice.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from db.calls import Call
from db.event_log import CallEvent
from tracker.calls.changes import NATURES, Family, brussels_day


class Fate(StrEnum):
    """What became of a cut-off."""

    LISTED = "listed"
    PASSED = "passed"  # its source stopped listing it after its day
    DROPPED = "dropped"  # its source stopped listing it before its day


@dataclass(frozen=True, slots=True)
class Cutoff:
    """One cut-off of a call; `moves` counts the events that moved it."""

    number: int
    on: date
    moves: int = 0
    fate: Fate = Fate.LISTED


@dataclass(frozen=True, slots=True)
class ListedDays:
    """A call's days from `seen_on` on; `is_told` is false if they changed without an event (overrides, new parsers)."""

    days: frozenset[date]
    seen_on: date
    is_told: bool


def cutoffs(call: Call, events: Iterable[CallEvent]) -> tuple[Cutoff, ...]:
    """Every cut-off that a call has had, as far as its events (in order) tell, by number."""
    so_far: tuple[Cutoff, ...] = ()
    for listing in _listings(call, events):
        so_far = _after(so_far, listing)
    return so_far


def _listings(call: Call, events: Iterable[CallEvent]) -> Iterator[ListedDays]:
    for event in events:
        if NATURES[event.kind].family is Family.DEADLINE and event.call_id == call.id:
            for dates, is_told in ((event.old, False), (event.new, True)):
                if dates:
                    days = frozenset(date.fromisoformat(day) for day in dates["deadlines"])
                    yield ListedDays(days, brussels_day(event.at), is_told)
    yield ListedDays(frozenset(d.on for d in call.deadlines), brussels_day(call.changed_at), is_told=False)


def _after(so_far: tuple[Cutoff, ...], listing: ListedDays) -> tuple[Cutoff, ...]:
    standing = {cutoff.on for cutoff in so_far if cutoff.fate is Fate.LISTED}
    gone, came = sorted(standing - listing.days), sorted(listing.days - standing)
    moved = _moved(gone, came, standing & listing.days, listing.seen_on)
    known = [_turned(cutoff, moved, listing) for cutoff in so_far]
    new = [day for day in came if day not in moved.values()]
    return (*known, *(Cutoff(number, day) for number, day in enumerate(new, len(so_far) + 1)))


def _moved(gone: Sequence[date], came: Sequence[date], stays: Set[date], on: date) -> dict[date, date]:
    """The replacement of each day that was replaced."""
    ahead = [day for day in gone if day >= on]
    passed = [day for day in gone if day < on]
    next_day = min((day for day in stays if day >= on), default=date.max)
    if passed and came and came[0] < next_day:
        ahead.insert(0, passed[-1])
    return dict(zip(ahead[-len(came) :], came, strict=False)) if came else {}


def _turned(cutoff: Cutoff, moved: dict[date, date], listing: ListedDays) -> Cutoff:
    if cutoff.fate is not Fate.LISTED or cutoff.on in listing.days:
        return cutoff
    if cutoff.on in moved:
        return replace(cutoff, on=moved[cutoff.on], moves=cutoff.moves + listing.is_told)
    return replace(cutoff, fate=Fate.PASSED if cutoff.on < listing.seen_on else Fate.DROPPED)
