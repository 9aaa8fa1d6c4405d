"""Calls at the desk: the list by words and filters, decisions on several of it at once, and lists that have a name."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db import duplicates, strategies
from db.calls import Call, CallStatus
from db.duplicates import DuplicateState
from db.saved_views import all_views
from jobs.base.app import App
from jobs.publishing.catalogue import calls_meant_by
from jobs.publishing.listing import CallList, Turn, call_list, list_queries, list_rows
from jobs.publishing.saved_views import remove_view, save_view
from jobs.rulebook.pins import MOST_AT_ONCE, pin_several
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, back_to, refused, screen, signed
from jobs.web.calls import list_words
from jobs.web.forms import Complaint, sent_form
from jobs.web.list_address import ListAddress, Pair, read_address
from jobs.web.pages import CallNumber, app_of, language_of
from tracker.errors import InputFaults
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
ViewNumber = CallNumber
MOST, MOST_WORDS = 50, 200
NEW_DAYS = (1, 7, 30, 90)
DECISIONS = ("in", "out", "none")  # none: it is about nothing of the region's
VIEW_FIELDS = {"name": N_("Name of the list")}


@router.get(addresses.ADMIN_CALLS)
def get_desk_calls(request: Request, q: str = "", ticked: str = "", done: str = "") -> Response:
    """List calls by words, our number, an identifier or filters; `ticked` ticks all of the page."""
    return _calls(request, _pairs_of(request.query_params.multi_items(), q), ticked=ticked, done=done)


def _pairs_of(given: Sequence[Pair], q: str) -> list[Pair]:
    """What was asked for as the address of a list; the words go by `q` here."""
    words = [("query", q.strip()[:MOST_WORDS])] if q.strip() else []
    return [pair for pair in given if pair[0] not in ("q", "query")] + (words or [p for p in given if p[0] == "query"])


def _calls(
    request: Request,
    given: Sequence[Pair],
    faults: Sequence[Complaint] = (),
    *,
    ticked: str = "",
    done: str = "",
    name: str = "",
) -> Response:
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        words = list_words(session, app, language)
        address = read_address(given).known(words.spearheads, words.sources)
        named = calls_meant_by(session, address.choice.query) if address.choice.query else ()
        made = _made(session, app, address, named)
        shown: dict[str, Any] = {
            "rows": list_rows(session, [call.id or 0 for call in named]) if named else made.rows,
            "total": len(named) or made.total,
            "views": all_views(session),
            "proposed": duplicates.count_in(session, DuplicateState.PROPOSED),
        }
    before, after = (_page(address, made.before, backwards=True), _page(address, made.after)) if not named else ("", "")
    beside = {"words": words, "choice": address.choice, "query": address.query(), "before": before, "after": after}
    fields = {"statuses": list(CallStatus), "new_days": NEW_DAYS, "ticked": bool(ticked), "most": MOST_AT_ONCE}
    status = 422 if faults else 200
    return screen(request, "calls.html", status, **shown, **beside, **fields, faults=faults, done=done, name=name)


def _made(session: Session, app: App, address: ListAddress, named: Sequence[Call]) -> CallList:
    choice = replace(address.choice, query="") if named else address.choice
    return call_list(session, app, list_queries(session, app, choice), MOST, address.turn)


def _page(address: ListAddress, place: Any, *, backwards: bool = False) -> str:
    return address.with_view(turn=Turn(place, backwards=backwards)) if place else ""


@router.post(addresses.ADMIN_CALLS_CONFIRM)
def post_several(request: Request, sent: Sent) -> Response:
    """Show which calls a decision would be about, and ask why; changes nothing."""
    return _confirm(request, sent)


def _confirm(request: Request, sent: QueryParams, faults: Sequence[Complaint] = ()) -> Response:
    app, ids = app_of(request), _ids(sent)
    with app.db.read() as session:
        found = list_rows(session, ids[:MOST_AT_ONCE])
        words = list_words(session, app, language_of(request))
        pins = strategies.pins_of(session, ids[:MOST_AT_ONCE])
    chosen = {"decision": _decision(sent), "spearhead": sent.get("spearhead", ""), "back": sent.get("back", "")}
    status = 422 if faults or not found or len(ids) > MOST_AT_ONCE else 200
    shown = {"rows": found, "count": len(ids), "most": MOST_AT_ONCE, "words": words, "pins": pins}
    return screen(request, "calls_confirm.html", status, **shown, **chosen, faults=faults)


@router.post(addresses.ADMIN_CALLS_DECIDE)
def post_several_decide(request: Request, sent: Sent) -> Response:
    """Pin the chosen calls to a spearhead, away from it, or away from all that they have."""
    decision = _decision(sent)
    spearhead = None if decision == "none" else sent.get("spearhead", "")
    act = partial(pin_several, app_of(request), _ids(sent), spearhead, decision == "in")
    query = read_address(QueryParams(sent.get("back", "")).multi_items()).query()
    again = partial(_confirm, request, sent)
    return acted(request, sent, act, again, f"{addresses.ADMIN_CALLS}?{query}")


def _ids(sent: QueryParams) -> list[int]:
    numbers = (int(one) for one in sent.getlist("call") if one.isascii() and one.isdecimal() and len(one) <= 9)
    return list(dict.fromkeys(numbers))


def _decision(sent: QueryParams) -> str:
    return sent.get("decision", "") if sent.get("decision") in DECISIONS else DECISIONS[0]


@router.post(addresses.ADMIN_VIEWS)
def post_view(request: Request, sent: Sent) -> Response:
    """Give a list a name."""
    given = QueryParams(sent.get("query", "")).multi_items()
    address, name = replace(read_address(given), turn=Turn()), sent.get("name", "")
    try:
        save_view(app_of(request), name, address.query(), signed(request))
    except InputFaults as error:
        faults = refused(error, admin_of(request).language.value, "name", VIEW_FIELDS)
        return _calls(request, given, faults, name=name[:MOST_WORDS])
    return back_to(f"{addresses.ADMIN_CALLS}?{address.query()}", "done")


@router.post(addresses.ADMIN_VIEW_REMOVE)
def post_view_remove(request: Request, view_id: ViewNumber) -> Response:
    """Take a list's name away."""
    remove_view(app_of(request), view_id, signed(request))
    return back_to(addresses.ADMIN_CALLS, "done")
