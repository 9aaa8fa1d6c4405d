"""Readers' "not for us": the calls that they did not want, with the rules behind them, to be looked at and closed."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db import strategies
from jobs.rulebook.unwanted import close_unwanted, unwanted_calls
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, screen
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST = 100


@router.get(addresses.ADMIN_FEEDBACK)
def get_unwanted(request: Request, done: str = "") -> Response:
    """List the calls with answers that nobody has closed."""
    return _unwanted(request, done=done)


def _unwanted(request: Request, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    language = admin_of(request).language.value
    with app_of(request).db.read() as session:
        found = unwanted_calls(session)
        names = {head.key: dict(head.names).get(language, head.key) for head in strategies.all_spearheads(session)}
        rules = {rule.key: rule.text for rule in strategies.all_rules(session)}
    values = {"found": found[:MOST], "count": len(found), "names": names, "rules": rules}
    return screen(request, "unwanted.html", 409 if faults else 200, faults=faults, done=done, **values)


@router.post(addresses.ADMIN_FEEDBACK_CLOSE)
def post_close_unwanted(request: Request, call_id: CallNumber, sent: Sent) -> Response:
    """Close the answers on a call."""
    act = partial(close_unwanted, app_of(request), call_id)
    return acted(request, sent, act, partial(_unwanted, request), addresses.ADMIN_FEEDBACK)
