"""A reading of a source in progress: count its pages and rows, and put changed calls aside until it is judged.

Does not fetch (`jobs.collecting.collect`), judge (`jobs.collecting.judging`) or store (`jobs.collecting.storing`).
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import ModuleType

from db.calls import CallFacts, CallStatus, KnownCall
from jobs.collecting.spool import Seen, Spool
from tracker.calls import changes
from tracker.errors import ParseError
from tracker.readings import seasons
from tracker.readings.counts import Counts
from tracker.readings.health import Glance, Tally
from tracker.readings.seasons import Opening
from tracker.sources import Page, Row
from tracker.sources.walls import Unread, facts_of, rows_of

GONE_AFTER = 2  # accepted readings in a row without a call


@dataclass(slots=True)
class Reading:
    """One reading of a source in progress."""

    module: ModuleType
    known: dict[str, KnownCall]
    now: datetime
    spool: Spool
    tally: Tally
    gone_after: timedelta = timedelta(0)  # how long a call must be missing before it is withdrawn
    is_past: bool = False  # from old kept pages: they do not say which calls are listed now
    is_backfill: bool = False  # of closed calls that no reading has seen
    on: date = field(init=False)  # the calendar day in Brussels
    identifiers: set[str] = field(default_factory=set)  # of the changed calls only
    openings: list[Opening] = field(default_factory=list)  # of the changed calls that opened lately or will open
    postponed: frozenset[str] = frozenset()  # missing calls that this run could not look up
    has_nameless: bool = False  # an item did not say its key: it may be any of the missing calls

    def __post_init__(self) -> None:
        self.on = changes.brussels_day(self.now)

    def take(self, page: Page) -> None:
        """Count a page's rows and put aside the changed ones."""
        self.tally.add_page(page)
        for row in rows_of(self.module, page):
            name = row.key or self._name_of_nameless(page, row)
            if self.tally.add_row(page, name):
                self._take_row(row if row.key else replace(row, key=name))

    def _name_of_nameless(self, page: Page, row: Row) -> str:
        """Name an item that did not say its key by its place; any call that is missing now may be this one."""
        self.has_nameless = True
        place = row.record.place if isinstance(row.record, Unread) else "?"
        return f"item {place} of page {page.number} {page.scan}".strip()

    def _take_row(self, row: Row) -> None:
        known = self.known.get(row.key)
        before = known_glance(known) if known else None
        if known and before and is_unchanged(known, row, self.module.SOURCE.version):
            self.tally.add_glance(before, self.on, before, row.key)
            return
        facts = self.put_aside(row)
        if facts:
            glance = Glance(changes.closes_on(facts), facts.claimed_status, bool(facts.text))
            self.tally.add_glance(glance, self.on, before, row.key)

    def put_aside(self, row: Row) -> CallFacts | None:
        """Parse a row and spool it until the reading is judged; None if it cannot be parsed."""
        try:
            facts = facts_of(self.module, row)
            self.spool.add(Seen(row.fingerprint, facts))
        except ParseError as error:
            self.tally.add_unread(row.key, f"{error.reason}: {error.detail}")
            return None
        if facts.identifier:
            self.identifiers.add(facts.identifier)
        if facts.opens_on and facts.opens_on >= self.on - seasons.LATE:
            self.openings.append(Opening(facts.key, facts.identifier, facts.programme, facts.opens_on))
        return facts

    def take_over(
        self, tally: Tally, identifiers: Collection[str], openings: Collection[Opening], *, has_nameless: bool
    ) -> None:
        """Take over what was counted for this reading elsewhere."""
        self.tally = tally
        self.identifiers.update(identifiers)
        self.openings.extend(openings)
        self.has_nameless |= has_nameless

    def counts(self, is_whole: bool) -> Counts:
        """The figures of the reading so far; the caller knows whether it is whole."""
        return self.tally.counts().model_copy(update={"changed": self.spool.count, "whole": is_whole})

    def missing(self) -> dict[str, KnownCall]:
        """The calls that should still be listed but were not, by key."""
        return {
            key: known for key, known in self.known.items() if key not in self.tally.seen and is_missing(known, self.on)
        }

    def gone(self) -> dict[str, KnownCall]:
        """The missing calls that would now be withdrawn, by key."""
        if self.has_nameless:
            return {}
        return {
            key: known
            for key, known in self.missing().items()
            if has_gone(known, self.now, self.gone_after) and key not in self.postponed
        }


def known_glance(known: KnownCall) -> Glance:
    """What judging a reading needs of a call that we know."""
    return Glance(known.closes_on, known.claimed_status, known.has_text)


def is_unchanged(known: KnownCall, row: Row, version: int) -> bool:
    """Whether a row need not be parsed again: same content, same parser, and the call was never missing."""
    is_same = known.fingerprint == row.fingerprint and known.parser_version == version
    return is_same and known.absent_runs == 0 and known.withdrawn_at is None


def is_missing(known: KnownCall, on: date) -> bool:
    """Whether a call's absence means anything: it is neither closed nor withdrawn, so it should still be listed."""
    is_over = known.status is CallStatus.CLOSED or (known.closes_on is not None and known.closes_on < on)
    return not is_over and known.withdrawn_at is None


def has_gone(known: KnownCall, now: datetime, gone_after: timedelta) -> bool:
    """Whether one more absence makes a call withdrawn: at least the second in a row, and `gone_after` after the first.

    The portal's index loses calls for up to three days: in two recorded months 53 calls were missing twice in a row,
    and all 53 came back.
    """
    is_again = known.absent_runs + 1 >= GONE_AFTER and known.absent_since is not None
    return is_again and now - (known.absent_since or now) >= gone_after
