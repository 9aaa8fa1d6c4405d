"""Signing in and out, and the first visit by the link of an invitation."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from jobs.admins import sign_in
from jobs.web import addresses
from jobs.web.admin.desk import COOKIE, back_to, refused, screen, with_session, without_session
from jobs.web.forms import Complaint, sent_form
from jobs.web.limits import each_client
from jobs.web.pages import app_of, language_of
from tracker.errors import InputFaults, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
NAMES = {"address": N_("Your e-mail address"), "password": N_("Password"), "code": N_("Code")}
UNAUTHORISED, UNPROCESSABLE = 401, 422


@router.get(addresses.ADMIN_SIGN_IN)
def get_sign_in(request: Request) -> Response:
    """Show the form."""
    return _form(request, "", request.query_params.get("to", ""))


@router.post(addresses.ADMIN_SIGN_IN, dependencies=[Depends(each_client("desk"))])
def post_sign_in(request: Request, sent: Sent) -> Response:
    """Sign in under a new session, or show the form again."""
    app, given = app_of(request), {name: sent.get(name, "") for name in NAMES}
    try:
        token = sign_in.sign_in(app, given["address"], given["password"], given["code"])
    except Refusal as error:
        complaints = refused(error, language_of(request), "password", NAMES)
        return _form(request, given["address"], sent.get("to", ""), complaints)
    sign_in.sign_out(app, request.cookies.get(COOKIE, ""))
    return with_session(request, back_to(_way(sent.get("to", ""))), token)


def _form(request: Request, address: str, to: str, faults: Sequence[Complaint] = ()) -> Response:
    status = UNAUTHORISED if faults else 200
    return screen(request, "sign_in.html", status, address=address, way=_way(to), faults=faults)


def _way(to: str) -> str:
    """Where to go after signing in: a screen of the desk, and no other address."""
    is_ours = to.startswith(f"{addresses.ADMIN}/") and "\\" not in to and "//" not in to and to.isprintable()
    return to if is_ours else addresses.ADMIN


@router.post(addresses.ADMIN_SIGN_OUT)
def post_sign_out(request: Request) -> Response:
    """End this browser's session."""
    sign_in.sign_out(app_of(request), request.cookies.get(COOKIE, ""))
    return without_session(back_to(addresses.ADMIN_SIGN_IN))


@router.get(addresses.ADMIN_WELCOME)
def get_welcome(request: Request, token: str) -> Response:
    """Ask a new admin for a password."""
    return _welcome(request, token)


@router.post(addresses.ADMIN_WELCOME, dependencies=[Depends(each_client("desk"))])
def post_welcome(request: Request, token: str, sent: Sent) -> Response:
    """Keep the password and sign in; the link is used up."""
    app = app_of(request)
    try:
        session = sign_in.choose_password(app, token, sent.get("password", ""))
    except InputFaults as error:
        language = sign_in.invited(app, token).language.value
        return _welcome(request, token, refused(error, language, "password", NAMES))
    return with_session(request, back_to(addresses.ADMIN), session)


def _welcome(request: Request, token: str, faults: Sequence[Complaint] = ()) -> Response:
    admin = sign_in.invited(app_of(request), token)
    request.state.language = admin.language.value
    status = UNPROCESSABLE if faults else 200
    return screen(request, "welcome.html", status, name=admin.name, token=token, faults=faults)
