"""Volume guard: find the parts of an edition so far above their history that a person should look before sending.

Pure. Does not hold anything back (`jobs.editions.planning`).
"""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

WHOLE = "edition"  # the subject of all events together
FEWEST = 3  # earlier editions; with fewer, nobody knows what is usual


def floods(
    shares: Mapping[str, int], history: Sequence[Mapping[str, int]], least: int, times: float
) -> dict[str, float]:
    """Find the subjects (sources, rules, the whole) with more than `least` events and `times` their usual number.

    `history` holds the shares of earlier editions of the kind. Returns each flood's usual number, which is the median.
    """
    if len(history) < FEWEST:
        return {}
    usual = {subject: float(median(past.get(subject, 0) for past in history)) for subject in shares}
    return {s: usual[s] for s, count in shares.items() if count > least and count > times * usual[s]}


def share_of(events: Iterable[tuple[int, Sequence[str]]]) -> dict[str, int]:
    """Count the events of each subject; `events` are event numbers with their subjects."""
    counts: dict[str, int] = {}
    for _, subjects in events:
        for subject in (WHOLE, *subjects):
            counts[subject] = counts.get(subject, 0) + 1
    return counts
