"""One reading: how far its calls came, why it was not believed, its pages, and what accepting it would do."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.datastructures import QueryParams

from jobs.collecting.one_reading import one_reading, page_as_received
from jobs.collecting.quarantine import accept_reading, foresee_acceptance, reject_reading
from jobs.web import addresses
from jobs.web.admin.desk import acted, screen
from jobs.web.admin.source_words import source_words
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
RunNumber = CallNumber
PageNumber = CallNumber
First = Annotated[int, Query(ge=1, le=1_000_000)]
PAGES = 50  # that are listed at once
AS_TEXT = {  # whatever a publisher sent: nothing of it is run, and nothing loaded
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


@router.get(addresses.ADMIN_RUN)
def get_run(request: Request, run_id: RunNumber, first: First = 1, done: str = "") -> Response:
    """Show a reading."""
    return _run(request, run_id, first=first, done=done)


def _run(request: Request, run_id: int, faults: Sequence[Complaint] = (), first: int = 1, done: str = "") -> Response:
    app = app_of(request)
    with app.db.read() as session:
        one = one_reading(session, app, run_id)
    shown = {"one": one, "run": one.run, "first": first, "pages": PAGES, "sw": source_words(request)}
    return screen(request, "run.html", 409 if faults else 200, **shown, faults=faults, done=done)


@router.get(addresses.ADMIN_RUN_PAGE)
def get_run_page(request: Request, run_id: RunNumber, number: PageNumber) -> Response:
    """Hand over a page of a reading as the publisher sent it, as a file of plain text."""
    app = app_of(request)
    with app.db.read() as session:
        body = page_as_received(session, app, run_id, number)
    name = {"content-disposition": f'attachment; filename="run-{run_id}-page-{number}.txt"'}
    return PlainTextResponse(body, headers=AS_TEXT | name)


@router.get(addresses.ADMIN_RUN_ACCEPT)
def get_accept(request: Request, run_id: RunNumber) -> Response:
    """Show what accepting a reading would do, and ask why it is accepted."""
    return _accept(request, run_id)


def _accept(request: Request, run_id: int, faults: Sequence[Complaint] = ()) -> Response:
    app = app_of(request)
    with app.db.read() as session:
        one = one_reading(session, app, run_id)
    shown = {"one": one, "run": one.run, "seen": foresee_acceptance(app, run_id), "sw": source_words(request)}
    return screen(request, "run_accept.html", 409 if faults else 200, **shown, faults=faults)


@router.post(addresses.ADMIN_RUN_ACCEPT)
def post_accept(request: Request, run_id: RunNumber, sent: Sent) -> Response:
    """Store a reading that was not believed, with the news that it makes."""
    act = partial(accept_reading, app_of(request), run_id)
    return acted(request, sent, act, partial(_run, request, run_id), addresses.ADMIN_RUN.format(run_id=run_id))


@router.post(addresses.ADMIN_RUN_REJECT)
def post_reject(request: Request, run_id: RunNumber, sent: Sent) -> Response:
    """Note that a reading was rightly not believed."""
    act = partial(reject_reading, app_of(request), run_id)
    return acted(request, sent, act, partial(_run, request, run_id), addresses.ADMIN_RUN.format(run_id=run_id))
