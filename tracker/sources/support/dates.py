"""Dates as publishers write them, in Finnish, Swedish and English: days, periods, and times only where one is written.

Everything in a date field must be understood: what is left over and holds a digit, an unknown zone or a word such as
"about" is a ParseError (reason `date`), never a guess. Does not know what a date means for a call.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from db.calls import Deadline
from tracker.errors import ParseError
from tracker.sources.support.date_words import (
    BEHIND_CLOCK,
    BRUSSELS,
    CLOSES,
    CONTINUOUS,
    DATE,
    FILLER,
    FOLLOWED,
    FORMS,
    GLUE,
    HELSINKI,
    JOINED,
    KINDS,
    LISTED,
    MOVED,
    NUMBER_OF,
    OPEN_ENDED,
    OPENS,
    OTHER,
    SEPARATOR,
    TOKEN,
    UNCERTAIN,
    UNDATED,
    UNKNOWN_ZONE,
    ZONES,
    DateForm,
)

__all__ = ["BRUSSELS", "HELSINKI", "DateForm", "DateRange", "Day"]

ALL = frozenset(DateForm)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day as written; `at` (aware, in the zone of the text or the source) only where a time is written."""

    on: date
    at: datetime | None = None

    def deadline(self) -> Deadline:
        return Deadline(on=self.on, at=self.at)


@dataclass(frozen=True, slots=True)
class DateRange:
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


LONGEST = 300  # characters of a date field; more is running text


def read_day(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> Day:
    """The one date of a text. Raises ParseError (date) where there is none, more than one, or anything unread."""
    days = read_days(source, text, zone, forms)
    if len(set(days)) != 1:
        raise _fault(source, text, f"{len(set(days))} dates where one is expected")
    return days[0]


def read_days(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> tuple[Day, ...]:
    """Every date of a text in its order, at least one; not one that was moved. Raises ParseError (date)."""
    return tuple(day for _, day in _dated(source, text, zone, forms))


def read_period(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> DateRange:
    """From when to when: two joined dates, or one that its words say opens ("alkaen", "opens") and that else closes.

    Raises ParseError (date); also where the dates are not joined, more than two, or the first is the later one.
    """
    dated = _dated(source, text, zone, forms)
    days = [day for _, day in dated]
    if len(days) == 1:
        is_open_ended = OPEN_ENDED.match(text[dated[0][0].end :]) is not None
        return DateRange(opens=days[0]) if is_open_ended else _half(source, text, days[0])
    if len(days) > 2 or not _is_joined(text, dated[0][0], dated[1][0]):
        raise _fault(source, text, f"{len(days)} dates that are no period")
    if days[0].on > days[1].on:
        raise _fault(source, text, "it ends before it begins")
    return DateRange(*days)


def read_cutoffs(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> tuple[Day, ...]:
    """The days of a field for deadlines: of a period its last one, of a list all of them.

    Raises ParseError (date) for a day that opens, that something was published on, or that cannot be read.
    """
    dated = _dated(source, text, zone, forms)
    days = tuple(day for _, day in dated)
    if len(days) == 1 or (len(days) == 2 and _is_joined(text, dated[0][0], dated[1][0])):
        closes = read_period(source, text, zone, forms).closes
        if closes is None:
            raise _fault(source, text, "a day that opens, where a deadline is expected")
        return (closes,)
    if not all(SEPARATOR.search(text, one.end, other.start) for (one, _), (other, _) in pairwise(dated)):
        raise _fault(source, text, f"{len(days)} dates that are neither a period nor a list")
    return days


def read_opening(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> Day:
    """The day of a field for openings: of a period its first one.

    Raises ParseError (date) for a day that closes, that something was published on, or that cannot be read.
    """
    period = read_period(source, text, zone, forms)
    day = period.opens or period.closes
    if day is None or (period.opens is None and CLOSES.search(text)):
        raise _fault(source, text, "a day that closes, where an opening is expected")
    return day


def _is_joined(text: str, first: _Written, last: _Written) -> bool:
    """Whether a sign or a word says that something goes on from the one date to the other."""
    between = text[first.end : last.start]
    is_told = OPENS.search(text[: first.start]) and CLOSES.search(between)
    return JOINED.fullmatch(between) is not None or is_told is not None


def _half(source: str, text: str, day: Day) -> DateRange:
    opens, closes = OPENS.search(text), CLOSES.search(text)
    if opens and closes:
        raise _fault(source, text, f"one date for {opens[0]!r} and {closes[0]!r}")
    if not closes and (other := OTHER.search(text)):
        raise _fault(source, text, f"the day of something else: {other[0]!r}")
    return DateRange(opens=day) if opens else DateRange(closes=day)


def labelled(
    source: str, text: str, labels: Sequence[str], zone: ZoneInfo, forms: Collection[DateForm] = ALL
) -> tuple[Day, ...]:
    """The different dates behind any of these labels in running text, earliest first; none for "Deadline: rolling".

    Raises ParseError (date) for what `behind` finds and cannot be read.
    """
    told = [said for said in behind(text, labels) if not is_undated(said)]
    found = {day for said in told for day in read_cutoffs(source, said, zone, forms)}
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
    at, is_behind_date = 0, False
    while at < len(text):
        token, dated = TOKEN.search(text, at), DATE.search(text, at)
        while token and token["clock"] and not _is_clock(token, is_behind_date and _is_blank(text[at : token.start()])):
            token = TOKEN.search(text, token.start() + 1)
        first = min(filter(None, (token, dated)), key=lambda match: (match.start(), match is token), default=None)
        if first is None:
            return
        kind = next(kind for kind in KINDS[first is token] if first[kind])
        yield _Token(kind, first)
        at, is_behind_date = first.end(), kind not in ("clock", "zone")


def _is_blank(gap: str) -> bool:
    return not gap.strip(" ,\t\n")


def _is_clock(token: re.Match[str], stands_behind_date: bool) -> bool:
    """Whether a number is a time of day: by a word or a sign, or as `31.3.2026 16.15`, right behind a date."""
    told = token["prefix"] or token["half"] or token["noon"] or token["hours"]
    return bool(told or token["sign"] in (":", "h", "H") or (token["sign"] and stands_behind_date))


def _dated(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm]) -> list[tuple[_Written, Day]]:
    """The dates of a text that hold, at least one, each with where it is written."""
    written = _written(source, text, zone, forms)
    if not written:
        raise _fault(source, text, "no date")
    here = _zone_of(source, text, zone)
    days = [(one, _day(source, text, one, here)) for one in written]
    is_moved = [_is_moved(text, one, other) for one, other in pairwise(written)]
    return [dated for dated, gave_way in zip(days, [*is_moved, False], strict=True) if not gave_way]


def _is_moved(text: str, one: _Written, other: _Written) -> bool:
    """Whether the second date stands in the place of the first: "30 April extended to 15 May 2026"."""
    return MOVED.fullmatch(text, one.end, other.start) is not None


def _written(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm]) -> list[_Written]:
    if len(text) > LONGEST:
        raise _fault(source, text[:60], f"{len(text)} characters are no date")
    found: list[_Written] = []
    waiting: re.Match[str] | None = None  # a time that stands before its date
    left, at = [], 0
    for kind, match in _tokens(text):
        gap, at = text[at : match.start()], match.end()
        left.append("" if found and MOVED.fullmatch(gap) else gap)
        if kind == "clock":
            _refuse_place(source, text, match)
        if kind == "clock" and found and found[-1].clock is None and found[-1].at is None:
            found[-1] = _timed(source, text, found[-1], match)
        elif kind == "clock" and not found and waiting is None:
            waiting = match
        elif kind == "clock":
            raise _fault(source, text, f"a time too many: {match[0].strip()!r}")
        elif kind == "zone" and found:
            found[-1] = replace(found[-1], end=max(found[-1].end, match.end()))
        elif kind != "zone":
            found.append(_one(source, text, kind, match, zone, forms))
            if waiting:
                found[-1], waiting = _timed(source, text, found[-1], waiting), None
    _refuse_rest(source, text, " ".join([*left, text[at:]]))
    return _filled(source, text, found)


def _refuse_place(source: str, text: str, clock: re.Match[str]) -> None:
    """A place behind a time of day means the clock there; one that is unknown is never taken for the source's own."""
    found = BEHIND_CLOCK.match(text, clock.end())
    place = found["place"].strip("() ") if found else ""
    if place and not any(re.fullmatch(zone, place, re.IGNORECASE) for zone in ZONES):
        raise _fault(source, text, f"an unknown zone: {place!r}")


def _one(
    source: str, text: str, kind: str, match: re.Match[str], zone: ZoneInfo, forms: Collection[DateForm]
) -> _Written:
    if FORMS.get(kind, DateForm.DOTTED) not in forms and kind != "lone":
        raise _fault(source, text, f"a date written as {FORMS[kind]}")
    span = match.span()
    if kind == "iso":
        return _from_iso(source, text, match, zone)
    if kind == "epoch":
        at = datetime.fromtimestamp(int(match["epoch"]) / 1000, UTC)
        return _from_instant(span, at, zone if at.time() != time(0) else UTC)
    if kind == "named":
        return _Written(*span, int(match["nd"]), NUMBER_OF[match["nm"].lower()], _int(match["ny"]))
    if kind == "month_first":
        return _Written(*span, int(match["md"]), NUMBER_OF[match["mm"].lower()], _int(match["my"]))
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
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{offset.upper().replace('Z', '+00:00')}")
        return _from_instant(span, at, zone)
    except (ValueError, OverflowError) as error:  # an offset that is none; the ends of time
        raise _fault(source, text, str(error)) from error


def _from_instant(span: tuple[int, int], at: datetime, zone: tzinfo) -> _Written:
    """An instant on the wall of the zone; midnight there means that no time is known."""
    local = at.astimezone(zone)
    return _Written(*span, local.day, local.month, local.year, at=local if local.time() != time(0) else None)


def _timed(source: str, text: str, one: _Written, token: re.Match[str]) -> _Written:
    hour, minute = int(token["hour"]), int(token["minute"] or 0)
    if token["noon"] and (hour, minute) != (12, 0):
        raise _fault(source, text, f"not a time: {token[0].strip()!r}")
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
    if match := UNCERTAIN.search(rest):
        raise _fault(source, text, f"not certain: {match[0]!r}")
    if match := UNKNOWN_ZONE.search(rest):
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
        for pattern, place in ZONES.items()
        if re.fullmatch(pattern, token.match[0], re.IGNORECASE)
    }
    if len(named) > 1:
        raise _fault(source, text, "two zones")
    return named.pop() if named else zone


def _leading(text: str) -> str:
    """As much of a text as is one date or period with its times and zone, where it begins with one; else nothing."""
    filler = FILLER.match(text)
    at = start = filler.end() if filler else 0
    dated, last = 0, ""
    for kind, match in _tokens(text):
        gap = text[at : match.start()]
        is_date = kind not in ("clock", "zone")
        if not (_goes_on(gap) if is_date and dated else GLUE.fullmatch(gap)):
            break
        at, dated, last = match.end(), dated + is_date, kind
    if last == "clock" and (elsewhere := FOLLOWED.match(text, at) or BEHIND_CLOCK.match(text, at)):
        at = elsewhere.end()  # to be refused with the rest
    return text[start:at] if dated else ""


def _goes_on(gap: str) -> bool:
    """Whether what stands between two dates makes one field of them: a period, a list, or a date that was moved."""
    return bool(JOINED.fullmatch(gap) or LISTED.fullmatch(gap) or MOVED.fullmatch(gap))


def _fault(source: str, text: str, why: str) -> ParseError:
    return ParseError(source, "date", f"{' '.join(text.split())[:120]!r}: {why}")
