"""Dates as publishers write them, in Finnish, Swedish and English: days, periods, and times only where one is written.

Everything in a date field must be understood: what is left over and holds a digit, an unknown zone or a word such as
"about" is a ParseError (reason `date`), never a guess. Does not know what a date means for a call.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from db.calls import Deadline
from tracker.errors import ParseError

BRUSSELS = ZoneInfo("Europe/Brussels")
HELSINKI = ZoneInfo("Europe/Helsinki")


class Form(StrEnum):
    """How a date is written; a source that uses few of them can refuse the others."""

    ISO = "iso"  # 2026-03-31, 2026-03-31T16:15:00Z, 2026-03-31+02:00
    DOTTED = "dotted"  # 31.3.2026, 2.2.–31.3.2026
    SLASHED = "slashed"  # 31/03/2026, 31-03-2026: the day first, always
    NAMED = "named"  # 31 March 2026, March 31, 2026, 31. maaliskuuta 2026, 31 mars 2026
    EPOCH = "epoch"  # milliseconds


ALL = frozenset(Form)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day as written; `at` (aware, in the zone of the text or the source) only where a time is written."""

    on: date
    at: datetime | None = None

    def deadline(self) -> Deadline:
        return Deadline(on=self.on, at=self.at)


@dataclass(frozen=True, slots=True)
class Period:
    """When something opens and closes; None where the text does not say."""

    opens: Day | None = None
    closes: Day | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """One date of a text before its gaps are filled: `2.2.` lacks the year, the `28.` of `28.–29.9.` the month too."""

    start: int
    end: int
    day: int
    month: int | None
    year: int | None
    clock: time | None = None
    is_day_end: bool = False  # 24:00
    at: datetime | None = None  # from a timestamp that states its offset


class _Token(NamedTuple):
    kind: str
    match: re.Match[str]


_MONTHS = {
    1: "january januari jan tammikuuta tammikuu",
    2: "february februari feb helmikuuta helmikuu",
    3: "march mars mar maaliskuuta maaliskuu",
    4: "april apr huhtikuuta huhtikuu",
    5: "may maj toukokuuta toukokuu",
    6: "june juni jun kesäkuuta kesäkuu",
    7: "july juli jul heinäkuuta heinäkuu",
    8: "august augusti aug elokuuta elokuu",
    9: "september sept sep syyskuuta syyskuu",
    10: "october oktober oct okt lokakuuta lokakuu",
    11: "november nov marraskuuta marraskuu",
    12: "december dec joulukuuta joulukuu",
}
_NUMBER_OF = {name: number for number, names in _MONTHS.items() for name in names.split()}
_MONTH = f"(?:{'|'.join(sorted(_NUMBER_OF, key=len, reverse=True))})"

# CET is written all year round for the time that clocks in Central Europe show, so both names mean that wall clock.
_ZONES = {
    r"(?:brussels|paris|luxembourg|copenhagen|stockholm|oslo)(?:\s+local)?\s+time": BRUSSELS,
    r"(?:brysselin|keski-euroopan|ruotsin)\s+aika[a]?|(?:bryssel|svensk|centraleuropeisk)\s?tid": BRUSSELS,
    r"central\s+european(?:\s+summer)?\s+time": BRUSSELS,
    r"cest|cet": BRUSSELS,
    r"(?:finnish|finland|helsinki)\s+time|suomen\s+aika[a]?|helsingin\s+aikaa|finsk\s+tid": HELSINKI,
    r"eastern\s+european(?:\s+summer)?\s+time": HELSINKI,
    r"eest|eet": HELSINKI,
    r"utc|gmt": ZoneInfo("UTC"),
}
_ZONE = "|".join(_ZONES)

_DASH = r"\s*[–—-]\s*"
_TOKEN = re.compile(
    rf"""
    (?P<iso>(?<![\d-])(?P<iso_day>\d{{4}}-\d\d-\d\d)(?:[T\s](?P<iso_time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?
        (?P<iso_offset>Z|[+-]\d\d:?\d\d)?(?![\d-]))
    |(?P<epoch>(?<!\d)\d{{13}}(?!\d))
    |(?P<slashed>(?<![\d/-])\d{{1,2}}(?P<mark>[/-])\d{{1,2}}(?P=mark)\d{{4}}(?![\d/-]))
    |(?P<dotted>(?<![\d.])\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}}(?!\d))
    |(?P<clock>(?:\b(?P<prefix>klo|kl\.?|at)\s*)?(?<![\d.:])(?P<hour>\d{{1,2}})
        (?:(?P<sign>[.:h])(?P<minute>\d\d)(?::\d\d)?)?(?:\s*(?P<half>[ap])\.?m\b\.?)?(?![\d:]|\.\d))
    |(?P<zone>\b(?:{_ZONE})\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Tried where a token may begin with a number that is no time of day: names of months, and dates without their year.
_DATE = re.compile(
    rf"""
    (?P<named>(?<![\d.])(?P<nd>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<nm>{_MONTH})\b\.?,?(?:\s+(?P<ny>\d{{4}})(?!\d))?)
    |(?P<month_first>\b(?P<mm>{_MONTH})\b\.?\s+(?P<md>\d{{1,2}})(?:st|nd|rd|th)?(?![\d.:])(?:,?\s+(?P<my>\d{{4}})(?!\d))?)
    |(?P<short>(?<![\d.])\d{{1,2}}\.\s?\d{{1,2}}\.(?!\s?\d{{4}}|\d))
    |(?P<lone>(?<![\d.])\d{{1,2}}(?:\.|st|nd|rd|th)?(?={_DASH}\d{{1,2}}(?:\.\s?\d|(?:st|nd|rd|th|\.)?\s+{_MONTH}\b)))
    """,
    re.IGNORECASE | re.VERBOSE,
)
_FORMS = {
    "iso": Form.ISO,
    "epoch": Form.EPOCH,
    "slashed": Form.SLASHED,
    "dotted": Form.DOTTED,
    "short": Form.DOTTED,
    "named": Form.NAMED,
    "month_first": Form.NAMED,
}
KINDS = {True: ("iso", "epoch", "slashed", "dotted", "clock", "zone"), False: ("named", "month_first", "short", "lone")}

_UNCERTAIN = re.compile(
    r"\b(?:noin|arvio\w*|alustav\w*|suunnilleen|alku(?:puol|vuo)\w*|loppu(?:puol|vuo)\w*|puoliväli\w*|about|around"
    r"|approx\w*|early|mid|late|end\s+of|beginning\s+of|preliminar\w*|tentative\w*|expected|indicative|estimated|circa"
    r"|ca|cirka|preliminär\w*|början|slutet|mitten|tbc|extended\s+from|jatkettu|pidennetty)\b",
    re.IGNORECASE,
)
_LABELS = "Deadline|Closing|Opening|Closure|Start|End|Due|Submission|Application|Any|The|In|On|At|Each|Same"
_ELSEWHERE = (  # wall clocks that we do not know: an abbreviation, London time, local time, Lissabonin aikaa, lokal tid
    r"\b(?:[A-Z]{1,3}[SD]?T"
    rf"|(?!(?:{_LABELS})\b)[A-Z][a-z]+(?:\s+(?:local|standard|summer|daylight))?\s+[Tt]ime|[Ll]ocal\s+time"
    r"|(?:[A-ZÅÄÖ][\w-]*n|paikallista)\s+aikaa|(?:lokal|engelsk)\s+tid)\b"
)
_UNKNOWN_ZONE = re.compile(_ELSEWHERE)
_JOINED = re.compile(
    r"[\s,.|)]*(?:[–—-]+|to|until|till|through|asti|ja\s+(?:se\s+)?(?:on\s+avoinna|päättyy)|and\s+closes(?:\s+on)?"
    r"|till\s+och\s+med)?[\s,(|]*",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"\b(?:alka\w*|lähtien|ava(?:utuu|utui|utunut|taan|ttu|ttiin)|opens?(?!\s+(?:until|till|to|for))|opened|opening"
    r"|start\w*|from|öppna[rsd]\w*|från|fr\.?\s?o\.?\s?m\b)",
    re.IGNORECASE,
)
_OPEN_ENDED = re.compile(r"\s*[–—-]\s*$")
_CLOSES = re.compile(
    r"\b(?:päätty\w*|saakka|asti|mennessä|clos(?:es|ing)|ends?|deadline|until|till|by|stänger|senast)\b", re.IGNORECASE
)
_OTHER = re.compile(
    r"\b(?:julkaistu|päivitetty|muokattu|published|posted|updated|modified|publicerad\w*|uppdaterad\w*)\b",
    re.IGNORECASE,
)
_CONTINUOUS = (
    r"jatkuva|löpande|kontinuerlig|continuous|rolling|ongoing|open\s+all\s+year|always\s+open|toistaiseksi"
    r"|no\s+deadline"
)
CONTINUOUS = re.compile(rf"\s*(?:{_CONTINUOUS})", re.IGNORECASE)
UNDATED = re.compile(
    rf"\s*(?:{_CONTINUOUS}|tarkentuu|t\.?b\.?[acd]\b|to\s+be\s+(?:announced|confirmed|defined))", re.IGNORECASE
)
_FILLER = re.compile(r"[\s:–—-]*(?:is|on|by|the|date|päivä|on\s+the|:|\s)*", re.IGNORECASE)
_FOLLOWED = re.compile(rf"[\s,;(]*{_ELSEWHERE}")
_GLUE = re.compile(r"[\s,;()]*(?:at|on|klo|kl\.?|by)?[\s,;()]*", re.IGNORECASE)
LONGEST = 300  # characters of a date field; more is running text


def read_day(source: str, text: str, zone: ZoneInfo, forms: Collection[Form] = ALL) -> Day:
    """The one date of a text. Raises ParseError (date) where there is none, more than one, or anything unread."""
    days = read_days(source, text, zone, forms)
    if len(set(days)) != 1:
        raise _fault(source, text, f"{len(set(days))} dates where one is expected")
    return days[0]


def read_days(source: str, text: str, zone: ZoneInfo, forms: Collection[Form] = ALL) -> tuple[Day, ...]:
    """Every date of a text in its order, at least one. Raises ParseError (date)."""
    written = _written(source, text, zone, forms)
    if not written:
        raise _fault(source, text, "no date")
    return tuple(_day(source, text, one, _zone_of(source, text, zone)) for one in written)


def read_period(source: str, text: str, zone: ZoneInfo, forms: Collection[Form] = ALL) -> Period:
    """From when to when: two joined dates, or one that its words say opens ("alkaen", "opens") and that else closes.

    Raises ParseError (date); also where the dates are not joined, more than two, or the first is the later one.
    """
    days = read_days(source, text, zone, forms)
    written = _written(source, text, zone, forms)
    if len(days) == 1:
        is_open_ended = _OPEN_ENDED.match(text[written[0].end :]) is not None
        return Period(opens=days[0]) if is_open_ended else _half(source, text, days[0])
    if len(days) > 2 or not _JOINED.fullmatch(text[written[0].end : written[1].start]):
        raise _fault(source, text, f"{len(days)} dates that are no period")
    if days[0].on > days[1].on:
        raise _fault(source, text, "it ends before it begins")
    return Period(*days)


def _half(source: str, text: str, day: Day) -> Period:
    opens, closes = _OPENS.search(text), _CLOSES.search(text)
    if opens and closes:
        raise _fault(source, text, f"one date for {opens[0]!r} and {closes[0]!r}")
    if not closes and (other := _OTHER.search(text)):
        raise _fault(source, text, f"the day of something else: {other[0]!r}")
    return Period(opens=day) if opens else Period(closes=day)


def labelled(
    source: str, text: str, labels: Sequence[str], zone: ZoneInfo, forms: Collection[Form] = ALL
) -> tuple[Day, ...]:
    """The different dates behind any of these labels in running text, earliest first; none for "Deadline: rolling".

    Raises ParseError (date) for what `behind` finds and cannot be read.
    """
    found = {read_day(source, said, zone, forms) for said in behind(text, labels) if not is_undated(said)}
    return tuple(sorted(found, key=lambda day: day.on))


def behind(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """What stands behind these labels ("Deadline", "Call closes") in running text, as it is written.

    That is a date with its time or a period, or where a colon is followed by none, the beginning of what is there. A
    label counts at the start of a line or before a colon.
    """
    label = "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in sorted(labels, key=len, reverse=True))
    pattern = re.compile(rf"(?:^|(?<=\W))(?:{label})(?P<colon>\s*:)?", re.IGNORECASE | re.MULTILINE)
    found: dict[str, None] = {}
    for match in pattern.finditer(text) if labels else ():
        is_at_start = text[: match.start()].rpartition("\n")[2].strip(" -•*") == ""
        if not match["colon"] and not is_at_start:
            continue
        rest = text[match.end() : match.end() + LONGEST]
        if said := _leading(rest.lstrip()) or (_beginning(rest) if match["colon"] else ""):
            found[said] = None
    return tuple(found)


def _beginning(rest: str) -> str:
    """What stands behind a colon instead of a date; below a heading only what looks like one: short, with a number."""
    line = rest.lstrip().partition("\n")[0].strip()
    is_below = "\n" in rest[: len(rest) - len(rest.lstrip())]
    is_running_text = is_below and (len(line) > 60 or not re.search(r"\d", line))
    return "" if is_running_text else line[:60]


def first_period(text: str) -> str:
    """The first date or period that stands in running text, as it is written; empty where there is none."""
    first = next((match for kind, match in _tokens(text[:LONGEST]) if kind not in ("clock", "zone")), None)
    return _leading(text[first.start() : first.start() + LONGEST]) if first else ""


def is_undated(text: str) -> bool:
    """Whether a date field says in words that there is no date: "jatkuva haku", "rolling", "tarkentuu"."""
    return UNDATED.match(text) is not None and not re.search(r"\d", text)


def is_continuous(text: str) -> bool:
    """Whether a date field begins by saying that there is no last day; it may say from when on: "Jatkuva 1.9.2026"."""
    return CONTINUOUS.match(text) is not None


# --- from text to dates -----------------------------------------------------------------------------------------------


def _tokens(text: str) -> Iterator[_Token]:
    """Dates, times of day and zones in their order; a bare number is no time of day."""
    at = 0
    while at < len(text):
        token, dated = _TOKEN.search(text, at), _DATE.search(text, at)
        while token and token["clock"] and not (token["prefix"] or token["half"] or token["sign"] in (":", "h", "H")):
            token = _TOKEN.search(text, token.start() + 1)
        first = min(filter(None, (token, dated)), key=lambda match: (match.start(), match is token), default=None)
        if first is None:
            return
        yield _Token(next(kind for kind in KINDS[first is token] if first[kind]), first)
        at = first.end()


def _written(source: str, text: str, zone: ZoneInfo, forms: Collection[Form]) -> list[_Written]:
    if len(text) > LONGEST:
        raise _fault(source, text[:60], f"{len(text)} characters are no date")
    found: list[_Written] = []
    waiting: re.Match[str] | None = None  # a time that stands before its date
    left, at = [], 0
    for kind, match in _tokens(text):
        left.append(text[at : match.start()])
        at = match.end()
        if kind == "clock" and found and found[-1].clock is None and found[-1].at is None:
            found[-1] = _timed(source, text, found[-1], match)
        elif kind == "clock" and not found and waiting is None:
            waiting = match
        elif kind == "clock":
            raise _fault(source, text, f"a time too many: {match[0].strip()!r}")
        elif kind != "zone":
            found.append(_one(source, text, kind, match, zone, forms))
            if waiting:
                found[-1], waiting = _timed(source, text, found[-1], waiting), None
    _refuse_rest(source, text, " ".join([*left, text[at:]]))
    return _filled(source, text, found)


def _one(source: str, text: str, kind: str, match: re.Match[str], zone: ZoneInfo, forms: Collection[Form]) -> _Written:
    if _FORMS.get(kind, Form.DOTTED) not in forms and kind != "lone":
        raise _fault(source, text, f"a date written as {_FORMS[kind]}")
    span = match.span()
    if kind == "iso":
        return _from_iso(source, text, match, zone)
    if kind == "epoch":
        at = datetime.fromtimestamp(int(match["epoch"]) / 1000, UTC)
        return _from_instant(span, at, zone if at.time() != time(0) else UTC)
    if kind == "named":
        return _Written(*span, int(match["nd"]), _NUMBER_OF[match["nm"].lower()], _int(match["ny"]))
    if kind == "month_first":
        return _Written(*span, int(match["md"]), _NUMBER_OF[match["mm"].lower()], _int(match["my"]))
    day, month, year, *_ = *map(int, re.findall(r"\d+", match[kind])), None, None
    return _Written(*span, day or 0, month, year)


def _int(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _from_iso(source: str, text: str, found: re.Match[str], zone: ZoneInfo) -> _Written:
    """`2026-09-02+02:00` is a day; midnight UTC is how systems without times write a day."""
    day, clock, offset = found["iso_day"], found["iso_time"], found["iso_offset"]
    span = found.span()
    try:
        on = date.fromisoformat(day)
        wall = time.fromisoformat(clock) if clock else None
    except ValueError as error:
        raise _fault(source, text, str(error)) from error
    if wall is None or (offset in ("Z", "z", "+00:00") and wall == time(0)):
        return _Written(*span, on.day, on.month, on.year)
    if offset is None:
        return _Written(*span, on.day, on.month, on.year, clock=wall)
    return _from_instant(span, datetime.fromisoformat(f"{day}T{clock}{offset.upper().replace('Z', '+00:00')}"), zone)


def _from_instant(span: tuple[int, int], at: datetime, zone: tzinfo) -> _Written:
    """An instant on the wall of the zone; midnight there means that no time is known."""
    local = at.astimezone(zone)
    return _Written(*span, local.day, local.month, local.year, at=local if local.time() != time(0) else None)


def _timed(source: str, text: str, one: _Written, token: re.Match[str]) -> _Written:
    hour, minute = int(token["hour"]), int(token["minute"] or 0)
    if half := token["half"]:
        if not 1 <= hour <= 12:
            raise _fault(source, text, f"not a time: {token[0].strip()!r}")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    is_day_end = (hour, minute) == (24, 0)
    if not is_day_end and (hour > 23 or minute > 59):
        raise _fault(source, text, f"not a time: {token[0].strip()!r}")
    end = max(one.end, token.end())
    return replace(one, end=end, clock=time(0) if is_day_end else time(hour, minute), is_day_end=is_day_end)


def _refuse_rest(source: str, text: str, rest: str) -> None:
    if re.search(r"\d", rest):
        raise _fault(source, text, f"unread: {' '.join(rest.split())!r}")
    if match := _UNCERTAIN.search(rest):
        raise _fault(source, text, f"not certain: {match[0]!r}")
    if match := _UNKNOWN_ZONE.search(rest):
        raise _fault(source, text, f"an unknown zone: {match[0]!r}")


def _filled(source: str, text: str, found: Sequence[_Written]) -> list[_Written]:
    """Dates without year or month take them from the next one: `15.12.–31.1.2027` opens in 2026."""
    filled: list[_Written] = []
    for one in reversed(found):
        if one.month is None or one.year is None:
            if not filled:
                raise _fault(source, text, "a date without its year")
            one = _completed(one, filled[-1])
        filled.append(one)
    return filled[::-1]


def _completed(one: _Written, following: _Written) -> _Written:
    month, year = one.month or following.month or 0, following.year or 0
    is_year_before = (month, one.day) > (following.month or 0, following.day)
    return replace(one, month=month, year=year - is_year_before)


def _day(source: str, text: str, one: _Written, zone: ZoneInfo) -> Day:
    try:
        on = date(one.year or 0, one.month or 0, one.day)
    except ValueError as error:
        raise _fault(source, text, f"{error}: {one.day}.{one.month}.{one.year}") from error
    if not 2000 <= on.year < 2200:
        raise _fault(source, text, f"the year {on.year}")
    if one.at or one.clock is None or (one.clock == time(0) and not one.is_day_end):
        return Day(on, one.at)
    day = on + timedelta(days=1) if one.is_day_end else on
    return Day(on, datetime.combine(day, one.clock, zone))


def _zone_of(source: str, text: str, zone: ZoneInfo) -> ZoneInfo:
    """The zone that the text names, else the source's own."""
    named = {
        place
        for token in _tokens(text)
        if token.kind == "zone"
        for pattern, place in _ZONES.items()
        if re.fullmatch(pattern, token.match[0], re.IGNORECASE)
    }
    if len(named) > 1:
        raise _fault(source, text, "two zones")
    return named.pop() if named else zone


def _leading(text: str) -> str:
    """As much of a text as is one date or period with its times and zone, where it begins with one; else nothing."""
    filler = _FILLER.match(text)
    at = start = filler.end() if filler else 0
    dated, last = 0, ""
    for kind, match in _tokens(text):
        gap = text[at : match.start()]
        is_date = kind not in ("clock", "zone")
        is_next = _JOINED.fullmatch(gap) if is_date and dated else _GLUE.fullmatch(gap)
        if not is_next or (is_date and (dated == 2 or (dated and not gap.strip()))):
            break
        at, dated, last = match.end(), dated + is_date, kind
    if last == "clock" and (elsewhere := _FOLLOWED.match(text, at)):  # to be refused with the rest
        at = elsewhere.end()
    return text[start:at] if dated else ""


def _fault(source: str, text: str, why: str) -> ParseError:
    return ParseError(source, "date", f"{' '.join(text.split())[:120]!r}: {why}")
