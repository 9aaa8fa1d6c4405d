"""Crontab sums: when a line of the schedule comes next."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger


def trigger(line: str, zone: ZoneInfo) -> CronTrigger:
    """A crontab line (minute hour day month weekday) in the region's zone; ValueError says what is wrong with it."""
    return CronTrigger.from_crontab(line, timezone=zone)


def next_tick(line: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first tick of a crontab line that is not before this time; None where there is none any more."""
    tick: datetime | None = trigger(line, zone).get_next_fire_time(None, after)
    return tick


def next_day(line: str, zone: ZoneInfo, now: datetime) -> date:
    """The day in the zone on which a crontab line comes next, after `now`; the last of all days where it never does."""
    at = next_tick(line, zone, now)
    return at.astimezone(zone).date() if at else date.max
