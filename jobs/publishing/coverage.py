"""Coverage: how well each source is read, how often and with how many calls; and one line that sums it up.

Does not judge readings (`tracker.readings.health`). For admins the same is told by `jobs.collecting.status`.
"""

from collections.abc import Sequence
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
LATE_DAYS = 2  # a source that was last read so many days ago is named in the line


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
        """Last read so many days ago, it has missed a reading; one that is read less than weekly may take a month."""
        between = WEEK.days // self.readings_a_week if self.readings_a_week else MONTH_DAYS
        return max(LATE_DAYS, between + 1)


def covered_sources(session: Session, app: App) -> list[CoveredSource]:
    """Every source that is switched on and makes calls, by name."""
    known, counts = sources_read(app), calls_by_source(session, brussels_day(app.clock()))
    lines = schedules_now(session, app, known)
    often = {line: readings_a_week(app, line) for line in set(lines.values())}
    covered = [
        CoveredSource(known[read.source], read, often[lines[read.source]], *counts.get(read.source, (0, 0)))
        for read in coverages(session, list(known))
    ]
    return sorted(covered, key=lambda one: one.source.name.casefold())


def covered_readings(session: Session, app: App) -> list[tuple[str, Coverage]]:
    """How well each source is read that makes calls and is switched on, with its name."""
    known = sources_read(app)
    return [(known[read.source].name, read) for read in coverages(session, list(known))]


def freshness(readings: Sequence[tuple[str, Coverage]], now: datetime, language: str, zone: ZoneInfo) -> str:
    """One line on when the sources were read; it names the one that was not for longest. Empty if none ever was."""
    t, today = l10n.catalogue(language), in_zone(now, zone).date()
    read = [(name, in_zone(one.accepted_at, zone)) for name, one in readings if one.accepted_at]
    if not read:
        return ""
    at = {"at": l10n.instant(max(at for _, at in read), language, zone), "all": len(readings)}
    late = sorted((at, name) for name, at in read if (today - at.date()).days >= LATE_DAYS)
    if not late and len(read) == len(readings):
        if all(at.date() == today for _, at in read):
            return t.gettext("All %(all)d sources were read today, the last %(at)s.") % at
        return t.gettext("All %(all)d sources were read today or yesterday, the last %(at)s.") % at
    text = t.gettext("%(read)d of %(all)d sources were read today or yesterday, the last %(at)s.")
    said = text % (at | {"read": len(read) - len(late)})
    return f"{said} {_read_last(*late[0], today, language)}" if late else said


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


def readings_a_week(app: App, line: str) -> int:
    """How many times a line of the schedule is due within the next seven days."""
    zone, at = app.region.zone, app.clock()
    until, count = at + WEEK, 0
    while (tick := next_tick(line, zone, at)) and tick < until:
        count, at = count + 1, tick + timedelta(minutes=1)
    return count
