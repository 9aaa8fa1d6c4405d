"""Find the date fields of running text: what follows a label such as "Deadline", or the first date that is there.

Does not parse what it finds (`tracker.sources.support.dates`): a field comes as written, with all that belongs to it.
"""

import re
from collections.abc import Collection, Sequence
from zoneinfo import ZoneInfo

from tracker.sources.support.date_words import (
    BETWEEN_THEM,
    DIGITS,
    FILLER,
    FOLLOWED,
    FOLLOWED_ELSEWHERE,
    GLUE,
    JOINED,
    LISTED,
    MOVED,
    REPLACES,
    SENTENCE_ENDS,
    DateForm,
)
from tracker.sources.support.dates import ALL, LONGEST, Day, is_move, is_undated, read_cutoffs, tokens_of, unknown_place


def labelled(
    source: str, text: str, labels: Sequence[str], zone: ZoneInfo, forms: Collection[DateForm] = ALL
) -> tuple[Day, ...]:
    """Read the dates after these labels in running text, each once, earliest first; none for "Deadline: rolling".

    Raises ParseError (date) for anything that `behind` finds and that cannot be read.
    """
    fields = [field for field in behind(text, labels) if not is_undated(field)]
    days = {day for field in fields for day in read_cutoffs(source, field, zone, forms)}
    return tuple(sorted(days, key=lambda day: day.on))


def behind(text: str, labels: Sequence[str]) -> tuple[str, ...]:
    """Find what follows these labels ("Deadline", "Call closes") in running text, as written.

    That is a date with its time, or a period; if neither follows a colon, the beginning of what is there. A label
    counts at the start of a line or before a colon.
    """
    alternatives = "|".join(re.escape(label).replace(r"\ ", r"\s+") for label in sorted(labels, key=len, reverse=True))
    pattern = re.compile(rf"(?:^|(?<=\W))(?:{alternatives})(?P<colon>\s*:)?", re.IGNORECASE | re.MULTILINE)
    phrases: dict[str, None] = {}
    for match in pattern.finditer(text) if labels else ():
        is_at_start = text[: match.start()].rpartition("\n")[2].strip(" -•*") == ""
        if not match["colon"] and not is_at_start:
            continue
        rest = text[match.end() : match.end() + LONGEST]
        if phrase := _leading(rest.lstrip()) or (_beginning(rest) if match["colon"] else ""):
            phrases[phrase] = None
    return tuple(phrases)


def _beginning(rest: str) -> str:
    """Return what follows a colon instead of a date; below a heading only a short text with a number in it."""
    line = rest.lstrip().partition("\n")[0].strip()
    is_below = "\n" in rest[: len(rest) - len(rest.lstrip())]
    is_running_text = is_below and (len(line) > 60 or not re.search(r"\d", line))
    return "" if is_running_text else line[:60]


def first_period(text: str) -> str:
    """Find the first date or period in running text, as written; empty if there is none."""
    first = next((match for kind, match in tokens_of(text[:LONGEST]) if kind not in ("clock", "zone")), None)
    return _leading(text[first.start() : first.start() + LONGEST]) if first else ""


def _leading(text: str) -> str:
    """Return the date or period that a text begins with, including times and zone; empty if there is none."""
    filler = FILLER.match(text)
    at = start = filler.end() if filler else 0
    dated, last = 0, ""
    for kind, match in tokens_of(text):
        gap = text[at : match.start()]
        is_date = kind not in ("clock", "zone")
        if not (_goes_on(gap) if is_date and dated else GLUE.fullmatch(gap)):
            break
        at, dated, last = match.end(), dated + is_date, kind
    if last in ("clock", "zone") and (elsewhere := FOLLOWED_ELSEWHERE.match(text, at) or unknown_place(text, at)):
        at = elsewhere.end()  # so that it is refused with the rest
    if followed := FOLLOWED.match(text, at) or BETWEEN_THEM.match(text, at):
        at = followed.end()
    return text[start:at].rstrip() if dated else ""


def _goes_on(gap: str) -> bool:
    """Tell whether the gap makes one field of two dates: a period, a list, or a date that was moved, however worded."""
    return bool(JOINED.fullmatch(gap)) or is_move(gap) or _hints_at_moving(gap) or _is_close(gap)


def _is_close(gap: str) -> bool:
    """Tell whether two dates stand side by side on a line, as those of a list do, or those of which one is struck."""
    return bool(LISTED.fullmatch(DIGITS.sub("", gap)) and "\n" not in gap and not gap.lstrip().startswith("."))


def _hints_at_moving(gap: str) -> bool:
    """Tell whether words of one sentence speak of a date that was moved, so that the field is refused if unread."""
    return bool((MOVED.search(gap) or REPLACES.search(gap)) and not SENTENCE_ENDS.search(gap))
