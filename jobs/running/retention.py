"""Retention: how long each kind of data is kept, as one table, and the housekeeping that enforces it.

docs/subscribers.md shows the same table; a test compares the two. The ledger of who was told what is kept for good: it
has no addresses of those who are gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from db import bounces, deliveries, erasure, invitations, letters, reports
from db.audit import Signed
from db.runs import Run
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.readers.privacy import erase
from tracker.config import Settings
from tracker.fetching import http_cache
from tracker.l10n import N_
from tracker.readings import page_archive


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """One kind of data: where it is stored, the setting for how many days, why that long, and how it is deleted.

    `what` and `why` are texts of the pages' catalogue. `drop` takes the instant before which data is too old, and
    returns how many things it deleted.
    """

    what: str
    where: str
    key: str
    why: str
    drop: Callable[[App, datetime], int]
    of_people: bool = True  # False: it holds nothing of a person

    def days(self, settings: Settings) -> int:
        """The number of days it is kept."""
        section, name = self.key.split(".")
        return int(getattr(getattr(settings, section), name))


def housekeep(app: App) -> Run:
    """Drop everything that is older than the configuration says; the run counts what was dropped, by kind."""
    with recorded(app.db, "housekeeping", None, app.clock) as run:
        run.counts = enforce(app)
    structlog.get_logger().info("housekeeping done", run=run.id, dropped=sum(run.counts.values()))
    return run


def enforce(app: App) -> dict[str, int]:
    """Delete everything that is too old; return how many of each kind."""
    return {rule.what: _drop(app, rule) for rule in RETENTION}


def _drop(app: App, rule: RetentionRule) -> int:
    before = app.clock() - timedelta(days=rule.days(app.settings))
    count = rule.drop(app, before)
    if count:
        structlog.get_logger().info("dropped what is too old", what=rule.what, count=count, before=before.isoformat())
    return count


def _pending(app: App, before: datetime) -> int:
    with app.db.write() as session:
        due = erasure.made_before(session, before)
        erasure.drop_wishes(session, before)
    return _erase_all(app, due, "the sign-up was not confirmed")


def _left(app: App, before: datetime) -> int:
    with app.db.read() as session:
        due = erasure.left_before(session, before)
    return _erase_all(app, due, "left, and the time to undo it is over")


def _erase_all(app: App, ids: list[int], reason: str) -> int:
    for subscriber_id in ids:
        erase(app, subscriber_id, Signed("housekeeping", reason, app.clock()))
        structlog.get_logger().info("subscriber erased", subscriber=subscriber_id, reason=reason)
    return len(ids)


def _letters(app: App, before: datetime) -> int:
    with app.db.write() as session:
        return letters.drop_letter_texts(session, before, app.clock())


def _contents(app: App, before: datetime) -> int:
    with app.db.write() as session:
        return deliveries.drop_old_contents(session, before)


def _bounces(app: App, before: datetime) -> int:
    with app.db.write() as session:
        return bounces.drop_bounce_texts(session, before)


def _invitations(app: App, before: datetime) -> int:
    with app.db.write() as session:
        return invitations.drop_old_marks(session, before)


def _reports(app: App, before: datetime) -> int:
    with app.db.write() as session:
        return reports.drop_report_texts(session, before)


def _pages(app: App, before: datetime) -> int:
    return page_archive.drop_old_pages(app.files, 0, before) + http_cache.drop_unused_responses(app.files, 0, before)


RETENTION = (
    RetentionRule(
        N_("unconfirmed sign-ups"),
        "subscribers, subscriber_changes",
        "retention.pending_days",
        N_("a mailbox that does not answer never agreed; its link is good for a week"),
        _pending,
    ),
    RetentionRule(
        N_("letters"),
        "letters: recipient, message",
        "retention.letters_days",
        N_("to find out why a confirmation did not arrive"),
        _letters,
    ),
    RetentionRule(
        N_("those who left"),
        "subscribers and all that hangs on them",
        "retention.left_days",
        N_("leaving can be undone for as long"),
        _left,
    ),
    RetentionRule(
        N_("frozen mails"),
        "mail_contents",
        "retention.contents_days",
        N_("a year's editions can be read again, corrected and exported byte for byte; they hold no address"),
        _contents,
    ),
    RetentionRule(
        N_("what returned mails said"),
        "bounces: detail",
        "retention.bounces_days",
        N_("to tell a broken mailbox from a broken server"),
        _bounces,
    ),
    RetentionRule(
        N_("that an address was invited, or left"),
        "invitations: a mark without the address",
        "retention.invitations_days",
        N_("so that nobody is asked again whom we asked, or who left"),
        _invitations,
    ),
    RetentionRule(
        N_("reports of errors, and feedback"),
        "reports: text, address, answer",
        "retention.reports_days",
        N_("who wrote may ask again after our answer; counted from it"),
        _reports,
    ),
    RetentionRule(
        N_("publishers' pages"),
        "pages and answers in the data directory or `kept_files`",
        "data.keep_pages_days",
        N_("to read them again by a mended parser; they hold no reader"),
        _pages,
        of_people=False,
    ),
)
