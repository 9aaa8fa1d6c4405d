"""An admin's own account: the password, the second factor, signing out everywhere."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from jobs.admins import second_factor, sign_in
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed, with_session, without_session
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import app_of
from tracker.errors import InputFaults, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
NAMES = {"old": N_("Your present password"), "password": N_("New password"), "code": N_("Code")}


@router.get(addresses.ADMIN_ACCOUNT)
def get_account(request: Request, done: str = "") -> Response:
    """Show what an admin can change of their own account."""
    return _account(request, done=done)


def _account(request: Request, faults: Sequence[Complaint] = (), codes: Sequence[str] = (), done: str = "") -> Response:
    offered = second_factor.offered_factor(app_of(request), admin_of(request).id)
    status = 422 if faults else 200
    return screen(request, "account.html", status, offered=offered, faults=faults, codes=codes, done=done)


def _again(request: Request, error: InputFaults | Refusal, field: str) -> Response:
    return _account(request, refused(error, admin_of(request).language.value, field, NAMES))


@router.post(addresses.ADMIN_PASSWORD)
def post_password(request: Request, sent: Sent) -> Response:
    """Change the password; every other session ends."""
    try:
        token = sign_in.change_password(
            app_of(request), admin_of(request).id, sent.get("old", ""), sent.get("password", "")
        )
    except (InputFaults, Refusal) as error:
        return _again(request, error, "old")
    return with_session(request, back_to(addresses.ADMIN_ACCOUNT, "password"), token)


@router.post(addresses.ADMIN_FACTOR)
def post_factor(request: Request, sent: Sent) -> Response:
    """Offer a secret to the admin's app; with a code of it, begin to ask for codes and show the recovery codes once."""
    app, admin = app_of(request), admin_of(request)
    try:
        if "code" not in sent:
            second_factor.offer_factor(app, admin.id)
            return back_to(addresses.ADMIN_ACCOUNT)
        codes = second_factor.begin_factor(app, admin.id, sent["code"], signed(request))
    except InputFaults as error:
        return _again(request, error, "code")
    return _account(request, codes=codes)


@router.post(addresses.ADMIN_FACTOR_OFF)
def post_factor_off(request: Request, sent: Sent) -> Response:
    """Ask for codes no longer."""
    try:
        second_factor.end_factor(app_of(request), admin_of(request).id, sent.get("code", ""), signed(request))
    except InputFaults as error:
        return _again(request, error, "code")
    return back_to(addresses.ADMIN_ACCOUNT, "factor_off")


@router.post(addresses.ADMIN_EVERYWHERE)
def post_sign_out_everywhere(request: Request) -> Response:
    """End every session of this admin."""
    sign_in.sign_out_everywhere(app_of(request), admin_of(request).id, signed(request))
    return without_session(back_to(addresses.ADMIN_SIGN_IN))
