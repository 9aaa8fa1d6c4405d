"""The past of a source: which parts of it are left to read, and whether one that was read is believed.

A part has no past of its own to be compared with. It is judged by three things instead: its own counts, the days and
the status that were asked for, and calls that we know, looked up while it is read: an old or half-blind index shows in
these. Pure. Does not read or store (`jobs.collecting.backfill`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from db.calls import CallFacts, CallStatus
from db.runs import RunReason
from tracker.calls.changes import status_of
from tracker.readings.health import Glance, Tally, check
from tracker.sources import Bounds, Page, Part, Past

A_DAY = timedelta(days=1)
ANY = Bounds(least=0, most=10**9, past=1.0)  # a year may have had any number of calls, and all are over
KNOWN = "known"  # the scan of calls that are looked up
FEWEST_KNOWN = 8  # fewer calls prove nothing


@dataclass(frozen=True, slots=True)
class Days:
    """Days in a row, both ends included."""

    from_on: date
    to_on: date


def not_stored(asked: Iterable[Days], stored: Iterable[Days]) -> list[Days]:
    """Return what of these days is not stored, in order."""
    left = list(asked)
    for done in stored:
        left = [rest for span in left for rest in _without(span, done)]
    return sorted(left, key=lambda span: span.from_on)


def _without(span: Days, done: Days) -> list[Days]:
    before = Days(span.from_on, min(span.to_on, done.from_on - A_DAY))
    after = Days(max(span.from_on, done.to_on + A_DAY), span.to_on)
    return [rest for rest in (before, after) if rest.from_on <= rest.to_on]


def years(span: Days) -> list[Days]:
    """Cut a span at the turns of years."""
    numbers = range(span.from_on.year, span.to_on.year + 1)
    return [Days(max(span.from_on, date(y, 1, 1)), min(span.to_on, date(y, 12, 31))) for y in numbers]


def months(past: Past, part: Part) -> list[Part]:
    """Cut a part into months; the part alone where the publisher sends all days at once, or none are stated."""
    if not past.by_year or part.from_on is None or part.to_on is None:
        return [part]
    cut, first = [], part.from_on
    while first <= part.to_on:
        next_month = (first.replace(day=1) + 31 * A_DAY).replace(day=1)
        cut.append(Part(part.scan, first, min(part.to_on, next_month - A_DAY)))
        first = next_month
    return cut


def parts_left(past: Past, scans: Sequence[str], asked: Days, stored: Mapping[str, Sequence[Days]]) -> list[Part]:
    """Return the parts to read of what was asked: year by year where the publisher sends them so, each scan in turn."""
    spans = {scan: not_stored([asked], stored.get(scan, ())) for scan in scans}
    cut = {
        scan: [year for span in left for year in years(span)] if past.by_year else left for scan, left in spans.items()
    }
    return [Part(scan, span.from_on, span.to_on) for scan, left in cut.items() for span in left]


def misplaced(part: Part, facts: CallFacts, on: date) -> RunReason | None:
    """Return why a call cannot be an answer to what was asked, or None.

    A day beside the part is none: publishers stamp some days in another zone, and the call belongs to the next part.
    """
    if (status := status_of(facts, on)) is not CallStatus.CLOSED:
        return RunReason(
            name="not_closed", detail=f"{part}: asked for closed calls, got {facts.key}, which is {status}"
        )
    if any(part.holds(facts.opens_on and facts.opens_on + near) for near in (-A_DAY, A_DAY * 0, A_DAY)):
        return None
    opened = f"opened on {facts.opens_on}" if facts.opens_on else "has no opening day"
    return RunReason(name="out_of_span", detail=f"{part}: got {facts.key}, which {opened}")


def check_part(part: Part, tally: Tally) -> tuple[RunReason, ...]:
    """Return the reasons not to believe a part with these counts."""
    reasons = check(ANY, tally.counts(), ())
    return tuple(RunReason(name=reason.name, detail=f"{part}: {reason.detail}") for reason in reasons)


def check_known(part: Part, known: Mapping[str, Glance], found: Mapping[str, Glance], on: date) -> RunReason | None:
    """Return why calls that we know, looked up while the part was read, show that the index is not today's; or None."""
    if len(known) < FEWEST_KNOWN:
        return None
    tally = _tally(found, known, on)
    tally.live, tally.lost = len(known), tuple(key for key in known if key not in found)
    reasons = check(ANY, tally.counts(), [_tally(known, known, on).counts()])
    if not reasons:
        return None
    return RunReason(
        name="old_index", detail=f"{part}: of calls that we know, {'; '.join(one.detail for one in reasons)}"
    )


def _tally(calls: Mapping[str, Glance], before: Mapping[str, Glance], on: date) -> Tally:
    tally, page = Tally(), Page(url="", body=b"", scan=KNOWN)
    tally.add_page(page)
    for key, glance in calls.items():
        tally.add_row(page, key)
        tally.add_glance(glance, on, before.get(key), key)
    return tally
