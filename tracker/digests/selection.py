"""Selection: what an edition tells a reader of the calls they want, and what it withholds and why. Pure.

Does not decide which calls a reader wants (`tracker.digests.interests`) or lay them out (`tracker.digests.content`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, assert_never

from db.calls import Call, CallStatus
from db.deliveries import Told
from db.editions import WithheldReason
from db.event_log import CallEvent, EventKind
from tracker.calls.changes import NATURES, Family, brussels_day, deadline_move, is_retitled
from tracker.digests.content import Change, ChangeKind, Item, SectionKind, ahead
from tracker.digests.interests import Tagged
from tracker.instants import in_meant_year

OPEN_NOW = "open"  # the mark of a call that a welcome edition told
CHOSEN = "chosen"  # the mark of a call that a selection told, with what identified its state

NOTHING_TOLD = Told()


@dataclass(frozen=True, slots=True)
class Selection:
    """What one edition tells a reader, and the events that it withholds, each with the reason."""

    items: tuple[Item, ...]
    withheld: dict[int, WithheldReason]


def select_news(
    calls: Iterable[Tagged],
    lead_days: Sequence[int],
    on: date,
    already_told: Told = NOTHING_TOLD,
    next_on: date | None = None,
) -> Selection:
    """Select what an edition of this day tells of these wanted calls, to a reader who was already told this much.

    `next_on` is the day of the reader's next edition, for reminders.
    """
    items: list[Item] = []
    withheld: dict[int, WithheldReason] = {}
    for tagged in calls:
        ahead_of = tuple(e for e in tagged.events if e.seq not in already_told.events)
        events, withheld_events = _told_and_withheld(tagged, ahead_of)
        reminder = None if tagged.withheld else due_reminder(tagged, lead_days, on, already_told.reminders, next_on)
        item = _item(tagged, events, reminder, on, already_told)
        withheld |= withheld_events
        if item:
            items.append(item)
        else:
            withheld |= dict.fromkeys(_seqs(events), _why_untold(tagged.call, on))
    return Selection(tuple(items), withheld)


def _told_and_withheld(
    tagged: Tagged, events: Sequence[CallEvent]
) -> tuple[tuple[CallEvent, ...], dict[int, WithheldReason]]:
    """The events that may be told to a reader who wants the call for these reasons, and why the others may not."""
    withheld_events = {e.seq or 0: why for e in events if (why := tagged.withheld or _why_withheld(e, tagged))}
    return tuple(e for e in events if e.seq not in withheld_events), withheld_events


def _why_withheld(event: CallEvent, one: Tagged) -> WithheldReason | None:
    """Why an event of a wanted call is not told to the reader; None if it is.

    "Added late" is not told if one of the reasons is older: then the reader had the call before. If one source drops a
    call that another still has, that is no withdrawal.
    """
    if event.kind is EventKind.LATE:
        late = (event.new or {}).get("spearheads", ())
        return None if all(reason.spearhead in late for reason in one.reasons) else WithheldReason.KNOWN_BEFORE
    comes_and_goes = NATURES[event.kind].family is Family.PRESENCE
    is_elsewhere = comes_and_goes and one.also and event.call_id != one.call.id
    return WithheldReason.ELSEWHERE if is_elsewhere else None


def _seqs(events: Iterable[CallEvent]) -> tuple[int, ...]:
    return tuple(e.seq for e in events if e.seq is not None)


def _item(
    tagged: Tagged, events: tuple[CallEvent, ...], reminder: str | None, on: date, already_told: Told
) -> Item | None:
    net = _net_of_all(tagged, events)
    section = _section(tagged.call, events, net, on)
    if section is SectionKind.WITHDRAWN and tagged.ids.isdisjoint(already_told.calls):
        return None
    if reminder and section in (None, SectionKind.CHANGED):  # closing comes first, and shows the changes too
        section = SectionKind.CLOSING_SOON
    if section is None:
        return None
    return Item(
        tagged.call,
        section,
        net,
        tagged.reasons,
        _seqs(events),
        (reminder,) if reminder else (),
        tagged.also,
        tagged.eligibility,
    )


def _net_of_all(tagged: Tagged, events: Sequence[CallEvent]) -> tuple[Change, ...]:
    """The net changes as the call's first source states them, and from its duplicates only the kinds it lacks."""
    changes: dict[ChangeKind, Change] = {}
    for call in (tagged.call, *tagged.also):
        for change in net_changes([e for e in events if e.call_id == call.id]):
            changes.setdefault(change.kind, change)
    return tuple(changes.values())


def _why_untold(call: Call, on: date) -> WithheldReason:
    """Why events that may be told give nothing to tell."""
    if call.withdrawn_at is not None:
        return WithheldReason.WITHDRAWN
    if call.status is CallStatus.CLOSED or (call.closes_on is not None and call.closes_on < on):
        return WithheldReason.OVER
    return WithheldReason.CAME_TO_NOTHING


def select_urgent(selected: Selection, on: date, next_on: date) -> Selection:
    """Select what cannot wait for the reader's next regular edition on `next_on`.

    That is a deadline moved to an earlier day, or a call that closes before then. The rest waits and is not withheld.
    """
    pressing = (i for i in selected.items if _is_earlier(i.changes) or _closes_before(i.call, on, next_on))
    return Selection(tuple(pressing), {})


def _is_earlier(changes: Iterable[Change]) -> bool:
    moves = ((c.old, c.new) for c in changes if c.kind is ChangeKind.DEADLINE)
    return any(isinstance(old, date) and isinstance(new, date) and new < old for old, new in moves)


def _closes_before(call: Call, on: date, next_on: date) -> bool:
    deadlines = ahead(call, on)
    return bool(deadlines) and deadlines[0].on < next_on


def select_open(
    calls: Iterable[Tagged],
    lead_days: Sequence[int],
    on: date,
    already_told: Told = NOTHING_TOLD,
    next_on: date | None = None,
) -> Selection:
    """Select the wanted calls that are open now or coming, each only once ever; their earlier events count as told."""
    items: list[Item] = []
    withheld: dict[int, WithheldReason] = {}
    for tagged in calls:
        events = tuple(e for e in tagged.events if e.seq not in already_told.events)
        is_open = tagged.call.withdrawn_at is None and tagged.call.status is not CallStatus.CLOSED
        mark = f"{OPEN_NOW}:{tagged.call.id}"
        is_told = mark in already_told.reminders or not tagged.ids.isdisjoint(already_told.calls)
        if tagged.withheld or not is_open or is_told:
            withheld |= dict.fromkeys(_seqs(events), tagged.withheld or _why_untold(tagged.call, on))
            continue
        reminder = due_reminder(tagged, lead_days, on, already_told.reminders, next_on)
        is_coming = tagged.call.status is CallStatus.FORTHCOMING
        section = SectionKind.COMING if is_coming else SectionKind.OPEN_NOW
        section = SectionKind.CLOSING_SOON if reminder else section
        marks = (mark, reminder) if reminder else (mark,)
        items.append(
            Item(tagged.call, section, (), tagged.reasons, _seqs(events), marks, tagged.also, tagged.eligibility)
        )
    return Selection(tuple(items), withheld)


def select_chosen(
    calls: Iterable[Tagged], on: date, already_told: Told = NOTHING_TOLD, *, repeats: bool = False
) -> Selection:
    """Select what a selection tells of the calls that somebody chose, in their order; nothing is withheld for good.

    A call that was told before comes again only if it has news since, or if the selection `repeats`; as it stands now,
    no selection tells it twice. The news count as told.
    """
    items: list[Item] = []
    for tagged in calls:
        events = tuple(e for e in tagged.events if e.seq not in already_told.events)
        is_told = not tagged.ids.isdisjoint(already_told.calls)
        net = _net_of_all(tagged, events) if is_told else ()
        has_news = not is_told or _section(tagged.call, events, net, on) is not None
        mark = chosen_mark(tagged.call)
        is_over = tagged.call.withdrawn_at is not None or _why_untold(tagged.call, on) is WithheldReason.OVER
        if tagged.withheld or is_over or mark in already_told.reminders or not (has_news or repeats):
            continue
        told = (tagged.reasons, _seqs(events), (mark,), tagged.also, tagged.eligibility)
        items.append(Item(tagged.call, SectionKind.CHOSEN, net, *told))
    return Selection(tuple(items), {})


def chosen_mark(call: Call) -> str:
    """The mark of a call that a selection told, as the call stands now."""
    return f"{CHOSEN}:{call.id}:{call.fingerprint[:40]}"


def _section(call: Call, events: Sequence[CallEvent], net: tuple[Change, ...], on: date) -> SectionKind | None:
    """The section of a call by its events alone; None if there is nothing to tell."""
    kinds = {e.kind for e in events}
    was_gone = _was_gone(events)
    if call.withdrawn_at is not None:
        is_known = not was_gone and kinds.isdisjoint((EventKind.NEW, EventKind.LATE))
        is_told = EventKind.WITHDRAWN in kinds and is_known
        return SectionKind.WITHDRAWN if is_told else None
    moved = any(change.kind is ChangeKind.DEADLINE for change in net)
    if moved:  # even if the call is over by now: what the reader was told before is wrong
        return SectionKind.DEADLINE_MOVED
    if call.status is CallStatus.CLOSED or (call.closes_on is not None and call.closes_on < on):
        return None
    if EventKind.NEW in kinds or EventKind.LATE in kinds:
        return SectionKind.NEW
    if was_gone or (EventKind.OPENED in kinds and call.status is CallStatus.OPEN):
        return SectionKind.OPENED
    return SectionKind.CHANGED if net else None


def _was_gone(events: Sequence[CallEvent]) -> bool:
    """Whether the call was closed or withdrawn before these events, as far as their reader knows."""
    presence = (e.kind for e in events if NATURES[e.kind].family in (Family.NEW, Family.PRESENCE))
    return next(presence, None) is EventKind.REOPENED


def net_changes(events: Sequence[CallEvent]) -> tuple[Change, ...]:
    """The difference between before the first and after the last of these events; what was undone is not told.

    A new call has no changes: all of it is new to the reader. So is one that was added late, but that is told.
    """
    families = {NATURES[e.kind].family for e in events}
    if Family.NEW in families:
        return ()
    if Family.LATE in families:
        return (Change(ChangeKind.LATE),)
    return tuple(change for family in Family for change in _net_of(family, events) if change)


def _net_of(family: Family, events: Sequence[CallEvent]) -> tuple[Change | None, ...]:
    """The net differences that these events make in what one family is about."""
    own = [e for e in events if NATURES[e.kind].family is family]
    match family:
        case Family.DEADLINE:
            return (_net_deadline(own),)
        case Family.MONEY:
            return (_net_budget(own), _net_per_project(own))
        case Family.TITLE:
            return (_net_title(own),)
        case Family.TEXT:
            return (_net_text(own),)
        case Family.PRESENCE:
            return (Change(ChangeKind.REOPENED) if _was_gone(own) else None,)
        case Family.NEW | Family.OPENED | Family.LATE:  # told by the section that the call stands in
            return ()
        case _:
            assert_never(family)


def _net_deadline(events: Sequence[CallEvent]) -> Change | None:
    """The net move of deadlines as of the last event's day: cut-offs that passed between two events have not moved."""
    if not events:
        return None
    before, after = _days(events[0].old), _days(events[-1].new)
    if not after:
        return Change(ChangeKind.DEADLINE, max(before), None) if before else None
    if not before:
        return Change(ChangeKind.CUTOFFS, before, after)
    on = brussels_day(events[-1].at)
    move = deadline_move(set(before), set(after), on)
    if move is None:
        return None
    if move.kind is EventKind.CUTOFFS:
        return Change(ChangeKind.CUTOFFS, *(tuple(day for day in days if day >= on) for days in (before, after)))
    return Change(ChangeKind.DEADLINE, move.old, move.new)


def _days(dates: dict[str, Any] | None) -> tuple[date, ...]:
    days = [date.fromisoformat(day) for day in dates["deadlines"]] if dates else []
    return tuple(day for day in days if in_meant_year(day))


def _net_budget(events: Sequence[CallEvent]) -> Change | None:
    old, new = _net(events, "budget_total")
    return Change(ChangeKind.BUDGET, old, new) if old != new else None


def _net_title(events: Sequence[CallEvent]) -> Change | None:
    old, new = _net(events, "title")
    return Change(ChangeKind.TITLE, old, new) if events and is_retitled(old, new) else None


def _net_per_project(events: Sequence[CallEvent]) -> Change | None:
    """What changed of the least and the most money per project; what stayed is None on both sides."""
    (least, new_least), (most, new_most) = (_net(events, name) for name in ("project_min", "project_max"))
    if (least, most) == (new_least, new_most):
        return None
    return Change(ChangeKind.PER_PROJECT, (least, most), (new_least, new_most))


def _net_text(events: Sequence[CallEvent]) -> Change | None:
    """What was cut from the text and what was added, without what came and went again; older events say neither."""
    if not events:
        return None
    cut = [passage for e in events if (passage := (e.old or {}).get("cut"))]
    added = [passage for e in events if (passage := (e.new or {}).get("added"))]
    left, came = ([one for one in these if one not in those] for these, those in ((cut, added), (added, cut)))
    if (cut or added) and not (left or came):
        return None
    return Change(ChangeKind.TEXT, " ".join(left) or None, " ".join(came) or None)


def _net(events: Sequence[CallEvent], name: str) -> tuple[Any, Any]:
    """A fact's value before the first event that changed it, and after the last one."""
    old = next((e.old[name] for e in events if e.old and name in e.old), None)
    new = next((e.new[name] for e in reversed(events) if e.new and name in e.new), None)
    return old, new


def due_reminder(
    tagged: Tagged,
    lead_days: Sequence[int],
    on: date,
    already_told: Collection[str] = (),
    next_on: date | None = None,
) -> str | None:
    """The name of the closing reminder that is due and was not told yet.

    A call with duplicates is named by its lowest id; what was told before they were joined may be named by any id.
    """
    names = reminders(tagged, lead_days, on, next_on)
    return names[0] if names and not any(name in already_told for name in names) else None


def reminders(tagged: Tagged, lead_days: Sequence[int], on: date, next_on: date | None = None) -> list[str]:
    """The names that a due closing reminder may have, one for each id: call, date and the shortest lead time begun.

    A reader is promised at least so many days, so a lead time begins with the last edition that leaves them: the next
    one, on `next_on` (tomorrow, if it is not given), would come too late.
    """
    call, deadlines = tagged.call, ahead(tagged.call, on)
    if not deadlines or call.status is not CallStatus.OPEN or call.withdrawn_at is not None:
        return []
    left_then = (deadlines[0].on - (next_on or on + timedelta(days=1))).days
    begun = [lead for lead in lead_days if left_then < lead]
    return [f"{call_id}:{deadlines[0].on}:{min(begun)}" for call_id in sorted(tagged.ids)] if begun else []
