"""Housekeeping: what is kept no longer than it is needed.

Does not say how long that is (`jobs.retention`).
"""

import structlog

from db.runs import Run
from jobs.desk import Desk
from jobs.retention import enforce
from jobs.runs import recorded


def housekeep(desk: Desk) -> Run:
    """Drop what is older than the configuration says."""
    with recorded(desk.db, "housekeeping", None, desk.clock) as run:
        run.counts = enforce(desk)
    structlog.get_logger().info("housekeeping done", run=run.id, dropped=sum(run.counts.values()))
    return run
