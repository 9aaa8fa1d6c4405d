"""Notices: what a tick means beyond its readings: an outage of our own, a source that breaks, a source that heals.

Does not judge (`tracker.trouble`), and mails nobody: notices are rows that admins look at.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from db import runs
from db.engine import Database
from db.runs import OUR_OUTAGE, Run, RunReason, Verdict
from db.sources import Notice, NoticeKind, last_notice
from tracker.trouble import in_words, is_broken, is_our_outage


def conclude(db: Database, tick: Sequence[Run], now: datetime) -> None:
    """What follows from the readings of one tick, in one transaction; harmless when it is done again."""
    with db.write() as session:
        if is_our_outage(tick):
            _blame_ourselves(session, tick)
        for source in {str(run.subject) for run in tick}:
            tell_admins(session, source, now)


def _blame_ourselves(session: Session, tick: Sequence[Run]) -> None:
    failed = [run for run in tick if run.verdict is Verdict.FAILED]
    reason = RunReason(name=OUR_OUTAGE, detail=f"{len(failed)} of {len(tick)} sources gave no answer in one tick")
    for run in failed:
        run.reasons = (*run.reasons, reason)
        session.merge(run)
    session.flush()


def tell_admins(session: Session, source: str, now: datetime) -> None:
    """One notice when a source breaks and one when it heals; none while it stays as it is."""
    troubled, last = runs.troubled_runs(session, source), last_notice(session, source)
    was_broken = last is not None and last.kind is NoticeKind.BROKE
    if is_broken(troubled) and not was_broken:
        why = f"{in_words(troubled[-1])}; blind since {troubled[0].started_at:%Y-%m-%d %H:%M} UTC"
        session.add(_notice(source, NoticeKind.BROKE, troubled[-1], why, now))
    elif was_broken and not troubled:
        [healed] = runs.accepted_readings(session, source, most=1)
        session.add(_notice(source, NoticeKind.HEALED, healed, f"{in_words(healed)} again", now))


def _notice(source: str, kind: NoticeKind, run: Run, detail: str, now: datetime) -> Notice:
    return Notice(at=now, source=source, kind=kind, run_id=run.id or 0, detail=detail)
