"""Calls at the desk: find one, see why it is tagged, pin it to a spearhead or away from it, set a field by hand."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db import strategies
from db.audit import Signed
from jobs.collecting.overrides import lift_override, set_field
from jobs.publishing.catalogue import calls_by_words_or_name, calls_in_full, one_call
from jobs.rulebook.pins import pin_call, unpin_call
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, screen
from jobs.web.call_page import place_in_words
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker import l10n
from tracker.calls.overrides import EDITABLE
from tracker.tagging.explain import words_by_place

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST, MOST_WORDS = 50, 200


@router.get(addresses.ADMIN_CALLS)
def get_desk_calls(request: Request, q: str = "") -> Response:
    """Find calls by words, by our number or by the publisher's identifier."""
    app, words = app_of(request), q.strip()[:MOST_WORDS]
    with app.db.read() as session:
        found = calls_by_words_or_name(session, app, words, MOST) if words else []
    return screen(request, "calls.html", found=found, q=words, most=MOST)


@router.get(addresses.ADMIN_CALL)
def get_desk_call(request: Request, call_id: CallNumber, done: str = "") -> Response:
    """Show a call with its spearheads and what was decided by hand."""
    return _call(request, call_id, done=done)


def _call(request: Request, call_id: int, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app, language = app_of(request), admin_of(request).language.value
    t = l10n.catalogue(language)
    with app.db.read() as session:
        [full] = calls_in_full(session, app, str(one_call(session, str(call_id)).id))
        heads = strategies.all_spearheads(session)
        pins = strategies.pins_of(session, [call_id]).get(call_id, [])
    names = {head.key: head.name_in(language) for head in heads}
    tags = [
        (one, [(place_in_words(place, t.gettext), words) for place, words in words_by_place(one.evidence).items()])
        for one in full.taggings
    ]
    return screen(
        request,
        "call.html",
        422 if faults else 200,
        full=full,
        call=full.listed.call,
        tags=tags,
        names=names,
        pins=pins,
        fields=EDITABLE,
        faults=faults,
        done=done,
    )


@router.post(addresses.ADMIN_CALL_PIN)
def post_pin(request: Request, call_id: CallNumber, sent: Sent) -> Response:
    """Pin a call to a spearhead or away from it, or leave that to the rules again."""
    app, spearhead, decision = app_of(request), sent.get("spearhead", ""), sent.get("decision", "")
    with app.db.read() as session:
        call = one_call(session, str(call_id))
    act = (
        partial(unpin_call, app, call_id, spearhead)
        if decision == "rules"
        else partial(pin_call, app, call, spearhead, decision == "in")
    )
    return _acted(request, call_id, sent, act)


@router.post(addresses.ADMIN_CALL_FIELD)
def post_field(request: Request, call_id: CallNumber, sent: Sent) -> Response:
    """Set a field of a call by hand, or give it back to its source."""
    app, field = app_of(request), sent.get("field", "")
    act = (
        partial(lift_override, app, call_id, field)
        if "lift" in sent
        else partial(set_field, app, call_id, field, sent.get("value", ""))
    )
    return _acted(request, call_id, sent, act)


def _acted(request: Request, call_id: int, sent: QueryParams, act: Callable[[Signed], object]) -> Response:
    then = addresses.ADMIN_CALL.format(call_id=call_id)
    return acted(request, sent, act, partial(_call, request, call_id), then)
