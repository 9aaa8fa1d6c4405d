"""One call, as anybody may look it up."""

from fastapi import APIRouter, Request, Response

from db import calls
from db.runs import coverage
from db.versions import newest_versions
from jobs.publishing import catalogue
from jobs.web import addresses
from jobs.web.call_page import call_page
from jobs.web.calls import list_words
from jobs.web.pages import CallNumber, app_of, language_of, show
from jobs.web.version_view import MOST_VERSIONS

router = APIRouter(include_in_schema=False)


@router.get(addresses.CALL)
def get_call(request: Request, call_id: CallNumber) -> Response:
    """Show one call in full; what another call has as its key or identifier is no address of it."""
    app = app_of(request)
    with app.db.read() as session:
        full = catalogue.call_in_full(session, app, call_id)
        same = calls.calls_by_id(session, full.same_as).values()
        words = list_words(session, app, language_of(request))
        read_at = coverage(session, full.listed.call.source).accepted_at
        versions = newest_versions(session, call_id, MOST_VERSIONS)
        page = call_page(full, same, versions, read_at, app.clock(), words, app.region.zone)
    return show(request, "call.html", page=page)
