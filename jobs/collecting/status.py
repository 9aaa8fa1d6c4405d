"""Lists and health of the sources, as values and in words: last and next reading, history, load on the publisher.

Does not judge readings (`tracker.readings.health`) or say what trouble means (`tracker.readings.source_status`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from db import calls, runs
from db.asked_jobs import READING, AskedJob, last_asked
from db.calls import Call
from db.runs import Coverage, Run, coverage
from db.source_choices import ChoiceField, SourceChoice, chosen_settings
from db.sources import Notice, notices_of
from jobs.base.app import App
from jobs.base.source_settings import schedules_now, settings_now
from jobs.base.ticks import next_tick
from jobs.publishing.coverage import readings_a_week
from tracker import sources
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun
from tracker.readings.counts import counts_of
from tracker.readings.health import STAGES, funnel_share
from tracker.readings.source_status import history, wait
from tracker.sources import Bounds, Source, SourceSettings

MOST_NOTICES = 10


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source with its last reading and its next; `next_run_at` is None if it is switched off."""

    source: Source
    is_enabled: bool
    last: Run | None
    next_run_at: datetime | None
    read: Coverage


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source's readings: its coverage, when it is tried again, and in words its history and the load we put on it."""

    read: Coverage
    next_try_at: datetime | None
    history: tuple[str, ...]
    funnel: str
    checked: str
    receipt: str


@dataclass(frozen=True, slots=True)
class SourceInFull:
    """A source as the desk shows it: what is expected of a reading, and what admins were told of it.

    `usual` is the number of calls that its believed readings usually hold; None if none was believed yet.
    """

    listed: ListedSource
    settings: SourceSettings
    bounds: Bounds
    usual: int | None
    line: str  # of the schedule
    readings_a_week: int
    chosen: Mapping[ChoiceField, SourceChoice]
    asked: AskedJob | None  # the last reading that somebody asked for
    notices: Sequence[Notice]
    watched: Mapping[str, Call | None]  # the canaries, each with its call if we know it


def source_in_full(session: Session, app: App, key: str) -> SourceInFull:
    """One source with what is expected of it. NotFound if there is none."""
    source, settings = known_source(app, key), settings_now(session, app, key)
    line = settings.schedule or app.settings.schedule.collect
    held = [counts_of(run.counts).calls for run in runs.accepted_readings(session, key)]
    return SourceInFull(
        _listed(app, source, coverage(session, key), runs.last_readings(session, [key]).get(key), line),
        settings,
        settings.bounds(source.bounds),
        round(median(held)) if held else None,
        line,
        readings_a_week(app, line),
        chosen_settings(session, [key]).get(key, {}),
        last_asked(session, READING, key),
        notices_of(session, key, MOST_NOTICES),
        _watched(session, key, settings.canaries),
    )


def _watched(session: Session, source: str, canaries: Sequence[str]) -> dict[str, Call | None]:
    keys = calls.keys_identified(session, source, canaries)
    found = calls.calls_by_key(session, source, {key for name in canaries for key in (name, *keys.get(name, ()))})
    known = {name: [found[key] for key in (name, *keys.get(name, ())) if key in found] for name in canaries}
    return {name: next(iter(those), None) for name, those in known.items()}


def known_source(app: App, key: str) -> Source:
    """The source with this key. NotFound if there is none."""
    known = sources.modules(app.settings.sources)
    if key not in known:
        raise NotFound(Noun.SOURCE, key, list(known))
    source: Source = known[key].SOURCE
    return source


def known_sources(app: App, keys: Sequence[str]) -> list[str]:
    """These source keys, each once. InputFaults if any is unknown."""
    known = sources.modules(app.settings.sources)
    if unknown := [key for key in keys if key not in known]:
        raise InputFaults(*(Fault(Code.UNKNOWN_SOURCE, "", {"given": key, "known": tuple(known)}) for key in unknown))
    return list(dict.fromkeys(keys))


def list_sources(session: Session, app: App) -> list[ListedSource]:
    """Every source, read or not."""
    known = {key: module.SOURCE for key, module in sources.modules(app.settings.sources).items()}
    last = runs.last_readings(session, list(known))
    lines = schedules_now(session, app, known)
    return [
        _listed(app, known[read.source], read, last.get(read.source), lines[read.source])
        for read in runs.coverages(session, known)
    ]


def _listed(app: App, source: Source, read: Coverage, last: Run | None, line: str) -> ListedSource:
    is_enabled = app.settings.source(source.key).enabled
    return ListedSource(source, is_enabled, last, next_run_at(app, read, line) if is_enabled else None, read)


def next_run_at(app: App, read: Coverage, line: str) -> datetime | None:
    """When the schedule reads a source next, which is read on this crontab line."""
    now = app.clock()
    return next_tick(line, app.region.zone, max(now, next_try_at(read) or now))


def list_health(session: Session, app: App, keys: Iterable[str], most: int) -> list[SourceHealth]:
    """The health of each of these sources (none given: of all) over its newest `most` readings.

    InputFaults if any key is unknown.
    """
    chosen = known_sources(app, list(keys)) or list(sources.modules(app.settings.sources))
    return [health(session, app, key, most) for key in chosen]


def health(session: Session, app: App, key: str, most: int) -> SourceHealth:
    """The health of a source over its newest `most` readings."""
    readings, read = runs.readings(session, key, most), coverage(session, key)
    spells = tuple(spell.sentence(app.region.zone) for spell in history(readings))
    last = next((run for run in readings if run.receipt), None)
    checked = next(iter(runs.checks(session, key, most=1)), None)
    return SourceHealth(
        read,
        next_try_at(read),
        spells or ("never read",),
        funnel(last.counts) if last else "",
        in_full(checked, app.region.zone) if checked else "",
        receipt_in_words(last.receipt | {"last_429_at": last_429_at(readings)}) if last else "",
    )


def in_full(check: Run, zone: ZoneInfo) -> str:
    """The result of a check against the publisher's own list, in words."""
    counts = check.counts
    at = check.started_at.astimezone(zone)
    missing = f" (missing: {', '.join(counts['missing_examples'][:3])})" if counts["missing"] else ""
    known = counts["listed"] - counts["missing"]
    on = f"{at.day}.{at.month}.{at.year}"
    return f"{known} of {counts['listed']} current topics on its own list known on {on}{missing}"


def funnel(counts: dict[str, Any]) -> str:
    """How many calls reached each stage from list to readers, with its share of the stage before; empty if unknown."""
    stages = counts.get("funnel") or {}
    steps = [f"{stages[STAGES[0]]} {STAGES[0]}"] if stages else []
    for before, stage in pairwise(STAGES if stages else ()):
        share = funnel_share(counts, before, stage)
        steps.append(f"{stages[stage]} {stage}" + ("" if share is None else f" ({share:.0%})"))
    return " → ".join(steps)


def last_429_at(newest_first: Sequence[Run]) -> str | None:
    """When the publisher last answered 429 (too many requests), as in a run's receipt."""
    return next((at for run in newest_first if (at := run.receipt.get("last_429_at"))), None)


def next_try_at(read: Coverage) -> datetime | None:
    """When a source in trouble is tried again; None if it is not being left alone."""
    pause = wait(read.troubled_runs)
    return read.tried_at + pause if read.tried_at and pause else None


def receipt_in_words(receipt: dict[str, Any]) -> str:
    """The load that a reading put on a publisher, in words."""
    requests, saved = receipt["requests"], receipt["not_modified"]
    robots = ", ".join(f"{host}: {word}" for host, word in receipt["robots"].items()) or "not asked"
    parts = [
        f"{requests} requests",
        f"{receipt['bytes']} bytes",
        f"{saved / requests:.0%} not modified" if requests else "",
        f"{receipt['remembered']} pages reused" if receipt.get("remembered") else "",
    ]
    parts += [f"429 at {receipt['last_429_at']}" if receipt["last_429_at"] else "no 429", f"robots.txt: {robots}"]
    return "; ".join(word for word in parts if word)
