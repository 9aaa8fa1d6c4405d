"""Whether a reading of a source is to be believed: counts, completeness, dates and its own history.

Pure. Does not read, store or alarm; `jobs.collect` acts on what is found here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import median
from typing import Any

from db.calls import CallStatus
from db.runs import RunReason
from tracker.sources import Bounds, Page

MOST_CHANGE = 0.30  # of the number of calls, against the source's own accepted readings
MOST_PAST = 0.20  # more past deadlines than in the source's own accepted readings
STATUS_LOSS = 0.60  # of the calls of one status
MOST_UNREAD = 2  # a slip of the publisher in one row must not blind the whole source
MOST_UNREAD_SHARE = 0.01
FEW = 20  # below this a share says nothing


@dataclass(frozen=True, slots=True)
class Glance:
    """As much of a call as judging a reading needs."""

    closes_on: date | None
    claimed: CallStatus | None
    has_text: bool


@dataclass(slots=True)
class ScanTally:
    """One scan: what it announced last, and the distinct keys of each pass."""

    announced: int | None = None
    passes: dict[int, set[str]] = field(default_factory=dict)

    @property
    def distinct(self) -> int:
        return len(set().union(*self.passes.values()))

    def is_complete(self) -> bool:
        """One pass, or all of them together, held as many distinct keys as were announced."""
        if self.announced is None:
            return True
        return self.announced in (self.distinct, *map(len, self.passes.values()))


@dataclass(slots=True)
class Tally:
    """What one reading held, counted while its pages come in."""

    scans: dict[str, ScanTally] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    rows: int = 0
    past: int = 0
    dated: int = 0
    with_text: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def add_page(self, page: Page) -> None:
        scan = self.scans.setdefault(page.scan, ScanTally())
        scan.announced = page.announced
        scan.passes.setdefault(page.pass_no, set())

    def add_row(self, page: Page, key: str) -> bool:
        """Count a row; False if this reading has seen its key before."""
        self.rows += 1
        self.scans[page.scan].passes[page.pass_no].add(key)
        is_first = key not in self.seen
        self.seen.add(key)
        return is_first

    def add_glance(self, glance: Glance, on: date) -> None:
        status = glance.claimed.value if glance.claimed else "unsaid"
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.with_text += glance.has_text
        if glance.closes_on is not None:
            self.dated += 1
            self.past += glance.closes_on < on

    def add_unread(self, key: str, fault: str) -> None:
        """A row that could not be read: it was there, and nothing is known of what it says now."""
        self.unread[key] = fault

    def counts(self) -> dict[str, Any]:
        """The figures that a run keeps, and later readings are held against."""
        return {
            "rows": self.rows,
            "calls": len(self.seen),
            "past": self.past,
            "dated": self.dated,
            "with_text": self.with_text,
            "statuses": self.statuses,
            "unread": len(self.unread),
            "unread_examples": dict(list(self.unread.items())[:5]),
            "scans": {
                name: {
                    "announced": scan.announced,
                    "distinct": scan.distinct,
                    "passes": len(scan.passes),
                    "complete": scan.is_complete(),
                }
                for name, scan in self.scans.items()
            },
        }


def check(bounds: Bounds, counts: dict[str, Any], accepted: Sequence[dict[str, Any]]) -> tuple[RunReason, ...]:
    """Why a reading with these counts is not believed; empty when it is.

    `accepted` are the counts of the source's own accepted readings, newest first.
    """
    found = [
        *_incomplete(counts),
        _unread(counts),
        _out_of_bounds(bounds, counts),
        _past(counts, accepted),
        _changed(counts, accepted),
        *_status_lost(counts, accepted),
    ]
    return tuple(reason for reason in found if reason)


def _incomplete(counts: dict[str, Any]) -> list[RunReason]:
    return [
        RunReason(
            name="incomplete",
            detail=f"scan {name}: {scan['distinct']} different calls of {scan['announced']} announced, "
            f"after {scan['passes']} passes",
        )
        for name, scan in counts["scans"].items()
        if not scan["complete"]
    ]


def _unread(counts: dict[str, Any]) -> RunReason | None:
    if counts["unread"] <= max(MOST_UNREAD, MOST_UNREAD_SHARE * counts["calls"]):
        return None
    return RunReason(
        name="unreadable_rows",
        detail=f"{counts['unread']} of {counts['calls']} calls could not be read, e.g. {counts['unread_examples']}",
    )


def _out_of_bounds(bounds: Bounds, counts: dict[str, Any]) -> RunReason | None:
    if bounds.least <= counts["calls"] <= bounds.most:
        return None
    return RunReason(
        name="count_out_of_bounds",
        detail=f"{counts['calls']} calls; {bounds.least} to {bounds.most} are usual",
    )


def _share_past(counts: dict[str, Any]) -> float:
    return float(counts["past"]) / counts["dated"] if counts["dated"] else 0.0


def _past(counts: dict[str, Any], accepted: Sequence[dict[str, Any]]) -> RunReason | None:
    usual = median(map(_share_past, accepted)) if accepted else 0.1
    if counts["dated"] < FEW or _share_past(counts) <= usual + MOST_PAST:
        return None
    return RunReason(
        name="past_deadlines",
        detail=f"{_share_past(counts):.0%} of the deadlines are past, usually {usual:.0%}: an old index?",
    )


def _changed(counts: dict[str, Any], accepted: Sequence[dict[str, Any]]) -> RunReason | None:
    usual = median(a["calls"] for a in accepted) if accepted else 0
    if usual < FEW or abs(counts["calls"] - usual) <= MOST_CHANGE * usual:
        return None
    name = "drop" if counts["calls"] < usual else "jump"
    return RunReason(name=name, detail=f"{counts['calls']} calls, usually {usual:.0f}")


def _status_lost(counts: dict[str, Any], accepted: Sequence[dict[str, Any]]) -> list[RunReason]:
    found = []
    for status in sorted({s for a in accepted for s in a["statuses"]}):
        usual = median(a["statuses"].get(status, 0) for a in accepted)
        have = counts["statuses"].get(status, 0)
        if usual >= FEW and have < (1 - STATUS_LOSS) * usual:
            found.append(RunReason(name="status_lost", detail=f"{have} calls are {status}, usually {usual:.0f}"))
    return found
