"""Calendars: the cut-offs of calls as iCalendar (RFC 5545); each is an event that moves when its date does.

Pure: the same calls give the same bytes. Does not decide which date is which after a move (`tracker.feeds.cutoffs`).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from icalendar import Calendar, Event

from db.calls import Call, CallStatus, Deadline
from db.event_log import CallEvent, EventKind
from tracker import l10n
from tracker.calls.changes import NATURES, TWO_STAGE, Family, brussels_day, closes_on
from tracker.digests.content import Item, SectionKind, digest_call
from tracker.digests.interests import Tagged
from tracker.emails.call_view import TITLE_LENGTH, CallView, call_view
from tracker.emails.sanitise import clean
from tracker.feeds.addresses import FeedInfo
from tracker.feeds.cutoffs import Cutoff, Fate, cutoffs
from tracker.instants import in_meant_year, in_zone

PRODUCT = "-//karkivahti//deadlines//EN"
ASK_AGAIN = timedelta(hours=12)


def calendar(info: FeedInfo, calls: Iterable[Tagged], since: date) -> bytes:
    """The calendar of these calls' cut-offs from a day on, by date. Each call needs all its events, in order.

    A cut-off is a whole day, or an instant in UTC if its time is known. The UID is call and number and never changes.
    SEQUENCE goes up with each move, when the cut-off is called off, and when the call comes back.
    """
    made = _empty(info)
    dated = [
        (tagged, cutoff)
        for tagged in calls
        for cutoff in cutoffs(tagged.call, tagged.events)
        if _is_shown(cutoff, since)
    ]
    for tagged, cutoff in sorted(dated, key=lambda pair: (pair[1].on, pair[0].call.id or 0, pair[1].number)):
        made.add_component(_event(info, tagged, cutoff))
    return bytes(made.to_ical())


def _is_shown(cutoff: Cutoff, since: date) -> bool:
    return cutoff.on >= since and cutoff.fate is not Fate.PASSED and in_meant_year(cutoff.on)


def _empty(info: FeedInfo) -> Calendar:
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", info.title)  # RFC 7986; the names with X- are for older programs
    made.add("x-wr-calname", info.title)
    made.add("refresh-interval", ASK_AGAIN, {"value": "DURATION"})
    made.add("x-published-ttl", "PT12H")
    return made


def _event(info: FeedInfo, tagged: Tagged, cutoff: Cutoff) -> Event:
    call, off = tagged.call, is_off(tagged.call, cutoff)
    lines = _lines(info, tagged, cutoff)
    made = Event()
    made.add("uid", f"call-{call.id}-{cutoff.number}@{info.authority}")
    made.add("sequence", sequence(tagged, cutoff))
    made.add("dtstamp", changed_at(tagged))
    made.add("dtstart", _starts(call, cutoff))
    made.add("summary", _summary(info, call, cutoff, off))
    made.add("description", "\n".join(_description(lines, off)))
    made.add("status", "CANCELLED" if off else "CONFIRMED")
    made.add("transp", "TRANSPARENT")  # a deadline does not make anybody busy
    if tagged.reasons:
        made.add("categories", [dict(reason.names).get(info.language, reason.spearhead) for reason in tagged.reasons])
    if lines.url:
        made.add("url", lines.url)
    return made


def is_off(call: Call, cutoff: Cutoff) -> bool:
    """Whether a cut-off was called off before its day: it was dropped, or its call was withdrawn or closed early."""
    if cutoff.fate is Fate.DROPPED:
        return True
    if call.withdrawn_at is not None:
        return cutoff.on >= brussels_day(call.withdrawn_at)
    said_on, last = brussels_day(call.changed_at), closes_on(call)
    is_closed_early = call.claimed_status is CallStatus.CLOSED and last is not None and last > said_on
    return is_closed_early and cutoff.on > said_on


def sequence(tagged: Tagged, cutoff: Cutoff) -> int:
    """The revision number of a cut-off: its moves, and how often it was called off and reinstated."""
    return cutoff.moves + _turns([e for e in tagged.events if e.call_id == tagged.call.id], is_off(tagged.call, cutoff))


def _turns(events: Iterable[CallEvent], off: bool) -> int:
    """How often a cut-off was called off or reinstated: even while it stands, odd while it is off.

    Between two events of the same kind there was a turn without an event.
    """
    turns = 0
    for event in events:
        if NATURES[event.kind].family is Family.PRESENCE:
            is_gone = event.kind is EventKind.WITHDRAWN
            turns += 1 if turns % 2 != is_gone else 2
    return turns + (turns % 2 != off)


def changed_at(tagged: Tagged) -> datetime:
    """The last change of a call that a calendar shows."""
    gone = [tagged.call.withdrawn_at] if tagged.call.withdrawn_at else []
    return max([tagged.call.changed_at, *gone, *(event.at for event in tagged.events)])


def _starts(call: Call, cutoff: Cutoff) -> date | datetime:
    at = _deadline(call, cutoff).at
    return in_zone(at, UTC) if at else cutoff.on


def _deadline(call: Call, cutoff: Cutoff) -> Deadline:
    return next((d for d in call.deadlines if d.on == cutoff.on), Deadline(on=cutoff.on))


def _summary(info: FeedInfo, call: Call, cutoff: Cutoff, off: bool) -> str:
    t, title = l10n.catalogue(info.language), clean(call.title, TITLE_LENGTH)
    if off:
        return t.gettext("No longer valid: %(title)s") % {"title": title}
    if stage := _stage(call, cutoff):
        return t.gettext("Deadline of stage %(stage)d: %(title)s") % {"stage": stage, "title": title}
    return t.gettext("Deadline: %(title)s") % {"title": title}


def _stage(call: Call, cutoff: Cutoff) -> int | None:
    days = sorted(d.on for d in call.deadlines)
    by_order = days.index(cutoff.on) + 1 if call.deadline_model == TWO_STAGE and len(days) > 1 else None
    return _deadline(call, cutoff).stage or by_order


def _lines(info: FeedInfo, tagged: Tagged, cutoff: Cutoff) -> CallView:
    """The call as a digest of the cut-off's own day would word it: this date first, then the later ones."""
    item = Item(tagged.call, SectionKind.CLOSING_SOON, (), tagged.reasons, (), (), tagged.also, tagged.eligibility)
    shown = digest_call(item, info.source_names, cutoff.on)
    return call_view(SectionKind.CLOSING_SOON, shown, cutoff.on, info.language, info.zone)


def _description(lines: CallView, off: bool) -> Iterator[str]:
    yield from [] if off else [line for line in (lines.when, lines.later) if line]
    yield lines.what
    yield from (f"{fact.label}: {fact.text}" for fact in lines.facts)
    yield from [lines.url] if lines.url else []
