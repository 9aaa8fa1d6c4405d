"""Floods: which parts of an edition are so far above their history that a person should look before they leave.

Pure. Does not hold anything back (`jobs.editions.planning`).
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

WHOLE = "edition"  # the subject of all events together
FEWEST = 3  # earlier editions, below which nobody knows what is usual


def floods(
    shares: Mapping[str, int], history: Sequence[Mapping[str, int]], least: int, times: float
) -> dict[str, float]:
    """The subjects (sources, rules, the whole) with more events than `least` and than `times` their usual number.

    `history` are the shares of earlier editions of the kind; what is usual is the median. Gives back what is usual.
    """
    if len(history) < FEWEST:
        return {}
    usual = {subject: float(median(past.get(subject, 0) for past in history)) for subject in shares}
    return {s: usual[s] for s, count in shares.items() if count > least and count > times * usual[s]}


def share_of(events: Iterable[tuple[int, Sequence[str]]]) -> dict[str, int]:
    """How many events each subject has; `events` are numbers with the subjects that they belong to."""
    counts: dict[str, int] = {}
    for _, subjects in events:
        for subject in (WHOLE, *subjects):
            counts[subject] = counts.get(subject, 0) + 1
    return counts
