"""Crontab arithmetic: when a line of the schedule is due next."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger


def trigger(line: str, zone: ZoneInfo) -> CronTrigger:
    """The trigger of a crontab line (minute hour day month weekday) in a zone. ValueError if it is malformed."""
    return CronTrigger.from_crontab(line, timezone=zone)


def next_tick(line: str, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The first time a crontab line is due at or after this instant; None if never."""
    tick: datetime | None = trigger(line, zone).get_next_fire_time(None, after)
    return tick


def next_day(line: str, zone: ZoneInfo, now: datetime) -> date:
    """The day (in the zone) on which a crontab line is due next; `date.max` if never."""
    at = next_tick(line, zone, now)
    return at.astimezone(zone).date() if at else date.max
