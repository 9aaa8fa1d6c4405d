"""How the sources fare, as values and in words: what each is, when it is read next, and what its readings asked of it.

Does not read any source, and does not judge readings (`tracker.readings.health`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from db import runs
from db.runs import Coverage, Run, coverage
from jobs.base.app import App
from jobs.base.ticks import next_tick
from tracker import sources
from tracker.errors import Code, Fault, InputFaults
from tracker.readings.health import STAGES, funnel_share
from tracker.readings.source_status import history, wait
from tracker.sources import Source


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source with its last reading and its next; `next_run_at` is None where it is switched off."""

    source: Source
    is_enabled: bool
    last: Run | None
    next_run_at: datetime | None
    read: Coverage


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """A source's readings: since when it is read or blind, and in words how it fared and what it was asked to bear."""

    read: Coverage
    next_try_at: datetime | None
    history: tuple[str, ...]
    funnel: str
    checked: str
    receipt: str


def known_sources(app: App, keys: Sequence[str]) -> list[str]:
    """The sources that were named, each once. InputFaults lists the names that are none."""
    known = sources.modules(app.settings.sources)
    if unknown := [key for key in keys if key not in known]:
        raise InputFaults(*(Fault(Code.UNKNOWN_SOURCE, "", {"given": key, "known": tuple(known)}) for key in unknown))
    return list(dict.fromkeys(keys))


def list_sources(session: Session, app: App) -> list[ListedSource]:
    """Every source there is, read or not."""
    return [described(session, app, module.SOURCE) for module in sources.modules(app.settings.sources).values()]


def described(session: Session, app: App, source: Source) -> ListedSource:
    """A source with its last reading and its next."""
    read, last = coverage(session, source.key), next(iter(runs.readings(session, source.key, 1)), None)
    is_enabled = app.settings.source(source.key).enabled
    return ListedSource(source, is_enabled, last, next_run_at(app, read) if is_enabled else None, read)


def next_run_at(app: App, read: Coverage) -> datetime | None:
    """The tick at which the schedule reads a source next."""
    now = app.clock()
    return next_tick(app.settings.schedule.collect, app.region.zone, max(now, next_try_at(read) or now))


def list_health(session: Session, app: App, keys: Iterable[str], most: int) -> list[SourceHealth]:
    """How each of these sources fared in its newest readings, `most` of them; of every source, if none is named.

    InputFaults lists the names that are none.
    """
    chosen = known_sources(app, list(keys)) or list(sources.modules(app.settings.sources))
    return [health(session, app, key, most) for key in chosen]


def health(session: Session, app: App, key: str, most: int) -> SourceHealth:
    """How a source fared in its newest readings, `most` of them."""
    found, read = runs.readings(session, key, most), coverage(session, key)
    spells = tuple(spell.sentence(app.region.zone) for spell in history(found))
    last = next((run for run in found if run.receipt), None)
    checked = next(iter(runs.checks(session, key, most=1)), None)
    return SourceHealth(
        read,
        next_try_at(read),
        spells or ("never read",),
        funnel(last.counts) if last else "",
        in_full(checked, app.region.zone) if checked else "",
        receipt_in_words(last.receipt | {"last_429_at": last_429_at(found)}) if last else "",
    )


def in_full(check: Run, zone: ZoneInfo) -> str:
    """What a check against the publisher's own list found, in words."""
    said = check.counts
    on = check.started_at.astimezone(zone)
    missing = f" (not {', '.join(said['missing_examples'][:3])})" if said["missing"] else ""
    held = said["listed"] - said["missing"]
    return f"{held} of {said['listed']} current topics of its own list held on {on.day}.{on.month}.{on.year}{missing}"


def funnel(counts: dict[str, Any]) -> str:
    """How many calls came how far from a list to readers, each step with its share of the one before."""
    told = counts.get("funnel") or {}
    steps = [f"{told[STAGES[0]]} {STAGES[0]}"] if told else []
    for before, stage in pairwise(STAGES if told else ()):
        share = funnel_share(counts, before, stage)
        steps.append(f"{told[stage]} {stage}" + ("" if share is None else f" ({share:.0%})"))
    return " → ".join(steps)


def last_429_at(newest_first: Sequence[Run]) -> str | None:
    """When the publisher asked for patience last, as a run's receipt keeps it."""
    return next((at for run in newest_first if (at := run.receipt.get("last_429_at"))), None)


def next_try_at(read: Coverage) -> datetime | None:
    """Before when the schedule leaves a source in trouble alone; None where it does not."""
    pause = wait(read.troubled_runs)
    return read.tried_at + pause if read.tried_at and pause else None


def receipt_in_words(said: dict[str, Any]) -> str:
    """What a reading asked a publisher to bear, in words."""
    requests, saved = said["requests"], said["not_modified"]
    robots = ", ".join(f"{host}: {word}" for host, word in said["robots"].items()) or "not asked"
    told = [
        f"{requests} requests",
        f"{said['bytes']} bytes",
        f"{saved / requests:.0%} not modified" if requests else "",
        f"{said['remembered']} pages not asked for again" if said.get("remembered") else "",
    ]
    told += [f"429 at {said['last_429_at']}" if said["last_429_at"] else "no 429", f"robots.txt: {robots}"]
    return "; ".join(word for word in told if word)
