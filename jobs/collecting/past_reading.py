"""Reading a part of a source's past: twice, with a look at calls that we know in between; both times must agree.

An index of several machines may answer once as it was years ago, or leave its filter out. Whatever spoils one reading
of a part shows in the other, and what spoils both shows in the known calls. Each part that was not believed makes the
next ones be read once more. Of a large part one answer is nearly always broken while the index is: it is not tried
again as it is, but cut into months. Unlike a reading it parses in its own process, which is a person's command.

Does not store (`jobs.collecting.backfill`) or decide what is believed (`tracker.readings.past`).
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import ModuleType

from db import calls
from db.calls import CallFacts
from db.runs import RunReason
from jobs.base.app import App
from jobs.collecting.judging import judge
from jobs.collecting.reading import Reading, known_glance
from jobs.collecting.spool import Spool
from tracker.calls import changes
from tracker.errors import FetchError, ParseError, RunQuarantined, SourceError
from tracker.fetching.asking import Answer, Fetch
from tracker.readings.health import Glance, Tally
from tracker.readings.page_archive import PageStore
from tracker.readings.past import FEWEST_KNOWN, check_known, check_part, misplaced, months
from tracker.sources import Page, Part, Row, SourceSettings, Wanted
from tracker.sources.walls import Unread, facts_of, rows_of

ROUNDS = 3  # times that a part is tried
LARGE = 300  # rows: three pages of the portal, each asked for twice or more
MOST_DOUBTS = 2
MOST_KNOWN = 20  # calls looked up, in one request


@dataclass(slots=True)
class PastReading(Reading):
    """The first reading of a part: every row is parsed, and held against what was asked."""

    part: Part = field(kw_only=True)
    fingerprints: dict[str, str] = field(default_factory=dict)
    fault: RunReason | None = None  # of the first row that cannot be an answer

    def put_aside(self, row: Row) -> CallFacts | None:
        if row.fingerprint:  # one that could not be read has none
            self.fingerprints[row.key] = row.fingerprint
        facts = super(PastReading, self).put_aside(row)
        self.fault = self.fault or (misplaced(self.part, facts, self.on) if facts else self._unasked(row))
        return facts

    def _unasked(self, row: Row) -> RunReason | None:
        """Why a row that could not be read is not what was asked for; None where it only could not be read."""
        fault = row.record.fault if isinstance(row.record, Unread) else None
        if not isinstance(fault, RunQuarantined):
            return None
        return RunReason(name=fault.reason, detail=f"{self.part}: {fault.detail}")


@dataclass(slots=True)
class PastReader:
    """Reads parts of one source's past; `present` are calls of today's list, where we know too few of our own."""

    app: App
    module: ModuleType
    archive: PageStore
    spool: Spool
    fetch: Fetch = field(init=False)
    is_first_look: bool = True  # at a part: its answers are kept
    present: Mapping[str, Glance] = field(default_factory=dict)
    doubts: int = 0  # how often a part was not believed

    @property
    def settings(self) -> SourceSettings:
        return self.app.settings.source(self.module.SOURCE.key)

    def keep(self, answer: Answer) -> None:
        """Archive an answer, but not what only confirms an earlier one."""
        if self.is_first_look:
            self.archive.received(answer)

    def cut(self, reading: PastReading) -> list[Part]:
        """Cut a part that was not believed into months; the part alone if it is small, or cannot be cut."""
        is_large = reading.tally.rows > LARGE
        return months(self.module.SOURCE.past, reading.part) if is_large else [reading.part]

    async def read(self, part: Part) -> tuple[PastReading, tuple[RunReason, ...]]:
        """Read a part until it is believed or can be cut, or give the reasons why it is not. Raises FetchError."""
        for _ in range(ROUNDS):
            self.spool.empty()
            reading = PastReading(self.module, {}, self.app.clock(), self.spool, Tally(), is_backfill=True, part=part)
            try:
                reasons = await self._try(part, reading)
            except FetchError:
                raise
            except SourceError as error:
                reasons = (RunReason(name=error.reason, detail=f"{part}: {error.detail}"),)
            if not reasons:
                break
            self.doubts = min(self.doubts + 1, MOST_DOUBTS)
            if len(self.cut(reading)) > 1:
                break
        return reading, reasons

    async def _try(self, part: Part, reading: PastReading) -> tuple[RunReason, ...]:
        self.is_first_look = True
        async for page in self._pages(Wanted(part)):
            reading.take(page)
            if reading.fault:
                return (reading.fault,)
        self.is_first_look = False
        if reasons := check_part(part, reading.tally):
            return reasons
        for _ in range(1 + self.doubts):
            if reason := await self._look_at_known(part, reading) or await self._look_again(part, reading):
                return (reason,)
        return ()

    async def _look_again(self, part: Part, reading: PastReading) -> RunReason | None:
        """Read the part once more, without parsing its rows."""
        rows = [row async for page in self._pages(Wanted(part)) for row in rows_of(self.module, page)]
        again = {row.key: row.fingerprint for row in rows if row.fingerprint}
        differing = again.items() ^ reading.fingerprints.items()
        keys = sorted({key for key, _ in differing})
        if not keys:
            return None
        detail = f"{part}: {len(keys)} calls differ between two readings, such as {keys[0]}"
        return RunReason(name="unsteady", detail=detail)

    async def _pages(self, wanted: Wanted) -> AsyncIterator[Page]:
        async for page in self.module.pages(self.fetch, self.settings, wanted):
            if self.is_first_look:
                self.archive.add(page)
            yield page

    async def _look_at_known(self, part: Part, reading: Reading) -> RunReason | None:
        """Look up calls that we know are there today: an index of another day lacks them, or says otherwise."""
        known = self._known(reading) or self.present
        rows = await self.module.lookup(self.fetch, self.settings, sorted(known)) if known else []
        return check_known(part, known, {row.key: glance for row in rows if (glance := self._glance(row))}, reading.on)

    def _known(self, reading: Reading) -> dict[str, Glance]:
        """The newest live calls that readings have seen; none where they are too few to prove anything."""
        with self.app.db.read() as session:
            live = calls.newest_live(session, self.module.SOURCE.key, reading.on, MOST_KNOWN)
        return {key: known_glance(call) for key, call in live.items()} if len(live) >= FEWEST_KNOWN else {}

    def _glance(self, row: Row) -> Glance | None:
        try:
            return _glance_of(facts_of(self.module, row))
        except ParseError:
            return None

    async def look_at_present(self) -> None:
        """Where we know too few calls, read today's list, as a reading would, and remember some of it; store nothing.

        Raises RunQuarantined if it would not be believed, and what the source raises.
        """
        self.spool.empty()
        reading = Reading(self.module, {}, self.app.clock(), self.spool, Tally())
        if self._known(reading):
            return
        async for page in self._pages(Wanted()):
            reading.take(page)
        for reason in judge(self.app, reading, self.settings):
            raise RunQuarantined(self.module.SOURCE.key, reason.name, f"today's list is not believed: {reason.detail}")
        live = (seen.facts for batch in self.spool.batches() for seen in batch if _ends_after(seen.facts, reading))
        self.present = {facts.key: _glance_of(facts) for facts in islice(live, MOST_KNOWN)}


def _ends_after(facts: CallFacts, reading: Reading) -> bool:
    closes_on = changes.closes_on(facts)
    return closes_on is not None and closes_on > reading.on


def _glance_of(facts: CallFacts) -> Glance:
    return Glance(changes.closes_on(facts), facts.claimed_status, bool(facts.text))
