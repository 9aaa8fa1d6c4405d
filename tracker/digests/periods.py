"""Calendar periods: the keys that name editions (2026-W48); always whole days, weeks or months, never elapsed time.

Pure. Does not plan editions (`jobs.editions.planning`).
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import assert_never

from db.subscribers import Cadence
from tracker.errors import Code, Refusal

KEY = {
    Cadence.DAILY: re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
    Cadence.WEEKLY: re.compile(r"(\d{4})-W(\d{2})"),
    Cadence.MONTHLY: re.compile(r"(\d{4})-(\d{2})"),
}
WEEKEND = (5, 6)  # Saturday and Sunday, when offices are closed
SHAPE = {Cadence.DAILY: "2026-11-23", Cadence.WEEKLY: "2026-W48", Cadence.MONTHLY: "2026-11"}
FIRST_DAY = {Cadence.DAILY: "", Cadence.WEEKLY: "-1", Cadence.MONTHLY: "-01"}  # makes a key an ISO date


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A day, an ISO week or a month, from its first to its last day."""

    first: date
    last: date
    key: str


def period_of(cadence: Cadence, on: date) -> Period:
    """The period that a day lies in."""
    match cadence:
        case Cadence.DAILY:
            return Period(on, on, on.isoformat())
        case Cadence.WEEKLY:
            year, week, weekday = on.isocalendar()
            monday = on - timedelta(days=weekday - 1)
            return Period(monday, monday + timedelta(days=6), f"{year}-W{week:02d}")
        case Cadence.MONTHLY:
            last = calendar.monthrange(on.year, on.month)[1]
            return Period(on.replace(day=1), on.replace(day=last), f"{on:%Y-%m}")
        case _:
            assert_never(cadence)


def period_named(cadence: Cadence, key: str) -> Period:
    """The period of a key such as 2026-W48; Refusal names the shape that is wanted."""
    if not KEY[cadence].fullmatch(key):
        raise Refusal(Code.BAD_PERIOD, given=key, cadence=cadence, shape=SHAPE[cadence])
    try:
        first = date.fromisoformat(key + FIRST_DAY[cadence])
    except ValueError:
        raise Refusal(Code.NOT_IN_CALENDAR, given=key, shape=SHAPE[cadence]) from None
    return period_of(cadence, first)


def before(cadence: Cadence, period: Period) -> Period:
    """The period that ends the day before this one begins."""
    return period_of(cadence, period.first - timedelta(days=1))


def is_missed_period(cadence: Cadence, newest: str, period: Period) -> bool:
    """Whether a period lies between the newest edition's key and this one; weekends do not count for daily editions."""
    passed = before(cadence, period)
    while cadence is Cadence.DAILY and passed.first.weekday() in WEEKEND and passed.key > newest:
        passed = before(cadence, passed)
    return passed.key > newest
