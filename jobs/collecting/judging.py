"""Judging: check a reading before it is believed, against its canaries, the season and the source's own past.

Gathers the figures; the limits are in `tracker.readings.health`.
"""

from collections.abc import Iterator, Sequence

from sqlmodel import Session

from db import calls, runs
from db.runs import Run, RunReason
from jobs.base.app import App
from jobs.base.source_settings import settings_now
from jobs.collecting.reading import Reading, is_missing
from tracker.readings import health, seasons
from tracker.readings.counts import Counts, counts_of
from tracker.readings.seasons import Opening
from tracker.sources import SourceSettings


def judge(app: App, reading: Reading, settings: SourceSettings) -> tuple[RunReason, ...]:
    """Judge a reading: the reasons not to believe it, or none. What it lacks is noted in its tally."""
    source = reading.module.SOURCE
    with app.db.read() as session:
        reading.tally.canaries_missing = _canaries_missing(
            session, reading, settings_now(session, app, source.key).canaries
        )
        _count_lost(reading)
        accepted = [counts_of(run.counts) for run in _comparable(runs.accepted_readings(session, source.key))]
        if settings.season:
            _look_for_the_season(session, reading, accepted)
    return health.check(settings.bounds(source.bounds), reading.tally.counts(), accepted)


def _canaries_missing(session: Session, reading: Reading, canaries: Sequence[str]) -> tuple[str, ...]:
    """The canaries (keys or identifiers) missing from this reading; canaries of closed calls are not expected."""
    if not canaries:
        return ()
    keys = calls.keys_identified(session, reading.module.SOURCE.key, canaries)
    read = reading.tally.seen | reading.identifiers
    missing = []
    for canary in canaries:
        canary_keys = keys.get(canary, set()) | {canary}
        known = [reading.known[key] for key in canary_keys if key in reading.known]
        is_over = bool(known) and not any(is_missing(call, reading.on) for call in known)
        if not is_over and not canary_keys & read:
            missing.append(canary)
    return tuple(missing)


def _look_for_the_season(session: Session, reading: Reading, accepted: Sequence[Counts]) -> None:
    """Note which families of calls are due by now and which are overdue; what a person accepted stays accepted."""
    known = calls.openings(session, reading.module.SOURCE.key, seasons.windows(reading.on))
    openings = [*(Opening(*row) for row in known), *reading.openings]
    tally = reading.tally
    tally.due, tally.overdue = seasons.missing_families(openings, tally.seen, reading.on)
    forgiven = accepted[0].season.forgiven if accepted else ()
    tally.forgiven = tally.overdue & frozenset(forgiven)


def _comparable(accepted: Sequence[Run]) -> Iterator[Run]:
    """The readings, newest first, back to one that a person accepted from quarantine: it sets a new standard."""
    for run in accepted:
        yield run
        if run.reasons:
            return


def _count_lost(reading: Reading) -> None:
    """Count the calls of the previous reading that should still be listed, and note those that are not."""
    live = [key for key, known in reading.known.items() if not known.absent_runs and is_missing(known, reading.on)]
    reading.tally.live = len(live)
    reading.tally.lost = tuple(key for key in live if key not in reading.tally.seen)
