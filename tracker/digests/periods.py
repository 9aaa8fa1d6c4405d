"""Calendar periods: the keys that name editions (2026-W48); always whole days, weeks or months, never elapsed time.

Pure. Does not plan editions (`jobs.editions.planning`).
"""

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from db.subscribers import Cadence
from tracker import l10n
from tracker.errors import Code, Refusal
from tracker.l10n import N_

WEEKEND = (5, 6)  # Saturday and Sunday, when offices are closed


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A day, an ISO week or a month, from its first to its last day."""

    first: date
    last: date
    key: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a cadence divides the calendar into periods, and what is said of it."""

    key: re.Pattern[str]
    shape: str  # a key, to show how it is written
    days: int  # of a period, at most
    first_day: Callable[[str], date]  # of a key; ValueError for one that is in no calendar
    period_of: Callable[[date], Period]
    name: Callable[[str, str], str]  # what the edition of a key is called in a language
    how_often: str


def _day_of(on: date) -> Period:
    return Period(on, on, on.isoformat())


def _name_of_day(key: str, language: str) -> str:
    return l10n.bare_day(date.fromisoformat(key), language)


def _first_of_week(key: str) -> date:
    return date.fromisoformat(f"{key}-1")


def _week_of(on: date) -> Period:
    year, week, weekday = on.isocalendar()
    monday = on - timedelta(days=weekday - 1)
    return Period(monday, monday + timedelta(days=6), f"{year}-W{week:02d}")


def _name_of_week(key: str, language: str) -> str:
    year, week = key.split("-W")
    return f"{int(week)}/{year}"


def _first_of_month(key: str) -> date:
    return date.fromisoformat(f"{key}-01")


def _month_of(on: date) -> Period:
    last = calendar.monthrange(on.year, on.month)[1]
    return Period(on.replace(day=1), on.replace(day=last), f"{on:%Y-%m}")


def _name_of_month(key: str, language: str) -> str:
    return l10n.month(_first_of_month(key), language)


CALENDARS: Mapping[Cadence, Calendar] = {
    Cadence.DAILY: Calendar(
        key=re.compile(r"(\d{4})-(\d{2})-(\d{2})"),
        shape="2026-11-23",
        days=1,
        first_day=date.fromisoformat,
        period_of=_day_of,
        name=_name_of_day,
        how_often=N_("daily"),
    ),
    Cadence.WEEKLY: Calendar(
        key=re.compile(r"(\d{4})-W(\d{2})"),
        shape="2026-W48",
        days=7,
        first_day=_first_of_week,
        period_of=_week_of,
        name=_name_of_week,
        how_often=N_("weekly"),
    ),
    Cadence.MONTHLY: Calendar(
        key=re.compile(r"(\d{4})-(\d{2})"),
        shape="2026-11",
        days=31,
        first_day=_first_of_month,
        period_of=_month_of,
        name=_name_of_month,
        how_often=N_("monthly"),
    ),
}


def period_of(cadence: Cadence, on: date) -> Period:
    """The period that a day lies in."""
    return CALENDARS[cadence].period_of(on)


def period_named(cadence: Cadence, key: str) -> Period:
    """The period of a key such as 2026-W48; Refusal names the shape that is wanted."""
    of = CALENDARS[cadence]
    if not of.key.fullmatch(key):
        raise Refusal(Code.BAD_PERIOD, given=key, cadence=cadence, shape=of.shape)
    try:
        return of.period_of(of.first_day(key))
    except (ValueError, OverflowError):  # OverflowError: it ends after the last day that there is
        raise Refusal(Code.NOT_IN_CALENDAR, given=key, shape=of.shape) from None


def period_name(cadence: Cadence, key: str, language: str) -> str:
    """What an edition is called by its period's key: 48/2026 for 2026-W48, 24.11.2026, marraskuu 2026."""
    return CALENDARS[cadence].name(key, language)


def how_often(cadence: Cadence, language: str) -> str:
    """A cadence in words: joka päivä, viikoittain."""
    return l10n.catalogue(language).gettext(CALENDARS[cadence].how_often)


def before(cadence: Cadence, period: Period) -> Period:
    """The period that ends the day before this one begins."""
    return period_of(cadence, period.first - timedelta(days=1))


def is_missed_period(cadence: Cadence, newest: str, period: Period) -> bool:
    """Whether a period lies between the newest edition's key and this one; weekends do not count for daily editions."""
    passed = before(cadence, period)
    while cadence is Cadence.DAILY and passed.first.weekday() in WEEKEND and passed.key > newest:
        passed = before(cadence, passed)
    return passed.key > newest
