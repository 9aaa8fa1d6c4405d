"""One call, as anybody may look it up."""

from fastapi import APIRouter, Request, Response

from jobs.publishing import catalogue
from jobs.web import addresses
from jobs.web.pages import app_of, show

router = APIRouter(include_in_schema=False)


@router.get(addresses.CALL)
def get_call(request: Request, call_id: int) -> Response:
    """Show one call in full."""
    app = app_of(request)
    with app.db.read() as session:
        [call] = catalogue.calls_in_full(session, app, str(call_id))
        return show(request, "call.html", call=call)
