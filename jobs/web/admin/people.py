"""The admins: who may sign in, with which role; new ones, new links, and ends."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db.admins import Role
from db.subscribers import Language
from jobs.admins import accounts
from jobs.admins.accounts import Invited
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.errors import Code, Fault, InputFaults, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
AdminNumber = CallNumber
NAMES = {
    "address": N_("E-mail address"),
    "name": N_("Name"),
    "role": N_("Role"),
    "language": N_("Language"),
    "reason": N_("Reason"),
}


@router.get(addresses.ADMIN_PEOPLE)
def get_people(request: Request, done: str = "") -> Response:
    """List the admins, with a form for a new one."""
    return _people(request, done=done)


def _people(
    request: Request, sent: QueryParams | None = None, faults: Sequence[Complaint] = (), done: str = ""
) -> Response:
    with app_of(request).db.read() as session:
        admins = accounts.listed_admins(session)
    status = 422 if faults else 200
    given = {name: sent.get(name, "") if sent else "" for name in NAMES}
    return screen(request, "people.html", status, admins=admins, given=given, faults=faults, done=done)


@router.post(addresses.ADMIN_PEOPLE)
def post_person(request: Request, sent: Sent) -> Response:
    """Add an admin, and show the link for them once."""
    app = app_of(request)
    try:
        role, language = _role(sent), Language(sent.get("language", admin_of(request).language))
        made = accounts.add_admin(
            app, sent.get("address", ""), sent.get("name", ""), role, language, signed(request, sent)
        )
    except (InputFaults, Refusal) as error:
        return _people(request, sent, refused(error, admin_of(request).language.value, "address", NAMES))
    return _link(request, made)


def _role(sent: QueryParams) -> Role:
    try:
        return Role(sent.get("role", ""))
    except ValueError:
        raise InputFaults(Fault(Code.MISSING, "role")) from None


def _link(request: Request, made: Invited) -> Response:
    """Show a link once, by the answer itself: it is kept nowhere."""
    link = app_of(request).settings.mail.base_url.rstrip("/") + addresses.ADMIN_WELCOME.format(token=made.token)
    return screen(request, "link.html", made=made, link=link)


@router.post(addresses.ADMIN_PERSON)
def post_role(request: Request, admin_id: AdminNumber, sent: Sent) -> Response:
    """Change an admin's role."""
    try:
        accounts.change_role(app_of(request), str(admin_id), _role(sent), signed(request, sent))
    except (InputFaults, Refusal) as error:
        return _people(request, None, refused(error, admin_of(request).language.value, "role", NAMES))
    return back_to(addresses.ADMIN_PEOPLE, "role")


@router.post(addresses.ADMIN_PERSON_LINK)
def post_new_link(request: Request, admin_id: AdminNumber) -> Response:
    """End an admin's password and sessions, and show a new link once."""
    return _link(request, accounts.invite_again(app_of(request), str(admin_id), signed(request)))


@router.post(addresses.ADMIN_PERSON_END)
def post_remove(request: Request, admin_id: AdminNumber) -> Response:
    """End an account."""
    try:
        accounts.remove_admin(app_of(request), str(admin_id), signed(request))
    except Refusal as error:
        return _people(request, None, refused(error, admin_of(request).language.value, "role", NAMES))
    return back_to(addresses.ADMIN_PEOPLE, "removed")
