"""The desk's first screen: what waits for a person, the next mails, and the spearheads."""

from datetime import date

from fastapi import APIRouter, Request, Response

from db.editions import HoldReason
from jobs.base.app import App
from jobs.editions.planning import next_regular
from jobs.editions.words import ledger_word
from jobs.publishing.overview import desk_overview, most_of
from jobs.rulebook.standing import spearheads_standing
from jobs.running.inbox import Waiting, WaitingKind, all_waiting
from jobs.web import addresses
from jobs.web.admin.desk import screen
from jobs.web.admin.words import DeskWords
from jobs.web.pages import app_of, language_of
from jobs.web.spearheads import months_of
from tracker import l10n, sources
from tracker.readings.source_status import fault_in_words

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


def _in_words(app: App, language: str, one: Waiting) -> tuple[str, str]:
    """What waits, and why, in the words of a language; what has none as it is."""
    t, (first, _, rest) = l10n.catalogue(language), one.subject.partition(" ")
    match one.kind:
        case WaitingKind.READING:
            source = sources.modules(app.settings.sources).get(first)
            return f"{source.SOURCE.name if source else first} {rest}", fault_in_words(one.code, t.gettext)
        case WaitingKind.EDITION:
            by_hand = f": {one.why}" if one.code == HoldReason.ADMIN else ""
            return f"{DeskWords(language).cadence(first)} {rest}", ledger_word(HoldReason(one.code), language) + by_hand
        case WaitingKind.REPORT:
            return one.subject, l10n.bare_day(date.fromisoformat(one.why), language)
        case _:
            return one.subject, one.why


@router.get(addresses.ADMIN)
def get_overview(request: Request) -> Response:
    """Show what waits, and the other screens."""
    app = app_of(request)
    with app.db.read() as session:
        heads, waiting = spearheads_standing(session), all_waiting(session, app)
        seen = desk_overview(session, app)
    language = language_of(request)
    shown = {
        "heads": heads,
        "waiting": [(one, *_in_words(app, language, one)) for one in waiting],
        "screens": SCREENS,
        "next": next_regular(app),
        "seen": seen,
    }
    months = months_of(seen.deadlines, app.today(), language)
    read = request.app.state.freshness.line(language)
    return screen(request, "overview.html", months=months, most=most_of(seen.new), read_when=read, **shown)
