"""What one delivery says: the values of a digest, and (pure) how they are made from events, calls and interests.

Does not render (`tracker.emails`), store (`db.editions`) or send anything.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from db.calls import Call, CallEvent, CallStatus, Deadline, EventKind
from tracker.changes import MONEY, TWO_STAGE, deadline_move, is_retitled, today

DEADLINE_EVENTS = frozenset({EventKind.DEADLINE_EARLIER, EventKind.DEADLINE_LATER, EventKind.CUTOFFS})
CONTINUOUS = "continuous"
LAST = 10_000  # days; calls without a date come after all others


class SectionKind(StrEnum):
    """The sections of a digest, in the order of what needs action."""

    CLOSING_SOON = "closing_soon"
    DEADLINE_MOVED = "deadline_moved"
    NEW = "new"
    OPENED = "opened"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


class ChangeKind(StrEnum):
    """One net difference since this reader was last told, in the reader's terms."""

    DEADLINE = "deadline"
    CUTOFFS = "cutoffs"
    BUDGET = "budget"
    TITLE = "title"
    TEXT = "text"
    REOPENED = "reopened"
    LATE = "late"  # known for a while, newly tagged


@dataclass(frozen=True, slots=True)
class Change:
    """`old` and `new` are dates, tuples of dates, whole euro or titles, as the kind says; None where not known."""

    kind: ChangeKind
    old: date | tuple[date, ...] | int | str | None = None
    new: date | tuple[date, ...] | int | str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call is this reader's: a spearhead, and the words of the call that matched (as they stand there)."""

    spearhead: str
    names: tuple[tuple[str, str], ...]  # (language, name)
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DigestCall:
    """One call as one digest shows it. Money in whole euro; days are counted from the edition's day."""

    call_id: int
    title: str
    identifier: str | None
    programme: str | None
    type_of_action: str | None
    source_name: str
    opens_on: date | None
    deadlines: tuple[Deadline, ...]  # those still ahead, earliest first
    days_left: int | None  # to the first of them; None where no deadline is known
    continuous: bool
    two_stage: bool
    budget_total: int | None
    project_min: int | None
    project_max: int | None
    expected_grants: int | None
    audience: tuple[str, ...]
    consortium: str | None
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]
    note: str | None  # the publisher's own reason, shown with a moved deadline
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    kind: SectionKind
    calls: tuple[DigestCall, ...]


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A source in the coverage footer: when it was last read soundly, and since when it is blind (None: it is not)."""

    name: str
    read_at: datetime | None
    blind_since: datetime | None


@dataclass(frozen=True, slots=True)
class Digest:
    """One delivery's content; the same for every reader of the same interests, language and past.

    `from_on`..`to_on` are the calendar days that the edition covers, both included; `catch_up` says that
    they are more than one regular period because an earlier edition did not leave.
    """

    edition: int
    cadence: str  # daily, weekly, monthly
    period: str  # 2026-11-23, 2026-W48, 2026-11
    on: date
    from_on: date
    to_on: date
    catch_up: bool
    language: str  # fi, sv, en
    region: str  # the region's name in that language
    interests: tuple[str, ...]  # the names of the spearheads followed, in that language
    sections: tuple[Section, ...]
    coverage: tuple[SourceRead, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What one interest wants; an empty tuple does not restrict, `spearheads` is never empty.

    Events up to `cursor` are behind it.
    """

    spearheads: tuple[str, ...]
    programmes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    cursor: int = 0

    def reasons(self, call: Call, tagged: Iterable[Reason]) -> tuple[Reason, ...]:
        """Why this call is wanted; empty where it is not."""
        if self.programmes and call.programme not in self.programmes:
            return ()
        if self.sources and call.source not in self.sources:
            return ()
        return tuple(reason for reason in tagged if reason.spearhead in self.spearheads)


@dataclass(frozen=True, slots=True)
class Item:
    """One call as an edition would tell it to one reader, with what of the ledger it settles."""

    call: Call
    section: SectionKind
    changes: tuple[Change, ...]
    reasons: tuple[Reason, ...]
    event_seqs: tuple[int, ...]
    reminder: str | None


@dataclass(frozen=True, slots=True)
class Tagged:
    """A call with its spearheads, and the events since the reader's cursor (none: only its closing date matters)."""

    call: Call
    reasons: tuple[Reason, ...]
    events: tuple[CallEvent, ...]


def wanted(tagged: Iterable[Tagged], wishes: Sequence[Wish]) -> list[Tagged]:
    """The calls that any of these wishes meets, each once, with all the reasons and the events still ahead of them."""
    found = []
    for one in tagged:
        met = [(wish.cursor, wish.reasons(one.call, one.reasons)) for wish in wishes]
        reasons = {reason.spearhead: reason for _, why in met for reason in why}
        if reasons:
            cursor = min(cursor for cursor, why in met if why)
            events = tuple(e for e in one.events if (e.seq or 0) > cursor)
            found.append(Tagged(one.call, tuple(reasons.values()), events))
    return found


def items(
    calls: Iterable[Tagged],
    lead_days: Sequence[int],
    on: date,
    told_events: Collection[int],
    told_reminders: Collection[str],
) -> list[Item]:
    """What an edition of this day tells of these calls to a reader who was told this much."""
    found = []
    for one in calls:
        events = tuple(e for e in one.events if e.seq not in told_events and _is_for(e, one.reasons))
        reminder = due_reminder(one.call, lead_days, on)
        if reminder in told_reminders:
            reminder = None
        item = _item(one.call, one.reasons, events, reminder, on)
        if item:
            found.append(item)
    return found


def _is_for(event: CallEvent, reasons: Iterable[Reason]) -> bool:
    """Whether an event speaks to whoever has the call for these reasons.

    "Added late" does not where one of them is older: the call was that reader's before.
    """
    if event.kind is not EventKind.LATE:
        return True
    late = (event.new or {}).get("spearheads", ())
    return all(reason.spearhead in late for reason in reasons)


def _item(
    call: Call, reasons: tuple[Reason, ...], events: tuple[CallEvent, ...], reminder: str | None, on: date
) -> Item | None:
    net = net_changes(events)
    section = _section(call, events, net, on)
    if reminder and section in (
        None,
        SectionKind.CHANGED,
    ):  # what must be done comes first; the changes are shown there
        section = SectionKind.CLOSING_SOON
    if section is None:
        return None
    return Item(call, section, net, reasons, tuple(e.seq for e in events if e.seq is not None), reminder)


def _section(call: Call, events: Sequence[CallEvent], net: tuple[Change, ...], on: date) -> SectionKind | None:
    """Where a call stands in the digest by its events alone; None where they come to nothing."""
    kinds = {e.kind for e in events}
    was_gone = _was_gone(events)
    if call.withdrawn_at is not None:
        is_known = not was_gone and kinds.isdisjoint((EventKind.NEW, EventKind.LATE))
        is_told = EventKind.WITHDRAWN in kinds and is_known
        return SectionKind.WITHDRAWN if is_told else None
    moved = any(change.kind is ChangeKind.DEADLINE for change in net)
    if moved:  # also where the call is over by now: what the reader was told before is wrong
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
    presence = (e.kind for e in events if e.kind in (EventKind.NEW, EventKind.WITHDRAWN, EventKind.REOPENED))
    return next(presence, None) is EventKind.REOPENED


def net_changes(events: Sequence[CallEvent]) -> tuple[Change, ...]:
    """The difference between before the first and after the last of these events; what was undone is not told.

    A new call has no changes: all of it is new to its reader; so it is of one that was added late, which is said.
    """
    if any(e.kind is EventKind.NEW for e in events):
        return ()
    if any(e.kind is EventKind.LATE for e in events):
        return (Change(ChangeKind.LATE),)
    found = [
        _net_deadline([e for e in events if e.kind in DEADLINE_EVENTS]),
        _net_budget([e for e in events if e.kind is EventKind.BUDGET]),
        _net_title([e for e in events if e.kind is EventKind.RETITLED]),
        _net_text(events),
        Change(ChangeKind.REOPENED) if _was_gone(events) else None,
    ]
    return tuple(change for change in found if change)


def _net_deadline(events: Sequence[CallEvent]) -> Change | None:
    """Held against the days of the last event: cut-offs that merely passed between two events have not moved."""
    if not events:
        return None
    before, after = _days(events[0].old), _days(events[-1].new)
    if not before:
        return Change(ChangeKind.CUTOFFS, before, after)
    move = deadline_move(set(before), set(after), today(events[-1].at))
    if move is None:
        return None
    if move.kind is EventKind.CUTOFFS:
        return Change(ChangeKind.CUTOFFS, before, after)
    return Change(ChangeKind.DEADLINE, move.old, move.new)


def _days(dates: dict[str, Any] | None) -> tuple[date, ...]:
    return tuple(date.fromisoformat(day) for day in dates["deadlines"]) if dates else ()


def _net_budget(events: Sequence[CallEvent]) -> Change | None:
    old, new = _net(events, "budget_total")
    return Change(ChangeKind.BUDGET, old, new) if old != new else None


def _net_title(events: Sequence[CallEvent]) -> Change | None:
    old, new = _net(events, "title")
    return Change(ChangeKind.TITLE, old, new) if events and is_retitled(old, new) else None


def _net_text(events: Sequence[CallEvent]) -> Change | None:
    """The conditions were rewritten; money per project is part of them, a mail has no line of its own for it."""
    per_project = [_net(events, name) for name in MONEY if name != "budget_total"]
    is_rewritten = any(e.kind is EventKind.TEXT for e in events) or any(old != new for old, new in per_project)
    return Change(ChangeKind.TEXT) if is_rewritten else None


def _net(events: Sequence[CallEvent], name: str) -> tuple[Any, Any]:
    """What a fact was before the first event that changed it, and is after the last one."""
    old = next((e.old[name] for e in events if e.old and name in e.old), None)
    new = next((e.new[name] for e in reversed(events) if e.new and name in e.new), None)
    return old, new


def ahead(call: Call, on: date) -> tuple[Deadline, ...]:
    """The deadlines from this day on, earliest first."""
    return tuple(sorted((d for d in call.deadlines if d.on >= on), key=lambda d: d.on))


def due_reminder(call: Call, lead_days: Sequence[int], on: date) -> str | None:
    """The name of the closing reminder that is due: call, date and the shortest lead time that has begun."""
    deadlines = ahead(call, on)
    if not deadlines or call.status is not CallStatus.OPEN or call.withdrawn_at is not None:
        return None
    left = (deadlines[0].on - on).days
    begun = [lead for lead in lead_days if left <= lead]
    return f"{call.id}:{deadlines[0].on}:{min(begun)}" if begun else None


def digest_call(item: Item, source_name: str, on: date) -> DigestCall:
    """One call as the digest of this day shows it."""
    call, deadlines = item.call, ahead(item.call, on)
    moved = any(change.kind is ChangeKind.DEADLINE for change in item.changes)
    return DigestCall(
        call_id=call.id or 0,
        title=call.title,
        identifier=call.identifier,
        programme=call.programme,
        type_of_action=call.type_of_action,
        source_name=source_name,
        opens_on=call.opens_on if call.status is CallStatus.FORTHCOMING else None,
        deadlines=deadlines,
        days_left=(deadlines[0].on - on).days if deadlines else None,
        continuous=call.deadline_model == CONTINUOUS,
        two_stage=call.deadline_model == TWO_STAGE,
        budget_total=call.budget_total,
        project_min=call.project_min,
        project_max=call.project_max,
        expected_grants=call.expected_grants,
        audience=call.audience,
        consortium=call.consortium,
        reasons=item.reasons,
        changes=item.changes,
        note=call.note.text if call.note and moved else None,
        url=call.url,
    )


def sections(found: Sequence[Item], source_names: Mapping[str, str], on: date) -> tuple[Section, ...]:
    """Items in the order of what needs action, and within a section by the date that binds."""
    made = []
    for kind in SectionKind:
        calls = [digest_call(i, source_names.get(i.call.source, i.call.source), on) for i in found if i.section is kind]
        if calls:
            calls.sort(key=lambda c: (c.days_left if c.days_left is not None else LAST, c.title, c.call_id))
            made.append(Section(kind, tuple(calls)))
    return tuple(made)
