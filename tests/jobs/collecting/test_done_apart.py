"""Work that is done in a process of its own: what takes too much ends that process, and nothing else."""

import pytest

from jobs.collecting.done_apart import done_apart
from tracker.errors import ParseError
from tracker.readings.limits import ReadingSettings

LITTLE = ReadingSettings(cpu_seconds=1, memory_mb=50)


def double(number: int, *, plus: int = 0) -> int:
    return 2 * number + plus


def for_ever() -> int:
    while True:
        pass


def too_much() -> int:
    return len(bytearray(10**9))


def is_odd() -> int:
    raise ParseError("site", "not_html", "no page")


def breaks() -> int:
    raise ValueError("nobody foresaw this")


def test_work_gives_its_result() -> None:
    assert done_apart("site", LITTLE, double, 4, plus=1) == 9


ENDS = {
    "takes for ever": (for_ever, "too_long"),
    "takes too much": (too_much, "too_big"),
    "is odd": (is_odd, "not_html"),
}


@pytest.mark.parametrize(("work", "reason"), [*ENDS.values(), (breaks, "unforeseen")], ids=[*ENDS, "breaks"])
def test_work_that_takes_too_much_or_breaks_is_a_fault_of_the_page(work: object, reason: str) -> None:
    with pytest.raises(ParseError) as caught:
        done_apart("site", LITTLE, work)  # type: ignore[arg-type]
    assert caught.value.reason == reason
