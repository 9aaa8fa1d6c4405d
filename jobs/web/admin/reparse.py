"""Kept pages read again by today's program: what would change, and storing it; nobody is told, and nobody is asked."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from jobs.collecting import reparse
from jobs.collecting.status import known_source
from jobs.web import addresses
from jobs.web.admin.desk import acted, screen
from jobs.web.admin.source_words import source_words
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST_DAYS = 7  # a longer span takes minutes: the command has no limit


@router.get(addresses.ADMIN_SOURCE_REPARSE)
def get_reparse(request: Request, key: str, days: str = "1") -> Response:
    """Show what reading a source's newest kept pages again would change."""
    return _reparse(request, key, days)


def _reparse(request: Request, key: str, days: str, faults: Sequence[Complaint] = ()) -> Response:
    app = app_of(request)
    source = known_source(app, key)
    from_on = _first_day(reparse.last_kept_day(app, key), days)
    seen = reparse.foresee(app, key, from_on)
    shown = {"source": source, "seen": seen, "from_on": from_on, "days": days, "most": MOST_DAYS, "faults": faults}
    return screen(request, "reparse.html", 422 if faults else 200, **shown, sw=source_words(request))


@router.post(addresses.ADMIN_SOURCE_REPARSE)
def post_reparse(request: Request, key: str, sent: Sent) -> Response:
    """Store what today's program reads in the kept pages."""
    app, days = app_of(request), sent.get("days", "1")
    source = known_source(app, key)
    act = partial(reparse.apply, app, source.key, _first_day(reparse.last_kept_day(app, key), days))
    return acted(request, sent, act, partial(_reparse, request, key, days), addresses.ADMIN_SOURCE.format(key=key))


def _first_day(last: date, days: str) -> date:
    number = int(days) if days.isascii() and days.isdigit() and len(days) <= 2 else 1
    return last - timedelta(days=min(max(number, 1), MOST_DAYS) - 1)
