"""Sources: each with its last year as a strip, those in trouble first, and readings that wait for a decision."""

from fastapi import APIRouter, Request, Response

from jobs.collecting.days import years_of_sources
from jobs.collecting.quarantine import undecided
from jobs.collecting.status import list_sources
from jobs.web import addresses
from jobs.web.admin.desk import screen
from jobs.web.admin.source_words import source_words
from jobs.web.admin.strip import strip_of
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)


@router.get(addresses.ADMIN_SOURCES)
def get_sources(request: Request) -> Response:
    """List the sources, those in trouble first, and what waits for a decision."""
    app = app_of(request)
    with app.db.read() as session:
        listed, waiting, years = list_sources(session, app), undecided(session, app), years_of_sources(session, app)
    listed.sort(key=lambda one: (not one.is_enabled, one.read.blind_since is None, one.source.name))
    names = {one.source.key: one.source.name for one in listed}
    strips = {key: strip_of(days) for key, days in years.items()}
    shown = {"listed": listed, "waiting": waiting, "names": names, "strips": strips, "sw": source_words(request)}
    return screen(request, "sources.html", **shown)
