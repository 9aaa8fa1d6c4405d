"""A portal with an archive that answers as a broken index would, now and then; and days on which it is backfilled.

What came of the days is held against the same days without any backfill, and against the archive itself.
"""

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlmodel import select

from db.calls import Call
from jobs.base.app import App
from jobs.collecting.backfill import backfill
from tests.jobs.processes import tracker
from tests.jobs.world import ToldPortal, clock_of, collect, copied, events
from tracker.demo.history import HISTORY, Row, portal_rows
from tracker.demo.portal import Question, served

FIRST, LAST = date(2024, 1, 1), date(2026, 5, 31)  # opening days of the archive
CLOSED = "31094503"
FAULTS = ("rollback", "overlap", "truncated", "unfiltered", "unranged", "halved", "emptied")


class BrokenPortal(ToldPortal):
    """A portal of which a share of the answers, drawn by chance, is that of a broken index."""

    chance = random.Random(0)
    share = 0.0
    answers = 0
    held_at = 0  # the answer that waits until `goes_on` is set
    kinds: Sequence[str] = FAULTS

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], list[Row]] = {}
        self._old: list[Row] | None = None
        self.goes_on = threading.Event()
        super().__init__()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever asked was killed."""

    def tell(self, rows: Sequence[Row]) -> None:
        self._found.clear()
        self._old = None
        super().tell(rows)

    def encoded(self, question: Question) -> bytes:
        self.answers += 1
        if self.answers == self.held_at:
            self.goes_on.wait(20)
        fault = self.chance.choice(self.kinds) if self.chance.random() < self.share else ""
        answer = json.dumps(self._answered(question, fault)).encode()
        return answer[: len(answer) // 2] if fault == "truncated" else answer

    def _answered(self, question: Question, fault: str) -> dict[str, Any]:
        answered = super().answer(_misunderstood(question, fault))
        results = answered["results"]
        if fault == "overlap" and question.page > 1 and results:
            answered["results"] = [self.answer(replace(question, page=question.page - 1))["results"][-1], *results[1:]]
        if fault == "halved":
            answered["results"] = [blind(row) for row in results]
        if fault == "emptied":
            answered |= {"results": [], "totalResults": 0}
        if fault == "rollback":
            answered["results"], answered["totalResults"] = self._rolled_back(question)
        return answered

    def _rolled_back(self, question: Question) -> tuple[list[Row], int]:
        if self._old is None:
            self._old = [rolled_back(row) for row in self.held]
        found = self.found(self._old, question)
        start = (question.page - 1) * question.size
        return found[start : start + question.size], len(found)

    def found(self, rows: list[Row], question: Question) -> list[Row]:
        """Find rows as the demo's portal does, once for each question that differs in more than its page."""
        wording = json.dumps([question.query, question.languages, question.sort_field, question.descending])
        asked = (id(rows), wording)
        if asked not in self._found:
            self._found[asked] = super().found(rows, question)
        return self._found[asked]


def _misunderstood(question: Question, fault: str) -> Question:
    if fault == "unfiltered":
        return replace(question, query={"bool": {"must": []}}, languages=None)
    if fault == "unranged":
        clauses = [clause for clause in question.query["bool"]["must"] if "range" not in clause]
        return replace(question, query={"bool": {"must": clauses}})
    return question


def rolled_back(row: Row) -> Row:
    """A row as an index has it whose dates are two years back."""
    metadata = row["metadata"]
    dates = {name: [f"{int(value[:4]) - 2}{value[4:]}" for value in metadata.get(name, ())] for name in DATES}
    return row | {"metadata": metadata | {name: values for name, values in dates.items() if values}}


def blind(row: Row) -> Row:
    """A row without its texts."""
    return row | {"metadata": row["metadata"] | {"descriptionByte": [], "description": [], "budgetOverview": []}}


DATES = ("startDate", "deadlineDate", "es_SortDate")


@contextmanager
def broken_portal(seed: int) -> Iterator[BrokenPortal]:
    """Run such a portal, at first without faults."""
    with BrokenPortal() as portal:
        portal.chance = random.Random(seed)
        with served(portal):
            yield portal


# --- the archive ------------------------------------------------------------------------------------------------------


def closed_rows(rows: Sequence[Row], count: int, chance: random.Random) -> list[Row]:
    """Closed calls like these, under new keys and numbers, that opened on any day of the archive."""
    return [closed_row(rows[n % len(rows)], n, chance.randrange((LAST - FIRST).days + 1)) for n in range(count)]


def closed_row(row: Row, number: int, day: int) -> Row:
    """A closed call under a new key that opened so many days after the archive's first."""
    opened = FIRST + timedelta(days=day)
    new = str(90_000_000 + number)
    key = f"{new}{row['reference'].lstrip('0123456789')}"
    dates = {"startDate": opened, "es_SortDate": opened, "deadlineDate": min(opened + timedelta(days=90), LAST)}
    said = {name: [f"{on}T00:00:00.000+0000"] for name, on in dates.items()}
    own = {name: [new] for name in ("ccm2Id", "callccm2Id") if name in row["metadata"]}
    status = {"status": [CLOSED], "sortStatus": ["3"], "REFERENCE": [key]}
    return row | {"reference": key, "metadata": row["metadata"] | said | own | status}


def opens_on(row: Row) -> date:
    return date.fromisoformat(row["metadata"]["startDate"][0][:10])


# --- the days ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Days:
    """The demo's five readings, on a portal that also has an archive; two calls go to and fro between them.

    `again` was over before we knew it and is opened once more; `shut` is open, closed for two readings and extended.
    """

    archive: list[Row]
    again: Row = field(init=False)
    shut: Row = field(init=False)

    def __post_init__(self) -> None:
        self.again, self.shut = self.archive[0], _of(portal_rows(0), "51176647TOPICSen")

    def rows(self, moment: int) -> list[Row]:
        """Every row of the portal at one of the demo's moments."""
        rows = {row["reference"]: row for row in [*portal_rows(moment), *self.archive]}
        if moment >= 2:
            self._retell(rows, self.again, status=["31094502"], deadlineDate=["2026-11-10T00:00:00.000+0000"])
        if moment in (1, 2):
            self._retell(rows, self.shut, status=[CLOSED])
        if moment > 2:
            self._retell(rows, self.shut, deadlineDate=["2027-03-01T00:00:00.000+0000"])
        return copied(list(rows.values()))

    def _retell(self, rows: dict[str, Row], row: Row, **metadata: list[str]) -> None:
        key = row["reference"]
        rows[key] = rows[key] | {"metadata": rows[key]["metadata"] | metadata}

    def in_the_archive(self) -> dict[str, date]:
        """The calls that a backfill must have stored in the end, with the days on which they opened."""
        return {row["reference"]: opens_on(row) for row in self.archive if row is not self.again}


def _of(rows: Sequence[Row], key: str) -> Row:
    [row] = [row for row in rows if row["reference"] == key]
    return row


def live(app: App, portal: BrokenPortal, days: Days, between: Any = lambda moment: None) -> None:
    """Read the portal at every moment, without faults; do something before the first and after each."""
    share, portal.share = portal.share, 0.0
    for moment, at in enumerate(HISTORY):
        portal.set_moment(moment)
        portal.tell(days.rows(moment))
        clock_of(app).now = at.at - timedelta(minutes=10)
        portal.share = share
        between(moment)
        portal.share = 0.0
        assert not collect(app, at.at).reasons
    portal.share = share
    between(len(HISTORY))
    portal.share = 0.0


def fill(app: App) -> Any:
    """Backfill the archive's days once."""
    return asyncio.run(backfill(app, "portal", FIRST, LAST, lambda done: None))


def outcome(app: App) -> tuple[set[tuple[str, str]], dict[str, tuple[Any, ...]]]:
    """Every event, and every call that a reading has seen as it is known."""
    with app.db.read() as session:
        seen = [call for call in session.exec(select(Call)) if not call.backfilled]
    known = {call.key: (call.status, call.closes_on, call.title, call.absent_runs, call.withdrawn_at) for call in seen}
    return set(events(app.db)), known


def archived(app: App) -> dict[str, date | None]:
    """Every call that only a backfill has seen, with its opening day."""
    with app.db.read() as session:
        return {call.key: call.opens_on for call in session.exec(select(Call)) if call.backfilled}


# --- kills ------------------------------------------------------------------------------------------------------------


def configured(app: App, url: str, file: Path) -> Path:
    """Write the configuration of an app that reads the portal at this address."""
    file.write_text(
        f"""
[data]
dir = '{app.settings.data.dir}'
[database]
url = '{app.settings.database.url}'
[mail]
secret = 'a secret of the tests'
[fetch]
gap_seconds = 0
attempts = 2
retry_min_seconds = 0
[sources.portal]
api_url = '{url}'
least = 5
details_per_run = 0
""",
        encoding="utf-8",
    )
    return file


def backfilling(config: Path, at: datetime) -> AbstractContextManager[BaseProcess]:
    """Run a backfill in a process of its own, until the end of the block at most."""
    days = ("--from", f"{FIRST}", "--to", f"{LAST}")
    return tracker("backfill", "portal", *days, "--config", str(config), "--now", at.isoformat())


def kill_a_backfill(config: Path, at: datetime, portal: BrokenPortal, after: int) -> None:
    """Kill a backfill after so many answers of the portal, if it has not ended before."""
    enough = portal.answers + after
    with backfilling(config, at) as process:
        while process.is_alive() and portal.answers < enough:
            time.sleep(0.002)
        process.kill()
