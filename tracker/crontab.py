"""Crontab lines of the configuration, checked: minute hour day month weekday, with weekdays by name.

Does not say when a line is due (`jobs.base.ticks`).
"""

import re
from typing import Annotated

from pydantic import AfterValidator

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CRONTAB = (  # field, least, most, and the names of its numbers from the least on
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("weekday", 0, 6, WEEKDAYS),
)


def _is_crontab(line: str) -> str:
    fields = line.split()
    if len(fields) != len(CRONTAB):
        raise ValueError(f"must have five fields (minute hour day month weekday), not {len(fields)}")
    for text, (name, least, most, words) in zip(fields, CRONTAB, strict=True):
        for part in text.split(","):
            _check_crontab_part(part, name, least, most, words)
    return line


def _check_crontab_part(part: str, name: str, least: int, most: int, words: tuple[str, ...]) -> None:
    """Check that a part is `*`, `5`, `5-9` (each also with a step: `*/15`), `mon` or `mon-fri`; ValueError if not."""
    if name == "weekday" and part[:1].isdigit():
        raise ValueError(
            f"{part!r} is not a weekday: use names (mon-fri), because numbers mean different days elsewhere"
        )
    match = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/(\d+))?|([a-z]+)(?:-([a-z]+))?", part, re.ASCII)
    if not match or any(word not in words for word in match.group(4, 5) if word):
        raise ValueError(f"{part!r} is not a {name}")
    number = {word: least + place for place, word in enumerate(words)}
    first, last, step = match[1] or match[4], match[2] or match[5], match[3]
    low = number[first] if match[4] else int(first or least)
    high = number[last] if match[5] else int(last or (most if step or not first else low))
    if not least <= low <= high <= most or (step and not 1 <= int(step) <= high - low):
        raise ValueError(f"{part!r} is not a {name}: use {least} to {most}, the lower first, and a step that fits")


Crontab = Annotated[str, AfterValidator(_is_crontab)]
