"""Decide whether to believe a reading of a source: counts, completeness, dates and the source's own history.

Pure; `jobs.collecting.collect` acts on the reasons found here.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from statistics import median
from typing import Any

from db.calls import CallStatus
from db.runs import RunReason
from tracker.readings.counts import Counts, Funnel, ScanCounts, Season, counts_of
from tracker.sources import Bounds, Page, Way

MOST_CHANGE = 0.30  # of the number of calls, against the source's own accepted readings
MOST_LOST = 0.40  # of a scan's calls, a status's, the dates or texts; healthy days of the portal lose 18 % at most
MOST_PAST = 0.20  # more past deadlines than in the source's own accepted readings
MOST_PAST_PAGE = 0.50  # more on a single page; one of several machines may serve an old index
MOST_TURNED_BACK = 5  # open calls that are forthcoming again; the portal had one in five recorded months
MOST_TURNED_PAST = 2  # a deadline hardly ever moves into the past; many at once mean an old index
MOST_UNREAD = 2  # a slip of the publisher in one row must not blind the whole source
MOST_UNREAD_SHARE = 0.01
FEW = 20  # below this a share says nothing
SOME = 8  # this many do not all vanish by chance
MOST_LEFT = 0.25  # of many calls may leave or change together; in two recorded months the portal lost 3 % at most
A_PAIR = 2  # missing calls; a single one may have been withdrawn
STAGES = tuple(Funnel.model_fields)  # of a call that has a detail page
EXAMPLES = 5
LOOK_UP = "look-up"  # the name among what could not be read of a look-up that failed
UNSAID = "unsaid"  # the status counted for calls without one
Figure = Callable[[Counts], int]  # picks one of the counts


@dataclass(frozen=True, slots=True)
class Glance:
    """The few facts of a call that judging a reading needs."""

    closes_on: date | None
    claimed: CallStatus | None
    has_text: bool


@dataclass(slots=True)
class ScanTally:
    """One scan: its last announced total, and the distinct keys of each pass."""

    announced: int | None = None
    passes: dict[int, set[str]] = field(default_factory=dict)

    @property
    def distinct(self) -> int:
        """The number of different keys in all passes together."""
        return len(set().union(*self.passes.values()))

    def is_complete(self) -> bool:
        """Tell whether one pass, or all together, held as many distinct keys as were announced."""
        if self.announced is None:
            return True
        return self.announced in (self.distinct, *map(len, self.passes.values()))

    def counts(self) -> ScanCounts:
        """Return the figures of the scan."""
        passes, is_complete = len(self.passes), self.is_complete()
        return ScanCounts(announced=self.announced, distinct=self.distinct, passes=passes, complete=is_complete)


@dataclass(slots=True)
class Tally:
    """The running count of one reading while its pages come in."""

    scans: dict[str, ScanTally] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    rows: int = 0
    past: int = 0
    dated: int = 0
    turned_past: int = 0  # their stored last day lies ahead, and the source now says it has passed
    by_page: list[tuple[int, int]] = field(default_factory=list)  # dated calls and past ones, page by page
    turned_back: int = 0  # they were open, and the source now says forthcoming
    with_text: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    canaries_missing: tuple[str, ...] = ()
    due: frozenset[str] = frozenset()  # families of calls that opened in these weeks of earlier years
    overdue: frozenset[str] = frozenset()  # the due families of which no call came
    forgiven: frozenset[str] = frozenset()  # the overdue ones that a person has accepted as missing
    live: int = 0  # calls of the previous reading that should still be listed
    lost: tuple[str, ...] = ()  # the live calls that this reading lacks
    ways: dict[str, Way] = field(default_factory=dict)  # how far the reading came with calls that have detail pages
    own_dated: int = 0  # calls whose detail page loaded and whose last day is known
    own_published: int = 0  # the dated ones that readers are told of, or were in their time

    def add_page(self, page: Page) -> None:
        """Count a page before its rows; an empty page shows that its scan was made."""
        self.ways.update(page.ways)
        self.by_page.append((0, 0))
        scan = self.scans.setdefault(page.scan, ScanTally())
        scan.announced = page.announced
        scan.passes.setdefault(page.pass_no, set())

    def add_row(self, page: Page, key: str) -> bool:
        """Count a row; return False if this reading has seen its key before."""
        self.rows += 1
        self.scans[page.scan].passes[page.pass_no].add(key)
        is_first = key not in self.seen
        self.seen.add(key)
        return is_first

    def add_glance(self, glance: Glance, on: date, before: Glance | None = None, key: str = "") -> None:
        """Count a call's facts, once per call; `on` is the day of the reading, `before` the facts stored so far."""
        status = glance.claimed.value if glance.claimed else UNSAID
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.with_text += glance.has_text
        known_until, was = (before.closes_on, before.claimed) if before else (None, None)
        self.turned_back += was is CallStatus.OPEN and glance.claimed is CallStatus.FORTHCOMING
        if glance.closes_on is not None:
            self.dated += 1
            self.past += glance.closes_on < on
            self._count_on_page(glance.closes_on < on)
            self.turned_past += known_until is not None and glance.closes_on < on <= known_until
            if self.ways.get(key) == Way.LOADED:
                self.own_dated += 1
                self.own_published += glance.closes_on >= on or glance.closes_on == known_until

    def _count_on_page(self, is_past: bool) -> None:
        dated, past = self.by_page.pop() if self.by_page else (0, 0)
        self.by_page.append((dated + 1, past + is_past))

    def add_unread(self, key: str, fault: str) -> None:
        """Count a row that was listed but could not be read."""
        self.unread[key] = fault

    def counts(self) -> Counts:
        """Return the figures that the run stores, for later readings to be compared with."""
        return Counts(
            rows=self.rows,
            calls=len(self.seen),
            past=self.past,
            turned_past=self.turned_past,
            turned_back=self.turned_back,
            past_on_a_page=self._past_on_a_page(),
            dated=self.dated,
            with_text=self.with_text,
            statuses=self.statuses,
            canaries_missing=self.canaries_missing,
            season=self._season(),
            live=self.live,
            lost=len(self.lost),
            lost_examples=self.lost[:EXAMPLES],
            funnel=self._funnel(),
            unread=len(self.unread),
            unread_examples=dict(list(self.unread.items())[:EXAMPLES]),
            scans={name: scan.counts() for name, scan in self.scans.items()},
        )

    def _season(self) -> Season:
        return Season(due=len(self.due), overdue=tuple(sorted(self.overdue)), forgiven=tuple(sorted(self.forgiven)))

    def _past_on_a_page(self) -> float:
        """Return the greatest share of past deadlines on any page with enough dated calls to tell."""
        return max((past / dated for dated, past in self.by_page if dated >= FEW), default=0.0)

    def _funnel(self) -> Funnel:
        """Count how far the calls with detail pages came."""
        ways = Counter(self.ways.values())
        return Funnel(
            listed=len(self.ways),
            opened=len(self.ways) - ways[Way.LISTED],
            loaded=ways[Way.LOADED] + ways[Way.PAST],
            dated=self.own_dated + ways[Way.PAST],
            published=self.own_published + ways[Way.PAST],
        )


def check(bounds: Bounds, counts: Counts, accepted: Sequence[Counts]) -> tuple[RunReason, ...]:
    """Return the reasons not to believe a reading with these counts; empty when it is believed.

    `accepted` are the counts of the source's own accepted readings, newest first. "Usual" means their median; shares
    are compared with readings of the same scans, because a scan switched on or off brings other calls.
    """
    alike = [a for a in accepted if a.scans.keys() == counts.scans.keys()]
    reasons = [
        *_incomplete(counts),
        _unread(counts),
        _out_of_bounds(bounds, counts),
        _past(bounds, counts, alike) or _turned_past(counts),
        _turned_back(counts),
        _changed(counts, accepted),
        *_scans_lost(counts, accepted),
        *_statuses_lost(counts, alike),
        _canary_missing(counts),
        _season_missing(counts),
        _vanished(counts, alike, lambda read: read.dated, "dates_lost", "a deadline"),
        _vanished(counts, alike, lambda read: read.with_text, "texts_lost", "a text"),
        _calls_lost(counts, accepted),
        *(_funnel(counts, alike) if bounds.own_pages_count else ()),
    ]
    return tuple(reason for reason in reasons if reason)


def _incomplete(counts: Counts) -> list[RunReason]:
    return [
        RunReason(
            name="incomplete",
            detail=f"{_of_scan(name)}{scan.announced} calls were announced, {scan.distinct} different ones came "
            f"(passes: {scan.passes})",
        )
        for name, scan in counts.scans.items()
        if not scan.complete
    ]


def _of_scan(name: str) -> str:
    return f"scan {name}: " if name else ""


def _unread(counts: Counts) -> RunReason | None:
    if counts.unread <= max(MOST_UNREAD, MOST_UNREAD_SHARE * counts.calls):
        return None
    examples = "; ".join(f"{key}: {fault}" for key, fault in counts.unread_examples.items())
    return RunReason(
        name="unreadable_rows",
        detail=f"{counts.unread} of {counts.calls} calls could not be read; {examples}",
    )


def _canary_missing(counts: Counts) -> RunReason | None:
    if not counts.canaries_missing:
        return None
    return RunReason(
        name="canary_missing", detail=f"not seen, though they must be: {', '.join(counts.canaries_missing)}"
    )


def _season_missing(counts: Counts) -> RunReason | None:
    """Find that too many families are overdue: one may skip a year, but most do not in the same weeks."""
    due, overdue = counts.season.due, counts.season.overdue
    unexplained = sorted(set(overdue) - set(counts.season.forgiven))
    if due < SOME or len(unexplained) <= MOST_LOST * due:
        return None
    return RunReason(
        name="season_missing",
        detail=f"{len(unexplained)} of {due} families that opened in these weeks of earlier years opened no call, "
        f"such as {', '.join(unexplained[:EXAMPLES])}: an index that has stopped?",
    )


def _out_of_bounds(bounds: Bounds, counts: Counts) -> RunReason | None:
    if bounds.least <= counts.calls <= bounds.most:
        return None
    return RunReason(
        name="count_out_of_bounds",
        detail=f"{counts.calls} calls; {bounds.least} to {bounds.most} are believed",
    )


def _share_past(counts: Counts) -> float:
    return counts.past / counts.dated if counts.dated else 0.0


def _past(bounds: Bounds, counts: Counts, accepted: Sequence[Counts]) -> RunReason | None:
    usual = median(map(_share_past, accepted)) if accepted else bounds.past
    share, on_a_page = _share_past(counts), counts.past_on_a_page
    if counts.dated >= FEW and share > usual + MOST_PAST:
        detail = f"{share:.0%} of the deadlines are past, usually {usual:.0%}: an old index?"
    elif on_a_page > max(usual, bounds.past) + MOST_PAST_PAGE:
        detail = f"{on_a_page:.0%} of the deadlines on one page are past: an old index on one of several machines?"
    else:
        return None
    return RunReason(name="past_deadlines", detail=detail)


def _turned_past(counts: Counts) -> RunReason | None:
    if counts.turned_past <= MOST_TURNED_PAST:
        return None
    return RunReason(
        name="past_deadlines",
        detail=f"{counts.turned_past} calls that were open until a later day are said to have ended: an old index?",
    )


def _turned_back(counts: Counts) -> RunReason | None:
    """Find that too many open calls became forthcoming: believed, each would make news again when put right."""
    if counts.turned_back <= MOST_TURNED_BACK:
        return None
    return RunReason(name="turned_back", detail=f"{counts.turned_back} calls that were open are said to be forthcoming")


def flood(changed: int, live: int) -> RunReason | None:
    """Return why a believed reading is not stored after all: more known calls changed at once than publishers change.

    `changed` are those with another deadline, sum, title or text; `live` all that should be listed.
    """
    if changed < SOME or changed <= _most(live):
        return None
    return RunReason(name="changed_at_once", detail=f"{changed} of {live} calls that we know changed in one reading")


def _most(live: int) -> float:
    """Return how many of `live` calls may leave or change together without a fault."""
    return (MOST_LEFT if live >= FEW else MOST_LOST) * live


def _usual_scans(counts: Counts, accepted: Sequence[Counts]) -> dict[str, float]:
    """Return how many calls each scan of this reading usually holds; a scan never accepted before is left out."""
    readings = {name: [a.scans[name].distinct for a in accepted if name in a.scans] for name in counts.scans}
    return {name: median(distinct) for name, distinct in readings.items() if distinct}


def _changed(counts: Counts, accepted: Sequence[Counts]) -> RunReason | None:
    usual_scans = _usual_scans(counts, accepted)
    usual = sum(usual_scans.values())
    have = sum(counts.scans[name].distinct for name in usual_scans)
    if usual < FEW or abs(have - usual) <= MOST_CHANGE * usual:
        return None
    return RunReason(name="drop" if have < usual else "jump", detail=f"{have} calls, usually {usual:.0f}")


def _is_lost(have: float, usual: float) -> bool:
    """Tell whether too little is left: more than 40 % gone of many (FEW), or all of some (SOME)."""
    return (usual >= FEW and have < (1 - MOST_LOST) * usual) or (usual >= SOME and have <= 0)


def _scans_lost(counts: Counts, accepted: Sequence[Counts]) -> list[RunReason]:
    """Find scans that shrank: a small one can vanish while the total barely moves."""
    reasons = []
    for name, usual in _usual_scans(counts, accepted).items():
        have = counts.scans[name].distinct
        if _is_lost(have, usual):
            reasons.append(RunReason(name="scan_lost", detail=f"{_of_scan(name)}{have} calls, usually {usual:.0f}"))
    return reasons


def _statuses_lost(counts: Counts, accepted: Sequence[Counts]) -> list[RunReason]:
    """Find statuses whose calls vanished; a move to another status is no loss: on some days dozens open together."""
    statuses = {status for reading in (counts, *accepted) for status in reading.statuses}
    usual = {status: median(a.statuses.get(status, 0) for a in accepted) if accepted else 0 for status in statuses}
    gained = {status: max(0, counts.statuses.get(status, 0) - usual[status]) for status in statuses}
    reasons = []
    for status in sorted(statuses):
        have = counts.statuses.get(status, 0)
        if _is_lost(have + sum(gained.values()), usual[status]):
            wording = "without a status" if status == UNSAID else f"said to be {status}"
            reasons.append(RunReason(name="status_lost", detail=f"{have} calls {wording}, usually {usual[status]:.0f}"))
    return reasons


def _share_read(counts: Counts, figure: Figure) -> float:
    read = counts.calls - counts.unread
    return figure(counts) / read if read else 0.0


def _vanished(counts: Counts, accepted: Sequence[Counts], figure: Figure, name: str, what: str) -> RunReason | None:
    """Find that pages and rows still come but the wanted field has gone: the usual sign of a new layout."""
    usual = median(_share_read(a, figure) for a in accepted) if accepted else 0.0
    if not _is_lost(figure(counts), usual * (counts.calls - counts.unread)):
        return None
    return RunReason(
        name=name, detail=f"{_share_read(counts, figure):.0%} of the calls have {what}, usually {usual:.0%}"
    )


def _calls_lost(counts: Counts, accepted: Sequence[Counts]) -> RunReason | None:
    """Find calls missing together before their time, however few there are."""
    is_alike = bool(accepted) and accepted[0].scans.keys() == counts.scans.keys()
    live, lost = counts.live, counts.lost
    if not is_alike or lost < A_PAIR or lost <= _most(live):
        return None
    examples = ", ".join(counts.lost_examples)
    return RunReason(
        name="calls_lost", detail=f"{lost} of {live} calls are not listed, though they are not over: {examples}"
    )


def _funnel(counts: Counts, accepted: Sequence[Counts]) -> Iterator[RunReason]:
    """Compare each step from list to reader with the source's usual share: where a new layout loses calls."""
    for before, stage in pairwise(STAGES):
        shares = [step for a in accepted if (step := a.funnel.share(before, stage)) is not None]
        share, usual = counts.funnel.share(before, stage), median(shares) if shares else 0.0
        expected = usual * counts.funnel.at(before)
        if share is not None and expected >= SOME and share < (1 - MOST_LOST) * usual:
            yield RunReason(
                name=f"funnel_{stage}", detail=f"{share:.0%} of the {before} were {stage}, usually {usual:.0%}"
            )


def funnel_share(run_counts: Mapping[str, Any], before: str, stage: str) -> float | None:
    """Return the share of one step of the funnel (`Funnel.share`) from a run's stored counts."""
    return counts_of(run_counts).funnel.share(before, stage)
