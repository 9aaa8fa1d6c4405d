"""Terms: how many must apply together, whether one may alone, rate, lump sum, readiness and place, as sentences say it.

Does not find out who applies (`tracker.eligibility.words`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from db.eligibility import Basis, Certainty
from tracker.eligibility.claims import Claim
from tracker.eligibility.phrases import phrase_data
from tracker.eligibility.sentences import Statement

NUMBERS = {
    word: number
    for number, words in {
        1: ("one", "a single", "yksi", "yhden", "en"),
        2: ("two", "kaksi", "kahden", "kahdesta", "två"),
        3: ("three", "kolme", "kolmen", "kolmesta", "tre"),
        4: ("four", "neljä", "neljän", "neljästä", "fyra"),
        5: ("five", "viisi", "viiden", "viidestä", "fem"),
        6: ("six", "kuusi", "kuuden", "sex"),
        7: ("seven", "seitsemän", "sju"),
        8: ("eight", "kahdeksan", "åtta"),
        9: ("nine", "yhdeksän", "nio"),
        10: ("ten", "kymmenen", "tio"),
    }.items()
    for word in words
}
AT_LEAST = (
    "at least",
    "minimum",
    "fewer than",
    "less than",
    "independent",
    " entities",
    "vähintään",
    "yhdessä",
    "minst",
)
TOGETHER = ("consorti", "mono", "single", "individual", "alone", "yksin", "ensam", "enskilt")
PERCENT = ("%", "prosent", "procent")
LUMP = ("lump", "kertakorvau", "klumpsumm", "engångsbelopp")
SETTLED = ("established", "registered", "based", "located", "resident", "residing", "headquartered", "domiciled")
LEAST_RATE, MOST_RATE = 10, 100
MOST_MEMBERS = 15


def terms_of(sentences: Iterable[Statement], basis: Basis) -> Iterator[Claim]:
    """The terms that these sentences state, each with its sentence; the first statement of a fact comes first."""
    said = [(sentence, fact, value) for sentence in sentences for fact, value in _stated(sentence)]
    for sentence, fact, value in sorted(said, key=_is_in_passing):
        yield Claim(fact, value, basis, sentence.quoted, Certainty.OFFICIAL)


def _is_in_passing(said: tuple[Statement, str, Any]) -> bool:
    """Whether a readiness level stands in a sentence that does not say where the project ends."""
    sentence, fact, _ = said
    return fact == "trl" and "by the end" not in sentence.small


def _stated(sentence: Statement) -> Iterator[tuple[str, Any]]:
    small, patterns = sentence.small, _patterns()
    if _has(small, AT_LEAST):
        yield from _together(small, patterns)
    elif _has(small, TOGETHER):
        yield from _whether_alone(small, patterns)
    if _has(small, PERCENT):
        rates = sorted(set(_rates(small, patterns)))
        if rates:
            yield "rate", (rates[0], rates[-1]) if len(rates) > 1 else (rates[0],)
    if _has(small, LUMP) and patterns["lump_sum"].search(small):
        yield "lump_sum", True
    if "trl" in small:
        grades = sorted(int(grade) for found in patterns["trl"].finditer(small) for grade in found.groups() if grade)
        if grades and grades[0]:
            yield "trl", (grades[0], grades[-1])
    if _has(small, SETTLED) and (place := _place(sentence, patterns)):
        yield "place", place


def _rates(small: str, patterns: Mapping[str, re.Pattern[str]]) -> Iterator[int]:
    """The rates in a sentence; where it tells for-profit from other organisations, all that follow the first."""
    for found in patterns["rate"].finditer(small):
        further = re.findall(r"(\d{2,3}) ?%", small[found.end() :]) if "profit" in small else []
        for figure in (_group(found, "rate"), *further):
            rate = round(float(figure.replace(",", ".")))
            if LEAST_RATE <= rate <= MOST_RATE:
                yield rate


def _has(small: str, parts: tuple[str, ...]) -> bool:
    """Whether any of these stands in a sentence: asked first, for it costs less than a pattern."""
    return any(part in small for part in parts)


def _together(small: str, patterns: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[str, Any]]:
    """How many organisations of how many countries must apply together."""
    if patterns["one_and_two"].search(small):
        yield "consortium", (3, 3)
        yield "alone", False
        return
    for found in patterns["members"].finditer(small):
        members = _number(_group(found, "n") or "two")
        if 1 < members <= MOST_MEMBERS:
            countries = _countries(_group(found, "rest"), members, patterns["countries"])
            yield "consortium", (members, countries)
            yield "alone", False
            return
    yield from _whether_alone(small, patterns)


def _whether_alone(small: str, patterns: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[str, Any]]:
    if patterns["together"].search(small):
        yield "alone", False
    elif patterns["alone"].search(small):
        yield "consortium", (1, 1)
        yield "alone", True


def _countries(rest: str, members: int, pattern: re.Pattern[str]) -> int:
    found = pattern.search(rest)
    if not found:
        return 1
    return members if _group(found, "each") else _number(_group(found, "m")) or 1


def _place(sentence: Statement, patterns: Mapping[str, re.Pattern[str]]) -> str | None:
    """Where applicants must be; None where that is any country of the EU, or not said of applicants."""
    found = patterns["place"].search(sentence.small)
    if not found or patterns["no_place"].search(found["place"]):
        return None
    first, last = found.span("place")
    source = sentence.text if len(sentence.text) == len(sentence.small) else sentence.small
    return re.split(r",| that | which | and (?:must|should|be) ", source[first:last])[0].strip() or None


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else NUMBERS.get(word, 0)


def _group(found: re.Match[str], name: str) -> str:
    """A group of the alternative that matched: alternatives number their groups (`n`, `n1`, `n2`, …)."""
    return next((value for key, value in found.groupdict().items() if key.rstrip("0123456789") == name and value), "")


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(_alternatives(given)) for name, given in phrase_data()["terms"].items()}


def _alternatives(given: str | list[str]) -> str:
    """One pattern of several; a group may stand in each, so that it gets a number in all but the first."""
    numbers = rf"\d{{1,2}}|{'|'.join(NUMBERS)}"
    parts = [given] if isinstance(given, str) else given
    named = [
        re.sub(r"\(\?P<(\w+)>", lambda m, n=number: f"(?P<{m[1]}{n or ''}>", part)  # type: ignore[misc]
        for number, part in enumerate(parts)
    ]
    return "|".join(named).replace("NUMBER", f"(?:{numbers})")
