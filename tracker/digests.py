"""What one delivery says: the values of a digest, and (pure) how they are made from events, calls and interests.

Does not render (`tracker.emails`), store (`db.editions`) or send anything.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from db.calls import Deadline


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
