"""The weekly completeness check: compare the portal's current topics that we know with the portal's own bulk list.

Changes no call. Missing topics are counted in the run; if there are more than a few, admins get a notice.
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
A_SLIP = 5  # missing topics that mean nothing: the search and the list are updated at different hours
MOST_MISSING = 0.02
EXAMPLES = 20
MISSING = "topics_missing"


async def check_portal(app: App) -> Run:
    """Stream the bulk list; count the topics that only it has and those that only we have."""
    settings = portal.Settings.model_validate(app.settings.sources.get(KEY, {}))
    with recorded(app.db, COMPLETENESS, KEY, app.clock) as run:
        on = changes.brussels_day(app.clock())
        with app.db.read() as session:
            known = calls.current_identifiers(session, KEY, CallKind.TOPIC, on)
        async with open_fetcher(app, KEY) as fetch:
            document = fetch.chunks(settings.topic_data + PATH, most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
            try:
                async with aclosing(document) as chunks:
                    result = await completeness(chunks, known, on)
            finally:
                run.receipt = fetch.receipt.as_dict()
        run.counts, run.reasons = _counts(result), _reasons(result)
        with app.db.write() as session:
            _tell(session, app, run)
    return run


def _counts(result: Completeness) -> dict[str, Any]:
    return {
        "listed": result.listed,
        "missing": len(result.missing),
        "unlisted": len(result.unlisted),
        "share": round(result.share, 4),
        "missing_examples": [topic.identifier for topic in result.missing[:EXAMPLES]],
        "unlisted_examples": list(result.unlisted[:EXAMPLES]),
    }


def _reasons(result: Completeness) -> tuple[RunReason, ...]:
    missing = len(result.missing)
    if missing <= max(A_SLIP, MOST_MISSING * result.listed):
        return ()
    examples = ", ".join(topic.identifier for topic in result.missing[:3])
    detail = f"{missing} of {result.listed} current topics on the bulk list are missing from the search: {examples}"
    return (RunReason(name=MISSING, detail=detail),)


def _tell(session: Session, app: App, run: Run) -> None:
    """Write a notice if the previous check found nothing wrong, so that admins hear of it once."""
    previous = next(iter(runs.checks(session, KEY, most=1)), None)
    if run.reasons and not (previous and previous.reasons):
        tell(session, NoticeKind.INCOMPLETE, run, run.reasons[0].detail, app.clock())
