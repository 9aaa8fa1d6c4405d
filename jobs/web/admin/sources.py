"""Sources: how well each is read, and readings that were not believed, to be accepted or rejected."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from jobs.collecting.quarantine import accept_reading, reject_reading, undecided
from jobs.collecting.status import funnel, list_sources
from jobs.web import addresses
from jobs.web.admin.desk import acted, screen
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
RunNumber = CallNumber


@router.get(addresses.ADMIN_SOURCES)
def get_sources(request: Request, done: str = "") -> Response:
    """List the sources, those in trouble first, and what waits for a decision."""
    return _sources(request, done=done)


def _sources(request: Request, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app = app_of(request)
    with app.db.read() as session:
        listed = list_sources(session, app)
        waiting = [(run, funnel(run.counts)) for run in undecided(session, app)]
    listed.sort(key=lambda one: (not one.is_enabled, one.read.blind_since is None, one.source.name))
    status = 409 if faults else 200
    return screen(request, "sources.html", status, listed=listed, waiting=waiting, faults=faults, done=done)


@router.post(addresses.ADMIN_RUN_ACCEPT)
def post_accept(request: Request, run_id: RunNumber, sent: Sent) -> Response:
    """Store a reading that was not believed, with the news that it makes."""
    act = partial(accept_reading, app_of(request), run_id)
    return acted(request, sent, act, partial(_sources, request), addresses.ADMIN_SOURCES)


@router.post(addresses.ADMIN_RUN_REJECT)
def post_reject(request: Request, run_id: RunNumber, sent: Sent) -> Response:
    """Note that a reading was rightly not believed."""
    act = partial(reject_reading, app_of(request), run_id)
    return acted(request, sent, act, partial(_sources, request), addresses.ADMIN_SOURCES)
