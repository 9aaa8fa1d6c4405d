"""Rhythm: calls that opened in each of the last years, and when their next round can therefore be expected.

Only identifiers that name their call are followed (`Naming.NAMED`); numbered Horizon topics open once, and their
destinations at other times each year. Of the calls of 2021-2025 that had opened two years in a row, three in four
opened in the third year too, and nine in ten of these within a month of the days of the years before:
`tests/tracker/rounds/test_rhythm.py`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tracker.instants import days_later, in_meant_year
from tracker.rounds.codes import CallCode, Naming

FEWEST, MOST = 2, 4  # years in a row: to be expected, and shown as evidence
WIDEST = 60  # days between the openings of a year that are still the same time of year
OVERDUE = 45  # days after which a round that did not come is no longer expected


@dataclass(frozen=True, slots=True)
class RoundOpening:
    """The day on which a round of a call opened or will open."""

    call_id: int
    code: CallCode
    title: str
    opens_on: date


@dataclass(frozen=True, slots=True)
class ExpectedRound:
    """A round that nobody has announced: the days between which it would open, and its evidence, newest first."""

    from_on: date
    to_on: date
    rounds: tuple[RoundOpening, ...]


def expected_rounds(openings: Iterable[RoundOpening], on: date, until: date) -> list[ExpectedRound]:
    """The rounds that can be expected to open by a day, the earliest first; a little late ones too."""
    found = (_expected(by_year) for by_year in _series(openings))
    near = [one for one in found if one and one.from_on <= until and days_later(one.to_on, OVERDUE) >= on]
    return sorted(near, key=lambda one: (one.from_on, one.to_on, one.rounds[0].code.stem))


def _series(openings: Iterable[RoundOpening]) -> Iterator[Mapping[int, RoundOpening]]:
    """The first opening of each year of every call that is named by its identifier."""
    series: dict[str, dict[int, RoundOpening]] = {}
    for one in sorted(openings, key=lambda one: one.opens_on):
        if one.code.naming is Naming.NAMED and in_meant_year(one.opens_on):
            series.setdefault(one.code.own, {}).setdefault(one.code.year, one)
    yield from series.values()


def _expected(by_year: Mapping[int, RoundOpening]) -> ExpectedRound | None:
    newest = max(by_year)
    rounds: list[RoundOpening] = []
    while newest - len(rounds) in by_year and len(rounds) < MOST:
        rounds.append(by_year[newest - len(rounds)])
    if len(rounds) < FEWEST:
        return None
    days = sorted(_in_year(one, newest + 1) for one in rounds)
    return ExpectedRound(days[0], days[-1], tuple(rounds)) if (days[-1] - days[0]).days <= WIDEST else None


def _in_year(opening: RoundOpening, year: int) -> date:
    """The day of a round's opening, moved to the round of another year; a 29 February may become 28."""
    day = opening.opens_on
    moved = day.year + year - opening.code.year
    return days_later(day.replace(day=1, year=moved), min(day.day, 28) - 1 if day.month == 2 else day.day - 1)
