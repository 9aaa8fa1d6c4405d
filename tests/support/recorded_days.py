"""The portal's recorded days as readings, parsed, counted and judged as `jobs.collecting.collect` does.

Read once for all tests, in memory: no database, no server.
"""

import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from db.calls import CallFacts
from tracker.calls import changes
from tracker.readings import health
from tracker.readings.counts import Counts
from tracker.readings.health import Glance, Tally
from tracker.sources import Page, Row
from tracker.sources.portal import search as portal

SCANS = ("1", "8", "2")


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """One recorded day. `said` holds the raw deadlines of each call, as they stand in its row."""

    on: date
    now: datetime
    facts: Mapping[str, CallFacts]
    scans: Mapping[str, str]  # key → the scan that lists it
    said: Mapping[str, tuple[str, ...]]

    def counts(self, facts: Mapping[str, CallFacts] | None = None) -> Counts:
        """Count this day's reading, or other facts as if they had been read on it."""
        return tally(self.facts if facts is None else facts, self.scans, self.on).counts()


def tally(facts: Mapping[str, CallFacts], scans: Mapping[str, str], on: date) -> Tally:
    """Count a reading of three complete scans; a key without a scan is a topic."""
    counted = Tally()
    for scan in SCANS:
        keys = [key for key in facts if scans.get(key, "1") == scan]
        page = Page(url="", body=b"", scan=scan, announced=len(keys))
        counted.add_page(page)
        for key in keys:
            counted.add_row(page, key)
            call = facts[key]
            counted.add_glance(Glance(changes.closes_on(call), call.claimed_status, bool(call.text)), on)
    return counted


@cache
def recorded_days(shared: Path, since: date = date.min, until: date = date.max) -> tuple[RecordedDay, ...]:
    """Every recorded day of this span, in order; all sixty-one take seconds."""
    known: dict[tuple[str, str], CallFacts] = {}
    return tuple(_day(path, known) for path in _files(shared) if since <= _date(path) <= until)


@cache
def first_day(shared: Path) -> RecordedDay:
    """The first recorded day alone."""
    return _day(_files(shared)[0], {})


@cache
def last_day(shared: Path) -> RecordedDay:
    """The last recorded day alone."""
    return _day(_files(shared)[-1], {})


def rows_of_day(shared: Path, on: date) -> list[dict[str, Any]]:
    """The rows of one recorded day as the index has them, each once."""
    with gzip.open(shared / "recorded/portal/days" / f"{on}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return list({row["reference"]: row for row in map(json.loads, lines)}.values())


def _files(shared: Path) -> list[Path]:
    return sorted((shared / "recorded/portal/days").glob("*.jsonl.gz"))


def _date(file: Path) -> date:
    return date.fromisoformat(file.name[:10])


def _day(path: Path, known: dict[tuple[str, str], CallFacts]) -> RecordedDay:
    on = _date(path)
    rows = {row.key: row for row in _rows(path)}
    metadata = {key: row.record["metadata"] for key, row in rows.items()}
    return RecordedDay(
        on=on,
        now=datetime(on.year, on.month, on.day, 6, tzinfo=UTC),
        facts={key: _facts(row, known) for key, row in rows.items()},
        scans={key: fields["type"][0] for key, fields in metadata.items()},
        said={key: tuple(fields.get("deadlineDate") or ()) for key, fields in metadata.items()},
    )


def _rows(path: Path) -> Iterable[Row]:
    with gzip.open(path) as file:
        lines = file.read().splitlines()
    body = b'{"totalResults":%d,"results":[%s]}' % (len(lines), b",".join(lines))
    return portal.rows(Page(url="", body=body))


def _facts(row: Row, known: dict[tuple[str, str], CallFacts]) -> CallFacts:
    """Parse a row, once per fingerprint: rows with the same one have the same facts."""
    name = (row.key, row.fingerprint)
    if name not in known:
        known[name] = portal.facts(row)
    return known[name]


def accepted_days(days: Iterable[RecordedDay]) -> Iterator[RecordedDay]:
    """Yield the believed days, each judged against those before it."""
    accepted: list[Counts] = []
    for day in days:
        counts = day.counts()
        if not health.check(portal.SOURCE.bounds, counts, accepted[:10]):
            accepted.insert(0, counts)
            yield day


# --- what the raw rows say, without any of our parsing ----------------------------------------------------------------


def raw_days(stamps: Iterable[str]) -> set[date]:
    """Read raw dates of 2026: local times stamped +0000, where 22:00 and 23:00 are Brussels midnight."""
    days = set()
    for value in stamps:
        assert value.endswith("+0000")
        is_eve = value[11:19] in ("22:00:00", "23:00:00")
        days.add(date.fromisoformat(value[:10]) + timedelta(days=is_eve))
    return days


def raw_listings(believed: list[RecordedDay]) -> Iterator[tuple[str, date, tuple[str, ...], date, tuple[str, ...]]]:
    """Yield each pair of consecutive appearances of a call: key, day and deadlines before, day and deadlines after."""
    appearances: dict[str, list[tuple[date, tuple[str, ...]]]] = {}
    for day in believed:
        for key, deadlines in day.said.items():
            if deadlines:
                appearances.setdefault(key, []).append((day.on, deadlines))
    for key, seen in appearances.items():
        for (before, old), (after, new) in pairwise(seen):
            yield key, before, old, after, new


def raw_moves(believed: list[RecordedDay]) -> Counter[tuple[date, str, date, date]]:
    """Count where the next cut-off, as last listed, was replaced by another day."""
    moves: Counter[tuple[date, str, date, date]] = Counter()
    for key, last_seen, before, on, after in raw_listings(believed):
        old, new = raw_days(before), raw_days(after)
        bound = min((day for day in old if day >= last_seen), default=max(old))
        binds = min((day for day in new if day >= on), default=max(new))
        if bound not in new and binds != bound and binds >= on:
            moves[(on, key, bound, binds)] += 1
    return moves


def jitter(believed: list[RecordedDay]) -> set[tuple[date, str]]:
    """Return where times of day changed but every day stayed."""
    return {
        (on, key)
        for key, _, before, on, after in raw_listings(believed)
        if before != after and raw_days(before) == raw_days(after)
    }
