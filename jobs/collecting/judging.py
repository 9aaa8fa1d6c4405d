"""Judging: what a reading is held against before it is believed: its canaries, the season, and the source's own past.

Does not know what is doubtful (`tracker.readings.health`) and does not store anything.
"""

from collections.abc import Iterator, Sequence

from sqlmodel import Session

from db import calls, runs
from db.runs import Run, RunReason
from jobs.base.app import App
from jobs.collecting.reading import Reading, is_missing
from tracker.readings import health, seasons
from tracker.readings.counts import Counts, counts_of
from tracker.readings.seasons import Opening
from tracker.sources import SourceSettings


def judge(app: App, reading: Reading, settings: SourceSettings) -> tuple[RunReason, ...]:
    """Why a reading is not believed; empty when it is. What it lacks is noted in its tally."""
    source = reading.module.SOURCE
    with app.db.read() as session:
        reading.tally.canaries_missing = _canaries_missing(session, reading, settings.canaries)
        _count_lost(reading)
        accepted = [counts_of(run.counts) for run in _comparable(runs.accepted_readings(session, source.key))]
        if settings.season:
            _look_for_the_season(session, reading, accepted)
    return health.check(settings.bounds(source.bounds), reading.tally.counts(), accepted)


def _canaries_missing(session: Session, reading: Reading, wanted: Sequence[str]) -> tuple[str, ...]:
    """The canaries (keys or identifiers) that this reading lacks; those of calls that are over are not asked for."""
    if not wanted:
        return ()
    keys = calls.keys_identified(session, reading.module.SOURCE.key, wanted)
    found = reading.tally.seen | reading.identifiers
    missing = []
    for canary in wanted:
        meant = keys.get(canary, set()) | {canary}
        known = [reading.known[key] for key in meant if key in reading.known]
        is_over = bool(known) and not any(is_missing(one, reading.on) for one in known)
        if not is_over and not meant & found:
            missing.append(canary)
    return tuple(missing)


def _look_for_the_season(session: Session, reading: Reading, accepted: Sequence[Counts]) -> None:
    """Which families of calls should have come by now, and which did not; what a person accepted stays accepted."""
    known = calls.openings(session, reading.module.SOURCE.key, seasons.windows(reading.on))
    openings = [*(Opening(*one) for one in known), *reading.openings]
    tally = reading.tally
    tally.due, tally.overdue = seasons.missing_families(openings, tally.seen, reading.on)
    forgiven = accepted[0].season.forgiven if accepted else ()
    tally.forgiven = tally.overdue & frozenset(forgiven)


def _comparable(accepted: Sequence[Run]) -> Iterator[Run]:
    """The readings, newest first, back to one that a person accepted against our doubts: it set a new measure."""
    for run in accepted:
        yield run
        if run.reasons:
            return


def _count_lost(reading: Reading) -> None:
    """The calls of the reading before that should still be listed, and those of them that are not."""
    live = [key for key, known in reading.known.items() if not known.absent_runs and is_missing(known, reading.on)]
    reading.tally.live = len(live)
    reading.tally.lost = tuple(key for key in live if key not in reading.tally.seen)
