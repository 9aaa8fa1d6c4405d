"""Coverage: how well each source is read, how often and with how many calls; and one line that sums it up.

Does not judge readings (`tracker.readings.health`). For admins the same is told by `jobs.collecting.status`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from db.call_lists import calls_by_source
from db.runs import Coverage, coverages
from jobs.base.app import App
from jobs.base.source_settings import schedules_now
from jobs.base.ticks import next_tick
from tracker import l10n, sources
from tracker.calls.changes import brussels_day
from tracker.instants import in_zone
from tracker.sources import Source

WEEK = timedelta(days=7)
MONTH_DAYS = 31
LATE_DAYS = 2  # a source that is read every day and was last read so many days ago has missed a reading


@dataclass(frozen=True, slots=True)
class CoveredSource:
    """A source that readers' calls come from: how well and how often it is read, and how many calls it has."""

    source: Source
    read: Coverage
    readings_a_week: int
    calls_now: int
    calls_known: int

    @property
    def late_days(self) -> int:
        """Last read so many days ago, it has missed a reading."""
        return late_days(self.readings_a_week)


@dataclass(frozen=True, slots=True)
class SourceReadings:
    """How well a source is read, and from how many days ago on its last reading is late."""

    name: str
    read: Coverage
    late_days: int


def covered_sources(session: Session, app: App) -> list[CoveredSource]:
    """Every source that is switched on and makes calls, by name."""
    known, counts = sources_read(app), calls_by_source(session, brussels_day(app.clock()))
    often = _readings_a_week(session, app, known)
    covered = [
        CoveredSource(known[read.source], read, often[read.source], *counts.get(read.source, (0, 0)))
        for read in coverages(session, list(known))
    ]
    return sorted(covered, key=lambda one: one.source.name.casefold())


def late_days(readings_a_week: int) -> int:
    """Last read so many days ago, a source has missed a reading; one read less than weekly may take a month."""
    between = WEEK.days // readings_a_week if readings_a_week else MONTH_DAYS
    return max(LATE_DAYS, between + 1)


def covered_readings(session: Session, app: App) -> list[SourceReadings]:
    """How well each source is read that makes calls and is switched on."""
    known = sources_read(app)
    often = _readings_a_week(session, app, known)
    return [
        SourceReadings(known[read.source].name, read, late_days(often[read.source]))
        for read in coverages(session, list(known))
    ]


def freshness(readings: Sequence[SourceReadings], now: datetime, language: str, zone: ZoneInfo) -> str:
    """One line on when the sources were read; it names the one that is late for longest. Empty if none ever was read.

    A source that is read once a week is not late after three days: then the line says that it is read less often.
    """
    t, today = l10n.catalogue(language), in_zone(now, zone).date()
    read = [(one, in_zone(one.read.accepted_at, zone)) for one in readings if one.read.accepted_at]
    if not read:
        return ""
    ages = [(today - at.date()).days for _, at in read]
    at = {"at": l10n.instant(max(at for _, at in read), language, zone), "all": len(readings)}
    if len(read) == len(readings) and max(ages) < LATE_DAYS:
        if max(ages) == 0:
            return t.gettext("All %(all)d sources were read today, the last %(at)s.") % at
        return t.gettext("All %(all)d sources were read today or yesterday, the last %(at)s.") % at
    text = t.gettext("%(read)d of %(all)d sources were read today or yesterday, the last %(at)s.")
    if not any(age < LATE_DAYS for age in ages):
        text = t.gettext("None of %(all)d sources was read today or yesterday; the last was read %(at)s.")
    said = text % (at | {"read": sum(age < LATE_DAYS for age in ages)})
    late = sorted((at, one.name) for (one, at), age in zip(read, ages, strict=True) if age >= one.late_days)
    if late:
        return f"{said} {_read_last(*late[0], today, language)}"
    slowly = t.gettext("The others are read less often.")
    return f"{said} {slowly}" if len(read) == len(readings) else said


def lateness(one: CoveredSource, now: datetime, language: str, zone: ZoneInfo) -> str:
    """Say that a source was last read longer ago than its schedule has it, or never; empty if all is well."""
    name, today = one.source.name, in_zone(now, zone).date()
    if one.read.accepted_at is None:
        return l10n.catalogue(language).gettext("%(source)s has never been read yet.") % {"source": name}
    at = in_zone(one.read.accepted_at, zone)
    return _read_last(at, name, today, language) if (today - at.date()).days >= one.late_days else ""


def _read_last(at: datetime, name: str, today: date, language: str) -> str:
    days, t = (today - at.date()).days, l10n.catalogue(language)
    text = t.ngettext("%(source)s was last read %(n)d day ago.", "%(source)s was last read %(n)d days ago.", days)
    return text % {"source": name, "n": days}


def sources_read(app: App) -> dict[str, Source]:
    """Every source that is switched on and makes calls, by its key."""
    modules = sources.modules(app.settings.sources).items()
    return {
        key: module.SOURCE
        for key, module in modules
        if app.settings.source(key).enabled and not module.SOURCE.for_admins
    }


def _readings_a_week(session: Session, app: App, keys: Collection[str]) -> dict[str, int]:
    lines = schedules_now(session, app, keys)
    often = {line: readings_a_week(app, line) for line in set(lines.values())}
    return {key: often[line] for key, line in lines.items()}


def readings_a_week(app: App, line: str) -> int:
    """How many times a line of the schedule is due within the next seven days."""
    zone, at = app.region.zone, app.clock()
    until, count = at + WEEK, 0
    while (tick := next_tick(line, zone, at)) and tick < until:
        count, at = count + 1, tick + timedelta(minutes=1)
    return count
