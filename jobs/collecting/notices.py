"""Notices to admins after each tick: a source broke or healed, has unread calls, or a watched page has changed.

Notices are rows that admins look at; nobody is mailed. What counts as broken is in `tracker.readings.source_status`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from db import runs
from db.engine import Database
from db.runs import OUR_OUTAGE, Run, RunReason, Verdict
from db.sources import Notice, NoticeKind, last_notice
from tracker.readings.counts import counts_of
from tracker.readings.health import LOOK_UP
from tracker.readings.source_status import is_broken, is_our_outage, outcome_in_words
from tracker.sources.kinds.watch import finding


def conclude(db: Database, tick: Sequence[Run], now: datetime) -> None:
    """Write the notices that follow from the readings of one tick, in one transaction; safe to repeat."""
    with db.write() as session:
        if is_our_outage(tick):
            _blame_ourselves(session, tick)
        for source in {str(run.subject) for run in tick}:
            tell_admins(session, source, now)
            _tell_of_change(session, source, now)
            _tell_of_unread(session, source, now)


def _blame_ourselves(session: Session, tick: Sequence[Run]) -> None:
    failed = [run for run in tick if run.verdict is Verdict.FAILED]
    reason = RunReason(name=OUR_OUTAGE, detail=f"{len(failed)} of {len(tick)} sources read together gave no answer")
    for run in failed:
        run.reasons = (*run.reasons, reason)
        session.merge(run)
    session.flush()


def tell_admins(session: Session, source: str, now: datetime) -> None:
    """Write a notice when a source breaks and when it heals, once each."""
    troubled = runs.troubled_runs(session, source)
    last = last_notice(session, source, NoticeKind.BROKE, NoticeKind.HEALED)
    was_broken = last is not None and last.kind is NoticeKind.BROKE
    if is_broken(troubled) and not was_broken:
        why = f"{outcome_in_words(troubled[-1])}; blind since {troubled[0].started_at:%Y-%m-%d %H:%M} UTC"
        tell(session, NoticeKind.BROKE, troubled[-1], why, now)
    elif was_broken and not troubled:
        [healed] = runs.accepted_readings(session, source, most=1)
        tell(session, NoticeKind.HEALED, healed, f"{outcome_in_words(healed)} again", now)


def _tell_of_change(session: Session, source: str, now: datetime) -> None:
    """Write a notice if the main text of a watched page changed between its last two believed readings."""
    run, before = [*runs.accepted_readings(session, source, most=2), None, None][:2]
    change = finding(counts_of(before.counts).scans, counts_of(run.counts).scans) if run and before else None
    last = last_notice(session, source, NoticeKind.CHANGED)
    if run and change and (last is None or last.run_id != run.id):
        tell(session, NoticeKind.CHANGED, run, change, now)


def _tell_of_unread(session: Session, source: str, now: datetime) -> None:
    """Write a notice if calls of the last believed reading could not be read, others than in the one before."""
    run, before = [*runs.accepted_readings(session, source, most=2), None, None][:2]
    faults = counts_of(run.counts).unread_examples if run else {}
    known = counts_of(before.counts).unread_examples if before else {}
    last = last_notice(session, source, NoticeKind.UNREAD)
    if run and faults.keys() - known.keys() - {LOOK_UP} and (last is None or last.run_id != run.id):
        named = "; ".join(f"{key}: {fault}" for key, fault in faults.items())
        tell(session, NoticeKind.UNREAD, run, f"believed, but for what could not be read: {named}", now)


def tell(session: Session, kind: NoticeKind, run: Run, detail: str, now: datetime) -> None:
    """Write a notice about what a run found."""
    session.add(Notice(at=now, source=str(run.subject), kind=kind, run_id=run.id or 0, detail=detail))
