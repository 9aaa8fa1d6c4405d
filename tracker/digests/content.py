"""The content of one delivery: the values of a digest, and how its items are laid out in sections. Pure.

Does not decide what is told (`tracker.digests.selection`) or render it (`tracker.emails`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from db.calls import Call, CallStatus, Deadline
from db.eligibility import Eligibility
from db.subscribers import Cadence
from tracker.calls.changes import TWO_STAGE
from tracker.digests.interests import Reason
from tracker.instants import in_meant_year

CONTINUOUS = "continuous"
LAST = 10_000  # days; calls without a date come after all others


class SectionKind(StrEnum):
    """The sections of a digest, most urgent first."""

    CORRECTED = "corrected"  # only in a correction
    CLOSING_SOON = "closing_soon"
    DEADLINE_MOVED = "deadline_moved"
    NEW = "new"
    OPENED = "opened"
    OPEN_NOW = "open_now"  # only in a welcome
    COMING = "coming"  # only in a welcome: not open yet
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    CHOSEN = "chosen"  # only in a selection, in the order of whoever chose


class ChangeKind(StrEnum):
    """What a net change since this reader was last told is about."""

    DEADLINE = "deadline"
    CUTOFFS = "cutoffs"
    BUDGET = "budget"
    PER_PROJECT = "per_project"
    TITLE = "title"
    TEXT = "text"
    REOPENED = "reopened"
    LATE = "late"  # known for a while, newly tagged


Changed = date | tuple[date, ...] | int | tuple[int | None, int | None] | str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One net change; None if unknown.

    By its kind, `old` and `new` are dates, tuples of dates, whole euro, the least and the most euro per project,
    titles, or the passages cut and added.
    """

    kind: ChangeKind
    old: Changed = None
    new: Changed = None


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
    days_left: int | None  # until the first of them; None if no deadline is known
    ended_on: date | None  # the last day of a call that is over; None if it is not, or nobody knows
    is_over: bool
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
    also: tuple[tuple[str, str], ...] = ()  # (source, link): the same call elsewhere
    eligibility: Eligibility | None = None
    remark: str = ""  # of whoever chose the call for a selection


@dataclass(frozen=True, slots=True)
class Section:
    kind: SectionKind
    calls: tuple[DigestCall, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One call as an edition tells it to one reader, and the events and reminders that are told with it."""

    call: Call
    section: SectionKind
    changes: tuple[Change, ...]
    reasons: tuple[Reason, ...]
    event_seqs: tuple[int, ...]
    reminders: tuple[str, ...]  # like events told only once ever: a closing date at a lead time, or "open now"
    also: tuple[Call, ...] = ()
    eligibility: Eligibility | None = None


@dataclass(frozen=True, slots=True)
class SourceRead:
    """A source in the coverage footer: when a reading was last accepted, and since when it is blind (None: not).

    `unread` calls of that reading could not be read.
    """

    name: str
    read_at: datetime | None
    blind_since: datetime | None
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """A fact that was told wrong: its name, the wrong and the right value in words, and why if that is known."""

    fact: str
    wrong: str
    right: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """The content of one delivery; the same for all readers with the same interests, language and history.

    `from_on`..`to_on` are the calendar days that the edition covers, both included; `catch_up` says that
    they are more than one regular period because an earlier edition was not sent.
    """

    edition: int
    cadence: Cadence  # the reader's
    period: str  # 2026-11-23, 2026-W48, 2026-11
    on: date
    from_on: date
    to_on: date
    catch_up: bool
    language: str  # fi, sv, en
    region: str  # the region's name in that language
    interests: tuple[str, ...]  # each in words, in that language
    sections: tuple[Section, ...]
    coverage: tuple[SourceRead, ...]
    kind: str = ""  # urgent, welcome, switch, release, correction; empty for a regular edition
    since_pause: bool = False  # the days of the reader's pause are covered too
    correction: Correction | None = None
    applicant: str = ""  # the reader's type of actor, if calls that are shut to it are left out
    without_audience: int = 0  # calls that the reader's choice of applicants could not leave out: they do not say
    without_money: int = 0  # the same of the reader's limits of money
    title: str = ""  # of a selection
    foreword: str = ""  # of a selection; an empty line begins a paragraph
    colours: tuple[str, str] = ("", "")  # the region's own, by light and in the dark; empty: those of the program


def ahead(call: Call, on: date) -> tuple[Deadline, ...]:
    """The deadlines of a call from this day on, earliest first; without those in years that nobody means."""
    return tuple(sorted((d for d in call.deadlines if d.on >= on and in_meant_year(d.on)), key=lambda d: d.on))


def digest_call(item: Item, source_names: Mapping[str, str], on: date) -> DigestCall:
    """One call as the digest of this day shows it."""
    call, deadlines = item.call, _staged(item.call, on)
    moved = any(change.kind is ChangeKind.DEADLINE for change in item.changes)
    return DigestCall(
        call_id=call.id or 0,
        title=call.title,
        identifier=call.identifier,
        programme=call.programme,
        type_of_action=call.type_of_action,
        source_name=source_names.get(call.source, call.source),
        opens_on=_opens_on(call),
        deadlines=deadlines,
        days_left=(deadlines[0].on - on).days if deadlines else None,
        ended_on=_ended_on(call, on),
        is_over=_is_over(call, on),
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
        also=tuple((source_names.get(other.source, other.source), other.url) for other in item.also),
        eligibility=item.eligibility,
    )


def _staged(call: Call, on: date) -> tuple[Deadline, ...]:
    """The deadlines ahead, each of a two-stage call with its stage, also where its source does not number them."""
    left = ahead(call, on)
    if call.deadline_model != TWO_STAGE or len(call.deadlines) < 2:
        return left
    order = sorted(d.on for d in call.deadlines)
    return tuple(d if d.stage else d.model_copy(update={"stage": order.index(d.on) + 1}) for d in left)


def _is_over(call: Call, on: date) -> bool:
    """Whether nobody can apply any more; a second stage that is still ahead is for those who passed the first."""
    if ahead(call, on):
        return call.status is CallStatus.CLOSED and call.deadline_model != TWO_STAGE
    return call.status is CallStatus.CLOSED or any(in_meant_year(d.on) for d in call.deadlines)


def _ended_on(call: Call, on: date) -> date | None:
    return (
        max((d.on for d in call.deadlines if d.on < on and in_meant_year(d.on)), default=None)
        if _is_over(call, on)
        else None
    )


def _opens_on(call: Call) -> date | None:
    """The day on which a call that is not open yet will open; None if nobody can mean that day."""
    is_told = call.status is CallStatus.FORTHCOMING and call.opens_on is not None and in_meant_year(call.opens_on)
    return call.opens_on if is_told else None


def sections(
    items: Sequence[Item], source_names: Mapping[str, str], on: date, remarks: Mapping[int, str] | None = None
) -> tuple[Section, ...]:
    """Lay out items in sections, most urgent first, and within a section by the next deadline.

    What was chosen stays in its order, with the remarks, by the call's id.
    """
    made = []
    for kind in SectionKind:
        calls = [digest_call(i, source_names, on) for i in items if i.section is kind]
        if kind is SectionKind.CHOSEN:
            calls = [replace(call, remark=(remarks or {}).get(call.call_id, "")) for call in calls]
        elif calls:
            calls.sort(key=lambda c: (c.days_left if c.days_left is not None else LAST, c.title, c.call_id))
        if calls:
            made.append(Section(kind, tuple(calls)))
    return tuple(made)
