"""Parse dates as publishers write them, in Finnish, Swedish and English: days, periods, and times only if written.

Everything in a date field must be understood: a remainder that holds a digit, an unknown zone or a word such as "about"
is a ParseError (reason `date`), never a guess. Fields are found in running text by `dates_in_text`.
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
    AND,
    ASKED,
    BETWEEN,
    BETWEEN_THEM,
    BRUSSELS,
    CLOSES,
    CONTINUOUS,
    DATE,
    EXTENDED,
    FORMS,
    HELSINKI,
    JOINED,
    KINDS,
    LATER,
    LISTED,
    MOVE,
    MOVED,
    MOVED_FROM,
    MOVED_TO,
    NO_PLACE,
    NUMBER_OF,
    OPEN_ENDED,
    OPENS,
    OTHER,
    PLACES,
    REPLACES,
    SEPARATOR,
    SINCE,
    TO,
    TOKEN,
    UNCERTAIN,
    UNDATED,
    UNKNOWN_ZONE,
    ZONE,
    ZONES,
    DateForm,
)

__all__ = ["BRUSSELS", "HELSINKI", "DateForm", "DateRange", "Day"]

ALL = frozenset(DateForm)


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day as written; `at` (aware, in the zone of the text or the source) only if a time is written."""

    on: date
    at: datetime | None = None

    def deadline(self) -> Deadline:
        return Deadline(on=self.on, at=self.at)


@dataclass(frozen=True, slots=True)
class DateRange:
    """An opening and a closing day; None if the text does not say."""

    opens: Day | None = None
    closes: Day | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    """One date of a text, possibly incomplete: `2.2.` lacks the year, the `28.` of `28.–29.9.` the month too."""

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
    """Read the one date of a text. Raises ParseError (date) if there is none, more than one, or anything unread."""
    days = read_days(source, text, zone, forms)
    if len(set(days)) != 1:
        raise _fault(source, text, f"{len(set(days))} dates where one is expected")
    return days[0]


def read_days(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> tuple[Day, ...]:
    """Read every date of a text in order, at least one, except dates that were moved. Raises ParseError (date)."""
    return tuple(day for _, day in _dated(source, text, zone, forms))


def read_period(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> DateRange:
    """Read a period: two joined dates, or one date, which closes unless its words say it opens ("alkaen", "opens").

    Raises ParseError (date), also if the dates are not joined, more than two, or in the wrong order.
    """
    dated = _dated(source, text, zone, forms)
    days = [day for _, day in dated]
    if len(days) == 1:
        is_open_ended = OPEN_ENDED.match(text[dated[0][0].end :]) is not None
        return DateRange(opens=days[0]) if is_open_ended else _half(source, text, *dated[0])
    if len(days) > 2 or not _is_joined(text, dated[0][0], dated[1][0]):
        raise _fault(source, text, f"{len(days)} dates that are no period")
    _refuse_other(source, text[: dated[0][0].start])
    if days[0].on > days[1].on:
        raise _fault(source, text, "it ends before it begins")
    return DateRange(*days)


def read_cutoffs(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> tuple[Day, ...]:
    """Read the days of a deadline field: the last day of a period, or all days of a list.

    Raises ParseError (date) for a day that opens, that something was published on, or that cannot be read.
    """
    dated = _dated(source, text, zone, forms)
    days = tuple(day for _, day in dated)
    if len(days) == 1 or (len(days) == 2 and _is_joined(text, dated[0][0], dated[1][0])):
        closes = read_period(source, text, zone, forms).closes
        if closes is None:
            raise _fault(source, text, "a day that opens, where a deadline is expected")
        return (closes,)
    _refuse_other(source, text[: dated[0][0].start])
    if OPENS.search(text[: dated[0][0].start]) or not _is_list(text, [date_text for date_text, _ in dated]):
        raise _fault(source, text, f"{len(days)} dates that are neither a period nor a list")
    return tuple(dict.fromkeys(days))


def read_opening(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm] = ALL) -> Day:
    """Read the day of an opening field: the first day of a period.

    Raises ParseError (date) for a day that closes, that something was published on, or that cannot be read.
    """
    period = read_period(source, text, zone, forms)
    day = period.opens or period.closes
    if day is None or (period.opens is None and CLOSES.search(text)):
        raise _fault(source, text, "a day that closes, where an opening is expected")
    return day


def _is_joined(text: str, first: _Written, last: _Written) -> bool:
    """Tell whether a sign or word makes a period of two dates."""
    before, between = text[: first.start], text[first.end : last.start]
    is_told = OPENS.search(before) and CLOSES.search(between) and not OPENS.search(between)
    return bool(JOINED.fullmatch(between) or is_told or (_says_between(text, first, last) and AND.fullmatch(between)))


def _says_between(text: str, first: _Written, last: _Written) -> bool:
    return bool(BETWEEN.search(text[: first.start]) or BETWEEN_THEM.match(text, last.end))


def _is_list(text: str, date_texts: Sequence[_Written]) -> bool:
    """Tell whether dates are cut-offs: only separators and words of such lists stand between them."""
    gaps = [(former.end, latter.start) for former, latter in pairwise(date_texts)]
    is_between = _says_between(text, date_texts[0], date_texts[-1])
    return not is_between and all(LISTED.fullmatch(text, *gap) and SEPARATOR.search(text, *gap) for gap in gaps)


def _half(source: str, text: str, date_text: _Written, day: Day) -> DateRange:
    opens, closes = OPENS.search(MOVED_FROM.sub("", text)), CLOSES.search(text)
    if opens and closes:
        raise _fault(source, text, f"one date for {opens[0]!r} and {closes[0]!r}")
    if LATER.search(text[: date_text.start]) or SINCE.match(text, date_text.end):
        raise _fault(source, text, "some day after this one")
    _refuse_other(source, text)
    return DateRange(opens=day) if opens else DateRange(closes=day)


def _refuse_other(source: str, text: str) -> None:
    """Refuse the day on which something else happens: a publication, a webinar, the end of questions."""
    other = ASKED.search(text) or (not CLOSES.search(text) and OTHER.search(text))
    if other:
        raise _fault(source, text, f"the day of something else: {other[0]!r}")


def is_undated(text: str) -> bool:
    """Tell whether a date field says in words that there is no date: "jatkuva haku", "rolling", "tarkentuu"."""
    return UNDATED.match(text) is not None and not re.search(r"\d", text)


def is_continuous(text: str) -> bool:
    """Tell whether a date field begins by saying that there is no last day, as in "Jatkuva" or "Jatkuva 1.9.2026"."""
    return CONTINUOUS.match(text) is not None


# --- from text to dates -----------------------------------------------------------------------------------------------


def tokens_of(text: str) -> Iterator[_Token]:
    """Find dates, times of day and zones in order; a bare number is no time of day."""
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
    """Tell whether a number is a time of day: by a word or sign, or right after a date, as in `31.3.2026 16.15`."""
    marker = token["prefix"] or token["half"] or token["noon"] or token["hours"]
    return bool(marker or token["sign"] in (":", "h", "H") or (token["sign"] and stands_behind_date))


def _dated(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm]) -> list[tuple[_Written, Day]]:
    """Read the valid dates of a text, at least one, each with its position; moved dates are left out."""
    date_texts = _written(source, text, zone, forms)
    if not date_texts:
        raise _fault(source, text, "no date")
    here = _zone_of(source, text, zone)
    days = [(date_text, _day(source, text, date_text, here)) for date_text in date_texts]
    was_replaced = [False] * len(days)
    for number, (former, latter) in enumerate(pairwise(date_texts)):
        gap = text[former.end : latter.start]
        if _is_moved(text[: former.start], gap):
            if EXTENDED.search(gap) and days[number][1].on > days[number + 1][1].on:
                raise _fault(source, text, "extended to an earlier day")
            was_replaced[number] = True
        elif is_move(gap) and REPLACES.search(gap):
            was_replaced[number + 1] = True
    return [dated for dated, gave_way in zip(days, was_replaced, strict=True) if not gave_way]


def _is_moved(before: str, gap: str) -> bool:
    """Tell whether the second date replaces the first: "30 April extended to 15 May 2026", "moved from A to B"."""
    is_from = MOVED_FROM.search(before) and TO.fullmatch(gap)
    return bool(is_from or (is_move(gap) and not REPLACES.search(gap)))


def is_move(gap: str) -> bool:
    """Tell whether the words between two dates say that one of them gave way to the other."""
    return bool(MOVE.fullmatch(gap) and (MOVED.search(gap) or REPLACES.search(gap)))


def _written(source: str, text: str, zone: ZoneInfo, forms: Collection[DateForm]) -> list[_Written]:
    if len(text) > LONGEST:
        raise _fault(source, text[:60], f"{len(text)} characters are no date")
    dates_so_far: list[_Written] = []
    waiting: re.Match[str] | None = None  # a time that stands before its date
    left, at = [], 0
    for kind, match in tokens_of(text):
        gap, at = text[at : match.start()], match.end()
        left.append(
            "" if dates_so_far and is_move(gap) else MOVED_TO.sub("", gap) if kind not in ("clock", "zone") else gap
        )
        if kind == "clock" and (place := unknown_place(text, match.end()) or (dates_so_far and _bracketed(gap))):
            raise _fault(source, text, f"an unknown zone: {place['place'].strip()!r}")
        if kind == "clock" and dates_so_far and dates_so_far[-1].clock is None and dates_so_far[-1].at is None:
            dates_so_far[-1] = _timed(source, text, dates_so_far[-1], match)
        elif kind == "clock" and not dates_so_far and waiting is None:
            waiting = match
        elif kind == "clock":
            raise _fault(source, text, f"a time too many: {match[0].strip()!r}")
        elif kind == "zone" and dates_so_far:
            dates_so_far[-1] = replace(dates_so_far[-1], end=max(dates_so_far[-1].end, match.end()))
        elif kind != "zone":
            dates_so_far.append(_one(source, text, kind, match, zone, forms))
            if waiting:
                dates_so_far[-1], waiting = _timed(source, text, dates_so_far[-1], waiting), None
    _refuse_rest(source, text, " ".join([*left, text[at:]]))
    return _filled(source, text, dates_so_far)


def unknown_place(text: str, at: int) -> re.Match[str] | None:
    """Find a place behind a time of day whose clock we do not know: never assumed to be the source's own."""
    match = next(filter(None, (pattern.match(text, at) for pattern in PLACES)), None)
    return match if match and _is_unknown(match["place"]) else None


def _bracketed(gap: str) -> re.Match[str] | None:
    """Find such a place between a date and its time, as in "31 March (Lisbon) 17:00"."""
    match = PLACES[0].match(gap)
    return match if match and _is_unknown(match["place"]) else None


def _is_unknown(place: str) -> bool:
    return re.search(r"[^\W\d_]", NO_PLACE.sub("", ZONE.sub("", place))) is not None


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
    if kind == "hyphened":
        return _Written(*span, int(match["hd"]), NUMBER_OF[match["hm"].lower()], int(match["hy"]))
    if kind == "month_first":
        return _Written(*span, int(match["md"]), NUMBER_OF[match["mm"].lower()], _int(match["my"]))
    day, month, year, *_ = *map(int, re.findall(r"\d+", match[kind])), None, None
    return _Written(*span, day or 0, month, year)


def _int(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _from_iso(source: str, text: str, match: re.Match[str], zone: ZoneInfo) -> _Written:
    """Read an ISO date: `2026-09-02+02:00` is a day.

    So are midnight and the last minute in UTC, which systems without times of day write.
    """
    day, clock, offset = match["iso_day"], match["iso_time"], match["iso_offset"]
    span = match.span()
    try:
        on = date.fromisoformat(day)
        wall = time.fromisoformat(clock) if clock else None
    except ValueError as error:
        raise _fault(source, text, str(error)) from error
    is_utc = offset in ("Z", "z", "+00:00", "+0000")
    if wall is None or (is_utc and (wall == time(0) or (wall.hour, wall.minute) == (23, 59))):
        return _Written(*span, on.day, on.month, on.year)
    if offset is None:
        return _Written(*span, on.day, on.month, on.year, clock=wall)
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{offset.upper().replace('Z', '+00:00')}")
        return _from_instant(span, at, zone)
    except (ValueError, OverflowError) as error:  # an invalid offset, or out of range
        raise _fault(source, text, str(error)) from error


def _from_instant(span: tuple[int, int], at: datetime, zone: tzinfo) -> _Written:
    """Convert an instant to local time in the zone; midnight there means that no time is known."""
    local = at.astimezone(zone)
    return _Written(*span, local.day, local.month, local.year, at=local if local.time() != time(0) else None)


def _timed(source: str, text: str, date_text: _Written, token: re.Match[str]) -> _Written:
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
    end = max(date_text.end, token.end())
    return replace(date_text, end=end, clock=time(0) if is_day_end else time(hour, minute), is_day_end=is_day_end)


def _refuse_rest(source: str, text: str, rest: str) -> None:
    if re.search(r"\d", rest):
        raise _fault(source, text, f"unread: {' '.join(rest.split())!r}")
    if match := UNCERTAIN.search(rest):
        raise _fault(source, text, f"not certain: {match[0]!r}")
    if match := UNKNOWN_ZONE.search(rest):
        raise _fault(source, text, f"an unknown zone: {match[0]!r}")


def _filled(source: str, text: str, date_texts: Sequence[_Written]) -> list[_Written]:
    """Complete dates without year or month from the next one: `15.12.–31.1.2027` opens in 2026."""
    filled: list[_Written] = []
    for date_text in reversed(date_texts):
        if date_text.month is None or date_text.year is None:
            if not filled:
                raise _fault(source, text, "a date without its year")
            date_text = _completed(date_text, filled[-1])
        filled.append(date_text)
    return filled[::-1]


def _completed(date_text: _Written, following: _Written) -> _Written:
    month, year = date_text.month or following.month or 0, following.year or 0
    is_year_before = (month, date_text.day) > (following.month or 0, following.day)
    return replace(date_text, month=month, year=year - is_year_before)


def _day(source: str, text: str, date_text: _Written, zone: ZoneInfo) -> Day:
    try:
        on = date(date_text.year or 0, date_text.month or 0, date_text.day)
    except ValueError as error:
        raise _fault(source, text, f"{error}: {date_text.day}.{date_text.month}.{date_text.year}") from error
    if not 2000 <= on.year < 2200:
        raise _fault(source, text, f"the year {on.year}")
    if date_text.at or date_text.clock is None or (date_text.clock == time(0) and not date_text.is_day_end):
        return Day(on, date_text.at)
    day = on + timedelta(days=1) if date_text.is_day_end else on
    at = datetime.combine(day, date_text.clock, zone)
    if at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at.replace(tzinfo=None):
        raise _fault(source, text, f"the clocks skip {date_text.clock:%H:%M} on that day")
    return Day(on, at)


def _zone_of(source: str, text: str, zone: ZoneInfo) -> ZoneInfo:
    """Return the zone that the text names, else the source's own."""
    named = {
        place
        for token in tokens_of(text)
        if token.kind == "zone"
        for pattern, place in ZONES.items()
        if re.fullmatch(pattern, token.match[0], re.IGNORECASE)
    }
    if len(named) > 1:
        raise _fault(source, text, "two zones")
    return named.pop() if named else zone


def _fault(source: str, text: str, why: str) -> ParseError:
    return ParseError(source, "date", f"{' '.join(text.split())[:120]!r}: {why}")
