"""Duplicates: calls of two sources side by side, joined to one or kept apart, with what readers would see."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from db.duplicates import DuplicateState, count_in, pair_numbered, pairs_before
from db.types import LARGEST
from jobs.collecting.duplicates import DECISIONS, decide
from jobs.web import addresses
from jobs.web.admin.desk import acted, screen
from jobs.web.admin.pair_words import PairWords
from jobs.web.calls import list_words
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of, language_of

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
PairNumber = CallNumber
Before = Annotated[int | None, Query(ge=1, le=LARGEST)]
MOST = 50


@router.get(addresses.ADMIN_DUPLICATES)
def get_duplicates(request: Request, state: str = "", before: Before = None) -> Response:
    """List pairs: those that wait for a decision, or those that were joined or kept apart."""
    app, language = app_of(request), language_of(request)
    chosen = next((one for one in DuplicateState if one.value == state), DuplicateState.PROPOSED)
    with app.db.read() as session:
        found = pairs_before(session, chosen, before, MOST + 1)
        counts = {one: count_in(session, one) for one in DuplicateState}
        sources = list_words(session, app, language).sources
    older = found[MOST - 1][0].id if len(found) > MOST else None
    shown = {"pairs": found[:MOST], "older": older, "state": chosen, "counts": counts, "sources": sources}
    return screen(request, "duplicates.html", **shown, pw=PairWords(language))


@router.get(addresses.ADMIN_DUPLICATE)
def get_duplicate(request: Request, duplicate_id: PairNumber, done: str = "") -> Response:
    """Show the two calls of a pair side by side."""
    return _duplicate(request, duplicate_id, done=done)


def _duplicate(request: Request, duplicate_id: int, faults: Sequence[Complaint] = (), *, done: str = "") -> Response:
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        found = pair_numbered(session, duplicate_id)
        sources = list_words(session, app, language).sources
    if found is None:
        raise HTTPException(404)
    pair, *both = found
    words = PairWords(language)
    shown = {
        "pair": pair,
        "both": both,
        "rows": words.rows(*both),
        "sources": sources,
        "decisions": _possible(pair.state),
    }
    status = 409 if faults else 200
    return screen(request, "duplicate.html", status, **shown, pw=words, faults=faults, done=done)


def _possible(state: DuplicateState) -> list[str]:
    return [verb for verb, (needed, _) in DECISIONS.items() if needed is state]


@router.post(addresses.ADMIN_DUPLICATE)
def post_duplicate(request: Request, duplicate_id: PairNumber, sent: Sent) -> Response:
    """Join a pair, keep it apart, or part what was joined. Makes no news."""
    decision = sent.get("decision", "")
    if decision not in DECISIONS:
        raise HTTPException(422)
    act = partial(decide, app_of(request), duplicate_id, decision)
    then = addresses.ADMIN_DUPLICATE.format(duplicate_id=duplicate_id)
    return acted(request, sent, act, partial(_duplicate, request, duplicate_id), then)
