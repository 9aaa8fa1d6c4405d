"""The words and the picture of a spearhead's year: when its calls opened in the last years, and what is expected."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

from jobs.publishing.rounds import ExpectedCall
from tracker import l10n
from tracker.emails.sanitise import clean

YEARS = 4  # of the picture, this one included
MONTHS = 12
TITLE_LENGTH, LISTED = 240, 12
LARGEST, SMALLEST = 12, 4  # radius of a circle


@dataclass(frozen=True, slots=True)
class MonthOfYear:
    """How many calls opened in a month, and the radius of its circle."""

    count: int
    radius: int


@dataclass(frozen=True, slots=True)
class YearRow:
    """A year of the picture; or, with another name, what is expected in the months from now on."""

    name: str
    months: tuple[MonthOfYear, ...]
    is_expected: bool


@dataclass(frozen=True, slots=True)
class ExpectedLine:
    """An expected call in words, with the days on which its rounds opened."""

    id: int
    title: str
    identifier: str
    when: str
    opened: str


@dataclass(frozen=True, slots=True)
class RhythmView:
    """A spearhead's year. `rows` is empty where fewer than two years are known; `more` is what the list leaves out."""

    months: tuple[str, ...]
    rows: tuple[YearRow, ...]
    expected: tuple[ExpectedLine, ...]
    more: int


def first_day_of_picture(on: date) -> date:
    """The first day whose openings the picture shows."""
    return date(on.year - YEARS + 1, 1, 1)


def rhythm_view(opened: Collection[date], found: Sequence[ExpectedCall], on: date, language: str) -> RhythmView:
    """Word the days on which a spearhead's calls opened, and what is expected within a year from this day."""
    by_month = Counter((day.year, day.month) for day in opened if day.year <= on.year)
    years = sorted({year for year, _ in by_month})
    ahead = Counter(_middle(one).month for one in found)
    most = max([*by_month.values(), *ahead.values()], default=1)
    rows = [
        YearRow(str(year), _months({month: by_month[year, month] for month in range(1, 13)}, most), False)
        for year in range(min(years, default=on.year), on.year + 1)
    ]
    if found:
        rows.append(YearRow(l10n.catalogue(language).gettext("expected"), _months(ahead, most), True))
    return RhythmView(
        months=tuple(l10n.month_name(month, language) for month in range(1, MONTHS + 1)),
        rows=tuple(rows) if len(years) > 1 else (),
        expected=tuple(expected_line(one, language) for one in found[:LISTED]),
        more=max(len(found) - LISTED, 0),
    )


def _months(counts: dict[int, int] | Counter[int], most: int) -> tuple[MonthOfYear, ...]:
    numbers = [counts.get(month, 0) for month in range(1, MONTHS + 1)]
    return tuple(MonthOfYear(n, max(round(LARGEST * sqrt(n / most)), SMALLEST) if n else 0) for n in numbers)


def _middle(one: ExpectedCall) -> date:
    return one.from_on + (one.to_on - one.from_on) / 2


def expected_line(one: ExpectedCall, language: str) -> ExpectedLine:
    """One expected call in words."""
    days = [l10n.bare_day(day, language) for _, day in one.opened]
    return ExpectedLine(
        id=one.call_id,
        title=clean(one.title, TITLE_LENGTH),
        identifier=clean(one.identifier, TITLE_LENGTH),
        when=l10n.span(one.from_on, one.to_on, language),
        opened=l10n.listed(days, language),
    )
