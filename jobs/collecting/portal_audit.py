"""Completeness: hold the portal's current topics that we know against the portal's own bulk list, once a week.

Does not change any call. What is missing is counted, kept with the run, and told to admins if it is more than a slip.
"""

from contextlib import aclosing
from typing import Any

from sqlmodel import Session

from db import calls, runs
from db.calls import CallKind
from db.runs import COMPLETENESS, Run, RunReason
from db.sources import NoticeKind
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.collecting.collect import open_fetcher
from jobs.collecting.notices import tell
from tracker.calls import changes
from tracker.sources.portal import search as portal
from tracker.sources.portal.bulk_list import MOST_BYTES, MOST_SECONDS, PATH, Completeness, completeness

KEY = portal.SOURCE.key
A_SLIP = 5  # topics: the search and the list are made at different hours
MOST_MISSING = 0.02
EXAMPLES = 20
MISSING = "topics_missing"


async def check_portal(app: App) -> Run:
    """Read the bulk list as a stream and count what it has and we have not, and the other way round."""
    settings = portal.Settings.model_validate(app.settings.sources.get(KEY, {}))
    with recorded(app.db, COMPLETENESS, KEY, app.clock) as run:
        on = changes.brussels_day(app.clock())
        with app.db.read() as session:
            held = calls.current_identifiers(session, KEY, CallKind.TOPIC, on)
        async with open_fetcher(app, KEY) as fetch:
            document = fetch.chunks(settings.topic_data + PATH, most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
            try:
                async with aclosing(document) as chunks:
                    found = await completeness(chunks, held, on)
            finally:
                run.receipt = fetch.receipt.as_dict()
        run.counts, run.reasons = _counts(found), _reasons(found)
        with app.db.write() as session:
            _tell(session, app, run)
    return run


def _counts(found: Completeness) -> dict[str, Any]:
    return {
        "listed": found.listed,
        "missing": len(found.missing),
        "unlisted": len(found.unlisted),
        "share": round(found.share, 4),
        "missing_examples": [topic.identifier for topic in found.missing[:EXAMPLES]],
        "unlisted_examples": list(found.unlisted[:EXAMPLES]),
    }


def _reasons(found: Completeness) -> tuple[RunReason, ...]:
    missing = len(found.missing)
    if missing <= max(A_SLIP, MOST_MISSING * found.listed):
        return ()
    examples = ", ".join(topic.identifier for topic in found.missing[:3])
    detail = f"{missing} of {found.listed} current topics are not among those that the search told, such as {examples}"
    return (RunReason(name=MISSING, detail=detail),)


def _tell(session: Session, app: App, run: Run) -> None:
    """Admins hear of it once: when the check before found nothing amiss."""
    before = next(iter(runs.checks(session, KEY, most=1)), None)
    if run.reasons and not (before and before.reasons):
        tell(session, NoticeKind.INCOMPLETE, run, run.reasons[0].detail, app.clock())
