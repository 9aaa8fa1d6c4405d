"""When a next round can be expected; and on real identifiers and days, how often it came and when."""

import gzip
import re
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tracker.rounds.codes import Naming, read_code
from tracker.rounds.rhythm import RoundOpening, expected_rounds

ON = date(2026, 11, 27)
A_YEAR_ON = date(2027, 11, 27)


def opening(identifier: str, on: str) -> RoundOpening:
    code = read_code(identifier)
    assert code
    return RoundOpening(1, code, identifier, date.fromisoformat(on))


def expected(*opened: tuple[str, str]) -> list[tuple[str, str, list[int]]]:
    found = expected_rounds([opening(*one) for one in opened], ON, A_YEAR_ON)
    return [(f"{one.from_on}", f"{one.to_on}", [r.code.year for r in one.rounds]) for one in found]


OSS = [("LIFE-2024-CET-OSS", "2024-04-18"), ("LIFE-2025-CET-OSS", "2025-04-24"), ("LIFE-2026-CET-OSS", "2026-04-21")]


@pytest.mark.parametrize(
    ("opened", "said"),
    [
        (OSS, [("2027-04-18", "2027-04-24", [2026, 2025, 2024])]),
        (OSS[1:], [("2027-04-21", "2027-04-24", [2026, 2025])]),
        (OSS[2:], []),  # once is no rhythm
        (OSS[:2], []),  # it should have come this spring
        ([OSS[0], OSS[2]], []),  # not two years in a row
        ([*OSS, ("LIFE-2027-CET-OSS", "2027-04-20")], []),  # announced already
        ([("X-2025-A", "2025-02-01"), ("X-2026-A", "2026-09-01")], []),  # at no time of the year
        ([("X-2025-A-02", "2025-02-01"), ("X-2026-A-02", "2026-02-01")], []),  # its number counts topics
        ([("HORIZON-CL6-2025-01-A-01", "2025-05-01"), ("HORIZON-CL6-2026-01-A-01", "2026-05-01")], []),
        (
            [("ERC-2026-STG", "2025-07-09"), ("ERC-2027-STG", "2026-07-08")],  # its year begins in summer
            [("2027-07-08", "2027-07-09", [2027, 2026])],
        ),
        ([("X-2027-A", "2027-12-20"), ("X-2026-A", "2026-12-20")], []),  # too far ahead
        ([("X-2024-A", "2024-02-29"), ("X-2025-A", "2025-11-20"), ("X-2026-A", "2026-10-20")], []),
        ([("X-2025-A", "2025-11-01"), ("X-2026-A", "2026-11-02")], [("2027-11-01", "2027-11-02", [2026, 2025])]),
        ([("X-2024-A", "2024-10-25"), ("X-2025-A", "2025-10-28")], [("2026-10-25", "2026-10-28", [2025, 2024])]),
    ],
)
def test_what_opened_at_the_same_time_of_two_years_in_a_row_is_expected(
    opened: list[tuple[str, str]], said: list[tuple[str, str, list[int]]]
) -> None:
    assert expected(*opened) == said


@pytest.mark.parametrize(
    ("day", "next_year"), [("2024-02-29", "2025-02-28"), ("2024-12-31", "2025-12-31"), ("2024-01-01", "2025-01-01")]
)
def test_any_day_can_be_moved_to_another_year(day: str, next_year: str) -> None:
    opened = [opening("X-2023-A", day.replace("2024-02-29", "2023-02-28").replace("2024", "2023"))]
    [found] = expected_rounds([*opened, opening("X-2024-A", day)], date(2025, 1, 1), date(2025, 12, 31))
    assert f"{found.to_on}" == next_year


def test_of_the_real_rounds_three_in_four_came_again_and_nine_in_ten_of_these_at_their_time(shared: Path) -> None:
    """Of the topics that opened in the two years before, those of 2023, 2024 and 2025; the archive ends there.

    The last part of a closed topic's reference is the instant of its opening, for those of up to 2024.
    """
    years: dict[str, dict[int, date | None]] = defaultdict(dict)
    with gzip.open(shared / "recorded/memory/rounds/closed-ids-2026-08-10.tsv.gz", "rt", encoding="utf-8") as lines:
        for identifier, reference in (line.rstrip("\n").split("\t") for line in list(lines)[1:]):
            code, at = read_code(identifier), re.search(r"(\d{13})$", reference)
            if code and code.naming is Naming.NAMED:
                day = datetime.fromtimestamp(int(at[1]) / 1000, UTC).date() if at else None
                years[code.own].setdefault(code.year, day)
    due = [(of, year) for of in years.values() for year in (2023, 2024, 2025) if {year - 1, year - 2} <= of.keys()]
    came = [(of, year) for of, year in due if year in of]
    dated = [(of[year], of[year - 1]) for of, year in came if of[year] and of[year - 1]]
    in_time = [pair for pair in dated if pair[0] and pair[1] and abs((pair[0] - pair[1]).days - 365) <= 31]
    assert len(due) > 300
    assert 0.7 <= len(came) / len(due) <= 0.85
    assert len(in_time) / len(dated) >= 0.85
