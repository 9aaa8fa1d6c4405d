"""Choosing calls for a letter of the month: of a spearhead, by words, or told by an earlier mail; each is a tick."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db import strategies
from db.call_lists import CallFilter
from jobs.base.app import App
from jobs.publishing.issues import issue_of, list_issues
from jobs.publishing.listing import ListRow, list_queries, list_rows
from jobs.publishing.monthly_letters import add_chosen, letter_in_full
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.errors import InputFaults, RuleError
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
LetterNumber = CallNumber
MOST, MOST_EDITIONS, MOST_WORDS = 100, 24, 200
FIELDS = {"q": N_("Search words"), "call": N_("Calls")}


@router.get(addresses.ADMIN_LETTER_CHOOSE)
def get_calls_to_choose(
    request: Request, letter_id: LetterNumber, spearhead: str = "", q: str = "", edition: str = ""
) -> Response:
    """List calls to be ticked."""
    asked = {"spearhead": spearhead, "q": q.strip()[:MOST_WORDS], "edition": edition}
    return _choose(request, letter_id, asked)


def _choose(request: Request, letter_id: int, asked: dict[str, str], faults: Sequence[Complaint] = ()) -> Response:
    app, language = app_of(request), admin_of(request).language.value
    rows: Sequence[ListRow] = ()
    with app.db.read() as session:
        full = letter_in_full(session, letter_id)
        names = {head.key: dict(head.names).get(language, head.key) for head in strategies.all_spearheads(session)}
        try:
            rows = _rows(session, app, asked)
        except (InputFaults, RuleError) as error:
            faults = refused(error, language, "q", FIELDS)
        sent = list_issues(session, None, MOST_EDITIONS)
    there = {chosen.call_id for chosen in full.letter.chosen}
    values: dict[str, Any] = {"full": full, "rows": rows, "there": there, "spearheads": names, "editions": sent}
    return screen(request, "letter_calls.html", 422 if faults else 200, asked=asked, faults=faults, most=MOST, **values)


def _rows(session: Session, app: App, asked: dict[str, str]) -> Sequence[ListRow]:
    """What was asked for: the calls that an edition told, or those that are open or coming."""
    if asked["edition"].isdecimal():
        told = issue_of(session, app, int(asked["edition"])).told
        wanted = [calls for head, calls in told if asked["spearhead"] in ("", head.key)]
        numbers = dict.fromkeys(one.call.id or 0 for calls in wanted for one in calls)
        return list_rows(session, list(numbers)[:MOST])
    if not (asked["spearhead"] or asked["q"]):
        return ()
    spearheads = (asked["spearhead"],) if asked["spearhead"] else ()
    places = list_queries(session, app, CallFilter(spearheads=spearheads, query=asked["q"])).page(MOST)
    return list_rows(session, [place.id for place in places])


@router.post(addresses.ADMIN_LETTER_CHOOSE)
def post_choose(request: Request, letter_id: LetterNumber, sent: Sent) -> Response:
    """Add the calls that were ticked."""
    numbers = [int(number) for number in sent.getlist("call") if number.isdecimal()]
    try:
        add_chosen(app_of(request), letter_id, numbers, signed(request))
    except InputFaults as error:
        faults = refused(error, admin_of(request).language.value, "call", FIELDS)
        return _choose(request, letter_id, {name: sent.get(name, "") for name in ("spearhead", "q", "edition")}, faults)
    return back_to(addresses.ADMIN_LETTER.format(letter_id=letter_id), "done")
