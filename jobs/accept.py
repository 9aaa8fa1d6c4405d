"""Accept or reject: a person's word on a reading that was quarantined.

An accepted one is read again from its kept pages and stored as that run, news and all. Does not ask the publisher
anything.
"""

from datetime import timedelta
from typing import Any

from sqlmodel import Session

from db import admins, calls, runs
from db.runs import Run, RunReason, Verdict
from jobs.collect import Reading, gone, store_accepted
from jobs.desk import Desk
from jobs.notices import tell_admins
from jobs.spool import Spool, spooled
from tracker import sources
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal, SourceError, WrongState
from tracker.health import Tally
from tracker.pages import INDEX, pages_dir, read_pages

REJECTED = "rejected"


def accept(desk: Desk, run_id: int, author: str, reason: str) -> Run:
    """Store a quarantined reading as if it had been believed, by today's parser; the run as it is now.

    WrongState for another verdict; Refusal where there is nothing whole to store: a reading that was broken off, pages
    that are gone, or a newer reading that was believed meanwhile.
    """
    why = _said(reason)
    with desk.db.read() as session:
        run = _quarantined(session, run_id)
        _must_be_newest(session, run)
    with spooled() as spool:
        reading = _read_again(desk, run, spool)
        run.counts = run.counts | reading.tally.counts() | {"changed": spool.count, "season": _forgiven(run)}
        _spare(reading, desk)
        run.parser_version = reading.module.SOURCE.version
        with desk.db.write() as session:
            store_accepted(session, desk, reading, run)
            tell_admins(session, str(run.subject), reading.now)
            admins.note(session, reading.now, author, "run accepted", f"run {run.id}", _audited(run, why))
    return run


def reject(desk: Desk, run_id: int, author: str, reason: str) -> Run:
    """Write down that a person found a quarantined reading rightly not believed; it changes nothing else.

    Refusal where that was said before, InputFaults where no reason is given.
    """
    why = _said(reason)
    with desk.db.write() as session:
        run = _quarantined(session, run_id)
        if said := [one.detail for one in run.reasons if one.name == REJECTED]:
            raise Refusal(Code.REJECTED_ALREADY, run=run_id, by=said[0])
        run.reasons = (*run.reasons, RunReason(name=REJECTED, detail=f"{author}: {why}"))
        session.add(run)
        admins.note(session, desk.clock(), author, "run rejected", f"run {run.id}", _audited(run, why))
    return run


def _said(reason: str) -> str:
    if not reason.strip():
        raise InputFaults(Fault(Code.NO_REASON, "reason"))
    return reason.strip()


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


def _read_again(desk: Desk, run: Run, spool: Spool) -> Reading:
    key = str(run.subject)
    kept = pages_dir(desk.settings.data.dir) / key / str(run.id)
    if not run.counts.get("whole"):
        raise Refusal(Code.BROKEN_OFF, run=run.id)
    if not (kept / INDEX).exists():
        days = desk.settings.data.keep_pages_days
        raise Refusal(Code.PAGES_GONE, run=run.id, days=days, source=key)
    module = sources.modules(desk.settings.sources)[key]
    with desk.db.read() as session:
        known = calls.known_calls(session, key)
        run.baseline = not runs.accepted_readings(session, key, most=1)
    reading = Reading(module, known, desk.clock(), spool, Tally())
    try:
        for page in read_pages(kept):
            reading.take(page)
    except SourceError as error:
        raise Refusal(Code.PAGES_UNREADABLE, run=run.id, why=error) from error
    return reading


def _spare(reading: Reading, desk: Desk) -> None:
    """No call is withdrawn that its publisher could still be asked for, or that an incomplete reading lacks."""
    reading.gone_after = timedelta(days=desk.settings.source(reading.module.SOURCE.key).gone_after_days)
    is_complete = all(scan.is_complete() for scan in reading.tally.scans.values())
    if not is_complete:
        reading.tally.seen.update(reading.known)
    if hasattr(reading.module, "lookup"):
        reading.postponed = frozenset(gone(reading))


def _forgiven(run: Run) -> dict[str, Any]:
    """The season as the reading found it; what did not come is not asked for again."""
    season: dict[str, Any] = run.counts.get("season", {"due": 0, "overdue": []})
    return season | {"forgiven": season["overdue"]}


def _audited(run: Run, reason: str) -> dict[str, object]:
    return {"source": run.subject, "reason": reason, "not believed for": [one.name for one in run.reasons]}
