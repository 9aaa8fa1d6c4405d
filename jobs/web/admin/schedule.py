"""The jobs: when each ran and runs next, run one now, and what ran of late."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from db.runs import Run, recent_runs
from jobs.base.app import App
from jobs.collecting.wishes import somebody_serves
from jobs.running.schedule import ask_job, jobs_standing, may_be_asked
from jobs.web import addresses
from jobs.web.admin.desk import back_to, screen, signed
from jobs.web.admin.words import KINDS
from jobs.web.pages import app_of, language_of
from tracker import l10n, sources
from tracker.l10n import N_
from tracker.readings.source_status import fault_in_words

router = APIRouter(include_in_schema=False)
MOST = 100  # runs that are shown
JOBS = {  # of the schedule, and others that leave runs
    "collect": N_("Reading sources"),
    "daily": N_("Daily mails"),
    "weekly": N_("Weekly mails"),
    "monthly": N_("Monthly mails"),
    "urgent": N_("Urgent mails"),
    "welcome": N_("First mails of new readers"),
    "deliver": N_("Sending mails"),
    "completeness": N_("Comparing with the publisher’s own list"),
    "housekeeping": N_("Tidying up"),
    "strategies": N_("Next strategies take over"),
    "reports": N_("Telling admins of reports"),
    "bounces": N_("Reading mails that came back"),
    "letters": N_("Sending letters"),
    "edition": N_("Making an edition"),
    "retag": N_("Tagging calls again"),
    "edit": N_("Setting a fact by hand"),
    "backfill": N_("Reading past calls"),
    "reparse": N_("Reading kept pages again"),
}
OF_EDITIONS = {kind.value: name for kind, name in KINDS.items()}  # the subjects of their runs
VERDICTS = {
    "running": N_("is running"),
    "accepted": N_("read and believed"),
    "quarantined": N_("read, not believed"),
    "done": N_("done"),
    "failed": N_("failed"),
    "interrupted": N_("broke off"),
}


@router.get(addresses.ADMIN_JOBS)
def get_jobs(request: Request, done: str = "") -> Response:
    """Show the schedule and the newest runs."""
    app = app_of(request)
    with app.db.read() as session:
        jobs, runs = jobs_standing(session, app), recent_runs(session, MOST)
    language = language_of(request)
    shown: dict[str, Any] = {"jobs": jobs, "runs": runs, "is_served": somebody_serves(app), "done": done}
    words = {"named": partial(_named, app, language), "outcome": partial(_outcome, language)}
    return screen(request, "jobs.html", 200, may_be_asked=may_be_asked, **(shown | words))


@router.post(addresses.ADMIN_JOB_ASK)
def post_job(request: Request, job: str) -> Response:
    """Ask that a job runs now."""
    ask_job(app_of(request), job, signed(request))
    return back_to(addresses.ADMIN_JOBS, "asked")


def _named(app: App, language: str, name: str) -> str:
    """A job or what it was about, in words."""
    if source := sources.modules(app.settings.sources).get(name):
        return str(source.SOURCE.name)
    return l10n.catalogue(language).gettext((OF_EDITIONS | JOBS).get(name, name))


def _outcome(language: str, run: Run) -> str:
    """What came of a run, in words."""
    said = l10n.catalogue(language).gettext
    reasons = [fault_in_words(reason.name, said) for reason in run.reasons if run.job == "collect"]
    return ": ".join([said(VERDICTS[run.verdict]), *reasons[:1]])
