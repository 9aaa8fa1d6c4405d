"""Instants and days at the ends of time: sums that stop at the years 1 and 9999 instead of failing there.

Publishers write 9999-12-31 for "no end", and slips such as the year 0026; nothing that reads them may die of them.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo

MEANT_YEARS = range(1990, 2100)  # a later year stands for "no end", an earlier one is a slip
MIDDLE_YEAR = 5000
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """An aware instant as the time of a zone; the first or last instant there is, if the zone's would lie beyond."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return (FIRST if at.year < MIDDLE_YEAR else LAST).replace(tzinfo=zone)


def days_later(on: date, days: int) -> date:
    """The day so many days after another; the first or last day there is, if it lies beyond."""
    try:
        return on + timedelta(days=days)
    except OverflowError:
        return date.min if days < 0 else date.max


def in_meant_year(on: date) -> bool:
    """Whether a publisher can mean this day as a date of a call."""
    return on.year in MEANT_YEARS
