"""Calls, as anybody may look them up: the list, and one call."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from db.calls import CallStatus
from jobs.publishing import catalogue
from jobs.web import addresses
from jobs.web.pages import app_of, language_of, show

router = APIRouter(include_in_schema=False)
MOST = 100  # calls of a page
NOW = (CallStatus.OPEN, CallStatus.FORTHCOMING)


@router.get(addresses.ANY_CALLS)
def get_any_calls(request: Request) -> Response:
    """Lead from the address in mails to the list in the reader's language."""
    return RedirectResponse(addresses.CALLS.format(language=language_of(request)), 302)


@router.get(addresses.FRONT)
def get_front(request: Request) -> Response:
    """Lead from the address of a language to its list."""
    return RedirectResponse(addresses.CALLS.format(language=language_of(request)), 302)


@router.get(addresses.CALLS)
def get_calls(request: Request, spearhead: str = "") -> Response:
    """List open and forthcoming calls, those that close first at the top."""
    app = app_of(request)
    with app.db.read() as session:
        listed = catalogue.listed_calls(session, app, NOW, "", spearhead, MOST)
        return show(request, "calls.html", listed=listed, spearhead=spearhead)


@router.get(addresses.CALL)
def get_call(request: Request, call_id: int) -> Response:
    """Show one call in full."""
    app = app_of(request)
    with app.db.read() as session:
        [call] = catalogue.calls_in_full(session, app, str(call_id))
        return show(request, "call.html", call=call)
