"""The housekeeping job: delete what is older than it is needed.

Does not say how long that is (`jobs.running.retention`).
"""

import structlog

from db.runs import Run
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.running.retention import enforce


def housekeep(app: App) -> Run:
    """Delete what is older than the configuration allows."""
    with recorded(app.db, "housekeeping", None, app.clock) as run:
        run.counts = enforce(app)
    structlog.get_logger().info("housekeeping done", run=run.id, dropped=sum(run.counts.values()))
    return run
