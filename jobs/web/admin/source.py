"""One source: its year, when it is read, what is expected of a reading, and its readings, the newest first."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from db.runs import readings_before
from db.types import LARGEST
from jobs.collecting.days import years_of_sources
from jobs.collecting.status import source_in_full
from jobs.web import addresses
from jobs.web.admin.desk import screen
from jobs.web.admin.source_words import source_words
from jobs.web.admin.strip import strip_of
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)
READINGS = 30  # on a page
Before = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get(addresses.ADMIN_SOURCE)
def get_source(request: Request, key: str, before: Before = None) -> Response:
    """Show a source, and its readings below a number."""
    app = app_of(request)
    with app.db.read() as session:
        full = source_in_full(session, app, key)
        [days] = years_of_sources(session, app, key).values()
        found = readings_before(session, key, before, READINGS + 1)
    readings = found[:READINGS]
    older = readings[-1].id if len(found) > READINGS else None
    shown = {"full": full, "year": strip_of(days), "readings": readings, "older": older, "before": before}
    return screen(request, "source.html", **shown, sw=source_words(request))
