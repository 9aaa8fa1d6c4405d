"""Signing up: the form, and the answer that tells nobody whether an address is known."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import QueryParams

from jobs.readers import optin, preferences
from jobs.readers.lately import Lately, lately_told
from jobs.readers.offers import offers
from jobs.web import addresses
from jobs.web.forms import Complaint, complaints, sent_form, sign_up_given, unfilled, with_chosen
from jobs.web.limits import each_client
from jobs.web.list_address import ListAddress
from jobs.web.pages import app_of, language_of, show
from tracker.errors import InputFaults
from tracker.subscriptions.consent import consent_text
from tracker.subscriptions.requests import ACTOR_TYPES

router = APIRouter(include_in_schema=False)


@router.get(addresses.SIGN_UP)
def get_sign_up(request: Request) -> Response:
    """Show the form; the address can fill in an interest, as in ?spearheads=food&programmes=LIFE."""
    given = unfilled(request.query_params, language_of(request))
    try:
        return _form(request, given, preview=_lately(request, given))
    except InputFaults:
        return _form(request, given)  # nothing is filled in yet, or what an old link names is gone


@router.post(addresses.SIGN_UP, dependencies=[Depends(each_client("sign up"))])
def post_sign_up(request: Request, sent: Annotated[QueryParams, Depends(sent_form)]) -> Response:
    """Ask the mailbox to confirm, or show the form again with what is wrong in it."""
    app, language = app_of(request), language_of(request)
    given = sign_up_given(sent, language)
    try:
        optin.sign_up(app, preferences.checked_sign_up(app, given))
    except InputFaults as error:
        return _form(request, given, complaints(error, language), 422)
    return show(request, "done.html", done="asked")


@router.get(addresses.PREVIEW)
def get_preview(request: Request) -> Response:
    """Lead back to the form, which a preview cannot be shown without."""
    return RedirectResponse(addresses.SIGN_UP.format(language=language_of(request)), 303)


@router.post(addresses.PREVIEW)
def post_preview(request: Request, sent: Annotated[QueryParams, Depends(sent_form)]) -> Response:
    """Show the new calls of late that fit what is filled in; nothing is stored or sent."""
    language = language_of(request)
    given = sign_up_given(sent, language)
    try:
        return _form(request, given, preview=_lately(request, given))
    except InputFaults as error:
        wrong = complaints(error, language)
        return _form(request, given, wrong, 422, beside_preview=wrong)


def _lately(request: Request, given: dict[str, Any]) -> Lately:
    app = app_of(request)
    return lately_told(app, preferences.checked_preferences(app, given).interests[0])


def _form(
    request: Request,
    given: dict[str, Any],
    faults: Sequence[Complaint] = (),
    status: int = 200,
    preview: Lately | None = None,
    beside_preview: Sequence[Complaint] = (),
) -> Response:
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        shown = with_chosen(offers(session, app, language), given["interests"])
    consent = consent_text(language, app.settings.retention.left_days)
    return show(
        request,
        "sign_up.html",
        status=status,
        fragment="preview",
        given=given,
        shown=shown,
        faults=faults,
        consent=consent,
        actor_types=ACTOR_TYPES,
        preview=preview,
        beside_preview=beside_preview,
        asked=f"?{request.url.query}" if request.url.query else "",
        listed=ListAddress(preview.choice).query() if preview else "",
    )
