"""Housekeeping: what is kept no longer than it is needed.

Does not touch the ledger.
"""

from db.runs import Run
from jobs.desk import Desk
from jobs.runs import recorded
from tracker import answers, pages


def housekeep(desk: Desk) -> Run:
    """Drop kept pages and remembered answers that are older than the configuration says."""
    with recorded(desk.db, "housekeeping", None, desk.clock) as run:
        data, now = desk.settings.data, desk.clock()
        run.counts = {
            "runs_of_pages_dropped": pages.drop_old(data.dir, data.keep_pages_days, now),
            "answers_dropped": answers.drop_old(data.dir, data.keep_pages_days, now),
        }
    return run
