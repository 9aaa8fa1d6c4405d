"""One source: its year, when it is read, what is expected of a reading, and its readings, the newest first."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import QueryParams

from db.audit import Signed
from db.runs import readings_before
from db.types import LARGEST
from jobs.collecting.days import years_of_sources
from jobs.collecting.status import source_in_full
from jobs.collecting.wishes import ask_reading, choose_canaries, choose_schedule, somebody_serves
from jobs.web import addresses
from jobs.web.admin.cadences import cadence_of, chosen_line
from jobs.web.admin.desk import acted, back_to, screen, signed
from jobs.web.admin.source_words import source_words
from jobs.web.admin.strip import strip_of
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
READINGS = 30  # on a page
Before = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get(addresses.ADMIN_SOURCE)
def get_source(request: Request, key: str, before: Before = None, done: str = "") -> Response:
    """Show a source, and its readings below a number."""
    return _source(request, key, before=before, done=done)


def _source(
    request: Request, key: str, faults: Sequence[Complaint] = (), before: int | None = None, done: str = ""
) -> Response:
    app = app_of(request)
    with app.db.read() as session:
        full = source_in_full(session, app, key)
        [days] = years_of_sources(session, app, key).values()
        found = readings_before(session, key, before, READINGS + 1)
    readings = found[:READINGS]
    older = readings[-1].id if len(found) > READINGS else None
    shown = {"full": full, "year": strip_of(days), "readings": readings, "older": older, "before": before}
    beside = {"cadence": cadence_of(full.line), "is_served": somebody_serves(app), "faults": faults, "done": done}
    status, words = 422 if faults else 200, source_words(request)
    return screen(request, "source.html", status, **shown, **beside, sw=words, fragment="asked")


@router.post(addresses.ADMIN_SOURCE_READ)
def post_read(request: Request, key: str) -> Response:
    """Ask that a source be read now."""
    ask_reading(app_of(request), key, signed(request))
    return back_to(addresses.ADMIN_SOURCE.format(key=key) + "#asked")


@router.post(addresses.ADMIN_SOURCE_CADENCE)
def post_cadence(request: Request, key: str, sent: Sent) -> Response:
    """Read a source at other times, or again when the configuration says."""
    line = chosen_line(sent.get("often", ""), sent.get("hour", ""))
    return _acted(request, key, sent, partial(choose_schedule, app_of(request), key, line))


@router.post(addresses.ADMIN_SOURCE_CANARIES)
def post_canaries(request: Request, key: str, sent: Sent) -> Response:
    """Watch other calls, or again those of the configuration."""
    names = None if "lift" in sent else sent.get("canaries", "").splitlines()
    return _acted(request, key, sent, partial(choose_canaries, app_of(request), key, names))


def _acted(request: Request, key: str, sent: QueryParams, act: Callable[[Signed], object]) -> Response:
    return acted(request, sent, act, partial(_source, request, key), addresses.ADMIN_SOURCE.format(key=key))
