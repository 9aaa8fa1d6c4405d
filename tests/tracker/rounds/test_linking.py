"""Which calls are rounds of a call; and on real pairs that were judged by eye, how often each rule was right."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tracker.rounds.codes import read_code
from tracker.rounds.linking import ALIKE, HARDLY, SAME, CodedCall, Likeness, linked_rounds
from tracker.rounds.titles import likenesses

RIGHT, WRONG = "1", "0"


def coded(number: int, identifier: str, title: str) -> CodedCall:
    code = read_code(identifier)
    assert code
    return CodedCall(number, code, title)


def links(identifier: str, title: str, others: Mapping[str, str]) -> dict[str, Likeness]:
    made = [coded(number, *other) for number, other in enumerate(others.items(), 2)]
    names = dict(enumerate(others, 2))
    return {names[link.call.id]: link.likeness for link in linked_rounds(coded(1, identifier, title), made)}


@pytest.mark.parametrize(
    ("call", "other", "likeness"),
    [
        (("LIFE-2026-CET-OSS", "Shops"), ("LIFE-2023-CET-OSS", "Old words"), Likeness.ROUND),  # years were skipped
        (("LIFE-2026-CET-OSS", "Shops"), ("LIFE-2026-CET-OSS", "Shops"), None),  # of the same year
        (("LIFE-2026-CET-OSS", "One stop shops"), ("LIFE-2027-CET-OSS", "One stop shops"), Likeness.ROUND),  # later
        (("EUAF-2026-TA-02", "Help with dogs"), ("EUAF-2025-TA-02", "Help with cars"), Likeness.POSSIBLE),
        (("EUAF-2026-TA-02", "Technical help"), ("EUAF-2025-TA-02", "Purchase of dogs"), None),
        (("EUAF-2026-TA-02", "Technical help"), ("EUAF-2025-TA-02", "Technical help 2025"), Likeness.ROUND),
        (("HORIZON-CL6-2026-01-CIRCBIO-01", "Straw"), ("HORIZON-CL6-2025-01-CIRCBIO-01", "Algae"), None),
        (("HORIZON-CL4-2027-01-MAT-PROD-17", "Raw"), ("HORIZON-CL4-2023-RESILIENCE-01-07", "Raw"), Likeness.ROUND),
        (("HORIZON-CL6-2026-01-CIRCBIO-01", "A bio city of tomorrow"), ("HORIZON-CL6-2024-X-01-2", "A bio city"), None),
        (
            ("HORIZON-CL6-2026-01-CIRCBIO-01", "Cities that waste nothing at all"),
            ("HORIZON-CL6-2024-X-01-2", "Cities that waste nothing"),
            Likeness.SUBJECT,
        ),
        (("I3-2023-INV1", "Investments"), ("I3-2021-INV1-GREEN", "Green investments"), Likeness.POSSIBLE),
        (("EDF-2026-DA-AIR-SPS", "Self protection"), ("EDF-2023-DA-AIR-SPS", "Self-protection aid"), Likeness.POSSIBLE),
    ],
)
def test_what_another_call_is_to_a_call(
    call: tuple[str, str], other: tuple[str, str], likeness: Likeness | None
) -> None:
    assert links(*call, dict([other])).get(other[0]) == likeness


def test_of_each_year_the_surest_rounds_are_named_newest_first() -> None:
    others = {
        "CREA-MEDIA-2026-TVONLINE-1": "Television",
        "CREA-MEDIA-2026-TVONLINE-2": "Television and online",
        "CREA-MEDIA-2025-TVONLINE": "Television and online content",
        "CREA-MEDIA-2027-FILM": "Films",
    }
    assert list(links("CREA-MEDIA-2027-TVONLINE-1", "Television", others).items()) == [
        ("CREA-MEDIA-2026-TVONLINE-1", Likeness.ROUND),
        ("CREA-MEDIA-2025-TVONLINE", Likeness.POSSIBLE),
    ]


@pytest.mark.parametrize(
    ("one", "other", "at_least"),
    [
        ("MSCA Doctoral Networks 2027", "MSCA doctoral networks 2023", 1.0),
        ("Ｅｎｅｒｇｙ communities", "energy communities", 1.0),
        ("", "", 0.0),
        ("2026", "2025", 0.0),
        ("Bridges", "Boats", 0.0),
    ],
)
def test_titles_are_alike_by_their_words_without_their_years(one: str, other: str, at_least: float) -> None:
    assert likenesses(one, [other]) == [pytest.approx(at_least)]


@cache
def judged(shared: Path) -> list[dict[str, str]]:
    with (shared / "recorded/memory/rounds/judged.tsv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t"))


@cache
def titles_by_part(shared: Path) -> Mapping[str, frozenset[str]]:
    """All known titles of each part, as an archive would have them."""
    found: dict[str, set[str]] = defaultdict(set)
    topics = shared / "recorded/memory/rounds/he-topics-2021-2024.tsv.gz"
    with gzip.open(topics, "rt", encoding="utf-8") as lines:
        known = [(row["topicId"], row["topicTitle"]) for row in csv.DictReader(lines, delimiter="\t")]
    known += [(row[side], row[f"title_{side}"]) for row in judged(shared) for side in ("current", "earlier")]
    for identifier, title in known:
        if title and (code := read_code(identifier)):
            found[code.part].add(title)
    return {part: frozenset(titles) for part, titles in found.items()}


def test_equal_identifiers_that_name_their_call_were_right_and_counting_ones_are_only_possible(shared: Path) -> None:
    """104 of 104; those whose number counts topics cannot be decided by their identifiers."""
    verdicts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in judged(shared):
        if row["rule"] == "stem":
            others = {row["earlier"]: "Other words"}
            how = links(row["current"], "Words", others).get(row["earlier"])
            verdicts["round" if how is Likeness.ROUND else "no more than possible"][row["verdict"]] += 1
    assert verdicts["round"].keys() == {RIGHT}
    assert verdicts["round"][RIGHT] >= 100
    assert verdicts["no more than possible"]["?"] == 19


def test_titles_as_alike_as_that_were_right(shared: Path) -> None:
    """Of the 52 judged pairs: all above .85 are rounds, all from .7 on one subject, and below .6 hardly any."""
    bands: dict[str, Counter[str]] = defaultdict(Counter)
    for row in judged(shared):
        if row["rule"] == "title":
            code = read_code(row["earlier"])
            assert code
            others = sorted(titles_by_part(shared)[code.part] - {row["title_current"], row["title_earlier"]})
            [alike, *_] = likenesses(row["title_current"], [row["title_earlier"], *others])
            band = "same" if alike >= SAME else "alike" if alike >= ALIKE else "hardly" if alike >= HARDLY else "not"
            bands[band][row["verdict"]] += 1
    assert bands["same"][RIGHT] >= 17
    assert bands["same"][WRONG] == 0
    assert bands["alike"][RIGHT] >= 0.85 * bands["alike"].total()
    assert bands["hardly"][WRONG] >= 0.4 * bands["hardly"].total()
