"""Accept or reject a quarantined reading.

An accepted reading is read again from its kept pages and stored as the same run, including its news. The publisher is
not asked again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlmodel import Session

from db import audit, calls, runs
from db.acts import Act
from db.audit import Signed
from db.runs import Run, RunReason, Verdict
from jobs.base.app import App
from jobs.collecting.foreseeing import Foreseen, foreseen
from jobs.collecting.notices import tell_admins
from jobs.collecting.reading import Reading
from jobs.collecting.spool import Spool, spooled
from jobs.collecting.storing import store_accepted
from tracker import sources
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal, SourceError, WrongState
from tracker.readings.counts import Season, counts_of
from tracker.readings.health import Tally
from tracker.readings.page_archive import kept_runs, read_pages

REJECTED = "rejected"


def undecided(session: Session, app: App) -> list[Run]:
    """List the readings that were not believed, nor any of their source since, and that nobody has rejected."""
    known = runs.coverages(session, list(sources.modules(app.settings.sources)))
    return [
        run
        for read in known
        if read.troubled_runs
        for run in runs.troubled_runs(session, read.source)
        if run.verdict is Verdict.QUARANTINED and all(reason.name != REJECTED for reason in run.reasons)
    ]


def accept_reading(app: App, run_id: int, signed: Signed) -> Run:
    """Store a quarantined reading as if it had been believed, with today's parser; return the updated run.

    WrongState for another verdict. Refusal if the reading was broken off, its pages are gone, or a newer reading has
    been believed meanwhile. InputFaults if no reason is given.
    """
    signed = _with_reason(signed)
    with acceptable(app, run_id) as (run, reading), app.db.write() as session:
        store_accepted(session, app, reading, run)
        tell_admins(session, str(run.subject), reading.now)
        changed = {"before": {"state": Verdict.QUARANTINED}, "after": {"state": run.verdict}}
        audit.append_audit(session, signed, Act.RUN_ACCEPTED, f"run {run.id}", _audit_detail(run), **changed)
    return run


def foresee_acceptance(app: App, run_id: int) -> Foreseen:
    """What accepting a quarantined reading would do; nothing is stored. Raises what accepting it would."""
    with acceptable(app, run_id) as (run, reading):
        return foreseen(app, reading, run, lambda session: store_accepted(session, app, reading, run))


@contextmanager
def acceptable(app: App, run_id: int) -> Iterator[tuple[Run, Reading]]:
    """A quarantined reading, read again from its kept pages, as it is to be stored."""
    with app.db.read() as session:
        run = _quarantined(session, run_id)
        _must_be_newest(session, run)
    with spooled() as spool:
        reading = _read_again(app, run, spool)
        run.counts = reading.counts(is_whole=True).model_copy(update={"season": _forgiven_season(run)}).kept()
        _withhold_withdrawals(reading, app)
        run.parser_version = reading.module.SOURCE.version
        yield run, reading


def reject_reading(app: App, run_id: int, signed: Signed) -> Run:
    """Record that a person agrees that a quarantined reading is wrong; nothing else changes.

    WrongState for another verdict. Refusal if it was rejected before; InputFaults if no reason is given.
    """
    signed = _with_reason(signed)
    with app.db.write() as session:
        run = _quarantined(session, run_id)
        if rejections := [reason.detail for reason in run.reasons if reason.name == REJECTED]:
            raise Refusal(Code.REJECTED_ALREADY, run=run_id, by=rejections[0])
        run.reasons = (*run.reasons, RunReason(name=REJECTED, detail=f"{signed.author}: {signed.reason}"))
        session.add(run)
        audit.append_audit(session, signed, Act.RUN_REJECTED, f"run {run.id}", _audit_detail(run))
    return run


def _with_reason(signed: Signed) -> Signed:
    if not signed.reason.strip():
        raise InputFaults(Fault(Code.NO_REASON, "reason"))
    return signed._replace(reason=signed.reason.strip())


def _quarantined(session: Session, run_id: int) -> Run:
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(Noun.RUN, run_id)
    if run.job != "collect":
        raise Refusal(Code.NOT_A_READING, run=run_id, job=run.job)
    if run.verdict is not Verdict.QUARANTINED:
        raise WrongState(Noun.RUN, run_id, run.verdict, (Verdict.QUARANTINED,))
    return run


def _must_be_newest(session: Session, run: Run) -> None:
    newest = next(iter(runs.accepted_readings(session, str(run.subject), most=1)), None)
    if newest and (newest.id or 0) > (run.id or 0):
        raise Refusal(Code.NEWER_BELIEVED, run=run.id, newer=newest.id)


def _read_again(app: App, run: Run, spool: Spool) -> Reading:
    key, run_name = str(run.subject), str(run.id)
    if not counts_of(run.counts).whole:
        raise Refusal(Code.BROKEN_OFF, run=run.id)
    if run_name not in kept_runs(app.files, key):
        days = app.settings.data.keep_pages_days
        raise Refusal(Code.PAGES_GONE, run=run.id, days=days, source=key)
    module = sources.module_of(key, app.settings.sources)
    with app.db.read() as session:
        known = calls.known_calls(session, key)
        run.baseline = not runs.accepted_readings(session, key, most=1)
    reading = Reading(module, known, app.clock(), spool, Tally())
    try:
        for page in read_pages(app.files, key, run_name):
            reading.take(page)
    except SourceError as error:
        raise Refusal(Code.PAGES_UNREADABLE, run=run.id, why=error) from error
    return reading


def _withhold_withdrawals(reading: Reading, app: App) -> None:
    """Keep calls from being withdrawn that their source could still look up, or that an incomplete reading lacks."""
    reading.gone_after = timedelta(days=app.settings.source(reading.module.SOURCE.key).gone_after_days)
    is_complete = all(scan.is_complete() for scan in reading.tally.scans.values())
    if not is_complete:
        reading.tally.seen.update(reading.known)
    if hasattr(reading.module, "lookup"):
        reading.postponed = frozenset(reading.gone())


def _forgiven_season(run: Run) -> Season:
    """The season as the reading found it, with its overdue families forgiven: a person accepts their absence."""
    season = counts_of(run.counts).season
    return season.model_copy(update={"forgiven": season.overdue})


def _audit_detail(run: Run) -> dict[str, object]:
    return {"source": run.subject, "not believed for": [reason.name for reason in run.reasons]}
