"""One call at the desk: why it is tagged, what has become of it, and what is decided on it by hand."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db import calls, strategies
from db.audit import Signed
from db.duplicates import pairs_of_call
from db.reports import reports_of_call
from db.versions import newest_versions
from jobs.collecting.overrides import lift_override, set_field
from jobs.publishing.catalogue import CallInFull, calls_in_full, one_call
from jobs.rulebook.pins import pin_call, unpin_call
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, screen
from jobs.web.admin.pair_words import PairWords
from jobs.web.admin.permissions import may
from jobs.web.call_page import call_page, place_in_words
from jobs.web.calls import list_words
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of, language_of
from jobs.web.version_view import MOST_VERSIONS
from tracker import l10n
from tracker.calls.overrides import EDITABLE
from tracker.tagging.explain import words_by_place

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST_REPORTS = 20


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
        beside = _beside(session, request, full)
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
        **beside,
        faults=faults,
        done=done,
    )


def _beside(session: Session, request: Request, full: CallInFull) -> dict[str, Any]:
    """What has become of a call, its pairs with calls of other sources, and what people reported of it."""
    app, call_id = app_of(request), full.listed.call.id or 0
    same, words = calls.calls_by_id(session, full.same_as).values(), list_words(session, app, language_of(request))
    versions = newest_versions(session, call_id, MOST_VERSIONS)
    page = call_page(full, same, versions, None, app.clock(), words, app.region.zone)
    sees_reports = may(admin_of(request).role, "GET", addresses.ADMIN_REPORTS)
    return {
        "history": page.history,
        "source_name": words.sources.get(full.listed.call.source, full.listed.call.source),
        "pairs": pairs_of_call(session, call_id),
        "pw": PairWords(words.language),
        "reports": reports_of_call(session, call_id, MOST_REPORTS) if sees_reports else (),
    }


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
