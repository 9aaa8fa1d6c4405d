"""The desk's first screen: what waits for a person, the next mails, and the spearheads."""

from fastapi import APIRouter, Request, Response

from jobs.editions.planning import next_regular
from jobs.publishing.overview import desk_overview, most_of
from jobs.rulebook.standing import spearheads_standing
from jobs.running.inbox import WaitingKind, all_waiting
from jobs.web import addresses
from jobs.web.admin.desk import screen
from jobs.web.pages import app_of, language_of
from jobs.web.spearheads import months_of

router = APIRouter(include_in_schema=False)
SCREENS = {  # where each is decided
    WaitingKind.READING: "admin_sources",
    WaitingKind.EDITION: "admin_editions",
    WaitingKind.PART: "admin_editions",
    WaitingKind.MAILS: "admin_editions",
    WaitingKind.BANS: "admin_editions",
    WaitingKind.STRATEGY: "admin_strategies",
    WaitingKind.PROPOSAL: "admin_proposals",
    WaitingKind.REPORT: "admin_reports",
}


@router.get(addresses.ADMIN)
def get_overview(request: Request) -> Response:
    """Show what waits, and the other screens."""
    app = app_of(request)
    with app.db.read() as session:
        heads, waiting = spearheads_standing(session), all_waiting(session, app)
        seen = desk_overview(session, app)
    language = language_of(request)
    shown = {"heads": heads, "waiting": waiting, "screens": SCREENS, "next": next_regular(app), "seen": seen}
    months = months_of(seen.deadlines, app.today(), language)
    read = request.app.state.freshness.line(language)
    return screen(request, "overview.html", months=months, most=most_of(seen.new), read_when=read, **shown)
